// The hull of an ellipsoid against its closed form, with good, blank and wrong mattes.
#include "../../src/recon/body/hull.h"
#include "../../src/recon/body/surface.h"
#include "rig_of_ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define VIEWS 10
#define VOXEL_M 0.02

static const ellipsoid BODY = {{0.1, -0.05, 1.0}, {0.35, 0.25, 0.8}};

typedef struct ring {
    recon_silhouette silhouettes[VIEWS];
} ring;

typedef enum damage { DAMAGE_NONE, DAMAGE_BLANK, DAMAGE_WRONG, DAMAGE_BOTH, DAMAGE_CUT } damage;

static void ring_open(ring *r, damage what)
{
    for (int v = 0; v < VIEWS; v++) {
        sp_camera camera = ring_camera(v, VIEWS, 5, 320, 240);
        ellipsoid seen = BODY;
        // Seven of the ten show legs only.
        if (what == DAMAGE_CUT && v != 0 && v != 3 && v != 7)
            camera = sp_camera_cropped(&camera, 0, 110, 320, 130);
        if (v == 3 && (what == DAMAGE_WRONG || what == DAMAGE_BOTH))
            seen.centre.z += 0.7;
        sp_image matte;
        assert_int_equal(ring_matte(&matte, &seen, &camera), SP_OK);
        if ((v == 3 && what == DAMAGE_BLANK) || (v == 7 && what == DAMAGE_BOTH))
            memset(matte.data, 0, sizeof(float) * 320 * 240);
        assert_int_equal(recon_silhouette_init(&r->silhouettes[v], &camera, &matte, NULL), SP_OK);
        sp_image_free(&matte);
    }
}

static void ring_close(ring *r)
{
    for (int v = 0; v < VIEWS; v++)
        recon_silhouette_free(&r->silhouettes[v]);
}

static void carve(recon_hull *hull, const ring *r, int tolerance)
{
    recon_hull_params params = recon_hull_params_default();
    params.voxel_m = VOXEL_M;
    params.tolerance = tolerance;
    assert_int_equal(recon_hull_carve(hull, r->silhouettes, NULL, VIEWS, &params, NULL, NULL), SP_OK);
}

// The hull holds the body, and is not much larger.
static void check_hull(const recon_hull *hull, double most)
{
    double body = 4.0 / 3 * M_PI * BODY.radii.x * BODY.radii.y * BODY.radii.z,
           volume = recon_hull_volume(hull);
    print_message("hull %.4f m3, body %.4f m3\n", volume, body);
    assert_true(volume > 0.97 * body && volume < most * body);
    sp_rng rng = sp_rng_seed(3, 0);
    for (int i = 0; i < 500; i++) {
        sp_vec3 u = sp_v3_unit(sp_v3(sp_rng_normal(&rng), sp_rng_normal(&rng), sp_rng_normal(&rng)));
        double p[3] = {BODY.centre.x + BODY.radii.x * u.x, BODY.centre.y + BODY.radii.y * u.y,
                       BODY.centre.z + BODY.radii.z * u.z};
        assert_true(recon_hull_at(hull, p, NULL) > -0.6 * VOXEL_M);
    }
}

static void test_hull_holds_the_body(void **state)
{
    (void)state;
    ring r;
    recon_hull hull;
    ring_open(&r, DAMAGE_NONE);
    carve(&hull, &r, 1);
    check_hull(&hull, 1.15);
    recon_hull_free(&hull);
    ring_close(&r);
}

static void test_one_damaged_matte_does_not_carve(void **state)
{
    (void)state;
    for (damage what = DAMAGE_BLANK; what <= DAMAGE_WRONG; what++) {
        ring r;
        recon_hull hull;
        ring_open(&r, what);
        carve(&hull, &r, 1);
        check_hull(&hull, 1.2);
        recon_hull_free(&hull);
        ring_close(&r);
    }
}

static void test_many_views_outvote_two(void **state)
{
    (void)state;
    ring r;
    recon_hull hull;
    ring_open(&r, DAMAGE_BOTH);
    carve(&hull, &r, -1);
    check_hull(&hull, 1.3);
    recon_hull_free(&hull);
    ring_close(&r);
}

static void test_what_few_see_is_not_carved(void **state)
{
    (void)state;
    ring r;
    recon_hull hull;
    ring_open(&r, DAMAGE_CUT);
    carve(&hull, &r, -1);
    check_hull(&hull, 1.45); // three views bound the chest, loosely, and none of them may be outvoted
    recon_hull_free(&hull);
    ring_close(&r);
}

// What a view sees of several bodies.
static void crowd_silhouette(recon_silhouette *out, const ellipsoid *bodies, int count,
                             const sp_camera *camera)
{
    sp_image matte = {0}, other;
    for (int k = 0; k < count; k++) {
        assert_int_equal(ring_matte(k ? &other : &matte, &bodies[k], camera), SP_OK);
        for (int i = 0; k && i < camera->width * camera->height; i++)
            matte.data[i] = fmaxf(matte.data[i], other.data[i]);
        if (k)
            sp_image_free(&other);
    }
    assert_int_equal(recon_silhouette_init(out, camera, &matte, NULL), SP_OK);
    sp_image_free(&matte);
}

// Three athletes in a row, so that along it each hides the others.
static void test_athletes_who_hide_each_other_stay_apart(void **state)
{
    (void)state;
    recon_silhouette silhouettes[VIEWS];
    ellipsoid bodies[3];
    for (int k = 0; k < 3; k++)
        bodies[k] = (ellipsoid){{0.7 * (k - 1), 0, 0.9}, {0.2, 0.2, 0.7}};
    for (int v = 0; v < VIEWS; v++) {
        sp_camera camera = ring_camera(v, VIEWS, 5, 320, 240);
        crowd_silhouette(&silhouettes[v], bodies, 3, &camera);
    }
    recon_hull hull;
    recon_hull_params params = recon_hull_params_default();
    params.voxel_m = VOXEL_M;
    params.tolerance = 1;
    assert_int_equal(recon_hull_carve(&hull, silhouettes, NULL, VIEWS, &params, NULL, NULL), SP_OK);
    for (double z = 0.4; z < 1.5; z += 0.1) {
        for (int k = 0; k < 3; k++)
            assert_true(recon_hull_at(&hull, (double[3]){0.7 * (k - 1), 0, z}, NULL) > 0);
        for (int k = 0; k < 2; k++)
            assert_true(recon_hull_at(&hull, (double[3]){0.7 * (k - 0.5), 0, z}, NULL) < 0);
    }
    recon_hull_free(&hull);
    for (int v = 0; v < VIEWS; v++)
        recon_silhouette_free(&silhouettes[v]);
}

// Whether a point is no further than so much from a body.
static bool is_near(const ellipsoid *e, const double p[3], double by)
{
    double x = (p[0] - e->centre.x) / (e->radii.x + by), y = (p[1] - e->centre.y) / (e->radii.y + by),
           z = (p[2] - e->centre.z) / (e->radii.z + by);
    return x * x + y * y + z * z < 1;
}

// Four cameras and three athletes: lines of sight past one cross those past another where nobody is. Where
// they cross, every view sees an athlete.
static void test_nobody_stands_where_sights_only_cross(void **state)
{
    (void)state;
    enum { FEW = 4, BODIES = 3 };
    const ellipsoid bodies[BODIES] = {
        {{-1, 1, 0.9}, {0.2, 0.2, 0.7}}, {{0, -1, 0.9}, {0.2, 0.2, 0.7}}, {{1, 0, 0.9}, {0.2, 0.2, 0.7}}};
    recon_silhouette silhouettes[FEW];
    for (int v = 0; v < FEW; v++) {
        sp_camera camera = ring_camera(v, FEW, 6, 320, 240);
        crowd_silhouette(&silhouettes[v], bodies, BODIES, &camera);
    }
    int crossings = 0;
    recon_hull hull;
    recon_hull_params params = recon_hull_params_default();
    params.voxel_m = VOXEL_M;
    assert_int_equal(recon_hull_carve(&hull, silhouettes, NULL, FEW, &params, NULL, NULL), SP_OK);
    for (double z = 0.3; z < 1.6; z += 0.05)
        for (double y = -3; y < 3; y += 0.05)
            for (double x = -3; x < 3; x += 0.05) {
                const double p[3] = {x, y, z};
                bool is_body = false, is_claimed = true;
                for (int k = 0; k < BODIES; k++)
                    is_body = is_body || is_near(&bodies[k], p, 0.15);
                for (int v = 0; v < FEW; v++) {
                    float metres = 0;
                    is_claimed = is_claimed && recon_silhouette_at(&metres, &silhouettes[v], p) && metres > 0;
                }
                crossings += is_claimed && !is_body;
                if (!is_body)
                    assert_true(recon_hull_at(&hull, p, NULL) < 0);
            }
    print_message("%d points where all views see somebody and nobody is\n", crossings);
    assert_true(crossings > 20);
    for (int k = 0; k < BODIES; k++)
        assert_true(recon_hull_at(&hull, (double[3]){bodies[k].centre.x, bodies[k].centre.y, 0.9}, NULL) > 0);
    recon_hull_free(&hull);
    for (int v = 0; v < FEW; v++)
        recon_silhouette_free(&silhouettes[v]);
}

static void test_normals_are_the_bodys(void **state)
{
    (void)state;
    ring r;
    recon_hull hull;
    recon_points points;
    ring_open(&r, DAMAGE_NONE);
    carve(&hull, &r, 1);
    assert_int_equal(recon_surface_points(&points, &hull, NULL), SP_OK);
    assert_true(points.count > 2000);
    double sum = 0, away = 0;
    for (int64_t i = 0; i < points.count; i++) {
        sp_vec3 d = sp_v3_sub(sp_v3(points.position[0][i], points.position[1][i], points.position[2][i]),
                              BODY.centre);
        sp_vec3 scaled = sp_v3(d.x / BODY.radii.x, d.y / BODY.radii.y, d.z / BODY.radii.z);
        sp_vec3 n = sp_v3_unit(
            sp_v3(d.x / pow(BODY.radii.x, 2), d.y / pow(BODY.radii.y, 2), d.z / pow(BODY.radii.z, 2)));
        sp_vec3 m = sp_v3(points.normal[0][i], points.normal[1][i], points.normal[2][i]);
        sum += acos(fmin(fmax(sp_v3_dot(n, m), -1), 1));
        away += fabs(sp_v3_norm(scaled) - 1) * 0.3;
    }
    print_message("normals %.1f degrees, surface %.1f mm off\n", 180 / M_PI * sum / (double)points.count,
                  1000 * away / (double)points.count);
    // The hull of ten views is a polyhedron around the body: its faces lean a few degrees.
    assert_true(sum / (double)points.count < 15 * M_PI / 180);
    assert_true(away / (double)points.count < 0.025);
    recon_points_free(&points);
    recon_hull_free(&hull);
    ring_close(&r);
}

static void test_nothing_gives_an_empty_hull(void **state)
{
    (void)state;
    recon_silhouette silhouettes[VIEWS];
    for (int v = 0; v < VIEWS; v++) {
        sp_camera camera = ring_camera(v, VIEWS, 5, 64, 48);
        sp_image matte;
        assert_int_equal(sp_image_init(&matte, 64, 48, 1), SP_OK);
        assert_int_equal(recon_silhouette_init(&silhouettes[v], &camera, &matte, NULL), SP_OK);
        sp_image_free(&matte);
    }
    recon_hull hull;
    assert_int_equal(recon_hull_carve(&hull, silhouettes, NULL, VIEWS, NULL, NULL, NULL), SP_OK);
    assert_null(hull.field);
    for (int v = 0; v < VIEWS; v++)
        recon_silhouette_free(&silhouettes[v]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hull_holds_the_body),
        cmocka_unit_test(test_one_damaged_matte_does_not_carve),
        cmocka_unit_test(test_many_views_outvote_two),
        cmocka_unit_test(test_what_few_see_is_not_carved),
        cmocka_unit_test(test_athletes_who_hide_each_other_stay_apart),
        cmocka_unit_test(test_nobody_stands_where_sights_only_cross),
        cmocka_unit_test(test_normals_are_the_bodys),
        cmocka_unit_test(test_nothing_gives_an_empty_hull),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
