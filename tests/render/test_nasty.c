// What is at the edge of the possible, at every level of kernels: splats on the axis against their closed
// form in pictures of odd sizes and with odd intrinsics; near plane, opacity near 0 and 1, no splats; and the
// same bits from a renderer whatever it drew before, with any number of threads.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../bench/render_scene.h"

#include <stdlib.h>
#include <string.h>

typedef struct picture_case {
    const char *name;
    int width, height;
    double fx, fy, cx, cy;
    double z, size[3], turn; // a splat on the axis, turned about it
    double logit;
} picture_case;

static const picture_case cases[] = {
    {"huge", 90, 60, 400, 400, 45.5, 30.5, 200, {50, 50, 50}, 0, 1},
    {"huge and flat", 90, 60, 300, 300, 40, 30, 100, {40, 2000, 1e-3}, 0.3, 2},
    {"needle", 70, 50, 100, 100, 35.2, 24.9, 4, {1, 1e-6, 1e-6}, 0.5, 2},
    {"grain", 31, 33, 50, 50, 15.5, 16.5, 10, {1e-7, 1e-7, 1e-7}, 0, 3},
    {"portrait", 23, 61, 60, 60, 11, 40, 5, {0.4, 0.8, 0.1}, 1.1, 0},
    {"rectangular pixels", 50, 40, 90, 45, 25, 20, 3, {0.3, 0.1, 0.2}, 0.7, 1},
    {"principal point outside", 40, 30, 80, 80, -13.5, 37.25, 4, {1, 0.7, 0.5}, 0.2, 2},
    {"one pixel", 1, 1, 10, 10, 0.4, 0.7, 2, {0.2, 0.1, 0.1}, 0.4, 1},
    {"a strip", 17, 3, 20, 20, 8, 1.5, 2, {0.3, 0.2, 0.1}, 2.5, 1},
    {"a column", 1, 40, 20, 20, 0.5, 20, 2, {0.3, 0.6, 0.1}, 0.1, 1},
};

static bool has_level(sp_kernels kernels)
{
    return kernels < SP_KERNELS_AVX2 || (int)kernels - (int)SP_KERNELS_BASELINE <= (int)sp_cpu_detect();
}

static void set(sp_splat_cloud *cloud, int row, double value)
{
    sp_splat_row(cloud, row)[0] = (float)value;
}

static sp_splat_cloud one_splat(double z, const double size[3], double turn, double logit)
{
    sp_splat_cloud cloud;
    assert_int_equal(sp_splat_cloud_init(&cloud, 1, 0), 0);
    cloud.count = 1;
    set(&cloud, SP_ROW_POSITION + 2, z);
    for (int k = 0; k < 3; k++)
        set(&cloud, SP_ROW_LOG_SCALE + k, log(size[k]));
    set(&cloud, SP_ROW_ROTATION, cos(turn / 2));
    set(&cloud, SP_ROW_ROTATION + 3, sin(turn / 2));
    set(&cloud, SP_ROW_OPACITY, logit);
    return cloud;
}

static sp_camera camera_of(int width, int height, double fx, double fy, double cx, double cy)
{
    sp_camera camera = {.width = width, .height = height, .fx = fx, .fy = fy, .cx = cx, .cy = cy};
    camera.rotation = sp_m3_identity();
    return camera;
}

// Draws alpha, which the caller frees.
static sp_image draw(sp_kernels level, const sp_splat_cloud *cloud, const sp_camera *camera)
{
    sp_image alpha;
    sp_renderer *renderer = NULL;
    sp_render_params params = sp_render_params_default();
    params.kernels = level;
    assert_int_equal(sp_image_init(&alpha, camera->width, camera->height, 1), 0);
    sp_render_target target = {.alpha = &alpha};
    assert_int_equal(sp_renderer_open(&renderer, &params, NULL), 0);
    assert_int_equal(sp_renderer_draw(renderer, cloud, camera, &target), 0);
    sp_renderer_close(&renderer);
    return alpha;
}

static double closed_form(const picture_case *c, double x, double y)
{
    double co = cos(c->turn), si = sin(c->turn), a = c->size[0] * c->size[0], b = c->size[1] * c->size[1];
    double kx = c->fx / c->z, ky = c->fy / c->z;
    double xx = kx * kx * (co * co * a + si * si * b) + 0.3, yy = ky * ky * (si * si * a + co * co * b) + 0.3;
    double xy = kx * ky * co * si * (a - b), det = xx * yy - xy * xy, dx = x - c->cx, dy = y - c->cy;
    double alpha = exp(-0.5 * (yy * dx * dx - 2 * xy * dx * dy + xx * dy * dy) / det) / (1 + exp(-c->logit));
    return alpha;
}

static void check_case(const picture_case *c, sp_kernels level)
{
    sp_splat_cloud cloud = one_splat(c->z, c->size, c->turn, c->logit);
    sp_camera camera = camera_of(c->width, c->height, c->fx, c->fy, c->cx, c->cy);
    sp_image alpha = draw(level, &cloud, &camera);
    double sum = 0;
    for (int k = 0; k < c->width * c->height; k++) {
        double truth = closed_form(c, k % c->width + 0.5, k / c->width + 0.5);
        sum += truth;
        if (fabs(truth - 1.0 / 255) < 1e-4)
            continue; // either side of the cut-off is right
        truth = truth < 1.0 / 255 ? 0 : truth;
        if (fabs((double)alpha.data[k] - truth) > 1e-4)
            fail_msg("%s, kernels %d, pixel %d: %g instead of %g", c->name, (int)level, k,
                     (double)alpha.data[k], truth);
    }
    assert_true(sum > 0.2); // there is something to see
    sp_image_free(&alpha);
    sp_splat_cloud_free(&cloud);
}

static void test_odd_splats_and_pictures_have_their_closed_form(void **unused)
{
    (void)unused;
    for (sp_kernels level = SP_KERNELS_REFERENCE; level <= SP_KERNELS_AVX512; level++)
        for (size_t k = 0; k < sizeof cases / sizeof *cases && has_level(level); k++)
            check_case(&cases[k], level);
}

// The middle pixel of a splat in the middle, to the 1e-4 that blending is exact to.
static double middle(sp_kernels level, double z, double size, double logit)
{
    const double sizes[3] = {size, size, size};
    sp_splat_cloud cloud = one_splat(z, sizes, 0, logit);
    sp_camera camera = camera_of(21, 21, 30, 30, 10.5, 10.5);
    sp_image alpha = draw(level, &cloud, &camera);
    double value = (double)alpha.data[10 * 21 + 10];
    sp_image_free(&alpha);
    sp_splat_cloud_free(&cloud);
    return value;
}

static void test_the_near_plane_and_what_is_behind(void **unused)
{
    (void)unused;
    for (sp_kernels level = SP_KERNELS_REFERENCE; level <= SP_KERNELS_AVX512; level++) {
        if (!has_level(level))
            continue;
        assert_float_equal(middle(level, 0.0501, 1e-3, 0), 0.5, 1e-4);
        const double hidden[] = {0.0499, 0, -0.0501, -3, -1e6};
        for (size_t k = 0; k < sizeof hidden / sizeof *hidden; k++)
            assert_true(middle(level, hidden[k], 1e-3, 0) == 0);
        // Nearer than three deviations in front of the camera's plane, and a little farther.
        assert_true(middle(level, 3, 1.01, 0) == 0);
        assert_float_equal(middle(level, 3, 0.99, 0), 0.5, 1e-4);
    }
}

static void test_opacity_near_0_and_1(void **unused)
{
    (void)unused;
    for (sp_kernels level = SP_KERNELS_REFERENCE; level <= SP_KERNELS_AVX512; level++) {
        if (!has_level(level))
            continue;
        const double invisible[] = {-30, -9, -5.6};
        for (size_t k = 0; k < sizeof invisible / sizeof *invisible; k++)
            assert_true(middle(level, 4, 0.3, invisible[k]) == 0);
        assert_float_equal(middle(level, 4, 0.3, -5.5), 1 / (1 + exp(5.5)), 1e-6);
        // A contribution ends at 0.999, so that what is behind keeps a gradient.
        assert_float_equal(middle(level, 4, 0.3, 9), 0.999, 1e-4);
        assert_float_equal(middle(level, 4, 0.3, 30), 0.999, 1e-4);
        assert_float_equal(middle(level, 4, 0.3, 88), 0.999, 1e-4);
    }
}

// ---- The same bits

typedef struct view {
    sp_splat_cloud cloud;
    sp_camera camera;
    sp_image rgb, alpha, depth, d_rgb, d_alpha;
    sp_splat_cloud gradient;
    float *screen;
    uint8_t *visible;
} view;

static view open_view(size_t count, int sh_degree, int width, int height, uint64_t seed)
{
    view v = {.camera = bench_camera(width, height, (double)seed)};
    sp_rng rng = sp_rng_seed(seed, 4);
    assert_int_equal(bench_venue(&v.cloud, count, sh_degree, 1, seed), 0);
    assert_int_equal(sp_image_init(&v.rgb, width, height, 3), 0);
    assert_int_equal(sp_image_init(&v.alpha, width, height, 1), 0);
    assert_int_equal(sp_image_init(&v.depth, width, height, 1), 0);
    assert_int_equal(sp_image_init(&v.d_rgb, width, height, 3), 0);
    assert_int_equal(sp_image_init(&v.d_alpha, width, height, 1), 0);
    for (int k = 0; k < 3 * width * height; k++)
        v.d_rgb.data[k] = (float)sp_rng_normal(&rng);
    for (int k = 0; k < width * height; k++)
        v.d_alpha.data[k] = (float)sp_rng_normal(&rng);
    assert_int_equal(sp_splat_cloud_init(&v.gradient, count, sh_degree), 0);
    v.gradient.count = count;
    v.screen = calloc(count + 1, sizeof *v.screen);
    v.visible = calloc(count + 1, sizeof *v.visible);
    assert_true(v.screen && v.visible);
    return v;
}

static void close_view(view *v)
{
    sp_image *images[] = {&v->rgb, &v->alpha, &v->depth, &v->d_rgb, &v->d_alpha};
    for (size_t k = 0; k < sizeof images / sizeof *images; k++)
        sp_image_free(images[k]);
    sp_splat_cloud_free(&v->cloud);
    sp_splat_cloud_free(&v->gradient);
    free(v->screen);
    free(v->visible);
}

// FNV-1a
static uint64_t hash(uint64_t h, const void *data, size_t size)
{
    const uint8_t *p = data;
    for (size_t k = 0; k < size; k++)
        h = (h ^ p[k]) * 0x100000001b3u;
    return h;
}

// Draw and gradient into zeroed memory; a hash of all that came out.
static uint64_t run(sp_renderer *renderer, view *v)
{
    size_t pixels = (size_t)v->camera.width * (size_t)v->camera.height, count = v->cloud.count;
    size_t gradients = (size_t)sp_splat_rows(v->gradient.sh_degree) * v->gradient.capacity;
    sp_render_target target = {.rgb = &v->rgb, .alpha = &v->alpha, .depth = &v->depth};
    memset(v->gradient.data, 0, gradients * sizeof(float));
    memset(v->screen, 0, count * sizeof(float));
    memset(v->visible, 0, count);
    assert_int_equal(sp_renderer_draw(renderer, &v->cloud, &v->camera, &target), 0);
    sp_render_gradient gradient = {.cloud = &v->gradient, .screen = v->screen, .visible = v->visible};
    assert_int_equal(sp_renderer_backward(renderer, &v->cloud, &v->d_rgb, &v->d_alpha, &gradient), 0);
    uint64_t h = 0xcbf29ce484222325u;
    h = hash(h, v->rgb.data, 3 * pixels * sizeof(float));
    h = hash(h, v->alpha.data, pixels * sizeof(float));
    h = hash(h, v->depth.data, pixels * sizeof(float));
    h = hash(h, v->gradient.data, gradients * sizeof(float));
    h = hash(h, v->screen, count * sizeof(float));
    return hash(h, v->visible, count);
}

static void test_a_renderer_gives_the_same_bits_whatever_it_drew_before(void **unused)
{
    (void)unused;
    const int threads[] = {1, 2, 3, 5};
    view large = open_view(9000, 2, 233, 171, 1), small = open_view(700, 0, 61, 90, 2);
    for (sp_kernels level = SP_KERNELS_REFERENCE; level <= SP_KERNELS_AVX512; level++) {
        uint64_t of_large = 0, of_small = 0;
        for (size_t t = 0; t < sizeof threads / sizeof *threads && has_level(level); t++) {
            sp_pool *pool = NULL;
            sp_renderer *renderer = NULL;
            sp_render_params params = sp_render_params_default();
            params.kernels = level;
            assert_int_equal(sp_pool_open(&pool, threads[t]), 0);
            assert_int_equal(sp_renderer_open(&renderer, &params, pool), 0);
            for (int repeat = 0; repeat < 2; repeat++) {
                uint64_t h = run(renderer, &large), g = run(renderer, &small);
                if (t == 0 && repeat == 0) {
                    of_large = h;
                    of_small = g;
                }
                assert_true(h == of_large && g == of_small);
            }
            sp_renderer_close(&renderer);
            sp_pool_close(&pool);
        }
    }
    close_view(&large);
    close_view(&small);
}

static void test_no_splats_have_no_gradient(void **unused)
{
    (void)unused;
    for (sp_kernels level = SP_KERNELS_REFERENCE; level <= SP_KERNELS_AVX512; level++) {
        if (!has_level(level))
            continue;
        view v = open_view(0, 0, 17, 3, 3);
        sp_renderer *renderer = NULL;
        sp_render_params params = sp_render_params_default();
        params.kernels = level;
        assert_int_equal(sp_renderer_open(&renderer, &params, NULL), 0);
        run(renderer, &v);
        for (int k = 0; k < 17 * 3; k++)
            assert_true(v.alpha.data[k] == 0 && v.depth.data[k] == 0 && v.rgb.data[k] == 0);
        sp_renderer_close(&renderer);
        close_view(&v);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_odd_splats_and_pictures_have_their_closed_form),
        cmocka_unit_test(test_the_near_plane_and_what_is_behind),
        cmocka_unit_test(test_opacity_near_0_and_1),
        cmocka_unit_test(test_a_renderer_gives_the_same_bits_whatever_it_drew_before),
        cmocka_unit_test(test_no_splats_have_no_gradient),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
