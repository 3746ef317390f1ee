// The shadow taken out of the mattes.
#include "shadow_field.h"
#include "../undistort.h"

#include <math.h>
#include <stdlib.h>

// How far a pixel may be from the plate in shadow, 0..1, and still be it; and how far its darkness from that
// of the cell.
#define TOLERANCE 0.07f
#define SAME_DARKNESS 0.2f

typedef struct shadow_job {
    const recon_shadow *shadow;
    recon_scene *scene;
    const sp_view *views;
} shadow_job;

// Whether the pixel is the plate in the lamp's colour of shadow, about as dark as the cell is: near feet it
// changes by much from pixel to pixel.
static bool is_shaded(const float image[3], const float plate[3], const float light[3], float dark)
{
    float missing[3], along = 0, square = 1e-6f;
    for (int c = 0; c < 3; c++) {
        missing[c] = plate[c] * (1 - light[c]) / dark;
        along += (plate[c] - image[c]) * missing[c];
        square += missing[c] * missing[c];
    }
    float own = along / square;
    if (fabsf(own - dark) > SAME_DARKNESS)
        return false;
    for (int c = 0; c < 3; c++)
        if (fabsf(image[c] - plate[c] + own * missing[c]) > TOLERANCE)
            return false;
    return true;
}

static bool is_shadow(const shadow_job *job, const sp_view *view, const double at[2])
{
    const recon_shadow *s = job->shadow;
    int i = (int)floor((at[0] - s->origin[0]) / s->cell_m),
        j = (int)floor((at[1] - s->origin[1]) / s->cell_m);
    if (i < 0 || j < 0 || i >= s->size[0] || j >= s->size[1])
        return false;
    size_t cells = (size_t)s->size[0] * (size_t)s->size[1], cell = (size_t)j * (size_t)s->size[0] + (size_t)i;
    const float light[3] = {s->light[cell], s->light[cells + cell], s->light[2 * cells + cell]};
    float image[3], plate[3], dark = recon_shadow_darkness(s, cell);
    return dark >= RECON_LEAST_DARKENING && recon_floor_seen(image, plate, view, at[0], at[1]) &&
           is_shaded(image, plate, light, dark);
}

static int clear_view(void *context, int64_t v, int worker)
{
    (void)worker;
    shadow_job *job = context;
    recon_scene_view *view = &job->scene->views[v];
    if (!view->used)
        return SP_OK;
    bool changed = false;
    sp_camera camera = recon_pinhole(&job->views[v].camera); // the floor stands still, view->full may not
    for (int y = 0; y < view->full.height; y++)
        for (int x = 0; x < view->full.width; x++) {
            float *matte = &view->matte.data[(size_t)y * (size_t)view->full.width + (size_t)x];
            double at[2];
            if (*matte > 0 && recon_floor_point(at, &camera, x + 0.5, y + 0.5) &&
                is_shadow(job, &job->views[v], at)) {
                *matte = 0;
                changed = true;
            }
        }
    if (!changed)
        return SP_OK;
    recon_silhouette_free(&view->silhouette);
    return recon_silhouette_init(&view->silhouette, &view->full, &view->matte,
                                 view->valid.data ? &view->valid : NULL);
}

int recon_shadow_clear(recon_scene *scene, const recon_shadow *shadow, const sp_view *views, sp_pool *pool)
{
    if (!shadow->light)
        return SP_OK;
    shadow_job job = {shadow, scene, views};
    return sp_pool_try(pool, scene->count, clear_view, &job);
}
