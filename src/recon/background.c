#include "background.h"

#include "venue/density.h"
#include "venue/depths.h"
#include "stereo/grey.h"
#include "venue/ground.h"
#include "venue/hidden.h"
#include "optimise/optimise.h"
#include "venue/patches.h"
#include "venue/planes.h"
#include "venue/point_seeds.h"
#include "undistort.h"

#include <stillpoint/recon.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STEREO_PIXELS 5640000.0 // of all views together: what bounds the time of the stereo
#define STEREO_VIEW_MAX 470000.0
// A background with fewer seconds gets its stereo from fewer pixels, in proportion.
#define STEREO_BUDGET_S 90.0
#define STEREO_VIEW_LEAST 6000.0
#define TARGET_PIXELS 600000.0 // of a plate that the cloud is optimised against
#define HELD 0.1               // of the usual rates, for shapes that single views see
#define NEAR_SHARE 0.15 // nearest and farthest surface, and the floor's radius, from the rig's own size
#define FAR_SHARE 40.0
#define FLOOR_SHARE 3.0
#define APART_SHARE                                                                                          \
    1.8 // likewise of views far apart: nobody tells where the floor ends, and walls are no floor
#define ACTION_SHARE 0.5
#define APART_ACTION_SHARE                                                                                   \
    0.9 // likewise of views far apart: what two agree on by chance is not to hang among them
#define POINTS_PER_VIEW 200 // a calibration's own points are enough to begin with, where there are so many
#define PIXELS_TO_UNDISTORT 4.0      // times those that stereo works on
#define DENSE_SH_DEGREE 2            // from half of the density on
#define DENSE_STEREO_PIXELS 400000.0 // of all views together: dense ones' seeds need no detail
#define DENSE_STEREO_BUDGET_S 40.0

sp_background_params sp_background_params_default(void)
{
    sp_background_params p = {.splats = 300000, .budget_s = 90, .sh_degree = -1};
    return p;
}

// Undoing a lens costs by the pixel: where far more are there than stereo wants, most of them go before.
static int shrink_first(sp_image *picture, sp_camera *camera, double pixels)
{
    double shrink = sqrt(PIXELS_TO_UNDISTORT * pixels / ((double)camera->width * camera->height));
    if (camera->lens == SP_LENS_PINHOLE || shrink >= 1)
        return SP_OK;
    sp_image small;
    sp_camera reduced =
        sp_camera_resized(camera, (int)lround(camera->width * shrink), (int)lround(camera->height * shrink));
    int rc = sp_image_resize(&small, picture, reduced.width, reduced.height);
    if (rc)
        return rc;
    sp_image_free(picture);
    *picture = small;
    *camera = reduced;
    return SP_OK;
}

// The plate of a view without lens distortion, at the resolution that stereo works in.
static int stereo_view(recon_stereo_view *out, const sp_view *view, double pixels)
{
    sp_image full = {0}, pinhole = {0};
    sp_camera seen = view->camera, camera = seen;
    int rc = sp_image_from8(&full, view->image);
    if (!rc)
        rc = shrink_first(&full, &seen, pixels);
    if (!rc) {
        camera = recon_pinhole(&seen);
        rc = recon_undistort(&pinhole, NULL, &full, &seen, &camera);
    }
    sp_image_free(&full);
    if (rc)
        return rc;
    double shrink = sqrt(pixels / ((double)camera.width * camera.height));
    if (shrink < 1) {
        out->camera = sp_camera_resized(&camera, (int)lround(camera.width * shrink),
                                        (int)lround(camera.height * shrink));
        rc = sp_image_resize(&out->rgb, &pinhole, out->camera.width, out->camera.height);
        sp_image_free(&pinhole);
    } else {
        out->camera = camera;
        out->rgb = pinhole;
    }
    if (!rc)
        rc = recon_grey(&out->grey, &out->rgb);
    if (!rc)
        rc = recon_hidden(&out->hidden, view, &out->camera);
    return rc ? rc : recon_quads_init(&out->quads, &out->grey);
}

// A plate to match, with the share of its pixels that the lens fills.
typedef struct plate {
    sp_image rgb, valid;
} plate;

// Work on every view side by side.
typedef struct view_job {
    const sp_view *views;
    recon_stereo_view *stereo;
    double pixels;
    recon_target *targets;
    plate *plates;
} view_job;

static int stereo_view_at(void *context, int64_t i, int worker)
{
    (void)worker;
    view_job *job = context;
    int rc = stereo_view(&job->stereo[i], &job->views[i], job->pixels);
    return rc ? sp_error_context(rc, "plate of camera %s", job->views[i].camera.id) : SP_OK;
}

static int stereo_views(recon_stereo_view **out, const sp_view *views, int count, double density,
                        double budget_s, sp_pool *pool)
{
    recon_stereo_view *all = sp_calloc((size_t)count, sizeof *all);
    if (!all)
        return SP_ENOMEM;
    double pixels = recon_blend(STEREO_PIXELS, DENSE_STEREO_PIXELS, density) / count;
    double least_s = recon_blend(STEREO_BUDGET_S, DENSE_STEREO_BUDGET_S, density);
    if (budget_s > 0 && budget_s < least_s)
        pixels *= budget_s / least_s;
    pixels = fmin(fmax(pixels, STEREO_VIEW_LEAST), STEREO_VIEW_MAX);
    view_job job = {.views = views, .stereo = all, .pixels = pixels};
    int rc = sp_pool_try(pool, count, stereo_view_at, &job);
    if (rc)
        recon_stereo_views_free(all, count);
    else
        *out = all;
    return rc;
}

// The rig's own size tells what is near and far.
static int extent(recon_stereo_params *out, const sp_view *views, int count, uint64_t seed)
{
    sp_rig rig = {.count = count, .cameras = sp_calloc((size_t)count, sizeof(sp_camera))};
    if (!rig.cameras)
        return SP_ENOMEM;
    for (int i = 0; i < count; i++)
        rig.cameras[i] = views[i].camera;
    sp_vec3 focus = sp_rig_focus(&rig);
    double distance = 0;
    for (int i = 0; i < count; i++)
        distance += sp_v3_norm(sp_v3_sub(sp_camera_center(&rig.cameras[i]), focus)) / count;
    free(rig.cameras);
    bool is_apart = recon_are_apart(views, count, focus);
    if (!isfinite(distance) || distance < 0.1)
        distance = 0.1;
    *out = (recon_stereo_params){
        .near_m = NEAR_SHARE * distance,
        .far_m = FAR_SHARE * distance,
        .distance_m = distance,
        .focus = focus,
        .floor_radius_m = (is_apart ? APART_SHARE : FLOOR_SHARE) * distance,
        .is_apart = is_apart,
        .action_radius_m = (is_apart ? APART_ACTION_SHARE : ACTION_SHARE) * distance,
        .floor_x = focus.x,
        .floor_y = focus.y,
        .seed = seed,
    };
    return SP_OK;
}

static int find_geometry(recon_geometry *g, sp_pool *pool, const sp_progress *progress)
{
    int rc = recon_depths(g, pool, progress);
    if (!rc)
        rc = recon_find_ground(g, pool);
    if (!rc)
        rc = recon_settle_on_ground(g, pool);
    if (!rc)
        rc = recon_confirm(g, pool);
    if (!rc && !g->params.is_apart)
        rc = recon_find_planes(g, pool);
    if (!rc && !g->params.is_apart)
        rc = recon_settle_on_planes(g, pool);
    if (!rc && !g->params.is_apart)
        rc = recon_match_patches(g, pool);
    if (!rc && g->params.holds_action)
        rc = recon_borrow(g, pool);
    if (!rc)
        rc = recon_complete(g, pool);
    if (!rc)
        recon_doubt(g, pool);
    return rc;
}

static bool begins_with_points(const sp_background_params *params, int views)
{
    return params->seeds == SP_SEEDS_POINTS ||
           (params->seeds == SP_SEEDS_AUTO && params->points_count >= POINTS_PER_VIEW * (int64_t)views);
}

static int seeds_of_points(sp_splat_cloud *out, const sp_view *views, int count,
                           const sp_background_params *params, sp_pool *pool)
{
    recon_stereo_params size;
    sp_splat_cloud cloud = {0};
    if (params->points_count < 1)
        return sp_error(SP_EINVAL, "there are no points for the background to begin with; import a "
                                   "calibration that has some, or begin with stereo");
    int rc = extent(&size, views, count, params->seed);
    if (!rc)
        rc = sp_splat_cloud_init(&cloud, (size_t)params->splats, params->sh_degree);
    if (!rc)
        rc = recon_point_seeds(&cloud, params, views, count, size.focus, size.distance_m, pool);
    if (rc)
        sp_splat_cloud_free(&cloud);
    else
        *out = cloud;
    return rc;
}

int recon_background_seeds(sp_splat_cloud *out, double (*gains)[3], const sp_view *views, int count,
                           const sp_background_params *params, sp_pool *pool, const sp_progress *progress)
{
    for (int i = 0; i < count; i++)
        gains[i][0] = gains[i][1] = gains[i][2] = 1;
    if (begins_with_points(params, count))
        return seeds_of_points(out, views, count, params, pool);
    sp_splat_cloud cloud = {0};
    recon_stereo_view *small = NULL;
    recon_geometry g = {.count = count};
    int rc = extent(&g.params, views, count, params->seed);
    if (!rc)
        rc = stereo_views(&small, views, count, recon_density(views, count, g.params.focus), params->budget_s,
                          pool);
    g.views = small;
    g.params.holds_action = params->holds_action;
    if (params->holds_action)
        g.params.action_radius_m = 0;
    if (!rc)
        rc = find_geometry(&g, pool, progress);
    if (!rc)
        rc = sp_splat_cloud_init(&cloud, (size_t)params->splats + 8192, params->sh_degree);
    if (!rc)
        rc = recon_fuse(&cloud, &g, params->splats);
    if (!rc)
        rc = recon_scaffold(&cloud, &g, params->splats, pool);
    if (!rc)
        memcpy(gains, g.gains, (size_t)count * sizeof *gains);
    recon_geometry_free(&g);
    recon_stereo_views_free(small, count);
    if (rc)
        sp_splat_cloud_free(&cloud);
    else
        *out = cloud;
    return rc;
}

// ---- Optimisation
// ---------------------------------------------------------------------------------------------------

// What does not show the venue counts for nothing. valid may be empty: all of it is valid.
static int ignore_hidden(sp_image *valid, const sp_view *view, const sp_camera *camera)
{
    uint8_t *hidden;
    size_t pixels = (size_t)camera->width * (size_t)camera->height;
    int rc = recon_hidden(&hidden, view, camera);
    bool is_new = !valid->data;
    if (!rc && hidden && is_new)
        rc = sp_image_init(valid, camera->width, camera->height, 1);
    for (size_t i = 0; !rc && hidden && i < pixels; i++)
        valid->data[i] = hidden[i] ? 0 : is_new ? 1 : valid->data[i];
    free(hidden);
    return rc;
}

static int plate_target(recon_target *target, plate *out, const sp_view *view)
{
    sp_image full = {0}, pinhole = {0}, valid = {0};
    sp_camera camera = recon_pinhole(&view->camera);
    bool distorted = view->camera.lens != SP_LENS_PINHOLE;
    double shrink = sqrt(TARGET_PIXELS / ((double)camera.width * camera.height));
    *target = (recon_target){.camera = camera, .gains = {1, 1, 1, 0, 0, 0}};
    if (shrink < 1)
        target->camera = sp_camera_resized(&camera, (int)lround(camera.width * shrink),
                                           (int)lround(camera.height * shrink));
    int rc = sp_image_from8(&full, view->image);
    if (!rc)
        rc = recon_undistort(&pinhole, distorted ? &valid : NULL, &full, &view->camera, &camera);
    if (!rc)
        rc = sp_image_resize(&out->rgb, &pinhole, target->camera.width, target->camera.height);
    if (!rc && distorted)
        rc = sp_image_resize(&out->valid, &valid, target->camera.width, target->camera.height);
    if (!rc)
        rc = ignore_hidden(&out->valid, view, &target->camera);
    sp_image_free(&full);
    sp_image_free(&pinhole);
    sp_image_free(&valid);
    target->rgb = &out->rgb;
    target->weight = out->valid.data ? &out->valid : NULL;
    return rc;
}

static int plate_target_at(void *context, int64_t i, int worker)
{
    (void)worker;
    view_job *job = context;
    int rc = plate_target(&job->targets[i], &job->plates[i], &job->views[i]);
    return rc ? sp_error_context(rc, "plate of camera %s", job->views[i].camera.id) : SP_OK;
}

// Few views, far apart: the stereo put surfaces where they are, and positions only settle while colours and
// coverage do the work. Dense views hold positions and shapes by themselves: these may go where the pictures
// want them, from coarse to fine.
static void set_rates(recon_optimise_params *p, double metres, double density)
{
    p->rates = (recon_rates){.position_m = recon_blend(5e-4, 1e-3, density) * metres,
                             .position_last_m = recon_blend(5e-5, 1e-4, density) * metres,
                             .log_scale = recon_blend(0.02, 0.04, density),
                             .rotation = recon_blend(0.01, 0.02, density),
                             .opacity = 0.05,
                             .colour = recon_blend(0.02, 0.04, density),
                             .sh_rest = 0.001};
    p->levels = density < 0.5 ? 2 : 3;
    p->level_until[1] = recon_blend(0.2, 0.15, density);
    p->level_until[2] = 0.04;
    p->opacity_cost = (float)(0.01 * density);
    if (density >= 0.5)
        p->sh_from = 0;
}

// What a single view sees can look right from there in any shape, and wrong from everywhere else.
static void hold_shapes(recon_rates *rates)
{
    rates->position_m *= HELD;
    rates->position_last_m *= HELD;
    rates->log_scale *= HELD;
    rates->rotation *= HELD;
}

static recon_optimise_params optimise_params(const sp_background_params *params, int views, double density,
                                             bool is_apart, double metres, double seconds)
{
    recon_optimise_params p = recon_optimise_params_default();
    bool from_points = begins_with_points(params, views);
    p.iterations = params->iterations;
    p.budget_s = params->budget_s > 0 ? fmax(params->budget_s - seconds, 1) : 0;
    set_rates(&p, metres, from_points ? 1 : density);
    if (is_apart && !from_points)
        hold_shapes(&p.rates);
    p.silhouette = 0;
    p.most_scale_m = 0.1 * metres * FAR_SHARE;
    p.most_stretch = 12;
    p.flatness = from_points ? 1 : 0.3f;
    p.fit_gains = params->holds_action && !from_points; // from what the stereo told
    p.budget_splats = (size_t)params->splats;
    p.kernels = params->kernels;
    p.seed = params->seed;
    p.stage = "background";
    p.watch = params->watch;
    p.watch_from_s = seconds;
    return p;
}

static int optimise_venue(sp_splat_cloud *cloud, sp_recon_report *report, const sp_view *views, int count,
                          const double (*gains)[3], const sp_background_params *params, double seconds,
                          sp_pool *pool, const sp_progress *progress)
{
    recon_stereo_params size;
    recon_target *targets = sp_calloc((size_t)count, sizeof *targets);
    plate *plates = sp_calloc((size_t)count, sizeof *plates);
    int rc = targets && plates ? extent(&size, views, count, params->seed) : SP_ENOMEM;
    view_job job = {.views = views, .targets = targets, .plates = plates};
    if (!rc)
        rc = sp_pool_try(pool, count, plate_target_at, &job);
    for (int i = 0; i < count && !rc; i++)
        memcpy(targets[i].gains, gains[i], sizeof gains[i]);
    recon_optimise_report done = {0};
    if (!rc) {
        double density = recon_density(views, count, size.focus);
        recon_optimise_params p =
            optimise_params(params, count, density, size.is_apart, size.distance_m, seconds);
        rc = recon_optimise(cloud, &done, targets, count, &p, pool, progress);
    }
    for (int i = 0; plates && i < count; i++) {
        sp_image_free(&plates[i].rgb);
        sp_image_free(&plates[i].valid);
    }
    free(plates);
    free(targets);
    report->optimise_s = done.seconds;
    report->iterations = done.iterations;
    report->loss_first = done.loss_first;
    report->loss_last = done.loss_last;
    return rc;
}

int sp_recon_background(sp_splat_cloud *out, sp_recon_report *report, const sp_view *views, int count,
                        const sp_background_params *params, sp_pool *pool, const sp_progress *progress)
{
    if (count < 1)
        return sp_error(SP_EINVAL, "the background needs at least one camera with a plate");
    sp_background_params p = params ? *params : sp_background_params_default();
    sp_splat_cloud cloud = {0};
    sp_recon_report own = {0};
    recon_stereo_params size;
    double start = sp_time_s(), (*gains)[3] = sp_calloc((size_t)count, sizeof *gains);
    int rc = gains ? extent(&size, views, count, p.seed) : SP_ENOMEM;
    if (!rc && p.sh_degree < 0)
        p.sh_degree = recon_density(views, count, size.focus) < 0.5 ? 0 : DENSE_SH_DEGREE;
    if (!rc)
        rc = recon_background_seeds(&cloud, gains, views, count, &p, pool, progress);
    own.seed_s = sp_time_s() - start;
    if (!rc)
        rc = optimise_venue(&cloud, &own, views, count, gains, &p, own.seed_s, pool, progress);
    free(gains);
    if (rc) {
        sp_splat_cloud_free(&cloud);
        return rc;
    }
    own.splats = (int64_t)cloud.count;
    *out = cloud;
    if (report)
        *report = own;
    return SP_OK;
}
