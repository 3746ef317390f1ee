#include "mutate.h"

#include <string.h>

static size_t below(sp_rng *rng, size_t limit)
{
    return limit ? (size_t)(sp_rng_uniform(rng) * (double)limit) : 0;
}

static void insert(mutate_bytes *b, size_t at, const uint8_t *piece, size_t size)
{
    if (size > b->capacity - b->size)
        size = b->capacity - b->size;
    memmove(b->data + at + size, b->data + at, b->size - at);
    memmove(b->data + at, piece, size);
    b->size += size;
}

static void flip_bits(mutate_bytes *b, const mutate_bytes *other, sp_rng *rng)
{
    (void)other;
    for (size_t n = 1 + below(rng, 4); b->size && n > 0; n--)
        b->data[below(rng, b->size)] ^= (uint8_t)(1 << below(rng, 8));
}

static void set_byte(mutate_bytes *b, const mutate_bytes *other, sp_rng *rng)
{
    (void)other;
    if (b->size)
        b->data[below(rng, b->size)] = (uint8_t)sp_rng_u32(rng);
}

// Sizes, counts and offsets at the edges of their types, in both byte orders.
static void set_integer(mutate_bytes *b, const mutate_bytes *other, sp_rng *rng)
{
    (void)other;
    static const uint64_t edges[] = {0,           1,          0x7f,       0x80,
                                     0xff,        0x7fff,     0x8000,     0xffff,
                                     0x7fffffff,  0x80000000, 0xffffffff, 0x40000000,
                                     0x100000000, INT64_MAX,  UINT64_MAX, (uint64_t)INT64_MAX + 1};
    size_t width = (size_t)1 << below(rng, 4);
    if (b->size < width)
        return;
    uint64_t value = edges[below(rng, sizeof edges / sizeof *edges)];
    value += below(rng, 3) - 1;
    bool is_big_endian = below(rng, 2);
    size_t at = below(rng, b->size - width + 1);
    for (size_t i = 0; i < width; i++)
        b->data[at + (is_big_endian ? width - 1 - i : i)] = (uint8_t)(value >> 8 * i);
}

// Numbers and words that text formats get wrong, in the place of what stands there or before it.
static void put_word(mutate_bytes *b, const mutate_bytes *other, sp_rng *rng)
{
    (void)other;
    static const char *const words[] = {"1e999",
                                        "-1",
                                        "nan",
                                        "inf",
                                        "99999999999999999999",
                                        "0",
                                        "-0.0",
                                        "4e-400",
                                        "null",
                                        "\"",
                                        "[",
                                        "]",
                                        "{",
                                        "}",
                                        "\n",
                                        " ",
                                        "<",
                                        "/>",
                                        ",",
                                        "\xff",
                                        "%s%n",
                                        "=",
                                        "#",
                                        ":",
                                        "true",
                                        "../",
                                        "\\u",
                                        "&lt;",
                                        "1.7976931348623157e308"};
    const char *word = words[below(rng, sizeof words / sizeof *words)];
    size_t size = strlen(word), at = below(rng, b->size + 1);
    if (below(rng, 2) || b->size - at < size)
        insert(b, at, (const uint8_t *)word, size);
    else
        memcpy(b->data + at, word, size);
}

static void cut_end(mutate_bytes *b, const mutate_bytes *other, sp_rng *rng)
{
    (void)other;
    b->size = below(rng, b->size + 1);
}

static void cut_piece(mutate_bytes *b, const mutate_bytes *other, sp_rng *rng)
{
    (void)other;
    size_t at = below(rng, b->size + 1), size = below(rng, b->size - at + 1);
    memmove(b->data + at, b->data + at + size, b->size - at - size);
    b->size -= size;
}

static void repeat_piece(mutate_bytes *b, const mutate_bytes *other, sp_rng *rng)
{
    (void)other;
    size_t at = below(rng, b->size + 1), size = below(rng, b->size - at + 1);
    insert(b, at, b->data + at, size);
}

// A piece of another seed in the place of a piece of this one.
static void splice(mutate_bytes *b, const mutate_bytes *other, sp_rng *rng)
{
    size_t from = below(rng, other->size + 1), size = below(rng, other->size - from + 1);
    cut_piece(b, other, rng);
    insert(b, below(rng, b->size + 1), other->data + from, size);
}

void mutate(mutate_bytes *bytes, const mutate_bytes *other, sp_rng *rng)
{
    typedef void (*mutation)(mutate_bytes *, const mutate_bytes *, sp_rng *);
    static const mutation mutations[] = {flip_bits,    set_byte, set_integer, put_word,
                                         flip_bits,    set_byte, put_word,    cut_piece,
                                         repeat_piece, splice,   cut_end,     set_integer};
    for (size_t n = 1 + below(rng, 4); n > 0; n--)
        mutations[below(rng, sizeof mutations / sizeof *mutations)](bytes, other, rng);
}
