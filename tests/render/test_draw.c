// Pictures against truths that share no code with the renderer: closed forms, a per-pixel evaluator, the lens
// models; and against themselves (crops).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../bench/render_scene.h"

#include <stdlib.h>
#include <string.h>

static void set(sp_splat_cloud *cloud, int row, size_t i, double value)
{
    sp_splat_row(cloud, row)[i] = (float)value;
}

static bool has_level(sp_kernels kernels)
{
    return kernels < SP_KERNELS_AVX2 || (int)kernels - (int)SP_KERNELS_BASELINE <= (int)sp_cpu_detect();
}

static void draw_with(const sp_render_params *params, const sp_splat_cloud *cloud, const sp_camera *camera,
                      sp_render_target *target)
{
    sp_renderer *renderer = NULL;
    assert_int_equal(sp_renderer_open(&renderer, params, NULL), 0);
    assert_int_equal(sp_renderer_draw(renderer, cloud, camera, target), 0);
    sp_renderer_close(&renderer);
}

static void draw(sp_kernels kernels, const sp_splat_cloud *cloud, const sp_camera *camera,
                 sp_render_target *target)
{
    sp_render_params params = sp_render_params_default();
    params.kernels = kernels;
    draw_with(&params, cloud, camera, target);
}

static sp_image picture(const sp_camera *camera, int channels)
{
    sp_image image;
    assert_int_equal(sp_image_init(&image, camera->width, camera->height, channels), 0);
    return image;
}

static void one_ball(sp_splat_cloud *cloud, sp_vec3 at, double deviation, double logit)
{
    assert_int_equal(sp_splat_cloud_init(cloud, 1, 0), 0);
    cloud->count = 1;
    set(cloud, SP_ROW_POSITION, 0, at.x);
    set(cloud, SP_ROW_POSITION + 1, 0, at.y);
    set(cloud, SP_ROW_POSITION + 2, 0, at.z);
    for (int k = 0; k < 3; k++)
        set(cloud, SP_ROW_LOG_SCALE + k, 0, log(deviation));
    set(cloud, SP_ROW_ROTATION, 0, 1);
    set(cloud, SP_ROW_OPACITY, 0, logit);
    set(cloud, SP_ROW_SH, 0, 1.2);
    set(cloud, SP_ROW_SH + 1, 0, -0.4);
    set(cloud, SP_ROW_SH + 2, 0, -5); // under zero: drawn as zero
}

// On the axis the covariance is (f s / z)^2 plus the low pass along each image axis.
static void test_one_ball_has_its_closed_form(void **unused)
{
    (void)unused;
    sp_camera camera = {.width = 61, .height = 47, .fx = 80, .fy = 64, .cx = 28.5, .cy = 24.5};
    camera.rotation = sp_m3_identity();
    sp_splat_cloud cloud;
    one_ball(&cloud, sp_v3(0, 0, 4), 0.3, 0.7);
    double opacity = 1 / (1 + exp(-0.7)), vx = pow(80 * 0.3 / 4, 2) + 0.3, vy = pow(64 * 0.3 / 4, 2) + 0.3;
    double color[3] = {0.5 + SP_SH_C0 * 1.2, 0.5 - SP_SH_C0 * 0.4, 0};
    sp_image under = picture(&camera, 3);
    for (size_t k = 0; k < 3u * 61 * 47; k++)
        under.data[k] = 0.25f;
    for (sp_kernels level = SP_KERNELS_REFERENCE; level <= SP_KERNELS_AVX512; level++) {
        if (!has_level(level))
            continue;
        sp_image rgb = picture(&camera, 3), alpha = picture(&camera, 1), depth = picture(&camera, 1);
        sp_render_target target = {.rgb = &rgb, .alpha = &alpha, .depth = &depth, .under = &under};
        draw(level, &cloud, &camera, &target);
        for (int y = 0; y < camera.height; y++)
            for (int x = 0; x < camera.width; x++) {
                double dx = x + 0.5 - 28.5, dy = y + 0.5 - 24.5;
                double a = opacity * exp(-0.5 * (dx * dx / vx + dy * dy / vy));
                if (fabs(a - 1.0 / 255) < 1e-5)
                    continue; // either is right
                a = a < 1.0 / 255 ? 0 : a;
                size_t at = (size_t)(y * camera.width + x);
                double slack = level == SP_KERNELS_REFERENCE ? 1e-5 : 1e-5 + 1e-4 * a; // of the exponential
                assert_float_equal(alpha.data[at], a, slack);
                assert_float_equal(depth.data[at], 4 * a, 5 * slack);
                for (int c = 0; c < 3; c++)
                    assert_float_equal(sp_image_plane(&rgb, c)[at], a * color[c] + (1 - a) * 0.25, slack);
            }
        sp_image_free(&rgb);
        sp_image_free(&alpha);
        sp_image_free(&depth);
    }
    sp_image_free(&under);
    sp_splat_cloud_free(&cloud);
}

// A ball that flew to the axis, faded by the Mip filter, in the colours of the camera.
static void test_a_moving_ball_faded_and_exposed_has_its_closed_form(void **unused)
{
    (void)unused;
    sp_camera camera = {.width = 61, .height = 47, .fx = 80, .fy = 64, .cx = 28.5, .cy = 24.5};
    camera.rotation = sp_m3_identity();
    sp_splat_cloud cloud, velocity;
    one_ball(&cloud, sp_v3(-1, 0.5, 2), 0.02, 3);
    one_ball(&velocity, sp_v3(4, -2, 8), 1, 0);
    const double gains[6] = {0.8, 1.3, 2, 0.1, -0.2, 0.3};
    double sharp_x = pow(80 * 0.02 / 4, 2), sharp_y = pow(64 * 0.02 / 4, 2);
    double vx = sharp_x + 0.3, vy = sharp_y + 0.3;
    double opacity = sqrt(sharp_x * sharp_y / (vx * vy)) / (1 + exp(-3));
    double color[3] = {0.8 * (0.5 + SP_SH_C0 * 1.2) + 0.1, 1.3 * (0.5 - SP_SH_C0 * 0.4) - 0.2, 0.3};
    for (sp_kernels level = SP_KERNELS_REFERENCE; level <= SP_KERNELS_AVX512; level++) {
        if (!has_level(level))
            continue;
        sp_render_params params = sp_render_params_default();
        params.kernels = level;
        params.antialias = true;
        params.alpha_cutoff = 1e-4f;
        sp_image rgb = picture(&camera, 3);
        sp_render_target target = {.rgb = &rgb, .gains = gains, .velocity = velocity.data, .dt_s = 0.25};
        draw_with(&params, &cloud, &camera, &target);
        for (int y = 0; y < camera.height; y++)
            for (int x = 0; x < camera.width; x++) {
                double dx = x + 0.5 - 28.5, dy = y + 0.5 - 24.5;
                double a = opacity * exp(-0.5 * (dx * dx / vx + dy * dy / vy));
                size_t at = (size_t)(y * camera.width + x);
                for (int c = 0; c < 3; c++)
                    assert_float_equal(sp_image_plane(&rgb, c)[at], a * color[c], 1.1e-4);
            }
        sp_image_free(&rgb);
    }
    sp_splat_cloud_free(&cloud);
    sp_splat_cloud_free(&velocity);
}

// What is sorted farther away is drawn where it is, behind what it was before.
static void test_a_splat_sorted_behind_another_is_covered_by_it(void **unused)
{
    (void)unused;
    sp_camera camera = {.width = 61, .height = 47, .fx = 80, .fy = 64, .cx = 28.5, .cy = 24.5};
    camera.rotation = sp_m3_identity();
    sp_splat_cloud cloud, far;
    one_ball(&cloud, sp_v3(0, 0, 4), 0.3, 1);
    one_ball(&far, sp_v3(0, 0, 5), 0.3, 1);
    set(&far, SP_ROW_SH, 0, -5);
    assert_int_equal(sp_splat_cloud_append(&cloud, &far), 0);
    float *behind = sp_aligned_calloc(cloud.capacity, sizeof *behind);
    assert_non_null(behind);
    double opacity = 1 / (1 + exp(-1)), red = 0.5 + SP_SH_C0 * 1.2;
    for (sp_kernels level = SP_KERNELS_REFERENCE; level <= SP_KERNELS_AVX512; level++) {
        if (!has_level(level))
            continue;
        sp_image rgb = picture(&camera, 3);
        sp_render_target target = {.rgb = &rgb, .behind_m = behind};
        for (int is_behind = 0; is_behind < 2; is_behind++) {
            behind[0] = is_behind ? 1.5f : 0;
            draw(level, &cloud, &camera, &target);
            double seen = is_behind ? opacity * (1 - opacity) * red : opacity * red;
            assert_float_equal(rgb.data[24 * 61 + 28], seen, 1e-3);
        }
        sp_image_free(&rgb);
    }
    free(behind);
    sp_splat_cloud_free(&cloud);
    sp_splat_cloud_free(&far);
}

// ---- An evaluator of its own: every pixel looks at every splat

typedef struct spot {
    sp_vec2 px;
    double depth, cov[3], opacity, color[3];
} spot;

static double factorial(int n)
{
    return n < 2 ? 1 : n * factorial(n - 1);
}

// Associated Legendre function without the Condon-Shortley phase, by its recursion.
static double legendre(int l, int m, double x)
{
    double mm = 1, s = sqrt(1 - x * x);
    for (int k = 1; k <= m; k++)
        mm *= (2 * k - 1) * s;
    if (l == m)
        return mm;
    double next = x * (2 * m + 1) * mm;
    for (int k = m + 2; k <= l; k++) {
        double value = ((2 * k - 1) * x * next - (k + m - 1) * mm) / (k - m);
        mm = next;
        next = value;
    }
    return next;
}

// Real spherical harmonic of degree l and order m with the phase (-1)^m.
static double harmonic(int l, int m, sp_vec3 d)
{
    int n = abs(m);
    double norm = sqrt((2 * l + 1) / (4 * M_PI) * factorial(l - n) / factorial(l + n));
    double angle = atan2(d.y, d.x), value = norm * legendre(l, n, d.z) * (n % 2 ? -1 : 1);
    if (m == 0)
        return value;
    return sqrt(2) * value * (m > 0 ? cos(n * angle) : sin(n * angle));
}

static double at(const sp_splat_cloud *cloud, int row, size_t i)
{
    return (double)sp_splat_row(cloud, row)[i];
}

static bool spot_of(spot *out, const sp_splat_cloud *cloud, const sp_camera *camera, size_t i)
{
    sp_vec3 p = {at(cloud, 0, i), at(cloud, 1, i), at(cloud, 2, i)};
    sp_vec3 in_camera = sp_camera_to_cam(camera, p);
    sp_quat q = {at(cloud, SP_ROW_ROTATION, i), at(cloud, SP_ROW_ROTATION + 1, i),
                 at(cloud, SP_ROW_ROTATION + 2, i), at(cloud, SP_ROW_ROTATION + 3, i)};
    sp_mat3 axes = sp_quat_to_m3(q);
    double along2 = 0;
    memset(out->cov, 0, sizeof out->cov);
    if (!(in_camera.z >= 0.05) || !sp_camera_project(&out->px, camera, p))
        return false;
    for (int k = 0; k < 3; k++) {
        // One deviation along an axis of the splat, projected by a central difference.
        double size = exp(at(cloud, SP_ROW_LOG_SCALE + k, i)), h = 1e-5;
        sp_vec3 axis = {axes.m[k], axes.m[3 + k], axes.m[6 + k]};
        sp_vec2 above, below;
        assert_true(sp_camera_project(&above, camera, sp_v3_add(p, sp_v3_scale(axis, h))));
        assert_true(sp_camera_project(&below, camera, sp_v3_add(p, sp_v3_scale(axis, -h))));
        double ux = size * (above.x - below.x) / (2 * h), uy = size * (above.y - below.y) / (2 * h);
        out->cov[0] += ux * ux;
        out->cov[1] += ux * uy;
        out->cov[2] += uy * uy;
        along2 += pow(size * sp_m3_apply(camera->rotation, axis).z, 2);
    }
    out->cov[0] += 0.3;
    out->cov[2] += 0.3;
    out->depth = in_camera.z;
    out->opacity = 1 / (1 + exp(-at(cloud, SP_ROW_OPACITY, i)));
    sp_vec3 direction = sp_v3_unit(sp_v3_sub(p, sp_camera_center(camera)));
    for (int c = 0; c < 3; c++) {
        out->color[c] = 0.5;
        for (int l = 0, k = 0; l <= cloud->sh_degree; l++)
            for (int m = -l; m <= l; m++, k++)
                out->color[c] += harmonic(l, m, direction) * at(cloud, SP_ROW_SH + 3 * k + c, i);
        out->color[c] = fmax(out->color[c], 0);
    }
    double t2 = (in_camera.x * in_camera.x + in_camera.y * in_camera.y) / (in_camera.z * in_camera.z);
    return 9 * along2 * fmax(1, 4 * t2 - 7) <= in_camera.z * in_camera.z;
}

static int nearer(const void *a, const void *b)
{
    double x = ((const spot *)a)->depth, y = ((const spot *)b)->depth;
    return (x > y) - (x < y);
}

static void shade_pixel(double rgb[3], const spot *spots, size_t count, double x, double y)
{
    double t = 1;
    memset(rgb, 0, 3 * sizeof *rgb);
    for (size_t k = 0; k < count && t >= 1e-4; k++) {
        const spot *s = &spots[k];
        double dx = x - s->px.x, dy = y - s->px.y, det = s->cov[0] * s->cov[2] - s->cov[1] * s->cov[1];
        double q = (s->cov[2] * dx * dx - 2 * s->cov[1] * dx * dy + s->cov[0] * dy * dy) / det;
        double a = fmin(s->opacity, 0.999) * exp(-q / 2);
        if (a < 1.0 / 255)
            continue;
        for (int c = 0; c < 3; c++)
            rgb[c] += t * a * s->color[c];
        t *= 1 - a;
    }
}

static void check_against_evaluator(int sh_degree, sp_kernels level)
{
    sp_splat_cloud cloud;
    assert_int_equal(bench_venue(&cloud, 1500, sh_degree, 0.7, 9), 0);
    sp_camera camera = bench_camera(90, 70, 1.9);
    camera.cx -= 7.2;
    camera.fy *= 1.1;
    spot *spots = calloc(cloud.count, sizeof *spots);
    assert_non_null(spots);
    size_t count = 0, flips = 0, pixels = (size_t)(camera.width * camera.height);
    for (size_t i = 0; i < cloud.count; i++)
        count += spot_of(&spots[count], &cloud, &camera, i);
    qsort(spots, count, sizeof *spots, nearer);
    sp_image rgb = picture(&camera, 3);
    sp_render_target target = {.rgb = &rgb};
    draw(level, &cloud, &camera, &target);
    for (size_t k = 0; k < pixels; k++) {
        double truth[3], error = 0;
        shade_pixel(truth, spots, count, (double)(k % 90) + 0.5, (double)(k / 90) + 0.5);
        for (int c = 0; c < 3; c++)
            error = fmax(error, fabs(truth[c] - (double)sp_image_plane(&rgb, c)[k]));
        assert_true(error < 0.02);
        flips += error > 1e-4;
    }
    assert_true(flips <= pixels / 100);
    sp_image_free(&rgb);
    free(spots);
    sp_splat_cloud_free(&cloud);
}

static void test_pictures_equal_an_evaluator_of_every_pixel(void **unused)
{
    (void)unused;
    for (int degree = 0; degree <= 3; degree++)
        for (sp_kernels level = SP_KERNELS_REFERENCE; level <= SP_KERNELS_AVX512; level++)
            if (has_level(level))
                check_against_evaluator(degree, level);
}

static void test_a_crop_equals_the_crop_of_the_whole(void **unused)
{
    (void)unused;
    sp_splat_cloud cloud;
    assert_int_equal(bench_venue(&cloud, 4000, 1, 1, 2), 0);
    sp_camera camera = bench_camera(240, 180, 0.2), part = sp_camera_cropped(&camera, 83, 51, 77, 90);
    for (sp_kernels level = SP_KERNELS_REFERENCE; level <= SP_KERNELS_AVX512; level++) {
        if (!has_level(level))
            continue;
        sp_image whole = picture(&camera, 3), crop = picture(&part, 3), expected;
        sp_render_target target = {.rgb = &whole};
        draw(level, &cloud, &camera, &target);
        target.rgb = &crop;
        draw(level, &cloud, &part, &target);
        assert_int_equal(sp_image_crop(&expected, &whole, 83, 51, 77, 90), 0);
        size_t flips = 0, count = 3u * 77 * 90;
        for (size_t k = 0; k < count; k++) {
            double error = fabs((double)expected.data[k] - (double)crop.data[k]);
            assert_true(error < 0.01);
            flips += error > 1e-4;
        }
        assert_true(flips <= count / 500);
        sp_image_free(&whole);
        sp_image_free(&crop);
        sp_image_free(&expected);
    }
    sp_splat_cloud_free(&cloud);
}

// A small ball stands where the lens model projects its centre, over what is under.
static void check_lens(sp_lens lens, const double *coefficients, double focal, sp_vec3 ball)
{
    sp_camera camera = {
        .width = 320, .height = 240, .lens = lens, .fx = focal, .fy = focal, .cx = 163, .cy = 118};
    camera.rotation = sp_m3_identity();
    memcpy(camera.distortion, coefficients, sizeof camera.distortion);
    sp_splat_cloud cloud;
    one_ball(&cloud, ball, 0.02 * ball.z, 2);
    sp_image rgb = picture(&camera, 3), alpha = picture(&camera, 1), under = picture(&camera, 3);
    for (size_t k = 0; k < 3u * 320 * 240; k++)
        under.data[k] = 0.5f;
    sp_render_target target = {.rgb = &rgb, .alpha = &alpha, .under = &under};
    draw(SP_KERNELS_AUTO, &cloud, &camera, &target);
    double sum = 0, x = 0, y = 0;
    for (int k = 0; k < 320 * 240; k++) {
        double a = (double)alpha.data[k];
        assert_true(a >= 0 && a <= 1);
        sum += a;
        x += a * (k % 320 + 0.5);
        y += a * (k / 320 + 0.5);
        assert_float_equal(sp_image_plane(&rgb, 2)[k], 0.5 * (1 - a), 2e-3);
    }
    sp_vec2 expected;
    assert_true(sp_camera_project(&expected, &camera, ball));
    assert_true(sum > 10);
    assert_float_equal(x / sum, expected.x, 0.15);
    assert_float_equal(y / sum, expected.y, 0.15);
    sp_image_free(&rgb);
    sp_image_free(&alpha);
    sp_image_free(&under);
    sp_splat_cloud_free(&cloud);
}

static void test_distorted_cameras_follow_their_lens(void **unused)
{
    (void)unused;
    const double barrel[5] = {-0.28, 0.07, 1e-3, -5e-4, 0}, cushion[5] = {0.12, 0, 0, 0, 0};
    const double fisheye[5] = {-0.02, 0.004, 0, 0, 0};
    check_lens(SP_LENS_BROWN, barrel, 260, sp_v3(0.1, -0.1, 3));
    check_lens(SP_LENS_BROWN, barrel, 260, sp_v3(1.3, 0.9, 3));
    check_lens(SP_LENS_BROWN, cushion, 260, sp_v3(-1.2, 0.8, 3));
    check_lens(SP_LENS_FISHEYE, fisheye, 130, sp_v3(1.9, -1.2, 2.5));
}

// Floor under the camera, far outside of the picture, whose affine projection would cover it with haze.
static void test_what_lies_beside_the_camera_is_not_smeared_over_the_picture(void **unused)
{
    (void)unused;
    sp_splat_cloud cloud;
    sp_camera camera = {.width = 64, .height = 48, .fx = 90, .fy = 90, .cx = 32, .cy = 24};
    camera.rotation = sp_m3_identity();
    for (sp_kernels level = SP_KERNELS_REFERENCE; level <= SP_KERNELS_AVX512; level++)
        for (int k = 1; k <= 40 && has_level(level); k++) {
            one_ball(&cloud, sp_v3(0.3, 3, 0.06 * k), 0.058, 2); // y down
            sp_image alpha = picture(&camera, 1);
            sp_render_target target = {.alpha = &alpha};
            draw(level, &cloud, &camera, &target);
            for (size_t at = 0; at < 64 * 48; at++)
                assert_true(alpha.data[at] == 0);
            sp_image_free(&alpha);
            sp_splat_cloud_free(&cloud);
        }
}

// A splat whose position is not finite, or whose shape or opacity is NaN, is not drawn.
static void test_splats_that_are_no_numbers_are_left_out(void **unused)
{
    (void)unused;
    const float nasty[] = {NAN, INFINITY, -INFINITY};
    sp_splat_cloud cloud;
    sp_camera camera = {.width = 40, .height = 30, .fx = 40, .fy = 40, .cx = 20, .cy = 15};
    camera.rotation = sp_m3_identity();
    for (sp_kernels level = SP_KERNELS_REFERENCE; level <= SP_KERNELS_AVX512; level++) {
        if (!has_level(level))
            continue;
        for (int row = 0; row < SP_ROW_SH + 3; row++)
            for (int n = 0; n < 3; n++) {
                one_ball(&cloud, sp_v3(0, 0, 4), 0.3, 0.7);
                sp_splat_row(&cloud, row)[0] = nasty[n];
                sp_image rgb = picture(&camera, 3), alpha = picture(&camera, 1);
                sp_render_target target = {.rgb = &rgb, .alpha = &alpha};
                draw(level, &cloud, &camera, &target);
                for (size_t k = 0; k < 40 * 30; k++) {
                    assert_true(isfinite(alpha.data[k]) && alpha.data[k] >= 0 && alpha.data[k] < 1);
                    if (row < SP_ROW_LOG_SCALE || (row <= SP_ROW_OPACITY && isnan(nasty[n])))
                        assert_true(alpha.data[k] == 0);
                    for (size_t c = 0; c < 3 && row < SP_ROW_SH; c++)
                        assert_true(isfinite(rgb.data[c * 40 * 30 + k]));
                }
                sp_image_free(&rgb);
                sp_image_free(&alpha);
                sp_splat_cloud_free(&cloud);
            }
    }
}

static void test_wrong_pictures_and_orders_are_refused(void **unused)
{
    (void)unused;
    sp_splat_cloud cloud, other;
    one_ball(&cloud, sp_v3(0, 0, 4), 0.3, 0);
    one_ball(&other, sp_v3(0, 0, 4), 0.3, 0);
    sp_camera camera = bench_camera(40, 30, 0), larger = bench_camera(41, 30, 0);
    sp_image rgb = picture(&camera, 3), wrong = picture(&larger, 3);
    sp_renderer *renderer = NULL;
    sp_render_params params = sp_render_params_default();
    params.alpha_cutoff = NAN;
    assert_int_equal(sp_renderer_open(&renderer, &params, NULL), SP_EINVAL);
    assert_int_equal(sp_renderer_open(&renderer, NULL, NULL), 0);
    sp_render_target target = {.rgb = &wrong};
    assert_int_equal(sp_renderer_draw(renderer, &cloud, &camera, &target), SP_EINVAL);
    assert_non_null(strstr(sp_error_text(), "orbit"));
    sp_render_gradient gradient = {.cloud = &other};
    assert_int_equal(sp_renderer_backward(renderer, &cloud, &rgb, NULL, &gradient), SP_EINVAL);
    target.rgb = &rgb;
    assert_int_equal(sp_renderer_draw(renderer, &cloud, &camera, &target), 0);
    assert_int_equal(sp_renderer_backward(renderer, &other, &rgb, NULL, &gradient), SP_EINVAL);
    assert_int_equal(sp_renderer_backward(renderer, &cloud, &wrong, NULL, &gradient), SP_EINVAL);
    assert_int_equal(sp_renderer_backward(renderer, &cloud, &rgb, NULL, &gradient), 0);
    target.gains = (double[6]){1, 1, INFINITY};
    assert_int_equal(sp_renderer_draw(renderer, &cloud, &camera, &target), SP_EINVAL);
    target.gains = NULL;
    target.velocity = cloud.data + 1;
    assert_int_equal(sp_renderer_draw(renderer, &cloud, &camera, &target), SP_EINVAL);
    target.velocity = NULL;
    target.behind_m = cloud.data + 1;
    assert_int_equal(sp_renderer_draw(renderer, &cloud, &camera, &target), SP_EINVAL);
    target.behind_m = NULL;
    camera.fx = NAN;
    assert_int_equal(sp_renderer_draw(renderer, &cloud, &camera, &target), SP_EINVAL);
    sp_renderer_close(&renderer);
    assert_null(renderer);
    sp_renderer_close(&renderer);
    sp_image_free(&rgb);
    sp_image_free(&wrong);
    sp_splat_cloud_free(&cloud);
    sp_splat_cloud_free(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_ball_has_its_closed_form),
        cmocka_unit_test(test_a_moving_ball_faded_and_exposed_has_its_closed_form),
        cmocka_unit_test(test_a_splat_sorted_behind_another_is_covered_by_it),
        cmocka_unit_test(test_pictures_equal_an_evaluator_of_every_pixel),
        cmocka_unit_test(test_a_crop_equals_the_crop_of_the_whole),
        cmocka_unit_test(test_distorted_cameras_follow_their_lens),
        cmocka_unit_test(test_what_lies_beside_the_camera_is_not_smeared_over_the_picture),
        cmocka_unit_test(test_splats_that_are_no_numbers_are_left_out),
        cmocka_unit_test(test_wrong_pictures_and_orders_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
