// Depths for what no view confirmed: planes spread from confirmed surroundings of the same colour.
#include "ground.h"
#include "planes.h"
#include "standing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COLOUR_STEP 40.0f   // pixels of distance that a step in colour costs, per unit of one channel's mean
#define SPREAD_FAR 24.0f    // beyond this distance a plane does not continue, in a picture of WIDTH_MEANT
#define LONELY_BEHIND 12.0f // what only one other view confirms spreads so much less
#define WIDTH_MEANT 455.0f
#define NO_PLANE 255
#define SURROUNDINGS 6  // reach this share of the picture's width to each side
#define GOOD_PART 0.25f // of the pixels that the plane with most of them has
#define CONTINUE_RATIO                                                                                       \
    1.5f                // a plane that continues to a depth farther off than this is taken as facing the view
#define NEAR_FLOOR 0.03 // of the distance
#define PUSH_BACK 1.1
#define BELONGS_FAR 100.0f   // as SPREAD_FAR, of what looks like its source ...
#define BELONGS_COLOUR 0.12f // ... within this mean difference of the channels
#define PLANE_COLOUR 0.1f    // mean difference of channels of what may lie on a plane under all
#define PUSH_STEPS 40
#define FEW_STEPS 2 // among views what has to go farther is not where its surroundings are

// ---- Spreading: Dijkstra's shortest paths over the pixels, from all confirmed ones at once
// ----------------------------

typedef struct node {
    float cost;
    int32_t pixel;
} node;

typedef struct spread {
    float *cost;     // per pixel: distance to its source
    int32_t *source; // per pixel: the confirmed pixel whose plane it takes; -1 none
    node *heap;
    size_t heap_count;
} spread;

static bool before(node a, node b)
{
    return a.cost != b.cost ? a.cost < b.cost : a.pixel < b.pixel;
}

static void push(spread *s, node n)
{
    size_t i = s->heap_count++;
    for (; i > 0 && before(n, s->heap[(i - 1) / 2]); i = (i - 1) / 2)
        s->heap[i] = s->heap[(i - 1) / 2];
    s->heap[i] = n;
}

static node pop(spread *s)
{
    node top = s->heap[0], last = s->heap[--s->heap_count];
    size_t i = 0;
    for (size_t child = 1; child < s->heap_count; child = 2 * i + 1) {
        if (child + 1 < s->heap_count && before(s->heap[child + 1], s->heap[child]))
            child++;
        if (!before(s->heap[child], last))
            break;
        s->heap[i] = s->heap[child];
        i = child;
    }
    s->heap[i] = last;
    return top;
}

static int spread_init(spread *s, size_t pixels)
{
    s->cost = sp_calloc(pixels, sizeof *s->cost);
    s->source = sp_calloc(pixels, sizeof *s->source);
    s->heap = sp_calloc(5 * pixels,
                        sizeof *s->heap); // each pixel is pushed at most once per neighbour, and as a source
    return s->cost && s->source && s->heap ? SP_OK : SP_ENOMEM;
}

static void spread_free(spread *s)
{
    free(s->cost);
    free(s->source);
    free(s->heap);
}

static void spread_planes(spread *s, const sp_image *rgb, const uint8_t *confirmed, const uint8_t *stands)
{
    size_t width = (size_t)rgb->width, pixels = width * (size_t)rgb->height;
    float step = COLOUR_STEP * (float)rgb->width / WIDTH_MEANT;
    float lonely = LONELY_BEHIND * (float)rgb->width / WIDTH_MEANT;
    for (size_t at = 0; at < pixels; at++) {
        bool is_source = confirmed[at] || stands[at];
        s->cost[at] = confirmed[at] == RECON_LONELY ? lonely : is_source ? (float)stands[at] : INFINITY;
        s->source[at] = is_source ? (int32_t)at : -1;
        if (is_source)
            push(s, (node){s->cost[at], (int32_t)at});
    }
    while (s->heap_count) {
        node n = pop(s);
        size_t at = (size_t)n.pixel, x = at % width;
        if (n.cost > s->cost[at])
            continue;
        size_t next[4] = {x > 0 ? at - 1 : at, x + 1 < width ? at + 1 : at, at >= width ? at - width : at,
                          at + width < pixels ? at + width : at};
        for (int k = 0; k < 4; k++) {
            float cost = n.cost + 1 + step * recon_unlike(rgb, at, rgb, next[k]);
            if (cost < s->cost[next[k]]) {
                s->cost[next[k]] = cost;
                s->source[next[k]] = s->source[at];
                push(s, (node){cost, (int32_t)next[k]});
            }
        }
    }
}

// ---- Where a pixel without a confirmed depth lies
// ----------------------------------------------------------------------

// Depth at which the pixel's ray meets the floor within the floor's radius; 0 when it does not.
static double floor_depth(const recon_geometry *g, int view, size_t at)
{
    const sp_camera *c = &g->views[view].camera;
    double x = (double)(at % (size_t)c->width) + 0.5, y = (double)(at / (size_t)c->width) + 0.5;
    double depth = recon_floor_depth(c, x, y, 0);
    sp_vec3 hit = recon_world_point(c, x, y, depth);
    double away = hypot(hit.x - g->params.floor_x, hit.y - g->params.floor_y);
    return depth < g->params.far_m && away < g->params.floor_radius_m ? depth : 0;
}

// Depth at which the pixel's ray leaves the sphere around the floor's centre that holds nearly all that was
// confirmed.
static double shell_depth(const recon_geometry *g, int view, size_t at)
{
    const sp_camera *c = &g->views[view].camera;
    double x = (double)(at % (size_t)c->width) + 0.5, y = (double)(at / (size_t)c->width) + 0.5;
    sp_vec3 eye = sp_camera_center(c), step = sp_v3_sub(recon_world_point(c, x, y, 1), eye);
    sp_vec3 from = sp_v3_sub(eye, sp_v3(g->params.floor_x, g->params.floor_y, 0));
    double a = sp_v3_dot(step, step), b = sp_v3_dot(step, from),
           q = sp_v3_dot(from, from) - g->reach_m * g->reach_m;
    double root = b * b - a * q;
    double depth = root > 0 ? (-b + sqrt(root)) / a : 0;
    return fmin(fmax(depth, 2 * g->params.near_m), g->params.far_m);
}

bool recon_stands_in_the_way(const recon_geometry *g, int view, sp_vec3 world)
{
    for (int j = 0; j < g->count; j++) {
        size_t there;
        double depth;
        if (j != view && recon_pixel_in(&there, &depth, g, j, world) && g->confirmed[j][there] &&
            g->maps[j].depth[there] > depth * (1 + RECON_SEEN_THROUGH))
            return true;
    }
    return false;
}

typedef struct placement {
    double depth;
    float normal[3];
} placement;

static placement facing(const sp_camera *c, double x, double y, double depth)
{
    sp_vec3 n = sp_v3_scale(sp_v3_unit(sp_v3((x - c->cx) / c->fx, (y - c->cy) / c->fy, 1)), -1);
    return (placement){depth, {(float)n.x, (float)n.y, (float)n.z}};
}

static placement on_floor(const sp_camera *c, double depth)
{
    sp_vec3 up = sp_m3_apply(c->rotation, sp_v3(0, 0, 1));
    return (placement){depth, {(float)up.x, (float)up.y, (float)up.z}};
}

// ---- Large planes

// Per pixel which large plane a confirmed one lies on, and for each plane how many such pixels lie above and
// to the left of a corner (Crow, "Summed-area tables", 1984): one row and column more than pixels.
typedef struct fields {
    uint8_t *plane; // index, NO_PLANE
    uint32_t *sums[RECON_PLANES];
    uint32_t *memory;
} fields;

static int fields_init(fields *f, int width, int height, int planes)
{
    size_t corners = (size_t)(width + 1) * (size_t)(height + 1);
    f->plane = sp_calloc((size_t)width * (size_t)height, 1);
    f->memory = sp_calloc(corners * (size_t)planes + 1, sizeof *f->memory);
    for (int k = 0; k < planes && f->memory; k++)
        f->sums[k] = f->memory + (size_t)k * corners;
    return f->plane && f->memory ? SP_OK : SP_ENOMEM;
}

static void fields_free(fields *f)
{
    free(f->plane);
    free(f->memory);
}

static void find_fields(fields *f, const recon_geometry *g, int view)
{
    size_t width = (size_t)g->maps[view].width, height = (size_t)g->maps[view].height;
    for (size_t at = 0; at < width * height; at++) {
        int plane = g->confirmed[view][at] ? recon_plane_at(g, view, at) : -1;
        f->plane[at] = plane < 0 ? NO_PLANE : (uint8_t)plane;
    }
    for (int k = 0; k < g->plane_count; k++)
        for (size_t y = 0; y < height; y++) {
            uint32_t sum = 0, *row = f->sums[k] + (y + 1) * (width + 1), *above = row - width - 1;
            for (size_t x = 0; x < width; x++) {
                sum += f->plane[y * width + x] == k;
                row[x + 1] = above[x + 1] + sum;
            }
        }
}

// Pixels on plane k around (x, y).
static uint32_t around(const fields *f, int k, int x, int y, int width, int height)
{
    int reach = width / SURROUNDINGS;
    size_t x0 = (size_t)(x > reach ? x - reach : 0), x1 = (size_t)(x + reach < width ? x + reach + 1 : width);
    size_t y0 = (size_t)(y > reach ? y - reach : 0),
           y1 = (size_t)(y + reach < height ? y + reach + 1 : height);
    const uint32_t *s = f->sums[k];
    size_t row = (size_t)width + 1;
    return s[y1 * row + x1] - s[y0 * row + x1] - s[y1 * row + x0] + s[y0 * row + x0];
}

// Where planes meet, the nearest is seen: of those that have a good part in the pixel's surroundings, the
// first on its ray that nobody sees through. -1: none.
static int first_plane(double *depth, const recon_geometry *g, int view, const fields *f, double x, double y)
{
    int best = -1, width = g->maps[view].width, height = g->maps[view].height;
    uint32_t counts[RECON_PLANES], most = 0;
    for (int k = 0; k < g->plane_count; k++) {
        counts[k] = around(f, k, (int)x, (int)y, width, height);
        most = counts[k] > most ? counts[k] : most;
    }
    for (int k = 0; k < g->plane_count; k++) {
        if (counts[k] == 0 || (float)counts[k] < GOOD_PART * (float)most)
            continue;
        double there = recon_plane_depth(g, view, &g->planes[k], x, y);
        sp_vec3 world = recon_world_point(&g->views[view].camera, x, y, there);
        if (there <= 0 || (best >= 0 && there >= *depth) || !recon_plane_reaches(&g->planes[k], world) ||
            recon_in_action(g, world) || recon_stands_in_the_way(g, view, world))
            continue;
        best = k;
        *depth = there;
    }
    return best;
}

// ---- Placing

static placement on_plane(const recon_geometry *g, int view, int plane, double depth)
{
    sp_vec3 n = sp_m3_apply(g->views[view].camera.rotation, g->planes[plane].normal);
    return (placement){depth, {(float)n.x, (float)n.y, (float)n.z}};
}

static bool is_about(double depth, double other)
{
    return depth < other * CONTINUE_RATIO && depth > other / CONTINUE_RATIO;
}

// The source's plane continued to the pixel: the large one that it is part of, else its own.
static placement continued(const recon_geometry *g, int view, const fields *f, size_t source, double x,
                           double y)
{
    const recon_depth_map *map = &g->maps[view];
    const sp_camera *c = &g->views[view].camera;
    double sx = (double)(source % (size_t)map->width) + 0.5, sy = (double)(source / (size_t)map->width) + 0.5;
    int large = f->plane[source];
    double depth = large == NO_PLANE ? 0 : recon_plane_depth(g, view, &g->planes[large], x, y);
    if (is_about(depth, map->depth[source]))
        return on_plane(g, view, large, depth);
    placement p = {0, {map->normal[0][source], map->normal[1][source], map->normal[2][source]}};
    double there = p.normal[0] * (sx - c->cx) / c->fx + p.normal[1] * (sy - c->cy) / c->fy + p.normal[2];
    double here = p.normal[0] * (x - c->cx) / c->fx + p.normal[1] * (y - c->cy) / c->fy + p.normal[2];
    double ratio = there / here;
    if (!(ratio < CONTINUE_RATIO && ratio > 1 / CONTINUE_RATIO))
        return facing(c, x, y, map->depth[source]);
    p.depth = map->depth[source] * ratio;
    return p;
}

// Pushed back by so many steps at most where it stands in what another view sees through. False: it would
// still.
static bool is_free(placement *p, const recon_geometry *g, int view, size_t at, int steps)
{
    const sp_camera *c = &g->views[view].camera;
    double x = (double)(at % (size_t)c->width) + 0.5, y = (double)(at / (size_t)c->width) + 0.5;
    for (int step = 0; step < steps && p->depth < g->params.far_m; step++) {
        if (!recon_stands_in_the_way(g, view, recon_world_point(c, x, y, p->depth)))
            return true;
        *p = facing(c, x, y, p->depth * PUSH_BACK);
    }
    return !recon_stands_in_the_way(g, view, recon_world_point(c, x, y, p->depth));
}

// A plane from around the action does not reach into it.
static bool is_plausible(const recon_geometry *g, int view, size_t source, sp_vec3 world)
{
    return !recon_in_action(g, world) || recon_in_action(g, recon_world_at(g, view, source));
}

static placement place(const recon_geometry *g, int view, const spread *s, const fields *f, size_t at)
{
    const recon_depth_map *map = &g->maps[view];
    const sp_camera *c = &g->views[view].camera;
    double x = (double)(at % (size_t)map->width) + 0.5, y = (double)(at / (size_t)map->width) + 0.5;
    placement spread_here = {0};
    float cost = s->cost[at] * WIDTH_MEANT / (float)map->width;
    if (s->source[at] >= 0 && cost < SPREAD_FAR) {
        spread_here = continued(g, view, f, (size_t)s->source[at], x, y);
        if (is_plausible(g, view, (size_t)s->source[at], recon_world_point(c, x, y, spread_here.depth)))
            return spread_here;
    }
    double floor = floor_depth(g, view, at), depth = 0;
    if (floor > 0 &&
        (g->params.is_apart || recon_colour_agrees(g, view, at, recon_world_point(c, x, y, floor))))
        return on_floor(c, floor);
    bool is_planar = s->source[at] >= 0 && f->plane[s->source[at]] != NO_PLANE;
    int large = is_planar ? first_plane(&depth, g, view, f, x, y) : -1;
    if (large >= 0)
        return on_plane(g, view, large, depth);
    return facing(c, x, y, shell_depth(g, view, at));
}

// ---- Where views look at something in their middle

// A plane as large as what the views look at, where the pixel looks right on it: what stands around such a
// plane is seen before it, and a pixel of its colour is a part of it rather than of them. -1: none.
static int under_all(double *depth, const recon_geometry *g, int view, size_t at)
{
    double x = (double)(at % (size_t)g->maps[view].width) + 0.5,
           y = (double)(at / (size_t)g->maps[view].width) + 0.5, least = RECON_MIDDLE * g->params.distance_m;
    for (int k = 0; k < g->plane_count; k++) {
        const recon_plane *p = &g->planes[k];
        *depth = p->reach[0] > least && p->reach[1] > least ? recon_plane_depth(g, view, p, x, y) : 0;
        sp_vec3 world = recon_world_of(g, view, at, *depth);
        if (*depth > 0 && recon_plane_reaches(p, world) && recon_is_inside(g, world, RECON_AMONG_VIEWS) &&
            recon_looks_right(g, view, at, world, PLANE_COLOUR) && !recon_stands_in_the_way(g, view, world))
            return k;
    }
    return -1;
}

// Its source's plane continued, pushed back a little where that is needed; what is not possible has depth 0.
static placement from_source(const recon_geometry *g, int view, const spread *s, const fields *f, size_t at)
{
    const recon_depth_map *map = &g->maps[view];
    double x = (double)(at % (size_t)map->width) + 0.5, y = (double)(at / (size_t)map->width) + 0.5;
    placement p = {0};
    if (s->source[at] < 0)
        return p;
    p = continued(g, view, f, (size_t)s->source[at], x, y);
    return is_free(&p, g, view, at, FEW_STEPS) ? p : (placement){0};
}

// Does the pixel look like what it has its place from, not far off in the picture and in the middle of the
// rig?
static bool belongs_to_the_middle(const recon_geometry *g, int view, const spread *s, size_t at)
{
    float cost = s->cost[at] * WIDTH_MEANT / (float)g->maps[view].width;
    return s->source[at] >= 0 && cost < BELONGS_FAR &&
           recon_is_inside(g, recon_world_at(g, view, (size_t)s->source[at]), RECON_MIDDLE) &&
           recon_unlike(&g->views[view].rgb, at, &g->views[view].rgb, (size_t)s->source[at]) < BELONGS_COLOUR;
}

// What is continued looks right to others, or like what it is continued from. What looks like that and fits
// nowhere is made nothing of.
static placement place_among_views(bool *is_nowhere, const recon_geometry *g, int view, const spread *s,
                                   const fields *f, size_t at)
{
    const recon_depth_map *map = &g->maps[view];
    const sp_camera *c = &g->views[view].camera;
    double x = (double)(at % (size_t)map->width) + 0.5, y = (double)(at / (size_t)map->width) + 0.5,
           depth = 0;
    int large = under_all(&depth, g, view, at);
    if (large >= 0)
        return on_plane(g, view, large, depth);
    placement near = from_source(g, view, s, f, at);
    sp_vec3 there = recon_world_of(g, view, at, near.depth);
    bool is_near = s->cost[at] * WIDTH_MEANT / (float)map->width < SPREAD_FAR;
    bool is_right = near.depth > 0 && recon_looks_right(g, view, at, there, RECON_LIKE_COLOUR);
    bool is_alike = belongs_to_the_middle(g, view, s, at);
    bool is_inside = near.depth > 0 && recon_is_inside(g, there, RECON_MIDDLE);
    if ((is_right && (is_near || is_inside)) || (is_alike && is_inside))
        return near;
    bool is_planar = s->source[at] >= 0 && f->plane[s->source[at]] != NO_PLANE;
    large = is_planar ? first_plane(&depth, g, view, f, x, y) : -1;
    if (large >= 0)
        return on_plane(g, view, large, depth);
    *is_nowhere = is_alike;
    return facing(c, x, y, shell_depth(g, view, at));
}

// Of a rig whose middle is empty, or known: pushed back as far as needed, but not beneath the floor.
static placement place_behind(const recon_geometry *g, int view, const spread *s, const fields *f, size_t at)
{
    const sp_camera *c = &g->views[view].camera;
    double x = (double)(at % (size_t)c->width) + 0.5, y = (double)(at / (size_t)c->width) + 0.5;
    placement p = place(g, view, s, f, at);
    double ground = recon_ground_depth(g, view, x, y);
    for (int step = 0; step < PUSH_STEPS && p.depth < fmin(g->params.far_m, ground); step++) {
        if (!recon_stands_in_the_way(g, view, recon_world_point(c, x, y, p.depth)))
            break;
        p = facing(c, x, y, p.depth * PUSH_BACK);
    }
    return p.depth >= ground ? on_floor(c, ground) : p;
}

static void complete_pixel(recon_geometry *g, int view, const spread *s, const fields *f, size_t at)
{
    recon_depth_map *map = &g->maps[view];
    bool is_nowhere = false;
    placement p = g->params.holds_action ? place_among_views(&is_nowhere, g, view, s, f, at)
                                         : place_behind(g, view, s, f, at);
    g->nowhere[view][at] = is_nowhere;
    map->depth[at] = (float)fmin(fmax(p.depth, g->params.near_m), g->params.far_m);
    for (int k = 0; k < 3; k++)
        map->normal[k][at] = p.normal[k];
}

// What lies near the floor, or beneath it, is told by too little to be more than the floor.
static void flatten(void *context, int64_t at_view, int worker)
{
    (void)worker;
    recon_geometry *g = context;
    int view = (int)at_view;
    recon_depth_map *map = &g->maps[view];
    sp_vec3 up = sp_m3_apply(g->views[view].camera.rotation, sp_v3(0, 0, 1));
    for (size_t at = 0; at < (size_t)map->width * (size_t)map->height; at++) {
        double floor = g->confirmed[view][at] ? floor_depth(g, view, at) : 0;
        if (floor <= 0 || recon_world_at(g, view, at).z > NEAR_FLOOR * map->depth[at])
            continue;
        map->depth[at] = (float)floor;
        map->normal[0][at] = (float)up.x;
        map->normal[1][at] = (float)up.y;
        map->normal[2][at] = (float)up.z;
    }
}

static int complete_view(void *context, int64_t view, int worker)
{
    (void)worker;
    recon_geometry *g = context;
    size_t pixels = (size_t)g->maps[view].width * (size_t)g->maps[view].height;
    spread s = {0};
    fields f = {0};
    uint8_t *stands = sp_calloc(pixels, 1);
    int rc = stands ? SP_OK : SP_ENOMEM;
    if (!rc && !g->params.is_apart)
        rc = recon_stand_up(g, (int)view, stands);
    if (!rc)
        rc = spread_init(&s, pixels);
    if (!rc)
        rc = fields_init(&f, g->maps[view].width, g->maps[view].height, g->plane_count);
    if (!rc) {
        find_fields(&f, g, (int)view);
        spread_planes(&s, &g->views[view].rgb, g->confirmed[view], stands);
        for (size_t at = 0; at < pixels; at++)
            if (!g->confirmed[view][at] && s.source[at] != (int32_t)at)
                complete_pixel(g, (int)view, &s, &f, at);
    }
    free(stands);
    spread_free(&s);
    fields_free(&f);
    return rc ? sp_error_context(rc, "depths of camera %s", g->views[view].camera.id) : SP_OK;
}

int recon_complete(recon_geometry *g, sp_pool *pool)
{
    g->nowhere = recon_pixel_flags(g);
    if (!g->nowhere)
        return SP_ENOMEM;
    // All have been flattened before any is completed: what is confirmed decides what stands in the way.
    if (g->params.is_apart)
        sp_pool_run(pool, g->count, flatten, g);
    return sp_pool_try(pool, g->count, complete_view, g);
}
