// Shared by the splat tests: clouds of random splats and little-endian bytes.
#ifndef TEST_SPLAT_HELPERS_H
#define TEST_SPLAT_HELPERS_H

#include "../support.h"

#include <math.h>
#include <string.h>
#include <stillpoint/splat.h>

static inline void assert_ok(int rc)
{
    if (rc)
        fail_msg("%d: %s", rc, sp_error_text());
}

static inline sp_splat_cloud random_cloud(size_t count, int sh_degree, uint64_t seed)
{
    sp_rng rng = sp_rng_seed(seed, 1);
    sp_splat_cloud cloud;
    assert_ok(sp_splat_cloud_init(&cloud, count, sh_degree));
    cloud.count = count;
    for (int row = 0; row < sp_splat_rows(sh_degree); row++)
        for (size_t i = 0; i < count; i++) {
            double v = sp_rng_uniform(&rng) * 2 - 1;
            double scale = row < SP_ROW_LOG_SCALE  ? 20
                           : row == SP_ROW_OPACITY ? 4
                           : row < SP_ROW_SH + 3   ? 1
                                                   : 0.9;
            double offset = row >= SP_ROW_LOG_SCALE && row < SP_ROW_ROTATION ? -4 : 0;
            sp_splat_row(&cloud, row)[i] = (float)(v * scale + offset);
        }
    return cloud;
}

// Bytes under construction; big enough for every file that the tests build.
typedef struct byte_buffer {
    uint8_t data[65536];
    size_t size;
} byte_buffer;

static inline void put(byte_buffer *buffer, const void *data, size_t size)
{
    assert_true(buffer->size + size <= sizeof buffer->data);
    memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
}

static inline void put_text(byte_buffer *buffer, const char *text)
{
    put(buffer, text, strlen(text));
}

static inline void put_le(byte_buffer *buffer, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        uint8_t byte = (uint8_t)(value >> (8 * i));
        put(buffer, &byte, 1);
    }
}

static inline void put_float(byte_buffer *buffer, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, 4);
    put_le(buffer, bits, 4);
}

#endif
