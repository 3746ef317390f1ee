// A round hall cast in closed form, with depths as stereo has them: on a polished floor those of the mirrored
// wall, over a pit those of its bottom.
#include "../../src/recon/venue/ground.h"
#include "rig_of_ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define VIEWS 6
#define W 96
#define H 72
#define WALL 12.0 // metres from the middle
#define PIT_X 2.0
#define PIT_RADIUS 2.5
#define PIT_DEEP 1.5

typedef struct hall {
    recon_stereo_view views[VIEWS];
    recon_geometry geometry;
    float *floor[VIEWS]; // the true depth of the floor, 0 where it is not seen
} hall;

static double depth_at(const sp_camera *camera, sp_vec3 eye, sp_vec3 d, double t)
{
    return sp_camera_to_cam(camera, sp_v3_add(eye, sp_v3_scale(d, t))).z;
}

// How far it is along the ray to the wall, above or mirrored beneath the floor.
static double to_wall(sp_vec3 eye, sp_vec3 d)
{
    double a = d.x * d.x + d.y * d.y, b = eye.x * d.x + eye.y * d.y,
           q = eye.x * eye.x + eye.y * eye.y - WALL * WALL;
    return (-b + sqrt(b * b - a * q)) / a;
}

static bool is_over_pit(sp_vec3 at)
{
    return hypot(at.x - PIT_X, at.y) < PIT_RADIUS;
}

// What stereo says of a pixel: beyond mirror_m from the middle the mirrored wall.
static void cast(hall *h, int v, int x, int y, double mirror_m, bool has_pit)
{
    const sp_camera *camera = &h->views[v].camera;
    sp_vec3 d, eye = sp_camera_center(camera);
    size_t at = (size_t)y * W + (size_t)x;
    assert_true(sp_camera_ray(&d, camera, (sp_vec2){x + 0.5, y + 0.5}));
    double wall = to_wall(eye, d), floor = d.z < 0 ? -eye.z / d.z : INFINITY, seen = fmin(wall, floor);
    if (floor < wall) {
        sp_vec3 on = sp_v3_add(eye, sp_v3_scale(d, floor));
        h->floor[v][at] = (float)depth_at(camera, eye, d, floor);
        if (hypot(on.x, on.y) > mirror_m)
            seen = wall;
        else if (has_pit && is_over_pit(on))
            seen = floor * (eye.z + PIT_DEEP) / eye.z;
    }
    h->geometry.maps[v].depth[at] = (float)depth_at(camera, eye, d, seen);
    h->geometry.maps[v].cost[at] = 0.2f;
}

static void open_hall(hall *h, double mirror_m, bool has_pit)
{
    *h = (hall){.geometry = {.count = VIEWS, .views = h->views}};
    h->geometry.params = (recon_stereo_params){.near_m = 0.5, .far_m = 200, .floor_radius_m = 20};
    h->geometry.maps = sp_calloc(VIEWS, sizeof *h->geometry.maps);
    assert_non_null(h->geometry.maps);
    for (int v = 0; v < VIEWS; v++) {
        sp_camera *camera = &h->views[v].camera;
        *camera = ring_camera(v, VIEWS, 9, W, H);
        camera->fx = camera->fy = 0.8 * H;
        assert_int_equal(sp_image_init(&h->views[v].rgb, W, H, 3), SP_OK);
        assert_int_equal(recon_depth_map_init(&h->geometry.maps[v], W, H), SP_OK);
        h->floor[v] = sp_calloc((size_t)W * H, sizeof *h->floor[v]);
        assert_non_null(h->floor[v]);
        for (int y = 0; y < H; y++)
            for (int x = 0; x < W; x++)
                cast(h, v, x, y, mirror_m, has_pit);
    }
    assert_int_equal(recon_find_ground(&h->geometry, NULL), SP_OK);
    assert_non_null(h->geometry.is_floor);
}

static void close_hall(hall *h)
{
    for (int v = 0; v < VIEWS; v++) {
        sp_image_free(&h->views[v].rgb);
        free(h->floor[v]);
    }
    recon_geometry_free(&h->geometry);
}

static double ground_at(const hall *h, int v, int at)
{
    return recon_ground_depth(&h->geometry, v, at % W + 0.5, at / W + 0.5);
}

static void test_nothing_is_beneath_a_polished_floor(void **state)
{
    (void)state;
    hall h;
    open_hall(&h, 3, false);
    int beneath = 0;
    assert_int_equal(recon_settle_on_ground(&h.geometry, NULL), SP_OK);
    for (int v = 0; v < VIEWS; v++)
        for (int at = 0; at < W * H; at++) {
            double floor = (double)h.floor[v][at], depth = (double)h.geometry.maps[v].depth[at];
            if (floor <= 0)
                continue;
            assert_true(fabs(ground_at(&h, v, at) / floor - 1) < 1e-4);
            beneath += depth > 1.03 * floor;
        }
    assert_int_equal(beneath, 0);
    close_hall(&h);
}

// Away from its edge, where cells are shared.
static void check_pit(const hall *h)
{
    int in_pit = 0, beside = 0;
    for (int v = 0; v < VIEWS; v++)
        for (int at = 0; at < W * H; at++) {
            sp_vec3 p =
                recon_world_point(&h->views[v].camera, at % W + 0.5, at / W + 0.5, (double)h->floor[v][at]);
            double away = hypot(p.x - PIT_X, p.y) - PIT_RADIUS;
            if (h->floor[v][at] <= 0 || fabs(away) < 0.8)
                continue;
            in_pit += away < 0;
            beside += away > 0;
            assert_true(isinf(ground_at(h, v, at)) == (away < 0));
        }
    assert_true(in_pit > 100 && beside > 1000);
}

static void test_a_pit_is_no_floor(void **state)
{
    (void)state;
    hall h;
    open_hall(&h, INFINITY, true);
    check_pit(&h);
    close_hall(&h);
}

// Views far apart may give the floor another radius afterwards.
static void test_a_pit_stays_where_it_was_found(void **state)
{
    (void)state;
    hall h;
    open_hall(&h, INFINITY, true);
    h.geometry.params.floor_radius_m *= 2;
    check_pit(&h);
    close_hall(&h);
}

static void test_without_a_floor_there_is_no_ground(void **state)
{
    (void)state;
    recon_geometry none = {0};
    assert_int_equal(recon_find_ground(&none, NULL), SP_OK);
    assert_null(none.is_floor);
    assert_int_equal(recon_settle_on_ground(&none, NULL), SP_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_beneath_a_polished_floor),
        cmocka_unit_test(test_a_pit_is_no_floor),
        cmocka_unit_test(test_a_pit_stays_where_it_was_found),
        cmocka_unit_test(test_without_a_floor_there_is_no_ground),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
