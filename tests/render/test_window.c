// Windows of a picture equal the crop of the whole, bit by bit; normals point where the splats' thin axes do.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../bench/render_scene.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool has_level(sp_kernels kernels)
{
    return kernels == SP_KERNELS_REFERENCE || (int)kernels - (int)SP_KERNELS_BASELINE <= (int)sp_cpu_detect();
}

static sp_renderer *open_renderer(sp_kernels kernels)
{
    sp_renderer *renderer = NULL;
    sp_render_params params = sp_render_params_default();
    params.kernels = kernels;
    assert_int_equal(sp_renderer_open(&renderer, &params, NULL), 0);
    return renderer;
}

typedef struct pictures {
    sp_image rgb, alpha, depth, normal, under;
} pictures;

static pictures make_pictures(int width, int height)
{
    pictures p = {0};
    assert_int_equal(sp_image_init(&p.rgb, width, height, 3), 0);
    assert_int_equal(sp_image_init(&p.alpha, width, height, 1), 0);
    assert_int_equal(sp_image_init(&p.depth, width, height, 1), 0);
    assert_int_equal(sp_image_init(&p.normal, width, height, 3), 0);
    assert_int_equal(sp_image_init(&p.under, width, height, 3), 0);
    return p;
}

static void free_pictures(pictures *p)
{
    sp_image_free(&p->rgb);
    sp_image_free(&p->alpha);
    sp_image_free(&p->depth);
    sp_image_free(&p->normal);
    sp_image_free(&p->under);
}

static sp_render_target target_of(pictures *p, sp_rect window)
{
    return (sp_render_target){.rgb = &p->rgb,
                              .alpha = &p->alpha,
                              .depth = &p->depth,
                              .normal = &p->normal,
                              .under = &p->under,
                              .window = window};
}

static void assert_is_crop(const sp_image *part, const sp_image *whole, sp_rect window)
{
    for (int c = 0; c < whole->channels; c++)
        for (int y = 0; y < window.height; y++)
            assert_memory_equal(sp_image_plane(part, c) + y * window.width,
                                sp_image_plane(whole, c) + (y + window.y) * whole->width + window.x,
                                (size_t)window.width * sizeof(float));
}

static const sp_rect windows[] = {{0, 0, 150, 110}, {32, 64, 64, 32}, {17, 9, 70, 61},
                                  {149, 0, 1, 110}, {3, 107, 100, 3}, {60, 60, 5, 1}};

static void test_a_window_is_a_crop_of_the_whole(void **unused)
{
    (void)unused;
    sp_splat_cloud cloud;
    assert_int_equal(bench_venue(&cloud, 4000, 1, 1, 2), 0);
    sp_camera camera = bench_camera(150, 110, 0.3);
    for (sp_kernels level = SP_KERNELS_REFERENCE; level <= SP_KERNELS_AVX512; level++) {
        if (!has_level(level))
            continue;
        sp_renderer *renderer = open_renderer(level);
        pictures whole = make_pictures(150, 110);
        sp_rng rng = sp_rng_seed(8, 0);
        for (size_t k = 0; k < 3u * 150 * 110; k++)
            whole.under.data[k] = (float)sp_rng_uniform(&rng);
        sp_render_target all = target_of(&whole, (sp_rect){0, 0, 0, 0});
        assert_int_equal(sp_renderer_draw(renderer, &cloud, &camera, &all), 0);
        for (size_t w = 0; w < sizeof windows / sizeof *windows; w++) {
            sp_rect r = windows[w];
            pictures part = make_pictures(r.width, r.height);
            sp_image_free(&part.under);
            assert_int_equal(sp_image_crop(&part.under, &whole.under, r.x, r.y, r.width, r.height), 0);
            sp_render_target target = target_of(&part, r);
            assert_int_equal(sp_renderer_draw(renderer, &cloud, &camera, &target), 0);
            assert_is_crop(&part.rgb, &whole.rgb, r);
            assert_is_crop(&part.alpha, &whole.alpha, r);
            assert_is_crop(&part.depth, &whole.depth, r);
            assert_is_crop(&part.normal, &whole.normal, r);
            free_pictures(&part);
        }
        free_pictures(&whole);
        sp_renderer_close(&renderer);
    }
    sp_splat_cloud_free(&cloud);
}

static void test_a_window_outside_the_picture_is_refused(void **unused)
{
    (void)unused;
    sp_splat_cloud cloud;
    assert_int_equal(bench_venue(&cloud, 10, 0, 1, 2), 0);
    sp_camera camera = bench_camera(50, 40, 0);
    sp_renderer *renderer = open_renderer(SP_KERNELS_AUTO);
    pictures p = make_pictures(20, 20);
    const sp_rect wrong[] = {{-1, 0, 20, 20}, {31, 0, 20, 20}, {0, 21, 20, 20}, {0, 0, 20, -20}};
    for (size_t w = 0; w < sizeof wrong / sizeof *wrong; w++) {
        sp_render_target target = target_of(&p, wrong[w]);
        assert_int_equal(sp_renderer_draw(renderer, &cloud, &camera, &target), SP_EINVAL);
    }
    free_pictures(&p);
    sp_renderer_close(&renderer);
    sp_splat_cloud_free(&cloud);
}

// Gradients of a window add up: those of two halves are those of the whole.
static void test_gradients_of_windows_add_up(void **unused)
{
    (void)unused;
    sp_splat_cloud cloud, whole, halves;
    assert_int_equal(bench_venue(&cloud, 800, 1, 1, 2), 0);
    assert_int_equal(sp_splat_cloud_init(&whole, cloud.capacity, 1), 0);
    assert_int_equal(sp_splat_cloud_init(&halves, cloud.capacity, 1), 0);
    whole.count = halves.count = cloud.count;
    sp_camera camera = bench_camera(120, 90, 0.3);
    sp_renderer *renderer = open_renderer(SP_KERNELS_AUTO);
    const sp_rect rects[3] = {{0, 0, 120, 90}, {0, 0, 53, 90}, {53, 0, 67, 90}};
    for (int k = 0; k < 3; k++) {
        sp_image rgb, d_rgb;
        assert_int_equal(sp_image_init(&rgb, rects[k].width, rects[k].height, 3), 0);
        assert_int_equal(sp_image_init(&d_rgb, rects[k].width, rects[k].height, 3), 0);
        for (int c = 0; c < 3; c++)
            for (int y = 0; y < d_rgb.height; y++)
                for (int x = 0; x < d_rgb.width; x++)
                    sp_image_plane(&d_rgb, c)[y * d_rgb.width + x] =
                        (float)sin(0.3 * (x + rects[k].x) + 0.7 * y + c);
        sp_render_target target = {.rgb = &rgb, .window = rects[k]};
        assert_int_equal(sp_renderer_draw(renderer, &cloud, &camera, &target), 0);
        sp_render_gradient gradient = {.cloud = k ? &halves : &whole};
        assert_int_equal(sp_renderer_backward(renderer, &cloud, &d_rgb, NULL, &gradient), 0);
        sp_image_free(&rgb);
        sp_image_free(&d_rgb);
    }
    for (int row = 0; row < sp_splat_rows(1); row++) {
        double difference = 0, size = 0;
        for (size_t i = 0; i < cloud.count; i++) {
            double a = sp_splat_row(&whole, row)[i], b = sp_splat_row(&halves, row)[i];
            difference += (a - b) * (a - b);
            size += a * a;
        }
        assert_true(size > 0 && difference <= 1e-8 * size);
    }
    sp_renderer_close(&renderer);
    sp_splat_cloud_free(&whole);
    sp_splat_cloud_free(&halves);
    sp_splat_cloud_free(&cloud);
}

// A disc that lies across the view, tilted: its normal is the axis it was turned to, times alpha.
static void test_a_disc_has_the_normal_it_was_given(void **unused)
{
    (void)unused;
    sp_splat_cloud cloud;
    assert_int_equal(sp_splat_cloud_init(&cloud, 1, 0), 0);
    cloud.count = 1;
    const double tilt = 0.6; // about x: the disc's z axis becomes (0, -sin, cos), away from the camera
    const float position[3] = {0.1f, -0.05f, 3}, scale[3] = {-1.2f, -1.5f, -5};
    for (int k = 0; k < 3; k++) {
        sp_splat_row(&cloud, SP_ROW_POSITION + k)[0] = position[k];
        sp_splat_row(&cloud, SP_ROW_LOG_SCALE + k)[0] = scale[k];
    }
    sp_splat_row(&cloud, SP_ROW_ROTATION)[0] = (float)cos(tilt / 2);
    sp_splat_row(&cloud, SP_ROW_ROTATION + 1)[0] = (float)sin(tilt / 2);
    sp_splat_row(&cloud, SP_ROW_OPACITY)[0] = 2;
    sp_camera camera = {.width = 40, .height = 40, .fx = 60, .fy = 60, .cx = 20, .cy = 20};
    camera.rotation = sp_m3_identity();
    const double expected[3] = {0, sin(tilt), -cos(tilt)}; // turned to the camera
    for (sp_kernels level = SP_KERNELS_REFERENCE; level <= SP_KERNELS_AVX512; level++) {
        if (!has_level(level))
            continue;
        sp_renderer *renderer = open_renderer(level);
        pictures p = make_pictures(40, 40);
        sp_render_target target = target_of(&p, (sp_rect){0, 0, 0, 0});
        assert_int_equal(sp_renderer_draw(renderer, &cloud, &camera, &target), 0);
        double most = 0;
        for (size_t k = 0; k < 1600; k++) {
            most = fmax(most, p.alpha.data[k]);
            for (int c = 0; c < 3; c++)
                assert_float_equal(p.normal.data[(size_t)c * 1600 + k], expected[c] * p.alpha.data[k], 1e-5);
        }
        assert_true(most > 0.8);
        free_pictures(&p);
        sp_renderer_close(&renderer);
    }
    sp_splat_cloud_free(&cloud);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_window_is_a_crop_of_the_whole),
        cmocka_unit_test(test_a_window_outside_the_picture_is_refused),
        cmocka_unit_test(test_gradients_of_windows_add_up),
        cmocka_unit_test(test_a_disc_has_the_normal_it_was_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
