// Every vector level against the plain reference, on random and nasty scenes: pictures and gradients, and the
// same bits for any number of threads.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../bench/render_scene.h"
#include "../support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct drawing {
    sp_image rgb, alpha, depth;
    sp_splat_cloud gradient;
    float *screen;
    uint8_t *visible;
    sp_camera_gradient camera;
} drawing;

typedef struct scene {
    sp_splat_cloud cloud, velocity; // of the latter the rows of positions
    sp_camera camera;
    sp_image under, d_rgb, d_alpha;
    bool antialias;
    float alpha_cutoff; // 0: the default
} scene;

static void free_drawing(drawing *d)
{
    sp_image_free(&d->rgb);
    sp_image_free(&d->alpha);
    sp_image_free(&d->depth);
    sp_splat_cloud_free(&d->gradient);
    free(d->screen);
    free(d->visible);
}

static void free_scene(scene *s)
{
    sp_splat_cloud_free(&s->cloud);
    sp_splat_cloud_free(&s->velocity);
    sp_image_free(&s->under);
    sp_image_free(&s->d_rgb);
    sp_image_free(&s->d_alpha);
}

static void add_camera(scene *s, int width, int height, sp_rng *rng)
{
    s->camera = bench_camera(width, height, 0.6);
    s->camera.cx += 13.3; // off the centre
    s->camera.fy *= 0.83; // pixels that are not square
    assert_int_equal(sp_image_init(&s->under, width, height, 3), 0);
    assert_int_equal(sp_image_init(&s->d_rgb, width, height, 3), 0);
    assert_int_equal(sp_image_init(&s->d_alpha, width, height, 1), 0);
    for (int k = 0; k < 3 * width * height; k++) {
        s->under.data[k] = (float)sp_rng_uniform(rng);
        s->d_rgb.data[k] = (float)sp_rng_normal(rng);
    }
    for (int k = 0; k < width * height; k++)
        s->d_alpha.data[k] = (float)sp_rng_normal(rng);
    assert_int_equal(sp_splat_cloud_init(&s->velocity, s->cloud.count, 0), 0);
    for (size_t k = 0; k < 3 * s->velocity.capacity; k++)
        s->velocity.data[k] = (float)sp_rng_normal(rng);
}

static scene venue(size_t count, int sh_degree, int width, int height)
{
    scene s = {0};
    sp_rng rng = sp_rng_seed(3, 0);
    assert_int_equal(bench_venue(&s.cloud, count, sh_degree, 1, 1), 0);
    add_camera(&s, width, height, &rng);
    return s;
}

static void set(sp_splat_cloud *cloud, int row, size_t i, double value)
{
    sp_splat_row(cloud, row)[i] = (float)value;
}

// Around the point the camera looks at: huge ones, needles, some behind, opacities near 0 and 1, quaternions
// far from unit length, colours under zero.
static scene nasty(size_t count, int sh_degree, int width, int height)
{
    scene s = {0};
    sp_rng rng = sp_rng_seed(4, 0);
    assert_int_equal(sp_splat_cloud_init(&s.cloud, count, sh_degree), 0);
    s.cloud.count = count;
    for (size_t i = 0; i < count; i++) {
        double reach = i % 7 == 0 ? 8 : 1.5;
        for (int k = 0; k < 3; k++)
            set(&s.cloud, SP_ROW_POSITION + k, i, reach * sp_rng_normal(&rng) + (k == 2));
        double size = i % 5 == 0 ? 1.5 : i % 5 == 1 ? 1e-4 : 0.1;
        for (int k = 0; k < 3; k++)
            set(&s.cloud, SP_ROW_LOG_SCALE + k, i,
                log(i % 5 == 2 && k == 0 ? 2 : size) + 0.5 * sp_rng_normal(&rng));
        for (int k = 0; k < 4; k++)
            set(&s.cloud, SP_ROW_ROTATION + k, i, (i % 3 ? 1 : 1e3) * sp_rng_normal(&rng));
        set(&s.cloud, SP_ROW_OPACITY, i, (i % 4 == 0 ? 12 : 2) * sp_rng_normal(&rng));
        for (int row = SP_ROW_SH; row < sp_splat_rows(sh_degree); row++)
            set(&s.cloud, row, i, sp_rng_normal(&rng));
    }
    add_camera(&s, width, height, &rng);
    return s;
}

static drawing draw(const scene *s, sp_kernels kernels, int threads)
{
    sp_pool *pool = NULL;
    sp_renderer *renderer = NULL;
    sp_render_params params = sp_render_params_default();
    params.kernels = kernels;
    params.antialias = s->antialias;
    if (s->alpha_cutoff > 0)
        params.alpha_cutoff = s->alpha_cutoff;
    drawing d = {0};
    size_t count = s->cloud.count;
    assert_int_equal(sp_pool_open(&pool, threads), 0);
    assert_int_equal(sp_renderer_open(&renderer, &params, pool), 0);
    assert_int_equal(sp_image_init(&d.rgb, s->camera.width, s->camera.height, 3), 0);
    assert_int_equal(sp_image_init(&d.alpha, s->camera.width, s->camera.height, 1), 0);
    assert_int_equal(sp_image_init(&d.depth, s->camera.width, s->camera.height, 1), 0);
    assert_int_equal(sp_splat_cloud_init(&d.gradient, count, s->cloud.sh_degree), 0);
    d.gradient.count = count;
    assert_int_equal(d.gradient.capacity, s->cloud.capacity);
    d.screen = calloc(count + 1, sizeof *d.screen);
    d.visible = calloc(count + 1, sizeof *d.visible);
    const double gains[6] = {1.1, 0.9, 1.25, 0.05, -0.04, 0.02};
    sp_render_target target = {.rgb = &d.rgb,
                               .alpha = &d.alpha,
                               .depth = &d.depth,
                               .under = &s->under,
                               .gains = gains,
                               .velocity = s->velocity.data,
                               .dt_s = 0.02};
    sp_render_gradient gradient = {
        .cloud = &d.gradient, .screen = d.screen, .visible = d.visible, .camera = &d.camera};
    assert_int_equal(sp_renderer_draw(renderer, &s->cloud, &s->camera, &target), 0);
    assert_int_equal(sp_renderer_backward(renderer, &s->cloud, &s->d_rgb, &s->d_alpha, &gradient), 0);
    sp_renderer_close(&renderer);
    sp_pool_close(&pool);
    return d;
}

static bool has_level(sp_kernels kernels)
{
    return (int)kernels - (int)SP_KERNELS_BASELINE <= (int)sp_cpu_detect();
}

static size_t image_size(const sp_image *image)
{
    return (size_t)image->width * (size_t)image->height * (size_t)image->channels;
}

// Values agree to tolerance times scale; where a contribution crosses the cut-off or the depth order turns on
// a rounding, they may differ more, which at most `flips` of them do.
static void check_values(const float *a, const float *b, size_t count, double tolerance, double flips,
                         const char *what)
{
    size_t off = 0;
    double scale = 0, worst = 0;
    for (size_t k = 0; k < count; k++)
        scale += (double)a[k] * (double)a[k];
    scale = sqrt(scale / (double)(count ? count : 1));
    for (size_t k = 0; k < count; k++) {
        assert_true(isfinite(a[k]) && isfinite(b[k]));
        double error = fabs((double)a[k] - (double)b[k]) / (scale + fabs((double)a[k]) + 1e-12);
        worst = fmax(worst, error);
        off += error > tolerance;
    }
    if ((double)off > flips * (double)count)
        fail_msg("%s: %zu of %zu are off by more than %g, the worst by %g", what, off, count, tolerance,
                 worst);
}

static void check_level(const scene *s, sp_kernels kernels)
{
    if (!has_level(kernels))
        return;
    drawing reference = draw(s, SP_KERNELS_REFERENCE, 2), d = draw(s, kernels, 2);
    check_values(reference.rgb.data, d.rgb.data, image_size(&d.rgb), 2e-4, 2e-3, "rgb");
    check_values(reference.alpha.data, d.alpha.data, image_size(&d.alpha), 2e-4, 2e-3, "alpha");
    check_values(reference.depth.data, d.depth.data, image_size(&d.depth), 2e-4, 2e-3, "depth");
    size_t count = s->cloud.count;
    for (int row = 0; row < sp_splat_rows(s->cloud.sh_degree); row++) {
        char what[40];
        snprintf(what, sizeof what, "gradient of row %d", row);
        check_values(sp_splat_row(&reference.gradient, row), sp_splat_row(&d.gradient, row), count, 5e-4,
                     5e-3, what);
    }
    check_values(reference.screen, d.screen, count, 2e-3, 1e-2, "screen");
    size_t differ = 0;
    for (size_t k = 0; k < count; k++)
        differ += reference.visible[k] != d.visible[k];
    assert_true((double)differ <= 2e-3 * (double)count);
    free_drawing(&reference);
    free_drawing(&d);
}

// Turns, shifts, focal lengths, ... each against the size of its kind; time, which is one number, with
// velocities of about 1 m/s against that of shifts, too.
static void check_camera_gradients(const sp_camera_gradient *a, const sp_camera_gradient *b)
{
    static const int kinds[] = {3, 3, 2, 2, 5, 1, 3, 3};
    const double *x = (const double *)a, *y = (const double *)b, *shift = a->translation;
    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; x += kinds[kind], y += kinds[kind], kind++) {
        double error = 0, size = 0;
        for (int k = 0; k < kinds[kind]; k++) {
            error += (x[k] - y[k]) * (x[k] - y[k]);
            size += x[k] * x[k];
        }
        if (kind == 5)
            size += shift[0] * shift[0] + shift[1] * shift[1] + shift[2] * shift[2];
        if (!(error <= 4e-6 * size))
            fail_msg("camera gradient of kind %zu: off by %g of %g", kind, sqrt(error), sqrt(size));
    }
}

// With so low a cut-off that it does not matter on which side of it a splat comes down: one far from the axis
// can say most of what there is to say about a lens.
static void check_camera(scene *s, sp_kernels kernels)
{
    if (!has_level(kernels))
        return;
    s->alpha_cutoff = 1e-6f;
    drawing reference = draw(s, SP_KERNELS_REFERENCE, 2), d = draw(s, kernels, 2);
    check_camera_gradients(&reference.camera, &d.camera);
    free_drawing(&reference);
    free_drawing(&d);
    s->alpha_cutoff = 0;
}

// With and without the Mip filter, through every lens.
static void check_lenses(scene *s, sp_kernels kernels, bool with_camera)
{
    static const double distortion[3][5] = {
        {0}, {-0.21, 0.05, 4e-3, -6e-3, -0.004}, {-0.06, 0.011, -0.003, 4e-4}};
    for (int k = 0; k < 6; k++) {
        s->antialias = k % 2;
        s->camera.lens = (sp_lens)(k / 2);
        memcpy(s->camera.distortion, distortion[k / 2], sizeof s->camera.distortion);
        check_level(s, kernels);
        if (with_camera)
            check_camera(s, kernels);
    }
}

static void check_scenes(sp_kernels kernels)
{
    for (int degree = 0; degree <= 3; degree++) {
        if (support_is_sanitized() && degree != 1)
            continue;
        scene s = venue(3000, degree, 203, 151);
        check_lenses(&s, kernels, degree == 1);
        free_scene(&s);
        s = nasty(600, degree, 97, 130);
        check_lenses(&s, kernels, degree == 1);
        s.camera.fx *= 0.3; // a fisheye that sees behind itself
        s.camera.fy *= 0.3;
        check_level(&s, kernels);
        free_scene(&s);
    }
}

static void test_baseline_agrees_with_the_reference(void **unused)
{
    (void)unused;
    check_scenes(SP_KERNELS_BASELINE);
}

static void test_avx2_agrees_with_the_reference(void **unused)
{
    (void)unused;
    if (!has_level(SP_KERNELS_AVX2))
        skip();
    check_scenes(SP_KERNELS_AVX2);
}

static void test_avx512_agrees_with_the_reference(void **unused)
{
    (void)unused;
    if (!has_level(SP_KERNELS_AVX512))
        skip();
    check_scenes(SP_KERNELS_AVX512);
}

// FNV-1a
static uint64_t hash(uint64_t h, const void *data, size_t size)
{
    const uint8_t *p = data;
    for (size_t k = 0; k < size; k++)
        h = (h ^ p[k]) * 0x100000001b3u;
    return h;
}

static uint64_t hash_drawing(const drawing *d)
{
    uint64_t h = 0xcbf29ce484222325u;
    h = hash(h, d->rgb.data, image_size(&d->rgb) * sizeof(float));
    h = hash(h, d->depth.data, image_size(&d->depth) * sizeof(float));
    h = hash(h, &d->camera, sizeof d->camera);
    h = hash(h, d->screen, d->gradient.count * sizeof(float));
    size_t rows = (size_t)sp_splat_rows(d->gradient.sh_degree);
    return hash(h, d->gradient.data, rows * d->gradient.capacity * sizeof(float));
}

static void test_same_bits_for_any_number_of_threads(void **unused)
{
    (void)unused;
    scene s = venue(20000, 1, 301, 207);
    for (sp_kernels level = SP_KERNELS_REFERENCE; level <= SP_KERNELS_AVX512; level++) {
        if (level != SP_KERNELS_REFERENCE && !has_level(level))
            continue;
        uint64_t expected = 0;
        for (int run = 0; run < 5; run++) {
            drawing d = draw(&s, level, run % 4 + 1);
            uint64_t h = hash_drawing(&d);
            if (run == 0)
                expected = h;
            assert_int_equal(h, expected);
            free_drawing(&d);
        }
    }
    free_scene(&s);
}

static void test_a_cloud_without_splats_leaves_what_is_under(void **unused)
{
    (void)unused;
    scene s = venue(1, 0, 50, 40);
    s.cloud.count = 0;
    for (sp_kernels level = SP_KERNELS_REFERENCE; level <= SP_KERNELS_AVX512; level++) {
        if (level != SP_KERNELS_REFERENCE && !has_level(level))
            continue;
        drawing d = draw(&s, level, 2);
        assert_memory_equal(d.rgb.data, s.under.data, image_size(&d.rgb) * sizeof(float));
        for (size_t k = 0; k < image_size(&d.alpha); k++)
            assert_true(d.alpha.data[k] == 0 && d.depth.data[k] == 0);
        free_drawing(&d);
    }
    free_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_baseline_agrees_with_the_reference),
        cmocka_unit_test(test_avx2_agrees_with_the_reference),
        cmocka_unit_test(test_avx512_agrees_with_the_reference),
        cmocka_unit_test(test_same_bits_for_any_number_of_threads),
        cmocka_unit_test(test_a_cloud_without_splats_leaves_what_is_under),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
