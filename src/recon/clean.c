// Mattes made to agree, in the views' own pictures (lens distortion included).
#include "body/agree.h"
#include "body/hull.h"
#include "floor/shadow.h"

#include <math.h>
#include <stdlib.h>

#define AGREE_VOXEL_M 0.03
#define VOXEL_M 0.015
// Pixels by which the hull's picture and a good matte may differ beside the voxels' own size.
#define SLACK_PX 2.0

typedef struct clean_job {
    const recon_scene *scene;
    const sp_view *views;
    const recon_hull *hull;
    sp_image *out;
} clean_job;

// How many pixels a voxel takes in the view, at the hull's middle.
static double voxel_px(const recon_hull *hull, const sp_camera *camera)
{
    double at[3];
    for (int i = 0; i < 3; i++)
        at[i] = hull->origin[i] + 0.5 * hull->voxel_m * hull->size[i];
    double z = sp_camera_to_cam(camera, sp_v3(at[0], at[1], at[2])).z;
    return z > 0.05 ? hull->voxel_m * camera->fx / z : 0;
}

static int clean_view(void *context, int64_t v, int worker)
{
    (void)worker;
    clean_job *job = context;
    const sp_view *view = &job->views[v];
    sp_image support = {0};
    recon_silhouette outline = {0};
    int rc = recon_paint_hull(&support, job->hull, &view->camera);
    if (!rc)
        rc = recon_silhouette_init(&outline, &view->camera, &support, NULL);
    if (!rc)
        rc = view->matte ? sp_image_copy(&job->out[v], view->matte)
                         : sp_image_init(&job->out[v], view->camera.width, view->camera.height, 1);
    if (!rc) {
        size_t pixels = (size_t)support.width * (size_t)support.height;
        float slack = (float)(SLACK_PX + voxel_px(job->hull, &view->camera));
        // A view that contradicts the others shows what they tell; half a voxel is what the hull's skin
        // misses.
        bool trusted = job->scene->views[v].used;
        for (size_t i = 0; i < pixels; i++) {
            size_t w = (size_t)support.width;
            float inside = recon_silhouette_pixel(&outline, (int)(i % w), (int)(i / w));
            float *matte = &job->out[v].data[i];
            if (!trusted)
                *matte = inside > 0 ? 1 : 0;
            else if (inside > slack)
                *matte = 1;
            else if (inside < -slack)
                *matte = 0;
        }
    }
    recon_silhouette_free(&outline);
    sp_image_free(&support);
    return rc;
}

static int carve(recon_hull *hull, const recon_scene *scene, sp_pool *pool, const sp_progress *progress)
{
    size_t n = (size_t)scene->count;
    recon_silhouette *silhouettes = sp_calloc(n, sizeof *silhouettes);
    bool *used = sp_calloc(n, sizeof *used);
    int rc = silhouettes && used ? SP_OK : SP_ENOMEM;
    for (int v = 0; !rc && v < scene->count; v++) {
        silhouettes[v] = scene->views[v].silhouette;
        used[v] = scene->views[v].used;
    }
    recon_hull_params params = recon_hull_params_default();
    params.voxel_m = VOXEL_M;
    if (!rc)
        rc = recon_hull_carve(hull, silhouettes, used, scene->count, &params, pool, progress);
    free(silhouettes);
    free(used);
    return rc;
}

static int clean_all(sp_image *out, const recon_scene *scene, const sp_view *views, sp_pool *pool,
                     const sp_progress *progress)
{
    recon_hull hull = {0};
    clean_job job = {scene, views, &hull, out};
    int rc = carve(&hull, scene, pool, progress);
    if (!rc)
        rc = sp_pool_try(pool, scene->count, clean_view, &job);
    recon_hull_free(&hull);
    return rc;
}

int sp_recon_agreement(double *agreement, const sp_view *views, int count, sp_pool *pool)
{
    recon_scene scene = {0};
    int rc = recon_scene_open(&scene, views, count, pool, NULL);
    if (!rc)
        rc = recon_agree(agreement, NULL, &scene, AGREE_VOXEL_M, pool, NULL);
    recon_scene_close(&scene);
    return rc;
}

int sp_recon_clean_mattes(sp_image *out, const sp_view *views, int count, sp_pool *pool,
                          const sp_progress *progress)
{
    int matted = 0;
    for (int v = 0; v < count; v++)
        matted += views[v].matte != NULL;
    if (!out || matted < 2)
        return sp_error(SP_EINVAL, "%d of %d views have a matte; agreement needs at least two", matted,
                        count);
    recon_scene scene = {0};
    recon_shadow shadow = {0};
    sp_image *cleaned = sp_calloc((size_t)count, sizeof *cleaned);
    double *agreement = sp_calloc((size_t)count, sizeof *agreement);
    int rc = cleaned && agreement ? recon_scene_open(&scene, views, count, pool, progress) : SP_ENOMEM;
    if (!rc)
        rc = recon_agree(agreement, NULL, &scene, AGREE_VOXEL_M, pool, progress);
    if (!rc)
        rc = recon_shadow_measure(&shadow, &scene, views, count, pool);
    if (!rc)
        rc = recon_shadow_clear(&scene, &shadow, views, pool);
    if (!rc)
        rc = clean_all(cleaned, &scene, views, pool, progress);
    for (int v = 0; cleaned && v < count; v++) {
        if (rc)
            sp_image_free(&cleaned[v]);
        else
            out[v] = cleaned[v];
    }
    recon_shadow_free(&shadow);
    recon_scene_close(&scene);
    free(cleaned);
    free(agreement);
    return rc;
}
