// What covers and what should: discs that are moved, grown and holed, against their areas.
#include "../support.h"

#include <stillpoint/image.h>

#include <math.h>
#include <string.h>

enum { SIDE = 200 };

static void fill_disc(sp_image *image, double cx, double cy, double radius, float value)
{
    for (int y = 0; y < image->height; y++)
        for (int x = 0; x < image->width; x++)
            if (hypot(x + 0.5 - cx, y + 0.5 - cy) <= radius)
                image->data[y * image->width + x] = value;
}

// The part of a disc of radius r that another disc of radius s, its centre d away, does not reach
// (d <= r + s, neither inside the other).
static double crescent(double r, double s, double d)
{
    double u = (d * d + r * r - s * s) / (2 * d), v = d - u;
    double both =
        r * r * acos(u / r) - u * sqrt(r * r - u * u) + s * s * acos(v / s) - v * sqrt(s * s - v * v);
    return M_PI * r * r - both;
}

static void test_a_moved_disc(void **state)
{
    (void)state;
    const double radius = 60, area = M_PI * radius * radius;
    sp_image alpha, matte;
    assert_int_equal(sp_image_init(&matte, SIDE, SIDE, 1), SP_OK);
    fill_disc(&matte, 100, 100, radius, 1);
    for (int shift = 0; shift <= 20; shift += 4) {
        assert_int_equal(sp_image_init(&alpha, SIDE, SIDE, 1), SP_OK);
        fill_disc(&alpha, 100 + shift, 100, radius, 1);
        double debris = -1, holes = -1;
        assert_int_equal(sp_coverage_errors(&debris, &holes, &alpha, &matte), SP_OK);
        double outside = shift > 2 ? crescent(radius, radius + 2, shift) : 0,
               missing = shift ? crescent(radius, radius, shift) : 0;
        // A pixel on the edge counts as a whole: the edge's length times a small part of a pixel.
        assert_float_equal(debris, outside / area, 0.01);
        assert_float_equal(holes, missing / area, 0.01);
        sp_image_free(&alpha);
    }
    sp_image_free(&matte);
}

static void test_thin_haze_and_half_cover(void **state)
{
    (void)state;
    sp_image alpha, matte;
    assert_int_equal(sp_image_init(&alpha, 40, 30, 1), SP_OK);
    assert_int_equal(sp_image_init(&matte, 40, 30, 1), SP_OK);
    for (int y = 10; y < 20; y++)
        for (int x = 10; x < 20; x++) {
            matte.data[y * 40 + x] = 1;
            alpha.data[y * 40 + x] = x < 12 ? 0.49f : 0.51f; // two columns are covered by less than half
        }
    matte.data[5 * 40 + 35] = 0.25f; // a true part of a pixel far away
    alpha.data[5 * 40 + 35] = 0.45f; // counts by what is too much
    alpha.data[25 * 40 + 3] = 0.3f;
    alpha.data[10 * 40 + 8] = 1; // 2 px from the matte: within the margin
    alpha.data[10 * 40 + 7] = 0.5f;
    double debris, holes;
    assert_int_equal(sp_coverage_errors(&debris, &holes, &alpha, &matte), SP_OK);
    assert_float_equal(debris, (0.2 + 0.3 + 0.5) / 100, 1e-6);
    assert_float_equal(holes, 0.2, 1e-9);

    memset(matte.data, 0, 40 * 30 * sizeof(float));
    assert_int_equal(sp_coverage_errors(&debris, &holes, &alpha, &matte), SP_EINVAL);
    sp_image_free(&matte);
    assert_int_equal(sp_image_init(&matte, 30, 40, 1), SP_OK);
    assert_int_equal(sp_coverage_errors(&debris, &holes, &alpha, &matte), SP_EINVAL);
    sp_image_free(&alpha);
    sp_image_free(&matte);
}

// A point grows to the grid's points in a circle (Gauss: 1, 5, 9, 13, 29 for squared radii 0, 1, 2, 4, 9).
static void test_growth_is_a_disc(void **state)
{
    (void)state;
    const double radii[] = {0, 1, 1.4143, 2, 3};
    const int points[] = {1, 5, 9, 13, 29};
    for (int k = 0; k < 5; k++) {
        sp_image mask, grown;
        assert_int_equal(sp_image_init(&mask, 20, 15, 1), SP_OK);
        mask.data[7 * 20 + 9] = 1;
        assert_int_equal(sp_mask_grow(&grown, &mask, 0.5f, radii[k]), SP_OK);
        int count = 0;
        for (int i = 0; i < 20 * 15; i++)
            count += grown.data[i] > 0;
        assert_int_equal(count, points[k]);
        sp_image_free(&mask);
        sp_image_free(&grown);
    }
}

// The truth brightens by 0.1 everywhere; ours by 0.1 and 3/255 more on every second pixel, less on the
// others.
static void test_flicker_is_the_change_that_truth_lacks(void **state)
{
    (void)state;
    sp_image ours[2], truth[2], moving;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(sp_image_init(&ours[i], 32, 16, 3), SP_OK);
        assert_int_equal(sp_image_init(&truth[i], 32, 16, 3), SP_OK);
    }
    assert_int_equal(sp_image_init(&moving, 32, 16, 1), SP_OK);
    for (int i = 0; i < 32 * 16 * 3; i++) {
        ours[0].data[i] = (float)(i % 7) / 8;
        truth[0].data[i] = (float)(i % 5) / 6;
        truth[1].data[i] = truth[0].data[i] + 0.1f;
        ours[1].data[i] = ours[0].data[i] + 0.1f + (i & 1 ? 3.0f : -3.0f) / 255;
    }
    for (int y = 0; y < 16; y++) {
        moving.data[y * 32] = 1; // what moves may do as it likes
        ours[1].data[y * 32] = 7;
    }
    double value = 0;
    assert_int_equal(sp_flicker(&value, ours, truth, &moving), SP_OK);
    assert_float_equal(value, 3, 1e-3);
    for (int i = 0; i < 32 * 16; i++)
        moving.data[i] = 1;
    assert_int_equal(sp_flicker(&value, ours, truth, &moving), SP_EINVAL);
    sp_image_free(&moving);
    assert_int_equal(sp_image_init(&moving, 31, 16, 1), SP_OK);
    assert_int_equal(sp_flicker(&value, ours, truth, &moving), SP_EINVAL);
    sp_image_free(&moving);
    for (int i = 0; i < 2; i++) {
        sp_image_free(&ours[i]);
        sp_image_free(&truth[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_moved_disc),
        cmocka_unit_test(test_thin_haze_and_half_cover),
        cmocka_unit_test(test_growth_is_a_disc),
        cmocka_unit_test(test_flicker_is_the_change_that_truth_lacks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
