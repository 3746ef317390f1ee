// How dense views are, of rings and of photographs all around whose spacing is known.
#include "../../src/recon/venue/density.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define MOST 160

static sp_view view_at(sp_vec3 eye)
{
    sp_view view = {.camera = {.width = 64, .height = 48, .fx = 50, .fy = 50, .cx = 32, .cy = 24}};
    view.camera.rotation = sp_look_at(eye, sp_v3(0, 0, 1), sp_v3(0, 0, 1));
    view.camera.translation = sp_v3_scale(sp_m3_apply(view.camera.rotation, eye), -1);
    return view;
}

// High and low cameras in turn, 10 m away.
static double of_ring(int count)
{
    sp_view views[MOST];
    for (int i = 0; i < count; i++) {
        double around = 2 * M_PI * i / count;
        views[i] = view_at(sp_v3(10 * cos(around), 10 * sin(around), i % 2 ? 3 : 1));
    }
    return recon_density(views, count, sp_v3(0, 0, 1));
}

static bool is_ring_apart(int count)
{
    sp_view views[MOST];
    for (int i = 0; i < count; i++)
        views[i] = view_at(sp_v3(10 * cos(2 * M_PI * i / count), 10 * sin(2 * M_PI * i / count), 2));
    return recon_are_apart(views, count, sp_v3(0, 0, 1));
}

// Evenly on the upper half of a sphere.
static double of_photographs(int count)
{
    sp_view views[MOST];
    for (int i = 0; i < count; i++) {
        double up = (i + 0.5) / count, around = M_PI * (3 - sqrt(5.0)) * i, out = sqrt(1 - up * up);
        views[i] = view_at(sp_v3(4 * out * cos(around), 4 * out * sin(around), 1 + 4 * up));
    }
    return recon_density(views, count, sp_v3(0, 0, 1));
}

static void rings_of_cameras_are_few_views(void **state)
{
    (void)state;
    assert_float_equal(of_ring(1), 0, 1e-12);
    assert_float_equal(of_ring(4), 0, 1e-12);
    for (int count = 12; count <= 48; count += 4)
        assert_float_equal(of_ring(count), 0, 1e-12);
}

// 0.9 rad are 52 degrees: six cameras stand 60 apart, seven 51.
static void views_are_apart_where_none_is_near(void **state)
{
    (void)state;
    assert_true(is_ring_apart(3));
    assert_true(is_ring_apart(6));
    assert_false(is_ring_apart(7));
    assert_false(is_ring_apart(12));
}

static void one_view_is_apart_from_none(void **state)
{
    (void)state;
    assert_false(is_ring_apart(1));
    assert_true(is_ring_apart(2));
}

// A cap of 0.35 rad is 1 - cos 0.35 = 6.1% of the half sphere: of 160 views, nine and more away from the rim.
static void photographs_all_around_are_dense(void **state)
{
    (void)state;
    assert_float_equal(of_photographs(160), 1, 1e-12);
    assert_float_equal(of_photographs(40), 0, 1e-12);
}

static void in_between_nothing_jumps(void **state)
{
    (void)state;
    double before = of_photographs(40), most = 0;
    for (int count = 41; count <= 160; count++) {
        double now = of_photographs(count);
        most = fmax(most, fabs(now - before));
        before = now;
    }
    assert_true(most < 0.15);
}

static void blends_are_geometric(void **state)
{
    (void)state;
    assert_float_equal(recon_blend(8, 2, 0), 8, 1e-12);
    assert_float_equal(recon_blend(8, 2, 0.5), 4, 1e-12);
    assert_float_equal(recon_blend(8, 2, 1), 2, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rings_of_cameras_are_few_views),
        cmocka_unit_test(views_are_apart_where_none_is_near),
        cmocka_unit_test(one_view_is_apart_from_none),
        cmocka_unit_test(photographs_all_around_are_dense),
        cmocka_unit_test(in_between_nothing_jumps),
        cmocka_unit_test(blends_are_geometric),
    };
    return cmocka_run_group_tests_name("density", tests, NULL, NULL);
}
