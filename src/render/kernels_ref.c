// The plain reference in single precision, as a backend.
#include "backend.h"
#include "camera_sums.h"
#include "grow.h"
#include "sort.h"

typedef float real;
#define REAL(function) function##f
#define REF(name) ref_##name
#include "ref_types.inc"
#include "ref_lens.inc"
#include "ref_geometry.inc"
#include "ref_shade.inc"
#include "ref_project.inc"
#include "ref_project_backward.inc"
#include "ref_blend.inc"
#include "ref_draw.inc"

static int ref_open(void **out, sp_pool *pool)
{
    ref_state *s = sp_calloc(1, sizeof *s);
    if (!s)
        return SP_ENOMEM;
    s->pool = pool;
    *out = s;
    return 0;
}

static void ref_close(void *state)
{
    ref_state_free(state);
    free(state);
}

static ref_cloud cloud_rows(const sp_splat_cloud *cloud, const render_view *view)
{
    return (ref_cloud){.count = cloud->count,
                       .stride = cloud->capacity,
                       .sh_degree = cloud->sh_degree,
                       .rows = cloud->data,
                       .velocity = view->velocity};
}

static int draw(void *state, const render_view *view, const sp_splat_cloud *cloud,
                const render_planes *planes, sp_render_stats *stats)
{
    ref_cloud rows = cloud_rows(cloud, view);
    ref_planes out = {planes->rgb, planes->alpha, planes->depth, planes->normal, planes->under};
    return ref_draw(state, view, &rows, &out, stats);
}

static int backward(void *state, const render_view *view, const sp_splat_cloud *cloud,
                    const render_gradients *gradients, sp_render_stats *stats)
{
    ref_cloud rows = cloud_rows(cloud, view);
    ref_job job = {.s = state,
                   .view = view,
                   .cloud = &rows,
                   .d_rgb = gradients->d_rgb,
                   .d_alpha = gradients->d_alpha,
                   .under = gradients->under,
                   .gradient = gradients->cloud->data,
                   .screen = gradients->screen,
                   .visible = gradients->visible,
                   .camera = gradients->camera};
    return ref_backward(&job, stats);
}

const render_backend render_reference = {
    .name = "reference", .open = ref_open, .close = ref_close, .draw = draw, .backward = backward};
