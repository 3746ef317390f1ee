#include "borrow.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cloud.h"
#include "draw.h"
#include "light.h"
#include "median.h"

// A matte that agrees less than this share of the others' median has holes or too much.
#define WEAK 0.75
#define LEAST_OTHERS 3
// Where what is drawn of the athlete is not sure: within this share of his size, and so many px, of the edge.
#define BAND_SHARE 0.015
#define BAND_PX 2.0

int replay_borrow_who(bool *is_weak, int *count, const replay_instant *instant, const replay_plates *plates,
                      const sp_view *views, sp_pool *pool)
{
    int frames = instant->set.count, guesses = 0;
    for (int i = 0; i < frames; i++) {
        const replay_plate *plate = &plates->plates[instant->set.frames[i].camera_index];
        is_weak[i] = !plate->is_given && !plate->is_still;
        guesses += is_weak[i];
    }
    *count = 0;
    if (!guesses)
        return SP_OK;
    double *agreement = sp_calloc(2 * (size_t)frames, sizeof *agreement);
    int code = agreement ? sp_recon_agreement(agreement, views, frames, pool) : SP_ENOMEM;
    if (code == SP_OK) {
        memcpy(agreement + frames, agreement, sizeof *agreement * (size_t)frames);
        double limit = WEAK * replay_median(agreement + frames, frames);
        for (int i = 0; i < frames; i++)
            *count += is_weak[i] = is_weak[i] && agreement[i] < limit;
    }
    if (frames - *count < LEAST_OTHERS) { // the others would know no better
        memset(is_weak, 0, sizeof *is_weak * (size_t)frames);
        *count = 0;
    }
    free(agreement);
    return code;
}

// ---- What the others see

typedef struct lender {
    sp_renderer *renderer;
    sp_splat_cloud athlete, venue;
    sp_splat_cloud scene; // for the cameras aside: empty where there are none
    sp_pool *pool;
} lender;

static int lender_open(lender *l, const replay_instant *instant, int64_t shadow_splats, sp_kernels kernels,
                       sp_pool *pool)
{
    *l = (lender){.pool = pool};
    int code = replay_renderer(&l->renderer, kernels, pool);
    if (code == SP_OK)
        code = sp_splat_load(&l->venue, instant->venue);
    if (code == SP_OK && instant->light)
        replay_light_cast(&l->venue, instant->light);
    bool is_asked = instant->aside.count > 0; // whether somebody's picture is that of the scene
    if (code == SP_OK && is_asked)
        code = replay_append(&l->scene, &l->venue);
    if (code == SP_OK && is_asked)
        code = replay_append(&l->scene, &instant->cloud);
    if (code == SP_OK)
        code = sp_splat_cloud_copy(&l->athlete, &instant->cloud);
    return code == SP_OK ? replay_drop_shadow(&l->athlete, shadow_splats) : code;
}

static void lender_close(lender *l)
{
    sp_renderer_close(&l->renderer);
    sp_splat_cloud_free(&l->athlete);
    sp_splat_cloud_free(&l->venue);
    sp_splat_cloud_free(&l->scene);
}

// ---- Mattes

// *matte is what differs from the plate; what is drawn of the athlete decides where it is sure.
static int settle(sp_image *matte, const sp_image *alpha)
{
    sp_image outside = {0}, near = {0}, far = {0};
    size_t pixels = (size_t)alpha->width * (size_t)alpha->height;
    sp_rect box = sp_mask_bounds(alpha, 0.5f, 0, 0);
    double band = BAND_PX + BAND_SHARE * fmax(box.width, box.height);
    int code = sp_mask_grow(&near, alpha, 0.5f, band);
    if (code == SP_OK)
        code = sp_image_copy(&outside, alpha);
    for (size_t i = 0; code == SP_OK && i < pixels; i++)
        outside.data[i] = 1 - alpha->data[i];
    if (code == SP_OK)
        code = sp_mask_grow(&far, &outside, 0.5f, band);
    for (size_t i = 0; code == SP_OK && i < pixels; i++)
        matte->data[i] = near.data[i] < 0.5f ? 0 : far.data[i] < 0.5f ? 1 : matte->data[i];
    sp_image_free(&outside);
    sp_image_free(&near);
    sp_image_free(&far);
    return code;
}

static int lend(sp_image *matte, replay_stand *stand, double gains[6], const sp_frame *frame, double t_s,
                lender *l)
{
    sp_image alpha = {0}, own = {0};
    sp_matte_params params = sp_matte_params_default();
    sp_image8_free(&stand->plate);
    sp_image_free(&stand->spread);
    int code = replay_draw(&stand->plate, l->renderer, &l->venue, &frame->camera, false);
    if (code == SP_OK)
        code = sp_image_init(&alpha, frame->camera.width, frame->camera.height, 1);
    sp_render_target target = {.alpha = &alpha, .velocity = l->athlete.velocity, .dt_s = frame->t_s - t_s};
    if (code == SP_OK)
        code = sp_renderer_draw(l->renderer, &l->athlete, &frame->camera, &target);
    if (code == SP_OK)
        code = sp_matte(&own, gains, &frame->image, &stand->plate, NULL, &params, l->pool);
    if (code == SP_OK)
        code = settle(&own, &alpha);
    sp_image_free(&alpha);
    if (code < 0) {
        sp_image_free(&own);
        return sp_error_context(code, "camera %s", frame->camera.id);
    }
    sp_image_free(matte);
    *matte = own;
    stand->is_borrowed = true;
    return SP_OK;
}

// ---- Cameras aside

// Is its picture that of the scene, as it was calibrated or turned by a little?
static int is_of_scene(bool *out, sp_frame *frame, replay_stand *stand, lender *l)
{
    sp_image8 scene = {0};
    sp_plate_fit fit;
    int code = replay_draw(&scene, l->renderer, &l->scene, &frame->camera, false);
    if (code == SP_OK)
        code = sp_plate_fit_find(&fit, &frame->image, &scene, &frame->camera);
    sp_image8_free(&scene);
    *out = code == SP_OK && fit.alike >= SP_PLATE_ALIKE;
    if (*out && fit.moved_px > 0) {
        frame->camera = sp_plate_fit_camera(&fit, &frame->camera);
        stand->fit.turn = fit.turn;
        stand->fit.moved_px = fit.moved_px;
    }
    return code;
}

// Back into the set, in the order of cameras.
static int take_back(replay_instant *instant, double (*gains)[6], int aside)
{
    sp_frame_set *set = &instant->set, *from = &instant->aside;
    sp_frame frame = from->frames[aside], *grown = sp_calloc((size_t)set->count + 1, sizeof *grown);
    if (!grown)
        return SP_ENOMEM;
    int at = 0;
    while (at < set->count && set->frames[at].camera_index < frame.camera_index)
        at++;
    size_t before = (size_t)at, after = (size_t)(set->count - at);
    memcpy(grown, set->frames, before * sizeof *grown);
    grown[at] = frame;
    memcpy(grown + at + 1, set->frames + at, after * sizeof *grown);
    free(set->frames);
    set->frames = grown;
    set->count++;
    memmove(instant->mattes + at + 1, instant->mattes + at, after * sizeof *instant->mattes);
    instant->mattes[at] = (sp_image){0};
    memmove(gains + at + 1, gains + at, after * sizeof *gains);
    from->count--;
    memmove(from->frames + aside, from->frames + aside + 1,
            (size_t)(from->count - aside) * sizeof *from->frames);
    return at;
}

static int lend_aside(replay_instant *instant, double (*gains)[6], lender *l)
{
    int code = SP_OK;
    for (int i = instant->aside.count - 1; i >= 0 && code >= 0; i--) {
        sp_frame *frame = &instant->aside.frames[i];
        replay_stand *stand = &instant->stands[frame->camera_index];
        bool is_known;
        code = is_of_scene(&is_known, frame, stand, l);
        if (code < 0 || !is_known)
            continue;
        int at = code = take_back(instant, gains, i);
        if (code >= 0)
            code = lend(&instant->mattes[at], stand, gains[at], &instant->set.frames[at], instant->t_s, l);
    }
    return code < 0 ? code : SP_OK;
}

int replay_borrow(replay_instant *instant, const bool *is_weak, int64_t shadow_splats, double (*gains)[6],
                  sp_kernels kernels, sp_pool *pool)
{
    lender l;
    int code = lender_open(&l, instant, shadow_splats, kernels, pool);
    for (int i = 0; i < instant->set.count && code == SP_OK; i++) {
        const sp_frame *frame = &instant->set.frames[i];
        if (is_weak[i])
            code = lend(&instant->mattes[i], &instant->stands[frame->camera_index], gains[i], frame,
                        instant->t_s, &l);
    }
    if (code == SP_OK)
        code = lend_aside(instant, gains, &l);
    lender_close(&l);
    return code;
}
