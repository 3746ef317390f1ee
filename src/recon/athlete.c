// The athlete at one instant: views, agreement, hull, surface, seeds, optimisation; in this order.
#include "athlete.h"
#include "body/agree.h"
#include "body/carve_depth.h"
#include "body/follow.h"
#include "body/motion.h"
#include "body/seed.h"
#include "body/thickness.h"
#include "body/unseen.h"
#include "venue/density.h"
#include "views.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define AGREE_VOXEL_M 0.03
#define VOXEL_M 0.008
// More steps fit the views' noise and not the athlete (gt_dev, inside the mask, unseen views: 21.6 dB after
// 150 steps, 21.7 after 200, 400 and 500). Twice what is enough there, for athletes who are larger or less
// even.
#define ENOUGH_ITERATIONS 400
#define RATES_FOR 500
// How often in a schedule splats are added and relocated.
#define GROWTHS 5
#define CUT_MARGIN_PX 12
// Parts of a body this far apart may move differently.
#define FLOW_CELL_M 0.12
// Steps, and share of the time that is left, in which their motion is found.
#define MOTION_ITERATIONS 150
#define MOTION_SHARE 0.3
// Steps where a neighbouring instant told already how they moved then.
#define FOLLOWED_ITERATIONS 60
// A neighbouring frame shows a limb further from where it is than it is thick: small pictures, in which it is
// not, are left late.
#define MOTION_LEVEL_2 0.4
#define MOTION_LEVEL_1 0.8
#define FEW_REPORTED 4
#define FEW_VIEWS 6
#define MANY_VIEWS 14
// Share of the splat budget that is seeded; the rest goes where detail turns out to be missing.
#define SEEDED 0.75

sp_recon_params sp_recon_params_default(void)
{
    return (sp_recon_params){.splats = 30000, .budget_s = 30, .iterations = 0, .sh_degree = 1, .seed = 1};
}

void sp_recon_report_free(sp_recon_report *report)
{
    free(report->gains);
    free(report->agreement);
    free(report->covered);
    *report = (sp_recon_report){0};
}

// Nothing of him is under a floor that mirrors him.
static void cut_hull_at_floor(recon_hull *hull)
{
    size_t layer = (size_t)hull->size[0] * (size_t)hull->size[1];
    for (int k = 0; k < hull->size[2]; k++) {
        double z = hull->origin[2] + hull->voxel_m * k;
        for (size_t i = 0; i < layer; i++)
            hull->field[(size_t)k * layer + i] =
                fminf(hull->field[(size_t)k * layer + i], (float)fmax(z, -RECON_HULL_BAND * hull->voxel_m));
    }
}

static int carve(recon_athlete *a)
{
    size_t n = (size_t)a->count;
    recon_silhouette *silhouettes = sp_calloc(n, sizeof *silhouettes);
    bool *used = sp_calloc(n, sizeof *used);
    double *dt_s = sp_calloc(n, sizeof *dt_s), *exposure_s = sp_calloc(n, sizeof *exposure_s);
    int rc = silhouettes && used && dt_s && exposure_s ? SP_OK : SP_ENOMEM, trusted = 0;
    for (int v = 0; !rc && v < a->count; v++) {
        dt_s[v] = a->views[v].dt_s;
        exposure_s[v] = a->views[v].exposure_s;
        silhouettes[v] = a->scene.views[v].silhouette;
        used[v] = a->scene.views[v].used;
        trusted += used[v];
    }
    recon_hull_params params = recon_hull_params_default();
    params.voxel_m = VOXEL_M;
    // Agreement has already left out the views that are wrong. More tolerance would fill gaps between limbs
    // that only two views see through.
    params.tolerance = trusted >= MANY_VIEWS ? 2 : trusted >= FEW_VIEWS ? 1 : 0;
    // While it is not known how the parts move, many views see them elsewhere and deny them; later still
    // some.
    if (a->apart)
        params.tolerance = a->flow.velocity ? trusted / 6 : trusted / 3;
    params.flow = a->flow.velocity ? &a->flow : NULL;
    params.dt_s = dt_s;
    params.exposure_s = exposure_s;
    for (int k = 0; k < 3; k++)
        params.drift[k] = a->velocity[k];
    if (!rc)
        rc = recon_hull_carve(&a->hull, silhouettes, used, a->count, &params, a->pool, a->progress);
    free(silhouettes);
    free(used);
    free(dt_s);
    free(exposure_s);
    if (!rc && a->reflection.gloss > 0)
        cut_hull_at_floor(&a->hull);
    return rc;
}

static void measure_bounds(recon_athlete *a)
{
    for (int i = 0; i < 3; i++) {
        double low = INFINITY, high = -INFINITY;
        for (int64_t p = 0; p < a->points.count; p++) {
            low = fmin(low, a->points.position[i][p]);
            high = fmax(high, a->points.position[i][p]);
        }
        a->report.bounds_min[i] = low;
        a->report.bounds_max[i] = high;
    }
}

// Depth between neighbouring views hollows the hull out where no outline reaches.
static int hollow(recon_athlete *a)
{
    recon_sweep sweep = {0};
    int rc = recon_sweep_run(&sweep, &a->scene, &a->points, a->pool, a->progress);
    if (!rc)
        rc = recon_carve_depth(&a->hull, &sweep, a->pool);
    recon_sweep_free(&sweep);
    recon_points_free(&a->points);
    return rc ? rc : recon_surface_points(&a->points, &a->hull, a->pool);
}

// Views without a matte, or whose matte the others deny, are none beside a view.
static int measure_distance(recon_athlete *a)
{
    sp_view *used = sp_calloc((size_t)a->count, sizeof *used);
    if (!used)
        return SP_ENOMEM;
    double middle[3];
    for (int i = 0; i < 3; i++)
        middle[i] = 0.5 * (a->report.bounds_min[i] + a->report.bounds_max[i]);
    int count = 0;
    for (int v = 0; v < a->count; v++)
        if (a->scene.views[v].used)
            used[count++] = a->views[v];
    a->distant = recon_are_apart(used, count, sp_v3(middle[0], middle[1], middle[2]));
    free(used);
    return SP_OK;
}

// A neighbouring instant's splats, which know how they move, go on here.
static bool is_followed(const recon_athlete *a)
{
    return a->moves && a->warm && a->warm->velocity && a->warm->count > 0;
}

// Where outlines of few views leave room for more than a body.
static int slim(recon_athlete *a)
{
    int rc = recon_bound_thickness(&a->hull, &a->points, &a->scene, a->pool);
    recon_points_free(&a->points);
    return rc ? rc : recon_surface_points(&a->points, &a->hull, a->pool);
}

static int seed(recon_athlete *a)
{
    int rc = recon_surface_points(&a->points, &a->hull, a->pool);
    if (rc || !a->points.count)
        return rc;
    measure_bounds(a);
    rc = measure_distance(a);
    if (!rc)
        rc = recon_scene_cut(&a->scene, a->views, a->report.bounds_min, a->report.bounds_max, CUT_MARGIN_PX,
                             a->pool);
    if (!rc && a->distant)
        rc = slim(a);
    if (!rc)
        rc = hollow(a);
    if (!rc)
        rc = recon_seed_colours(&a->points, &a->scene, a->warm, a->distant, a->pool);
    size_t budget = (size_t)a->params->splats;
    if (!rc)
        rc = recon_seed_cloud(&a->cloud, &a->points, (size_t)(SEEDED * (double)budget), budget,
                              a->params->sh_degree);
    if (!rc && is_followed(a))
        rc = recon_follow(&a->cloud, a->warm, -a->params->warm_dt_s, &a->hull, budget);
    return rc;
}

// The parts' own velocities become those in the world: the whole's went into the cameras.
static int end_motion(sp_splat_cloud *cloud, const recon_athlete *a)
{
    int rc = a->moves ? sp_splat_cloud_move(cloud) : SP_OK;
    for (size_t axis = 0; axis < 3 && !rc && a->moves; axis++)
        for (size_t i = 0; i < cloud->count; i++)
            cloud->velocity[axis * cloud->capacity + i] += (float)a->velocity[axis];
    return rc;
}

// The way it is handed over: moving in the world, and with the shadow.
static int end_cloud(sp_splat_cloud *cloud, sp_floor *floor, const recon_athlete *a)
{
    *floor = (sp_floor){0};
    floor->gloss = a->reflection.gloss;
    int rc = end_motion(cloud, a);
    return rc ? rc : recon_shadow_splats(cloud, &floor->shadow_splats, &a->shadow);
}

// What there is so far.
static int show(void *context, const sp_splat_cloud *cloud, double seconds, int iterations)
{
    const recon_athlete *a = context;
    sp_splat_cloud shown = {0};
    sp_floor floor;
    int rc = sp_splat_cloud_copy(&shown, cloud);
    if (!rc && a->unseen.count)
        rc = sp_splat_cloud_append(&shown, &a->unseen);
    if (!rc)
        rc = end_cloud(&shown, &floor, a);
    if (!rc)
        rc = a->params->watch->see(a->params->watch->context, &shown, &floor, seconds, iterations);
    sp_splat_cloud_free(&shown);
    return rc;
}

// -1: none of the views is of that camera.
static int clock_of(const recon_athlete *a, const char *id)
{
    for (int v = 0; v < a->count; v++)
        if (!strcmp(a->views[v].camera.id, id))
            return v;
    return -1;
}

// What the used views of a scene see, from targets[n] on; returns how many there are then. Of a camera whose
// clock nobody asks for they tell no clock.
static int add_targets(recon_target *targets, int n, const recon_athlete *a, const recon_scene *scene,
                       const sp_view *views)
{
    for (int v = 0; v < scene->count; v++) {
        const recon_scene_view *view = &scene->views[v];
        int clock = a->ticks ? clock_of(a, views[v].camera.id) : 0;
        if (view->used && view->crop.width && clock >= 0)
            targets[n++] = (recon_target){.camera = view->crop,
                                          .rgb = &view->rgb,
                                          .under = &view->under,
                                          .matte = &view->cut_matte,
                                          .gains = {1, 1, 1, 0, 0, 0},
                                          .dt_s = views[v].dt_s,
                                          .exposure_s = views[v].exposure_s,
                                          .clock = clock};
    }
    return n;
}

static int optimise(recon_athlete *a, bool is_first_look)
{
    recon_target *targets = sp_calloc((size_t)(a->count + a->around.scene.count), sizeof *targets);
    if (!targets)
        return SP_ENOMEM;
    int n = add_targets(targets, 0, a, &a->scene, a->views);
    if (is_first_look)
        n = add_targets(targets, n, a, &a->around.scene, a->around.views);
    recon_optimise_params p = recon_optimise_params_default();
    p.iterations = a->params->iterations > 0 ? a->params->iterations : ENOUGH_ITERATIONS;
    if (a->params->budget_s > 0)
        p.budget_s = fmax(a->params->budget_s - (sp_time_s() - a->begin_s), 0.5);
    size_t budget = (size_t)a->params->splats, taken = a->unseen.count + a->cloud.count;
    p.budget_splats = budget > taken ? budget - a->unseen.count : a->cloud.count;
    p.grow_every = p.iterations / GROWTHS > 10 ? p.iterations / GROWTHS : 10;
    // Twice what suits venues, but for positions: seeds lie where they belong, and it is opacity, shape and
    // colour that few steps have to find.
    p.rates_for = is_followed(a) ? 0 : RATES_FOR; // what is nearly right must not be thrown about
    p.rates.log_scale *= 2;
    p.rates.rotation *= 2;
    p.rates.opacity *= 2;
    p.rates.colour *= 2;
    p.rates.sh_rest *= 2;
    p.kernels = a->params->kernels;
    p.seed = a->params->seed;
    p.stage = "athlete";
    p.flatness = 0.4;
    p.most_scale_m = 0.03;
    p.least_scale_m = 5e-4;
    p.fit_gains = true;
    // What exposures blur pulls less on each opacity than what is sharp.
    p.opacity_cost = a->params->neighbours ? 0.01 : 0.03;
    // Seeds have the coarse shape already: small pictures are left soon.
    p.level_until[1] = 0.2;
    p.level_until[2] = 0.06;
    // Drawn at many moments, views take a while.
    p.report_views = is_first_look ? 0 : a->moves ? FEW_REPORTED : p.report_views;
    if (is_first_look) {
        int most = is_followed(a) ? FOLLOWED_ITERATIONS : MOTION_ITERATIONS;
        p.iterations = p.iterations < most ? p.iterations : most;
        p.budget_s *= MOTION_SHARE;
    }
    if (is_first_look && a->around.scene.count) {
        p.level_until[1] = MOTION_LEVEL_1;
        p.level_until[2] = MOTION_LEVEL_2;
    }
    sp_recon_watch watch = {.see = show, .context = a};
    if (a->params->watch && !is_first_look) {
        watch.every_s = a->params->watch->every_s;
        p.watch = &watch;
        p.watch_from_s = sp_time_s() - a->begin_s;
        p.pays_for_looks = true;
    }
    if (a->ticks)
        recon_clocks_tune(&p, a);
    recon_optimise_report report = {0};
    p.flow = a->moves ? &a->flow : NULL;
    if (!is_first_look && !a->apart)
        p.flow_rate = 0;
    for (int k = 0; k < 3; k++)
        p.drift[k] = a->velocity[k];
    int rc = n ? recon_optimise(&a->cloud, &report, targets, n, &p, a->pool, a->progress) : SP_OK;
    if (!rc && n) {
        a->report.iterations = report.iterations;
        a->report.loss_first = report.loss_first;
        a->report.loss_last = report.loss_last;
    }
    for (int v = 0, t = 0; v < a->count; v++) {
        bool took_part = a->scene.views[v].used && a->scene.views[v].crop.width;
        for (int i = 0; i < 6; i++)
            a->report.gains[6 * v + i] = took_part ? targets[t].gains[i] : i < 3;
        t += took_part;
    }
    free(targets);
    return rc;
}

// How the parts moved at a neighbouring instant is nearly how they move now.
static int follow_flow(recon_athlete *a)
{
    double low[3], high[3], dt_s = -a->params->warm_dt_s;
    const sp_splat_cloud *warm = a->warm;
    for (size_t k = 0; k < 3; k++) {
        low[k] = INFINITY;
        high[k] = -INFINITY;
        for (size_t i = 0; i < warm->count; i++) {
            double at = (double)sp_splat_row(warm, SP_ROW_POSITION + (int)k)[i] +
                        dt_s * (double)warm->velocity[k * warm->capacity + i];
            low[k] = fmin(low[k], at);
            high[k] = fmax(high[k], at);
        }
    }
    int rc = recon_flow_init(&a->flow, low, high, FLOW_CELL_M);
    if (rc)
        return rc;
    recon_flow_follow(&a->flow, warm, a->velocity, dt_s);
    recon_flow_spread(&a->flow);
    return SP_OK;
}

// The whole's velocity goes into the cameras, the parts' own are solved with the splats.
static int begin_motion(recon_athlete *a)
{
    const sp_view *neighbours = a->params->neighbours;
    int neighbour_count = neighbours ? a->params->neighbour_count : 0, rc = SP_OK;
    a->apart = recon_motion_matters(a->views, a->count);
    a->moves = a->apart || neighbour_count > 0;
    if (!a->moves)
        return SP_OK;
    if (neighbour_count > 0)
        rc = recon_around_open(&a->around, neighbours, neighbour_count, a->params->before_count, a->pool,
                               a->progress);
    if (!rc)
        rc = recon_motion_whole(a->velocity, &a->scene, a->views, &a->around.scene, neighbours, a->pool,
                                a->progress);
    if (rc)
        return rc;
    recon_motion_shift(&a->scene, a->views, a->velocity);
    recon_motion_shift(&a->around.scene, neighbours, a->velocity);
    return is_followed(a) ? follow_flow(a) : SP_OK;
}

int recon_athlete_look(recon_athlete *a)
{
    int rc = a->flow.velocity
                 ? SP_OK
                 : recon_flow_init(&a->flow, a->report.bounds_min, a->report.bounds_max, FLOW_CELL_M);
    if (!rc)
        rc = recon_around_cut(&a->around, a->report.bounds_min, a->report.bounds_max, CUT_MARGIN_PX, a->pool);
    return rc ? rc : optimise(a, true);
}

// Where views are far apart, a good part of him is seen by none: what is set aside already stays there.
static int set_unseen_aside(recon_athlete *a)
{
    if (!a->distant || a->unseen.data)
        return SP_OK;
    return recon_unseen_split(&a->unseen, &a->cloud, &a->scene, a->params->kernels, a->pool);
}

// Hull, depth and seeds then begin anew, knowing it. Where a neighbouring instant told nearly as much before
// they were made, it only has to be made better.
static int find_flow(recon_athlete *a)
{
    bool is_known = is_followed(a);
    if (is_known)
        recon_flow_sample(&a->cloud, &a->flow, a->pool); // they came with those in the world
    int rc = is_known ? set_unseen_aside(a) : SP_OK;
    // This takes a while: who waits sees the seeds before.
    if (!rc && a->params->watch)
        rc = show(a, &a->cloud, sp_time_s() - a->begin_s, 0);
    if (!rc)
        rc = recon_athlete_look(a);
    if (rc)
        return rc;
    recon_around_close(&a->around);
    recon_flow_spread(&a->flow);
    if (is_known)
        return SP_OK;
    sp_splat_cloud_free(&a->cloud);
    recon_points_free(&a->points);
    recon_hull_free(&a->hull);
    rc = carve(a);
    return rc ? rc : seed(a);
}

// Where the floor mirrors him, his mirror image is in the mattes: without it he is carved and seeded anew.
static int find_reflection(recon_athlete *a)
{
    int rc =
        recon_reflection_measure(&a->reflection, &a->cloud, &a->scene, a->views, a->params->kernels, a->pool);
    if (rc || a->reflection.gloss <= 0)
        return rc;
    a->scene.reflection = &a->reflection;
    rc = recon_reflection_clear(&a->scene, &a->reflection, a->views, a->pool);
    if (!rc)
        rc = recon_around_clear_reflections(&a->around, &a->cloud, a->params->kernels, a->pool);
    sp_splat_cloud_free(&a->cloud);
    recon_points_free(&a->points);
    recon_hull_free(&a->hull);
    if (!rc)
        rc = carve(a);
    return rc ? rc : seed(a);
}

// Of the finished splats it is more certain how glossy the floor is.
static int refine_reflection(recon_athlete *a)
{
    recon_reflection refined;
    int rc = recon_reflection_measure(&refined, &a->cloud, &a->scene, a->views, a->params->kernels, a->pool);
    if (rc)
        return rc;
    if (refined.gloss > 0)
        a->reflection.gloss = refined.gloss;
    recon_reflection_free(&refined);
    return SP_OK;
}

static int optimise_seen(recon_athlete *a)
{
    if (!a->distant)
        return optimise(a, false);
    int rc = set_unseen_aside(a);
    if (!rc)
        rc = optimise(a, false);
    if (!rc)
        rc = sp_splat_cloud_append(&a->cloud, &a->unseen);
    if (!rc && a->moves)
        recon_flow_sample(&a->cloud, &a->flow, a->pool);
    return rc ? rc : recon_unseen_colour(&a->cloud, &a->points, &a->scene, a->params->kernels, a->pool);
}

static double lap(double *since)
{
    double now = sp_time_s(), passed = now - *since;
    *since = now;
    return passed;
}

// Mattes that agree, without shadows.
static int prepare_views(recon_athlete *a)
{
    int rc =
        recon_agree(a->report.agreement, a->report.covered, &a->scene, AGREE_VOXEL_M, a->pool, a->progress);
    if (!rc)
        rc = recon_shadow_measure(&a->shadow, &a->scene, a->views, a->count, a->pool);
    if (!rc)
        rc = recon_shadow_clear(&a->scene, &a->shadow, a->views, a->pool);
    a->scene.shadow = &a->shadow;
    recon_around_drop(&a->around, &a->scene, a->views);
    if (!rc)
        rc = recon_around_clear_shadows(&a->around, a->pool);
    return rc;
}

int recon_athlete_begin(recon_athlete *a)
{
    double clock = sp_time_s();
    int rc = recon_scene_open(&a->scene, a->views, a->count, a->pool, a->progress);
    if (!rc)
        rc = begin_motion(a);
    if (!rc)
        rc = prepare_views(a);
    a->report.clean_s = lap(&clock);
    if (!rc)
        rc = carve(a);
    a->report.hull_s = lap(&clock);
    if (!rc)
        rc = seed(a);
    if (!rc && a->cloud.count)
        rc = find_reflection(a);
    a->report.seed_s = lap(&clock);
    return rc;
}

static int reconstruct(recon_athlete *a)
{
    int rc = recon_athlete_begin(a);
    double clock = sp_time_s();
    if (!rc && a->cloud.count && a->moves)
        rc = find_flow(a);
    if (!rc && a->cloud.count)
        rc = optimise_seen(a);
    if (!rc && a->cloud.count)
        rc = recon_shadow_refine(&a->shadow, &a->cloud, &a->scene, a->views, a->params->kernels, a->pool);
    if (!rc && a->reflection.gloss > 0 && a->cloud.count)
        rc = refine_reflection(a);
    if (!rc && a->cloud.count)
        rc = end_cloud(&a->cloud, &a->report.floor, a);
    a->report.optimise_s = lap(&clock);
    a->report.splats = (int64_t)a->cloud.count;
    return rc;
}

void recon_athlete_free(recon_athlete *a)
{
    recon_scene_close(&a->scene);
    recon_around_close(&a->around);
    recon_shadow_free(&a->shadow);
    recon_reflection_free(&a->reflection);
    recon_flow_free(&a->flow);
    recon_hull_free(&a->hull);
    recon_points_free(&a->points);
    sp_splat_cloud_free(&a->unseen);
}

int recon_athlete_report(recon_athlete *a)
{
    int count = a->count;
    sp_recon_report *report = &a->report;
    report->view_count = count;
    report->gains = sp_calloc((size_t)count * 6, sizeof(double));
    report->agreement = sp_calloc((size_t)count, sizeof(double));
    report->covered = sp_calloc((size_t)count, sizeof(double));
    if (!report->gains || !report->agreement || !report->covered)
        return SP_ENOMEM;
    for (int i = 0; i < 6 * count; i++)
        report->gains[i] = i % 6 < 3;
    return SP_OK;
}

int sp_recon_athlete(sp_splat_cloud *out, sp_recon_report *report, const sp_view *views, int count,
                     const sp_splat_cloud *warm, const sp_recon_params *params, sp_pool *pool,
                     const sp_progress *progress)
{
    sp_recon_params defaults = sp_recon_params_default();
    recon_athlete a = {.views = views,
                       .count = count,
                       .warm = warm,
                       .params = params ? params : &defaults,
                       .pool = pool,
                       .progress = progress,
                       .begin_s = sp_time_s()};
    int rc = recon_views_check(views, count, a.params->neighbours, a.params->neighbour_count);
    if (rc)
        return rc;
    rc = recon_athlete_report(&a);
    if (!rc && !recon_views_empty(views, count))
        rc = reconstruct(&a);
    if (!rc && !a.cloud.data)
        rc = sp_splat_cloud_init(&a.cloud, 16, a.params->sh_degree);
    recon_athlete_free(&a);
    if (rc) {
        sp_splat_cloud_free(&a.cloud);
        sp_recon_report_free(&a.report);
        return rc;
    }
    *out = a.cloud;
    if (report)
        *report = a.report;
    else
        sp_recon_report_free(&a.report);
    return SP_OK;
}
