// What one view says: its picture as the cloud would have it, and what is to change.
#include "crop.h"
#include "optimiser.h"

#include <math.h>

#define GAIN_RATE 0.003
// So many standard deviations above the mean is a speed that few splats exceed.
#define FEW_FASTER 2.0
#define NEAREST_M 0.05

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

void optimise_show_degree(optimiser *o, int degree)
{
    o->shown = *o->cloud;
    o->shown.sh_degree = degree < o->cloud->sh_degree ? degree : o->cloud->sh_degree;
    o->gradient.count = o->cloud->count;
    o->gradient.sh_degree = o->shown.sh_degree;
}

void optimise_move(optimiser *o)
{
    const sp_splat_cloud *c = o->cloud;
    if (!o->params->flow)
        return;
    recon_flow_sample(o->cloud, o->params->flow, o->pool);
    const double *drift = o->params->drift;
    double sums[3] = {0}, mean = 0, square = 0, count = (double)(c->count ? c->count : 1);
    for (size_t i = 0; i < c->count; i++) {
        double v2 = 0;
        for (size_t k = 0; k < 3; k++) {
            double v = (double)c->velocity[k * c->capacity + i] + drift[k];
            sums[k] += (double)sp_splat_row(c, SP_ROW_POSITION + (int)k)[i] / count;
            v2 += v * v;
        }
        square += v2 / count;
        mean += sqrt(v2) / count;
    }
    o->middle = sp_v3(sums[0], sums[1], sums[2]);
    o->speed = mean + FEW_FASTER * sqrt(fmax(square - mean * mean, 0));
}

// How the view's shutter sees the splats move; small pictures need fewer moments.
static recon_shutter shutter_of(const optimiser *o, int view, const sp_camera *camera)
{
    const recon_target *target = &o->targets[view];
    recon_shutter s = {.moments = 1};
    if (!o->params->flow)
        return s;
    s.velocity = o->cloud->velocity;
    s.dt_s = target->dt_s;
    s.clock_s = o->params->ticks ? o->params->ticks[target->clock].offset_s : 0;
    for (int k = 0; k < 3; k++)
        s.drift[k] = o->params->drift[k];
    double depth = fmax(sp_camera_to_cam(camera, o->middle).z, NEAREST_M);
    int moments = recon_exposure_moments(target->exposure_s * o->speed * camera->fx / depth);
    if (moments == 1)
        return s;
    s.moments = moments;
    s.exposure_s = target->exposure_s;
    return s;
}

// Draw and compare; rgb holds what the camera would see, d_rgb and d_alpha the gradients with respect to it.
static int compare(double *loss, optimiser *o, int view, const recon_level *level)
{
    double clock = sp_time_s();
    size_scratch(o, level);
    sp_render_target target = {.rgb = &o->rgb,
                               .alpha = &o->alpha,
                               .under = level->under.data ? &level->under : NULL,
                               .gains = o->targets[view].gains};
    recon_shutter shutter = shutter_of(o, view, &level->camera);
    int rc = recon_exposure_draw(&o->exposure, &o->shown, &level->camera, &target, &shutter);
    o->times.forward_s += lap(&clock);
    if (rc)
        return rc;
    *loss = recon_loss_rgb(o->loss, &o->d_rgb, &o->rgb, &level->rgb,
                           level->weight.data ? &level->weight : NULL, o->params->dssim, o->pool);
    if (level->matte.data && o->params->silhouette > 0)
        *loss += recon_loss_alpha(o->loss, &o->d_alpha, &o->alpha, &level->matte,
                                  level->matte_weight.data ? &level->matte_weight : NULL,
                                  o->params->silhouette, o->pool);
    if (level->matte.data && o->params->silhouette > 0)
        recon_exposure_doubt(&o->exposure, &o->d_alpha);
    o->times.loss_s += lap(&clock);
    return SP_OK;
}

static void step_gains(optimiser *o, int view, const double d_gains[6])
{
    double *gains = o->targets[view].gains;
    optimise_gains *s = &o->gains[view];
    s->age++;
    for (int i = 0; i < 6; i++) {
        double d = d_gains[i] + o->params->gain_prior * (gains[i] - (i < 3)) * 0.01;
        s->first[i] += 0.1 * (d - s->first[i]);
        s->second[i] += 0.01 * (d * d - s->second[i]);
        double first = s->first[i] / (1 - pow(0.9, s->age)), second = s->second[i] / (1 - pow(0.99, s->age));
        gains[i] -= (i < 3 ? 1.0 : 0.3) * GAIN_RATE * first / (sqrt(second) + 1e-12);
    }
}

void optimise_centre_gains(optimiser *o)
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
    rc = recon_exposure_backward(&o->exposure, &o->shown, &o->d_rgb, matted ? &o->d_alpha : NULL, &gradient,
                                 o->params->flow_rate > 0 ? o->params->flow : NULL);
    if (!rc && o->params->flow && o->params->ticks) {
        const recon_optimise_params *p = o->params;
        double d = recon_tick_gradient(&o->shown, &o->gradient, p->drift);
        recon_tick_step(p->ticks, p->tick_count, o->targets[view].clock, d, o->tick_rate);
    }
    o->times.backward_s += lap(&clock);
    if (!rc && with_gains)
        step_gains(o, view, camera.gains);
    return rc;
}

// Coarse levels cost little and are seen whole.
int optimise_add_view(optimiser *o, int view, int level)
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

int optimise_mean_loss(double *out, optimiser *o)
{
    int most = o->params->report_views, looks = o->views < most ? o->views : most;
    *out = 0;
    if (looks < 1)
        return SP_OK;
    optimise_show_degree(o, o->cloud->sh_degree);
    optimise_move(o);
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
