// Corners, where a picture changes in both directions (Harris & Stephens 1988), to be found again by
// neighbours.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "parts.h"

enum { BORDER = 10, NEAREST_PX = 5, CELLS = 12 };

typedef struct corner {
    float strength;
    int x, y;
} corner;

// det(M) - 0.05 trace(M)^2 of the gradients' products, averaged over a Gaussian.
static int response_of(sp_image *out, const sp_image *grey)
{
    int w = grey->width, h = grey->height;
    sp_image products;
    int code = sp_image_init(&products, w, h, 3);
    if (code)
        return code;
    for (int y = 1; y < h - 1; y++)
        for (int x = 1; x < w - 1; x++) {
            const float *p = grey->data + (size_t)y * (size_t)w + (size_t)x;
            float gx = 0.5f * (p[1] - p[-1]), gy = 0.5f * (p[w] - p[-w]);
            size_t at = (size_t)y * (size_t)w + (size_t)x;
            sp_image_plane(&products, 0)[at] = gx * gx;
            sp_image_plane(&products, 1)[at] = gy * gy;
            sp_image_plane(&products, 2)[at] = gx * gy;
        }
    if (!(code = sp_image_blur(&products, 1.5, 3)) && !(code = sp_image_init(out, w, h, 1))) {
        const float *xx = sp_image_plane(&products, 0), *yy = sp_image_plane(&products, 1),
                    *xy = sp_image_plane(&products, 2);
        for (size_t i = 0; i < (size_t)w * (size_t)h; i++) {
            float trace = xx[i] + yy[i];
            out->data[i] = xx[i] * yy[i] - xy[i] * xy[i] - 0.05f * trace * trace;
        }
    }
    sp_image_free(&products);
    return code;
}

static bool is_peak(const sp_image *r, int x, int y)
{
    float here = r->data[y * r->width + x];
    for (int dy = -NEAREST_PX; dy <= NEAREST_PX; dy++)
        for (int dx = -NEAREST_PX; dx <= NEAREST_PX; dx++) {
            float other = r->data[(y + dy) * r->width + x + dx];
            // Of equal neighbours the first one stays.
            if (other > here || (other == here && (dy < 0 || (dy == 0 && dx < 0))))
                return false;
        }
    return true;
}

static bool is_usable(const uint8_t *valid, int width, int x, int y)
{
    for (int dy = -BORDER; dy <= BORDER; dy += BORDER)
        for (int dx = -BORDER; dx <= BORDER; dx += BORDER)
            if (valid && !valid[(y + dy) * width + x + dx])
                return false;
    return true;
}

static int compare_corners(const void *a, const void *b)
{
    const corner *p = a, *q = b;
    if (p->strength != q->strength)
        return p->strength > q->strength ? -1 : 1;
    return p->y != q->y ? p->y - q->y : p->x - q->x;
}

// The peak between pixels, by the parabola through it and its neighbours.
static double between(float before, float at, float after)
{
    double curve = (double)before - 2 * (double)at + (double)after;
    return curve < 0 ? fmin(fmax(0.5 * ((double)before - (double)after) / curve, -0.5), 0.5) : 0;
}

int calibrate_corners(sp_vec2 *at, int *count, int max, const sp_image *grey, const uint8_t *valid)
{
    *count = 0;
    int w = grey->width, h = grey->height, found = 0;
    if (w <= 2 * BORDER || h <= 2 * BORDER)
        return SP_OK;
    sp_image response = {0};
    int room = w * h / (NEAREST_PX * NEAREST_PX) + 16, code;
    corner *list = sp_calloc((size_t)room, sizeof *list);
    if (!list || (code = response_of(&response, grey))) {
        free(list);
        return SP_ENOMEM;
    }
    for (int y = BORDER; y < h - BORDER; y++)
        for (int x = BORDER; x < w - BORDER; x++) {
            float strength = response.data[y * w + x];
            if (strength > 1e-9f && is_peak(&response, x, y) && is_usable(valid, w, x, y) && found < room)
                list[found++] = (corner){strength, x, y};
        }
    qsort(list, (size_t)found, sizeof *list, compare_corners);
    // Strong corners huddle together: a cell of the picture gets no more than three times its share.
    int taken[CELLS][CELLS] = {{0}}, share = 3 * max / (CELLS * CELLS) + 1;
    for (int i = 0; i < found && *count < max; i++) {
        int *cell = &taken[list[i].y * CELLS / h][list[i].x * CELLS / w];
        if ((*cell)++ >= share)
            continue;
        const float *r = response.data + (size_t)list[i].y * (size_t)w + (size_t)list[i].x;
        at[(*count)++] = (sp_vec2){list[i].x + 0.5 + between(r[-1], r[0], r[1]),
                                   list[i].y + 0.5 + between(r[-w], r[0], r[w])};
    }
    free(list);
    sp_image_free(&response);
    return SP_OK;
}
