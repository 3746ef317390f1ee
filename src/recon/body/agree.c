#include "agree.h"

#include <math.h>
#include <stdlib.h>

// A view is dropped when its agreement is below this share of the median of the others.
#define CONTRADICTS 0.5

typedef struct box2 {
    int x0, y0, x1, y1;
} box2;

static box2 around(const sp_image *picture, sp_vec2 px, double radius)
{
    return (box2){(int)fmax(floor(px.x - radius), 0), (int)fmax(floor(px.y - radius), 0),
                  (int)fmin(ceil(px.x + radius), picture->width),
                  (int)fmin(ceil(px.y + radius), picture->height)};
}

int recon_paint_hull(sp_image *out, const recon_hull *hull, const sp_camera *camera)
{
    sp_image picture = {0};
    int rc = sp_image_init(&picture, camera->width, camera->height, 1);
    if (rc)
        return rc;
    size_t at = 0;
    for (int k = 0; k < hull->size[2]; k++)
        for (int j = 0; j < hull->size[1]; j++)
            for (int i = 0; i < hull->size[0]; i++, at++) {
                // The skin is enough: whatever a ray meets, it meets there first.
                if (hull->field[at] <= 0 || hull->field[at] > 2 * hull->voxel_m)
                    continue;
                sp_vec3 p = sp_v3(hull->origin[0] + hull->voxel_m * i, hull->origin[1] + hull->voxel_m * j,
                                  hull->origin[2] + hull->voxel_m * k);
                sp_vec2 px;
                if (!sp_camera_project(&px, camera, p))
                    continue;
                double z = sp_camera_to_cam(camera, p).z;
                box2 b = around(&picture, px, 0.5 * hull->voxel_m * camera->fx / z);
                for (int y = b.y0; y < b.y1; y++)
                    for (int x = b.x0; x < b.x1; x++)
                        picture.data[(size_t)y * (size_t)picture.width + (size_t)x] = 1;
            }
    *out = picture;
    return SP_OK;
}

typedef struct agree_job {
    const recon_scene *scene;
    const recon_hull *hull;
    double *agreement, *covered;
} agree_job;

static int compare_view(void *context, int64_t v, int worker)
{
    (void)worker;
    agree_job *job = context;
    const recon_scene_view *view = &job->scene->views[v];
    sp_image picture;
    int rc = view->used ? recon_paint_hull(&picture, job->hull, &view->full) : SP_OK;
    if (rc || !view->used)
        return rc;
    size_t pixels = (size_t)picture.width * (size_t)picture.height;
    int64_t both = 0, either = 0, hulls = 0;
    for (size_t i = 0; i < pixels; i++) {
        bool valid = !view->valid.data || view->valid.data[i] > 0.5f;
        bool hull = picture.data[i] > 0.5f && valid, matte = view->matte.data[i] > 0.5f;
        both += hull && matte;
        either += hull || matte;
        hulls += hull;
    }
    job->agreement[v] = either ? (double)both / (double)either : 1;
    if (job->covered)
        job->covered[v] = hulls ? (double)both / (double)hulls : 1;
    sp_image_free(&picture);
    return SP_OK;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int judge(const double *agreement, recon_scene *scene)
{
    double *sorted = sp_calloc((size_t)scene->count, sizeof *sorted);
    if (!sorted)
        return SP_ENOMEM;
    int n = 0;
    for (int v = 0; v < scene->count; v++)
        if (scene->views[v].used)
            sorted[n++] = agreement[v];
    qsort(sorted, (size_t)n, sizeof *sorted, by_value);
    double limit = n ? CONTRADICTS * sorted[n / 2] : 0;
    free(sorted);
    for (int v = 0; v < scene->count; v++)
        if (scene->views[v].used && agreement[v] < limit) {
            scene->views[v].used = false;
            sp_log(SP_LOG_WARN,
                   "camera %s: its matte contradicts the others (%.0f%% in common) and is left out",
                   scene->views[v].full.id, 100 * agreement[v]);
        }
    return SP_OK;
}

int recon_agree(double *agreement, double *covered, recon_scene *scene, double voxel_m, sp_pool *pool,
                const sp_progress *progress)
{
    size_t n = (size_t)scene->count;
    recon_silhouette *silhouettes = sp_calloc(n, sizeof *silhouettes);
    bool *used = sp_calloc(n, sizeof *used);
    int views = 0;
    recon_hull hull = {0};
    int rc = silhouettes && used ? SP_OK : SP_ENOMEM;
    for (int v = 0; !rc && v < scene->count; v++) {
        silhouettes[v] = scene->views[v].silhouette;
        used[v] = scene->views[v].used;
        views += used[v];
        agreement[v] = 0;
        if (covered)
            covered[v] = 0;
    }
    recon_hull_params params = recon_hull_params_default();
    params.voxel_m = voxel_m;
    params.tolerance = views >= 4 ? 1 : 0;
    params.least_views = views >= 4 ? 3 : 2;
    if (!rc)
        rc = recon_hull_carve(&hull, silhouettes, used, scene->count, &params, pool, progress);
    agree_job job = {scene, &hull, agreement, covered};
    if (!rc)
        rc = sp_pool_try(pool, scene->count, compare_view, &job);
    if (!rc && views >= 4)
        rc = judge(agreement, scene);
    recon_hull_free(&hull);
    free(silhouettes);
    free(used);
    return rc;
}
