#include "stereo.h"
#include "window.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SOURCES 4
#define BEST_SOURCES 2
#define FLOOR_PREFERENCE 0.04f // the floor wins against a plane that is better by less than this
#define MAX_SOURCE_ANGLE_RAD 1.4
// Views nearer to each other than this, seen from the middle of the scene, tell little about depth; as far as
// they fall short they count as turned away.
#define LEAST_PARALLAX_RAD 0.07
#define PARALLAX_WEIGHT 3

typedef struct source {
    const recon_stereo_view *view;
    float r[9], t[3]; // source camera from reference camera
} source;

typedef struct stereo {
    const recon_stereo_view *ref;
    const recon_stereo_params *params;
    recon_depth_map *map;
    source sources[MAX_SOURCES];
    int source_count;
    float floor_normal[3], floor_delta; // the plane Z = 0 in the reference camera: n . X = delta
    recon_window_cost *window_cost;
    int iteration, colour; // checkerboard colour of this pass
} stereo;

typedef struct plane {
    float n[3], depth; // normal and depth at the pixel
} plane;

// How unfit another view is as a source: its angle, and what it lacks in parallax.
static double unfitness(double angle, double baseline, double distance)
{
    double parallax = distance > 0 ? baseline / distance : LEAST_PARALLAX_RAD;
    return angle + PARALLAX_WEIGHT * fmax(LEAST_PARALLAX_RAD - parallax, 0);
}

static void find_sources(stereo *s, const recon_stereo_view *views, int count, int index)
{
    double angle[MAX_SOURCES];
    const sp_camera *ref = &views[index].camera;
    for (int j = 0; j < count; j++) {
        const sp_camera *other = &views[j].camera;
        double dot = 0;
        for (int k = 0; k < 3; k++)
            dot += ref->rotation.m[6 + k] * other->rotation.m[6 + k];
        double a = acos(dot > 1 ? 1 : dot < -1 ? -1 : dot);
        double baseline = sp_v3_norm(sp_v3_sub(sp_camera_center(ref), sp_camera_center(other)));
        if (j == index || a > MAX_SOURCE_ANGLE_RAD || baseline < 1e-3)
            continue;
        a = unfitness(a, baseline, s->params->distance_m);
        int at = s->source_count;
        while (at > 0 && angle[at - 1] > a)
            at--;
        if (at >= MAX_SOURCES)
            continue;
        int last = s->source_count < MAX_SOURCES ? s->source_count++ : MAX_SOURCES - 1;
        for (int k = last; k > at; k--) {
            angle[k] = angle[k - 1];
            s->sources[k] = s->sources[k - 1];
        }
        angle[at] = a;
        s->sources[at].view = &views[j];
    }
    for (int j = 0; j < s->source_count; j++) {
        source *src = &s->sources[j];
        sp_mat3 r = sp_m3_mul(src->view->camera.rotation, sp_m3_transpose(ref->rotation));
        sp_vec3 t = sp_v3_sub(src->view->camera.translation, sp_m3_apply(r, ref->translation));
        for (int k = 0; k < 9; k++)
            src->r[k] = (float)r.m[k];
        src->t[0] = (float)t.x;
        src->t[1] = (float)t.y;
        src->t[2] = (float)t.z;
    }
}

static void ray_at(float ray[3], const sp_camera *c, float x, float y)
{
    ray[0] = (x - (float)c->cx) / (float)c->fx;
    ray[1] = (y - (float)c->cy) / (float)c->fy;
    ray[2] = 1;
}

// Pixel of the source from pixel of the reference through the plane: K_s (R + t n^T / delta) K_r^-1.
static void plane_homography(float h[9], const source *src, const sp_camera *ref, const plane *p,
                             const float ray[3])
{
    float delta = p->depth * (p->n[0] * ray[0] + p->n[1] * ray[1] + p->n[2] * ray[2]);
    const sp_camera *c = &src->view->camera;
    float k[3][3];
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            k[i][j] = src->r[3 * i + j] + src->t[i] * p->n[j] / delta;
    for (int j = 0; j < 3; j++) {
        k[0][j] = (float)c->fx * k[0][j] + (float)c->cx * k[2][j];
        k[1][j] = (float)c->fy * k[1][j] + (float)c->cy * k[2][j];
    }
    float ifx = 1 / (float)ref->fx, ify = 1 / (float)ref->fy;
    for (int i = 0; i < 3; i++) {
        h[3 * i] = k[i][0] * ifx;
        h[3 * i + 1] = k[i][1] * ify;
        h[3 * i + 2] = k[i][2] - k[i][0] * (float)ref->cx * ifx - k[i][1] * (float)ref->cy * ify;
    }
}

static float plane_cost(const stereo *s, const recon_window *w, const plane *p, const float ray[3])
{
    float best[BEST_SOURCES];
    int seen = 0;
    for (int j = 0; j < s->source_count; j++) {
        float h[9];
        plane_homography(h, &s->sources[j], &s->ref->camera, p, ray);
        float cost = s->window_cost(w, &s->sources[j].view->grey, h);
        if (cost >= RECON_COST_NOTHING)
            continue;
        int at = seen < BEST_SOURCES ? seen : BEST_SOURCES;
        while (at > 0 && best[at - 1] > cost)
            at--;
        for (int k = (seen < BEST_SOURCES ? seen : BEST_SOURCES - 1); k > at; k--)
            best[k] = best[k - 1];
        if (at < BEST_SOURCES)
            best[at] = cost;
        seen += seen < BEST_SOURCES;
    }
    if (seen == 0)
        return RECON_COST_NOTHING;
    float sum = 0;
    for (int k = 0; k < seen; k++)
        sum += best[k];
    return sum / (float)seen;
}

static float dot3(const float a[3], const float b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

// A unit vector that faces the camera along ray.
static void face_camera(float n[3], const float ray[3])
{
    float norm = sqrtf(dot3(n, n));
    float sign = dot3(n, ray) > 0 ? -1 : 1;
    for (int k = 0; k < 3; k++)
        n[k] = norm > 0 ? sign * n[k] / norm : (k == 2 ? -1.0f : 0);
}

static plane random_plane(const stereo *s, sp_rng *rng, const float ray[3])
{
    plane p;
    double near_inverse = 1 / s->params->near_m, far_inverse = 1 / s->params->far_m;
    p.depth = (float)(1 / (far_inverse + sp_rng_uniform(rng) * (near_inverse - far_inverse)));
    for (int k = 0; k < 3; k++)
        p.n[k] = (float)sp_rng_normal(rng) - ray[k]; // leaning towards the camera
    face_camera(p.n, ray);
    return p;
}

static bool plausible(const stereo *s, const plane *p, const float ray[3])
{
    // Planes seen more obliquely than 87 degrees have no meaningful window.
    return p->depth > s->params->near_m && p->depth < s->params->far_m &&
           -dot3(p->n, ray) > 0.05f * sqrtf(dot3(ray, ray));
}

static bool floor_plane(plane *p, const stereo *s, const float ray[3])
{
    float along = dot3(s->floor_normal, ray);
    if (along >= -1e-4f)
        return false;
    p->depth = s->floor_delta / along;
    memcpy(p->n, s->floor_normal, sizeof p->n);
    if (!plausible(s, p, ray))
        return false;
    sp_vec3 x = sp_camera_center(&s->ref->camera);
    sp_vec3 d = sp_m3_apply_transposed(s->ref->camera.rotation, sp_v3(ray[0], ray[1], ray[2]));
    double dx = x.x + d.x * p->depth - s->params->floor_x, dy = x.y + d.y * p->depth - s->params->floor_y;
    return hypot(dx, dy) < s->params->floor_radius_m;
}

static void store(recon_depth_map *map, size_t at, const plane *p, float cost)
{
    map->depth[at] = p->depth;
    for (int k = 0; k < 3; k++)
        map->normal[k][at] = p->n[k];
    map->cost[at] = cost;
}

static plane stored(const recon_depth_map *map, size_t at)
{
    plane p = {{map->normal[0][at], map->normal[1][at], map->normal[2][at]}, map->depth[at]};
    return p;
}

static sp_rng pixel_rng(const stereo *s, size_t at)
{
    return sp_rng_seed(s->params->seed + 7919u * (uint64_t)(s->iteration + 1), (uint64_t)at);
}

static void start_row(void *context, int64_t y, int worker)
{
    (void)worker;
    stereo *s = context;
    for (int x = 0; x < s->map->width; x++) {
        size_t at = (size_t)y * (size_t)s->map->width + (size_t)x;
        sp_rng rng = pixel_rng(s, at);
        float ray[3];
        recon_window w;
        ray_at(ray, &s->ref->camera, (float)x + 0.5f, (float)y + 0.5f);
        recon_window_at(&w, &s->ref->grey, x, (int)y);
        plane p = random_plane(s, &rng, ray), floor;
        float cost = plane_cost(s, &w, &p, ray);
        if (floor_plane(&floor, s, ray)) {
            float floor_cost = plane_cost(s, &w, &floor, ray) - FLOOR_PREFERENCE;
            if (floor_cost < cost) {
                cost = floor_cost;
                p = floor;
            }
        }
        store(s->map, at, &p, cost);
    }
}

static void try_plane(const stereo *s, const recon_window *w, const float ray[3], const plane *p, plane *best,
                      float *cost)
{
    if (!plausible(s, p, ray))
        return;
    float c = plane_cost(s, w, p, ray);
    if (c < *cost) {
        *cost = c;
        *best = *p;
    }
}

// The neighbour's plane continued to this pixel.
static bool continued(plane *p, const stereo *s, int x, int y, const float ray[3])
{
    if (x < 0 || y < 0 || x >= s->map->width || y >= s->map->height)
        return false;
    float there[3];
    *p = stored(s->map, (size_t)y * (size_t)s->map->width + (size_t)x);
    ray_at(there, &s->ref->camera, (float)x + 0.5f, (float)y + 0.5f);
    p->depth *= dot3(p->n, there) / dot3(p->n, ray);
    return isfinite(p->depth);
}

static void refine(const stereo *s, const recon_window *w, const float ray[3], sp_rng *rng, plane *best,
                   float *cost)
{
    float scale = powf(0.5f, (float)s->iteration);
    for (int trial = 0; trial < 2; trial++, scale *= 0.15f) {
        plane p = *best;
        float inverse = 1 / p.depth;
        inverse *= 1 + 0.2f * scale * (2 * (float)sp_rng_uniform(rng) - 1);
        p.depth = 1 / inverse;
        for (int k = 0; k < 3; k++)
            p.n[k] += 0.6f * scale * (float)sp_rng_normal(rng);
        face_camera(p.n, ray);
        try_plane(s, w, ray, &p, best, cost);
    }
    plane fresh = random_plane(s, rng, ray);
    if (*cost > 0.3f)
        try_plane(s, w, ray, &fresh, best, cost);
}

static void sweep_row(void *context, int64_t y, int worker)
{
    (void)worker;
    // Neighbours of the other colour only, near and far: what lets the pixels of one colour run side by side.
    static const int offsets[8][2] = {{-1, 0}, {1, 0}, {0, -1}, {0, 1}, {-7, 0}, {7, 0}, {0, -7}, {0, 7}};
    stereo *s = context;
    for (int x = (int)((y + s->colour) & 1); x < s->map->width; x += 2) {
        size_t at = (size_t)y * (size_t)s->map->width + (size_t)x;
        sp_rng rng = pixel_rng(s, at);
        float ray[3], cost = s->map->cost[at];
        recon_window w;
        plane best = stored(s->map, at), p;
        ray_at(ray, &s->ref->camera, (float)x + 0.5f, (float)y + 0.5f);
        recon_window_at(&w, &s->ref->grey, x, (int)y);
        for (int k = 0; k < 8; k++)
            if (continued(&p, s, x + offsets[k][0], (int)y + offsets[k][1], ray))
                try_plane(s, &w, ray, &p, &best, &cost);
        refine(s, &w, ray, &rng, &best, &cost);
        store(s->map, at, &best, cost);
    }
}

static int depth_map_init(recon_depth_map *map, int width, int height)
{
    size_t pixels = (size_t)width * (size_t)height;
    map->memory = sp_calloc(5 * pixels, sizeof *map->memory);
    if (!map->memory)
        return SP_ENOMEM;
    map->width = width;
    map->height = height;
    map->depth = map->memory;
    map->cost = map->memory + pixels;
    for (int k = 0; k < 3; k++)
        map->normal[k] = map->memory + (size_t)(2 + k) * pixels;
    return SP_OK;
}

void recon_depth_map_free(recon_depth_map *map)
{
    free(map->memory);
    memset(map, 0, sizeof *map);
}

int recon_stereo(recon_depth_map *out, const recon_stereo_view *views, int count, int index,
                 const recon_stereo_params *params, sp_pool *pool, const sp_progress *progress)
{
    recon_depth_map map = {0};
    stereo s = {.ref = &views[index], .params = params, .map = &map};
    int rc = depth_map_init(&map, s.ref->grey.width, s.ref->grey.height);
    if (rc)
        return rc;
    s.window_cost = recon_window_cost_best();
    find_sources(&s, views, count, index);
    const sp_camera *c = &s.ref->camera;
    for (int k = 0; k < 3; k++)
        s.floor_normal[k] = (float)c->rotation.m[3 * k + 2];
    s.floor_delta = -(float)sp_camera_center(c).z;
    s.iteration = -1;
    sp_pool_run(pool, map.height, start_row, &s);
    for (s.iteration = 0; s.iteration < params->iterations && !rc; s.iteration++)
        for (s.colour = 0; s.colour < 2 && !rc; s.colour++) {
            sp_pool_run(pool, map.height, sweep_row, &s);
            double done = index + (s.iteration + 0.5 * (s.colour + 1)) / params->iterations;
            rc = sp_progress_step(progress, "stereo", done, count);
        }
    if (rc)
        recon_depth_map_free(&map);
    else
        *out = map;
    return rc;
}

sp_vec3 recon_world_point(const sp_camera *pinhole, double x, double y, double depth)
{
    sp_vec3 cam =
        sp_v3((x - pinhole->cx) / pinhole->fx * depth, (y - pinhole->cy) / pinhole->fy * depth, depth);
    return sp_m3_apply_transposed(pinhole->rotation, sp_v3_sub(cam, pinhole->translation));
}
