// What an open shutter sees of moving splats, against many moments averaged one by one, and its gradient
// against finite differences.
#include "../../src/recon/optimise/exposure.h"
#include "rig_of_ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SPLATS 12
#define SIDE 64
#define PIXELS ((size_t)SIDE * SIDE)

typedef struct scene {
    sp_splat_cloud cloud;
    recon_flow flow;
    bool is_held; // splats keep the velocities that they have, wherever they are
    sp_camera camera;
    sp_image rgb, alpha, under;
    float *weight; // of each value of rgb, then of alpha: the loss is their sum
    recon_exposure exposure;
    recon_shutter shutter;
} scene;

static void scene_open(scene *s)
{
    sp_rng rng = sp_rng_seed(5, 0);
    *s = (scene){.camera = ring_camera(1, 6, 4, SIDE, SIDE)};
    assert_int_equal(sp_splat_cloud_init(&s->cloud, SPLATS, 0), SP_OK);
    assert_int_equal(sp_splat_cloud_move(&s->cloud), SP_OK);
    s->cloud.count = SPLATS;
    for (size_t i = 0; i < SPLATS; i++) {
        for (int a = 0; a < 3; a++) {
            sp_splat_row(&s->cloud, SP_ROW_POSITION + a)[i] =
                (float)((a == 2 ? 1 : 0) + 0.25 * sp_rng_normal(&rng));
            sp_splat_row(&s->cloud, SP_ROW_LOG_SCALE + a)[i] = (float)(log(0.09) + 0.3 * sp_rng_normal(&rng));
            sp_splat_row(&s->cloud, SP_ROW_SH + a)[i] = (float)(0.8 * sp_rng_normal(&rng));
        }
        sp_splat_row(&s->cloud, SP_ROW_ROTATION)[i] = 1;
        sp_splat_row(&s->cloud, SP_ROW_ROTATION + 1)[i] = 0.4f;
        sp_splat_row(&s->cloud, SP_ROW_OPACITY)[i] = 1;
    }
    const double low[3] = {-0.8, -0.8, 0.2}, high[3] = {0.8, 0.8, 1.8};
    assert_int_equal(recon_flow_init(&s->flow, low, high, 0.8), SP_OK);
    size_t nodes = (size_t)s->flow.size[0] * (size_t)s->flow.size[1] * (size_t)s->flow.size[2];
    for (size_t i = 0; i < 3 * nodes; i++)
        s->flow.velocity[i] = (float)(4 * sp_rng_normal(&rng));
    recon_flow_sample(&s->cloud, &s->flow, NULL);
    assert_int_equal(sp_image_init(&s->rgb, SIDE, SIDE, 3), SP_OK);
    assert_int_equal(sp_image_init(&s->alpha, SIDE, SIDE, 1), SP_OK);
    assert_int_equal(sp_image_init(&s->under, SIDE, SIDE, 3), SP_OK);
    s->weight = sp_calloc(4 * PIXELS, sizeof *s->weight);
    for (size_t i = 0; i < 4 * PIXELS; i++)
        s->weight[i] = (float)(sp_rng_normal(&rng) / 100);
    for (size_t i = 0; i < 3 * PIXELS; i++)
        s->under.data[i] = 0.2f + 0.6f * (float)(i % 11) / 11;
    // Few contributions are cut off, and the reference takes no short cuts: differences are smooth.
    sp_render_params params = sp_render_params_default();
    params.kernels = SP_KERNELS_REFERENCE;
    params.alpha_cutoff = 1e-6f;
    params.transmittance_stop = 0;
    assert_int_equal(recon_exposure_open(&s->exposure, &params, PIXELS, NULL), SP_OK);
    s->shutter = (recon_shutter){.velocity = s->cloud.velocity,
                                 .drift = {3, -2, 5},
                                 .dt_s = 0.006,
                                 .exposure_s = 1.0 / 60,
                                 .moments = 4};
}

static void scene_close(scene *s)
{
    recon_exposure_close(&s->exposure);
    sp_splat_cloud_free(&s->cloud);
    recon_flow_free(&s->flow);
    sp_image_free(&s->rgb);
    sp_image_free(&s->alpha);
    sp_image_free(&s->under);
    free(s->weight);
}

static void draw(scene *s)
{
    sp_render_target target = {.rgb = &s->rgb, .alpha = &s->alpha, .under = &s->under};
    assert_int_equal(recon_exposure_draw(&s->exposure, &s->cloud, &s->camera, &target, &s->shutter), SP_OK);
}

static double loss(scene *s)
{
    double sum = 0;
    if (!s->is_held)
        recon_flow_sample(&s->cloud, &s->flow, NULL);
    draw(s);
    for (size_t i = 0; i < 4 * PIXELS; i++)
        sum +=
            (double)s->weight[i] * (double)(i < 3 * PIXELS ? s->rgb.data[i] : s->alpha.data[i - 3 * PIXELS]);
    return sum;
}

// The loss's slope along one number.
static double slope(scene *s, float *number, float step)
{
    float kept = *number;
    *number = kept + step;
    double above = loss(s);
    *number = kept - step;
    double below = loss(s);
    *number = kept;
    return (above - below) / (2 * (double)step);
}

static void gradient_of(sp_splat_cloud *out, scene *s)
{
    sp_image d_rgb, d_alpha;
    assert_int_equal(sp_image_init(&d_rgb, SIDE, SIDE, 3), SP_OK);
    assert_int_equal(sp_image_init(&d_alpha, SIDE, SIDE, 1), SP_OK);
    assert_int_equal(sp_splat_cloud_init(out, SPLATS, 0), SP_OK);
    out->count = SPLATS;
    draw(s);
    memcpy(d_rgb.data, s->weight, 3 * PIXELS * sizeof(float));
    memcpy(d_alpha.data, s->weight + 3 * PIXELS, PIXELS * sizeof(float));
    sp_render_gradient gradient = {.cloud = out};
    assert_int_equal(recon_exposure_backward(&s->exposure, &s->cloud, &d_rgb, &d_alpha, &gradient, &s->flow),
                     SP_OK);
    sp_image_free(&d_rgb);
    sp_image_free(&d_alpha);
}

static void test_gradient_is_the_slope(void **state)
{
    (void)state;
    scene s;
    sp_splat_cloud gradient;
    scene_open(&s);
    gradient_of(&gradient, &s);
    s.is_held = true;
    const int rows[] = {SP_ROW_POSITION,      SP_ROW_POSITION + 1, SP_ROW_POSITION + 2, SP_ROW_LOG_SCALE,
                        SP_ROW_LOG_SCALE + 2, SP_ROW_ROTATION + 2, SP_ROW_OPACITY,      SP_ROW_SH + 1};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        double error = 0, level = 0;
        for (size_t i = 0; i < SPLATS; i++) {
            bool is_place = rows[r] < SP_ROW_POSITION + 3;
            double truth = slope(&s, &sp_splat_row(&s.cloud, rows[r])[i], is_place ? 1e-3f : 1e-2f);
            error += pow((double)sp_splat_row(&gradient, rows[r])[i] - truth, 2);
            level += truth * truth;
        }
        assert_true(level > 0 && sqrt(error / level) < 0.02);
    }
    sp_splat_cloud_free(&gradient);
    scene_close(&s);
}

// The flow's nodes, of which splats have their velocities: each moment counts with its own time.
static void test_velocities_have_the_slope(void **state)
{
    (void)state;
    scene s;
    sp_splat_cloud gradient;
    scene_open(&s);
    gradient_of(&gradient, &s);
    size_t nodes = (size_t)s.flow.size[0] * (size_t)s.flow.size[1] * (size_t)s.flow.size[2];
    double error = 0, level = 0;
    for (size_t i = 0; i < 3 * nodes; i += 3) {
        double truth = slope(&s, &s.flow.velocity[i], 0.1f);
        error += pow((double)s.flow.gradient[i] - truth, 2);
        level += truth * truth;
    }
    assert_true(level > 0 && sqrt(error / level) < 0.02);
    sp_splat_cloud_free(&gradient);
    scene_close(&s);
}

static double linear_of(double value)
{
    return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

// The mean of the light of 64 moments, by sRGB's own curve, drawn one by one from moved splats.
static void test_few_moments_are_like_many(void **state)
{
    (void)state;
    enum { MANY = 64 };
    scene s;
    scene_open(&s);
    s.shutter.dt_s = 0;
    s.shutter.moments = RECON_MOST_MOMENTS;
    draw(&s);
    sp_image rgb;
    double *light = sp_calloc(3 * PIXELS, sizeof *light), square = 0, still = 0;
    assert_int_equal(sp_image_init(&rgb, SIDE, SIDE, 3), SP_OK);
    for (int k = 0; k < MANY; k++) {
        sp_splat_cloud moved;
        double dt = s.shutter.exposure_s * ((k + 0.5) / MANY - 0.5);
        assert_int_equal(sp_splat_cloud_copy(&moved, &s.cloud), SP_OK);
        for (size_t a = 0; a < 3; a++)
            for (size_t i = 0; i < SPLATS; i++)
                sp_splat_row(&moved, SP_ROW_POSITION + (int)a)[i] +=
                    (float)(dt * ((double)s.cloud.velocity[a * s.cloud.capacity + i] + s.shutter.drift[a]));
        sp_render_target target = {.rgb = &rgb, .under = &s.under};
        assert_int_equal(sp_renderer_draw(s.exposure.renderers[0], &moved, &s.camera, &target), SP_OK);
        for (size_t i = 0; i < 3 * PIXELS; i++)
            light[i] += linear_of((double)rgb.data[i]) / MANY;
        sp_splat_cloud_free(&moved);
    }
    sp_image middle;
    assert_int_equal(sp_image_init(&middle, SIDE, SIDE, 3), SP_OK);
    sp_render_target target = {.rgb = &middle, .under = &s.under};
    assert_int_equal(sp_renderer_draw(s.exposure.renderers[0], &s.cloud, &s.camera, &target), SP_OK);
    for (size_t i = 0; i < 3 * PIXELS; i++) {
        double truth = (double)sp_srgb_from_linear((float)light[i]);
        square += pow((double)s.rgb.data[i] - truth, 2) / (3.0 * PIXELS);
        still += pow((double)middle.data[i] - truth, 2) / (3.0 * PIXELS);
    }
    print_message("seven moments are %.4f from many, one is %.4f\n", sqrt(square), sqrt(still));
    assert_true(sqrt(square) < 0.005 && sqrt(still) > 5 * sqrt(square));
    free(light);
    sp_image_free(&rgb);
    sp_image_free(&middle);
    scene_close(&s);
}

// Where the matte asks for more, the moments must agree that someone is there, or that too little is.
static void test_soft_edges_are_not_filled(void **state)
{
    (void)state;
    scene s;
    scene_open(&s);
    draw(&s);
    sp_image d;
    assert_int_equal(sp_image_init(&d, SIDE, SIDE, 1), SP_OK);
    for (size_t i = 0; i < PIXELS; i++)
        d.data[i] = i % 2 ? -1 : 1;
    recon_exposure_doubt(&s.exposure, &d);
    for (size_t i = 0; i < PIXELS; i++) {
        float least = 1, most = 0;
        for (int k = 0; k < s.shutter.moments; k++) {
            least = fminf(least, s.exposure.alpha[k].data[i]);
            most = fmaxf(most, s.exposure.alpha[k].data[i]);
        }
        if (i % 2 == 0)
            assert_float_equal(d.data[i], 1, 0);
        else if (s.alpha.data[i] < 0.2f || most - least < 1e-3f)
            assert_float_equal(d.data[i], -1, 2e-3);
        else if (s.alpha.data[i] > 0.6f)
            assert_float_equal(d.data[i], most - least - 1, 1e-5);
    }
    sp_image_free(&d);
    scene_close(&s);
}

static void test_moments_follow_the_motion(void **state)
{
    (void)state;
    assert_int_equal(recon_exposure_moments(0.5), 1);
    assert_int_equal(recon_exposure_moments(3), 1);
    assert_int_equal(recon_exposure_moments(8), 3);
    assert_int_equal(recon_exposure_moments(1e9), RECON_MOST_MOMENTS);
    for (int k = 0; k < 5; k++)
        assert_float_equal(recon_exposure_moment(k, 5), (k - 2) / 5.0, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradient_is_the_slope),     cmocka_unit_test(test_velocities_have_the_slope),
        cmocka_unit_test(test_few_moments_are_like_many), cmocka_unit_test(test_soft_edges_are_not_filled),
        cmocka_unit_test(test_moments_follow_the_motion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
