// The analytic gradient of every parameter against central differences, both in double precision, on random
// and nasty scenes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref_double.h"

enum { WIDTH = 37, HEIGHT = 29, AREA = WIDTH * HEIGHT };

typedef struct scene {
    render_view view;
    ref64_cloud cloud;
    double *rows;
    double under[3 * AREA], d_rgb[3 * AREA], d_alpha[AREA];
} scene;

typedef void (*shape)(double *splat, sp_rng *rng);

static double spread(sp_rng *rng, double low, double high)
{
    return low + (high - low) * sp_rng_uniform(rng);
}

// One splat in camera-like coordinates (z forward), turned into the world by the caller.
static void ordinary(double *s, sp_rng *rng)
{
    s[0] = spread(rng, -1.2, 1.2);
    s[1] = spread(rng, -1, 1);
    s[2] = spread(rng, 1.5, 4);
    for (int k = 0; k < 3; k++)
        s[SP_ROW_LOG_SCALE + k] = log(spread(rng, 0.02, 0.3));
    for (int k = 0; k < 4; k++)
        s[SP_ROW_ROTATION + k] = sp_rng_normal(rng);
    s[SP_ROW_OPACITY] = spread(rng, -3, 3);
}

static void huge(double *s, sp_rng *rng)
{
    ordinary(s, rng);
    for (int k = 0; k < 3; k++)
        s[SP_ROW_LOG_SCALE + k] = log(spread(rng, 0.5, 1.4));
}

static void needle(double *s, sp_rng *rng)
{
    ordinary(s, rng);
    s[SP_ROW_LOG_SCALE] = log(0.6);
    s[SP_ROW_LOG_SCALE + 1] = s[SP_ROW_LOG_SCALE + 2] = log(1e-4);
}

static void behind(double *s, sp_rng *rng)
{
    ordinary(s, rng);
    s[2] = spread(rng, -3, 3);
}

static void extreme_opacity(double *s, sp_rng *rng)
{
    ordinary(s, rng);
    s[SP_ROW_OPACITY] = sp_rng_uniform(rng) < 0.5 ? spread(rng, -12, -6) : spread(rng, 5, 12);
}

static void make_scene(scene *s, size_t count, int sh_degree, shape make, uint64_t seed)
{
    sp_rng rng = sp_rng_seed(seed, 1);
    sp_mat3 turn = sp_rodrigues_to_m3(sp_v3(0.4, -1.1, 0.7));
    sp_vec3 shift = sp_v3(0.3, -0.2, 0.5);
    sp_vec3 center = sp_v3_scale(sp_m3_apply_transposed(turn, shift), -1);
    // Off-centre principal point, pixels that are not square.
    s->view = (render_view){.width = WIDTH,
                            .height = HEIGHT,
                            .fx = 31,
                            .fy = 26,
                            .cx = 15.3,
                            .cy = 17.1,
                            .translation = {shift.x, shift.y, shift.z},
                            .center = {center.x, center.y, center.z},
                            .alpha_cutoff = 1e-11, // so low that crossing it cannot be seen in a difference
                            .transmittance_stop = 0,
                            .low_pass_px2 = 0.3,
                            .near_m = 0.05};
    memcpy(s->view.rotation, turn.m, sizeof turn.m);
    int rows = sp_splat_rows(sh_degree);
    s->rows = calloc(count * (size_t)rows, sizeof *s->rows);
    assert_non_null(s->rows);
    s->cloud = (ref64_cloud){.count = count, .stride = count, .sh_degree = sh_degree, .rows = s->rows};
    for (size_t i = 0; i < count; i++) {
        double splat[SP_ROW_SH + 48];
        make(splat, &rng);
        for (int k = SP_ROW_SH; k < rows; k++)
            splat[k] = sp_rng_normal(&rng) * (k < SP_ROW_SH + 3 ? 1 : 0.3);
        sp_vec3 world = sp_m3_apply_transposed(turn, sp_v3_sub(sp_v3(splat[0], splat[1], splat[2]), shift));
        splat[0] = world.x;
        splat[1] = world.y;
        splat[2] = world.z;
        for (int k = 0; k < rows; k++)
            s->rows[(size_t)k * count + i] = splat[k];
    }
    for (int k = 0; k < 3 * AREA; k++) {
        s->under[k] = sp_rng_uniform(&rng);
        s->d_rgb[k] = sp_rng_normal(&rng);
    }
    for (int k = 0; k < AREA; k++)
        s->d_alpha[k] = sp_rng_normal(&rng);
}

// A loss that is linear in the picture, so that its derivative with respect to the picture is exact.
static double loss_of(const scene *s, ref64_state *state)
{
    static double rgb[3 * AREA], alpha[AREA];
    ref64_planes planes = {.rgb = rgb, .alpha = alpha, .under = s->under};
    sp_render_stats stats;
    assert_int_equal(ref64_draw(state, &s->view, &s->cloud, &planes, &stats), 0);
    double loss = 0;
    for (int k = 0; k < 3 * AREA; k++)
        loss += rgb[k] * s->d_rgb[k];
    for (int k = 0; k < AREA; k++)
        loss += alpha[k] * s->d_alpha[k];
    return loss;
}

static void check_scene(size_t count, int sh_degree, shape make, uint64_t seed)
{
    scene *s = calloc(1, sizeof *s);
    assert_non_null(s);
    make_scene(s, count, sh_degree, make, seed);
    ref64_state state = {0};
    size_t rows = (size_t)sp_splat_rows(sh_degree);
    double *gradient = calloc(rows * count, sizeof *gradient);
    assert_non_null(gradient);
    loss_of(s, &state);
    ref64_job job = {.s = &state,
                     .view = &s->view,
                     .cloud = &s->cloud,
                     .d_rgb = s->d_rgb,
                     .d_alpha = s->d_alpha,
                     .under = s->under,
                     .gradient = gradient};
    sp_render_stats stats;
    assert_int_equal(ref64_backward(&job, &stats), 0);
    for (size_t row = 0; row < rows; row++) {
        double worst = 0, size = 0;
        for (size_t i = 0; i < count; i++) {
            double *value = &s->rows[row * count + i], kept = *value, h = 1e-6;
            *value = kept + h;
            double above = loss_of(s, &state);
            *value = kept - h;
            double below = loss_of(s, &state);
            *value = kept;
            double numeric = (above - below) / (2 * h);
            worst = fmax(worst, fabs(numeric - gradient[row * count + i]));
            size = fmax(size, fabs(numeric));
        }
        if (worst > 2e-6 * size + 1e-6)
            fail_msg("row %zu: off by %g, gradients up to %g", row, worst, size);
        assert_true(size > 0);
    }
    free(gradient);
    free(s->rows);
    free(s);
    ref64_state_free(&state);
}

static void test_ordinary_splats_at_every_sh_degree(void **unused)
{
    (void)unused;
    for (int degree = 0; degree <= 3; degree++)
        check_scene(24, degree, ordinary, 7 + (uint64_t)degree);
}

static void test_huge_splats(void **unused)
{
    (void)unused;
    check_scene(12, 0, huge, 11);
}

static void test_needles(void **unused)
{
    (void)unused;
    check_scene(16, 1, needle, 12);
}

static void test_splats_behind_the_camera(void **unused)
{
    (void)unused;
    check_scene(24, 0, behind, 13);
}

static void test_opacity_near_zero_and_one(void **unused)
{
    (void)unused;
    check_scene(20, 1, extreme_opacity, 14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ordinary_splats_at_every_sh_degree),
        cmocka_unit_test(test_huge_splats),
        cmocka_unit_test(test_needles),
        cmocka_unit_test(test_splats_behind_the_camera),
        cmocka_unit_test(test_opacity_near_zero_and_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
