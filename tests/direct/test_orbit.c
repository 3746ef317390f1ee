#include <stillpoint/direct.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static const sp_box body = {{0.7, -1.3, 0.1}, {1.3, -0.7, 1.9}}; // centre (1, -1, 1)

static sp_camera camera_at(int index, double azimuth, double radius, double z)
{
    sp_vec3 centre = sp_box_center(&body);
    sp_vec3 eye = {centre.x + radius * cos(azimuth), centre.y + radius * sin(azimuth), z};
    sp_camera camera = {.width = 960, .height = 540, .fx = 900, .fy = 900, .cx = 480, .cy = 270};
    snprintf(camera.id, sizeof camera.id, "cam%02d", index);
    camera.rotation = sp_look_at(eye, centre, sp_v3(0, 0, 1));
    camera.translation = sp_v3_scale(sp_m3_apply(camera.rotation, eye), -1);
    return camera;
}

static sp_orbit_params small(void)
{
    sp_orbit_params params = sp_orbit_params_default();
    params.width = 960;
    params.height = 540;
    return params;
}

static sp_vec3 eye_at(const sp_orbit *orbit, double t_s)
{
    sp_camera camera;
    sp_orbit_at(&camera, orbit, t_s);
    return sp_camera_center(&camera);
}

static void assert_near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance))
        fail_msg("got %.9g, want %.9g (tolerance %g)", got, want, tolerance);
}

// A circle of equal cameras gives that very circle, once round, at constant height.
static void a_ring_gives_its_circle(void **state)
{
    (void)state;
    sp_camera cameras[8];
    for (int i = 0; i < 8; i++)
        cameras[i] = camera_at(i, 0.3 + i * M_PI / 4, 5, 1.7);
    sp_orbit_params params = small();
    sp_orbit *orbit;
    assert_int_equal(sp_orbit_open(&orbit, cameras, 8, 3, &body, &params), SP_OK);
    assert_near(sp_orbit_coverage(orbit), 2 * M_PI, 1e-12);
    sp_vec3 centre = sp_box_center(&body);
    double turned = 0, before = 0.3 + 3 * M_PI / 4;
    for (int i = 0; i <= 600; i++) {
        sp_camera view;
        sp_orbit_at(&view, orbit, i * 0.01);
        sp_vec3 eye = sp_camera_center(&view), from = sp_v3_sub(eye, centre);
        assert_near(hypot(from.x, from.y), 5, 1e-9);
        assert_near(eye.z, 1.7, 1e-9);
        double azimuth = atan2(from.y, from.x), step = remainder(azimuth - before, 2 * M_PI);
        assert_true(step >= -1e-9); // counterclockwise, never back
        turned += step;
        before = azimuth;
        sp_vec2 px;
        assert_true(sp_camera_project(&px, &view, centre)); // the athlete stays in the middle
        assert_near(px.x, 480, 1e-6);
        assert_near(px.y, 270, 1e-6);
        assert_true(sp_m3_rotation_error(view.rotation) < 1e-9);
    }
    assert_near(turned, 2 * M_PI, 1e-9);
    // Half the time is half the way; the speed in between is that of the whole over (1 - ease).
    sp_vec3 half = sp_v3_sub(eye_at(orbit, 3), centre), home = sp_v3_sub(eye_at(orbit, 0), centre);
    assert_near(half.x, -home.x, 1e-9);
    assert_near(half.y, -home.y, 1e-9);
    double speed = sp_v3_norm(sp_v3_sub(eye_at(orbit, 3.001), eye_at(orbit, 2.999))) / 0.002;
    assert_near(speed, 2 * M_PI * 5 / (6 * 0.75), 1e-3);
    // A lens that fills 0.55 of 540 px with 1.8 m, 5.05 m away; under the limit of twice the rig's.
    sp_camera view;
    sp_orbit_at(&view, orbit, 3);
    assert_near(view.fx, 0.55 * 540 / 1.8 * sqrt(25 + 0.49), 3);
    sp_orbit_close(&orbit);
    assert_null(orbit);
}

// Cameras of alternating height and a tilted first one: begins and ends exactly there.
static void it_begins_and_ends_at_the_camera(void **state)
{
    (void)state;
    sp_camera cameras[12];
    double low = 1e9, high = 0;
    for (int i = 0; i < 12; i++) {
        double radius = 6 + 0.4 * sin(i * 2.1);
        cameras[i] = camera_at(i, i * M_PI / 6, radius, i % 2 ? 2.7 : 1.05);
        low = fmin(low, radius);
        high = fmax(high, radius);
    }
    sp_mat3 tilt = sp_rodrigues_to_m3(sp_v3(0.05, -0.08, 0.1));
    cameras[5].rotation = sp_m3_mul(tilt, cameras[5].rotation);
    cameras[5].translation = sp_m3_apply(tilt, cameras[5].translation);
    sp_orbit_params params = small();
    params.is_clockwise = true;
    sp_orbit *orbit;
    assert_int_equal(sp_orbit_open(&orbit, cameras, 12, 5, &body, &params), SP_OK);
    sp_vec3 centre = sp_box_center(&body);
    const double ends[] = {0, 6, -1, 9};
    for (int i = 0; i < 4; i++) {
        sp_camera view;
        sp_orbit_at(&view, orbit, ends[i]);
        assert_near(sp_v3_norm(sp_v3_sub(sp_camera_center(&view), sp_camera_center(&cameras[5]))), 0, 1e-9);
        for (int k = 0; k < 9; k++)
            assert_near(view.rotation.m[k], cameras[5].rotation.m[k], 1e-9);
        assert_near(view.fx, 900, 0.01);
    }
    for (int i = 0; i <= 600; i++) {
        sp_vec3 from = sp_v3_sub(eye_at(orbit, i * 0.01), centre);
        double radius = hypot(from.x, from.y);
        assert_true(radius > low - 0.45 && radius < high + 0.45);
        if (i > 150 && i < 450) { // on the ring proper: within the cameras' range, and without their zigzag
            assert_true(radius > low && radius < high);
            assert_near(from.z + centre.z, 1.875, 0.15);
        }
    }
    sp_orbit_close(&orbit);
}

// Position, direction and lens have no jumps in their first derivative, and stand still at both ends.
static void it_is_smooth(void **state)
{
    (void)state;
    sp_camera cameras[4];
    const double azimuths[] = {-0.92, 0.26, 2.53, -2.77};
    for (int i = 0; i < 4; i++)
        cameras[i] = camera_at(i, azimuths[i], 3 + 0.4 * i, 1.7 + 0.1 * i);
    sp_orbit_params params = small();
    sp_orbit *orbit;
    assert_int_equal(sp_orbit_open(&orbit, cameras, 4, 1, &body, &params), SP_OK);
    const double h = 1e-3;
    double before[7] = {0};
    for (int i = 0; i <= 5999; i++) {
        sp_camera a, b;
        sp_orbit_at(&a, orbit, i * h);
        sp_orbit_at(&b, orbit, (i + 1) * h);
        sp_vec3 move = sp_v3_sub(sp_camera_center(&b), sp_camera_center(&a));
        sp_vec3 turn = sp_rodrigues_from_m3(sp_m3_mul(b.rotation, sp_m3_transpose(a.rotation)));
        double now[7] = {
            move.x / h, move.y / h, move.z / h, turn.x / h, turn.y / h, turn.z / h, (b.fx - a.fx) / h / 500};
        for (int k = 0; k < 7; k++) // accelerations stay bounded: no step in the speed
            assert_near(now[k], before[k], 0.05);
        for (int k = 0; k < 7; k++)
            before[k] = now[k];
    }
    for (int k = 0; k < 7; k++)
        assert_near(before[k], 0, 0.01);
    sp_orbit_close(&orbit);
}

// Cameras on half a circle: the viewpoint stays between the outermost two.
static void an_arc_is_swung(void **state)
{
    (void)state;
    sp_camera cameras[7];
    for (int i = 0; i < 7; i++)
        cameras[i] = camera_at(i, i * M_PI / 6, 5, 1.5);
    sp_orbit_params params = small();
    for (int start = 0; start < 7; start += 2) {
        sp_orbit *orbit;
        assert_int_equal(sp_orbit_open(&orbit, cameras, 7, start, &body, &params), SP_OK);
        assert_near(sp_orbit_coverage(orbit), M_PI, 1e-9);
        double least = 9, most = -9;
        for (int i = 0; i <= 600; i++) {
            sp_vec3 from = sp_v3_sub(eye_at(orbit, i * 0.01), sp_box_center(&body));
            assert_near(hypot(from.x, from.y), 5, 1e-9);
            double azimuth = atan2(from.y, from.x);
            azimuth = azimuth < -1 ? azimuth + 2 * M_PI : azimuth;
            least = fmin(least, azimuth);
            most = fmax(most, azimuth);
        }
        assert_near(least, 0, 1e-3);
        assert_near(most, M_PI, 1e-3);
        sp_vec3 end = sp_v3_sub(eye_at(orbit, 6), sp_camera_center(&cameras[start]));
        assert_near(sp_v3_norm(end), 0, 1e-9);
        sp_orbit_close(&orbit);
    }
}

static void one_camera_stands_still(void **state)
{
    (void)state;
    sp_camera camera = camera_at(0, 1, 4, 2);
    sp_orbit_params params = small();
    sp_orbit *orbit;
    assert_int_equal(sp_orbit_open(&orbit, &camera, 1, 0, &body, &params), SP_OK);
    assert_near(sp_orbit_coverage(orbit), 0, 0);
    assert_near(sp_v3_norm(sp_v3_sub(eye_at(orbit, 3), sp_camera_center(&camera))), 0, 1e-9);
    sp_orbit_close(&orbit);
}

static void bad_plans_are_refused(void **state)
{
    (void)state;
    sp_camera camera = camera_at(0, 1, 4, 2);
    sp_orbit_params params = small();
    sp_orbit *orbit = NULL;
    assert_int_equal(sp_orbit_open(&orbit, &camera, 0, 0, &body, &params), SP_EINVAL);
    assert_int_equal(sp_orbit_open(&orbit, &camera, 1, 1, &body, &params), SP_EINVAL);
    params.ease = 0.6;
    assert_int_equal(sp_orbit_open(&orbit, &camera, 1, 0, &body, &params), SP_EINVAL);
    params = small();
    params.width = 0;
    assert_int_equal(sp_orbit_open(&orbit, &camera, 1, 0, &body, &params), SP_EINVAL);
    params = small();
    sp_box inside_out = {body.max, body.min};
    assert_int_equal(sp_orbit_open(&orbit, &camera, 1, 0, &inside_out, &params), SP_EINVAL);
    assert_null(orbit);
}

static void it_starts_where_the_athlete_is_largest(void **state)
{
    (void)state;
    sp_camera cameras[3] = {camera_at(0, 0, 6, 1), camera_at(1, 2, 4.5, 1), camera_at(2, 4, 1.2, 1)};
    assert_int_equal(sp_orbit_start(cameras, 3, &body), 1); // the third is nearer but cuts the athlete off
    assert_int_equal(sp_orbit_start(cameras, 0, &body), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ring_gives_its_circle),
        cmocka_unit_test(it_begins_and_ends_at_the_camera),
        cmocka_unit_test(it_is_smooth),
        cmocka_unit_test(an_arc_is_swung),
        cmocka_unit_test(one_camera_stands_still),
        cmocka_unit_test(bad_plans_are_refused),
        cmocka_unit_test(it_starts_where_the_athlete_is_largest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
