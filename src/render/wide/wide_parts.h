// The sixteen-lane vector of the kernels out of PARTS narrower ones. The including file defines PARTS (2 or
// 4), the types `part` (floats) and `part_mask`, and part_* for each operation.

enum { WIDE_VISITS = 1 }; // splats that a block's registers have room for at once

typedef struct f16 {
    part p[PARTS];
} f16;
typedef struct m16 {
    part_mask p[PARTS];
} m16;

#define LANES (16 / PARTS)
#if PARTS == 2
#define EACH(statement) statement(0) statement(1)
#else
#define EACH(statement) statement(0) statement(1) statement(2) statement(3)
#endif

#define UNARY(name)                                                                                          \
    static inline f16 v_##name(f16 x)                                                                        \
    {                                                                                                        \
        f16 r;                                                                                               \
        EACH(UNARY_##name)                                                                                   \
        return r;                                                                                            \
    }
#define UNARY_sqrt(k) r.p[k] = part_sqrt(x.p[k]);
#define UNARY_abs(k) r.p[k] = part_abs(x.p[k]);
#define UNARY_reciprocal(k) r.p[k] = part_reciprocal(x.p[k]);
#define UNARY_reciprocal_fast(k) r.p[k] = part_reciprocal_fast(x.p[k]);
#define UNARY_floor(k) r.p[k] = part_floor(x.p[k]);
UNARY(sqrt)
UNARY(abs)
UNARY(reciprocal)
UNARY(reciprocal_fast) // to four digits
UNARY(floor)

#define BINARY(name)                                                                                         \
    static inline f16 v_##name(f16 x, f16 y)                                                                 \
    {                                                                                                        \
        f16 r;                                                                                               \
        EACH(BINARY_##name)                                                                                  \
        return r;                                                                                            \
    }
#define BINARY_add(k) r.p[k] = part_add(x.p[k], y.p[k]);
#define BINARY_sub(k) r.p[k] = part_sub(x.p[k], y.p[k]);
#define BINARY_mul(k) r.p[k] = part_mul(x.p[k], y.p[k]);
#define BINARY_div(k) r.p[k] = part_div(x.p[k], y.p[k]);
#define BINARY_min(k) r.p[k] = part_min(x.p[k], y.p[k]);
#define BINARY_max(k) r.p[k] = part_max(x.p[k], y.p[k]);
#define BINARY_scale(k) r.p[k] = part_scale(x.p[k], y.p[k]);
#define BINARY_add_exponent(k) r.p[k] = part_add_exponent(x.p[k], y.p[k]);
BINARY(add)
BINARY(sub)
BINARY(mul)
BINARY(div)
BINARY(min)
BINARY(max)
BINARY(scale)
BINARY(add_exponent) // x times 2 to the whole number in the low bits of y

static inline f16 v_set(float x)
{
    f16 r;
#define PART(k) r.p[k] = part_set(x);
    EACH(PART)
#undef PART
    return r;
}
static inline f16 v_load(const float *p)
{
    f16 r;
#define PART(k) r.p[k] = part_load(p + k * LANES);
    EACH(PART)
#undef PART
    return r;
}
static inline void v_store(float *p, f16 x)
{
#define PART(k) part_store(p + k * LANES, x.p[k]);
    EACH(PART)
#undef PART
}
static inline f16 v_fma(f16 x, f16 y, f16 z) // x y + z
{
    f16 r;
#define PART(k) r.p[k] = part_fma(x.p[k], y.p[k], z.p[k]);
    EACH(PART)
#undef PART
    return r;
}
static inline f16 v_fnma(f16 x, f16 y, f16 z) // z - x y
{
    f16 r;
#define PART(k) r.p[k] = part_fnma(x.p[k], y.p[k], z.p[k]);
    EACH(PART)
#undef PART
    return r;
}
// x - floor(x)
static inline f16 v_fraction(f16 x)
{
    return v_sub(x, v_floor(x));
}
// x = m 2^e with m in [1, 2), for normal positive x.
static inline void v_split(f16 x, f16 *mantissa, f16 *exponent)
{
#define PART(k) part_split(x.p[k], &mantissa->p[k], &exponent->p[k]);
    EACH(PART)
#undef PART
}

#define COMPARE(name)                                                                                        \
    static inline m16 v_##name(f16 x, f16 y)                                                                 \
    {                                                                                                        \
        m16 r;                                                                                               \
        EACH(COMPARE_##name)                                                                                 \
        return r;                                                                                            \
    }
#define COMPARE_lt(k) r.p[k] = part_lt(x.p[k], y.p[k]);
#define COMPARE_ge(k) r.p[k] = part_ge(x.p[k], y.p[k]);
COMPARE(lt)
COMPARE(ge)

static inline m16 m_and(m16 x, m16 y)
{
    m16 r;
#define PART(k) r.p[k] = part_and(x.p[k], y.p[k]);
    EACH(PART)
#undef PART
    return r;
}
static inline unsigned m_bits(m16 x)
{
    unsigned bits = 0;
#define PART(k) bits |= part_bits(x.p[k]) << (k * LANES);
    EACH(PART)
#undef PART
    return bits;
}
static inline f16 v_keep(m16 m, f16 x) // zero elsewhere
{
    f16 r;
#define PART(k) r.p[k] = part_keep(m.p[k], x.p[k]);
    EACH(PART)
#undef PART
    return r;
}
static inline f16 v_select(m16 m, f16 x, f16 y)
{
    f16 r;
#define PART(k) r.p[k] = part_select(m.p[k], x.p[k], y.p[k]);
    EACH(PART)
#undef PART
    return r;
}

// Integers in memory, one a lane.
static inline m16 v_is_above(const int32_t *p, int32_t x)
{
    m16 r;
#define PART(k) r.p[k] = part_is_above(p + k * LANES, x);
    EACH(PART)
#undef PART
    return r;
}

// Eight words with the bits from x[8 + k] to x[k] - 1 set, which lie in 0..63.
static inline void v_span_bits(uint64_t *words, f16 x)
{
    float ends[16] __attribute__((aligned(64)));
    v_store(ends, x);
    for (int k = 0; k < 8; k++) {
        int low = (int)ends[8 + k], high = ends[k] > ends[8 + k] ? (int)ends[k] : low;
        words[k] = (1ull << high) - (1ull << low);
    }
}
// The k-th byte of eight words, as one word.
static inline uint64_t v_byte_column(const uint64_t *words, int k)
{
    uint64_t column = 0;
    for (int j = 0; j < 8; j++)
        column |= (words[j] >> 8 * k & 255) << 8 * j;
    return column;
}
