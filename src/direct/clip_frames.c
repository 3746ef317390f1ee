#include "clip_frames.h"

#include <stdlib.h>

int direct_warp_init(direct_warp *out, const sp_camera *view, const sp_camera *camera)
{
    float *map = sp_calloc(2 * (size_t)view->width * (size_t)view->height, sizeof *map);
    if (!map)
        return SP_ENOMEM;
    sp_camera_warp_map(map, view, camera);
    *out = (direct_warp){view->width, view->height, map};
    return SP_OK;
}

void direct_warp_free(direct_warp *warp)
{
    free(warp->map);
    *warp = (direct_warp){0};
}

typedef struct row_job {
    const direct_warp *warp;
    const sp_image8 *picture;
    const sp_image *from;
    sp_image8 *out;
} row_job;

static void sample(uint8_t rgb[3], const sp_image8 *picture, float x, float y)
{
    x = fminf(fmaxf(x - 0.5f, 0), (float)(picture->width - 1));
    y = fminf(fmaxf(y - 0.5f, 0), (float)(picture->height - 1));
    int x0 = (int)x, y0 = (int)y;
    int x1 = x0 + 1 < picture->width ? x0 + 1 : x0, y1 = y0 + 1 < picture->height ? y0 + 1 : y0;
    float fx = x - (float)x0, fy = y - (float)y0;
    const uint8_t *top = picture->data + (size_t)y0 * (size_t)picture->width * 3;
    const uint8_t *low = picture->data + (size_t)y1 * (size_t)picture->width * 3;
    for (int k = 0; k < 3; k++) {
        float a = (float)top[x0 * 3 + k] * (1 - fx) + (float)top[x1 * 3 + k] * fx;
        float b = (float)low[x0 * 3 + k] * (1 - fx) + (float)low[x1 * 3 + k] * fx;
        rgb[k] = (uint8_t)(a * (1 - fy) + b * fy + 0.5f);
    }
}

static void warp_row(void *context, int64_t row, int worker)
{
    (void)worker;
    const row_job *job = context;
    size_t width = (size_t)job->warp->width, plane = width * (size_t)job->warp->height;
    const float *xs = job->warp->map + (size_t)row * width, *ys = xs + plane;
    uint8_t *out = job->out->data + (size_t)row * width * 3;
    for (size_t i = 0; i < width; i++, out += 3) {
        if (isnan(xs[i]) || isnan(ys[i]))
            out[0] = out[1] = out[2] = 0;
        else
            sample(out, job->picture, xs[i], ys[i]);
    }
}

int direct_warp_picture(sp_image8 *out, const direct_warp *warp, const sp_image8 *picture, sp_pool *pool)
{
    if (picture->channels != 3)
        return sp_error(SP_EINVAL, "a clip needs colour footage (got %d channels)", picture->channels);
    row_job job = {.warp = warp, .picture = picture, .out = out};
    sp_pool_run(pool, warp->height, warp_row, &job);
    return SP_OK;
}

void direct_mix(sp_image8 *out, const sp_image8 *a, const sp_image8 *b, double share)
{
    size_t count = (size_t)out->width * (size_t)out->height * (size_t)out->channels;
    int weight = (int)lround(share * 256);
    for (size_t i = 0; i < count; i++)
        out->data[i] = (uint8_t)((a->data[i] * (256 - weight) + b->data[i] * weight + 128) >> 8);
}

static void to8_row(void *context, int64_t row, int worker)
{
    (void)worker;
    const row_job *job = context;
    size_t width = (size_t)job->from->width;
    uint8_t *out = job->out->data + (size_t)row * width * 3;
    for (int k = 0; k < 3; k++) {
        const float *in = sp_image_plane(job->from, k) + (size_t)row * width;
        for (size_t i = 0; i < width; i++)
            out[i * 3 + (size_t)k] = (uint8_t)(fminf(fmaxf(in[i], 0), 1) * 255 + 0.5f);
    }
}

void direct_to8(sp_image8 *out, const sp_image *from, sp_pool *pool)
{
    row_job job = {.from = from, .out = out};
    sp_pool_run(pool, from->height, to8_row, &job);
}
