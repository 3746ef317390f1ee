// Cameras whose clocks are believed to agree but do not, around an ellipsoid in flight: how far each is off.
#include "shoot.h"

#include <string.h>

static const sp_vec3 VELOCITY = {11, -5, 3};
// Within a quarter of a frame at 30 frames a second, in no order.
static const double OFF[VIEWS] = {0.004, -0.006, 0.008, 0.001, -0.008, 0.006, -0.002, -0.004};

// The instant and its neighbours, each at the time that its clock says.
static void shoot_at(shoot *s, double t_s)
{
    double dt_s[VIEWS];
    for (int v = 0; v < VIEWS; v++)
        dt_s[v] = t_s + OFF[v];
    shoot_open(s, VELOCITY, dt_s);
    for (int v = 0; v < VIEWS; v++)
        s->views[v].dt_s = t_s;
}

static double error_px(const double *offset_s, const double *left_s, const double *speed_px_s)
{
    double mean = 0, square = 0;
    for (int v = 0; v < VIEWS; v++)
        mean += left_s[v] / VIEWS;
    for (int v = 0; v < VIEWS; v++)
        square += pow((offset_s[v] - (left_s[v] - mean)) * speed_px_s[v], 2) / VIEWS;
    return sqrt(square);
}

// By outlines, then by pictures.
static void test_clocks_are_found(void **state)
{
    (void)state;
    shoot s, around[2];
    sp_view neighbours[2 * VIEWS];
    double offset_s[VIEWS], left_s[VIEWS], speed_px_s[VIEWS], found = 0;
    shoot_at(&s, 0);
    for (int side = 0; side < 2; side++) {
        shoot_at(&around[side], (side ? 1 : -1) / 30.0);
        memcpy(neighbours + side * VIEWS, around[side].views, VIEWS * sizeof *neighbours);
    }
    assert_int_equal(
        sp_recon_clocks(offset_s, speed_px_s, s.views, VIEWS, neighbours, 2 * VIEWS, 0.5 / 30, NULL, NULL),
        SP_OK);
    for (int v = 0; v < VIEWS; v++)
        found += offset_s[v] / VIEWS;
    assert_float_equal(found, 0, 1e-9);
    double rough_px = error_px(offset_s, OFF, speed_px_s);
    for (int v = 0; v < VIEWS; v++) {
        left_s[v] = OFF[v] - offset_s[v];
        s.views[v].dt_s += offset_s[v];
        neighbours[v].dt_s += offset_s[v];
        neighbours[VIEWS + v].dt_s += offset_s[v];
    }
    assert_int_equal(sp_recon_clocks_refine(offset_s, speed_px_s, s.views, VIEWS, neighbours, 2 * VIEWS,
                                            VIEWS, NULL, NULL),
                     SP_OK);
    double fine_px = error_px(offset_s, left_s, speed_px_s);
    print_message("the clocks are found to %.2f px by outlines, to %.2f px by pictures\n", rough_px, fine_px);
    assert_true(rough_px < 0.7);
    assert_true(fine_px < 0.4 && fine_px < 0.8 * rough_px);
    for (int side = 0; side < 2; side++)
        shoot_close(&around[side]);
    shoot_close(&s);
}

// Nobody there: nothing is known, and that is no error.
static void test_nobody_tells_nothing(void **state)
{
    (void)state;
    shoot s;
    double offset_s[VIEWS], speed_px_s[VIEWS];
    shoot_at(&s, 0);
    for (int v = 0; v < VIEWS; v++)
        memset(s.mattes[v].data, 0, sizeof(float) * W * H);
    assert_int_equal(sp_recon_clocks(offset_s, speed_px_s, s.views, VIEWS, s.views, VIEWS, 0.01, NULL, NULL),
                     SP_OK);
    for (int v = 0; v < VIEWS; v++)
        assert_true(offset_s[v] == 0 && speed_px_s[v] == 0);
    assert_int_equal(
        sp_recon_clocks_refine(offset_s, speed_px_s, s.views, VIEWS, s.views, VIEWS, 0, NULL, NULL), SP_OK);
    for (int v = 0; v < VIEWS; v++)
        assert_true(offset_s[v] == 0 && speed_px_s[v] == 0);
    shoot_close(&s);
}

static bool refuse(void *user, const char *stage, double done, double total)
{
    (void)user;
    (void)stage;
    (void)done;
    (void)total;
    return false;
}

// Too few mattes, and somebody who asks to stop: what was known before stays.
static void test_a_failure_changes_nothing(void **state)
{
    (void)state;
    shoot s;
    double offset_s[VIEWS], speed_px_s[VIEWS];
    sp_progress stop = {.step = refuse};
    shoot_at(&s, 0);
    for (int v = 0; v < VIEWS; v++)
        offset_s[v] = speed_px_s[v] = 7;
    assert_int_equal(
        sp_recon_clocks_refine(offset_s, speed_px_s, s.views, VIEWS, s.views, VIEWS, 0, NULL, &stop),
        SP_ECANCELLED);
    assert_int_equal(sp_recon_clocks_refine(offset_s, speed_px_s, s.views, 1, NULL, 0, 0, NULL, NULL),
                     SP_EINVAL);
    for (int v = 0; v < VIEWS; v++)
        assert_true(offset_s[v] == 7 && speed_px_s[v] == 7);
    shoot_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clocks_are_found),
        cmocka_unit_test(test_nobody_tells_nothing),
        cmocka_unit_test(test_a_failure_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
