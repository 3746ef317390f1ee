#include "fuse.h"
#include "window.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SOURCES 4
#define BEST_SOURCES 2
#define FLOOR_PREFERENCE 0.04f // the floor wins against a plane that is better by less than this
#define UNDECIDED 1.0f
#define DISTINCT_PX 3.0f    // a plane so much nearer or farther that its points move so far has to cost ...
#define DISTINCT_COST 0.08f // ... this much more
#define LEAST_STEP 0.002f
#define MOST_STEP 0.2f
#define DEPTH_COST 0.15f // of a depth that another view contradicts, by DEPTH_FAR of it or more
#define DEPTH_FAR 0.03f
#define COLOUR_COST 0.3f // of a colour that differs by COLOUR_FAR or more, mean of the channels
#define COLOUR_FAR 0.1f
#define FIRST_SHARE 0.7f // of the source that matches best; the rest counts the second
#define SAME_DEPTH 2e-5f // planes that differ by less are one
#define SAME_NORMAL 0.9999f
#define MAX_SOURCE_ANGLE_RAD 1.4
// Views nearer to each other than this, seen from the middle of the scene, tell little about depth; as far as
// they fall short they count as turned away.
#define LEAST_PARALLAX_RAD 0.07
#define PARALLAX_WEIGHT 3

typedef struct source {
    const recon_stereo_view *view;
    const recon_depth_map *known; // its depth so far; NULL none
    float shrink[2];              // pixels of that map per pixel of the view
    float r[9], t[3];             // source pixels (homogeneous) from the reference camera: K_s R, K_s t
} source;

typedef struct stereo {
    const recon_stereo_view *ref;
    const recon_stereo_params *params;
    recon_depth_map *map;
    const recon_depth_map *begin; // NULL: anywhere
    source sources[MAX_SOURCES];
    int source_count;
    float per_pixel[2];                 // 1 / fx, 1 / fy of the reference
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
        s->sources[at].known = s->params->start ? &s->params->start[j] : NULL;
    }
    for (int j = 0; j < s->source_count; j++) {
        source *src = &s->sources[j];
        sp_mat3 r = sp_m3_mul(src->view->camera.rotation, sp_m3_transpose(ref->rotation));
        sp_vec3 t = sp_v3_sub(src->view->camera.translation, sp_m3_apply(r, ref->translation));
        const sp_camera *c = &src->view->camera;
        if (src->known) {
            src->shrink[0] = (float)src->known->width / (float)c->width;
            src->shrink[1] = (float)src->known->height / (float)c->height;
        }
        for (int k = 0; k < 3; k++) {
            src->r[k] = (float)(c->fx * r.m[k] + c->cx * r.m[6 + k]);
            src->r[3 + k] = (float)(c->fy * r.m[3 + k] + c->cy * r.m[6 + k]);
            src->r[6 + k] = (float)r.m[6 + k];
        }
        src->t[0] = (float)(c->fx * t.x + c->cx * t.z);
        src->t[1] = (float)(c->fy * t.y + c->cy * t.z);
        src->t[2] = (float)t.z;
    }
}

static void ray_at(float ray[3], const sp_camera *c, float x, float y)
{
    ray[0] = (x - (float)c->cx) / (float)c->fx;
    ray[1] = (y - (float)c->cy) / (float)c->fy;
    ray[2] = 1;
}

// A pixel to find the plane of: what all planes through its ray have in common.
typedef struct spot {
    float ray[3];
    recon_window window;
    float rgb[3];
    float centre[MAX_SOURCES][3]; // K_s R ray: the pixel in each source if it lay infinitely far
} spot;

static void spot_at(spot *out, const stereo *s, int x, int y)
{
    ray_at(out->ray, &s->ref->camera, (float)x + 0.5f, (float)y + 0.5f);
    recon_window_at(&out->window, &s->ref->grey, &s->ref->rgb, x, y);
    for (int c = 0; c < 3; c++)
        out->rgb[c] = sp_image_plane(&s->ref->rgb, c)[(size_t)y * (size_t)s->ref->rgb.width + (size_t)x];
    for (int j = 0; j < s->source_count; j++)
        for (int i = 0; i < 3; i++) {
            const float *r = s->sources[j].r + 3 * i;
            out->centre[j][i] = r[0] * out->ray[0] + r[1] * out->ray[1] + r[2];
        }
}

// The window through the plane's homography K_s (R + t n^T / delta) K_r^-1, linear about its centre: a point
// at ray q comes to K_s (R q + t n.q / delta), and the window's rays are ray + (x / fx, y / fy, 0).
static bool window_in(recon_affine *to, const stereo *s, int j, const plane *p, const spot *at, float per_x,
                      float per_y, float inverse)
{
    const source *src = &s->sources[j];
    float x = at->centre[j][0] + src->t[0] * inverse, y = at->centre[j][1] + src->t[1] * inverse;
    float z = at->centre[j][2] + src->t[2] * inverse;
    if (!(z > 1e-6f))
        return false;
    float scale = 1 / z, u = x * scale, v = y * scale;
    float sx = scale * s->per_pixel[0], sy = scale * s->per_pixel[1];
    float nx = p->n[0] * per_x, ny = p->n[1] * per_y;
    float wx = src->r[6] * sx + src->t[2] * scale * nx, wy = src->r[7] * sy + src->t[2] * scale * ny;
    to->u = u - 0.5f;
    to->v = v - 0.5f;
    to->ux = src->r[0] * sx + src->t[0] * scale * nx - u * wx;
    to->vx = src->r[3] * sx + src->t[1] * scale * nx - v * wx;
    to->uy = src->r[1] * sy + src->t[0] * scale * ny - u * wy;
    to->vy = src->r[4] * sy + src->t[1] * scale * ny - v * wy;
    return true;
}

// How far a point that comes to (u, v) at a depth is from what the source itself took for its depth there.
static float disagreement(const source *src, const recon_affine *to, float depth)
{
    int x = (int)((to->u + 0.5f) * src->shrink[0]), y = (int)((to->v + 0.5f) * src->shrink[1]);
    x = x < 0 ? 0 : x >= src->known->width ? src->known->width - 1 : x;
    y = y < 0 ? 0 : y >= src->known->height ? src->known->height - 1 : y;
    float there = src->known->depth[(size_t)y * (size_t)src->known->width + (size_t)x];
    return DEPTH_COST * fminf(fabsf(there / depth - 1) * (1 / DEPTH_FAR), 1);
}

// Of the window's middle: what is grey alike may differ in colour.
static float colour_cost(const spot *at, const sp_image *rgb, const recon_affine *to)
{
    int x = (int)(to->u + 0.5f), y = (int)(to->v + 0.5f);
    x = x < 0 ? 0 : x >= rgb->width ? rgb->width - 1 : x;
    y = y < 0 ? 0 : y >= rgb->height ? rgb->height - 1 : y;
    float difference = 0;
    for (int c = 0; c < 3; c++)
        difference += fabsf(sp_image_plane(rgb, c)[(size_t)y * (size_t)rgb->width + (size_t)x] - at->rgb[c]);
    return COLOUR_COST * fminf(difference * (1 / (3 * COLOUR_FAR)), 1);
}

static float plane_cost(const stereo *s, const spot *at, const plane *p)
{
    float best[BEST_SOURCES];
    int seen = 0;
    const float *ray = at->ray;
    float delta = p->depth * (p->n[0] * ray[0] + p->n[1] * ray[1] + p->n[2]);
    float per_x = s->per_pixel[0] / delta, per_y = s->per_pixel[1] / delta, inverse = 1 / p->depth;
    for (int j = 0; j < s->source_count; j++) {
        recon_affine to;
        if (!window_in(&to, s, j, p, at, per_x, per_y, inverse))
            continue;
        float cost = s->window_cost(&at->window, &s->sources[j].view->quads, &to);
        if (cost >= RECON_COST_NOTHING)
            continue;
        cost += colour_cost(at, &s->sources[j].view->rgb, &to);
        if (s->sources[j].known)
            cost += disagreement(&s->sources[j], &to,
                                 p->depth * (at->centre[j][2] + s->sources[j].t[2] * inverse));
        int rank = seen < BEST_SOURCES ? seen : BEST_SOURCES;
        while (rank > 0 && best[rank - 1] > cost)
            rank--;
        for (int k = (seen < BEST_SOURCES ? seen : BEST_SOURCES - 1); k > rank; k--)
            best[k] = best[k - 1];
        if (rank < BEST_SOURCES)
            best[rank] = cost;
        seen += seen < BEST_SOURCES;
    }
    if (seen == 0)
        return RECON_COST_NOTHING;
    return seen == 1 ? best[0] : FIRST_SHARE * best[0] + (1 - FIRST_SHARE) * best[1];
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

// What a smaller map of the same view has here.
static plane plane_before(const stereo *s, int x, int y, const float ray[3])
{
    const recon_depth_map *from = s->begin;
    float sx = (float)from->width / (float)s->map->width, sy = (float)from->height / (float)s->map->height;
    int px = (int)(((float)x + 0.5f) * sx), py = (int)(((float)y + 0.5f) * sy);
    px = px < from->width ? px : from->width - 1;
    py = py < from->height ? py : from->height - 1;
    float there[3];
    ray_at(there, &s->ref->camera, ((float)px + 0.5f) / sx, ((float)py + 0.5f) / sy);
    plane p = stored(from, (size_t)py * (size_t)from->width + (size_t)px);
    float depth = p.depth * dot3(p.n, there) / dot3(p.n, ray);
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
        spot here;
        spot_at(&here, s, x, (int)y);
        plane p = s->begin ? plane_before(s, x, (int)y, here.ray) : random_plane(s, &rng, here.ray), floor;
        float cost = plane_cost(s, &here, &p);
        if (floor_plane(&floor, s, here.ray)) {
            float floor_cost = plane_cost(s, &here, &floor) - FLOOR_PREFERENCE;
            if (floor_cost < cost) {
                cost = floor_cost;
                p = floor;
            }
        }
        store(s->map, at, &p, cost);
    }
}

static void try_plane(const stereo *s, const spot *here, const plane *p, plane *best, float *cost)
{
    if (!plausible(s, p, here->ray))
        return;
    float c = plane_cost(s, here, p);
    if (c < *cost) {
        *cost = c;
        *best = *p;
    }
}

// Hardly another plane than the one at hand: not worth a try.
static bool is_same(const plane *p, const plane *q)
{
    return fabsf(p->depth - q->depth) < SAME_DEPTH * q->depth && dot3(p->n, q->n) > SAME_NORMAL;
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

static void refine(const stereo *s, const spot *here, sp_rng *rng, plane *best, float *cost)
{
    float scale = powf(0.5f, (float)s->iteration);
    for (int trial = 0; trial < 2; trial++, scale *= 0.15f) {
        plane p = *best;
        float inverse = 1 / p.depth;
        inverse *= 1 + 0.2f * scale * (2 * (float)sp_rng_uniform(rng) - 1);
        p.depth = 1 / inverse;
        for (int k = 0; k < 3; k++)
            p.n[k] += 0.6f * scale * (float)sp_rng_normal(rng);
        face_camera(p.n, here->ray);
        try_plane(s, here, &p, best, cost);
    }
    if (*cost > 0.3f && !s->begin) {
        plane fresh = random_plane(s, rng, here->ray);
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
        spot here;
        plane best = stored(s->map, at), p;
        spot_at(&here, s, x, (int)y);
        for (int k = 0; k < 8; k++)
            if (continued(&p, s, x + offsets[k][0], (int)y + offsets[k][1], here.ray) && !is_same(&p, &best))
                try_plane(s, &here, &p, &best, &cost);
        refine(s, &here, &rng, &best, &cost);
        store(s->map, at, &best, cost);
    }
}

// The share of a point's depth that moves it by DISTINCT_PX or more in every source.
static float telling_step(const stereo *s, const spot *here, float depth)
{
    float least = INFINITY, inverse = 1 / depth;
    for (int j = 0; j < s->source_count; j++) {
        const float *far = here->centre[j], *t = s->sources[j].t;
        float z = far[2] + t[2] * inverse;
        if (z < 1e-3f)
            continue;
        // d(u, v) / d(log inverse depth)
        float u = (far[0] + t[0] * inverse) / z, v = (far[1] + t[1] * inverse) / z;
        least = fminf(least, hypotf(t[0] - u * t[2], t[1] - v * t[2]) * inverse / z);
    }
    return fminf(fmaxf(DISTINCT_PX / least, LEAST_STEP), MOST_STEP);
}

// Where a plane nearer or farther matches nearly as well (an edge along the way that depth moves a point),
// the match says nothing of depth.
static void doubt_row(void *context, int64_t y, int worker)
{
    (void)worker;
    stereo *s = context;
    for (int x = 0; x < s->map->width; x++) {
        size_t at = (size_t)y * (size_t)s->map->width + (size_t)x;
        if (s->map->cost[at] >= UNDECIDED)
            continue;
        spot here;
        spot_at(&here, s, x, (int)y);
        plane p = stored(s->map, at), nearer = p, farther = p;
        float step = telling_step(s, &here, p.depth);
        nearer.depth *= 1 - step;
        farther.depth *= 1 + step;
        float least = plane_cost(s, &here, &p) + DISTINCT_COST;
        if (plane_cost(s, &here, &nearer) < least || plane_cost(s, &here, &farther) < least)
            s->map->cost[at] = UNDECIDED;
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

static void open_stereo(stereo *s, const recon_stereo_params *params, const recon_stereo_view *views,
                        int count, int index)
{
    *s = (stereo){.ref = &views[index], .params = params, .window_cost = recon_window_cost_best()};
    find_sources(s, views, count, index);
    const sp_camera *c = &s->ref->camera;
    s->per_pixel[0] = 1 / (float)c->fx;
    s->per_pixel[1] = 1 / (float)c->fy;
    for (int k = 0; k < 3; k++)
        s->floor_normal[k] = (float)c->rotation.m[3 * k + 2];
    s->floor_delta = -(float)sp_camera_center(c).z;
}

int recon_stereo(recon_depth_map *out, const recon_stereo_view *views, int count, int index,
                 const recon_stereo_params *params, sp_pool *pool, const sp_progress *progress)
{
    recon_depth_map map = {0};
    stereo s;
    int rc = depth_map_init(&map, views[index].grey.width, views[index].grey.height);
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
    for (int j = 0; j < s.source_count; j++)
        s.sources[j].known = NULL; // a match is to stand by itself
    if (!rc)
        sp_pool_run(pool, map.height, doubt_row, &s);
    if (rc)
        recon_depth_map_free(&map);
    else
        *out = map;
    return rc;
}

void recon_plane_costs(float *out, const recon_geometry *g, int view, const recon_plane *world)
{
    stereo s;
    recon_stereo_params params = g->params;
    params.start = NULL;
    open_stereo(&s, &params, g->views, g->count, view);
    const sp_camera *c = &s.ref->camera;
    sp_vec3 n = sp_m3_apply(c->rotation, world->normal);
    double delta = world->offset - sp_v3_dot(world->normal, sp_camera_center(c));
    plane p = {{(float)n.x, (float)n.y, (float)n.z}, 0};
    for (int y = 0; y < c->height; y++)
        for (int x = 0; x < c->width; x++) {
            size_t at = (size_t)y * (size_t)c->width + (size_t)x;
            float ray[3];
            out[at] = RECON_COST_NOTHING;
            ray_at(ray, c, (float)x + 0.5f, (float)y + 0.5f);
            p.depth = (float)delta / dot3(p.n, ray);
            if (g->confirmed[view][at] == RECON_SURE || !plausible(&s, &p, ray) ||
                recon_stands_in_the_way(g, view, recon_world_point(c, x + 0.5, y + 0.5, p.depth)))
                continue;
            spot here;
            spot_at(&here, &s, x, y);
            out[at] = plane_cost(&s, &here, &p);
        }
}

void recon_stereo_views_free(recon_stereo_view *views, int count)
{
    for (int i = 0; views && i < count; i++) {
        sp_image_free(&views[i].rgb);
        sp_image_free(&views[i].grey);
        recon_quads_free(&views[i].quads);
        free(views[i].hidden);
    }
    free(views);
}

sp_vec3 recon_world_point(const sp_camera *pinhole, double x, double y, double depth)
{
    sp_vec3 cam =
        sp_v3((x - pinhole->cx) / pinhole->fx * depth, (y - pinhole->cy) / pinhole->fy * depth, depth);
    return sp_m3_apply_transposed(pinhole->rotation, sp_v3_sub(cam, pinhole->translation));
}
