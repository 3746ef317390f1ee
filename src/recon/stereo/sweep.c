#include "sweep.h"
#include "grey.h"
#include "sweep_match.h"

#include <math.h>
#include <stdlib.h>

// Taller cuts are swept at half the resolution, and so on.
#define MOST_HEIGHT_PX 380
#define LEAST_ANGLE_RAD 0.05
#define MOST_ANGLE_RAD 0.8
// Depths of two views agree within this.
#define SAME_DEPTH_M 0.02

typedef struct sweep_job {
    const recon_scene *scene;
    const recon_points *surface;
    sweep_view *views;
    sp_image *depths, *checked;
    int count;
} sweep_job;

// ---- Views

static int make_view(sweep_view *out, const recon_scene_view *view, const recon_points *surface)
{
    int level = 0;
    while (view->crop.height >> level > MOST_HEIGHT_PX)
        level++;
    int w = view->crop.width >> level, h = view->crop.height >> level;
    sp_image rgb = {0};
    out->camera = sp_camera_resized(&view->crop, w, h);
    int rc = sp_image_resize(&rgb, &view->rgb, w, h);
    if (!rc)
        rc = sp_image_resize(&out->matte, &view->cut_matte, w, h);
    if (!rc)
        rc = recon_grey(&out->grey, &rgb);
    sp_image_free(&rgb);
    return rc ? rc : recon_depth_of_points(&out->entry, surface, &out->camera);
}

static int make_view_work(void *context, int64_t v, int worker)
{
    (void)worker;
    sweep_job *job = context;
    const recon_scene_view *view = &job->scene->views[v];
    bool has_part = view->used && view->crop.width >= 16 && view->crop.height >= 16;
    return has_part ? make_view(&job->views[v], view, job->surface) : SP_OK;
}

// The nearest views by the angle between the lines of sight to the middle of the athlete.
static void choose_neighbours(sweep_job *job, sp_vec3 middle)
{
    for (int v = 0; v < job->count; v++) {
        sweep_view *view = &job->views[v];
        double angles[SWEEP_NEIGHBOURS];
        if (!view->camera.width)
            continue;
        sp_vec3 own = sp_v3_unit(sp_v3_sub(sp_camera_center(&view->camera), middle));
        for (int n = 0; n < job->count; n++) {
            if (n == v || !job->views[n].camera.width)
                continue;
            sp_vec3 other = sp_v3_unit(sp_v3_sub(sp_camera_center(&job->views[n].camera), middle));
            double angle = acos(fmin(fmax(sp_v3_dot(own, other), -1), 1));
            if (angle < LEAST_ANGLE_RAD || angle > MOST_ANGLE_RAD)
                continue;
            int at = view->neighbour_count < SWEEP_NEIGHBOURS ? view->neighbour_count++ : SWEEP_NEIGHBOURS;
            if (at == SWEEP_NEIGHBOURS && angle >= angles[SWEEP_NEIGHBOURS - 1])
                continue;
            for (at = at == SWEEP_NEIGHBOURS ? at - 1 : at; at > 0 && angles[at - 1] > angle; at--) {
                angles[at] = angles[at - 1];
                view->neighbours[at] = view->neighbours[at - 1];
            }
            angles[at] = angle;
            view->neighbours[at] = n;
        }
        view->least_angle = view->neighbour_count ? angles[0] : 0;
    }
}

// ---- Depths

static int sweep_one(void *context, int64_t v, int worker)
{
    (void)worker;
    sweep_job *job = context;
    const sweep_view *view = &job->views[v];
    if (!view->neighbour_count)
        return SP_OK;
    int rc = sp_image_init(&job->depths[v], view->camera.width, view->camera.height, 1);
    return rc ? rc : sweep_match(&job->depths[v], view, job->views);
}

// Keep the depths that the map of at least one neighbour confirms.
static int check_one(void *context, int64_t v, int worker)
{
    (void)worker;
    sweep_job *job = context;
    const sweep_view *view = &job->views[v];
    const sp_image *depth = &job->depths[v];
    int rc = depth->data ? sp_image_init(&job->checked[v], depth->width, depth->height, 1) : SP_OK;
    if (rc || !depth->data)
        return rc;
    for (int o = 0; o < view->neighbour_count; o++) {
        const sp_image *theirs = &job->depths[view->neighbours[o]];
        const sp_camera *camera = &job->views[view->neighbours[o]].camera;
        if (!theirs->data)
            continue;
        sweep_transfer t = sweep_transfer_between(&view->camera, camera);
        for (int y = 0; y < depth->height; y++)
            for (int x = 0; x < depth->width; x++) {
                size_t i = (size_t)y * (size_t)depth->width + (size_t)x;
                double z = depth->data[i], u = x + 0.5, q = y + 0.5;
                double hz = z * (t.a[6] * u + t.a[7] * q + t.a[8]) + t.b[2];
                if (z <= 0 || hz < 1e-3)
                    continue;
                double px = (z * (t.a[0] * u + t.a[1] * q + t.a[2]) + t.b[0]) / hz;
                double py = (z * (t.a[3] * u + t.a[4] * q + t.a[5]) + t.b[1]) / hz;
                if (px < 0 || py < 0 || px >= theirs->width || py >= theirs->height)
                    continue;
                float other = theirs->data[(size_t)py * (size_t)theirs->width + (size_t)px];
                if (other > 0 && fabs(other - hz) < SAME_DEPTH_M)
                    job->checked[v].data[i] = depth->data[i];
            }
    }
    return SP_OK;
}

static sp_vec3 middle_of(const recon_points *surface)
{
    double sum[3] = {0};
    for (int64_t i = 0; i < surface->count; i++)
        for (int a = 0; a < 3; a++)
            sum[a] += surface->position[a][i];
    double n = surface->count > 0 ? (double)surface->count : 1;
    return sp_v3(sum[0] / n, sum[1] / n, sum[2] / n);
}

static int run_stage(sweep_job *job, sp_pool_task task, double done, sp_pool *pool,
                     const sp_progress *progress)
{
    int rc = sp_progress_step(progress, "depth", done, 1);
    return rc ? rc : sp_pool_try(pool, job->count, task, job);
}

int recon_sweep_run(recon_sweep *out, const recon_scene *scene, const recon_points *surface, sp_pool *pool,
                    const sp_progress *progress)
{
    size_t n = (size_t)scene->count;
    sweep_job job = {scene,
                     surface,
                     sp_calloc(n, sizeof *job.views),
                     sp_calloc(n, sizeof(sp_image)),
                     sp_calloc(n, sizeof(sp_image)),
                     scene->count};
    sp_camera *cameras = sp_calloc(n, sizeof *cameras);
    int rc = job.views && job.depths && job.checked && cameras ? SP_OK : SP_ENOMEM;
    if (!rc)
        rc = run_stage(&job, make_view_work, 0, pool, progress);
    if (!rc) {
        choose_neighbours(&job, middle_of(surface));
        rc = run_stage(&job, sweep_one, 0.1, pool, progress);
    }
    if (!rc)
        rc = run_stage(&job, check_one, 0.9, pool, progress);
    for (size_t v = 0; v < n; v++) {
        if (job.views && job.checked && cameras && job.checked[v].data)
            cameras[v] = job.views[v].camera;
        if (job.views) {
            sp_image_free(&job.views[v].grey);
            sp_image_free(&job.views[v].matte);
            sp_image_free(&job.views[v].entry);
        }
        if (job.depths)
            sp_image_free(&job.depths[v]);
    }
    recon_sweep sweep = {cameras, job.checked, scene->count};
    free(job.views);
    free(job.depths);
    if (rc) {
        recon_sweep_free(&sweep);
        return rc;
    }
    *out = sweep;
    return SP_OK;
}

void recon_sweep_free(recon_sweep *sweep)
{
    for (int v = 0; sweep->depths && v < sweep->count; v++)
        sp_image_free(&sweep->depths[v]);
    free(sweep->depths);
    free(sweep->cameras);
    *sweep = (recon_sweep){0};
}
