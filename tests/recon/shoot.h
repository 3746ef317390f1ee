// A textured ellipsoid before a textured wall, at rest or in flight: what eight cameras around it see, and
// how well a cloud looks like it from half way between them.
#ifndef TESTS_RECON_SHOOT_H
#define TESTS_RECON_SHOOT_H

#include <stillpoint/recon.h>

#include "rig_of_ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define VIEWS 8
#define ALL_VIEWS (2 * VIEWS)
#define W 160
#define H 160

static const ellipsoid BODY = {{0.05, -0.05, 1.1}, {0.3, 0.22, 0.6}};

typedef struct shoot {
    sp_image8 images[ALL_VIEWS], plates[ALL_VIEWS];
    sp_image mattes[ALL_VIEWS];
    sp_view views[ALL_VIEWS]; // the second half is kept for judging
} shoot;

static inline void shoot_pixel(shoot *s, int v, int i, const float skin[3])
{
    float m = s->mattes[v].data[i];
    for (int c = 0; c < 3; c++) {
        float wall = 0.4f + 0.2f * (float)((i % W / 9 + i / W / 7 + c) % 3);
        s->plates[v].data[3 * i + c] = (uint8_t)(wall * 255 + 0.5f);
        s->images[v].data[3 * i + c] = (uint8_t)((m * skin[c] + (1 - m) * wall) * 255 + 0.5f);
    }
}

// dt_s after the instant, in which the body is at BODY and has this velocity.
static inline void shoot_view(shoot *s, int v, const sp_camera *camera, sp_vec3 velocity, double dt_s)
{
    sp_vec3 by = sp_v3_scale(velocity, dt_s);
    ellipsoid body = {sp_v3_add(BODY.centre, by), BODY.radii};
    assert_int_equal(ring_matte(&s->mattes[v], &body, camera), SP_OK);
    assert_int_equal(sp_image8_init(&s->images[v], W, H, 3), SP_OK);
    assert_int_equal(sp_image8_init(&s->plates[v], W, H, 3), SP_OK);
    for (int i = 0; i < W * H; i++) {
        sp_vec3 hit;
        float skin[3] = {0};
        if (ring_hit(&hit, &body, camera, i % W + 0.5, i / W + 0.5))
            ring_texture(skin, sp_v3_sub(hit, by));
        shoot_pixel(s, v, i, skin);
    }
    s->views[v] = (sp_view){.camera = *camera,
                            .image = &s->images[v],
                            .plate = &s->plates[v],
                            .matte = &s->mattes[v],
                            .gains = {1, 1, 1, 0, 0, 0},
                            .dt_s = dt_s};
}

// dt_s: of each view (NULL: all at the instant).
static inline void shoot_open(shoot *s, sp_vec3 velocity, const double *dt_s)
{
    for (int v = 0; v < VIEWS; v++) {
        sp_camera camera = ring_camera(v, VIEWS, 4, W, H);
        shoot_view(s, v, &camera, velocity, dt_s ? dt_s[v] : 0);
    }
    for (int v = 0; v < VIEWS; v++) {
        sp_camera between = ring_camera(2 * v + 1, 2 * VIEWS, 4, W, H);
        shoot_view(s, VIEWS + v, &between, velocity, 0);
    }
}

static inline void shoot_close(shoot *s)
{
    for (int v = 0; v < ALL_VIEWS; v++) {
        sp_image8_free(&s->images[v]);
        sp_image8_free(&s->plates[v]);
        sp_image_free(&s->mattes[v]);
    }
}

static inline double shoot_judge_view(const shoot *s, const sp_splat_cloud *cloud, sp_renderer *renderer,
                                      int v)
{
    sp_image rgb, under, truth;
    double psnr;
    assert_int_equal(sp_image_init(&rgb, W, H, 3), SP_OK);
    assert_int_equal(sp_image_from8(&under, &s->plates[v]), SP_OK);
    assert_int_equal(sp_image_from8(&truth, &s->images[v]), SP_OK);
    sp_render_target target = {.rgb = &rgb, .under = &under};
    assert_int_equal(sp_renderer_draw(renderer, cloud, &s->views[v].camera, &target), SP_OK);
    assert_int_equal(sp_psnr_masked(&psnr, &rgb, &truth, &s->mattes[v]), SP_OK);
    sp_image_free(&rgb);
    sp_image_free(&under);
    sp_image_free(&truth);
    return psnr;
}

// PSNR inside the mattes of the views that took no part, on average: a single one scatters by half a dB with
// the order of floating point.
static inline double shoot_judge(const shoot *s, const sp_splat_cloud *cloud)
{
    sp_renderer *renderer;
    double sum = 0;
    assert_int_equal(sp_renderer_open(&renderer, NULL, NULL), SP_OK);
    for (int v = VIEWS; v < ALL_VIEWS; v++)
        sum += shoot_judge_view(s, cloud, renderer, v);
    sp_renderer_close(&renderer);
    return sum / VIEWS;
}

// A budget that is enough for this body.
static inline sp_recon_params shoot_params(int iterations)
{
    sp_recon_params p = sp_recon_params_default();
    p.budget_s = 0;
    p.iterations = iterations;
    p.splats = 4000;
    return p;
}

#endif
