#include "hidden.h"

#include <stddef.h>
#include <stdlib.h>

#define BLACK 16         // a border of a picture that is no brighter is no picture: what encoders pad with
#define MOST_BORDER 0.03 // of the picture's side
#define BORDER_BLEEDS 3  // pixels beside it that it darkens

// Is the line of pixels from first on, `step` apart, black?
static bool is_black(const uint8_t *first, size_t step, int count)
{
    int64_t sum = 0;
    for (int i = 0; i < count; i++)
        sum += first[(size_t)i * step] + first[(size_t)i * step + 1] + first[(size_t)i * step + 2];
    return sum <= (int64_t)BLACK * 3 * count;
}

// Black lines of a side, counted from `line` on by `next` (bytes), with what they bleed into.
static int border(const uint8_t *line, ptrdiff_t next, int lines, size_t step, int count)
{
    int black = 0, most = (int)(MOST_BORDER * lines);
    while (black < most && is_black(line + black * next, step, count))
        black++;
    return black == 0 ? 0 : black + BORDER_BLEEDS;
}

typedef struct bounds {
    double left, top, right, bottom;
} bounds;

// The part of a picture that was seen.
static bounds seen_part(const sp_image8 *image)
{
    size_t pixel = 3, row = 3 * (size_t)image->width;
    const uint8_t *data = image->data, *last_row = data + row * (size_t)(image->height - 1);
    int w = image->width, h = image->height;
    return (bounds){border(data, (ptrdiff_t)pixel, w, row, h), border(data, (ptrdiff_t)row, h, pixel, w),
                    w - border(data + row - pixel, -(ptrdiff_t)pixel, w, row, h),
                    h - border(last_row, -(ptrdiff_t)row, h, pixel, w)};
}

int recon_hidden(uint8_t **out, const sp_view *view, const sp_camera *at)
{
    *out = NULL;
    const sp_image *matte = view->matte;
    bounds part = seen_part(view->image);
    double width_in = view->image->width, height_in = view->image->height;
    bool is_whole = part.left <= 0 && part.top <= 0 && part.right >= width_in && part.bottom >= height_in;
    if (!matte && is_whole && view->camera.lens == SP_LENS_PINHOLE)
        return SP_OK;
    size_t width = (size_t)at->width, pixels = width * (size_t)at->height;
    uint8_t *hidden = sp_calloc(pixels, 1);
    if (!hidden)
        return SP_ENOMEM;
    sp_vec3 eye = sp_camera_center(at);
    bool is_any = false;
    for (size_t i = 0; i < pixels; i++) {
        sp_vec2 px = {(double)(i % width) + 0.5, (double)(i / width) + 0.5}, there;
        sp_vec3 ray;
        // Beyond where the lens model answers there is no picture either.
        bool is_seen =
            sp_camera_ray(&ray, at, px) && sp_camera_project(&there, &view->camera, sp_v3_add(eye, ray));
        hidden[i] = !(is_seen && there.x >= part.left && there.y >= part.top && there.x < part.right &&
                      there.y < part.bottom);
        if (!hidden[i] && matte)
            hidden[i] = matte->data[(size_t)there.y * (size_t)matte->width + (size_t)there.x] > 0.5f;
        is_any |= hidden[i];
    }
    if (is_any)
        *out = hidden;
    else
        free(hidden);
    return SP_OK;
}
