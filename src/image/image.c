#include <stillpoint/image.h>

#include <stdlib.h>
#include <string.h>

#define SIZE_MAX_PX 65535

static int check_size(int width, int height)
{
    if (width < 1 || height < 1 || width > SIZE_MAX_PX || height > SIZE_MAX_PX)
        return sp_error(SP_EINVAL, "a picture cannot be %d x %d pixels: each side must be 1 to %d", width,
                        height, SIZE_MAX_PX);
    return 0;
}

int sp_image_init(sp_image *out, int width, int height, int channels)
{
    int rc = check_size(width, height);
    if (rc)
        return rc;
    if (channels < 1 || channels > 1024)
        return sp_error(SP_EINVAL, "a picture cannot have %d channels", channels);
    float *data = sp_aligned_calloc((size_t)width * (size_t)height * (size_t)channels, sizeof *data);
    if (!data)
        return SP_ENOMEM;
    *out = (sp_image){width, height, channels, data};
    return 0;
}

void sp_image_free(sp_image *image)
{
    if (!image)
        return;
    free(image->data);
    *image = (sp_image){0};
}

int sp_image8_init(sp_image8 *out, int width, int height, int channels)
{
    int rc = check_size(width, height);
    if (rc)
        return rc;
    if (channels != 1 && channels != 3 && channels != 4)
        return sp_error(SP_EINVAL, "an 8-bit picture has 1, 3 or 4 channels, not %d", channels);
    uint8_t *data = sp_aligned_calloc((size_t)width * (size_t)height * (size_t)channels, 1);
    if (!data)
        return SP_ENOMEM;
    *out = (sp_image8){width, height, channels, data};
    return 0;
}

void sp_image8_free(sp_image8 *image)
{
    if (!image)
        return;
    free(image->data);
    *image = (sp_image8){0};
}

int sp_image_copy(sp_image *out, const sp_image *from)
{
    sp_image copy;
    int rc = sp_image_init(&copy, from->width, from->height, from->channels);
    if (rc)
        return rc;
    size_t count = (size_t)from->width * (size_t)from->height * (size_t)from->channels;
    memcpy(copy.data, from->data, count * sizeof *copy.data);
    *out = copy;
    return 0;
}

int sp_image8_copy(sp_image8 *out, const sp_image8 *from)
{
    sp_image8 copy;
    int rc = sp_image8_init(&copy, from->width, from->height, from->channels);
    if (rc)
        return rc;
    memcpy(copy.data, from->data, (size_t)from->width * (size_t)from->height * (size_t)from->channels);
    *out = copy;
    return 0;
}

// One plane out of interleaved bytes; channels is a constant at each call so that the loop vectorises.
static inline void plane_from8(float *restrict plane, const uint8_t *restrict bytes, size_t count,
                               size_t channels)
{
    for (size_t i = 0; i < count; i++)
        plane[i] = (float)bytes[i * channels] / 255.0f;
}

int sp_image_from8(sp_image *out, const sp_image8 *from)
{
    sp_image image;
    int rc = sp_image_init(&image, from->width, from->height, from->channels);
    if (rc)
        return rc;
    size_t count = (size_t)from->width * (size_t)from->height;
    for (int c = 0; c < from->channels; c++) {
        float *plane = sp_image_plane(&image, c);
        if (from->channels == 1)
            plane_from8(plane, from->data, count, 1);
        else if (from->channels == 3)
            plane_from8(plane, from->data + c, count, 3);
        else
            plane_from8(plane, from->data + c, count, 4);
    }
    *out = image;
    return 0;
}

// The comparison is written so that a NaN becomes 0.
static inline uint8_t byte_of(float v)
{
    float clamped = v > 0.0f ? (v < 1.0f ? v : 1.0f) : 0.0f;
    return (uint8_t)(int)(clamped * 255.0f + 0.5f);
}

static inline void plane_to8(uint8_t *restrict bytes, const float *restrict plane, size_t count,
                             size_t channels)
{
    for (size_t i = 0; i < count; i++)
        bytes[i * channels] = byte_of(plane[i]);
}

int sp_image_to8(sp_image8 *out, const sp_image *from)
{
    sp_image8 image;
    int rc = sp_image8_init(&image, from->width, from->height, from->channels);
    if (rc)
        return rc;
    size_t count = (size_t)from->width * (size_t)from->height;
    for (int c = 0; c < from->channels; c++) {
        const float *plane = sp_image_plane(from, c);
        if (from->channels == 1)
            plane_to8(image.data, plane, count, 1);
        else if (from->channels == 3)
            plane_to8(image.data + c, plane, count, 3);
        else
            plane_to8(image.data + c, plane, count, 4);
    }
    *out = image;
    return 0;
}

static int check_inside(int width, int height, sp_rect r)
{
    if (r.x < 0 || r.y < 0 || r.width < 1 || r.height < 1 || r.width > width - r.x || r.height > height - r.y)
        return sp_error(SP_EINVAL, "the rectangle %d,%d %dx%d does not lie inside a picture of %d x %d", r.x,
                        r.y, r.width, r.height, width, height);
    return 0;
}

int sp_image_crop(sp_image *out, const sp_image *from, int x, int y, int width, int height)
{
    sp_image cut;
    int rc = check_inside(from->width, from->height, (sp_rect){x, y, width, height});
    if (!rc)
        rc = sp_image_init(&cut, width, height, from->channels);
    if (rc)
        return rc;
    for (int c = 0; c < from->channels; c++)
        for (int row = 0; row < height; row++)
            memcpy(sp_image_plane(&cut, c) + (size_t)row * (size_t)width,
                   sp_image_plane(from, c) + (size_t)(y + row) * (size_t)from->width + x,
                   (size_t)width * sizeof(float));
    *out = cut;
    return 0;
}

int sp_image_crop8(sp_image *out, const sp_image8 *from, int x, int y, int width, int height)
{
    sp_image cut;
    int rc = check_inside(from->width, from->height, (sp_rect){x, y, width, height});
    if (!rc)
        rc = sp_image_init(&cut, width, height, from->channels);
    if (rc)
        return rc;
    size_t step = (size_t)from->channels;
    for (int c = 0; c < from->channels; c++)
        for (int row = 0; row < height; row++) {
            size_t first = (size_t)(y + row) * (size_t)from->width + (size_t)x;
            plane_from8(sp_image_plane(&cut, c) + (size_t)row * (size_t)width,
                        from->data + first * step + (size_t)c, (size_t)width, step);
        }
    *out = cut;
    return 0;
}

sp_rect sp_mask_bounds(const sp_image *mask, float threshold, double fraction, int px)
{
    int x0 = mask->width, x1 = -1, y0 = mask->height, y1 = -1;
    for (int y = 0; y < mask->height; y++) {
        const float *row = mask->data + (size_t)y * (size_t)mask->width;
        for (int x = 0; x < mask->width; x++) {
            if (!(row[x] > threshold))
                continue;
            x0 = x < x0 ? x : x0;
            x1 = x > x1 ? x : x1;
            y0 = y < y0 ? y : y0;
            y1 = y;
        }
    }
    if (x1 < 0)
        return (sp_rect){0};
    // The far side counts from the last pixel over the threshold, so it grows by one less than the near side.
    // That is the rule of the scores these figures are compared with, so it is kept.
    int grow_x = (int)(fraction * (x1 - x0 + 1)) + px;
    int grow_y = (int)(fraction * (y1 - y0 + 1)) + px;
    int left = x0 - grow_x > 0 ? x0 - grow_x : 0;
    int top = y0 - grow_y > 0 ? y0 - grow_y : 0;
    int right = x1 + grow_x < mask->width ? x1 + grow_x : mask->width;
    int bottom = y1 + grow_y < mask->height ? y1 + grow_y : mask->height;
    return (sp_rect){left, top, right - left, bottom - top};
}
