// COLMAP: the first byte chooses text, binary or points; a second one says where the cameras end and the
// images begin.
#include "fuzz.h"

#include <stdlib.h>

#include "../../src/rig/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3)
        return 0;
    uint8_t kind = data[0] % 4;
    size_t split = ((size_t)data[1] << 8 | data[2]) % (size - 2);
    const uint8_t *body = data + 3;
    size -= 3;
    split = split > size ? size : split;
    sp_rig rig;
    int code = SP_EINVAL;
    if (kind == 0) {
        code = rig_colmap_parse_text(&rig, (const char *)body, split, (const char *)body + split,
                                     size - split, "fuzz");
    } else if (kind == 1) {
        code = rig_colmap_parse_binary(&rig, body, split, body + split, size - split, "fuzz");
    } else {
        double *xyz;
        uint8_t *rgb;
        int64_t count;
        if (rig_colmap_parse_points(&xyz, &rgb, &count, body, size, kind == 3, "fuzz") == SP_OK) {
            free(xyz);
            free(rgb);
        }
    }
    if (code == SP_OK)
        sp_rig_free(&rig);
    return 0;
}

// Text and binary of two cameras and two images, and points of both kinds.
static const char TEXT_CAMERAS[] =
    "# c\n1 PINHOLE 640 480 500 510 320 240\n2 OPENCV 64 48 50 51 32 24 .1 0 0 0\n";
static const char TEXT_IMAGES[] = "1 1 0 0 0 0 0 5 1 a/1.png\n\n2 0 1 0 0 1 2 3 2 b/1.png\n1 2 3\n";

typedef struct seed {
    uint8_t bytes[1024];
    size_t size;
} seed;

static void put(seed *s, const void *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        s->bytes[s->size++] = ((const uint8_t *)data)[i];
}
static void put_u(seed *s, uint64_t value, int count)
{
    for (int i = 0; i < count; i++)
        s->bytes[s->size++] = (uint8_t)(value >> (8 * i));
}
static void put_f64(seed *s, double value)
{
    put(s, &value, 8);
}

static void binary_model(seed *s)
{
    put_u(s, 1, 8), put_u(s, 1, 4), put_u(s, 1, 4), put_u(s, 640, 8), put_u(s, 480, 8);
    for (int i = 0; i < 4; i++)
        put_f64(s, 500);
    size_t cameras = s->size - 3;
    s->bytes[1] = (uint8_t)(cameras >> 8);
    s->bytes[2] = (uint8_t)cameras;
    put_u(s, 1, 8), put_u(s, 5, 4);
    for (int i = 0; i < 7; i++)
        put_f64(s, i == 0);
    put_u(s, 1, 4), put(s, "a.png", 6), put_u(s, 1, 8);
    put_f64(s, 1), put_f64(s, 2), put_u(s, 3, 8);
}

int fuzz_seed(uint8_t **data, size_t *size, int index)
{
    seed s = {.bytes = {(uint8_t)index, 0, 0}, .size = 3};
    if (index == 0) {
        s.bytes[2] = sizeof TEXT_CAMERAS - 1;
        put(&s, TEXT_CAMERAS, sizeof TEXT_CAMERAS - 1);
        put(&s, TEXT_IMAGES, sizeof TEXT_IMAGES - 1);
    } else if (index == 1) {
        binary_model(&s);
    } else if (index == 2) {
        put(&s, "1 1 2 3 10 20 30 0.5 1 2\n", 25);
    } else if (index == 3) {
        put_u(&s, 1, 8), put_u(&s, 1, 8), put_f64(&s, 1), put_f64(&s, 2), put_f64(&s, 3),
            put_u(&s, 0x070809, 3);
        put_f64(&s, 0.5), put_u(&s, 1, 8), put_u(&s, 1, 8);
    } else {
        return -1;
    }
    *data = malloc(s.size);
    *size = s.size;
    for (size_t i = 0; *data && i < s.size; i++)
        (*data)[i] = s.bytes[i];
    return *data ? 0 : -1;
}
