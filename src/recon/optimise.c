#include "optimise.h"
#include "adam.h"
#include "crop.h"
#include "loss.h"
#include "pyramid.h"
#include "relocate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define GAIN_RATE 0.003
// Strides of a schedule of n steps go with n^-0.6 (athletes of gt_dev at 120, 200 and 500 steps).
#define STRIDE_EXPONENT 0.6
#define LEAST_STRIDE 0.5
#define MOST_STRIDE 3.0
#define LEAST_KNOWN 20 // steps after which their speed is known
// Of a node's velocity, metres a second a step, and how much neighbours share in a step.
#define FLOW_RATE 0.15
#define FLOW_SMOOTHING 0.1
// Share by which the cloud may grow each time.
#define GROWTH 0.15
// Views whose mean loss stands in the report: of many, some spread evenly are enough.
#define REPORT_VIEWS 12

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
        .stage = "optimise",
    };
}

typedef struct gain_state {
    double first[6], second[6];
    int age;
} gain_state;

typedef struct optimiser {
    const recon_optimise_params *params;
    sp_splat_cloud *cloud;
    recon_target *targets;
    int views;
    sp_pool *pool;
    sp_renderer *renderer;
    recon_loss *loss;
    recon_pyramid pyramid;
    recon_adam adam;
    sp_splat_cloud shown;    // the cloud's rows of the degree in use, borrowed
    sp_splat_cloud gradient; // of the same rows; 0 between steps
    float *screen, *need;    // of this step; summed since the last relocation
    uint8_t *visible;
    int *order; // views, shuffled
    gain_state *gains;
    sp_image rgb, alpha, d_rgb, d_alpha; // of the level and view at hand; memory for the largest
    sp_rng rng;
    double begin_s, aside_s, watched_s; // when it began; not counted; next look due
    double reserve_s;                   // of the budget, for what the caller does in the end
    recon_step_times times;
} optimiser;

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
    return rc ? rc : sp_renderer_open(&o->renderer, &render, o->pool);
}

static void optimiser_close(optimiser *o)
{
    sp_renderer_close(&o->renderer);
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

// ---- One view

static double lap(double *since)
{
    double now = sp_time_s(), passed = now - *since;
    *since = now;
    return passed;
}

static void size_scratch(optimiser *o, const recon_level *level)
{
    sp_image *scratch[4] = {&o->rgb, &o->alpha, &o->d_rgb, &o->d_alpha};
    for (int i = 0; i < 4; i++) {
        scratch[i]->width = level->camera.width;
        scratch[i]->height = level->camera.height;
        scratch[i]->channels = i % 2 ? 1 : 3;
    }
}

// The rows of a lower degree are the first rows of a higher one: terms that are still 0 are neither drawn nor
// stepped.
static void show_degree(optimiser *o, int degree)
{
    o->shown = *o->cloud;
    o->shown.sh_degree = degree < o->cloud->sh_degree ? degree : o->cloud->sh_degree;
    o->gradient.count = o->cloud->count;
    o->gradient.sh_degree = o->shown.sh_degree;
}

// Draw and compare; rgb holds what the camera would see, d_rgb and d_alpha the gradients with respect to it.
static int compare(double *loss, optimiser *o, int view, const recon_level *level)
{
    double clock = sp_time_s();
    size_scratch(o, level);
    sp_render_target target = {.rgb = &o->rgb,
                               .alpha = &o->alpha,
                               .under = level->under.data ? &level->under : NULL,
                               .gains = o->targets[view].gains,
                               .velocity = o->params->flow ? o->cloud->velocity : NULL,
                               .dt_s = o->targets[view].dt_s};
    int rc = sp_renderer_draw(o->renderer, &o->shown, &level->camera, &target);
    o->times.forward_s += lap(&clock);
    if (rc)
        return rc;
    *loss = recon_loss_rgb(o->loss, &o->d_rgb, &o->rgb, &level->rgb,
                           level->weight.data ? &level->weight : NULL, o->params->dssim, o->pool);
    if (level->matte.data && o->params->silhouette > 0)
        *loss += recon_loss_alpha(o->loss, &o->d_alpha, &o->alpha, &level->matte,
                                  level->matte_weight.data ? &level->matte_weight : NULL,
                                  o->params->silhouette, o->pool);
    o->times.loss_s += lap(&clock);
    return SP_OK;
}

static void step_gains(optimiser *o, int view, const double d_gains[6])
{
    double *gains = o->targets[view].gains;
    gain_state *s = &o->gains[view];
    s->age++;
    for (int i = 0; i < 6; i++) {
        double d = d_gains[i] + o->params->gain_prior * (gains[i] - (i < 3)) * 0.01;
        s->first[i] += 0.1 * (d - s->first[i]);
        s->second[i] += 0.01 * (d * d - s->second[i]);
        double first = s->first[i] / (1 - pow(0.9, s->age)), second = s->second[i] / (1 - pow(0.99, s->age));
        gains[i] -= (i < 3 ? 1.0 : 0.3) * GAIN_RATE * first / (sqrt(second) + 1e-12);
    }
}

// What all views want belongs to the cloud's colours: on average gains stay 1 and offsets 0.
static void centre_gains(optimiser *o)
{
    for (int i = 0; i < 6; i++) {
        double mean = 0;
        for (int v = 0; v < o->views; v++)
            mean += o->targets[v].gains[i] / o->views;
        for (int v = 0; v < o->views; v++)
            o->targets[v].gains[i] -= mean - (i < 3);
    }
}

static int add_gradient(optimiser *o, int view, const recon_level *level, bool with_gains)
{
    double loss;
    int rc = compare(&loss, o, view, level);
    if (rc)
        return rc;
    bool matted = level->matte.data && o->params->silhouette > 0;
    sp_camera_gradient camera = {0};
    sp_render_gradient gradient = {.cloud = &o->gradient,
                                   .screen = o->screen,
                                   .visible = o->visible,
                                   .camera = with_gains ? &camera : NULL};
    double clock = sp_time_s();
    rc = sp_renderer_backward(o->renderer, &o->shown, &o->d_rgb, matted ? &o->d_alpha : NULL, &gradient);
    o->times.backward_s += lap(&clock);
    if (!rc && o->params->flow)
        recon_flow_gather(o->params->flow, &o->shown, &o->gradient, o->targets[view].dt_s);
    if (!rc && with_gains)
        step_gains(o, view, camera.gains);
    return rc;
}

// Coarse levels cost little and are seen whole.
static int add_view(optimiser *o, int view, int level)
{
    const recon_level *whole = &o->pyramid.levels[level * o->views + view];
    bool with_gains = o->params->fit_gains && level == 0;
    if (level > 0 || o->params->crop >= 1)
        return add_gradient(o, view, whole, with_gains);
    recon_level part;
    int rc = recon_crop(&part, whole, recon_crop_choose(&whole->camera, o->params->crop, &o->rng));
    if (rc)
        return rc;
    rc = add_gradient(o, view, &part, with_gains);
    recon_crop_free(&part);
    return rc;
}

static int mean_loss(double *out, optimiser *o)
{
    int looks = o->views < REPORT_VIEWS ? o->views : REPORT_VIEWS;
    *out = 0;
    show_degree(o, o->cloud->sh_degree);
    for (int k = 0; k < looks; k++) {
        int v = (int)((int64_t)k * o->views / looks);
        double loss;
        int rc = compare(&loss, o, v, &o->pyramid.levels[v]);
        if (rc)
            return rc;
        *out += loss / looks;
    }
    return SP_OK;
}

// ---- The clock

static double spent_s(const optimiser *o)
{
    return sp_time_s() - o->begin_s - o->aside_s;
}

static int look(optimiser *o, int iterations)
{
    const sp_recon_watch *watch = o->params->watch;
    double now_s = sp_time_s(), seconds = spent_s(o);
    int rc = watch->see(watch->context, o->cloud, o->params->watch_from_s + seconds, iterations);
    double took_s = sp_time_s() - now_s;
    if (o->params->pays_for_looks)
        o->reserve_s = fmax(o->reserve_s, took_s);
    else
        o->aside_s += took_s;
    o->watched_s = spent_s(o) + watch->every_s;
    return rc;
}

static int look_if_due(optimiser *o, int iterations)
{
    return o->params->watch && spent_s(o) >= o->watched_s ? look(o, iterations) : SP_OK;
}

// ---- The schedule

static void shuffle(optimiser *o)
{
    for (int i = 0; i < o->views; i++)
        o->order[i] = i;
    for (int i = o->views - 1; i > 0; i--) {
        int j = (int)(sp_rng_u32(&o->rng) % (uint32_t)(i + 1)), t = o->order[i];
        o->order[i] = o->order[j];
        o->order[j] = t;
    }
}

static int level_at(const optimiser *o, double progress)
{
    for (int l = o->pyramid.count - 1; l > 0; l--)
        if (progress < o->params->level_until[l])
            return l;
    return 0;
}

static int degree_at(const optimiser *o, double progress)
{
    return progress < o->params->sh_from ? o->params->sh_degree_from : o->cloud->sh_degree;
}

// How much longer than usual strides are, where the schedule has fewer steps than the rates are meant for.
// With a budget in seconds the steps so far say how many there will be.
static double stride(const optimiser *o, int step, double progress)
{
    const recon_optimise_params *p = o->params;
    if (p->rates_for <= 0)
        return 1;
    bool is_known = step >= LEAST_KNOWN && progress > 0;
    double steps = is_known ? step / progress : p->iterations > 0 ? p->iterations : p->rates_for;
    return fmin(fmax(pow(p->rates_for / steps, STRIDE_EXPONENT), LEAST_STRIDE), MOST_STRIDE);
}

static recon_rates rates_at(const optimiser *o, int step, double progress)
{
    recon_rates r = o->params->rates;
    double by = stride(o, step, progress), fade = by * pow(1.0 / 3, progress);
    r.position_m *= by * pow(r.position_last_m / r.position_m, progress);
    r.log_scale *= fade;
    r.rotation *= fade;
    r.opacity *= fade;
    r.colour *= fade;
    r.sh_rest *= fade;
    return r;
}

static double progress_at(const optimiser *o, int step)
{
    const recon_optimise_params *p = o->params;
    double by_steps = p->iterations > 0 ? (double)step / p->iterations : 0;
    double by_time = p->budget_s > 0 ? (spent_s(o) + o->reserve_s) / p->budget_s : 0;
    return fmax(by_steps, by_time);
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
    int level = level_at(o, progress), batch = o->params->views_per_step > 0 ? o->params->views_per_step : 1;
    show_degree(o, degree_at(o, progress));
    if (o->params->flow)
        recon_flow_sample(o->cloud, o->params->flow, o->pool);
    for (int b = 0; b < batch; b++, ++*drawn) {
        if (*drawn % o->views == 0) {
            shuffle(o);
            if (o->params->fit_gains)
                centre_gains(o);
        }
        int rc = add_view(o, o->order[*drawn % o->views], level);
        if (rc)
            return rc;
    }
    for (size_t i = 0; i < o->cloud->count; i++) {
        o->need[i] += o->screen[i];
        o->screen[i] = 0;
    }
    regularise(o, progress);
    recon_rates rates = rates_at(o, step, progress);
    if (o->params->flow)
        recon_flow_step(o->params->flow, FLOW_RATE * pow(1.0 / 10, progress), FLOW_SMOOTHING);
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
        double done = progress_at(o, step);
        report->iterations = step;
        int rc = sp_progress_step(progress, o->params->stage, fmin(done, 1), 1);
        if (rc || done >= 1)
            return rc;
        rc = look_if_due(o, step);
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
        rc = mean_loss(&r.loss_first, &o);
    double clock = sp_time_s();
    o.times = (recon_step_times){0};
    if (!rc)
        rc = run_steps(&o, &r, progress);
    r.times = o.times;
    r.times.all_s = lap(&clock) - o.aside_s;
    if (!rc)
        rc = mean_loss(&r.loss_last, &o);
    optimiser_close(&o);
    int dropped = hand_over(cloud, params->dead_opacity);
    if (params->flow && cloud->velocity)
        recon_flow_sample(cloud, params->flow, pool);
    r.seconds = spent_s(&o);
    if (!rc)
        rc = dropped;
    if (!rc && params->watch && !params->pays_for_looks)
        rc = look(&o, r.iterations);
    if (report)
        *report = r;
    return rc;
}
