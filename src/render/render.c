// The public face: checks what comes in and picks a backend.
#include <stillpoint/render.h>

#include "backend.h"
#include "engine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Of sight_limit().
#define OUTSIDE 1.5

struct sp_renderer {
    sp_render_params params;
    sp_pool *pool;
    const render_backend *backend;
    void *state;
    sp_render_stats stats;
    // What the last draw saw, for backward.
    bool can_backward, has_alpha;
    render_view view;
    const sp_splat_cloud *cloud;
    size_t cloud_count, cloud_capacity;
    int sh_degree;
    const float *under;
};

sp_render_params sp_render_params_default(void)
{
    return (sp_render_params){.kernels = SP_KERNELS_AUTO,
                              .alpha_cutoff = 1.0f / 255,
                              .transmittance_stop = 1e-4f,
                              .low_pass_px2 = 0.3f,
                              .near_m = 0.05f};
}

static int choose_backend(const render_backend **out, sp_kernels kernels)
{
    sp_cpu_level best = sp_cpu_detect();
    if (kernels == SP_KERNELS_AUTO)
        kernels = best == SP_CPU_AVX512 ? SP_KERNELS_AVX512
                  : best == SP_CPU_AVX2 ? SP_KERNELS_AVX2
                                        : SP_KERNELS_BASELINE;
    switch (kernels) {
    case SP_KERNELS_REFERENCE:
        *out = &render_reference;
        return 0;
    case SP_KERNELS_BASELINE:
        *out = &render_baseline;
        return 0;
#if RENDER_HAS_X86
    case SP_KERNELS_AVX2:
        *out = &render_avx2;
        return best >= SP_CPU_AVX2
                   ? 0
                   : sp_error(
                         SP_ENOTSUP, "%s",
                         "this processor (or STILLPOINT_CPU) has no AVX2 kernels; ask for auto or baseline");
    case SP_KERNELS_AVX512:
        *out = &render_avx512;
        return best >= SP_CPU_AVX512
                   ? 0
                   : sp_error(
                         SP_ENOTSUP, "%s",
                         "this processor (or STILLPOINT_CPU) has no AVX-512 kernels; ask for auto or avx2");
#endif
    default:
        return sp_error(SP_ENOTSUP, "this build lacks the kernels that were asked for; ask for auto");
    }
}

static int check_params(const sp_render_params *p)
{
    if (!(p->alpha_cutoff >= 0 && p->alpha_cutoff < 1))
        return sp_error(SP_EINVAL, "alpha_cutoff is %g, it must lie in [0, 1)", (double)p->alpha_cutoff);
    if (!(p->transmittance_stop >= 0 && p->transmittance_stop < 1))
        return sp_error(SP_EINVAL, "transmittance_stop is %g, it must lie in [0, 1)",
                        (double)p->transmittance_stop);
    if (!(p->low_pass_px2 > 0 && p->low_pass_px2 < 1e6f))
        return sp_error(SP_EINVAL, "low_pass_px2 is %g, it must be positive", (double)p->low_pass_px2);
    if (!(p->near_m > 0))
        return sp_error(SP_EINVAL, "near_m is %g, it must be positive", (double)p->near_m);
    return 0;
}

int sp_renderer_open(sp_renderer **out, const sp_render_params *params, sp_pool *pool)
{
    sp_render_params defaults = sp_render_params_default();
    if (!params)
        params = &defaults;
    const render_backend *backend = NULL;
    int code = check_params(params);
    if (!code)
        code = choose_backend(&backend, params->kernels);
    if (code)
        return code;
    sp_renderer *r = sp_calloc(1, sizeof *r);
    if (!r)
        return SP_ENOMEM;
    r->params = *params;
    r->pool = pool;
    r->backend = backend;
    code = backend->open(&r->state, pool);
    if (code) {
        free(r);
        return code;
    }
    *out = r;
    return 0;
}

void sp_renderer_close(sp_renderer **renderer)
{
    sp_renderer *r = renderer ? *renderer : NULL;
    if (!r)
        return;
    r->backend->close(r->state);
    free(r);
    *renderer = NULL;
}

const char *sp_renderer_kernels(const sp_renderer *renderer)
{
    return renderer->backend->name;
}

void sp_renderer_stats(const sp_renderer *renderer, sp_render_stats *out)
{
    *out = renderer->stats;
}

static int check_image(const sp_image *image, const sp_camera *camera, const sp_rect *window, int channels,
                       const char *what)
{
    if (!image)
        return 0;
    if (!image->data || image->width != window->width || image->height != window->height ||
        image->channels != channels)
        return sp_error(SP_EINVAL,
                        "camera %s: the %s picture is %dx%d with %d channels, it must be %dx%d with %d",
                        camera->id, what, image->width, image->height, image->channels, window->width,
                        window->height, channels);
    return 0;
}

static sp_rect window_of(const sp_render_target *target, const sp_camera *camera)
{
    return target->window.width ? target->window : (sp_rect){0, 0, camera->width, camera->height};
}

static int check_pictures(const sp_camera *camera, const sp_render_target *target)
{
    sp_rect window = window_of(target, camera);
    if (window.x < 0 || window.y < 0 || window.width < 1 || window.height < 1 ||
        window.width > camera->width - window.x || window.height > camera->height - window.y)
        return sp_error(
            SP_EINVAL, "camera %s: the window %dx%d at (%d, %d) does not lie in the picture of %dx%d",
            camera->id, window.width, window.height, window.x, window.y, camera->width, camera->height);
    int code = check_image(target->rgb, camera, &window, 3, "rgb");
    if (!code)
        code = check_image(target->alpha, camera, &window, 1, "alpha");
    if (!code)
        code = check_image(target->depth, camera, &window, 1, "depth");
    if (!code)
        code = check_image(target->normal, camera, &window, 3, "normal");
    if (!code)
        code = check_image(target->under, camera, &window, 3, "under");
    return code;
}

static int check_extras(const sp_camera *camera, const sp_render_target *target)
{
    for (int k = 0; target->gains && k < 6; k++)
        if (!isfinite(target->gains[k]))
            return sp_error(SP_EINVAL, "camera %s: gains and offsets must be finite", camera->id);
    if (target->velocity && ((uintptr_t)target->velocity % 64 || !isfinite(target->dt_s)))
        return sp_error(SP_EINVAL, "velocities must be aligned to 64 bytes, and dt_s finite");
    if ((uintptr_t)target->behind_m % 64)
        return sp_error(SP_EINVAL, "what splats are sorted by must be aligned to 64 bytes");
    return 0;
}

static int check_draw(const sp_splat_cloud *cloud, const sp_camera *camera, const sp_render_target *target)
{
    if (camera->width < 1 || camera->height < 1 || camera->width > 65535 || camera->height > 65535)
        return sp_error(SP_EINVAL, "camera %s: its size is %dx%d px, it must lie in 1..65535", camera->id,
                        camera->width, camera->height);
    if (!(camera->fx > 0 && camera->fy > 0 && isfinite(camera->fx) && isfinite(camera->fy) &&
          isfinite(camera->cx) && isfinite(camera->cy)))
        return sp_error(SP_EINVAL, "camera %s: fx, fy must be positive and cx, cy finite", camera->id);
    if (cloud->count > cloud->capacity || cloud->count > UINT32_MAX / 2 || cloud->sh_degree < 0 ||
        cloud->sh_degree > SP_SH_DEGREE_MAX)
        return sp_error(SP_EINVAL, "a cloud of %zu splats (room for %zu) with SH degree %d cannot be drawn",
                        cloud->count, cloud->capacity, cloud->sh_degree);
    int code = check_pictures(camera, target);
    return code ? code : check_extras(camera, target);
}

// How far from the axis splats are drawn through the lens: its polynomial was fitted inside the picture, and
// well outside of it a splat's projected size is whatever the highest power makes of it (at twice a corner's
// radius often several pictures wide). So the limit is OUTSIDE times the farthest corner, or the lens's own.
static double sight_limit(const sp_camera *camera)
{
    double limit = sp_lens_limit(camera), corner = 0;
    if (camera->lens == SP_LENS_PINHOLE)
        return limit;
    for (int k = 0; k < 4; k++) {
        sp_vec2 at = {((k & 1 ? camera->width : 0) - camera->cx) / camera->fx,
                      ((k & 2 ? camera->height : 0) - camera->cy) / camera->fy};
        sp_vec2 plane;
        if (!sp_lens_undistort(&plane, camera, at))
            return limit; // the lens ends inside the picture, or sees past a right angle
        corner = fmax(corner, hypot(plane.x, plane.y));
    }
    if (camera->lens == SP_LENS_FISHEYE)
        corner = atan(corner);
    return fmin(limit, OUTSIDE * corner);
}

static render_view view_of(const sp_render_params *params, const sp_camera *camera,
                           const sp_render_target *target)
{
    sp_vec3 center = sp_camera_center(camera);
    sp_rect window = window_of(target, camera);
    render_view view = {
        .left = window.x,
        .top = window.y,
        .width = window.width,
        .height = window.height,
        .lens = camera->lens,
        .fx = camera->fx,
        .fy = camera->fy,
        .cx = camera->cx,
        .cy = camera->cy,
        .lens_limit = sight_limit(camera),
        .translation = {camera->translation.x, camera->translation.y, camera->translation.z},
        .center = {center.x, center.y, center.z},
        .alpha_cutoff = fmax((double)params->alpha_cutoff, RENDER_CUTOFF_MIN),
        .transmittance_stop = (double)params->transmittance_stop,
        .low_pass_px2 = (double)params->low_pass_px2,
        .near_m = (double)params->near_m,
        .antialias = params->antialias,
        .gains = {1, 1, 1, 0, 0, 0},
        .dt_s = target->dt_s,
        .velocity = target->velocity,
        .behind = target->behind_m,
    };
    if (camera->lens != SP_LENS_PINHOLE)
        memcpy(view.distortion, camera->distortion, sizeof view.distortion);
    if (target->gains)
        memcpy(view.gains, target->gains, sizeof view.gains);
    memcpy(view.rotation, camera->rotation.m, sizeof view.rotation);
    return view;
}

int sp_renderer_draw(sp_renderer *r, const sp_splat_cloud *cloud, const sp_camera *camera,
                     sp_render_target *target)
{
    int code = check_draw(cloud, camera, target);
    if (code)
        return code;
    r->can_backward = false;
    memset(&r->stats, 0, sizeof r->stats);
    r->view = view_of(&r->params, camera, target);
    render_planes planes = {.rgb = target->rgb ? target->rgb->data : NULL,
                            .alpha = target->alpha ? target->alpha->data : NULL,
                            .depth = target->depth ? target->depth->data : NULL,
                            .normal = target->normal ? target->normal->data : NULL,
                            .under = target->under ? target->under->data : NULL};
    code = r->backend->draw(r->state, &r->view, cloud, &planes, &r->stats);
    if (code)
        return code;
    r->cloud = cloud;
    r->cloud_count = cloud->count;
    r->cloud_capacity = cloud->capacity;
    r->sh_degree = cloud->sh_degree;
    r->under = target->under ? target->under->data : NULL;
    r->can_backward = target->rgb != NULL;
    r->has_alpha = target->alpha != NULL;
    return 0;
}

static int check_backward(const sp_renderer *r, const sp_splat_cloud *cloud, const sp_image *d_rgb,
                          const sp_image *d_alpha, const sp_splat_cloud *gradient)
{
    if (!r->can_backward || cloud != r->cloud || cloud->count != r->cloud_count ||
        cloud->capacity != r->cloud_capacity || cloud->sh_degree != r->sh_degree)
        return sp_error(SP_EINVAL, "a gradient needs a picture of the same cloud, drawn before it");
    if (!gradient || gradient->count != cloud->count || gradient->capacity != cloud->capacity ||
        gradient->sh_degree != cloud->sh_degree)
        return sp_error(SP_EINVAL, "the gradient must have the count, capacity and SH degree of the cloud");
    const render_view *v = &r->view;
    if (!d_rgb || d_rgb->width != v->width || d_rgb->height != v->height || d_rgb->channels != 3)
        return sp_error(SP_EINVAL, "d_rgb must be %dx%d with 3 channels", v->width, v->height);
    if (d_alpha && (d_alpha->width != v->width || d_alpha->height != v->height || d_alpha->channels != 1))
        return sp_error(SP_EINVAL, "d_alpha must be %dx%d with 1 channel", v->width, v->height);
    if (d_alpha && !r->has_alpha)
        return sp_error(SP_EINVAL, "a gradient with d_alpha needs alpha to have been drawn");
    return 0;
}

int sp_renderer_backward(sp_renderer *r, const sp_splat_cloud *cloud, const sp_image *d_rgb,
                         const sp_image *d_alpha, const sp_render_gradient *gradient)
{
    int code = check_backward(r, cloud, d_rgb, d_alpha, gradient->cloud);
    if (code)
        return code;
    render_gradients gradients = {.d_rgb = d_rgb->data,
                                  .d_alpha = d_alpha ? d_alpha->data : NULL,
                                  .under = r->under,
                                  .cloud = gradient->cloud,
                                  .screen = gradient->screen,
                                  .visible = gradient->visible,
                                  .camera = gradient->camera};
    return r->backend->backward(r->state, &r->view, cloud, &gradients, &r->stats);
}
