#include "warp.h"

#include <stdlib.h>
#include <string.h>

void render_warp_free(render_warp *warp)
{
    free(warp->map);
    sp_image_free(&warp->rgb);
    sp_image_free(&warp->alpha);
    sp_image_free(&warp->depth);
    memset(warp, 0, sizeof *warp);
}

// Ids and residuals do not matter for the picture.
static bool is_same_view(const sp_camera *a, const sp_camera *b)
{
    return a->width == b->width && a->height == b->height && a->lens == b->lens && a->fx == b->fx &&
           a->fy == b->fy && a->cx == b->cx && a->cy == b->cy &&
           !memcmp(a->distortion, b->distortion, sizeof a->distortion);
}

int render_warp_prepare(render_warp *warp, const sp_camera *camera, double max_fov_rad)
{
    if (warp->map && is_same_view(&warp->camera, camera) && warp->max_fov_rad == max_fov_rad) {
        warp->camera = *camera;
        warp->pinhole.rotation = camera->rotation; // the map does not depend on the pose
        warp->pinhole.translation = camera->translation;
        return 0;
    }
    render_warp_free(warp);
    sp_camera pinhole = sp_camera_undistorted(camera, max_fov_rad);
    int code = sp_image_init(&warp->rgb, pinhole.width, pinhole.height, 3);
    if (!code)
        code = sp_image_init(&warp->alpha, pinhole.width, pinhole.height, 1);
    if (!code)
        code = sp_image_init(&warp->depth, pinhole.width, pinhole.height, 1);
    float *map =
        code ? NULL : sp_aligned_calloc(2 * (size_t)camera->width * (size_t)camera->height, sizeof *map);
    if (!map) {
        render_warp_free(warp);
        return code ? code : SP_ENOMEM;
    }
    sp_camera_warp_map(map, camera, &pinhole);
    warp->map = map;
    warp->camera = *camera;
    warp->pinhole = pinhole;
    warp->max_fov_rad = max_fov_rad;
    return 0;
}

// Catmull-Rom weights of the four neighbours at a fraction f between the middle two.
static void cubic_weights(float w[4], float f)
{
    w[0] = 0.5f * f * (-1 + f * (2 - f));
    w[1] = 1 + 0.5f * f * f * (-5 + 3 * f);
    w[2] = 0.5f * f * (1 + f * (4 - 3 * f));
    w[3] = 0.5f * f * f * (f - 1);
}

static int clamp_index(int v, int size)
{
    return v < 0 ? 0 : v >= size ? size - 1 : v;
}

typedef struct sample {
    int column[4], row[4];
    float wx[4], wy[4];
} sample;

static float gather(const sp_image *image, int channel, const sample *s)
{
    const float *plane = sp_image_plane(image, channel);
    float sum = 0;
    for (int j = 0; j < 4; j++) {
        const float *row = plane + (size_t)s->row[j] * (size_t)image->width;
        sum += s->wy[j] * (s->wx[0] * row[s->column[0]] + s->wx[1] * row[s->column[1]] +
                           s->wx[2] * row[s->column[2]] + s->wx[3] * row[s->column[3]]);
    }
    return sum;
}

typedef struct warp_job {
    const render_warp *warp;
    const sp_render_target *target;
} warp_job;

// False where the camera sees nothing of the pinhole picture.
static bool sample_at(sample *s, const render_warp *warp, size_t at)
{
    size_t area = (size_t)warp->camera.width * (size_t)warp->camera.height;
    float x = warp->map[at] - 0.5f, y = warp->map[area + at] - 0.5f;
    if (!(x > -1 && y > -1 && x < (float)warp->rgb.width && y < (float)warp->rgb.height))
        return false;
    int x0 = (int)floorf(x), y0 = (int)floorf(y);
    cubic_weights(s->wx, x - (float)x0);
    cubic_weights(s->wy, y - (float)y0);
    for (int k = 0; k < 4; k++) {
        s->column[k] = clamp_index(x0 - 1 + k, warp->rgb.width);
        s->row[k] = clamp_index(y0 - 1 + k, warp->rgb.height);
    }
    return true;
}

static void warp_row(void *context, int64_t y, int worker)
{
    (void)worker;
    const warp_job *job = context;
    const render_warp *warp = job->warp;
    const sp_render_target *out = job->target;
    size_t width = (size_t)warp->camera.width, area = width * (size_t)warp->camera.height;
    for (size_t at = (size_t)y * width; at < ((size_t)y + 1) * width; at++) {
        sample s;
        bool is_seen = sample_at(&s, warp, at);
        // The kernel overshoots at edges; an opacity must stay one.
        float alpha = is_seen ? fminf(fmaxf(gather(&warp->alpha, 0, &s), 0), 1) : 0;
        for (int c = 0; out->rgb && c < 3; c++) {
            float color = is_seen ? fmaxf(gather(&warp->rgb, c, &s), 0) : 0;
            float under = out->under ? out->under->data[(size_t)c * area + at] : 0;
            out->rgb->data[(size_t)c * area + at] = color + (1 - alpha) * under;
        }
        if (out->alpha)
            out->alpha->data[at] = alpha;
        if (out->depth)
            out->depth->data[at] = is_seen ? fmaxf(gather(&warp->depth, 0, &s), 0) : 0;
    }
}

void render_warp_apply(const render_warp *warp, const sp_render_target *target, sp_pool *pool)
{
    warp_job job = {warp, target};
    sp_pool_run(pool, warp->camera.height, warp_row, &job);
}
