// PNG and JPEG: pixels, header and the one-channel reader.
#include "fuzz.h"

#include <stdlib.h>
#include <stillpoint/image.h>
#include <string.h>
#include <zlib.h>

static void decode(const uint8_t *data, size_t size)
{
    sp_image8 image;
    if (sp_image8_decode(&image, data, size, size % 2, "input") == 0)
        sp_image8_free(&image);
}

static uint32_t big_endian(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

// The same with PNG's checksums made right, or almost every change would end at the first of them.
static void decode_repaired(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + 1);
    if (!copy)
        return;
    memcpy(copy, data, size);
    for (size_t at = 8; at + 12 <= size;) {
        size_t length = big_endian(copy + at);
        if (length > size - at - 12)
            break;
        uLong sum = crc32(0, copy + at + 4, (uInt)length + 4);
        for (int i = 0; i < 4; i++)
            copy[at + 8 + length + (size_t)i] = (uint8_t)(sum >> (24 - 8 * i));
        at += length + 12;
    }
    decode(copy, size);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    decode(data, size);
    if (data[0] != 0xFF)
        decode_repaired(data, size);
    if (size % 8) // files are slow, and their readers differ little
        return 0;
    bool is_png = data[0] != 0xFF;
    const char *path = fuzz_file(data, size, is_png ? ".png" : ".jpg");
    int width, height;
    sp_image grey;
    sp_image_probe(&width, &height, path);
    if (sp_image_load_grey(&grey, path, size % 3 == 0) == 0)
        sp_image_free(&grey);
    return 0;
}

// A small picture of each kind that we write.
int fuzz_seed(uint8_t **data, size_t *size, int index)
{
    static const struct {
        int channels;
        const char *ending;
    } kinds[] = {{1, ".png"}, {3, ".png"}, {4, ".png"}, {1, ".jpg"}, {3, ".jpg"}};
    if (index > 5)
        return -1;
    int rc;
    const char *path;
    if (index == 5) {
        sp_image depth;
        if (sp_image_init(&depth, 9, 5, 1))
            return -1;
        for (int i = 0; i < 45; i++)
            depth.data[i] = (float)(i * 999);
        path = fuzz_file(NULL, 0, ".png");
        rc = sp_image_save_grey16(&depth, path);
        sp_image_free(&depth);
    } else {
        sp_image8 image;
        if (sp_image8_init(&image, 19, 17, kinds[index].channels))
            return -1;
        for (int i = 0; i < 19 * 17 * image.channels; i++)
            image.data[i] = (uint8_t)(i * i / 7);
        path = fuzz_file(NULL, 0, kinds[index].ending);
        rc = sp_image8_save(&image, path);
        sp_image8_free(&image);
    }
    return rc ? -1 : sp_file_read((char **)data, size, path, 1 << 20);
}
