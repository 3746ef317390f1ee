// Venue and athlete, drawn together.
#include "floor/mirror.h"
#include "floor/shadow_order.h"

#include <stillpoint/recon.h>

#include <math.h>
#include <stdlib.h>

#define MOST_OPACITY 0.995
#define LEAST_COVERED 0.1f // of a pixel that venue and athlete fill

struct sp_scene {
    sp_splat_cloud cloud; // venue, shadow, body
    size_t venue, shadow;
    float *behind;  // sp_render_target.behind_m; NULL: all are sorted where they are
    double *depths; // optical, of each splat of the shadow seen from straight above
    double gloss;
    sp_splat_cloud above, body; // what a glossy floor mirrors: the venue above it without and with the body
    double low[3], high[3];     // of the body
};

// ---- What is kept ready

static int keep_depths(sp_scene *s)
{
    s->depths = sp_calloc(s->shadow, sizeof *s->depths);
    if (!s->depths)
        return SP_ENOMEM;
    for (size_t i = 0; i < s->shadow; i++) // of opacity 1 / (1 + exp(-x))
        s->depths[i] = log1p(exp((double)sp_splat_row(&s->cloud, SP_ROW_OPACITY)[s->venue + i]));
    return recon_shadow_order(&s->behind, &s->cloud, s->venue, s->shadow);
}

static void bound_body(sp_scene *s)
{
    for (int a = 0; a < 3; a++) {
        s->low[a] = INFINITY;
        s->high[a] = -INFINITY;
        for (size_t i = s->venue + s->shadow; i < s->cloud.count; i++) {
            double at = (double)sp_splat_row(&s->cloud, SP_ROW_POSITION + a)[i];
            s->low[a] = fmin(s->low[a], at);
            s->high[a] = fmax(s->high[a], at);
        }
    }
}

// What is mirrored: all that stands above the floor, and of the venue that.
static int keep_mirrored(sp_scene *s)
{
    uint8_t *keep = sp_calloc(s->cloud.count + 1, 1);
    int rc = keep ? sp_splat_cloud_copy(&s->body, &s->cloud) : SP_ENOMEM;
    const float *z = sp_splat_row(&s->cloud, SP_ROW_POSITION + 2);
    for (size_t i = 0; !rc && i < s->cloud.count; i++)
        keep[i] = i < s->venue ? z[i] > (float)RECON_FLOOR_M : i >= s->venue + s->shadow && z[i] > 0;
    if (!rc)
        sp_splat_cloud_filter(&s->body, keep);
    if (!rc)
        rc = sp_splat_cloud_copy(&s->above, &s->cloud);
    for (size_t i = s->venue; !rc && i < s->cloud.count; i++)
        keep[i] = 0;
    if (!rc)
        sp_splat_cloud_filter(&s->above, keep);
    free(keep);
    bound_body(s);
    return rc;
}

int sp_scene_open(sp_scene **out, sp_splat_cloud *cloud, size_t venue_splats, const sp_floor *floor)
{
    size_t rest = cloud->count - (venue_splats < cloud->count ? venue_splats : cloud->count);
    sp_scene *s = sp_calloc(1, sizeof *s);
    int rc = s ? SP_OK : SP_ENOMEM;
    if (!rc && floor && (floor->shadow_splats < 0 || (uint64_t)floor->shadow_splats > rest))
        rc = sp_error(SP_EFORMAT, "the athlete has %zu splats, but his shadow is said to have %lld", rest,
                      (long long)floor->shadow_splats);
    if (rc) {
        free(s);
        sp_splat_cloud_free(cloud);
        return rc;
    }
    s->cloud = *cloud;
    *cloud = (sp_splat_cloud){0};
    s->venue = s->cloud.count - rest;
    s->shadow = floor ? (size_t)floor->shadow_splats : 0;
    bool is_mirrored = floor && floor->gloss > 0 && rest > s->shadow;
    s->gloss = is_mirrored ? floor->gloss : 0;
    if (s->shadow > 0)
        rc = keep_depths(s);
    if (!rc && is_mirrored)
        rc = keep_mirrored(s);
    if (rc)
        sp_scene_close(&s);
    else
        *out = s;
    return rc;
}

void sp_scene_close(sp_scene **scene)
{
    sp_scene *s = *scene;
    if (!s)
        return;
    sp_splat_cloud_free(&s->cloud);
    sp_splat_cloud_free(&s->above);
    sp_splat_cloud_free(&s->body);
    free(s->behind);
    free(s->depths);
    free(s);
    *scene = NULL;
}

const sp_splat_cloud *sp_scene_cloud(const sp_scene *scene)
{
    return &scene->cloud;
}

// ---- The shadow

// The renderer's low pass widens splats that are less than a pixel high. They are to take no more light for
// it: the Mip filter of Yu et al. 2024, for the layer alone. And where it adds less than the cut-off the
// renderer leaves it out, which takes just the cut-off times its area from a Gaussian's sum.
static void thin_shadow(sp_scene *s, const sp_camera *camera)
{
    const sp_render_params params = sp_render_params_default();
    const double low_pass = (double)params.low_pass_px2, cut = (double)params.alpha_cutoff;
    const float *x = sp_splat_row(&s->cloud, SP_ROW_POSITION), *y = x + s->cloud.capacity,
                *z = y + s->cloud.capacity, *scale = sp_splat_row(&s->cloud, SP_ROW_LOG_SCALE);
    float *opacity = sp_splat_row(&s->cloud, SP_ROW_OPACITY);
    sp_vec3 eye = sp_camera_center(camera);
    for (size_t k = 0; k < s->shadow; k++) {
        size_t i = s->venue + k;
        sp_vec3 to = sp_v3_sub(sp_v3((double)x[i], (double)y[i], (double)z[i]), eye);
        double distance = fmax(sp_v3_norm(to), 1e-3), across = exp((double)scale[i]) * camera->fx / distance,
               along = across * fabs(to.z) / distance;
        double share =
            1 / sqrt((1 + low_pass / (across * across)) * (1 + low_pass / fmax(along * along, 1e-9)));
        double wanted = fmin(cut - expm1(-s->depths[k] * share), MOST_OPACITY);
        opacity[i] = (float)log(wanted / (1 - wanted));
    }
}

// ---- Gaps

// A venue is everywhere. Where its splats, seen from a viewpoint that no camera had, leave gaps, these take
// the colours of what is drawn around them (normalised convolution: Knutsson and Westin 1993) instead of
// black.
static void close_gaps(sp_image *rgb, sp_image *alpha)
{
    size_t pixels = (size_t)rgb->width * (size_t)rgb->height;
    for (size_t i = 0; i < pixels; i++) {
        float scale = 1 / fmaxf(alpha->data[i], LEAST_COVERED);
        for (int c = 0; c < 3; c++)
            sp_image_plane(rgb, c)[i] *= scale;
        alpha->data[i] = fminf(alpha->data[i] * scale, 1);
    }
}

static int draw_closed(sp_scene *scene, sp_renderer *renderer, const sp_camera *camera, sp_image *rgb,
                       sp_image *alpha)
{
    sp_image own = {0};
    int rc = alpha ? SP_OK : sp_image_init(&own, camera->width, camera->height, 1);
    sp_render_target target = {.rgb = rgb, .alpha = alpha ? alpha : &own, .behind_m = scene->behind};
    if (!rc)
        rc = sp_renderer_draw(renderer, &scene->cloud, camera, &target);
    if (!rc)
        close_gaps(rgb, target.alpha);
    sp_image_free(&own);
    return rc;
}

// ---- The mirror image

typedef struct mirror_job {
    sp_image *rgb, *alpha; // alpha: NULL, or what is laid under where there is no venue
    const sp_scene *scene;
    const sp_camera *camera;
    sp_rect window;
    sp_image covered;     // how much of the floor something above it hides
    sp_image with, alone; // what the floor mirrors, with the body and without
    sp_image dense;       // how dense that is
} mirror_job;

// rgb, alpha: initialised here; one of them may be NULL.
static int draw_window(mirror_job *j, sp_renderer *renderer, const sp_splat_cloud *cloud,
                       const sp_camera *camera, sp_image *rgb, sp_image *alpha)
{
    int rc = rgb ? sp_image_init(rgb, j->window.width, j->window.height, 3) : SP_OK;
    if (!rc && alpha)
        rc = sp_image_init(alpha, j->window.width, j->window.height, 1);
    sp_render_target target = {.rgb = rgb, .alpha = alpha, .window = j->window};
    return rc ? rc : sp_renderer_draw(renderer, cloud, camera, &target);
}

// What the floor mirrors in a pixel of the window.
static float share_at(const mirror_job *j, int x, int y)
{
    double sine = recon_floor_sine(j->camera, j->window.x + x, j->window.y + y);
    return sine > 0 ? (float)(j->scene->gloss * recon_mirror_share(sine)) : 0;
}

// The floor mirrored the venue when its plate was taken; now the body is before that.
static void add_mirrored(mirror_job *j)
{
    sp_rect w = j->window;
    for (int y = 0; y < w.height; y++)
        for (int x = 0; x < w.width; x++) {
            size_t at = (size_t)y * (size_t)w.width + (size_t)x,
                   to = (size_t)(w.y + y) * (size_t)j->camera->width + (size_t)(w.x + x);
            float change[3], most = 0;
            for (int c = 0; c < 3; c++) {
                change[c] = sp_srgb_to_linear(fmaxf(sp_image_plane(&j->with, c)[at], 0)) -
                            sp_srgb_to_linear(fmaxf(sp_image_plane(&j->alone, c)[at], 0));
                most = fmaxf(most, fabsf(change[c]));
            }
            float share = most > 1e-3f ? share_at(j, x, y) : 0;
            for (int c = 0; c < 3 && share > 0; c++) {
                float *value = &sp_image_plane(j->rgb, c)[to];
                *value = recon_add_light(*value, share * (1 - j->covered.data[at]) * change[c]);
            }
        }
}

// Without the venue it is not known what the floor mirrored before: the mirror image is a layer between body
// and shadow, as dense as the floor mirrors, to be laid over whatever floor there is.
static void lay_mirrored(mirror_job *j)
{
    sp_rect w = j->window;
    for (int y = 0; y < w.height; y++)
        for (int x = 0; x < w.width; x++) {
            size_t at = (size_t)y * (size_t)w.width + (size_t)x,
                   to = (size_t)(w.y + y) * (size_t)j->camera->width + (size_t)(w.x + x);
            float share = j->dense.data[at] > 0 ? share_at(j, x, y) : 0;
            for (int c = 0; c < 3 && share > 0; c++)
                sp_image_plane(j->rgb, c)[to] +=
                    share * (1 - j->covered.data[at]) * sp_image_plane(&j->with, c)[at];
            if (j->alpha && share > 0)
                j->alpha->data[to] = 1 - (1 - share * j->dense.data[at]) * (1 - j->alpha->data[to]);
        }
}

static int draw_mirrored(sp_image *rgb, sp_image *alpha, const sp_scene *scene, sp_renderer *renderer,
                         const sp_camera *camera)
{
    sp_camera mirrored = recon_mirrored(camera);
    mirror_job j = {.rgb = rgb,
                    .alpha = alpha,
                    .scene = scene,
                    .camera = camera,
                    .window = recon_mirror_window(camera, scene->low, scene->high)};
    if (!j.window.width)
        return SP_OK;
    int rc = draw_window(&j, renderer, &scene->body, camera, NULL, &j.covered);
    if (!rc)
        rc = draw_window(&j, renderer, &scene->body, &mirrored, &j.with, &j.dense);
    if (!rc && scene->venue)
        rc = draw_window(&j, renderer, &scene->above, &mirrored, &j.alone, NULL);
    if (!rc && scene->venue)
        add_mirrored(&j);
    else if (!rc)
        lay_mirrored(&j);
    sp_image_free(&j.covered);
    sp_image_free(&j.with);
    sp_image_free(&j.alone);
    sp_image_free(&j.dense);
    return rc;
}

int sp_scene_draw(sp_scene *scene, sp_renderer *renderer, const sp_camera *camera, sp_image *rgb,
                  sp_image *alpha)
{
    sp_render_target target = {.rgb = rgb, .alpha = alpha, .behind_m = scene->behind};
    thin_shadow(scene, camera);
    int rc = scene->venue ? draw_closed(scene, renderer, camera, rgb, alpha)
                          : sp_renderer_draw(renderer, &scene->cloud, camera, &target);
    return rc || scene->gloss <= 0 ? rc : draw_mirrored(rgb, alpha, scene, renderer, camera);
}
