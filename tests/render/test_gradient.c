// The analytic gradient of every parameter of splats and camera against central differences, both in double
// precision, on random and nasty scenes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref_double.h"

#include <stdio.h>

enum { LONG = 37, SHORT = 29, AREA = LONG * SHORT };

typedef void (*shape)(double *splat, sp_rng *rng);

// What to look at, and how.
typedef struct setup {
    shape make;
    size_t count;
    int sh_degree;
    uint64_t seed;
    bool antialias, is_portrait;
    sp_lens lens;
} setup;

typedef struct scene {
    render_view view;
    ref64_cloud cloud;
    double *rows, *velocity;
    double under[3 * AREA], d_rgb[3 * AREA], d_alpha[AREA];
} scene;

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

static void near(double *s, sp_rng *rng)
{
    ordinary(s, rng);
    s[2] = spread(rng, 0.051, 0.4);
    for (int k = 0; k < 3; k++) {
        s[k] *= k < 2 ? 0.6 * s[2] : 1;
        s[SP_ROW_LOG_SCALE + k] = log(s[2] * spread(rng, 0.02, 0.2));
    }
}

static void at_the_border(double *s, sp_rng *rng)
{
    ordinary(s, rng);
    bool is_side = sp_rng_uniform(rng) < 0.5;
    s[0] = s[2] * (is_side ? copysign(0.6, sp_rng_normal(rng)) : spread(rng, -0.5, 0.5));
    s[1] = s[2] * (is_side ? spread(rng, -0.5, 0.5) : copysign(0.6, sp_rng_normal(rng)));
}

// For a fisheye: on and around the axis, and to the side and behind.
static void all_around(double *s, sp_rng *rng)
{
    ordinary(s, rng);
    double angle = spread(rng, 0, 1) < 0.3 ? pow(10, spread(rng, -9, -0.5)) : spread(rng, 0.1, 1.9);
    double turn = spread(rng, 0, 6.28), distance = spread(rng, 1, 4);
    s[0] = distance * sin(angle) * cos(turn);
    s[1] = distance * sin(angle) * sin(turn);
    s[2] = distance * cos(angle);
}

static void place(render_view *view, sp_mat3 rotation, sp_vec3 translation)
{
    sp_vec3 center = sp_v3_scale(sp_m3_apply_transposed(rotation, translation), -1);
    memcpy(view->rotation, rotation.m, sizeof rotation.m);
    memcpy(view->translation, (double[]){translation.x, translation.y, translation.z}, 3 * sizeof(double));
    memcpy(view->center, (double[]){center.x, center.y, center.z}, 3 * sizeof(double));
}

// Off-centre principal point, pixels that are not square, a camera that sees colours differently.
static render_view view_of(const setup *u)
{
    // What a fisheye has for a limit here is beyond 90 degrees.
    static const double distortion[3][5] = {
        {0}, {-0.21, 0.05, 4e-3, -6e-3, -0.004}, {-0.06, 0.011, -0.003, 4e-4}};
    render_view view =
        (render_view){.width = u->is_portrait ? SHORT : LONG,
                      .height = u->is_portrait ? LONG : SHORT,
                      .fx = u->is_portrait ? 26 : 31,
                      .fy = u->is_portrait ? 31 : 26,
                      .cx = u->is_portrait ? 11.9 : 15.3,
                      .cy = 17.1,
                      .alpha_cutoff = 1e-11, // so low that crossing it cannot be seen in a difference
                      .transmittance_stop = 0,
                      .low_pass_px2 = 0.3,
                      .near_m = 0.05,
                      .antialias = u->antialias,
                      .gains = {1.1, 0.9, 1.25, 0.05, -0.04, 0.02},
                      .dt_s = 0.07,
                      .lens = u->lens,
                      .lens_limit = u->lens == SP_LENS_FISHEYE ? 2
                                    : u->lens == SP_LENS_BROWN ? 3
                                                               : INFINITY};
    memcpy(view.distortion, distortion[u->lens], sizeof view.distortion);
    return view;
}

static void make_scene(scene *s, const setup *u)
{
    sp_rng rng = sp_rng_seed(u->seed, 1);
    sp_mat3 turn = sp_rodrigues_to_m3(sp_v3(0.4, -1.1, 0.7));
    sp_vec3 shift = sp_v3(0.3, -0.2, 0.5);
    s->view = view_of(u);
    place(&s->view, turn, shift);
    size_t count = u->count;
    int rows = sp_splat_rows(u->sh_degree);
    s->rows = calloc(count * (size_t)rows, sizeof *s->rows);
    s->velocity = calloc(3 * count, sizeof *s->velocity);
    assert_true(s->rows && s->velocity);
    s->cloud = (ref64_cloud){
        .count = count, .stride = count, .sh_degree = u->sh_degree, .rows = s->rows, .velocity = s->velocity};
    for (size_t i = 0; i < count; i++) {
        double splat[SP_ROW_SH + 48];
        u->make(splat, &rng);
        for (int k = SP_ROW_SH; k < rows; k++)
            splat[k] = sp_rng_normal(&rng) * (k < SP_ROW_SH + 3 ? 1 : 0.3);
        sp_vec3 world = sp_m3_apply_transposed(turn, sp_v3_sub(sp_v3(splat[0], splat[1], splat[2]), shift));
        splat[0] = world.x;
        splat[1] = world.y;
        splat[2] = world.z;
        for (size_t k = 0; k < 3; k++) {
            // Where the shape puts it, it is at the view's time.
            s->velocity[k * count + i] = sp_rng_normal(&rng);
            splat[k] -= s->view.dt_s * s->velocity[k * count + i];
        }
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

// ---- Splats

typedef struct difference {
    double numeric, analytic;
} difference;

// Differences of one kind of parameter; the largest sets the scale.
static void check_differences(const difference *d, size_t count, const char *what)
{
    double worst = 0, size = 0;
    for (size_t k = 0; k < count; k++) {
        worst = fmax(worst, fabs(d[k].numeric - d[k].analytic));
        size = fmax(size, fabs(d[k].numeric));
    }
    if (!(worst <= 2e-6 * size + 1e-6))
        fail_msg("%s: off by %g, gradients up to %g", what, worst, size);
    if (!(size > 0))
        fail_msg("%s: has no gradient at all", what);
}

static void check_rows(scene *s, ref64_state *state, const double *gradient)
{
    size_t count = s->cloud.count;
    difference *d = calloc(count, sizeof *d);
    assert_non_null(d);
    for (int row = 0; row < sp_splat_rows(s->cloud.sh_degree); row++) {
        char what[40];
        for (size_t i = 0; i < count; i++) {
            double *value = &s->rows[(size_t)row * count + i], kept = *value, h = 1e-6;
            *value = kept + h;
            double above = loss_of(s, state);
            *value = kept - h;
            double below = loss_of(s, state);
            *value = kept;
            d[i] = (difference){(above - below) / (2 * h), gradient[(size_t)row * count + i]};
        }
        snprintf(what, sizeof what, "row %d", row);
        check_differences(d, count, what);
    }
    free(d);
}

// ---- The camera

typedef enum parameter {
    TURN,
    SHIFT,
    FOCAL,
    PRINCIPAL,
    DISTORTION,
    TIME,
    GAIN,
    OFFSET,
    PARAMETERS
} parameter;

static const struct {
    const char *name;
    int count;
} parameters[PARAMETERS] = {{"turn", 3},       {"shift", 3}, {"focal length", 2}, {"principal point", 2},
                            {"distortion", 5}, {"time", 1},  {"gain", 3},         {"offset", 3}};

static render_view moved(const render_view *view, parameter which, int k, double h)
{
    render_view v = *view;
    sp_mat3 r;
    memcpy(r.m, v.rotation, sizeof r.m);
    if (which == DISTORTION)
        v.distortion[k] += h;
    double step[3] = {k == 0 ? h : 0, k == 1 ? h : 0, k == 2 ? h : 0};
    sp_vec3 by = {step[0], step[1], step[2]}, t = {v.translation[0], v.translation[1], v.translation[2]};
    if (which == TURN)
        place(&v, sp_m3_mul(sp_rodrigues_to_m3(by), r), t);
    if (which == SHIFT)
        place(&v, r, sp_v3_add(t, by));
    if (which == FOCAL)
        *(k ? &v.fy : &v.fx) += h;
    if (which == PRINCIPAL)
        *(k ? &v.cy : &v.cx) += h;
    if (which == TIME)
        v.dt_s += h;
    if (which == GAIN || which == OFFSET)
        v.gains[which == GAIN ? k : 3 + k] += h;
    return v;
}

static double analytic(const sp_camera_gradient *g, parameter which, int k)
{
    const double focal[2] = {g->fx, g->fy}, principal[2] = {g->cx, g->cy};
    const double *of[PARAMETERS] = {g->rotation,   g->translation, focal,    principal,
                                    g->distortion, &g->dt_s,       g->gains, g->gains + 3};
    return of[which][k];
}

static void check_camera(scene *s, ref64_state *state, const sp_camera_gradient *gradient)
{
    const render_view view = s->view;
    for (parameter p = TURN; p < PARAMETERS; p++) {
        difference d[5];
        const double h = p == DISTORTION ? 1e-7 : 1e-6; // far from the axis a little of it moves much
        if (p == DISTORTION && view.lens == SP_LENS_PINHOLE)
            continue;
        for (int k = 0; k < parameters[p].count; k++) {
            s->view = moved(&view, p, k, h);
            double above = loss_of(s, state);
            s->view = moved(&view, p, k, -h);
            double below = loss_of(s, state);
            d[k] = (difference){(above - below) / (2 * h), analytic(gradient, p, k)};
        }
        check_differences(d, (size_t)parameters[p].count, parameters[p].name);
    }
    s->view = view;
}

static void check_scene(const setup *u)
{
    scene *s = calloc(1, sizeof *s);
    assert_non_null(s);
    make_scene(s, u);
    ref64_state state = {0};
    double *gradient = calloc((size_t)sp_splat_rows(u->sh_degree) * u->count, sizeof *gradient);
    assert_non_null(gradient);
    loss_of(s, &state);
    sp_camera_gradient camera = {0};
    ref64_job job = {.s = &state,
                     .view = &s->view,
                     .cloud = &s->cloud,
                     .d_rgb = s->d_rgb,
                     .d_alpha = s->d_alpha,
                     .under = s->under,
                     .gradient = gradient,
                     .camera = &camera};
    sp_render_stats stats;
    assert_int_equal(ref64_backward(&job, &stats), 0);
    check_rows(s, &state, gradient);
    check_camera(s, &state, &camera);
    free(gradient);
    free(s->rows);
    free(s->velocity);
    free(s);
    ref64_state_free(&state);
}

// With and without the Mip filter, through every lens.
static void check(setup u)
{
    for (int k = 0; k < 6; k++) {
        u.antialias = k % 2;
        u.lens = (sp_lens)(k / 2);
        check_scene(&u);
    }
}

static void test_ordinary_splats_at_every_sh_degree(void **unused)
{
    (void)unused;
    for (int degree = 0; degree <= 3; degree++)
        check((setup){.make = ordinary, .count = 24, .sh_degree = degree, .seed = 7 + (uint64_t)degree});
}

static void test_huge_splats(void **unused)
{
    (void)unused;
    check((setup){.make = huge, .count = 12, .sh_degree = 0, .seed = 11});
}

static void test_needles(void **unused)
{
    (void)unused;
    check((setup){.make = needle, .count = 16, .sh_degree = 1, .seed = 12});
}

static void test_splats_behind_the_camera(void **unused)
{
    (void)unused;
    check((setup){.make = behind, .count = 24, .sh_degree = 0, .seed = 13});
}

static void test_splats_near_the_camera(void **unused)
{
    (void)unused;
    check((setup){.make = near, .count = 16, .sh_degree = 1, .seed = 15});
}

static void test_opacity_near_zero_and_one(void **unused)
{
    (void)unused;
    check((setup){.make = extreme_opacity, .count = 20, .sh_degree = 1, .seed = 14});
}

static void test_the_border_of_a_portrait_picture(void **unused)
{
    (void)unused;
    check((setup){.make = at_the_border, .count = 20, .sh_degree = 2, .seed = 16, .is_portrait = true});
}

static void test_a_fisheye_sees_to_the_side(void **unused)
{
    (void)unused;
    check_scene(
        &(setup){.make = all_around, .count = 40, .sh_degree = 1, .seed = 17, .lens = SP_LENS_FISHEYE});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ordinary_splats_at_every_sh_degree),
        cmocka_unit_test(test_huge_splats),
        cmocka_unit_test(test_needles),
        cmocka_unit_test(test_splats_behind_the_camera),
        cmocka_unit_test(test_splats_near_the_camera),
        cmocka_unit_test(test_opacity_near_zero_and_one),
        cmocka_unit_test(test_the_border_of_a_portrait_picture),
        cmocka_unit_test(test_a_fisheye_sees_to_the_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
