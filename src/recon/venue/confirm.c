#include "fuse.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define AGREE 0.015     // relative difference of depths that still is the same surface
#define FLOOR_COST 1.3f // a textureless floor is believed without a match
#define FLOOR_TOLERANCE_M 0.02
#define SAME_COLOUR 0.12f // mean difference of channels
#define ACTION_ABOVE_M 0.15
#define ACTION_HIGH 1.5       // radii of its cylinder
#define AMONG_VIEWPOINTS 1.25 // usual distances of what is looked at
#define REACH_SHARE 0.98      // of what was confirmed lies within reach
#define LEAST_REACH 3         // usual distances of what is looked at: a shell lies behind the cameras
#define APART_REACH 1.8 // likewise where hardly anything is confirmed: a room is not much larger than its rig

void recon_free_pixel_flags(uint8_t **flags, int count)
{
    for (int i = 0; flags && i < count; i++)
        free(flags[i]);
    free(flags);
}

void recon_geometry_free(recon_geometry *g)
{
    for (int i = 0; g->maps && i < g->count; i++)
        recon_depth_map_free(&g->maps[i]);
    free(g->maps);
    free(g->gains);
    free(g->planes);
    free(g->is_floor);
    recon_free_pixel_flags(g->confirmed, g->count);
    recon_free_pixel_flags(g->nowhere, g->count);
    memset(g, 0, sizeof *g);
}

sp_vec3 recon_world_of(const recon_geometry *g, int view, size_t at, double depth)
{
    const sp_camera *c = &g->views[view].camera;
    double x = (double)(at % (size_t)c->width) + 0.5, y = (double)(at / (size_t)c->width) + 0.5;
    return recon_world_point(c, x, y, depth);
}

sp_vec3 recon_world_at(const recon_geometry *g, int view, size_t at)
{
    return recon_world_of(g, view, at, g->maps[view].depth[at]);
}

double recon_floor_depth(const sp_camera *camera, double x, double y, double floor_z)
{
    sp_vec3 eye = sp_camera_center(camera), step = sp_v3_sub(recon_world_point(camera, x, y, 1), eye);
    return step.z > -1e-6 || eye.z <= floor_z ? 0 : (floor_z - eye.z) / step.z;
}

bool recon_pixel_in(size_t *at, double *depth, const recon_geometry *g, int view, sp_vec3 world)
{
    const sp_camera *c = &g->views[view].camera;
    sp_vec3 x = sp_camera_to_cam(c, world);
    if (x.z <= 0)
        return false;
    double u = c->fx * x.x / x.z + c->cx, v = c->fy * x.y / x.z + c->cy;
    if (!(u >= 0 && v >= 0 && u < c->width && v < c->height))
        return false;
    *at = (size_t)v * (size_t)c->width + (size_t)u;
    *depth = x.z;
    return !g->views[view].hidden || !g->views[view].hidden[*at];
}

bool recon_is_looked_at(const recon_geometry *g, int view, sp_vec3 world)
{
    size_t at;
    double depth;
    for (int j = 0; j < g->count; j++)
        if (j != view && recon_pixel_in(&at, &depth, g, j, world))
            return true;
    return false;
}

float recon_unlike(const sp_image *a, size_t at, const sp_image *b, size_t there)
{
    float sum = 0;
    for (int c = 0; c < 3; c++)
        sum += fabsf(sp_image_plane(a, c)[at] - sp_image_plane(b, c)[there]);
    return sum / 3;
}

// Of the other views that look at a pixel's world point, and have nothing confirmed before it: how many see
// the pixel's colour there.
typedef struct votes {
    int all, agree;
} votes;

static votes count_votes(const recon_geometry *g, int view, size_t at, sp_vec3 world, float unlike)
{
    votes counted = {0};
    for (int j = 0; j < g->count; j++) {
        size_t there;
        double depth;
        if (j == view || !recon_pixel_in(&there, &depth, g, j, world) ||
            (g->params.holds_action && g->confirmed && g->confirmed[j][there] &&
             g->maps[j].depth[there] < depth * (1 - RECON_SEEN_THROUGH)))
            continue;
        counted.all++;
        counted.agree += recon_unlike(&g->views[view].rgb, at, &g->views[j].rgb, there) < unlike;
    }
    return counted;
}

bool recon_colour_agrees(const recon_geometry *g, int view, size_t at, sp_vec3 world)
{
    votes counted = count_votes(g, view, at, world, SAME_COLOUR);
    return 2 * counted.agree >= counted.all;
}

bool recon_is_inside(const recon_geometry *g, sp_vec3 world, double share)
{
    return g->params.holds_action &&
           sp_v3_norm(sp_v3_sub(world, g->params.focus)) < share * g->params.distance_m;
}

bool recon_looks_right(const recon_geometry *g, int view, size_t at, sp_vec3 world, float unlike)
{
    if (!recon_is_inside(g, world, RECON_AMONG_VIEWS))
        return true;
    votes counted = count_votes(g, view, at, world, unlike);
    return counted.agree > 0 && 2 * counted.agree >= counted.all;
}

// Does the line of sight of a view go on from the point into the cylinder of the action, where athletes are?
static bool hides_action(const recon_geometry *g, int view, sp_vec3 world)
{
    size_t at;
    double depth, radius = g->params.action_radius_m;
    if (!recon_pixel_in(&at, &depth, g, view, world))
        return false;
    sp_vec3 eye = sp_camera_center(&g->views[view].camera), along = sp_v3_sub(world, eye);
    double x = world.x - g->params.floor_x, y = world.y - g->params.floor_y;
    double a = along.x * along.x + along.y * along.y, b = x * along.x + y * along.y,
           root = b * b - a * (x * x + y * y - radius * radius);
    if (!(a > 0 && root > 0))
        return false;
    double enter = fmax((-b - sqrt(root)) / a, 0), leave = (-b + sqrt(root)) / a;
    double first = world.z + enter * along.z, last = world.z + leave * along.z;
    return leave > 0 && fmax(first, last) > ACTION_ABOVE_M && fmin(first, last) < ACTION_HIGH * radius;
}

bool recon_is_among_viewpoints(const recon_geometry *g, sp_vec3 world)
{
    return hypot(world.x - g->params.floor_x, world.y - g->params.floor_y) <
           AMONG_VIEWPOINTS * g->params.distance_m;
}

bool recon_in_action(const recon_geometry *g, sp_vec3 world)
{
    if (world.z <= ACTION_ABOVE_M)
        return false;
    if (hypot(world.x - g->params.floor_x, world.y - g->params.floor_y) < g->params.action_radius_m)
        return true;
    for (int j = 0; j < g->count; j++)
        if (hides_action(g, j, world))
            return true;
    return false;
}

typedef struct confirm_job {
    recon_geometry *geometry;
    int view;
    uint8_t **believable; // per view and pixel
    uint8_t **agree;      // per view and pixel: how many others see it at the same depth
} confirm_job;

// A match is believed; a floor without texture too, where other views see its colour on it.
static void believe_row(void *context, int64_t y, int worker)
{
    (void)worker;
    confirm_job *job = context;
    const recon_geometry *g = job->geometry;
    const recon_depth_map *map = &g->maps[job->view];
    for (int x = 0; x < map->width; x++) {
        size_t at = (size_t)y * (size_t)map->width + (size_t)x;
        if (g->views[job->view].hidden && g->views[job->view].hidden[at])
            continue;
        sp_vec3 world = recon_world_at(g, job->view, at);
        float cost = map->cost[at];
        job->believable[job->view][at] =
            cost < RECON_BELIEVABLE_COST ||
            (cost < FLOOR_COST && g->params.floor_radius_m > 0 && fabs(world.z) < FLOOR_TOLERANCE_M &&
             recon_colour_agrees(g, job->view, at, world));
    }
}

static void agree_row(void *context, int64_t y, int worker)
{
    (void)worker;
    confirm_job *job = context;
    const recon_geometry *g = job->geometry;
    for (int x = 0; x < g->maps[job->view].width; x++) {
        size_t at = (size_t)y * (size_t)g->maps[job->view].width + (size_t)x, there;
        sp_vec3 world = recon_world_at(g, job->view, at);
        double depth;
        for (int j = 0; j < g->count; j++)
            if (j != job->view && recon_pixel_in(&there, &depth, g, j, world))
                job->agree[job->view][at] += fabs(g->maps[j].depth[there] / depth - 1) < AGREE;
    }
}

// What somebody sees through a point counts, among views that look at something in their middle, where at
// least one other agrees on it: a match by chance contradicts nobody.
static void confirm_row(void *context, int64_t y, int worker)
{
    (void)worker;
    confirm_job *job = context;
    recon_geometry *g = job->geometry;
    const recon_depth_map *map = &g->maps[job->view];
    for (int x = 0; x < map->width; x++) {
        size_t at = (size_t)y * (size_t)map->width + (size_t)x;
        if (g->views[job->view].hidden && g->views[job->view].hidden[at])
            continue;
        sp_vec3 world = recon_world_at(g, job->view, at);
        int agree = job->agree[job->view][at], through = 0, contradict = 0;
        for (int j = 0; j < g->count; j++) {
            size_t there;
            double depth;
            if (j == job->view || !recon_pixel_in(&there, &depth, g, j, world))
                continue;
            double ratio = g->maps[j].depth[there] / depth;
            contradict += g->params.is_apart && fabs(ratio - 1) >= AGREE &&
                          recon_unlike(&g->views[job->view].rgb, at, &g->views[j].rgb, there) >= SAME_COLOUR;
            through += ratio > 1 + RECON_SEEN_THROUGH && job->believable[j][there] &&
                       (!g->params.holds_action || job->agree[j][there] > 0);
        }
        // Debris in the middle of the action is what a viewer sees first. Of views far apart even three agree
        // there by chance, on walls without texture.
        bool can_be_lonely = through == 0 && !recon_in_action(g, world) &&
                             !(g->params.is_apart && contradict > 0 && world.z > ACTION_ABOVE_M);
        if (agree >= 2 && agree >= through && (can_be_lonely || !g->params.is_apart) &&
            (!recon_is_inside(g, world, RECON_AMONG_VIEWS) || recon_colour_agrees(g, job->view, at, world)))
            g->confirmed[job->view][at] = RECON_SURE;
        else if (agree == 1 && can_be_lonely && recon_looks_right(g, job->view, at, world, RECON_LIKE_COLOUR))
            g->confirmed[job->view][at] = RECON_LONELY;
    }
}

static int compare_doubles(const void *a, const void *b)
{
    double p = *(const double *)a, q = *(const double *)b;
    return p < q ? -1 : p > q;
}

static int find_reach(recon_geometry *g)
{
    size_t count = 0, capacity = 0;
    for (int i = 0; i < g->count; i++)
        capacity += (size_t)g->maps[i].width * (size_t)g->maps[i].height / 16 + 1;
    double *distances = sp_calloc(capacity, sizeof *distances);
    if (!distances)
        return SP_ENOMEM;
    for (int i = 0; i < g->count; i++)
        for (size_t at = 0; at < (size_t)g->maps[i].width * (size_t)g->maps[i].height; at += 16)
            if (g->confirmed[i][at]) {
                sp_vec3 p = recon_world_at(g, i, at);
                distances[count++] = hypot(hypot(p.x - g->params.floor_x, p.y - g->params.floor_y), p.z);
            }
    qsort(distances, count, sizeof *distances, compare_doubles);
    double reach = count ? distances[(size_t)(REACH_SHARE * (double)(count - 1))] : 0;
    double least = g->params.is_apart ? APART_REACH : LEAST_REACH;
    g->reach_m = fmax(reach, fmax(g->params.floor_radius_m, least * g->params.distance_m));
    if (g->params.is_apart && g->params.floor_radius_m > 0)
        g->params.floor_radius_m = g->reach_m;
    free(distances);
    return SP_OK;
}

uint8_t **recon_pixel_flags(const recon_geometry *g)
{
    uint8_t **flags = sp_calloc((size_t)g->count, sizeof *flags);
    bool is_whole = flags != NULL;
    for (int i = 0; i < g->count && is_whole; i++) {
        flags[i] = sp_calloc((size_t)g->maps[i].width * (size_t)g->maps[i].height, 1);
        is_whole = flags[i] != NULL;
    }
    if (is_whole)
        return flags;
    recon_free_pixel_flags(flags, g->count);
    return NULL;
}

int recon_confirm(recon_geometry *g, sp_pool *pool)
{
    confirm_job job = {.geometry = g, .believable = recon_pixel_flags(g), .agree = recon_pixel_flags(g)};
    g->confirmed = recon_pixel_flags(g);
    int rc = job.believable && job.agree && g->confirmed ? SP_OK : SP_ENOMEM;
    for (job.view = 0; job.view < g->count && !rc; job.view++)
        sp_pool_run(pool, g->maps[job.view].height, believe_row, &job);
    for (job.view = 0; job.view < g->count && !rc; job.view++)
        sp_pool_run(pool, g->maps[job.view].height, agree_row, &job);
    for (job.view = 0; job.view < g->count && !rc; job.view++) {
        sp_pool_run(pool, g->maps[job.view].height, confirm_row, &job);
        rc = recon_drop_debris(g, job.view);
    }
    recon_free_pixel_flags(job.believable, g->count);
    recon_free_pixel_flags(job.agree, g->count);
    return rc ? rc : find_reach(g);
}
