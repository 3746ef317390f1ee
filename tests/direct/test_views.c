#include <stillpoint/direct.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static sp_camera plain(void)
{
    return (sp_camera){.id = "cam01",
                       .width = 960,
                       .height = 540,
                       .fx = 900,
                       .fy = 900,
                       .cx = 480,
                       .cy = 270,
                       .rotation = sp_m3_identity()};
}

static void a_pinhole_contains_itself(void **state)
{
    (void)state;
    sp_camera from = plain(), view;
    assert_int_equal(sp_camera_inscribed(&view, &from, 1920, 1080), SP_OK);
    assert_true(fabs(view.fx - 1800) < 1e-3);
    assert_true(view.cx == 960 && view.cy == 540 && view.lens == SP_LENS_PINHOLE);
}

// A principal point 30 px off the middle costs those 30 px on both sides: f = 900 * 480 / 450.
static void an_off_centre_one_is_cropped(void **state)
{
    (void)state;
    sp_camera from = plain(), view;
    from.cx = 450;
    assert_int_equal(sp_camera_inscribed(&view, &from, 960, 540), SP_OK);
    assert_true(fabs(view.fx - 960) < 1e-3);
}

// An upright view in a wide picture is bound by its height.
static void another_aspect_is_bound_by_one_side(void **state)
{
    (void)state;
    sp_camera from = plain(), view;
    assert_int_equal(sp_camera_inscribed(&view, &from, 540, 960), SP_OK);
    assert_true(fabs(view.fx - 900 * 960.0 / 540) < 1e-3);
}

// Every pixel of the view is seen by the distorted camera, and it could not be wider.
static void a_distorted_picture_is_filled(void **state)
{
    (void)state;
    const double k1s[] = {-0.2, 0.15};
    for (int i = 0; i < 2; i++) {
        sp_camera from = plain(), view;
        from.lens = SP_LENS_BROWN;
        from.distortion[0] = k1s[i];
        assert_int_equal(sp_camera_inscribed(&view, &from, 960, 540), SP_OK);
        double nearest = 1e9; // of all edge pixels to the edge of the picture
        for (int y = 0; y <= 540; y += 5) {
            for (int x = 0; x <= 960; x += 5) {
                sp_vec2 xy = {(x - view.cx) / view.fx, (y - view.cy) / view.fy}, d;
                assert_true(sp_lens_distort(&d, &from, xy));
                double px = 900 * d.x + 480, py = 900 * d.y + 270;
                double inside = fmin(fmin(px, 960 - px), fmin(py, 540 - py));
                assert_true(inside > -0.1);
                nearest = fmin(nearest, inside);
            }
        }
        assert_true(nearest < 0.1);
    }
}

static void a_lens_that_sees_nothing_is_refused(void **state)
{
    (void)state;
    sp_camera from = plain(), view;
    from.cx = -100;
    assert_int_equal(sp_camera_inscribed(&view, &from, 960, 540), SP_EINVAL);
}

static void stray_splats_do_not_move_the_bounds(void **state)
{
    (void)state;
    sp_splat_cloud cloud;
    assert_int_equal(sp_splat_cloud_init(&cloud, 1001, 0), SP_OK);
    cloud.count = 1001;
    for (int i = 0; i < 1001; i++) {
        for (int axis = 0; axis < 3; axis++)
            sp_splat_row(&cloud, SP_ROW_POSITION + axis)[i] = (float)(axis + i / 1000.0);
        sp_splat_row(&cloud, SP_ROW_OPACITY)[i] = 2;
    }
    sp_splat_row(&cloud, SP_ROW_POSITION)[7] = 500;
    sp_box box;
    assert_int_equal(sp_box_of_cloud(&box, &cloud, 0), SP_OK);
    assert_true(fabs(box.min.x - 0.01) < 0.003 && fabs(box.max.x - 0.99) < 0.003);
    assert_true(fabs(box.min.z - 2.01) < 0.003 && fabs(box.max.z - 2.99) < 0.003);
    cloud.count = 0;
    assert_int_equal(sp_box_of_cloud(&box, &cloud, 0), SP_EINVAL);
    sp_splat_cloud_free(&cloud);
}

// A body that stands on the floor, a heavier shadow beside it, and debris further off.
static void the_shadow_is_not_the_athlete(void **state)
{
    (void)state;
    sp_splat_cloud cloud;
    assert_int_equal(sp_splat_cloud_init(&cloud, 3000, 0), SP_OK);
    cloud.count = 3000;
    float *x = sp_splat_row(&cloud, SP_ROW_POSITION), *y = sp_splat_row(&cloud, SP_ROW_POSITION + 1);
    float *z = sp_splat_row(&cloud, SP_ROW_POSITION + 2);
    for (int i = 0; i < 3000; i++) {
        bool is_shadow = i < 1900, is_body = !is_shadow && i < 2900;
        x[i] = (float)(i % 100) / 100 + (is_body ? 0.0f : is_shadow ? 1.0f : 6.0f);
        y[i] = (float)(i / 7 % 50) / 100;
        z[i] = is_body ? (float)(i % 173) / 173 : is_shadow ? 0.01f : 3.0f;
        sp_splat_row(&cloud, SP_ROW_OPACITY)[i] = 1;
    }
    sp_box box;
    assert_int_equal(sp_box_of_cloud(&box, &cloud, 1900), SP_OK);
    assert_true(fabs(box.min.x) < 0.03 && fabs(box.max.x - 1) < 0.03);
    assert_true(fabs(box.min.z) < 0.03 && fabs(box.max.z - 1) < 0.03);
    for (int i = 0; i < 3000; i++) // he lies
        z[i] = 0;
    assert_int_equal(sp_box_of_cloud(&box, &cloud, 1900), SP_OK);
    assert_true(fabs(box.max.x - 1) < 0.03);
    assert_int_equal(sp_box_of_cloud(&box, &cloud, 3000), SP_EINVAL);
    assert_int_equal(sp_box_of_cloud(&box, &cloud, -1), SP_EINVAL);
    sp_splat_cloud_free(&cloud);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pinhole_contains_itself),
        cmocka_unit_test(an_off_centre_one_is_cropped),
        cmocka_unit_test(another_aspect_is_bound_by_one_side),
        cmocka_unit_test(a_distorted_picture_is_filled),
        cmocka_unit_test(a_lens_that_sees_nothing_is_refused),
        cmocka_unit_test(stray_splats_do_not_move_the_bounds),
        cmocka_unit_test(the_shadow_is_not_the_athlete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
