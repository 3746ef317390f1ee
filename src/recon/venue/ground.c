#include "ground.h"

#include <math.h>
#include <stdlib.h>

#define CELLS 96          // a side of the square around the floor's circle
#define GOOD_COST 0.4f    // of a match that tells where the floor is
#define ON_FLOOR 0.015    // of the distance
#define BENEATH 0.03      // likewise: less may be a floor that is not quite even
#define SAME_SURFACE 0.03 // relative difference of depths
#define UNDECIDED 1.0f    // cost of what was put there without a match
#define LEAST_TOLD 4      // pixels that tell of a place
#define NOTHING_TOLD 2

// Per cell, a view's pixels that lie on the floor, and those that are seen through it; and how many of the
// latter it may mirror, of all cells.
typedef struct votes {
    int32_t *on, *beneath;
    int64_t mirrored;
} votes;

typedef struct ground_job {
    recon_geometry *geometry;
    votes *votes;    // per view
    uint8_t **moves; // per view and pixel
    int view;
} ground_job;

// The cell of a place on the floor; -1 outside the circle that the cells were filled for.
static int cell_of(const recon_geometry *g, double x, double y)
{
    double dx = x - g->params.floor_x, dy = y - g->params.floor_y, radius = g->ground_radius_m;
    if (!(hypot(dx, dy) < radius))
        return -1;
    int i = (int)(CELLS * (dx + radius) / (2 * radius)), j = (int)(CELLS * (dy + radius) / (2 * radius));
    i = i < CELLS ? i : CELLS - 1;
    j = j < CELLS ? j : CELLS - 1;
    return j * CELLS + i;
}

// Where a ray meets the floor within its circle: depth and cell; false when it does not.
static bool meet_floor(double *depth, int *cell, const recon_geometry *g, int view, double x, double y)
{
    const sp_camera *c = &g->views[view].camera;
    *depth = recon_floor_depth(c, x, y, 0);
    if (*depth <= 0)
        return false;
    sp_vec3 hit = recon_world_point(c, x, y, *depth);
    *cell = cell_of(g, hit.x, hit.y);
    return *cell >= 0 && *depth > g->params.near_m && *depth < g->params.far_m;
}

double recon_ground_depth(const recon_geometry *g, int view, double x, double y)
{
    double depth;
    int cell;
    return g->is_floor && meet_floor(&depth, &cell, g, view, x, y) && g->is_floor[cell] ? depth : INFINITY;
}

bool recon_is_beneath_ground(const recon_geometry *g, int view, double x, double y, double depth)
{
    return depth > recon_ground_depth(g, view, x, y) * (1 + BENEATH);
}

// Does any view see a surface where the floor would mirror this one from?
static bool is_mirrored(const recon_geometry *g, sp_vec3 world)
{
    world.z = -world.z;
    for (int j = 0; j < g->count; j++) {
        size_t at;
        double depth;
        if (recon_pixel_in(&at, &depth, g, j, world) && g->maps[j].cost[at] < RECON_BELIEVABLE_COST &&
            fabs(g->maps[j].depth[at] / depth - 1) < SAME_SURFACE)
            return true;
    }
    return false;
}

// ---- Where it is

static int count_votes(void *context, int64_t view, int worker)
{
    (void)worker;
    ground_job *job = context;
    const recon_geometry *g = job->geometry;
    const recon_depth_map *map = &g->maps[view];
    votes *v = &job->votes[view];
    v->on = sp_calloc((size_t)CELLS * CELLS, sizeof *v->on);
    v->beneath = sp_calloc((size_t)CELLS * CELLS, sizeof *v->beneath);
    if (!v->on || !v->beneath)
        return SP_ENOMEM;
    for (int y = 0; y < map->height; y++)
        for (int x = 0; x < map->width; x++) {
            size_t at = (size_t)y * (size_t)map->width + (size_t)x;
            double floor;
            int cell;
            if (map->cost[at] > GOOD_COST || !meet_floor(&floor, &cell, g, (int)view, x + 0.5, y + 0.5))
                continue;
            double ratio = map->depth[at] / floor;
            v->on[cell] += fabs(ratio - 1) < ON_FLOOR;
            if (ratio < 1 + BENEATH)
                continue;
            if (is_mirrored(g, recon_world_at(g, (int)view, at)))
                v->mirrored++;
            else
                v->beneath[cell]++;
        }
    return SP_OK;
}

// Cells that nothing tells of take what the nearest one does that something does: rings grow around these.
static int spread_out(uint8_t *is_floor)
{
    int32_t *queue = sp_calloc((size_t)CELLS * CELLS, sizeof *queue);
    if (!queue)
        return SP_ENOMEM;
    int end = 0;
    for (int i = 0; i < CELLS * CELLS; i++)
        if (is_floor[i] != NOTHING_TOLD)
            queue[end++] = i;
    for (int k = 0; k < end; k++) {
        int x = queue[k] % CELLS, y = queue[k] / CELLS;
        const int next[4][2] = {{x - 1, y}, {x + 1, y}, {x, y - 1}, {x, y + 1}};
        for (int n = 0; n < 4; n++) {
            int to = next[n][1] * CELLS + next[n][0];
            if (next[n][0] < 0 || next[n][1] < 0 || next[n][0] >= CELLS || next[n][1] >= CELLS ||
                is_floor[to] != NOTHING_TOLD)
                continue;
            is_floor[to] = is_floor[queue[k]];
            queue[end++] = to;
        }
    }
    for (int i = 0; i < CELLS * CELLS; i++)
        is_floor[i] = is_floor[i] == 1;
    free(queue);
    return SP_OK;
}

// Where most of what is seen beneath is mirrored, the rest mirrors what no view sees itself.
static bool is_glossy(const votes *all, int views)
{
    int64_t mirrored = 0, beneath = 0;
    for (int v = 0; v < views; v++) {
        mirrored += all[v].mirrored;
        for (int i = 0; i < CELLS * CELLS; i++)
            beneath += all[v].beneath[i];
    }
    return mirrored > beneath;
}

static void decide(uint8_t *is_floor, const votes *all, int views)
{
    bool is_open = !is_glossy(all, views);
    for (int i = 0; i < CELLS * CELLS; i++) {
        int64_t on = 0, beneath = 0;
        for (int v = 0; v < views; v++) {
            on += all[v].on[i];
            beneath += is_open ? all[v].beneath[i] : 0;
        }
        is_floor[i] = on + beneath < LEAST_TOLD ? NOTHING_TOLD : on > beneath;
    }
}

int recon_find_ground(recon_geometry *g, sp_pool *pool)
{
    if (!(g->params.floor_radius_m > 0))
        return SP_OK;
    g->ground_radius_m = g->params.floor_radius_m;
    ground_job job = {.geometry = g, .votes = sp_calloc((size_t)g->count, sizeof *job.votes)};
    uint8_t *is_floor = sp_calloc((size_t)CELLS * CELLS, 1);
    int rc = job.votes && is_floor ? sp_pool_try(pool, g->count, count_votes, &job) : SP_ENOMEM;
    if (!rc) {
        decide(is_floor, job.votes, g->count);
        rc = spread_out(is_floor);
    }
    for (int v = 0; job.votes && v < g->count; v++) {
        free(job.votes[v].on);
        free(job.votes[v].beneath);
    }
    free(job.votes);
    if (rc)
        free(is_floor);
    else
        g->is_floor = is_floor;
    return rc;
}

// ---- What is put on it

enum { STAYS, MIRRORED, SAME_COLOUR };

static int judge(const recon_geometry *g, int view, size_t at, double x, double y)
{
    const recon_depth_map *map = &g->maps[view];
    double floor = recon_ground_depth(g, view, x, y);
    if (!recon_is_beneath_ground(g, view, x, y, map->depth[at]))
        return STAYS;
    if (map->cost[at] < RECON_BELIEVABLE_COST && is_mirrored(g, recon_world_at(g, view, at)))
        return MIRRORED;
    return recon_colour_agrees(g, view, at, recon_world_point(&g->views[view].camera, x, y, floor))
               ? SAME_COLOUR
               : STAYS;
}

static void judge_row(void *context, int64_t y, int worker)
{
    (void)worker;
    ground_job *job = context;
    size_t width = (size_t)job->geometry->maps[job->view].width;
    for (size_t x = 0; x < width; x++) {
        size_t at = (size_t)y * width + x;
        job->moves[job->view][at] =
            (uint8_t)judge(job->geometry, job->view, at, (double)x + 0.5, (double)y + 0.5);
    }
}

static void move(recon_geometry *g, int view, const uint8_t *moves)
{
    recon_depth_map *map = &g->maps[view];
    sp_vec3 up = sp_m3_apply(g->views[view].camera.rotation, sp_v3(0, 0, 1));
    for (size_t at = 0; at < (size_t)map->width * (size_t)map->height; at++) {
        double x = (double)(at % (size_t)map->width) + 0.5, y = (double)(at / (size_t)map->width) + 0.5;
        if (moves[at] == STAYS)
            continue;
        map->depth[at] = (float)recon_ground_depth(g, view, x, y);
        map->normal[0][at] = (float)up.x;
        map->normal[1][at] = (float)up.y;
        map->normal[2][at] = (float)up.z;
        if (moves[at] == SAME_COLOUR)
            map->cost[at] = UNDECIDED;
    }
}

int recon_settle_on_ground(recon_geometry *g, sp_pool *pool)
{
    if (!g->is_floor)
        return SP_OK;
    ground_job job = {.geometry = g, .moves = recon_pixel_flags(g)};
    if (!job.moves)
        return SP_ENOMEM;
    for (job.view = 0; job.view < g->count; job.view++)
        sp_pool_run(pool, g->maps[job.view].height, judge_row, &job);
    // All have been judged before any is changed: where another view sees what is mirrored decides.
    for (int v = 0; v < g->count; v++)
        move(g, v, job.moves[v]);
    recon_free_pixel_flags(job.moves, g->count);
    return SP_OK;
}
