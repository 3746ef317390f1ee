// A rod that points at a camera, which sees its end only: how long it may be, and that a view from the side
// knows better.
#include "../../src/recon/body/thickness.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define VOXEL_M 0.02
#define RADIUS_M 0.15
#define FRONT_M 0.6 // the rod reaches from there ...
#define BACK_M -0.9 // ... to here, along x
#define SIZE 200

typedef struct rod {
    recon_hull hull;
    recon_points points;
    recon_scene scene;
    recon_scene_view views[2];
    sp_image mattes[2];
} rod;

// Metres to the rod's surface from inside, about.
static double inside_rod(double x, double y, double z)
{
    return fmin(RADIUS_M - hypot(y, z), fmin(FRONT_M - x, x - BACK_M));
}

static void make_hull(rod *r)
{
    recon_hull *h = &r->hull;
    *h = (recon_hull){.origin = {-1.2, -0.4, -0.4}, .voxel_m = VOXEL_M, .size = {106, 41, 41}};
    h->field = calloc((size_t)h->size[0] * (size_t)h->size[1] * (size_t)h->size[2], sizeof *h->field);
    size_t at = 0;
    for (int k = 0; k < h->size[2]; k++)
        for (int j = 0; j < h->size[1]; j++)
            for (int i = 0; i < h->size[0]; i++)
                h->field[at++] =
                    (float)fmax(inside_rod(h->origin[0] + VOXEL_M * i, h->origin[1] + VOXEL_M * j,
                                           h->origin[2] + VOXEL_M * k),
                                -RECON_HULL_BAND * VOXEL_M);
}

// Its matte is what the rod's points come to, cast from the pixels.
static void make_view(rod *r, int v, sp_vec3 eye)
{
    sp_camera c = {.width = SIZE, .height = SIZE, .fx = 400, .fy = 400, .cx = SIZE / 2.0, .cy = SIZE / 2.0};
    c.rotation = sp_look_at(eye, sp_v3(0, 0, 0), sp_v3(0, 0, 1));
    c.translation = sp_v3_scale(sp_m3_apply(c.rotation, eye), -1);
    assert_int_equal(sp_image_init(&r->mattes[v], SIZE, SIZE, 1), SP_OK);
    for (int i = 0; i < SIZE * SIZE; i++) {
        sp_vec3 ray;
        assert_true(sp_camera_ray(&ray, &c, (sp_vec2){i % SIZE + 0.5, i / SIZE + 0.5}));
        for (double t = 2; t < 7 && r->mattes[v].data[i] == 0; t += 0.01) {
            sp_vec3 p = sp_v3_add(eye, sp_v3_scale(sp_v3_unit(ray), t));
            r->mattes[v].data[i] = inside_rod(p.x, p.y, p.z) > 0;
        }
    }
    r->views[v] = (recon_scene_view){.full = c, .crop = c, .used = true};
    assert_int_equal(recon_silhouette_init(&r->views[v].silhouette, &c, &r->mattes[v], NULL), SP_OK);
}

// How far back the hull reaches after the bounding.
static double back_of(int views)
{
    rod r = {.scene = {.count = views}};
    r.scene.views = r.views;
    make_hull(&r);
    make_view(&r, 0, sp_v3(5, 0, 0));
    if (views > 1)
        make_view(&r, 1, sp_v3(0, 4.5, 0));
    assert_int_equal(recon_surface_points(&r.points, &r.hull, NULL), SP_OK);
    assert_int_equal(recon_bound_thickness(&r.hull, &r.points, &r.scene, NULL), SP_OK);
    double back = INFINITY, front = -INFINITY;
    for (double x = -1.1; x < 0.8; x += 0.01)
        if (recon_hull_at(&r.hull, (double[3]){x, 0, 0}, NULL) > 0) {
            back = fmin(back, x);
            front = fmax(front, x);
        }
    assert_float_equal(front, FRONT_M, 0.03);
    for (int v = 0; v < views; v++) {
        recon_silhouette_free(&r.views[v].silhouette);
        sp_image_free(&r.mattes[v]);
    }
    recon_points_free(&r.points);
    free(r.hull.field);
    return back;
}

// 0.3 m wide: 1.6 times as deep at most, and a voxel or two.
static void what_one_view_sees_is_about_as_deep_as_wide(void **state)
{
    (void)state;
    assert_float_equal(back_of(1), FRONT_M - 1.6 * 2 * RADIUS_M, 0.08);
}

static void what_another_view_needs_stays(void **state)
{
    (void)state;
    assert_float_equal(back_of(2), BACK_M, 0.06);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_one_view_sees_is_about_as_deep_as_wide),
        cmocka_unit_test(what_another_view_needs_stays),
    };
    return cmocka_run_group_tests_name("thickness", tests, NULL, NULL);
}
