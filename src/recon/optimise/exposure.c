#include "exposure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Pixels between two moments' pictures: the splats' own size hides as much (row shutter of bench picture: the
// same with 2).
#define MOMENT_PX 3.0
// What was at a place for so large a part of the exposure leaves a mark in the matte.
#define MARK 0.4f
// Darker than this counts as this dark: a root has no slope at 0.
#define LEAST_VALUE 0.004f

int recon_exposure_open(recon_exposure *out, const sp_render_params *params, size_t most_pixels,
                        sp_pool *pool)
{
    *out = (recon_exposure){.params = *params, .pool = pool, .most_pixels = most_pixels};
    return sp_renderer_open(&out->renderers[0], params, pool);
}

void recon_exposure_close(recon_exposure *exposure)
{
    for (int k = 0; k < RECON_MOST_MOMENTS; k++) {
        sp_renderer_close(&exposure->renderers[k]);
        sp_image_free(&exposure->rgb[k]);
        sp_image_free(&exposure->alpha[k]);
    }
    sp_image_free(&exposure->d_rgb);
}

int recon_exposure_moments(double motion_px)
{
    return (int)fmin(fmax(ceil(motion_px / MOMENT_PX), 1), RECON_MOST_MOMENTS);
}

double recon_exposure_moment(int k, int n)
{
    return (k + 0.5) / n - 0.5;
}

static int make_moment(recon_exposure *e, int k)
{
    int rc = e->renderers[k] ? SP_OK : sp_renderer_open(&e->renderers[k], &e->params, e->pool);
    if (!e->rgb[k].data)
        e->rgb[k].data = sp_aligned_calloc(3 * e->most_pixels, sizeof(float));
    if (!e->d_rgb.data)
        e->d_rgb.data = sp_aligned_calloc(3 * e->most_pixels, sizeof(float));
    if (!e->alpha[k].data)
        e->alpha[k].data = sp_aligned_calloc(e->most_pixels, sizeof(float));
    bool is_whole = e->rgb[k].data && e->alpha[k].data && e->d_rgb.data;
    return rc || is_whole ? rc : SP_ENOMEM;
}

static size_t values_of(const sp_image *image)
{
    return (size_t)image->width * (size_t)image->height * (size_t)image->channels;
}

static void add_share(sp_image *sum, const sp_image *image, float share)
{
    for (size_t i = 0, n = values_of(sum); i < n; i++)
        sum->data[i] += share * image->data[i];
}

// What adds up over an exposure is light, which is about the square of the values that pictures keep of it.
static void add_light(sp_image *sum, const sp_image *image, float share)
{
    for (size_t i = 0, n = values_of(sum); i < n; i++) {
        float value = fmaxf(image->data[i], LEAST_VALUE);
        sum->data[i] += share * value * value;
    }
}

static void light_to_values(sp_image *image)
{
    for (size_t i = 0, n = values_of(image); i < n; i++)
        image->data[i] = sqrtf(image->data[i]);
}

// d(loss)/d(a moment's values) of d(loss)/d(the mean's): by d sqrt(sum of x^2 / n) / dx = x / (n mean).
static void light_backward(sp_image *d_moment, const sp_image *d_mean, const sp_image *mean,
                           const sp_image *moment, float share)
{
    for (size_t i = 0, n = values_of(d_moment); i < n; i++) {
        float value = moment->data[i];
        d_moment->data[i] = value > LEAST_VALUE ? share * d_mean->data[i] * value / mean->data[i] : 0;
    }
}

static void scale_image(sp_image *image, float by)
{
    for (size_t i = 0, n = values_of(image); i < n; i++)
        image->data[i] *= by;
}

static double time_of(const recon_shutter *s, int k)
{
    return s->dt_s + s->clock_s + s->exposure_s * recon_exposure_moment(k, s->moments);
}

static int draw_moment(recon_exposure *e, int k, const sp_splat_cloud *cloud, const sp_camera *camera,
                       sp_render_target *target)
{
    const recon_shutter *s = &e->shutter;
    sp_camera at = *camera;
    double later = time_of(s, k) - s->dt_s;
    sp_vec3 by = sp_v3_scale(sp_v3(s->drift[0], s->drift[1], s->drift[2]), later);
    at.translation = sp_v3_add(at.translation, sp_m3_apply(at.rotation, by));
    target->velocity = s->velocity;
    target->dt_s = time_of(s, k);
    return sp_renderer_draw(e->renderers[k], cloud, &at, target);
}

// A moment's picture has the form of the mean.
static void shape_like(sp_image *image, const sp_image *mean)
{
    image->width = mean->width;
    image->height = mean->height;
    image->channels = mean->channels;
}

int recon_exposure_draw(recon_exposure *e, const sp_splat_cloud *cloud, const sp_camera *camera,
                        sp_render_target *target, const recon_shutter *shutter)
{
    e->shutter = *shutter;
    int moments = shutter->moments, rc = SP_OK;
    if (moments == 1)
        return draw_moment(e, 0, cloud, camera, target);
    sp_image *rgb = target->rgb, *alpha = target->alpha;
    memset(rgb->data, 0, values_of(rgb) * sizeof(float));
    memset(alpha->data, 0, values_of(alpha) * sizeof(float));
    for (int k = 0; k < moments && !rc; k++) {
        sp_render_target one = *target;
        rc = make_moment(e, k);
        shape_like(one.rgb = &e->rgb[k], rgb);
        shape_like(one.alpha = &e->alpha[k], alpha);
        if (!rc)
            rc = draw_moment(e, k, cloud, camera, &one);
        if (rc)
            break;
        add_light(rgb, one.rgb, 1 / (float)moments);
        add_share(alpha, one.alpha, 1 / (float)moments);
    }
    if (rc)
        return rc;
    light_to_values(rgb);
    e->mean = rgb;
    return SP_OK;
}

void recon_exposure_doubt(const recon_exposure *e, sp_image *d_alpha)
{
    int moments = e->shutter.moments;
    for (size_t i = 0, n = values_of(d_alpha); i < n && moments > 1; i++) {
        float least = 1, most = 0, sum = 0;
        for (int k = 0; k < moments; k++) {
            float alpha = e->alpha[k].data[i];
            least = fminf(least, alpha);
            most = fmaxf(most, alpha);
            sum += alpha;
        }
        if (d_alpha->data[i] < 0 && sum > MARK * (float)moments)
            d_alpha->data[i] *= 1 - fmaxf(most - least, 0);
    }
}

int recon_exposure_backward(recon_exposure *e, const sp_splat_cloud *cloud, sp_image *d_rgb,
                            sp_image *d_alpha, const sp_render_gradient *gradient, recon_flow *flow)
{
    const recon_shutter *s = &e->shutter;
    int moments = s->moments, rc = SP_OK;
    if (moments > 1 && d_alpha)
        scale_image(d_alpha, 1 / (float)moments);
    for (int k = 0; k < moments && !rc; k++) {
        const sp_image *d = d_rgb;
        if (moments > 1) {
            shape_like(&e->d_rgb, d_rgb);
            light_backward(&e->d_rgb, d_rgb, e->mean, &e->rgb[k], 1 / (float)moments);
            d = &e->d_rgb;
        }
        rc = sp_renderer_backward(e->renderers[k], cloud, d, d_alpha, gradient);
        // The gradient of positions G_k is the sum so far, and what moment k added goes with its time t_k:
        // sum t_k (G_k - G_(k-1)) = sum (t_k - t_(k+1)) G_k, the last with t_k alone.
        double next = k + 1 < moments ? time_of(s, k + 1) : 0;
        if (!rc && flow)
            recon_flow_gather(flow, cloud, gradient->cloud, time_of(s, k) - next);
    }
    return rc;
}
