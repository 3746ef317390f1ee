// Projection, its inverse and its derivatives, other pictures of the same view, rays.
#include "testing.h"

static const sp_lens LENSES[] = {SP_LENS_PINHOLE, SP_LENS_BROWN, SP_LENS_FISHEYE};

static void test_known_pixels(void **state)
{
    (void)state;
    sp_camera camera = {.width = 1000, .height = 800, .fx = 500, .fy = 400, .cx = 500, .cy = 400};
    camera.rotation = sp_m3_identity();
    sp_vec2 px;
    assert_true(sp_camera_project(&px, &camera, sp_v3(1, -0.5, 2)));
    assert_near(px.x, 750, 1e-12);
    assert_near(px.y, 300, 1e-12);

    // x = 0.5, y = -0.25, r^2 = 0.3125: radial = 1 + 0.03125 + 0.0048828125 - 0.00030517578125
    camera.lens = SP_LENS_BROWN;
    memcpy(camera.distortion, (double[5]){0.1, 0.05, 0.01, -0.02, -0.01}, sizeof camera.distortion);
    assert_true(sp_camera_project(&px, &camera, sp_v3(1, -0.5, 2)));
    double radial = 1.03582763671875;
    assert_near(px.x, 500 * (0.5 * radial + 2 * 0.01 * -0.125 - 0.02 * (0.3125 + 0.5)) + 500, 1e-10);
    assert_near(px.y, 400 * (-0.25 * radial + 0.01 * (0.3125 + 0.125) + 2 * -0.02 * -0.125) + 400, 1e-10);

    // 45 degrees off the axis: theta = pi / 4 whatever the distance; with k1, theta (1 + k1 theta^2).
    camera.lens = SP_LENS_FISHEYE;
    memset(camera.distortion, 0, sizeof camera.distortion);
    assert_true(sp_camera_project(&px, &camera, sp_v3(3, 0, 3)));
    assert_near(px.x, 500 * 0.78539816339744831 + 500, 1e-10);
    camera.distortion[0] = 0.1;
    assert_true(sp_camera_project(&px, &camera, sp_v3(0, 3, 3)));
    assert_near(px.y, 400 * 0.78539816339744831 * (1 + 0.1 * 0.61685027506808491) + 400, 1e-10);
    // More than 90 degrees off the axis a fisheye still sees.
    camera.distortion[0] = 0;
    assert_true(sp_camera_project(&px, &camera, sp_v3(1, 0, -0.1)));
    assert_near(px.x, 500 * (M_PI / 2 + atan(0.1)) + 500, 1e-9);
}

static void test_behind(void **state)
{
    (void)state;
    for (int l = 0; l < 2; l++) {
        sp_camera camera = test_camera("a", LENSES[l]);
        sp_vec2 px = {-7, -7};
        sp_vec3 behind = sp_v3_scale(sp_camera_center(&camera), 2);
        assert_false(sp_camera_project(&px, &camera, behind));
        assert_false(sp_camera_project(&px, &camera, sp_camera_center(&camera)));
        assert_near(px.x, -7, 0);
    }
    sp_camera fisheye = test_camera("a", SP_LENS_FISHEYE);
    sp_vec2 px;
    assert_false(sp_camera_project(&px, &fisheye, sp_camera_center(&fisheye)));
}

static void test_inverse_over_whole_picture(void **state)
{
    (void)state;
    static const double coefficients[][5] = {
        {-0.28, 0.09, 0.0011, -0.0007, -0.012},      {0.18, -0.256, 0.0032, 0.0022, 0.124},
        {-0.332, 0.0464, -0.0043, 0.0041, 0.0666},   {0.0578421, -0.0805099, -0.000980296, 0.00015575, 0},
        {-0.046183, 0.139983, 0.000608, 0.00069, 0}, {0, 0, 0.01, -0.02, 0},
    };
    for (size_t l = 1; l < 3; l++) {
        for (size_t c = 0; c < sizeof coefficients / sizeof *coefficients; c++) {
            sp_camera camera = test_camera("a", LENSES[l]);
            memcpy(camera.distortion, coefficients[c], sizeof camera.distortion);
            sp_vec3 center = sp_camera_center(&camera);
            for (int y = 0; y <= 720; y += 8) {
                for (int x = 0; x <= 1280; x += 8) {
                    sp_vec2 px = {x, y}, back;
                    sp_vec3 d;
                    assert_true(sp_camera_ray(&d, &camera, px));
                    assert_near(sp_v3_norm(d), 1, 1e-14);
                    assert_true(sp_camera_project(&back, &camera, sp_v3_add(center, sp_v3_scale(d, 7.3))));
                    assert_near(back.x, px.x, 1e-6);
                    assert_near(back.y, px.y, 1e-6);
                }
            }
        }
    }
}

static void test_jacobian_against_differences(void **state)
{
    (void)state;
    const sp_vec3 points[] = {{0, 0, 1}, {1.3, 0.4, 0.2}, {-2, 2.5, 2.6}, {4, -2.6, 1.2}};
    for (size_t l = 0; l < 3; l++) {
        sp_camera camera = test_camera("a", LENSES[l]);
        for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
            sp_vec2 px, plain;
            double jacobian[6], p[3] = {points[i].x, points[i].y, points[i].z}, h = 1e-5;
            assert_true(sp_camera_project_jacobian(&px, jacobian, &camera, points[i]));
            assert_true(sp_camera_project(&plain, &camera, points[i]));
            assert_true(px.x == plain.x && px.y == plain.y);
            for (int k = 0; k < 3; k++) {
                double a[3] = {p[0], p[1], p[2]}, b[3] = {p[0], p[1], p[2]};
                a[k] += h, b[k] -= h;
                sp_vec2 pa, pb;
                assert_true(sp_camera_project(&pa, &camera, sp_v3(a[0], a[1], a[2])));
                assert_true(sp_camera_project(&pb, &camera, sp_v3(b[0], b[1], b[2])));
                assert_near(jacobian[k], (pa.x - pb.x) / (2 * h), 1e-5);
                assert_near(jacobian[3 + k], (pa.y - pb.y) / (2 * h), 1e-5);
            }
        }
    }
}

// On and near the axis the fisheye's formula is 0 / 0; nothing may jump there.
static void test_fisheye_axis(void **state)
{
    (void)state;
    sp_camera camera = test_camera("a", SP_LENS_FISHEYE), pinhole = test_camera("a", SP_LENS_PINHOLE);
    sp_vec3 center = sp_camera_center(&camera),
            axis = {camera.rotation.m[6], camera.rotation.m[7], camera.rotation.m[8]};
    sp_vec3 side = {camera.rotation.m[0], camera.rotation.m[1], camera.rotation.m[2]};
    for (double off = 0; off<1e-5; off = off> 0 ? off * 10 : 1e-12) {
        sp_vec3 p = sp_v3_add(center, sp_v3_add(sp_v3_scale(axis, 4), sp_v3_scale(side, off)));
        sp_vec2 a, b;
        double ja[6], jb[6];
        assert_true(sp_camera_project_jacobian(&a, ja, &camera, p));
        assert_true(sp_camera_project_jacobian(&b, jb, &pinhole, p));
        assert_near(a.x, b.x, 1e-9);
        for (int i = 0; i < 6; i++)
            assert_near(ja[i], jb[i], 1e-4);
    }
}

static void test_fold_is_refused(void **state)
{
    (void)state;
    // r (1 - r^2 / 3) turns back at r = 1, where it is 2 / 3.
    sp_camera camera = {.width = 100, .height = 100, .lens = SP_LENS_BROWN, .fx = 100, .fy = 100};
    camera.rotation = sp_m3_identity();
    camera.distortion[0] = -1.0 / 3;
    sp_vec2 px;
    sp_vec3 d;
    assert_true(sp_camera_project(&px, &camera, sp_v3(0.999, 0, 1)));
    assert_false(sp_camera_project(&px, &camera, sp_v3(1.001, 0, 1)));
    assert_false(sp_camera_project(&px, &camera, sp_v3(30, 4, 1)));
    assert_true(sp_camera_ray(&d, &camera, (sp_vec2){66.6, 0}));
    assert_near(d.x / d.z, 0.97406778782801751, 1e-9); // root of r - r^3 / 3 = 0.666
    assert_false(sp_camera_ray(&d, &camera, (sp_vec2){66.7, 0}));
    assert_false(sp_camera_ray(&d, &camera, (sp_vec2){1e9, 0}));
    // A curve that falls and then rises again must not let the far branch in: 1 - 3.6 s + 2.5 s^2 has roots.
    camera.distortion[0] = -1.2;
    camera.distortion[1] = 0.5;
    assert_false(sp_camera_project(&px, &camera, sp_v3(3, 0, 1)));
    // The same for the fisheye, in the angle.
    camera.lens = SP_LENS_FISHEYE;
    memset(camera.distortion, 0, sizeof camera.distortion);
    camera.distortion[0] = -1.0 / 3;
    assert_true(sp_camera_project(&px, &camera, sp_v3(tan(0.999), 0, 1)));
    assert_false(sp_camera_project(&px, &camera, sp_v3(tan(1.001), 0, 1)));
    assert_false(sp_camera_ray(&d, &camera, (sp_vec2){66.7, 0}));
    assert_false(sp_camera_ray(&d, &camera, (sp_vec2){NAN, 0}));
}

static void test_undistorted_covers(void **state)
{
    (void)state;
    for (size_t l = 0; l < 3; l++) {
        sp_camera camera = test_camera("a", LENSES[l]), flat = sp_camera_undistorted(&camera, 2.6);
        assert_int_equal(flat.lens, SP_LENS_PINHOLE);
        assert_near(flat.fx, camera.fx, 0);
        if (camera.lens == SP_LENS_PINHOLE)
            assert_memory_equal(&flat, &camera, sizeof flat);
        for (int y = 0; y <= 720; y += 30) {
            for (int x = 0; x <= 1280; x += 40) {
                sp_vec3 d;
                sp_vec2 px;
                assert_true(sp_camera_ray(&d, &camera, (sp_vec2){x, y}));
                assert_true(sp_camera_project(&px, &flat, sp_v3_add(sp_camera_center(&camera), d)));
                assert_true(px.x > -0.01 && px.y > -0.01 && px.x < flat.width + 0.01 &&
                            px.y < flat.height + 0.01);
            }
        }
    }
    // A very wide lens is cut at the limit.
    sp_camera wide = test_camera("a", SP_LENS_FISHEYE);
    wide.fx = wide.fy = 300;
    memset(wide.distortion, 0, sizeof wide.distortion);
    sp_camera flat = sp_camera_undistorted(&wide, 2);
    assert_true(atan2(flat.width - flat.cx, flat.fx) < 1.01 && atan2(flat.width - flat.cx, flat.fx) > 0.99);
}

static void test_warp_map(void **state)
{
    (void)state;
    for (size_t l = 1; l < 3; l++) {
        sp_camera camera = test_camera("a", LENSES[l]);
        camera = sp_camera_resized(&camera, 320, 180);
        sp_camera flat = sp_camera_undistorted(&camera, 2.6);
        size_t pixels = (size_t)flat.width * (size_t)flat.height;
        float *map = sp_calloc(2 * pixels, sizeof *map);
        sp_camera_warp_map(map, &flat, &camera);
        int inside = 0;
        for (int y = 0; y < flat.height; y += 5) {
            for (int x = 0; x < flat.width; x += 5) {
                float u = map[y * flat.width + x], v = map[pixels + (size_t)(y * flat.width + x)];
                if (isnan(u))
                    continue;
                inside++;
                sp_vec3 a, b;
                assert_true(sp_camera_ray(&a, &camera, (sp_vec2){u, v}));
                assert_true(sp_camera_ray(&b, &flat, (sp_vec2){x + 0.5, y + 0.5}));
                assert_near(sp_v3_norm(sp_v3_sub(a, b)), 0, 1e-6);
            }
        }
        assert_true(inside > (int)(pixels / 25) * 7 / 10);
        free(map);
    }
}

static void test_resized_and_cropped(void **state)
{
    (void)state;
    sp_camera camera = test_camera("a", SP_LENS_BROWN);
    sp_vec3 point = {0.3, -0.2, 1.4};
    sp_vec2 a, b;
    assert_true(sp_camera_project(&a, &camera, point));
    sp_camera half = sp_camera_resized(&camera, 640, 360);
    assert_true(sp_camera_project(&b, &half, point));
    assert_near(b.x, a.x / 2, 1e-9);
    assert_near(b.y, a.y / 2, 1e-9);
    sp_camera cut = sp_camera_cropped(&camera, 100, 50, 300, 200);
    assert_true(sp_camera_project(&b, &cut, point));
    assert_near(b.x, a.x - 100, 1e-9);
    assert_near(b.y, a.y - 50, 1e-9);
    assert_int_equal(cut.width, 300);
}

static void test_triangulate(void **state)
{
    (void)state;
    sp_vec3 target = {0.4, -1.1, 2.2}, out;
    sp_vec3 origins[3] = {{5, 0, 1}, {0, 6, 2}, {-3, -3, 0.5}}, directions[3];
    for (int i = 0; i < 3; i++)
        directions[i] = sp_v3_unit(sp_v3_sub(target, origins[i]));
    assert_true(sp_triangulate_rays(&out, origins, directions, 3));
    assert_near(sp_v3_norm(sp_v3_sub(out, target)), 0, 1e-12);
    assert_true(sp_triangulate_rays(&out, origins, directions, 2));
    assert_near(sp_v3_norm(sp_v3_sub(out, target)), 0, 1e-12);
    directions[1] = directions[0];
    assert_false(sp_triangulate_rays(&out, origins, directions, 2));
    assert_false(sp_triangulate_rays(&out, origins, directions, 1));
}

static void test_focus(void **state)
{
    (void)state;
    sp_camera cameras[4];
    for (int i = 0; i < 4; i++) {
        cameras[i] = test_camera("a", SP_LENS_PINHOLE);
        sp_vec3 eye = {5 * cos(i), 5 * sin(i), 1 + 0.3 * i};
        cameras[i].rotation = sp_look_at(eye, sp_v3(0.2, 0.1, 0.9), sp_v3(0, 0, 1));
        cameras[i].translation = sp_v3_scale(sp_m3_apply(cameras[i].rotation, eye), -1);
    }
    sp_rig rig = {.cameras = cameras, .count = 4, .scale = 1, .up = "z"};
    sp_vec3 focus = sp_rig_focus(&rig);
    assert_near(sp_v3_norm(sp_v3_sub(focus, sp_v3(0.2, 0.1, 0.9))), 0, 1e-9);
    // Parallel axes: somewhere finite in front.
    for (int i = 1; i < 4; i++) {
        sp_vec3 eye = sp_camera_center(&cameras[i]);
        cameras[i].rotation = cameras[0].rotation;
        cameras[i].translation = sp_v3_scale(sp_m3_apply(cameras[i].rotation, eye), -1);
    }
    focus = sp_rig_focus(&rig);
    assert_true(isfinite(focus.x) && isfinite(focus.y) && isfinite(focus.z));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_pixels),
        cmocka_unit_test(test_behind),
        cmocka_unit_test(test_inverse_over_whole_picture),
        cmocka_unit_test(test_jacobian_against_differences),
        cmocka_unit_test(test_fisheye_axis),
        cmocka_unit_test(test_fold_is_refused),
        cmocka_unit_test(test_undistorted_covers),
        cmocka_unit_test(test_warp_map),
        cmocka_unit_test(test_resized_and_cropped),
        cmocka_unit_test(test_triangulate),
        cmocka_unit_test(test_focus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
