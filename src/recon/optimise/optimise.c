#include "optimise.h"
#include "optimiser.h"
#include "relocate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// How much of a node's velocity its neighbours share in a step.
#define FLOW_SMOOTHING 0.1
// Share by which the cloud may grow each time.
#define GROWTH 0.15

recon_optimise_params recon_optimise_params_default(void)
{
    return (recon_optimise_params){
        .views_per_step = 1,
        .levels = 3,
        .level_until = {1, 0.35, 0.12, 0.05},
        .crop = 1,
        .rates = {.position_m = 1e-3,
                  .position_last_m = 1e-4,
                  .log_scale = 0.01,
                  .rotation = 0.01,
                  .opacity = 0.05,
                  .colour = 0.02,
                  .sh_rest = 0.002},
        .dssim = 0.2,
        .silhouette = 0.3,
        .least_scale_m = 1e-4,
        .most_scale_m = 1e3,
        .most_stretch = 6,
        .flatness = 1,
        .grow_from = 0.1,
        .grow_until = 0.7,
        .grow_every = 100,
        .dead_opacity = 0.01,
        .sh_from = 0.5,
        .gain_prior = 0.05,
        .flow_rate = 0.15,
        .tick_rate = 1e-3,
        .report_views = 12,
        .stage = "optimise",
    };
}

static double lap(double *since)
{
    double now = sp_time_s(), passed = now - *since;
    *since = now;
    return passed;
}

static int make_room(optimiser *o)
{
    size_t room = o->params->budget_splats > o->cloud->count ? o->params->budget_splats : o->cloud->count;
    int rc = sp_splat_cloud_reserve(o->cloud, room);
    if (!rc && o->params->flow)
        rc = sp_splat_cloud_move(o->cloud);
    if (!rc)
        rc = sp_splat_cloud_init(&o->gradient, o->cloud->capacity, o->cloud->sh_degree);
    if (!rc)
        rc = recon_adam_init(&o->adam, o->cloud);
    if (!rc)
        rc = recon_loss_open(&o->loss, o->pyramid.most_width, o->pyramid.most_height, o->pool);
    size_t capacity = o->cloud->capacity + 1;
    o->screen = sp_calloc(capacity, sizeof *o->screen);
    o->need = sp_calloc(capacity, sizeof *o->need);
    o->visible = sp_calloc(capacity, 1);
    o->order = sp_calloc((size_t)o->views, sizeof *o->order);
    o->gains = sp_calloc((size_t)o->views, sizeof *o->gains);
    sp_image *scratch[4] = {&o->rgb, &o->alpha, &o->d_rgb, &o->d_alpha};
    for (int i = 0; i < 4; i++) {
        scratch[i]->data = sp_aligned_calloc(o->pyramid.most_pixels * (i % 2 ? 1 : 3), sizeof(float));
        rc = scratch[i]->data ? rc : SP_ENOMEM;
    }
    return rc || (o->screen && o->need && o->visible && o->order && o->gains) ? rc : SP_ENOMEM;
}

// Neighbours in the world become neighbours in memory, where drawing and stepping find them sooner.
static int arrange(optimiser *o)
{
    uint32_t *order = sp_calloc(o->cloud->count + 1, sizeof *order);
    int rc = order ? sp_splat_cloud_order(order, o->cloud) : SP_ENOMEM;
    if (!rc)
        rc = sp_splat_cloud_permute(o->cloud, order);
    if (!rc)
        rc = recon_adam_permute(&o->adam, order, o->cloud->count);
    free(order);
    return rc;
}

static int optimiser_open(optimiser *o)
{
    o->rng = sp_rng_seed(o->params->seed, 7);
    int rc = recon_pyramid_init(&o->pyramid, o->targets, o->views, o->params->levels, o->pool);
    if (!rc)
        rc = make_room(o);
    if (!rc)
        rc = arrange(o);
    sp_render_params render = sp_render_params_default();
    render.kernels = o->params->kernels;
    return rc ? rc : recon_exposure_open(&o->exposure, &render, o->pyramid.most_pixels, o->pool);
}

static void optimiser_close(optimiser *o)
{
    recon_exposure_close(&o->exposure);
    recon_pyramid_free(&o->pyramid);
    recon_adam_free(&o->adam);
    recon_loss_close(&o->loss);
    sp_splat_cloud_free(&o->gradient);
    free(o->screen);
    free(o->need);
    free(o->visible);
    free(o->order);
    free(o->gains);
    sp_image_free(&o->rgb);
    sp_image_free(&o->alpha);
    sp_image_free(&o->d_rgb);
    sp_image_free(&o->d_alpha);
}

static void regularise(optimiser *o, double progress)
{
    if (o->params->opacity_cost > 0) {
        float *d = sp_splat_row(&o->gradient, SP_ROW_OPACITY);
        const float *logit = sp_splat_row(o->cloud, SP_ROW_OPACITY);
        float scale = (float)(o->params->opacity_cost / (double)o->cloud->count);
        for (size_t i = 0; i < o->cloud->count; i++) {
            float opacity = 1 / (1 + expf(-logit[i]));
            d[i] += scale * opacity * (1 - opacity);
        }
    }
    for (int r = 0; r < o->params->regulariser_count; r++)
        o->params->regularisers[r].apply(o->params->regularisers[r].context, &o->shown, &o->gradient,
                                         progress);
}

static int grow(optimiser *o, int step, double progress)
{
    const recon_optimise_params *p = o->params;
    if (p->grow_every < 1 || step % p->grow_every || progress < p->grow_from || progress > p->grow_until)
        return SP_OK;
    size_t missing = p->budget_splats > o->cloud->count ? p->budget_splats - o->cloud->count : 0;
    size_t most = (size_t)(GROWTH * (double)o->cloud->count) + 1;
    int rc = recon_relocate(o->cloud, &o->adam, o->need, missing < most ? missing : most, p->dead_opacity,
                            &o->rng);
    return rc ? rc : arrange(o); // after which no splat needs anything yet
}

static int take_step(optimiser *o, int step, int *drawn, double progress)
{
    int level = optimise_level(o, progress),
        batch = o->params->views_per_step > 0 ? o->params->views_per_step : 1;
    optimise_show_degree(o, optimise_degree(o, progress));
    optimise_move(o);
    o->tick_rate = o->params->tick_rate * pow(1.0 / 10, progress);
    for (int b = 0; b < batch; b++, ++*drawn) {
        if (*drawn % o->views == 0) {
            optimise_shuffle(o);
            if (o->params->fit_gains)
                optimise_centre_gains(o);
        }
        int rc = optimise_add_view(o, o->order[*drawn % o->views], level);
        if (rc)
            return rc;
    }
    for (size_t i = 0; i < o->cloud->count; i++) {
        o->need[i] += o->screen[i];
        o->screen[i] = 0;
    }
    regularise(o, progress);
    recon_rates rates = optimise_rates(o, step, progress);
    if (o->params->flow && o->params->flow_rate > 0)
        recon_flow_step(o->params->flow, o->params->flow_rate * pow(1.0 / 10, progress), FLOW_SMOOTHING);
    recon_bounds bounds = {(float)log(o->params->least_scale_m), (float)log(o->params->most_scale_m),
                           (float)log(o->params->most_stretch), (float)log(o->params->flatness)};
    double clock = sp_time_s();
    recon_adam_step(&o->adam, &o->shown, &o->gradient, o->visible, &rates, &bounds, o->pool);
    o->times.adam_s += lap(&clock);
    memset(o->visible, 0, o->cloud->count);
    return grow(o, step + 1, progress);
}

static int run_steps(optimiser *o, recon_optimise_report *report, const sp_progress *progress)
{
    int drawn = 0;
    for (int step = 0;; step++) {
        double done = optimise_progress(o, step);
        report->iterations = step;
        int rc = sp_progress_step(progress, o->params->stage, fmin(done, 1), 1);
        if (rc || done >= 1)
            return rc;
        rc = optimise_look_if_due(o, step);
        if (!rc)
            rc = take_step(o, step, &drawn, done);
        if (rc)
            return rc;
    }
}

static int drop_dead(sp_splat_cloud *cloud, double dead_opacity)
{
    uint8_t *keep = sp_calloc(cloud->count + 1, 1);
    if (!keep)
        return SP_ENOMEM;
    float least = (float)log(dead_opacity / (1 - dead_opacity));
    for (size_t i = 0; i < cloud->count; i++)
        keep[i] = sp_splat_row(cloud, SP_ROW_OPACITY)[i] >= least;
    sp_splat_cloud_filter(cloud, keep);
    free(keep);
    return SP_OK;
}

// What is handed over lies in order, too: positions have moved since the last time.
static int hand_over(sp_splat_cloud *cloud, double dead_opacity)
{
    int rc = drop_dead(cloud, dead_opacity);
    uint32_t *order = sp_calloc(cloud->count + 1, sizeof *order);
    if (!rc)
        rc = order ? sp_splat_cloud_order(order, cloud) : SP_ENOMEM;
    if (!rc)
        rc = sp_splat_cloud_permute(cloud, order);
    free(order);
    return rc;
}

static int check(const recon_target *targets, int count, const recon_optimise_params *p)
{
    if (count < 1 || !targets)
        return sp_error(SP_EINVAL, "there is no picture to match");
    if (p->iterations <= 0 && p->budget_s <= 0)
        return sp_error(SP_EINVAL, "optimisation needs a number of iterations or a time budget");
    if (p->flow && p->views_per_step > 1)
        return sp_error(SP_EINVAL, "velocities are solved with one view a step");
    for (int v = 0; v < count; v++)
        if (targets[v].camera.lens != SP_LENS_PINHOLE || targets[v].rgb->width != targets[v].camera.width ||
            targets[v].rgb->height != targets[v].camera.height)
            return sp_error(SP_EINVAL, "camera %s: optimisation needs a pinhole picture of the camera's size",
                            targets[v].camera.id);
    return SP_OK;
}

int recon_optimise(sp_splat_cloud *cloud, recon_optimise_report *report, recon_target *targets, int count,
                   const recon_optimise_params *params, sp_pool *pool, const sp_progress *progress)
{
    int rc = check(targets, count, params);
    if (rc || !cloud->count)
        return rc;
    recon_optimise_report r = {0};
    optimiser o = {.params = params,
                   .cloud = cloud,
                   .targets = targets,
                   .views = count,
                   .pool = pool,
                   .begin_s = sp_time_s()};
    rc = optimiser_open(&o);
    if (!rc)
        rc = optimise_mean_loss(&r.loss_first, &o);
    double clock = sp_time_s();
    o.times = (recon_step_times){0};
    if (!rc)
        rc = run_steps(&o, &r, progress);
    r.times = o.times;
    r.times.all_s = lap(&clock) - o.aside_s;
    if (!rc)
        rc = optimise_mean_loss(&r.loss_last, &o);
    optimiser_close(&o);
    int dropped = hand_over(cloud, params->dead_opacity);
    if (params->flow && cloud->velocity)
        recon_flow_sample(cloud, params->flow, pool);
    r.seconds = optimise_spent_s(&o);
    if (!rc)
        rc = dropped;
    if (!rc && params->watch && !params->pays_for_looks)
        rc = optimise_look(&o, r.iterations);
    if (report)
        *report = r;
    return rc;
}
