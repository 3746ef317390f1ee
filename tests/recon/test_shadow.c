// A shadow of known shape on a textured floor, away from an athlete in the air: found, measured, drawn.
#include "../../src/recon/around.h"
#include "rig_of_ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define VIEWS 8
#define W 240
#define H 240

static const ellipsoid BODY = {{0, 0, 1.3}, {0.2, 0.2, 0.4}};
static const double SHADOW_X = 0.9, SHADOW_Y = -0.5, SHADOW_M = 0.18;

// Share of a lamp's light that is missing, per channel.
static double light_at(int channel, double x, double y)
{
    double r2 = (x - SHADOW_X) * (x - SHADOW_X) + (y - SHADOW_Y) * (y - SHADOW_Y);
    return 1 - (0.5 + 0.05 * channel) * exp(-0.5 * r2 / (SHADOW_M * SHADOW_M));
}

static void floor_colour(float rgb[3], double x, double y)
{
    rgb[0] = (float)(0.45 + 0.1 * sin(9 * x) * sin(7 * y));
    rgb[1] = (float)(0.60 + 0.1 * sin(8 * x + 1));
    rgb[2] = (float)(0.70 + 0.1 * sin(6 * y + 2));
}

static bool on_floor(double at[2], const sp_camera *camera, int px, int py)
{
    sp_vec3 d, c = sp_camera_center(camera);
    if (!sp_camera_ray(&d, camera, (sp_vec2){px + 0.5, py + 0.5}) || d.z > -0.02)
        return false;
    at[0] = c.x - c.z / d.z * d.x;
    at[1] = c.y - c.z / d.z * d.y;
    return true;
}

typedef struct shoot {
    sp_image8 images[VIEWS], plates[VIEWS];
    sp_image mattes[VIEWS];
    sp_view views[VIEWS];
} shoot;

static void shoot_view(shoot *s, int v, bool has_shadow)
{
    sp_camera camera = ring_camera(v, VIEWS, 4, W, H);
    assert_int_equal(ring_matte(&s->mattes[v], &BODY, &camera), SP_OK);
    assert_int_equal(sp_image8_init(&s->images[v], W, H, 3), SP_OK);
    assert_int_equal(sp_image8_init(&s->plates[v], W, H, 3), SP_OK);
    for (int i = 0; i < W * H; i++) {
        double at[2] = {0};
        float colour[3] = {0.3f, 0.4f, 0.5f};
        bool is_floor = on_floor(at, &camera, i % W, i / W);
        if (is_floor)
            floor_colour(colour, at[0], at[1]);
        for (int c = 0; c < 3; c++) {
            double light = is_floor && has_shadow ? light_at(c, at[0], at[1]) : 1, m = s->mattes[v].data[i];
            s->plates[v].data[3 * i + c] = (uint8_t)(colour[c] * 255 + 0.5f);
            s->images[v].data[3 * i + c] =
                (uint8_t)((m * 0.9 + (1 - m) * light * (double)colour[c]) * 255 + 0.5);
        }
    }
    s->views[v] = (sp_view){.camera = camera,
                            .image = &s->images[v],
                            .plate = &s->plates[v],
                            .matte = &s->mattes[v],
                            .gains = {1, 1, 1, 0, 0, 0}};
}

// What a camera that took no part is told about the light on the floor is what the lamp does there.
static void check_light(const recon_shadow *shadow)
{
    sp_camera camera = ring_camera(3, 2 * VIEWS, 4, W, H);
    double error = 0, missing = 0;
    for (int i = 0; i < W * H; i++) {
        double at[2];
        for (int c = 0; c < 3 && on_floor(at, &camera, i % W, i / W); c++) {
            double light = (double)recon_shadow_light(shadow, c, &camera, (size_t)i);
            error += pow(light - light_at(c, at[0], at[1]), 2);
            missing += pow(1 - light_at(c, at[0], at[1]), 2);
        }
    }
    assert_true(sqrt(error / missing) < 0.2);
}

// The shadow as splats of an empty cloud.
static void solve(sp_splat_cloud *cloud, sp_floor *floor, bool has_shadow)
{
    shoot s;
    recon_scene scene;
    recon_shadow shadow;
    for (int v = 0; v < VIEWS; v++)
        shoot_view(&s, v, has_shadow);
    assert_int_equal(recon_scene_open(&scene, s.views, VIEWS, NULL, NULL), SP_OK);
    assert_int_equal(recon_shadow_measure(&shadow, &scene, s.views, VIEWS, NULL), SP_OK);
    if (has_shadow)
        check_light(&shadow);
    assert_int_equal(sp_splat_cloud_init(cloud, 16, 0), SP_OK);
    *floor = (sp_floor){0};
    assert_int_equal(recon_shadow_splats(cloud, &floor->shadow_splats, &shadow), SP_OK);
    assert_int_equal(floor->shadow_splats, cloud->count);
    recon_shadow_free(&shadow);
    recon_scene_close(&scene);
    for (int v = 0; v < VIEWS; v++) {
        sp_image8_free(&s.images[v]);
        sp_image8_free(&s.plates[v]);
        sp_image_free(&s.mattes[v]);
    }
}

static void draw(sp_image *rgb, const sp_splat_cloud *cloud, const sp_camera *camera)
{
    sp_renderer *renderer;
    assert_int_equal(sp_image_init(rgb, camera->width, camera->height, 3), SP_OK);
    sp_render_target target = {.rgb = rgb};
    assert_int_equal(sp_renderer_open(&renderer, NULL, NULL), SP_OK);
    assert_int_equal(sp_renderer_draw(renderer, cloud, camera, &target), SP_OK);
    sp_renderer_close(&renderer);
}

// How the scene of a venue (may be empty) and the shadow looks. The cloud of the shadow is taken over.
static void draw_scene(sp_image *rgb, sp_image *alpha, sp_splat_cloud *venue, const sp_splat_cloud *shadow,
                       const sp_floor *floor, const sp_camera *camera)
{
    sp_renderer *renderer;
    sp_scene *scene;
    size_t count = venue->count;
    assert_int_equal(sp_splat_cloud_append(venue, shadow), SP_OK);
    assert_int_equal(sp_scene_open(&scene, venue, count, floor), SP_OK);
    assert_null(venue->data);
    assert_int_equal(sp_scene_cloud(scene)->count, count + shadow->count);
    assert_int_equal(sp_image_init(rgb, camera->width, camera->height, 3), SP_OK);
    assert_int_equal(sp_image_init(alpha, camera->width, camera->height, 1), SP_OK);
    assert_int_equal(sp_renderer_open(&renderer, NULL, NULL), SP_OK);
    assert_int_equal(sp_scene_draw(scene, renderer, camera, rgb, alpha), SP_OK);
    sp_renderer_close(&renderer);
    sp_scene_close(&scene);
}

// How far what a camera sees of the shadow is from the truth, as a share of what is missing without it; and
// the light that it takes, as a share of what the lamp takes.
static double shadow_error(double *taken, const sp_splat_cloud *cloud, const sp_floor *floor,
                           const sp_camera *camera)
{
    sp_image rgb, alpha;
    sp_splat_cloud venue;
    double error = 0, without = 0, took = 0, should = 0;
    assert_int_equal(sp_splat_cloud_init(&venue, 16, 0), SP_OK);
    draw_scene(&rgb, &alpha, &venue, cloud, floor, camera);
    for (int i = 0; i < camera->width * camera->height; i++) {
        double at[2];
        float colour[3];
        for (int c = 0; c < 3 && on_floor(at, camera, i % camera->width, i / camera->width); c++) {
            floor_colour(colour, at[0], at[1]);
            double whole = (double)colour[c], truth = light_at(c, at[0], at[1]) * whole,
                   seen = (double)(1 - alpha.data[i]) * whole + (double)sp_image_plane(&rgb, c)[i];
            error += pow(seen - truth, 2);
            without += pow(whole - truth, 2);
            took += whole - seen;
            should += whole - truth;
        }
    }
    sp_image_free(&rgb);
    sp_image_free(&alpha);
    *taken = took / should;
    return sqrt(error / without);
}

// From where no camera stood, over the floor's true colours.
static void test_an_athlete_in_the_air_keeps_his_shadow(void **state)
{
    (void)state;
    sp_splat_cloud cloud;
    sp_floor floor;
    double taken;
    sp_camera camera = ring_camera(3, 2 * VIEWS, 4, W, H);
    solve(&cloud, &floor, true);
    assert_true(cloud.count > 50);
    assert_true(shadow_error(&taken, &cloud, &floor, &camera) < 0.2);
    assert_true(fabs(taken - 1) < 0.15);
    sp_splat_cloud_free(&cloud);
}

// From low down the layer's splats are flatter than a pixel, which must not make them darker.
static void test_the_shadow_is_no_darker_from_low_down(void **state)
{
    (void)state;
    sp_splat_cloud cloud;
    sp_floor floor;
    solve(&cloud, &floor, true);
    for (int k = 1; k <= 3; k++) {
        double taken;
        sp_camera camera = ring_camera(3, 2 * VIEWS, 4, W, H);
        sp_vec3 eye = sp_v3_scale(sp_v3_unit(sp_camera_center(&camera)), 4);
        eye.z = 0.15 * k;
        camera.rotation = sp_look_at(eye, sp_v3(0, 0, 0.2), sp_v3(0, 0, 1));
        camera.translation = sp_v3_scale(sp_m3_apply(camera.rotation, eye), -1);
        assert_true(shadow_error(&taken, &cloud, &floor, &camera) < 0.5);
        assert_true(fabs(taken - 1) < 0.15);
    }
    sp_splat_cloud_free(&cloud);
}

static bool in_shadow(const sp_camera *camera, int i)
{
    double at[2];
    return on_floor(at, camera, i % W, i / W) && light_at(0, at[0], at[1]) < 0.8;
}

// Frames before and after an instant, in whose mattes the shadow is: each side knows its own.
static void test_neighbours_lose_their_shadows(void **state)
{
    (void)state;
    static shoot sides[2];
    sp_view views[2 * VIEWS];
    recon_around around;
    for (int n = 0; n < 2 * VIEWS; n++) {
        shoot *s = &sides[n / VIEWS];
        int v = n % VIEWS;
        shoot_view(s, v, true);
        for (int i = 0; i < W * H; i++)
            if (in_shadow(&s->views[v].camera, i))
                s->mattes[v].data[i] = 1;
        views[n] = s->views[v];
        views[n].dt_s = (n < VIEWS ? -1 : 1) / 30.0;
    }
    views[1].dt_s = 0; // the nearest frame of a slow feed: it is on that side all the same
    assert_int_equal(recon_around_open(&around, views, 2 * VIEWS, 2 * VIEWS + 1, NULL, NULL), SP_EINVAL);
    assert_int_equal(recon_around_open(&around, views, 2 * VIEWS, VIEWS, NULL, NULL), SP_OK);
    assert_int_equal(around.begin[1], VIEWS);
    assert_int_equal(recon_around_clear_shadows(&around, NULL), SP_OK);
    int shadow = 0, left = 0;
    for (int n = 0; n < 2 * VIEWS; n++) {
        sp_image body;
        int lost = 0;
        assert_int_equal(ring_matte(&body, &BODY, &views[n].camera), SP_OK);
        for (int i = 0; i < W * H; i++) {
            bool is_left = around.scene.views[n].matte.data[i] > 0.5f, is_body = body.data[i] > 0.5f;
            bool is_shadow = !is_body && in_shadow(&views[n].camera, i);
            shadow += is_shadow;
            left += is_shadow && is_left;
            lost += is_body && !is_left;
        }
        assert_int_equal(lost, 0);
        sp_image_free(&body);
    }
    print_message("%d of %d pixels of shadows are left in mattes\n", left, shadow);
    assert_true(shadow > 0 && left < shadow / 10);
    recon_around_close(&around);
    for (int n = 0; n < 2 * VIEWS; n++) {
        sp_image8_free(&sides[n / VIEWS].images[n % VIEWS]);
        sp_image8_free(&sides[n / VIEWS].plates[n % VIEWS]);
        sp_image_free(&sides[n / VIEWS].mattes[n % VIEWS]);
    }
}

static void test_a_floor_without_shadow_gets_none(void **state)
{
    (void)state;
    sp_splat_cloud cloud;
    sp_floor floor;
    solve(&cloud, &floor, false);
    assert_int_equal(cloud.count, 0);
    sp_splat_cloud_free(&cloud);
}

// A body of one round splat.
static void lay_body(sp_splat_cloud *cloud, sp_vec3 at)
{
    const double position[3] = {at.x, at.y, at.z};
    assert_int_equal(sp_splat_cloud_init(cloud, 1, 0), SP_OK);
    cloud->count = 1;
    for (int a = 0; a < 3; a++) {
        sp_splat_row(cloud, SP_ROW_POSITION + a)[0] = (float)position[a];
        sp_splat_row(cloud, SP_ROW_LOG_SCALE + a)[0] = (float)log(0.2);
    }
    sp_splat_row(cloud, SP_ROW_ROTATION)[0] = 1;
    sp_splat_row(cloud, SP_ROW_OPACITY)[0] = 5;
}

// Two views are enough where it is known that nobody hides the floor from them, and one is not.
static void test_two_views_tell_the_shadow_when_nobody_hides_it(void **state)
{
    (void)state;
    enum { TWO = 2, HIGH = 1, ACROSS = HIGH + VIEWS / 2 };
    shoot s = {0};
    recon_scene scene;
    recon_shadow shadow;
    shoot_view(&s, HIGH, true);
    shoot_view(&s, ACROSS, true);
    const sp_view views[TWO] = {s.views[HIGH], s.views[ACROSS]};
    assert_int_equal(recon_scene_open(&scene, views, TWO, NULL, NULL), SP_OK);
    assert_int_equal(recon_shadow_measure(&shadow, &scene, views, TWO, NULL), SP_OK);
    for (size_t i = 0; i < (size_t)shadow.size[0] * (size_t)shadow.size[1]; i++)
        assert_true(shadow.light[i] >= 1);
    sp_camera camera = ring_camera(HIGH, VIEWS, 4, W, H);
    sp_vec3 eye = sp_camera_center(&camera), shadow_at = sp_v3(SHADOW_X, SHADOW_Y, 0);
    for (int hides = 0; hides < 2; hides++) {
        sp_splat_cloud body;
        // Over him, or between the first camera and the shadow.
        lay_body(&body, hides ? sp_v3_add(eye, sp_v3_scale(sp_v3_unit(sp_v3_sub(shadow_at, eye)), 1.2))
                              : BODY.centre);
        assert_int_equal(recon_shadow_refine(&shadow, &body, &scene, views, SP_KERNELS_AUTO, NULL), SP_OK);
        if (!hides)
            check_light(&shadow);
        for (size_t i = 0; hides && i < (size_t)shadow.size[0] * (size_t)shadow.size[1]; i++)
            assert_true(shadow.light[i] >= 1);
        sp_splat_cloud_free(&body);
    }
    recon_shadow_free(&shadow);
    recon_scene_close(&scene);
    for (int v = 0; v < VIEWS; v++) {
        sp_image8_free(&s.images[v]);
        sp_image8_free(&s.plates[v]);
        sp_image_free(&s.mattes[v]);
    }
}

static void test_a_scene_knows_how_many_splats_it_needs(void **state)
{
    (void)state;
    sp_scene *scene = NULL;
    sp_splat_cloud cloud;
    sp_floor floor = {.shadow_splats = 4};
    assert_int_equal(sp_splat_cloud_init(&cloud, 16, 0), SP_OK);
    cloud.count = 5;
    assert_int_equal(sp_scene_open(&scene, &cloud, 2, &floor), SP_EFORMAT);
    assert_non_null(strstr(sp_error_text(), "4"));
    assert_null(cloud.data);
    assert_null(scene);
}

// A floor of large splats, whose centres are often nearer to the camera than the layer's cells that they
// would cover.
// Grey, and glaring red 15 cm under it, of which nobody should see anything.
static void lay_floor(sp_splat_cloud *floor)
{
    enum { SIDE = 24, SPLATS = SIDE * SIDE };
    assert_int_equal(sp_splat_cloud_init(floor, 2 * SPLATS, 0), SP_OK);
    floor->count = 2 * SPLATS;
    for (int i = 0; i < 2 * SPLATS; i++) {
        const double at[3] = {0.25 * (i % SIDE - SIDE / 2), 0.25 * (i % SPLATS / SIDE - SIDE / 2),
                              i < SPLATS ? 0 : -0.15};
        sp_splat_row(floor, SP_ROW_SH)[i] = i < SPLATS ? 0 : 30;
        for (int a = 0; a < 3; a++) {
            sp_splat_row(floor, SP_ROW_POSITION + a)[i] = (float)at[a];
            sp_splat_row(floor, SP_ROW_LOG_SCALE + a)[i] = (float)log(a < 2 ? 0.2 : 0.002);
        }
        sp_splat_row(floor, SP_ROW_ROTATION)[i] = 1;
        sp_splat_row(floor, SP_ROW_OPACITY)[i] = 3;
    }
}

static void test_large_splats_of_the_floor_do_not_cover_the_shadow(void **state)
{
    (void)state;
    sp_splat_cloud cloud, venue, covered_venue;
    sp_floor floor, unknown = {0};
    sp_image clear, covered, drawn, alpha[2];
    solve(&cloud, &floor, true);
    lay_floor(&venue);
    lay_floor(&covered_venue);
    sp_camera camera = ring_camera(3, 2 * VIEWS, 4, W, H);
    draw(&clear, &venue, &camera);
    draw_scene(&covered, &alpha[0], &covered_venue, &cloud, &unknown, &camera);
    draw_scene(&drawn, &alpha[1], &venue, &cloud, &floor, &camera);
    sp_vec2 px;
    assert_true(sp_camera_project(&px, &camera, sp_v3(SHADOW_X, SHADOW_Y, 0)));
    size_t at = (size_t)px.y * W + (size_t)px.x;
    double truth = light_at(0, SHADOW_X, SHADOW_Y), whole = (double)clear.data[at];
    assert_true(fabs((double)drawn.data[at] / whole - truth) < 0.12);
    assert_true((double)covered.data[at] / whole > truth + 0.15);
    sp_image *const all[] = {&clear, &covered, &drawn, &alpha[0], &alpha[1]};
    for (int i = 0; i < 5; i++)
        sp_image_free(all[i]);
    sp_splat_cloud_free(&cloud);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_athlete_in_the_air_keeps_his_shadow),
        cmocka_unit_test(test_the_shadow_is_no_darker_from_low_down),
        cmocka_unit_test(test_neighbours_lose_their_shadows),
        cmocka_unit_test(test_a_floor_without_shadow_gets_none),
        cmocka_unit_test(test_two_views_tell_the_shadow_when_nobody_hides_it),
        cmocka_unit_test(test_a_scene_knows_how_many_splats_it_needs),
        cmocka_unit_test(test_large_splats_of_the_floor_do_not_cover_the_shadow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
