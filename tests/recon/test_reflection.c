// A body over a polished floor, cast in closed form: what the floor mirrors is measured, taken out of the
// mattes, and drawn.
#include "../../src/recon/floor/mirror.h"
#include "../../src/recon/floor/reflection.h"
#include "rig_of_ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define VIEWS 8
#define W 320
#define H 320
#define GLOSS 0.6

static const ellipsoid BODY = {{0.1, 0, 0.36}, {0.16, 0.2, 0.34}};

// Around the body, low, looking at where it stands.
static sp_camera low_camera(int index, int count)
{
    sp_camera camera = ring_camera(index, count, 3, W, H);
    sp_vec3 eye = sp_camera_center(&camera);
    eye.z = 0.7 + 0.1 * (index % 3);
    camera.rotation = sp_look_at(eye, sp_v3(0, 0, 0), sp_v3(0, 0, 1));
    camera.translation = sp_v3_scale(sp_m3_apply(camera.rotation, eye), -1);
    return camera;
}

// What the camera sees of the body: directly, or in the floor, with Fresnel's share (Schlick, index 1.5).
static double cast(float rgb[3], const sp_camera *camera, double px, double py, bool in_floor)
{
    sp_vec3 d, hit, eye = sp_camera_center(camera);
    if (!sp_camera_ray(&d, camera, (sp_vec2){px, py}) || (in_floor && d.z > -0.02))
        return 0;
    sp_camera seen = *camera;
    if (in_floor) {
        // The mirrored ray, as a camera under the floor casts it: upside down, its picture's rows turn over.
        seen.rotation = sp_look_at(sp_v3(eye.x, eye.y, -eye.z), sp_v3(eye.x + d.x, eye.y + d.y, -eye.z - d.z),
                                   sp_v3(0, 0, 1));
        seen.translation = sp_v3_scale(sp_m3_apply(seen.rotation, sp_v3(eye.x, eye.y, -eye.z)), -1);
        px = seen.cx;
        py = seen.cy;
    }
    if (!ring_hit(&hit, &BODY, &seen, px, py))
        return 0;
    ring_texture(rgb, hit);
    return in_floor ? 0.04 + 0.96 * pow(1 + d.z, 5) : 1;
}

typedef struct shoot {
    sp_image8 images[VIEWS], plates[VIEWS];
    sp_image mattes[VIEWS];
    sp_view views[VIEWS];
} shoot;

static float plate_colour(int channel, const sp_camera *camera, int x, int y)
{
    sp_vec3 d, eye = sp_camera_center(camera);
    if (!sp_camera_ray(&d, camera, (sp_vec2){x + 0.5, y + 0.5}) || d.z > -0.02)
        return 0.5f;
    double fx = eye.x - eye.z / d.z * d.x, fy = eye.y - eye.z / d.z * d.y;
    return (float)(0.3 + 0.1 * channel + 0.08 * sin(9 * fx + channel) * sin(7 * fy));
}

// matte: of the body, and where the floor mirrors it by much, as a matte that knows of no mirror has it.
static void shoot_view(shoot *s, int v, double gloss)
{
    sp_camera camera = low_camera(v, VIEWS);
    assert_int_equal(ring_matte(&s->mattes[v], &BODY, &camera), SP_OK);
    assert_int_equal(sp_image8_init(&s->images[v], W, H, 3), SP_OK);
    assert_int_equal(sp_image8_init(&s->plates[v], W, H, 3), SP_OK);
    for (int i = 0; i < W * H; i++) {
        float direct[3] = {0}, mirrored[3] = {0}, matte = s->mattes[v].data[i];
        cast(direct, &camera, i % W + 0.5, i / W + 0.5, false);
        double share = gloss * cast(mirrored, &camera, i % W + 0.5, i / W + 0.5, true);
        for (int c = 0; c < 3; c++) {
            float plate = plate_colour(c, &camera, i % W, i / W);
            // The floor mirrored a wall of 0.2 before.
            float light = sp_srgb_to_linear(plate) + (float)share * (sp_srgb_to_linear(mirrored[c]) - 0.2f),
                  seen = share > 0 ? sp_srgb_from_linear(fmaxf(light, 0)) : plate;
            s->plates[v].data[3 * i + c] = (uint8_t)(plate * 255 + 0.5f);
            s->images[v].data[3 * i + c] = (uint8_t)((matte * direct[c] + (1 - matte) * seen) * 255 + 0.5f);
        }
        if (share > 0)
            s->mattes[v].data[i] = 1;
    }
    s->views[v] = (sp_view){.camera = camera,
                            .image = &s->images[v],
                            .plate = &s->plates[v],
                            .matte = &s->mattes[v],
                            .gains = {1, 1, 1, 0, 0, 0}};
}

static void shoot_free(shoot *s)
{
    for (int v = 0; v < VIEWS; v++) {
        sp_image8_free(&s->images[v]);
        sp_image8_free(&s->plates[v]);
        sp_image_free(&s->mattes[v]);
    }
}

// Splats on the body's surface, spread evenly over the sphere that it is stretched from. noise: deviation of
// their colours.
static void lay_body(sp_splat_cloud *cloud, double noise)
{
    enum { SPLATS = 8000 };
    assert_int_equal(sp_splat_cloud_init(cloud, SPLATS, 0), SP_OK);
    cloud->count = SPLATS;
    sp_rng rng = sp_rng_seed(5, 1);
    for (int i = 0; i < SPLATS; i++) {
        double z = 1 - 2 * (i + 0.5) / SPLATS, r = sqrt(1 - z * z), turn = 2.399963229728653 * i;
        sp_vec3 p = sp_v3(BODY.centre.x + BODY.radii.x * r * cos(turn),
                          BODY.centre.y + BODY.radii.y * r * sin(turn), BODY.centre.z + BODY.radii.z * z);
        const double at[3] = {p.x, p.y, p.z};
        float rgb[3];
        ring_texture(rgb, p);
        for (int a = 0; a < 3; a++) {
            sp_splat_row(cloud, SP_ROW_POSITION + a)[i] = (float)at[a];
            sp_splat_row(cloud, SP_ROW_LOG_SCALE + a)[i] = (float)log(0.005);
            sp_splat_row(cloud, SP_ROW_SH + a)[i] =
                (float)(((double)rgb[a] - 0.5 + noise * sp_rng_normal(&rng)) / SP_SH_C0);
        }
        sp_splat_row(cloud, SP_ROW_ROTATION)[i] = 1;
        sp_splat_row(cloud, SP_ROW_OPACITY)[i] = 1;
    }
}

static void measure(recon_reflection *out, recon_scene *scene, shoot *s, double gloss, double noise)
{
    sp_splat_cloud body;
    for (int v = 0; v < VIEWS; v++)
        shoot_view(s, v, gloss);
    lay_body(&body, noise);
    assert_int_equal(recon_scene_open(scene, s->views, VIEWS, NULL, NULL), SP_OK);
    assert_int_equal(recon_reflection_measure(out, &body, scene, s->views, SP_KERNELS_AUTO, NULL), SP_OK);
    sp_splat_cloud_free(&body);
}

static void test_a_polished_floor_is_measured_and_cleared(void **state)
{
    (void)state;
    shoot s;
    recon_scene scene;
    recon_reflection reflection;
    measure(&reflection, &scene, &s, GLOSS, 0);
    assert_true(fabs(reflection.gloss - GLOSS) < 0.1 * GLOSS);
    assert_int_equal(recon_reflection_clear(&scene, &reflection, s.views, NULL), SP_OK);
    int mirrored = 0, left = 0, body = 0, lost = 0;
    double error = 0, whole = 0;
    for (int v = 0; v < VIEWS; v++) {
        sp_image own;
        assert_int_equal(ring_matte(&own, &BODY, &s.views[v].camera), SP_OK);
        for (int i = 0; i < W * H; i++) {
            float rgb[3];
            double share = GLOSS * cast(rgb, &s.views[v].camera, i % W + 0.5, i / W + 0.5, true);
            bool is_left = scene.views[v].matte.data[i] > 0.5f;
            mirrored += share > 0 && own.data[i] <= 0;
            left += share > 0 && own.data[i] <= 0 && is_left;
            body += own.data[i] > 0.99f;
            lost += own.data[i] > 0.99f && !is_left;
            for (int c = 0; c < 3 && share > 0 && own.data[i] <= 0; c++) {
                double truth = share * ((double)sp_srgb_to_linear(rgb[c]) - 0.2);
                error += pow((double)recon_reflection_at(&reflection.views[v], c, i % W, i / W) - truth, 2);
                whole += truth * truth;
            }
        }
        sp_image_free(&own);
    }
    assert_true(mirrored > 1000);
    assert_true(left < 0.1 * mirrored);
    assert_true(lost < 0.1 * body);
    assert_true(sqrt(error / whole) < 0.35);
    recon_reflection_free(&reflection);
    recon_scene_close(&scene);
    shoot_free(&s);
}

// Splats are never quite right, pixel by pixel; that does not make the floor seem duller.
static void test_wrong_detail_does_not_dull_the_floor(void **state)
{
    (void)state;
    shoot s;
    recon_scene scene;
    recon_reflection reflection;
    measure(&reflection, &scene, &s, GLOSS, 0.3);
    assert_true(fabs(reflection.gloss - GLOSS) < 0.1 * GLOSS);
    recon_reflection_free(&reflection);
    recon_scene_close(&scene);
    shoot_free(&s);
}

static void test_a_dull_floor_mirrors_nothing(void **state)
{
    (void)state;
    shoot s;
    recon_scene scene;
    recon_reflection reflection;
    measure(&reflection, &scene, &s, 0, 0);
    assert_true(reflection.gloss == 0);
    for (int v = 0; v < VIEWS; v++)
        assert_null(reflection.views[v].change.data);
    recon_reflection_free(&reflection);
    recon_scene_close(&scene);
    shoot_free(&s);
}

// The venue: a floor in one colour.
static void lay_floor(sp_splat_cloud *floor)
{
    enum { SIDE = 40 };
    assert_int_equal(sp_splat_cloud_init(floor, SIDE * SIDE, 0), SP_OK);
    floor->count = SIDE * SIDE;
    for (int i = 0; i < SIDE * SIDE; i++) {
        const double at[3] = {0.15 * (i % SIDE - SIDE / 2), 0.15 * (i / SIDE - SIDE / 2), 0};
        for (int a = 0; a < 3; a++) {
            sp_splat_row(floor, SP_ROW_POSITION + a)[i] = (float)at[a];
            sp_splat_row(floor, SP_ROW_LOG_SCALE + a)[i] = (float)log(a < 2 ? 0.12 : 0.001);
        }
        sp_splat_row(floor, SP_ROW_ROTATION)[i] = 1;
        sp_splat_row(floor, SP_ROW_OPACITY)[i] = 4;
    }
}

// Over a dark hall, from where no camera stood: where the floor shows the body, it has so much of its light
// more; elsewhere nothing changes.
static void test_a_glossy_scene_shows_the_mirror_image(void **state)
{
    (void)state;
    sp_image rgb[2];
    sp_renderer *renderer;
    sp_camera camera = low_camera(1, 7);
    assert_int_equal(sp_renderer_open(&renderer, NULL, NULL), SP_OK);
    for (int k = 0; k < 2; k++) {
        sp_splat_cloud cloud, body;
        sp_scene *scene;
        sp_floor floor = {.gloss = k * GLOSS};
        lay_floor(&cloud);
        lay_body(&body, 0);
        size_t venue = cloud.count;
        assert_int_equal(sp_splat_cloud_append(&cloud, &body), SP_OK);
        assert_int_equal(sp_scene_open(&scene, &cloud, venue, &floor), SP_OK);
        assert_int_equal(sp_image_init(&rgb[k], W, H, 3), SP_OK);
        assert_int_equal(sp_scene_draw(scene, renderer, &camera, &rgb[k], NULL), SP_OK);
        sp_splat_cloud_free(&body);
        sp_scene_close(&scene);
    }
    double error = 0, whole = 0, shown = 0, stray = 0;
    for (int i = 0; i < W * H; i++) {
        float colour[3] = {0}, own[3];
        bool is_body = false; // or beside it
        for (int k = 0; k < 9; k++)
            is_body |= cast(own, &camera, i % W + 4 * (k % 3) - 3.5, i / W + 4 * (k / 3) - 3.5, false) > 0;
        double share = GLOSS * cast(colour, &camera, i % W + 0.5, i / W + 0.5, true);
        for (int c = 0; c < 3 && !is_body; c++) {
            double added = (double)sp_srgb_to_linear(sp_image_plane(&rgb[1], c)[i]) -
                           (double)sp_srgb_to_linear(sp_image_plane(&rgb[0], c)[i]);
            double truth = share * (double)sp_srgb_to_linear(colour[c]);
            error += pow(added - truth, 2);
            whole += truth * truth;
            shown += added * truth;
            stray = i / W < H / 4 ? fmax(stray, fabs(added)) : stray;
        }
    }
    assert_true(whole > 1);
    assert_true(fabs(shown / whole - 1) < 0.1);
    assert_true(sqrt(error / whole) < 0.45); // splats stand out over the edge by a pixel
    assert_true(stray < 1e-6);
    sp_image_free(&rgb[0]);
    sp_image_free(&rgb[1]);
    sp_renderer_close(&renderer);
}

// Without a venue: a layer as dense as the floor mirrors, in his colours, to be laid over a floor.
static void test_a_body_brings_its_mirror_image_along(void **state)
{
    (void)state;
    sp_image rgb, alpha;
    sp_renderer *renderer;
    sp_scene *scene;
    sp_splat_cloud body;
    sp_camera camera = low_camera(1, 7);
    sp_floor floor = {.gloss = GLOSS};
    lay_body(&body, 0);
    assert_int_equal(sp_scene_open(&scene, &body, 0, &floor), SP_OK);
    assert_int_equal(sp_renderer_open(&renderer, NULL, NULL), SP_OK);
    assert_int_equal(sp_image_init(&rgb, W, H, 3), SP_OK);
    assert_int_equal(sp_image_init(&alpha, W, H, 1), SP_OK);
    assert_int_equal(sp_scene_draw(scene, renderer, &camera, &rgb, &alpha), SP_OK);
    double whole = 0, dense = 0, light = 0, shown = 0;
    for (int i = 0; i < W * H; i++) {
        float colour[3] = {0}, own[3];
        double share = GLOSS * cast(colour, &camera, i % W + 0.5, i / W + 0.5, true);
        if (cast(own, &camera, i % W + 0.5, i / W + 0.5, false) > 0) {
            assert_true(alpha.data[i] > 0.4f);
            continue;
        }
        whole += share * share;
        dense += share * (double)alpha.data[i];
        for (int c = 0; c < 3; c++) {
            light += pow(share * (double)colour[c], 2);
            shown += share * (double)(colour[c] * sp_image_plane(&rgb, c)[i]);
        }
    }
    assert_true(whole > 1);
    assert_true(fabs(dense / whole - 1) < 0.1);
    assert_true(fabs(shown / light - 1) < 0.1);
    sp_image_free(&rgb);
    sp_image_free(&alpha);
    sp_scene_close(&scene);
    sp_renderer_close(&renderer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_polished_floor_is_measured_and_cleared),
        cmocka_unit_test(test_wrong_detail_does_not_dull_the_floor),
        cmocka_unit_test(test_a_dull_floor_mirrors_nothing),
        cmocka_unit_test(test_a_glossy_scene_shows_the_mirror_image),
        cmocka_unit_test(test_a_body_brings_its_mirror_image_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
