// Pictures to files. A file is encoded in memory first, so that a full disk is met in one place.
#include "codec.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool image_bytes_append(image_bytes *bytes, const void *data, size_t size)
{
    if (size > bytes->capacity - bytes->size) {
        size_t capacity = (bytes->size + size) * 2;
        uint8_t *grown = realloc(bytes->data, capacity);
        if (!grown)
            return false;
        bytes->data = grown;
        bytes->capacity = capacity;
    }
    memcpy(bytes->data + bytes->size, data, size);
    bytes->size += size;
    return true;
}

typedef int (*encoder)(image_bytes *out, const image_pixels *pixels, const char *what);

static int save_with(encoder encode, const image_pixels *pixels, const char *path)
{
    image_bytes bytes = {0};
    int rc = encode(&bytes, pixels, path);
    if (!rc)
        rc = sp_file_write(path, bytes.data, bytes.size);
    free(bytes.data);
    return rc;
}

int sp_image8_save(const sp_image8 *image, const char *path)
{
    const char *ending = strrchr(sp_path_name(path), '.');
    image_pixels pixels = {image->width, image->height, image->channels, false, image->data};
    if (ending && strcasecmp(ending, ".png") == 0)
        return save_with(image_png_encode, &pixels, path);
    if (!ending || (strcasecmp(ending, ".jpg") != 0 && strcasecmp(ending, ".jpeg") != 0))
        return sp_error(SP_EINVAL, "%s: pictures are written as .png or .jpg; name the file so", path);
    if (image->channels == 4)
        return sp_error(SP_EINVAL, "%s: JPEG cannot hold transparency; write a .png", path);
    return save_with(image_jpeg_encode, &pixels, path);
}

int sp_image_save_grey16(const sp_image *image, const char *path)
{
    if (image->channels != 1)
        return sp_error(SP_EINVAL, "%s: a 16-bit grey picture has one channel, not %d", path,
                        image->channels);
    size_t count = (size_t)image->width * (size_t)image->height;
    uint16_t *values = sp_calloc(count, sizeof *values);
    if (!values)
        return SP_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        float v = image->data[i];
        values[i] = (uint16_t)(v > 0.0f ? (v < 65535.0f ? v + 0.5f : 65535.0f) : 0.0f);
    }
    image_pixels pixels = {image->width, image->height, 1, true, (uint8_t *)values};
    int rc = save_with(image_png_encode, &pixels, path);
    free(values);
    return rc;
}
