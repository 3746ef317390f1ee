// Clocks that are known to some milliseconds, more exactly: solved together with how the athlete looks and
// moves.
#include "athlete.h"
#include "body/motion.h"
#include "views.h"

#include <stdlib.h>

// Clocks are found in so many steps, the more of them in large pictures the finer.
#define CLOCK_ITERATIONS 400
#define CLOCK_LEVEL_2 0.2
#define CLOCK_LEVEL_1 0.5
#define CLOCK_SPLATS 12000
// Splats begin where the clocks as they are believed want them, and must not hold clocks there.
#define CLOCK_FREEDOM 3

void recon_clocks_tune(recon_optimise_params *p, const recon_athlete *a)
{
    p->ticks = a->ticks;
    p->tick_count = a->count;
    p->iterations = CLOCK_ITERATIONS;
    p->level_until[1] = CLOCK_LEVEL_1;
    p->level_until[2] = CLOCK_LEVEL_2;
    p->rates.position_m *= CLOCK_FREEDOM;
    p->rates.position_last_m *= CLOCK_FREEDOM;
}

// How he moves, and with it the clocks, need no more than a first look.
static int find_clocks(recon_athlete *a)
{
    int rc = recon_athlete_begin(a);
    return rc || !a->cloud.count ? rc : recon_athlete_look(a);
}

// Nothing is known of clocks that no step went by.
static void tell_clocks(double *offset_s, double *speed_px_s, const recon_athlete *a)
{
    double middle[3];
    for (int k = 0; k < 3; k++)
        middle[k] = 0.5 * (a->report.bounds_min[k] + a->report.bounds_max[k]);
    for (int v = 0; v < a->count; v++) {
        bool is_known = a->ticks[v].age > 0;
        offset_s[v] = is_known ? a->ticks[v].offset_s : 0;
        speed_px_s[v] = is_known ? recon_motion_crossing(&a->scene.views[v].full, middle, a->velocity) : 0;
    }
}

int sp_recon_clocks_refine(double *offset_s, double *speed_px_s, const sp_view *views, int count,
                           const sp_view *neighbours, int neighbour_count, int before_count, sp_pool *pool,
                           const sp_progress *progress)
{
    sp_recon_params params = sp_recon_params_default();
    params.splats = CLOCK_SPLATS;
    params.budget_s = 0;
    params.iterations = CLOCK_ITERATIONS;
    params.neighbours = neighbours;
    params.neighbour_count = neighbour_count;
    params.before_count = before_count;
    recon_athlete a = {.views = views,
                       .count = count,
                       .params = &params,
                       .pool = pool,
                       .progress = progress,
                       .begin_s = sp_time_s(),
                       .ticks = sp_calloc((size_t)count + 1, sizeof *a.ticks)};
    int rc = a.ticks ? recon_views_check(views, count, neighbours, neighbour_count) : SP_ENOMEM;
    if (!rc)
        rc = recon_athlete_report(&a);
    if (!rc && !recon_views_empty(views, count))
        rc = find_clocks(&a);
    if (!rc)
        tell_clocks(offset_s, speed_px_s, &a);
    recon_athlete_free(&a);
    sp_splat_cloud_free(&a.cloud);
    sp_recon_report_free(&a.report);
    free(a.ticks);
    return rc;
}
