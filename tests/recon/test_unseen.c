// What views see of a ball's splats, held against which of its sides are turned to them.
#include "../../src/recon/body/unseen.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define SPLATS 1500
#define RADIUS_M 0.3
#define VIEWS 2

static const float OWN[3] = {0.2f, 0.4f, 0.9f}, SURFACE[3] = {0.8f, 0.5f, 0.3f};

typedef struct ball {
    sp_splat_cloud cloud;
    recon_points points;
    recon_scene scene;
    recon_scene_view views[VIEWS];
} ball;

static sp_vec3 normal_of(size_t i) // Fibonacci lattice
{
    double z = 1 - 2 * (i + 0.5) / SPLATS, r = sqrt(1 - z * z), around = M_PI * (3 - sqrt(5.0)) * (double)i;
    return sp_v3(r * cos(around), r * sin(around), z);
}

static sp_camera camera_from(sp_vec3 eye)
{
    sp_camera c = {.width = 200, .height = 200, .fx = 700, .fy = 700, .cx = 100, .cy = 100};
    c.rotation = sp_look_at(eye, sp_v3(0, 0, 0), sp_v3(0, 0, 1));
    c.translation = sp_v3_scale(sp_m3_apply(c.rotation, eye), -1);
    return c;
}

static void add_splat(ball *b, size_t i)
{
    sp_vec3 n = normal_of(i),
            u = sp_v3_unit(sp_v3_cross(n, fabs(n.z) < 0.9 ? sp_v3(0, 0, 1) : sp_v3(1, 0, 0))),
            v = sp_v3_cross(n, u);
    sp_quat q = sp_quat_from_m3((sp_mat3){{u.x, v.x, n.x, u.y, v.y, n.y, u.z, v.z, n.z}});
    double spacing = RADIUS_M * sqrt(4 * M_PI / SPLATS);
    const double values[SP_ROW_SH] = {RADIUS_M * n.x,
                                      RADIUS_M * n.y,
                                      RADIUS_M * n.z,
                                      log(0.6 * spacing),
                                      log(0.6 * spacing),
                                      log(0.1 * spacing),
                                      q.w,
                                      q.x,
                                      q.y,
                                      q.z,
                                      4};
    for (int row = 0; row < SP_ROW_SH; row++)
        sp_splat_row(&b->cloud, row)[i] = (float)values[row];
    for (int c = 0; c < 3; c++) {
        sp_splat_row(&b->cloud, SP_ROW_SH + c)[i] = (OWN[c] - 0.5f) / (float)SP_SH_C0;
        b->points.colour[c][i] = SURFACE[c];
        b->points.position[c][i] = (float)values[c];
    }
}

// Seen from x and from y.
static void open_ball(ball *b, int sh_degree)
{
    *b = (ball){.scene = {.views = b->views, .count = VIEWS}};
    b->views[0] = (recon_scene_view){.used = true, .crop = camera_from(sp_v3(4, 0, 0))};
    b->views[1] = (recon_scene_view){.used = true, .crop = camera_from(sp_v3(0, 4, 0))};
    assert_int_equal(sp_splat_cloud_init(&b->cloud, SPLATS, sh_degree), SP_OK);
    assert_int_equal(recon_points_init(&b->points, SPLATS), SP_OK);
    b->points.spacing_m = RADIUS_M * sqrt(4 * M_PI / SPLATS);
    b->cloud.count = SPLATS;
    for (size_t i = 0; i < SPLATS; i++)
        add_splat(b, i);
}

static void close_ball(ball *b)
{
    sp_splat_cloud_free(&b->cloud);
    recon_points_free(&b->points);
}

static void what_is_turned_away_is_split_off(void **state)
{
    (void)state;
    ball b;
    sp_splat_cloud unseen;
    open_ball(&b, 1);
    assert_int_equal(recon_unseen_split(&unseen, &b.cloud, &b.scene, SP_KERNELS_AUTO, NULL), SP_OK);
    assert_int_equal(b.cloud.count + unseen.count, SPLATS);
    const sp_splat_cloud *parts[2] = {&b.cloud, &unseen};
    size_t wrong = 0;
    for (int p = 0; p < 2; p++)
        for (size_t i = 0; i < parts[p]->count; i++) {
            double facing = fmax(sp_splat_row(parts[p], SP_ROW_POSITION)[i],
                                 sp_splat_row(parts[p], SP_ROW_POSITION + 1)[i]) /
                            RADIUS_M;
            wrong += p == 0 ? facing < -0.05 : facing > 0.35;
        }
    assert_true(wrong < SPLATS / 200);
    assert_in_range(unseen.count, SPLATS / 5, SPLATS / 2); // a quarter is turned away from both
    sp_splat_cloud_free(&unseen);
    close_ball(&b);
}

static void colour_and_check(int sh_degree)
{
    ball b;
    open_ball(&b, sh_degree);
    assert_int_equal(recon_unseen_colour(&b.cloud, &b.points, &b.scene, SP_KERNELS_AUTO, NULL), SP_OK);
    for (size_t i = 0; i < SPLATS; i++) {
        sp_vec3 n = normal_of(i);
        double facing = fmax(n.x, n.y);
        for (int c = 0; c < 3; c++) {
            float colour = 0.5f + (float)SP_SH_C0 * sp_splat_row(&b.cloud, SP_ROW_SH + c)[i];
            if (facing > 0.75)
                assert_float_equal(colour, OWN[c], 1e-3);
            if (facing < -0.1)
                assert_float_equal(colour, SURFACE[c], 1e-3);
        }
    }
    close_ball(&b);
}

static void what_nobody_sees_takes_the_surface_s_colour(void **state)
{
    (void)state;
    colour_and_check(1);
}

// The rows are full of splats: nothing that is read behind them would be theirs.
static void colours_may_be_constant(void **state)
{
    (void)state;
    colour_and_check(0);
}

static void no_splats_are_no_error(void **state)
{
    (void)state;
    ball b;
    sp_splat_cloud unseen;
    open_ball(&b, 1);
    b.cloud.count = 0;
    assert_int_equal(recon_unseen_split(&unseen, &b.cloud, &b.scene, SP_KERNELS_AUTO, NULL), SP_OK);
    assert_int_equal(unseen.count, 0);
    assert_int_equal(recon_unseen_colour(&b.cloud, &b.points, &b.scene, SP_KERNELS_AUTO, NULL), SP_OK);
    sp_splat_cloud_free(&unseen);
    close_ball(&b);
}

// Terms of the first degree: -y, z, -x times 0.4886 of the direction of sight.
static float colour_along(const sp_splat_cloud *cloud, size_t i, sp_vec3 d)
{
    const double basis[3] = {-d.y, d.z, -d.x};
    double sum = 0.5 + SP_SH_C0 * sp_splat_row(cloud, SP_ROW_SH)[i];
    for (int k = 0; k < 3; k++)
        sum += 0.4886025119 * basis[k] * sp_splat_row(cloud, SP_ROW_SH + 3 * (k + 1))[i];
    return (float)sum;
}

static void one_direction_tells_nothing_of_others(void **state)
{
    (void)state;
    ball b;
    open_ball(&b, 1);
    size_t one = 0, both = 0;
    for (size_t i = 0; i < SPLATS; i++) {
        sp_splat_row(&b.cloud, SP_ROW_SH + 9)[i] = 0.2f; // red, by x
        sp_vec3 n = normal_of(i);
        one = n.x > normal_of(one).x ? i : one;
        both = n.x + n.y > normal_of(both).x + normal_of(both).y ? i : both;
    }
    const sp_vec3 along = {-1, 0, 0};
    float before = colour_along(&b.cloud, one, along);
    assert_int_equal(recon_unseen_colour(&b.cloud, &b.points, &b.scene, SP_KERNELS_AUTO, NULL), SP_OK);
    assert_float_equal(colour_along(&b.cloud, one, along), before, 0.01);
    assert_float_equal(colour_along(&b.cloud, one, sp_v3(0, 0, 1)), before, 0.025);
    assert_float_equal(sp_splat_row(&b.cloud, SP_ROW_SH + 9)[both], 0.2f, 1e-3);
    close_ball(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_turned_away_is_split_off),
        cmocka_unit_test(what_nobody_sees_takes_the_surface_s_colour),
        cmocka_unit_test(colours_may_be_constant),
        cmocka_unit_test(no_splats_are_no_error),
        cmocka_unit_test(one_direction_tells_nothing_of_others),
    };
    return cmocka_run_group_tests_name("unseen", tests, NULL, NULL);
}
