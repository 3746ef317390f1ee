// The shadow once more, when it is known where the athlete hides the floor.
#include "shadow_field.h"
#include "body_picture.h"
#include "../undistort.h"

#include <stdlib.h>

// He hides what he covers by more than this, and what is so near to it.
#define HIDING 0.1f
#define MARGIN_PX 2.0

typedef struct hide_job {
    const sp_splat_cloud *body;
    const recon_scene *scene;
    const sp_view *views;
    sp_kernels kernels;
    sp_image8 *hidden;
} hide_job;

static int hide_view(void *context, int64_t v, int worker)
{
    (void)worker;
    hide_job *job = context;
    const recon_scene_view *view = &job->scene->views[v];
    if (!view->used)
        return SP_OK;
    sp_image alpha = {0}, grown = {0};
    sp_image8 *out = &job->hidden[v];
    int rc = recon_body_picture(NULL, &alpha, job->body, &view->full, job->views[v].dt_s, job->kernels);
    if (!rc)
        rc = sp_mask_grow(&grown, &alpha, HIDING, MARGIN_PX);
    if (!rc)
        rc = sp_image8_init(out, grown.width, grown.height, 1);
    for (size_t i = 0; !rc && i < (size_t)out->width * (size_t)out->height; i++)
        out->data[i] = grown.data[i] > 0;
    sp_image_free(&alpha);
    sp_image_free(&grown);
    return rc;
}

int recon_shadow_refine(recon_shadow *shadow, const sp_splat_cloud *body, const recon_scene *scene,
                        const sp_view *views, sp_kernels kernels, sp_pool *pool)
{
    size_t n = (size_t)scene->count;
    hide_job job = {.body = body,
                    .scene = scene,
                    .views = views,
                    .kernels = kernels,
                    .hidden = sp_calloc(n, sizeof *job.hidden)};
    sp_camera *pinholes = sp_calloc(n, sizeof *pinholes);
    recon_shadow refined;
    int rc = job.hidden && pinholes ? sp_pool_try(pool, scene->count, hide_view, &job) : SP_ENOMEM;
    for (size_t v = 0; !rc && v < n; v++)
        pinholes[v] = recon_pinhole(&views[v].camera);
    recon_floor_views lookers = {views, job.hidden, pinholes, scene->count};
    if (!rc)
        rc = recon_shadow_measure_with(&refined, scene, &lookers, pool);
    for (size_t v = 0; job.hidden && v < n; v++)
        sp_image8_free(&job.hidden[v]);
    free(job.hidden);
    free(pinholes);
    if (rc)
        return rc;
    recon_shadow_free(shadow);
    *shadow = refined;
    return SP_OK;
}
