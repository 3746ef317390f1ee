// The athlete of an instant on the way from views to a cloud: what his reconstruction and the search for
// clocks have in common.
#ifndef RECON_ATHLETE_H
#define RECON_ATHLETE_H

#include "around.h"
#include "body/hull.h"
#include "body/surface.h"
#include "optimise/optimise.h"

typedef struct recon_athlete {
    const sp_view *views;
    int count;
    const sp_splat_cloud *warm;
    const sp_recon_params *params;
    sp_pool *pool;
    const sp_progress *progress;
    double begin_s;
    recon_scene scene;
    recon_around around; // the views' neighbours in time
    recon_shadow shadow;
    recon_reflection reflection;
    bool apart;         // views differ in time by so much that it can be seen
    bool distant;       // views that take part see him from directions that are far apart
    bool moves;         // velocities are solved: because of that, or for the blur that exposures leave
    double velocity[3]; // of the whole
    recon_flow flow;    // of the parts beside it
    recon_tick *ticks;  // one a view where clocks are to be found, and nothing else; nullable
    recon_hull hull;
    recon_points points;
    sp_splat_cloud cloud, unseen; // what the optimiser works on, and what it is not told of
    sp_recon_report report;
} recon_athlete;

// Room for what the report tells of each view.
int recon_athlete_report(recon_athlete *a);
// From the views to seeds (none: nothing is left of him), with bounds and times in the report.
int recon_athlete_begin(recon_athlete *a);
// A first, short optimisation finds how the parts move, and the clocks where there are ticks.
int recon_athlete_look(recon_athlete *a);
// All but cloud, report and ticks.
void recon_athlete_free(recon_athlete *a);

// What that optimisation does otherwise for clocks.
void recon_clocks_tune(recon_optimise_params *p, const recon_athlete *a);

#endif
