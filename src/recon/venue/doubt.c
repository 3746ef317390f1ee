// What most views look past is not there: the last word on pixels among the views, once all have a depth.
#include "fuse.h"

#include <math.h>

#define SAME 0.025        // relative difference of depths that still is the same surface
#define LIKE_COLOUR 0.12f // mean difference of the channels
#define FULL_VOTE 3
#define OWN_VOTE 2 // of the view itself, where it is not sure
#define LITTLE_VOTE 1

typedef struct doubt_job {
    recon_geometry *geometry;
    int view;
} doubt_job;

static bool is_like(const recon_geometry *g, int view, size_t at, int other, size_t there)
{
    return recon_unlike(&g->views[view].rgb, at, &g->views[other].rgb, there) < LIKE_COLOUR;
}

// A view that sees something nearer says nothing; one whose own depth is not sure, and which sees the pixel's
// colour there, says little.
static bool is_looked_past(const recon_geometry *g, int view, size_t at, sp_vec3 world)
{
    int past = 0, seen = g->confirmed[view][at] == RECON_SURE ? FULL_VOTE : OWN_VOTE;
    for (int j = 0; j < g->count; j++) {
        size_t there;
        double depth;
        if (j == view || !recon_pixel_in(&there, &depth, g, j, world))
            continue;
        double ratio = g->maps[j].depth[there] / depth;
        if (fabs(ratio - 1) < SAME)
            seen += FULL_VOTE;
        else if (ratio > 1 + RECON_SEEN_THROUGH)
            past += g->confirmed[j][there] || !is_like(g, view, at, j, there) ? FULL_VOTE : LITTLE_VOTE;
    }
    return past > seen;
}

static void doubt_row(void *context, int64_t y, int worker)
{
    (void)worker;
    doubt_job *job = context;
    recon_geometry *g = job->geometry;
    for (int x = 0; x < g->maps[job->view].width; x++) {
        size_t at = (size_t)y * (size_t)g->maps[job->view].width + (size_t)x;
        sp_vec3 world = recon_world_at(g, job->view, at);
        if (recon_is_inside(g, world, RECON_AMONG_VIEWS) && is_looked_past(g, job->view, at, world))
            g->nowhere[job->view][at] = 1;
    }
}

void recon_doubt(recon_geometry *g, sp_pool *pool)
{
    doubt_job job = {.geometry = g};
    for (job.view = 0; job.view < g->count; job.view++)
        sp_pool_run(pool, g->maps[job.view].height, doubt_row, &job);
}
