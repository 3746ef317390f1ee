// Splat files: PLY, and SPZ in both its containers; and the same bytes as points.
#include "fuzz.h"

#include <stdlib.h>
#include <stillpoint/splat.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sp_splat_cloud cloud;
    if (sp_splat_decode(&cloud, data, size, "input") == 0)
        sp_splat_cloud_free(&cloud);
    sp_points points;
    if (sp_points_decode(&points, data, size, "input") == 0)
        sp_points_free(&points);
    return 0;
}

typedef struct seed {
    uint8_t data[4096];
    size_t size;
} seed;

static void put(seed *to, const void *data, size_t size)
{
    memcpy(to->data + to->size, data, size);
    to->size += size;
}

static void put_le(seed *to, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        to->data[to->size++] = (uint8_t)(value >> (8 * i));
}

static void spz_start(seed *to, int version, int streams)
{
    put_le(to, 0x5053474e, 4);
    put_le(to, (uint64_t)version, 4);
    put_le(to, 2, 4);
    put_le(to, 1, 1);
    put_le(to, 12, 2);
    put_le(to, (uint64_t)streams, 1);
}

static void put_pattern(seed *to, size_t size)
{
    for (size_t i = 0; i < size; i++)
        put_le(to, i * 37, 1);
}

// Stored, not deflated, so that changed bytes reach the SPZ reader.
static void seed_gzip(seed *to, int version)
{
    seed inside = {0};
    spz_start(&inside, version, 0);
    put_pattern(&inside, 2 * (version == 2 ? 28 : 29));
    const uint8_t gzip[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
    put(to, gzip, sizeof gzip);
    put_le(to, 1, 1);
    put_le(to, inside.size, 2);
    put_le(to, ~inside.size, 2);
    put(to, inside.data, inside.size);
    put_le(to, 0, 8);
}

// One zstd frame a stream, each of one raw block: magic, single segment with its size in a byte, block
// header.
static void seed_zstd(seed *to)
{
    const size_t sizes[6] = {18, 2, 6, 6, 8, 18};
    spz_start(to, 4, 6);
    put_le(to, 32, 4);
    put_le(to, 0, 8);
    put_le(to, 0, 4);
    for (int i = 0; i < 6; i++) {
        put_le(to, sizes[i] + 9, 8);
        put_le(to, sizes[i], 8);
    }
    for (int i = 0; i < 6; i++) {
        put_le(to, 0xFD2FB528, 4);
        put_le(to, 0x20, 1);
        put_le(to, sizes[i], 1);
        put_le(to, 1 | sizes[i] << 3, 3);
        put_pattern(to, sizes[i]);
    }
}

static void seed_ply(seed *to)
{
    static const char header[] =
        "ply\nformat binary_little_endian 1.0\ncomment c\nelement vertex 2\nproperty float x\nproperty float "
        "y\n"
        "property float z\nproperty uchar id\nproperty float f_dc_0\nproperty float f_dc_1\nproperty double "
        "f_dc_2\n"
        "property float opacity\nproperty float scale_0\nproperty float scale_1\nproperty float scale_2\n"
        "property float rot_0\nproperty float rot_1\nproperty float rot_2\nproperty float "
        "rot_3\nend_header\n";
    put(to, header, strlen(header));
    put_pattern(to, 2 * 61);
}

static void seed_points(seed *to)
{
    static const char text[] =
        "ply\nformat ascii 1.0\nelement vertex 2\nproperty double x\nproperty float y\nproperty float z\n"
        "property uchar red\nproperty uint8 green\nproperty uchar blue\nend_header\n"
        "1 2.5 -3e2 0 128 255\n0.25 0 7 9 8 7\n";
    put(to, text, strlen(text));
}

int fuzz_seed(uint8_t **data, size_t *size, int index)
{
    seed made = {0};
    if (index == 0)
        seed_ply(&made);
    else if (index == 1 || index == 2)
        seed_gzip(&made, index + 1);
    else if (index == 3)
        seed_zstd(&made);
    else if (index == 4)
        seed_points(&made);
    else
        return -1;
    *data = malloc(made.size);
    if (!*data)
        return -1;
    memcpy(*data, made.data, made.size);
    *size = made.size;
    return 0;
}
