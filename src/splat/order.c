// Splats in the order of a Z-shaped curve through space: neighbours in the cloud are mostly neighbours in the
// world. Source: Morton, "A computer oriented geodetic data base", 1966.
#include <stillpoint/splat.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BITS 21 // an axis; three of them fill a key
#define RADIX_BITS 11

typedef struct keyed {
    uint64_t key;
    uint32_t splat;
} keyed;

// Two zero bits between any two bits of the lowest 21.
static uint64_t spread(uint64_t v)
{
    v = (v | v << 32) & 0x001f00000000ffffu;
    v = (v | v << 16) & 0x001f0000ff0000ffu;
    v = (v | v << 8) & 0x100f00f00f00f00fu;
    v = (v | v << 4) & 0x10c30c30c30c30c3u;
    return (v | v << 2) & 0x1249249249249249u;
}

static void fill_keys(keyed *keys, const sp_splat_cloud *cloud)
{
    float least[3], most = 0;
    for (int a = 0; a < 3; a++) {
        const float *row = sp_splat_row(cloud, SP_ROW_POSITION + a);
        float high = row[0];
        least[a] = row[0];
        for (size_t i = 1; i < cloud->count; i++) {
            least[a] = fminf(least[a], row[i]);
            high = fmaxf(high, row[i]);
        }
        most = fmaxf(most, high - least[a]);
    }
    double scale = most > 0 ? ((1 << BITS) - 1) / (double)most : 0;
    for (size_t i = 0; i < cloud->count; i++) {
        uint64_t key = 0;
        for (int a = 0; a < 3; a++) {
            double at = scale * ((double)sp_splat_row(cloud, SP_ROW_POSITION + a)[i] - (double)least[a]);
            key |= spread(at > 0 ? (uint64_t)fmin(at, (1 << BITS) - 1) : 0) << a; // 0 for what is no number
        }
        keys[i] = (keyed){key, (uint32_t)i};
    }
}

// One pass of a stable radix sort.
static void pass(keyed *to, const keyed *from, size_t count, int shift)
{
    size_t starts[1 << RADIX_BITS] = {0}, sum = 0;
    for (size_t i = 0; i < count; i++)
        starts[from[i].key >> shift & ((1 << RADIX_BITS) - 1)]++;
    for (size_t d = 0; d < 1 << RADIX_BITS; d++) {
        size_t n = starts[d];
        starts[d] = sum;
        sum += n;
    }
    for (size_t i = 0; i < count; i++)
        to[starts[from[i].key >> shift & ((1 << RADIX_BITS) - 1)]++] = from[i];
}

int sp_splat_cloud_order(uint32_t *order, const sp_splat_cloud *cloud)
{
    if (cloud->count == 0)
        return SP_OK;
    if (cloud->count > UINT32_MAX)
        return sp_error(SP_EINVAL, "%zu splats are too many to order", cloud->count);
    keyed *keys = sp_calloc(2 * cloud->count, sizeof *keys);
    if (!keys)
        return SP_ENOMEM;
    fill_keys(keys, cloud);
    keyed *from = keys, *to = keys + cloud->count;
    for (int shift = 0; shift < 3 * BITS; shift += RADIX_BITS) {
        pass(to, from, cloud->count, shift);
        keyed *t = from;
        from = to;
        to = t;
    }
    for (size_t i = 0; i < cloud->count; i++)
        order[i] = from[i].splat;
    free(keys);
    return SP_OK;
}

static void permute_row(float *values, const uint32_t *order, size_t count, float *scratch)
{
    for (size_t i = 0; i < count; i++)
        scratch[i] = values[order[i]];
    memcpy(values, scratch, count * sizeof *values);
}

int sp_splat_cloud_permute(sp_splat_cloud *cloud, const uint32_t *order)
{
    float *scratch = sp_calloc(cloud->count + 1, sizeof *scratch);
    if (!scratch)
        return SP_ENOMEM;
    for (int row = 0; row < sp_splat_rows(cloud->sh_degree); row++)
        permute_row(sp_splat_row(cloud, row), order, cloud->count, scratch);
    for (size_t axis = 0; axis < 3 && cloud->velocity; axis++)
        permute_row(cloud->velocity + axis * cloud->capacity, order, cloud->count, scratch);
    free(scratch);
    return SP_OK;
}
