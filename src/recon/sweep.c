#include "sweep.h"
#include "grey.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Taller cuts are swept at half the resolution, and so on.
#define MOST_HEIGHT_PX 380
#define WINDOW_RADIUS 3
// Disparity between planes, in px of the nearest neighbour.
#define PLANE_STEP_PX 0.7
#define MOST_PLANES 128
// How far behind the hull's skin a surface may lie, and in front of it (its samples are coarse).
#define DEEPEST_M 0.45
#define BEFORE_M 0.02
#define MOST_NEIGHBOURS 4
#define LEAST_ANGLE_RAD 0.05
#define MOST_ANGLE_RAD 0.8
// Penalties for a step of one plane and for more, on costs of 0..255.
#define STEP_PENALTY 8
#define JUMP_PENALTY 48
#define IMPOSSIBLE 255
#define POOR_COST 120
// Depths of two views agree within this.
#define SAME_DEPTH_M 0.02

typedef struct sweep_view {
    sp_camera camera;
    sp_image grey, matte, entry; // entry: where the line of sight meets the hull, INFINITY beside it
    int neighbours[MOST_NEIGHBOURS], neighbour_count;
    double least_angle;
} sweep_view;

typedef struct sweep_job {
    const recon_scene *scene;
    const recon_points *surface;
    sweep_view *views;
    sp_image *depths, *checked;
    int count;
    int *codes;
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

static void make_view_work(void *context, int64_t v, int worker)
{
    (void)worker;
    sweep_job *job = context;
    const recon_scene_view *view = &job->scene->views[v];
    if (view->used && view->crop.width >= 16 && view->crop.height >= 16)
        job->codes[v] = make_view(&job->views[v], view, job->surface);
}

// The nearest views by the angle between the lines of sight to the middle of the athlete.
static void choose_neighbours(sweep_job *job, sp_vec3 middle)
{
    for (int v = 0; v < job->count; v++) {
        sweep_view *view = &job->views[v];
        double angles[MOST_NEIGHBOURS];
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
            int at = view->neighbour_count < MOST_NEIGHBOURS ? view->neighbour_count++ : MOST_NEIGHBOURS;
            if (at == MOST_NEIGHBOURS && angle >= angles[MOST_NEIGHBOURS - 1])
                continue;
            for (at = at == MOST_NEIGHBOURS ? at - 1 : at; at > 0 && angles[at - 1] > angle; at--) {
                angles[at] = angles[at - 1];
                view->neighbours[at] = view->neighbours[at - 1];
            }
            angles[at] = angle;
            view->neighbours[at] = n;
        }
        view->least_angle = view->neighbour_count ? angles[0] : 0;
    }
}

// ---- Cost of a plane

typedef struct sweep_scratch {
    float *planes;  // matte, mI, mII blurred (3); mJ, mJJ, mIJ (3); box scratch (1): each pixels long
    float *scores;  // per neighbour one plane of NCC
    uint8_t *costs; // pixels * depths
    uint16_t *sums;
    uint16_t *path; // two rows of depths * width, and minima
    size_t pixels;
    int depths;
    double near, step;
} sweep_scratch;

// Box sums over (2 radius + 1)^2, clipped at the border.
static void box_sum(float *restrict plane, float *restrict scratch, int w, int h)
{
    for (int y = 0; y < h; y++) {
        float *row = plane + (size_t)y * (size_t)w, *to = scratch + (size_t)y * (size_t)w;
        float sum = 0;
        for (int x = 0; x < WINDOW_RADIUS && x < w; x++)
            sum += row[x];
        for (int x = 0; x < w; x++) {
            sum += x + WINDOW_RADIUS < w ? row[x + WINDOW_RADIUS] : 0;
            sum -= x - WINDOW_RADIUS - 1 >= 0 ? row[x - WINDOW_RADIUS - 1] : 0;
            to[x] = sum;
        }
    }
    for (int y = 0; y < h; y++) {
        float *to = plane + (size_t)y * (size_t)w;
        memset(to, 0, (size_t)w * sizeof *to);
        for (int d = -WINDOW_RADIUS; d <= WINDOW_RADIUS; d++) {
            if (y + d < 0 || y + d >= h)
                continue;
            const float *from = scratch + (size_t)(y + d) * (size_t)w;
            for (int x = 0; x < w; x++)
                to[x] += from[x];
        }
    }
}

// x' ~ z * (A p) + b: the other view's homogeneous pixel of pixel p at depth z.
typedef struct transfer {
    double a[9], b[3];
} transfer;

static transfer transfer_between(const sp_camera *from, const sp_camera *to)
{
    sp_mat3 r = sp_m3_mul(to->rotation, sp_m3_transpose(from->rotation));
    sp_vec3 t = sp_v3_sub(to->translation, sp_m3_apply(r, from->translation));
    sp_mat3 k = {{to->fx, 0, to->cx, 0, to->fy, to->cy, 0, 0, 1}};
    sp_mat3 inverse = {
        {1 / from->fx, 0, -from->cx / from->fx, 0, 1 / from->fy, -from->cy / from->fy, 0, 0, 1}};
    sp_mat3 a = sp_m3_mul(sp_m3_mul(k, r), inverse);
    sp_vec3 b = sp_m3_apply(k, t);
    transfer out = {{0}, {b.x, b.y, b.z}};
    memcpy(out.a, a.m, sizeof out.a);
    return out;
}

// Fetch the other view's grey through a plane at depth z; weights 0 where it has none.
static void warp(float *mj, float *mjj, float *mij, const sweep_view *view, const sweep_view *other,
                 const transfer *t, double z)
{
    int w = view->camera.width, h = view->camera.height, ow = other->camera.width, oh = other->camera.height;
    const float *grey = view->grey.data, *matte = view->matte.data, *from = other->grey.data;
    for (int y = 0; y < h; y++) {
        double v = y + 0.5;
        for (int x = 0; x < w; x++) {
            size_t i = (size_t)y * (size_t)w + (size_t)x;
            mj[i] = mjj[i] = mij[i] = 0;
            if (matte[i] <= 0)
                continue;
            double u = x + 0.5;
            double hz = z * (t->a[6] * u + t->a[7] * v + t->a[8]) + t->b[2];
            if (hz < 1e-3)
                continue;
            float px = (float)((z * (t->a[0] * u + t->a[1] * v + t->a[2]) + t->b[0]) / hz - 0.5);
            float py = (float)((z * (t->a[3] * u + t->a[4] * v + t->a[5]) + t->b[1]) / hz - 0.5);
            if (!(px >= 0) || !(py >= 0) || px >= (float)(ow - 1) || py >= (float)(oh - 1))
                continue;
            int ix = (int)px, iy = (int)py;
            float ax = px - (float)ix, ay = py - (float)iy;
            const float *g = from + (size_t)iy * (size_t)ow + (size_t)ix;
            float top = g[0] + ax * (g[1] - g[0]), bottom = g[ow] + ax * (g[ow + 1] - g[ow]);
            float j = top + ay * (bottom - top), m = matte[i];
            mj[i] = m * j;
            mjj[i] = m * j * j;
            mij[i] = m * j * grey[i];
        }
    }
}

// NCC over the matte's pixels of each window; -1 where there are too few or nothing to see.
static void score_plane(float *score, const sweep_scratch *s)
{
    size_t n = s->pixels;
    const float *m = s->planes, *mi = m + n, *mii = m + 2 * n, *mj = m + 3 * n, *mjj = m + 4 * n,
                *mij = m + 5 * n;
    for (size_t i = 0; i < n; i++) {
        float count = m[i] + 1e-6f;
        float vi = mii[i] - mi[i] * mi[i] / count, vj = mjj[i] - mj[i] * mj[i] / count;
        float cov = mij[i] - mi[i] * mj[i] / count;
        // A floor of noise: flat cloth must not match by chance.
        float ncc = cov / sqrtf((fmaxf(vi, 0) + 4e-4f * count) * (fmaxf(vj, 0) + 4e-4f * count));
        score[i] = m[i] > 6 ? ncc : -1;
    }
}

static void fill_costs(sweep_scratch *s, const sweep_job *job, const sweep_view *view)
{
    int w = view->camera.width, h = view->camera.height, k = view->neighbour_count;
    size_t n = s->pixels;
    float *m = s->planes, *scratch = s->planes + 6 * n;
    for (size_t i = 0; i < n; i++) {
        m[i] = view->matte.data[i];
        m[n + i] = m[i] * view->grey.data[i];
        m[2 * n + i] = m[n + i] * view->grey.data[i];
    }
    for (size_t p = 0; p < 3; p++)
        box_sum(m + p * n, scratch, w, h);
    for (int d = 0; d < s->depths; d++) {
        double z = s->near + s->step * d;
        for (int o = 0; o < k; o++) {
            const sweep_view *other = &job->views[view->neighbours[o]];
            transfer t = transfer_between(&view->camera, &other->camera);
            warp(m + 3 * n, m + 4 * n, m + 5 * n, view, other, &t, z);
            for (size_t p = 3; p < 6; p++)
                box_sum(m + p * n, scratch, w, h);
            score_plane(s->scores + (size_t)o * n, s);
        }
        for (size_t i = 0; i < n; i++) {
            float first = -1, second = -1; // the best two: the others may be hidden
            for (int o = 0; o < k; o++) {
                float score = s->scores[(size_t)o * n + i];
                if (score > first) {
                    second = first;
                    first = score;
                } else if (score > second)
                    second = score;
            }
            float score = k > 1 ? 0.6f * first + 0.4f * fmaxf(second, -0.5f) : first;
            float entry = view->entry.data[i];
            bool possible = view->matte.data[i] > 0.3f && z > entry - BEFORE_M && z < entry + DEEPEST_M;
            int cost = (int)((1 - score) * 127);
            s->costs[i * (size_t)s->depths + (size_t)d] = (uint8_t)(!possible    ? IMPOSSIBLE
                                                                    : cost < 0   ? 0
                                                                    : cost > 254 ? 254
                                                                                 : cost);
        }
    }
}

// ---- Semiglobal matching: four paths

static void path_step(uint16_t *now, uint16_t *now_least, const uint16_t *before, uint16_t before_least,
                      const uint8_t *cost, uint16_t *sum, int depths)
{
    uint16_t least = UINT16_MAX;
    for (int d = 0; d < depths; d++) {
        int best = before[d];
        if (d > 0 && before[d - 1] + STEP_PENALTY < best)
            best = before[d - 1] + STEP_PENALTY;
        if (d < depths - 1 && before[d + 1] + STEP_PENALTY < best)
            best = before[d + 1] + STEP_PENALTY;
        if (before_least + JUMP_PENALTY < best)
            best = before_least + JUMP_PENALTY;
        now[d] = (uint16_t)(cost[d] + best - before_least);
        sum[d] = (uint16_t)(sum[d] + now[d]);
        least = now[d] < least ? now[d] : least;
    }
    *now_least = least;
}

// Along lines that start at `start` and go by `step` pixels, `length` pixels long.
static void run_path(sweep_scratch *s, size_t start, ptrdiff_t step, int length)
{
    uint16_t *row[2] = {s->path, s->path + s->depths};
    uint16_t least = 0;
    memset(row[0], 0, (size_t)s->depths * sizeof **row);
    for (int i = 0; i < length; i++) {
        size_t at = (size_t)((ptrdiff_t)start + step * i) * (size_t)s->depths;
        path_step(row[1], &least, row[0], least, s->costs + at, s->sums + at, s->depths);
        uint16_t *t = row[0];
        row[0] = row[1];
        row[1] = t;
    }
}

static void aggregate(sweep_scratch *s, int w, int h)
{
    memset(s->sums, 0, s->pixels * (size_t)s->depths * sizeof *s->sums);
    for (int y = 0; y < h; y++) {
        run_path(s, (size_t)y * (size_t)w, 1, w);
        run_path(s, (size_t)y * (size_t)w + (size_t)w - 1, -1, w);
    }
    for (int x = 0; x < w; x++) {
        run_path(s, (size_t)x, w, h);
        run_path(s, s->pixels - (size_t)w + (size_t)x, -w, h);
    }
}

static void pick_depths(sp_image *depth, const sweep_scratch *s)
{
    for (size_t i = 0; i < s->pixels; i++) {
        const uint16_t *sum = s->sums + i * (size_t)s->depths;
        const uint8_t *cost = s->costs + i * (size_t)s->depths;
        int best = 0;
        for (int d = 1; d < s->depths; d++)
            best = sum[d] < sum[best] ? d : best;
        if (cost[best] > POOR_COST)
            continue;
        double shift = 0;
        if (best > 0 && best < s->depths - 1) {
            double a = sum[best - 1], b = sum[best], c = sum[best + 1], bend = a - 2 * b + c;
            shift = bend > 0 ? 0.5 * (a - c) / bend : 0;
        }
        depth->data[i] = (float)(s->near + s->step * (best + fmin(fmax(shift, -0.5), 0.5)));
    }
}

// ---- One view

static bool choose_planes(sweep_scratch *s, const sweep_view *view)
{
    float nearest = INFINITY, farthest = 0;
    for (size_t i = 0; i < s->pixels; i++) {
        float z = view->entry.data[i];
        if (!isfinite(z) || view->matte.data[i] <= 0.3f)
            continue;
        nearest = fminf(nearest, z);
        farthest = fmaxf(farthest, z);
    }
    if (farthest <= 0)
        return false;
    s->near = nearest - BEFORE_M;
    double range = farthest + DEEPEST_M - s->near;
    s->step =
        PLANE_STEP_PX * 0.5 * (nearest + farthest) / (view->camera.fx * sin(fmin(view->least_angle, 1.0)));
    s->depths = (int)ceil(range / s->step) + 1;
    if (s->depths > MOST_PLANES) {
        s->depths = MOST_PLANES;
        s->step = range / (MOST_PLANES - 1);
    }
    return s->depths >= 3;
}

static void scratch_free(sweep_scratch *s)
{
    free(s->planes);
    free(s->scores);
    free(s->costs);
    free(s->sums);
    free(s->path);
}

static void sweep_one(void *context, int64_t v, int worker)
{
    (void)worker;
    sweep_job *job = context;
    const sweep_view *view = &job->views[v];
    if (!view->neighbour_count)
        return;
    int w = view->camera.width, h = view->camera.height;
    sweep_scratch s = {.pixels = (size_t)w * (size_t)h};
    int rc = sp_image_init(&job->depths[v], w, h, 1);
    if (!rc && choose_planes(&s, view)) {
        size_t volume = s.pixels * (size_t)s.depths;
        s.planes = sp_calloc(7 * s.pixels, sizeof *s.planes);
        s.scores = sp_calloc(MOST_NEIGHBOURS * s.pixels, sizeof *s.scores);
        s.costs = sp_calloc(volume, 1);
        s.sums = sp_calloc(volume, sizeof *s.sums);
        s.path = sp_calloc(2 * (size_t)s.depths, sizeof *s.path);
        if (s.planes && s.scores && s.costs && s.sums && s.path) {
            fill_costs(&s, job, view);
            aggregate(&s, w, h);
            pick_depths(&job->depths[v], &s);
        } else
            rc = SP_ENOMEM;
        scratch_free(&s);
    }
    job->codes[v] = rc;
}

// Keep the depths that the map of at least one neighbour confirms.
static void check_one(void *context, int64_t v, int worker)
{
    (void)worker;
    sweep_job *job = context;
    const sweep_view *view = &job->views[v];
    const sp_image *depth = &job->depths[v];
    if (!depth->data || (job->codes[v] = sp_image_init(&job->checked[v], depth->width, depth->height, 1)))
        return;
    for (int o = 0; o < view->neighbour_count; o++) {
        const sp_image *theirs = &job->depths[view->neighbours[o]];
        const sp_camera *camera = &job->views[view->neighbours[o]].camera;
        if (!theirs->data)
            continue;
        transfer t = transfer_between(&view->camera, camera);
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

static int run_stage(sweep_job *job, sp_pool_work work, double done, sp_pool *pool,
                     const sp_progress *progress)
{
    int rc = sp_progress_step(progress, "depth", done, 1);
    if (rc)
        return rc;
    sp_pool_run(pool, job->count, work, job);
    for (int v = 0; v < job->count; v++)
        if (job->codes[v])
            return sp_error(job->codes[v], "memory ran out while depth was measured");
    return SP_OK;
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
                     scene->count,
                     sp_calloc(n, sizeof(int))};
    sp_camera *cameras = sp_calloc(n, sizeof *cameras);
    int rc = job.views && job.depths && job.checked && job.codes && cameras ? SP_OK : SP_ENOMEM;
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
    free(job.codes);
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
