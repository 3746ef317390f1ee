#include "reflection.h"
#include "body_picture.h"
#include "mirror.h"
#include "shadow.h"
#include "../undistort.h"

#include <math.h>
#include <stdlib.h>

// A pixel tells of the floor where his mirror image is at least this dense and he himself at most so.
#define LEAST_MIRRORED 0.8f
#define MOST_COVERED 0.02f
// A floor is glossy when his colours explain this share of what the views differ from their plates by, in
// each half of the views, and both halves say about the same.
#define LEAST_GLOSS 0.03
#define LEAST_EXPLAINED 0.02
#define SAME_GLOSS 0.5
// Means over so many pixels (a Gaussian's deviation) are compared: of detail the mirror image is a pixel off
// here and there, and coded videos have little of it, which would make the floor seem duller than it is.
#define BLUR_PX 2.0
#define BLUR_TRUNCATE 3
#define LEAST_LOOKED 0.5f // share of the pixels of a mean that tell
// What a view's floor mirrored before is seen in its own plate at least in so many of the mirrored rays.
#define LEAST_BEFORE 0.5
// How far a pixel may be from what plate and mirror image make of it, 0..1.
#define TOLERANCE 0.07f

// Normal equations of one view: of the gloss (k) and of what the floor mirrored before (v, per channel).
typedef struct sums {
    double kk, kv[3], vv, kr, vr[3], rr;
} sums;

// The same, pixel by pixel of the window: light, 0 where nothing is told.
typedef struct terms {
    sp_image k, r;       // 3 channels: what a gloss of 1 would add, what the picture has more than its plate
    sp_image v, is_told; // 1 channel: how much of what was mirrored before is hidden, negative; 0 or 1
} terms;

typedef struct looked {
    sp_image mirrored, coverage; // of the window: premultiplied colours, density
    sums sums;
    double before[3]; // what the floor mirrored before, as far as the plate shows it, where ...
    bool has_before;  // ... it does
} looked;

typedef struct reflection_job {
    recon_reflection *reflection;
    looked *looked;
    const sp_splat_cloud *body;
    const recon_scene *scene;
    recon_scene *changed; // the same, where it is cleared
    const sp_view *views;
    double low[3], high[3];
    sp_kernels kernels;
} reflection_job;

// ---- What a view sees

// The view's mirror image, where it stands for the body as it is at the instant: what moves the camera
// instead of the body does so in the mirror, too.
static sp_camera mirrored_view(const recon_scene_view *view, const sp_camera *still, sp_rect window)
{
    sp_vec3 shift =
        sp_m3_apply_transposed(still->rotation, sp_v3_sub(view->full.translation, still->translation));
    shift.z = -shift.z;
    sp_camera camera = *still;
    camera.translation = sp_v3_add(camera.translation, sp_m3_apply(still->rotation, shift));
    camera = recon_mirrored(&camera);
    return sp_camera_cropped(&camera, window.x, window.y, window.width, window.height);
}

// Light adds up, its codes do not.
static float linear_mirrored(const looked *l, int channel, int i)
{
    float coverage = l->coverage.data[i];
    return coverage * sp_srgb_to_linear(sp_image_plane(&l->mirrored, channel)[i] / fmaxf(coverage, 1e-6f));
}

static int terms_init(terms *t, const sp_camera *crop)
{
    *t = (terms){0};
    int rc = sp_image_init(&t->k, crop->width, crop->height, 3);
    if (!rc)
        rc = sp_image_init(&t->r, crop->width, crop->height, 3);
    if (!rc)
        rc = sp_image_init(&t->v, crop->width, crop->height, 1);
    return rc ? rc : sp_image_init(&t->is_told, crop->width, crop->height, 1);
}

static void terms_free(terms *t)
{
    sp_image_free(&t->k);
    sp_image_free(&t->r);
    sp_image_free(&t->v);
    sp_image_free(&t->is_told);
}

// What the floor mirrored in a pixel before is about what the same camera sees along the mirrored ray, when
// that is far away. False outside the picture.
static bool seen_before(double light[3], const sp_view *view, const sp_camera *crop, int x, int y)
{
    sp_vec3 d;
    sp_vec2 px;
    if (!sp_camera_ray(&d, crop, (sp_vec2){x + 0.5, y + 0.5}))
        return false;
    d.z = -d.z;
    // Not from the eye, but along the same way: a point at infinity.
    sp_camera turning = view->camera;
    turning.translation = sp_v3(0, 0, 0);
    if (!sp_camera_project(&px, &turning, d) ||
        !(px.x >= 0 && px.y >= 0 && px.x < view->plate->width && px.y < view->plate->height))
        return false;
    const uint8_t *rgb = view->plate->data + 3 * ((size_t)px.y * (size_t)view->plate->width + (size_t)px.x);
    for (int c = 0; c < 3; c++)
        light[c] = (double)sp_srgb_to_linear((float)(view->gains[c] * rgb[c] / 255 + view->gains[3 + c]));
    return true;
}

// rgb and plate: of the window. own: how much he himself covers.
static void find_terms(terms *t, looked *l, const reflection_job *job, int v, const sp_camera *crop,
                       const sp_image *rgb, const sp_image *plate, const sp_image *own)
{
    const recon_scene_view *view = &job->scene->views[v];
    double looks = 0, seen = 0, light[3], sum[3] = {0};
    for (int i = 0; i < crop->width * crop->height; i++) {
        float coverage = l->coverage.data[i];
        if (coverage < LEAST_MIRRORED || own->data[i] > MOST_COVERED)
            continue;
        double sine = recon_floor_sine(crop, i % crop->width, i / crop->width);
        if (sine <= 0)
            continue;
        float share = (float)recon_mirror_share(sine);
        for (int c = 0; c < 3; c++) {
            float shade = job->scene->shadow ? recon_shadow_light(job->scene->shadow, c, crop, (size_t)i) : 1;
            float lit = (float)view->gains[c] * sp_image_plane(plate, c)[i] + (float)view->gains[3 + c];
            sp_image_plane(&t->k, c)[i] = share * linear_mirrored(l, c, i);
            sp_image_plane(&t->r, c)[i] =
                sp_srgb_to_linear(sp_image_plane(rgb, c)[i]) - sp_srgb_to_linear(shade * lit);
        }
        t->v.data[i] = -share * coverage;
        t->is_told.data[i] = 1;
        looks++;
        if (!seen_before(light, &job->views[v], crop, i % crop->width, i / crop->width))
            continue;
        seen++;
        for (int c = 0; c < 3; c++)
            sum[c] += light[c];
    }
    l->has_before = looks > 0 && seen >= LEAST_BEFORE * looks;
    for (int c = 0; c < 3 && l->has_before; c++)
        l->before[c] = sum[c] / seen;
}

static int blur_terms(terms *t)
{
    sp_image *all[4] = {&t->k, &t->r, &t->v, &t->is_told};
    int rc = SP_OK;
    for (int i = 0; i < 4 && !rc; i++)
        rc = sp_image_blur(all[i], BLUR_PX, BLUR_TRUNCATE);
    return rc;
}

static void add_terms(sums *s, const terms *t)
{
    for (int i = 0; i < t->v.width * t->v.height; i++) {
        double v = (double)t->v.data[i];
        if (t->is_told.data[i] < LEAST_LOOKED)
            continue;
        for (int c = 0; c < 3; c++) {
            double k = (double)sp_image_plane(&t->k, c)[i], r = (double)sp_image_plane(&t->r, c)[i];
            s->kk += k * k;
            s->kv[c] += k * v;
            s->kr += k * r;
            s->vr[c] += v * r;
            s->rr += r * r;
        }
        s->vv += v * v;
    }
}

static int add_view(looked *l, const reflection_job *job, int v, const sp_camera *crop, const sp_image *rgb,
                    const sp_image *plate, const sp_image *own)
{
    terms t;
    int rc = terms_init(&t, crop);
    if (!rc) {
        find_terms(&t, l, job, v, crop, rgb, plate, own);
        rc = blur_terms(&t);
    }
    if (!rc)
        add_terms(&l->sums, &t);
    terms_free(&t);
    return rc;
}

static int look_view(void *context, int64_t index, int worker)
{
    (void)worker;
    reflection_job *job = context;
    const recon_scene_view *view = &job->scene->views[index];
    recon_reflected *out = &job->reflection->views[index];
    looked *l = &job->looked[index];
    if (!view->used)
        return SP_OK;
    const sp_view *seen = &job->views[index];
    sp_camera still = recon_pinhole(&seen->camera);
    sp_rect w = out->window = recon_mirror_window(&still, job->low, job->high);
    if (!w.width)
        return SP_OK;
    sp_camera crop = sp_camera_cropped(&still, w.x, w.y, w.width, w.height),
              direct = sp_camera_cropped(&view->full, w.x, w.y, w.width, w.height),
              mirrored = mirrored_view(view, &still, w);
    sp_image rgb = {0}, plate = {0}, own = {0};
    int rc = recon_body_picture(&l->mirrored, &l->coverage, job->body, &mirrored, seen->dt_s, job->kernels);
    if (!rc)
        rc = recon_body_picture(NULL, &own, job->body, &direct, seen->dt_s, job->kernels);
    if (!rc)
        rc = recon_scene_picture(&rgb, seen->image, &seen->camera, &still, &crop);
    if (!rc)
        rc = recon_scene_picture(&plate, seen->plate, &seen->camera, &still, &crop);
    if (!rc)
        rc = add_view(l, job, (int)index, &crop, &rgb, &plate, &own);
    sp_image_free(&rgb);
    sp_image_free(&plate);
    sp_image_free(&own);
    return rc;
}

// ---- How glossy the floor is

// From every step-th view from first on: the gloss, and the share of the squared differences that it explains
// beyond what the views' means do.
static double solve(double *explained, const reflection_job *job, int first, int step)
{
    double above = 0, below = 0, left = 0;
    for (int v = first; v < job->scene->count; v += step) {
        const sums *s = &job->looked[v].sums;
        if (s->vv <= 0)
            continue;
        above += s->kr;
        below += s->kk;
        left += s->rr;
        for (int c = 0; c < 3; c++) {
            above -= s->kv[c] * s->vr[c] / s->vv;
            below -= s->kv[c] * s->kv[c] / s->vv;
            left -= s->vr[c] * s->vr[c] / s->vv;
        }
    }
    *explained = below > 0 && left > 0 && above > 0 ? above * above / (below * left) : 0;
    return below > 0 ? above / below : 0;
}

// From all views, with what the floor mirrored before as their plates show it: then how bright he is beside
// that tells, too, and not his contrasts alone. Of views that do not show it, these.
static double solve_level(const reflection_job *job)
{
    double above = 0, below = 0;
    for (int v = 0; v < job->scene->count; v++) {
        const looked *l = &job->looked[v];
        const sums *s = &l->sums;
        if (s->vv <= 0)
            continue;
        above += s->kr;
        below += s->kk;
        for (int c = 0; c < 3; c++) {
            double before = l->has_before ? l->before[c] : -s->kv[c] / s->vv;
            above += before * s->vr[c];
            below += before * (2 * s->kv[c] + before * s->vv);
        }
    }
    return below > 0 ? above / below : 0;
}

// His contrasts alone say whether the floor is glossy: a shadow or a wrong plate has no part in them. How
// much it mirrors they say too low rather than too high, because his splats are not quite right.
static double choose_gloss(const reflection_job *job)
{
    double explained[3], gloss = solve(&explained[0], job, 0, 1), half[2];
    for (int i = 0; i < 2; i++)
        half[i] = solve(&explained[1 + i], job, i, 2);
    bool is_sure = explained[1] > LEAST_EXPLAINED && explained[2] > LEAST_EXPLAINED &&
                   fabs(half[0] - half[1]) < SAME_GLOSS * gloss && gloss > LEAST_GLOSS;
    return is_sure ? fmin(fmax(solve_level(job), gloss), 1) : 0;
}

// What it changes in the view's window.
static int keep_change(recon_reflected *out, const looked *l, const sp_camera *still, double gloss)
{
    sp_rect w = out->window;
    if (!w.width || l->sums.vv <= 0) {
        out->window.width = 0;
        return SP_OK;
    }
    int rc = sp_image_init(&out->change, w.width, w.height, 3);
    for (int i = 0; !rc && i < w.width * w.height; i++) {
        double coverage = (double)l->coverage.data[i];
        double sine = coverage > 0.01 ? recon_floor_sine(still, w.x + i % w.width, w.y + i / w.width) : 0;
        for (int c = 0; sine > 0 && c < 3; c++) {
            double before = (l->sums.vr[c] - gloss * l->sums.kv[c]) / l->sums.vv; // times the gloss
            sp_image_plane(&out->change, c)[i] =
                (float)(recon_mirror_share(sine) *
                        (gloss * (double)linear_mirrored(l, c, i) - coverage * before));
        }
    }
    return rc;
}

static int body_above(sp_splat_cloud *out, reflection_job *job, const sp_splat_cloud *body)
{
    uint8_t *keep = sp_calloc(body->count + 1, 1);
    int rc = keep ? sp_splat_cloud_copy(out, body) : SP_ENOMEM;
    for (size_t i = 0; !rc && i < body->count; i++)
        keep[i] = sp_splat_row(body, SP_ROW_POSITION + 2)[i] > 0;
    if (!rc)
        sp_splat_cloud_filter(out, keep);
    free(keep);
    for (int a = 0; a < 3; a++) {
        job->low[a] = INFINITY;
        job->high[a] = -INFINITY;
        for (size_t i = 0; !rc && i < out->count; i++) {
            job->low[a] = fmin(job->low[a], (double)sp_splat_row(out, SP_ROW_POSITION + a)[i]);
            job->high[a] = fmax(job->high[a], (double)sp_splat_row(out, SP_ROW_POSITION + a)[i]);
        }
    }
    return rc;
}

static int measure(reflection_job *job, sp_pool *pool)
{
    recon_reflection *out = job->reflection;
    int rc = sp_pool_try(pool, out->count, look_view, job);
    out->gloss = rc ? 0 : choose_gloss(job);
    for (int v = 0; !rc && out->gloss > 0 && v < out->count; v++) {
        sp_camera still = recon_pinhole(&job->views[v].camera);
        rc = keep_change(&out->views[v], &job->looked[v], &still, out->gloss);
    }
    return rc;
}

int recon_reflection_measure(recon_reflection *out, const sp_splat_cloud *body, const recon_scene *scene,
                             const sp_view *views, sp_kernels kernels, sp_pool *pool)
{
    size_t n = (size_t)scene->count;
    sp_splat_cloud above = {0};
    recon_reflection made = {.views = sp_calloc(n, sizeof *made.views), .count = scene->count};
    reflection_job job = {.reflection = &made,
                          .looked = sp_calloc(n, sizeof *job.looked),
                          .body = &above,
                          .scene = scene,
                          .views = views,
                          .kernels = kernels};
    int rc = made.views && job.looked ? body_above(&above, &job, body) : SP_ENOMEM;
    if (!rc && above.count)
        rc = measure(&job, pool);
    for (int v = 0; job.looked && v < scene->count; v++) {
        sp_image_free(&job.looked[v].mirrored);
        sp_image_free(&job.looked[v].coverage);
    }
    free(job.looked);
    sp_splat_cloud_free(&above);
    if (rc)
        recon_reflection_free(&made);
    else
        *out = made;
    return rc;
}

void recon_reflection_free(recon_reflection *reflection)
{
    for (int v = 0; reflection->views && v < reflection->count; v++)
        sp_image_free(&reflection->views[v].change);
    free(reflection->views);
    *reflection = (recon_reflection){0};
}

float recon_reflection_at(const recon_reflected *view, int channel, int x, int y)
{
    sp_rect w = view->window;
    bool is_in = view->change.data && x >= w.x && y >= w.y && x < w.x + w.width && y < w.y + w.height;
    return is_in ? sp_image_plane(&view->change,
                                  channel)[(size_t)(y - w.y) * (size_t)w.width + (size_t)(x - w.x)]
                 : 0;
}

// ---- Mattes

// Whether the pixel of the window is the plate, in the shadow and with the mirror image.
static bool is_mirror(const recon_reflected *r, const recon_scene *scene, const recon_scene_view *view,
                      const sp_camera *crop, const sp_image *rgb, const sp_image *plate, int i)
{
    float changed = 0, differs = 0;
    for (int c = 0; c < 3; c++) {
        float light = scene->shadow ? recon_shadow_light(scene->shadow, c, crop, (size_t)i) : 1;
        float lit = (float)view->gains[c] * sp_image_plane(plate, c)[i] + (float)view->gains[3 + c];
        float mirror = sp_image_plane(&r->change, c)[i];
        changed = fmaxf(changed, fabsf(mirror));
        differs = fmaxf(differs, fabsf(sp_image_plane(rgb, c)[i] - recon_add_light(light * lit, mirror)));
    }
    return changed > 0 && differs < TOLERANCE;
}

static int clear_view(void *context, int64_t v, int worker)
{
    (void)worker;
    reflection_job *job = context;
    recon_scene_view *view = &job->changed->views[v];
    const recon_reflected *r = &job->reflection->views[v];
    const sp_view *seen = &job->views[v];
    sp_rect w = r->window;
    if (!view->used || !w.width)
        return SP_OK;
    sp_camera still = recon_pinhole(&seen->camera),
              crop = sp_camera_cropped(&still, w.x, w.y, w.width, w.height);
    sp_image rgb = {0}, plate = {0};
    int rc = recon_scene_picture(&rgb, seen->image, &seen->camera, &still, &crop);
    if (!rc)
        rc = recon_scene_picture(&plate, seen->plate, &seen->camera, &still, &crop);
    for (int i = 0; !rc && i < w.width * w.height; i++) {
        float *matte =
            &view->matte
                 .data[(size_t)(w.y + i / w.width) * (size_t)view->full.width + (size_t)(w.x + i % w.width)];
        if (*matte > 0 && is_mirror(r, job->scene, view, &crop, &rgb, &plate, i))
            *matte = 0;
    }
    sp_image_free(&rgb);
    sp_image_free(&plate);
    recon_silhouette_free(&view->silhouette);
    if (!rc)
        rc = recon_silhouette_init(&view->silhouette, &view->full, &view->matte,
                                   view->valid.data ? &view->valid : NULL);
    return rc;
}

int recon_reflection_clear(recon_scene *scene, const recon_reflection *reflection, const sp_view *views,
                           sp_pool *pool)
{
    recon_reflection seen = *reflection;
    reflection_job job = {.reflection = &seen, .scene = scene, .changed = scene, .views = views};
    return sp_pool_try(pool, scene->count, clear_view, &job);
}
