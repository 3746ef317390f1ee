#include "stereo_match.h"

#include <math.h>
#include <string.h>

#define FLOOR_PREFERENCE 0.04f // the floor wins against a plane that is better by less than this
#define UNDECIDED 1.0f
#define DISTINCT_COST 0.08f // what a plane nearer or farther has to cost more
#define SAME_DEPTH 2e-5f    // planes that differ by less are one
#define SAME_NORMAL 0.9999f

typedef struct stereo {
    recon_matcher matcher;
    const recon_stereo_params *params;
    recon_depth_map *map;
    const recon_depth_map *begin;       // NULL: anywhere
    float floor_normal[3], floor_delta; // the plane Z = 0 in the reference camera: n . X = delta
    int iteration, colour;              // checkerboard colour of this pass
} stereo;

// A unit vector that faces the camera along ray.
static void face_camera(float n[3], const float ray[3])
{
    float norm = sqrtf(recon_dot3(n, n));
    float sign = recon_dot3(n, ray) > 0 ? -1 : 1;
    for (int k = 0; k < 3; k++)
        n[k] = norm > 0 ? sign * n[k] / norm : (k == 2 ? -1.0f : 0);
}

static recon_patch random_plane(const stereo *s, sp_rng *rng, const float ray[3])
{
    recon_patch p;
    double near_inverse = 1 / s->params->near_m, far_inverse = 1 / s->params->far_m;
    p.depth = (float)(1 / (far_inverse + sp_rng_uniform(rng) * (near_inverse - far_inverse)));
    for (int k = 0; k < 3; k++)
        p.n[k] = (float)sp_rng_normal(rng) - ray[k]; // leaning towards the camera
    face_camera(p.n, ray);
    return p;
}

static bool plausible(const stereo *s, const recon_patch *p, const float ray[3])
{
    return recon_is_plausible(p, ray, s->params->near_m, s->params->far_m);
}

static bool floor_plane(recon_patch *p, const stereo *s, const float ray[3])
{
    float along = recon_dot3(s->floor_normal, ray);
    if (along >= -1e-4f)
        return false;
    p->depth = s->floor_delta / along;
    memcpy(p->n, s->floor_normal, sizeof p->n);
    if (!plausible(s, p, ray))
        return false;
    sp_vec3 x = sp_camera_center(&s->matcher.ref->camera);
    sp_vec3 d = sp_m3_apply_transposed(s->matcher.ref->camera.rotation, sp_v3(ray[0], ray[1], ray[2]));
    double dx = x.x + d.x * p->depth - s->params->floor_x, dy = x.y + d.y * p->depth - s->params->floor_y;
    return hypot(dx, dy) < s->params->floor_radius_m;
}

static void store(recon_depth_map *map, size_t at, const recon_patch *p, float cost)
{
    map->depth[at] = p->depth;
    for (int k = 0; k < 3; k++)
        map->normal[k][at] = p->n[k];
    map->cost[at] = cost;
}

static recon_patch stored(const recon_depth_map *map, size_t at)
{
    recon_patch p = {{map->normal[0][at], map->normal[1][at], map->normal[2][at]}, map->depth[at]};
    return p;
}

static sp_rng pixel_rng(const stereo *s, size_t at)
{
    return sp_rng_seed(s->params->seed + 7919u * (uint64_t)(s->iteration + 1), (uint64_t)at);
}

// What a smaller map of the same view has here.
static recon_patch plane_before(const stereo *s, int x, int y, const float ray[3])
{
    const recon_depth_map *from = s->begin;
    float sx = (float)from->width / (float)s->map->width, sy = (float)from->height / (float)s->map->height;
    int px = (int)(((float)x + 0.5f) * sx), py = (int)(((float)y + 0.5f) * sy);
    px = px < from->width ? px : from->width - 1;
    py = py < from->height ? py : from->height - 1;
    float there[3];
    recon_ray_at(there, &s->matcher.ref->camera, ((float)px + 0.5f) / sx, ((float)py + 0.5f) / sy);
    recon_patch p = stored(from, (size_t)py * (size_t)from->width + (size_t)px);
    float depth = p.depth * recon_dot3(p.n, there) / recon_dot3(p.n, ray);
    if (depth > s->params->near_m && depth < s->params->far_m)
        p.depth = depth;
    return p;
}

static void start_row(void *context, int64_t y, int worker)
{
    (void)worker;
    stereo *s = context;
    for (int x = 0; x < s->map->width; x++) {
        size_t at = (size_t)y * (size_t)s->map->width + (size_t)x;
        sp_rng rng = pixel_rng(s, at);
        recon_spot here;
        recon_spot_at(&here, &s->matcher, x, (int)y);
        recon_patch p = s->begin ? plane_before(s, x, (int)y, here.ray) : random_plane(s, &rng, here.ray),
                    floor;
        float cost = recon_match_cost(&s->matcher, &here, &p);
        if (floor_plane(&floor, s, here.ray)) {
            float floor_cost = recon_match_cost(&s->matcher, &here, &floor) - FLOOR_PREFERENCE;
            if (floor_cost < cost) {
                cost = floor_cost;
                p = floor;
            }
        }
        store(s->map, at, &p, cost);
    }
}

static void try_plane(const stereo *s, const recon_spot *here, const recon_patch *p, recon_patch *best,
                      float *cost)
{
    if (!plausible(s, p, here->ray))
        return;
    float c = recon_match_cost(&s->matcher, here, p);
    if (c < *cost) {
        *cost = c;
        *best = *p;
    }
}

// Hardly another plane than the one at hand: not worth a try.
static bool is_same(const recon_patch *p, const recon_patch *q)
{
    return fabsf(p->depth - q->depth) < SAME_DEPTH * q->depth && recon_dot3(p->n, q->n) > SAME_NORMAL;
}

// The neighbour's plane continued to this pixel.
static bool continued(recon_patch *p, const stereo *s, int x, int y, const float ray[3])
{
    if (x < 0 || y < 0 || x >= s->map->width || y >= s->map->height)
        return false;
    float there[3];
    *p = stored(s->map, (size_t)y * (size_t)s->map->width + (size_t)x);
    recon_ray_at(there, &s->matcher.ref->camera, (float)x + 0.5f, (float)y + 0.5f);
    p->depth *= recon_dot3(p->n, there) / recon_dot3(p->n, ray);
    return isfinite(p->depth);
}

static void refine(const stereo *s, const recon_spot *here, sp_rng *rng, recon_patch *best, float *cost)
{
    float scale = powf(0.5f, (float)s->iteration);
    for (int trial = 0; trial < 2; trial++, scale *= 0.15f) {
        recon_patch p = *best;
        float inverse = 1 / p.depth;
        inverse *= 1 + 0.2f * scale * (2 * (float)sp_rng_uniform(rng) - 1);
        p.depth = 1 / inverse;
        for (int k = 0; k < 3; k++)
            p.n[k] += 0.6f * scale * (float)sp_rng_normal(rng);
        face_camera(p.n, here->ray);
        try_plane(s, here, &p, best, cost);
    }
    if (*cost > 0.3f && !s->begin) {
        recon_patch fresh = random_plane(s, rng, here->ray);
        try_plane(s, here, &fresh, best, cost);
    }
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
        float cost = s->map->cost[at];
        recon_spot here;
        recon_patch best = stored(s->map, at), p;
        recon_spot_at(&here, &s->matcher, x, (int)y);
        for (int k = 0; k < 8; k++)
            if (continued(&p, s, x + offsets[k][0], (int)y + offsets[k][1], here.ray) && !is_same(&p, &best))
                try_plane(s, &here, &p, &best, &cost);
        refine(s, &here, &rng, &best, &cost);
        store(s->map, at, &best, cost);
    }
}

// Where a plane nearer or farther matches nearly as well (an edge along the way that depth moves a
// point), the match says nothing of depth.
static void doubt_row(void *context, int64_t y, int worker)
{
    (void)worker;
    stereo *s = context;
    for (int x = 0; x < s->map->width; x++) {
        size_t at = (size_t)y * (size_t)s->map->width + (size_t)x;
        if (s->map->cost[at] >= UNDECIDED)
            continue;
        recon_spot here;
        recon_spot_at(&here, &s->matcher, x, (int)y);
        recon_patch p = stored(s->map, at), nearer = p, farther = p;
        float step = recon_telling_step(&s->matcher, &here, p.depth);
        nearer.depth *= 1 - step;
        farther.depth *= 1 + step;
        float least = recon_match_cost(&s->matcher, &here, &p) + DISTINCT_COST;
        if (recon_match_cost(&s->matcher, &here, &nearer) < least ||
            recon_match_cost(&s->matcher, &here, &farther) < least)
            s->map->cost[at] = UNDECIDED;
    }
}

static void open_stereo(stereo *s, const recon_stereo_params *params, const recon_stereo_view *views,
                        int count, int index)
{
    *s = (stereo){.params = params};
    recon_matcher_open(&s->matcher, views, count, index, params->distance_m, params->start);
    const sp_camera *c = &views[index].camera;
    for (int k = 0; k < 3; k++)
        s->floor_normal[k] = (float)c->rotation.m[3 * k + 2];
    s->floor_delta = -(float)sp_camera_center(c).z;
}

int recon_stereo(recon_depth_map *out, const recon_stereo_view *views, int count, int index,
                 const recon_stereo_params *params, sp_pool *pool, const sp_progress *progress)
{
    recon_depth_map map = {0};
    stereo s;
    int rc = recon_depth_map_init(&map, views[index].grey.width, views[index].grey.height);
    if (rc)
        return rc;
    open_stereo(&s, params, views, count, index);
    s.map = &map;
    s.begin = params->start ? &params->start[index] : NULL;
    s.iteration = -1;
    sp_pool_run(pool, map.height, start_row, &s);
    int last = params->first_iteration + params->iterations;
    for (s.iteration = params->first_iteration; s.iteration < last && !rc; s.iteration++)
        for (s.colour = 0; s.colour < 2 && !rc; s.colour++) {
            sp_pool_run(pool, map.height, sweep_row, &s);
            double share =
                (s.iteration - params->first_iteration + 0.5 * (s.colour + 1)) / params->iterations;
            double done = params->done_from + share * (params->done_to - params->done_from);
            rc = sp_progress_step(progress, "stereo", done, 1);
        }
    for (int j = 0; j < s.matcher.source_count; j++)
        s.matcher.sources[j].known = NULL; // a match is to stand by itself
    if (!rc)
        sp_pool_run(pool, map.height, doubt_row, &s);
    if (rc)
        recon_depth_map_free(&map);
    else
        *out = map;
    return rc;
}
