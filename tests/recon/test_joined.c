// A venue of one colour whose splats leave gaps, seen as it is and as a scene.
#include <stillpoint/recon.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SIDE 24
#define W 160
#define H 120

static const float colour[3] = {0.7f, 0.4f, 0.2f};

// Discs on the floor, half as wide as they are apart, that hide three quarters of what is behind them.
static void lay_floor(sp_splat_cloud *floor)
{
    assert_int_equal(sp_splat_cloud_init(floor, SIDE * SIDE, 0), SP_OK);
    floor->count = SIDE * SIDE;
    for (int i = 0; i < SIDE * SIDE; i++) {
        const double at[3] = {0.3 * (i % SIDE - SIDE / 2), 0.3 * (i / SIDE - SIDE / 2), 0};
        for (int a = 0; a < 3; a++) {
            sp_splat_row(floor, SP_ROW_POSITION + a)[i] = (float)at[a];
            sp_splat_row(floor, SP_ROW_LOG_SCALE + a)[i] = (float)log(a < 2 ? 0.075 : 0.001);
            sp_splat_row(floor, SP_ROW_SH + a)[i] = (colour[a] - 0.5f) / (float)SP_SH_C0;
        }
        sp_splat_row(floor, SP_ROW_ROTATION)[i] = 1;
        sp_splat_row(floor, SP_ROW_OPACITY)[i] = (float)log(3);
    }
}

static sp_camera camera_above(void)
{
    sp_vec3 eye = sp_v3(1, -3, 3);
    sp_camera camera = {.width = W, .height = H, .fx = 140, .fy = 140, .cx = W / 2.0, .cy = H / 2.0};
    camera.rotation = sp_look_at(eye, sp_v3(0, 0, 0), sp_v3(0, 0, 1));
    camera.translation = sp_v3_scale(sp_m3_apply(camera.rotation, eye), -1);
    return camera;
}

static void draw(sp_image *rgb, sp_image *alpha, bool is_venue)
{
    sp_splat_cloud cloud;
    sp_scene *scene;
    sp_renderer *renderer;
    sp_camera camera = camera_above();
    lay_floor(&cloud);
    size_t venue = is_venue ? cloud.count : 0;
    assert_int_equal(sp_scene_open(&scene, &cloud, venue, NULL), SP_OK);
    assert_int_equal(sp_renderer_open(&renderer, NULL, NULL), SP_OK);
    assert_int_equal(sp_image_init(rgb, W, H, 3), SP_OK);
    if (alpha)
        assert_int_equal(sp_image_init(alpha, W, H, 1), SP_OK);
    assert_int_equal(sp_scene_draw(scene, renderer, &camera, rgb, alpha), SP_OK);
    sp_renderer_close(&renderer);
    sp_scene_close(&scene);
}

static void test_a_venue_has_no_gaps(void **state)
{
    (void)state;
    sp_image open, open_alpha, closed, closed_alpha, alone;
    draw(&open, &open_alpha, false);
    draw(&closed, &closed_alpha, true);
    draw(&alone, NULL, true);
    int gaps = 0, closed_gaps = 0;
    for (int i = 0; i < W * H; i++) {
        float a = open_alpha.data[i];
        gaps += a < 0.9f;
        for (int c = 0; c < 3; c++) {
            float seen = sp_image_plane(&closed, c)[i];
            assert_true(fabsf(sp_image_plane(&open, c)[i] - a * colour[c]) < 2e-3f);
            assert_true(seen == sp_image_plane(&alone, c)[i]);
            if (a > 0.11f)
                assert_true(fabsf(seen - colour[c]) < 2e-2f);
        }
        if (a > 0.11f && a < 0.9f) {
            assert_true(closed_alpha.data[i] > 0.9999f);
            closed_gaps++;
        }
    }
    assert_true(gaps > 1000 && closed_gaps > gaps / 2);
    sp_image_free(&open);
    sp_image_free(&open_alpha);
    sp_image_free(&closed);
    sp_image_free(&closed_alpha);
    sp_image_free(&alone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_venue_has_no_gaps)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
