// An instant that begins with the splats of the one before: where they are by then, and what it saves.
#include "../../src/recon/body/follow.h"
#include "shoot.h"

#include <string.h>

#define FRAME_S (1.0 / 30)
static const sp_vec3 VELOCITY = {6, -3, 2};

static sp_splat_cloud cloud_of(const double (*at)[3], size_t count)
{
    sp_splat_cloud cloud;
    assert_int_equal(sp_splat_cloud_init(&cloud, count, 0), SP_OK);
    cloud.count = count;
    for (size_t i = 0; i < count; i++)
        for (int k = 0; k < 3; k++)
            sp_splat_row(&cloud, SP_ROW_POSITION + k)[i] = (float)at[i][k];
    return cloud;
}

// Two parts that pass each other: each is found where it has moved to, with its own velocity.
static void test_a_flow_goes_on(void **state)
{
    (void)state;
    const double at[2][3] = {{0.1, 0.1, 1.5}, {0.1, 0.1, 0.2}}, drift[3] = {1, 0, 0};
    sp_splat_cloud cloud = cloud_of(at, 2);
    recon_flow flow;
    assert_int_equal(sp_splat_cloud_move(&cloud), SP_OK);
    cloud.velocity[0] = 3;
    cloud.velocity[1] = -2;
    assert_int_equal(recon_flow_init(&flow, (double[3]){-0.2, 0, 0}, (double[3]){0.4, 0.3, 1.7}, 0.1), SP_OK);
    recon_flow_follow(&flow, &cloud, drift, 0.05);
    for (int i = 0; i < 2; i++) {
        double own = i ? -2 : 3, found[3], then[3] = {at[i][0] + 0.05 * own, at[i][1], at[i][2]};
        recon_flow_at(found, &flow, then);
        assert_float_equal(found[0], own - drift[0], 1e-5);
        assert_float_equal(found[1], 0, 1e-6);
    }
    recon_flow_free(&flow);
    sp_splat_cloud_free(&cloud);
}

// Of a ball: seeds give way to splats that arrive there, stay where none does, and what arrives outside of
// the ball stays behind.
static void test_splats_take_the_place_of_seeds(void **state)
{
    (void)state;
    enum { SIDE = 41 };
    recon_hull hull = {{-0.4, -0.4, -0.4}, 0.02, {SIDE, SIDE, SIDE}, NULL};
    hull.field = sp_calloc(SIDE * SIDE * SIDE, sizeof *hull.field);
    for (int i = 0; i < SIDE * SIDE * SIDE; i++) {
        double r = 0;
        for (int k = 0, n = i; k < 3; k++, n /= SIDE)
            r += pow(hull.origin[k] + hull.voxel_m * (n % SIDE), 2);
        hull.field[i] = (float)fmax(0.3 - sqrt(r), -RECON_HULL_BAND * hull.voxel_m);
    }
    const double seeds[3][3] = {{0.3, 0, 0}, {-0.3, 0, 0}, {0, 0, 0.3}},
                 before[2][3] = {{0.2, 0, 0}, {0, 0.3, 0}};
    sp_splat_cloud cloud = cloud_of(seeds, 3), from = cloud_of(before, 2);
    assert_int_equal(sp_splat_cloud_move(&from), SP_OK);
    from.velocity[0] = 2;                 // the first one reaches the first seed
    from.velocity[from.capacity + 1] = 2; // the second one leaves the ball
    assert_int_equal(recon_follow(&cloud, &from, 0.05, &hull, 10), SP_OK);
    assert_int_equal(cloud.count, 3);
    const double left[3][3] = {{0.3, 0, 0}, {-0.3, 0, 0}, {0, 0, 0.3}};
    for (size_t i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++)
            assert_float_equal(sp_splat_row(&cloud, SP_ROW_POSITION + k)[i], left[i][k], 1e-5);
    assert_float_equal(cloud.velocity[0], 2, 1e-6);
    assert_float_equal(cloud.velocity[1], 0, 1e-6);
    sp_splat_cloud_free(&cloud);
    cloud = cloud_of(seeds, 3);
    assert_int_equal(recon_follow(&cloud, &from, 0.05, &hull, 2), SP_OK);
    assert_int_equal(cloud.count, 2); // and no more than that
    sp_splat_cloud_free(&cloud);
    // Nor where more arrive: of four in a row along y every other one is left, and no seed.
    const double row[4][3] = {{0, -0.2, 0}, {0, -0.1, 0}, {0, 0.1, 0}, {0, 0.2, 0}};
    sp_splat_cloud_free(&from);
    cloud = cloud_of(seeds, 3);
    from = cloud_of(row, 4);
    assert_int_equal(sp_splat_cloud_move(&from), SP_OK);
    assert_int_equal(recon_follow(&cloud, &from, 0.05, &hull, 2), SP_OK);
    assert_int_equal(cloud.count, 2);
    assert_float_equal(sp_splat_row(&cloud, SP_ROW_POSITION + 1)[0], -0.1, 1e-6);
    assert_float_equal(sp_splat_row(&cloud, SP_ROW_POSITION + 1)[1], 0.2, 1e-6);
    sp_splat_cloud_free(&cloud);
    sp_splat_cloud_free(&from);
    free(hull.field);
}

typedef struct instant {
    shoot now, around[2];
    sp_view neighbours[2 * VIEWS];
} instant;

static void shoot_at(shoot *s, double t_s, double dt_s)
{
    double times[VIEWS];
    for (int v = 0; v < VIEWS; v++)
        times[v] = t_s + dt_s;
    shoot_open(s, VELOCITY, times);
    for (int v = 0; v < VIEWS; v++)
        s->views[v].dt_s = dt_s;
}

static void instant_open(instant *in, double t_s)
{
    shoot_at(&in->now, t_s, 0);
    for (int side = 0; side < 2; side++) {
        shoot_at(&in->around[side], t_s, side ? FRAME_S : -FRAME_S);
        memcpy(in->neighbours + side * VIEWS, in->around[side].views, VIEWS * sizeof *in->neighbours);
    }
}

static void instant_close(instant *in)
{
    shoot_close(&in->now);
    shoot_close(&in->around[0]);
    shoot_close(&in->around[1]);
}

static sp_splat_cloud solve(const instant *in, const sp_splat_cloud *warm, int iterations)
{
    sp_splat_cloud cloud;
    sp_recon_params p = shoot_params(iterations);
    p.neighbours = in->neighbours;
    p.neighbour_count = 2 * VIEWS;
    p.before_count = VIEWS;
    p.warm_dt_s = -FRAME_S;
    assert_int_equal(sp_recon_athlete(&cloud, NULL, in->now.views, VIEWS, warm, &p, NULL, NULL), SP_OK);
    return cloud;
}

static void test_the_next_instant_needs_few_steps(void **state)
{
    (void)state;
    static instant before, now;
    instant_open(&before, -FRAME_S);
    instant_open(&now, 0);
    sp_splat_cloud warm = solve(&before, NULL, 100), cold = solve(&now, NULL, 5),
                   next = solve(&now, &warm, 5);
    double cold_db = shoot_judge(&now.now, &cold), next_db = shoot_judge(&now.now, &next);
    print_message("unseen view after 5 steps: %.2f dB from seeds, %.2f dB from the instant before\n", cold_db,
                  next_db);
    assert_true(next_db > cold_db + 1);
    sp_splat_cloud_free(&warm);
    sp_splat_cloud_free(&cold);
    sp_splat_cloud_free(&next);
    instant_close(&before);
    instant_close(&now);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_flow_goes_on),
        cmocka_unit_test(test_splats_take_the_place_of_seeds),
        cmocka_unit_test(test_the_next_instant_needs_few_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
