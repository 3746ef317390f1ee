// The venue follows the light: what cameras agree upon, and what it does to colours.
#include "../support.h"

#include "../../src/replay/light.h"

#include <math.h>

static void one_camera_is_not_the_light(void **state)
{
    (void)state;
    double gains[5][6], light[6];
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < 6; k++)
            gains[i][k] = k < 3;
    gains[2][0] = 1.4;
    assert_false(replay_light_measure(light, gains, 5));
    for (int k = 0; k < 6; k++)
        assert_true(light[k] == (k < 3));
}

static void a_cloud_before_the_sun_is(void **state)
{
    (void)state;
    double gains[5][6], light[6];
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < 6; k++)
            gains[i][k] = k < 3 ? 0.8 + 0.002 * (i - 2) : 0.001;
    gains[4][0] = 1.4;
    assert_true(replay_light_measure(light, gains, 5));
    for (int k = 0; k < 3; k++) {
        assert_true(fabs(light[k] - 0.8) < 0.0075); // less what noise could be
        assert_true(light[3 + k] == 0);
    }
    assert_false(replay_light_measure(light, gains, 2)); // too few to say
}

static void colours_are_those_of_the_formula(void **state)
{
    (void)state;
    const double light[6] = {0.8, 0.7, 1.1, 0.02, 0, -0.03};
    sp_splat_cloud cloud;
    assert_int_equal(sp_splat_cloud_init(&cloud, 2, 1), SP_OK);
    cloud.count = 2;
    for (int r = SP_ROW_SH; r < sp_splat_rows(1); r++)
        for (int i = 0; i < 2; i++)
            sp_splat_row(&cloud, r)[i] = 0.1f * (float)(r - SP_ROW_SH) - 0.3f * (float)i;
    double before[2][3], rest[2];
    for (int i = 0; i < 2; i++) {
        rest[i] = sp_splat_row(&cloud, SP_ROW_SH + 4)[i];
        for (int k = 0; k < 3; k++)
            before[i][k] = 0.5 + SP_SH_C0 * (double)sp_splat_row(&cloud, SP_ROW_SH + k)[i];
    }
    replay_light_cast(&cloud, light);
    for (int i = 0; i < 2; i++) {
        for (int k = 0; k < 3; k++) {
            double after = 0.5 + SP_SH_C0 * (double)sp_splat_row(&cloud, SP_ROW_SH + k)[i];
            assert_true(fabs(after - light[k] * before[i][k] - light[3 + k]) < 1e-6);
        }
        assert_true(fabs((double)sp_splat_row(&cloud, SP_ROW_SH + 4)[i] - 0.7 * rest[i]) < 1e-6);
    }
    sp_splat_cloud_free(&cloud);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_camera_is_not_the_light),
        cmocka_unit_test(a_cloud_before_the_sun_is),
        cmocka_unit_test(colours_are_those_of_the_formula),
    };
    return cmocka_run_group_tests_name("light", tests, NULL, NULL);
}
