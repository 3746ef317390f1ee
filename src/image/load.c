// Pictures from bytes: the format is told by content, the pixels are brought to what the caller asked for.
#include "codec.h"

#include <stdlib.h>
#include <string.h>

#define FILE_MAX_BYTES ((size_t)1 << 30)
#define SIDE_MAX_PX 65535
#define AREA_MAX_PX ((double)(1 << 28)) // 16384 x 16384

int image_check_size(const char *what, double width, double height, size_t file_size, double pixels_per_byte)
{
    if (width < 1 || height < 1 || width > SIDE_MAX_PX || height > SIDE_MAX_PX ||
        width * height > AREA_MAX_PX)
        return sp_error(
            SP_EFORMAT,
            "%s: its header claims %.0f x %.0f pixels; up to %d a side and 16384 x 16384 in all can "
            "be read",
            what, width, height, SIDE_MAX_PX);
    if (width * height > ((double)file_size + 64) * pixels_per_byte)
        return sp_error(SP_EFORMAT,
                        "%s: its header claims %.0f x %.0f pixels, which %zu bytes cannot hold; the file is "
                        "damaged or cut off",
                        what, width, height, file_size);
    return 0;
}

// out NULL: header only.
static int decode_any(image_pixels *out, int *width, int *height, const void *data, size_t size,
                      const char *what)
{
    if (image_png_matches(data, size))
        return image_png_decode(out, width, height, data, size, what);
    if (image_jpeg_matches(data, size))
        return image_jpeg_decode(out, width, height, data, size, what);
    if (size == 0)
        return sp_error(SP_EFORMAT, "%s: the file is empty; a PNG or JPEG picture is needed", what);
    return sp_error(SP_EFORMAT, "%s: neither PNG nor JPEG; convert the picture to one of them", what);
}

static inline unsigned sample(const image_pixels *pixels, size_t index)
{
    return pixels->is_16bit ? ((const uint16_t *)(const void *)pixels->data)[index] : pixels->data[index];
}

// round(v * 255 / 65535)
static inline uint8_t byte_from16(unsigned v)
{
    return (uint8_t)((v * 255u + 32895u) >> 16);
}

static void colour_row(uint8_t *to, int to_channels, const image_pixels *from, size_t first)
{
    size_t step = (size_t)from->channels;
    bool is_grey = from->channels <= 2;
    size_t colour_offset[3] = {0, is_grey ? 0 : 1, is_grey ? 0 : 2};
    for (int x = 0; x < from->width; x++, first += step, to += to_channels) {
        for (int c = 0; c < 3; c++) {
            unsigned v = sample(from, first + colour_offset[c]);
            to[c] = from->is_16bit ? byte_from16(v) : (uint8_t)v;
        }
        if (to_channels == 4) {
            unsigned v = sample(from, first + step - 1);
            to[3] = from->is_16bit ? byte_from16(v) : (uint8_t)v;
        }
    }
}

int sp_image8_decode(sp_image8 *out, const void *data, size_t size, bool keep_alpha, const char *what)
{
    image_pixels pixels = {0};
    int width = 0, height = 0;
    int rc = decode_any(&pixels, &width, &height, data, size, what);
    if (rc)
        return rc;
    bool has_alpha = pixels.channels == 2 || pixels.channels == 4;
    int channels = keep_alpha && has_alpha ? 4 : 3;
    sp_image8 image;
    rc = sp_image8_init(&image, width, height, channels);
    if (rc) {
        free(pixels.data);
        return rc;
    }
    for (int y = 0; y < height; y++)
        colour_row(image.data + (size_t)y * (size_t)width * (size_t)channels, channels, &pixels,
                   (size_t)y * (size_t)width * (size_t)pixels.channels);
    free(pixels.data);
    *out = image;
    return 0;
}

int sp_image8_load(sp_image8 *out, const char *path, bool keep_alpha)
{
    char *data = NULL;
    size_t size = 0;
    int rc = sp_file_read(&data, &size, path, FILE_MAX_BYTES);
    if (rc)
        return rc;
    rc = sp_image8_decode(out, data, size, keep_alpha, path);
    free(data);
    return rc;
}

// Rec. 601 luma where the file has colours: what image tools mean by "convert to grey".
static inline float grey_of(const image_pixels *pixels, size_t first)
{
    if (pixels->channels <= 2)
        return (float)sample(pixels, first);
    return 0.299f * (float)sample(pixels, first) + 0.587f * (float)sample(pixels, first + 1) +
           0.114f * (float)sample(pixels, first + 2);
}

static int load_grey(sp_image *out, const image_pixels *pixels, bool raw16)
{
    sp_image image;
    int rc = sp_image_init(&image, pixels->width, pixels->height, 1);
    if (rc)
        return rc;
    size_t count = (size_t)pixels->width * (size_t)pixels->height;
    float white = raw16 ? 1.0f : pixels->is_16bit ? 65535.0f : 255.0f;
    for (size_t i = 0; i < count; i++)
        image.data[i] = grey_of(pixels, i * (size_t)pixels->channels) / white;
    *out = image;
    return 0;
}

int sp_image_load_grey(sp_image *out, const char *path, bool raw16)
{
    char *data = NULL;
    size_t size = 0;
    int rc = sp_file_read(&data, &size, path, FILE_MAX_BYTES);
    if (rc)
        return rc;
    image_pixels pixels = {0};
    int width = 0, height = 0;
    rc = decode_any(&pixels, &width, &height, data, size, path);
    free(data);
    if (rc)
        return rc;
    if (raw16 && (pixels.channels != 1 || !pixels.is_16bit))
        rc = sp_error(SP_EFORMAT,
                      "%s: a depth picture must be a 16-bit grey PNG; this one has %d channel%s of %d bits",
                      path, pixels.channels, pixels.channels == 1 ? "" : "s", pixels.is_16bit ? 16 : 8);
    else
        rc = load_grey(out, &pixels, raw16);
    free(pixels.data);
    return rc;
}

int sp_image_probe(int *width, int *height, const char *path)
{
    char *data = NULL;
    size_t size = 0;
    int rc = sp_file_read(&data, &size, path, FILE_MAX_BYTES);
    if (rc)
        return rc;
    int w = 0, h = 0;
    rc = decode_any(NULL, &w, &h, data, size, path);
    free(data);
    if (rc)
        return rc;
    *width = w;
    *height = h;
    return 0;
}
