// Seeds from sparse points: the nearest neighbours against all pairs, and what becomes of a point.
#include "../../src/recon/venue/nearest.h"
#include "../../src/recon/venue/point_seeds.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define POINTS 700

// Clumps of very different density, points in one place among them.
static void scatter(double *xyz)
{
    sp_rng rng = sp_rng_seed(21, 0);
    for (int i = 0; i < POINTS; i++) {
        double size = i % 3 == 0 ? 10 : i % 3 == 1 ? 0.1 : 1e-3;
        for (int a = 0; a < 3; a++)
            xyz[3 * i + a] = (double)(i % 3) + size * sp_rng_normal(&rng);
        if (i % 50 == 49)
            memcpy(xyz + 3 * i, xyz + 3 * (i - 3), 3 * sizeof *xyz);
    }
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void nearest_are_those_of_all_pairs(void **state)
{
    (void)state;
    static double xyz[3 * POINTS], all[POINTS];
    scatter(xyz);
    recon_nearest tree;
    assert_int_equal(recon_nearest_init(&tree, xyz, POINTS), SP_OK);
    for (int i = 0; i < POINTS; i++) {
        int count = 0;
        for (int j = 0; j < POINTS; j++) {
            double square = 0;
            for (int a = 0; a < 3; a++)
                square += (xyz[3 * j + a] - xyz[3 * i + a]) * (xyz[3 * j + a] - xyz[3 * i + a]);
            if (j != i)
                all[count++] = square;
        }
        qsort(all, (size_t)count, sizeof *all, by_value);
        for (int most = 1; most <= RECON_NEAREST_MOST; most += 3) {
            double squares[RECON_NEAREST_MOST];
            assert_int_equal(recon_nearest_squares(squares, &tree, xyz + 3 * i, i, most), most);
            for (int k = 0; k < most; k++)
                assert_true(squares[k] == all[k]);
        }
    }
    recon_nearest_free(&tree);

    double one[3] = {1, 2, 3}, squares[3];
    assert_int_equal(recon_nearest_init(&tree, one, 1), SP_OK);
    assert_int_equal(recon_nearest_squares(squares, &tree, one, 0, 3), 0);
    assert_int_equal(recon_nearest_squares(squares, &tree, one, -1, 3), 1);
    recon_nearest_free(&tree);
}

static void a_point_becomes_a_round_splat_of_its_colour(void **state)
{
    (void)state;
    // A lattice of spacing 0.2 m, whose inner points have their three neighbours at that distance.
    enum { SIDE = 5, COUNT = SIDE * SIDE * SIDE };
    static double xyz[3 * COUNT];
    static uint8_t rgb[3 * COUNT];
    for (int i = 0; i < COUNT; i++) {
        const int at[3] = {i % SIDE, i / SIDE % SIDE, i / SIDE / SIDE};
        for (int a = 0; a < 3; a++) {
            xyz[3 * i + a] = 0.2 * at[a];
            rgb[3 * i + a] = (uint8_t)(50 * at[a]);
        }
    }
    sp_image8 image;
    assert_int_equal(sp_image8_init(&image, 64, 48, 3), SP_OK);
    for (int k = 0; k < 3 * 64 * 48; k++)
        image.data[k] = 200;
    sp_view view = {.camera = {.width = 64, .height = 48, .fx = 50, .fy = 50, .cx = 32, .cy = 24},
                    .image = &image};
    view.camera.rotation = sp_m3_identity();
    view.camera.translation = sp_v3(-0.4, -0.4, 5);
    sp_background_params params = sp_background_params_default();
    params.points_xyz = xyz;
    params.points_rgb = rgb;
    params.points_count = COUNT;
    sp_splat_cloud cloud = {0};
    assert_int_equal(sp_splat_cloud_init(&cloud, 16, 0), SP_OK);
    assert_int_equal(recon_point_seeds(&cloud, &params, &view, 1, sp_v3(0.4, 0.4, 0.4), 5, NULL), SP_OK);
    assert_true(cloud.count > COUNT);
    int grey = 0;
    for (size_t i = 0; i < cloud.count; i++) {
        double away = 0, colour[3];
        for (int a = 0; a < 3; a++) {
            double from = (double)sp_splat_row(&cloud, SP_ROW_POSITION + a)[i] - 0.4;
            away += from * from;
            colour[a] = 0.5 + SP_SH_C0 * (double)sp_splat_row(&cloud, SP_ROW_SH + a)[i];
        }
        if (i >= COUNT) { // the shell, which the camera sees in its picture's colour
            assert_true(sqrt(away) > 4 * 5 - 1e-3);
            assert_true(fabs(colour[0] - 200 / 255.0) < 1e-4 || fabs(colour[0] - 0.5) < 1e-4);
            grey += fabs(colour[0] - 0.5) < 1e-4;
            continue;
        }
        for (int a = 0; a < 3; a++) {
            assert_true(fabs(exp((double)sp_splat_row(&cloud, SP_ROW_LOG_SCALE + a)[i]) - 0.1) < 1e-5);
            assert_true(fabs((double)sp_splat_row(&cloud, SP_ROW_POSITION + a)[i] - xyz[3 * i + (size_t)a]) <
                        1e-6);
            assert_true(fabs(colour[a] - rgb[3 * i + (size_t)a] / 255.0) < 1e-5);
        }
    }
    assert_true(grey > 0 && grey < (int)cloud.count - COUNT);
    sp_splat_cloud_free(&cloud);

    // More points than the budget likes: evenly fewer.
    params.splats = 100;
    assert_int_equal(sp_splat_cloud_init(&cloud, 16, 0), SP_OK);
    assert_int_equal(recon_point_seeds(&cloud, &params, &view, 1, sp_v3(0.4, 0.4, 0.4), 5, NULL), SP_OK);
    assert_true(fabs((double)sp_splat_row(&cloud, SP_ROW_POSITION + 2)[60] - 0.8) < 1e-6);
    sp_splat_cloud_free(&cloud);
    sp_image8_free(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nearest_are_those_of_all_pairs),
        cmocka_unit_test(a_point_becomes_a_round_splat_of_its_colour),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
