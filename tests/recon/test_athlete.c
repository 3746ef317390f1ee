// A textured ellipsoid before a textured venue: the whole way from views to a cloud, judged where no camera
// stood.
#include <stillpoint/recon.h>

#include "rig_of_ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define VIEWS 8
#define W 160
#define H 160

static const ellipsoid BODY = {{0.05, -0.05, 1.1}, {0.3, 0.22, 0.6}};

typedef struct shoot {
    sp_image8 images[VIEWS + 1], plates[VIEWS + 1];
    sp_image mattes[VIEWS + 1];
    sp_view views[VIEWS + 1]; // the last is kept for judging
} shoot;

static void shoot_view(shoot *s, int v, const sp_camera *camera)
{
    assert_int_equal(ring_matte(&s->mattes[v], &BODY, camera), SP_OK);
    assert_int_equal(sp_image8_init(&s->images[v], W, H, 3), SP_OK);
    assert_int_equal(sp_image8_init(&s->plates[v], W, H, 3), SP_OK);
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) {
            size_t at = (size_t)y * W + (size_t)x;
            sp_vec3 hit;
            float skin[3] = {0};
            if (ring_hit(&hit, &BODY, camera, x + 0.5, y + 0.5))
                ring_texture(skin, hit);
            for (int c = 0; c < 3; c++) {
                float wall = 0.4f + 0.2f * (float)((x / 9 + y / 7 + c) % 3);
                float m = s->mattes[v].data[at];
                s->plates[v].data[3 * at + (size_t)c] = (uint8_t)(wall * 255 + 0.5f);
                s->images[v].data[3 * at + (size_t)c] =
                    (uint8_t)((m * skin[c] + (1 - m) * wall) * 255 + 0.5f);
            }
        }
    s->views[v] = (sp_view){.camera = *camera,
                            .image = &s->images[v],
                            .plate = &s->plates[v],
                            .matte = &s->mattes[v],
                            .gains = {1, 1, 1, 0, 0, 0}};
}

static void shoot_open(shoot *s)
{
    for (int v = 0; v < VIEWS; v++) {
        sp_camera camera = ring_camera(v, VIEWS, 4, W, H);
        shoot_view(s, v, &camera);
    }
    sp_camera between = ring_camera(1, 2 * VIEWS, 4, W, H);
    shoot_view(s, VIEWS, &between);
}

static void shoot_close(shoot *s)
{
    for (int v = 0; v <= VIEWS; v++) {
        sp_image8_free(&s->images[v]);
        sp_image8_free(&s->plates[v]);
        sp_image_free(&s->mattes[v]);
    }
}

static sp_recon_params quick(void)
{
    sp_recon_params p = sp_recon_params_default();
    p.budget_s = 0;
    p.iterations = 120;
    p.splats = 4000;
    return p;
}

// PSNR inside the matte of the view that took no part.
static double judge(const shoot *s, const sp_splat_cloud *cloud)
{
    sp_renderer *renderer;
    sp_render_params params = sp_render_params_default();
    sp_image rgb, under, truth;
    double psnr;
    assert_int_equal(sp_renderer_open(&renderer, &params, NULL), SP_OK);
    assert_int_equal(sp_image_init(&rgb, W, H, 3), SP_OK);
    assert_int_equal(sp_image_from8(&under, &s->plates[VIEWS]), SP_OK);
    assert_int_equal(sp_image_from8(&truth, &s->images[VIEWS]), SP_OK);
    sp_render_target target = {.rgb = &rgb, .under = &under};
    assert_int_equal(sp_renderer_draw(renderer, cloud, &s->views[VIEWS].camera, &target), SP_OK);
    assert_int_equal(sp_psnr_masked(&psnr, &rgb, &truth, &s->mattes[VIEWS]), SP_OK);
    sp_renderer_close(&renderer);
    sp_image_free(&rgb);
    sp_image_free(&under);
    sp_image_free(&truth);
    return psnr;
}

static void test_unseen_view(void **state)
{
    (void)state;
    shoot s;
    sp_splat_cloud cloud;
    sp_recon_report report;
    sp_recon_params p = quick();
    shoot_open(&s);
    assert_int_equal(sp_recon_athlete(&cloud, &report, s.views, VIEWS, NULL, &p, NULL, NULL), SP_OK);
    double psnr = judge(&s, &cloud);
    print_message("%.1f dB, %d splats, loss %.4f -> %.4f\n", psnr, (int)cloud.count, report.loss_first,
                  report.loss_last);
    assert_true(psnr > 22);
    assert_int_equal(report.view_count, VIEWS);
    assert_int_equal(report.iterations, 120);
    for (int i = 0; i < VIEWS; i++)
        assert_true(report.agreement[i] > 0.8);
    assert_true(report.bounds_max[2] > 1.6 && report.bounds_max[2] < 1.8);

    // A neighbouring instant starts from this one.
    sp_splat_cloud next;
    p.iterations = 30;
    assert_int_equal(sp_recon_athlete(&next, NULL, s.views, VIEWS, &cloud, &p, NULL, NULL), SP_OK);
    assert_true(judge(&s, &next) > 21);
    sp_splat_cloud_free(&next);
    sp_splat_cloud_free(&cloud);
    sp_recon_report_free(&report);
    shoot_close(&s);
}

static void test_one_blank_matte(void **state)
{
    (void)state;
    shoot s;
    sp_splat_cloud cloud;
    sp_recon_params p = quick();
    shoot_open(&s);
    memset(s.mattes[2].data, 0, sizeof(float) * W * H);
    assert_int_equal(sp_recon_athlete(&cloud, NULL, s.views, VIEWS, NULL, &p, NULL, NULL), SP_OK);
    assert_true(judge(&s, &cloud) > 20);
    sp_splat_cloud_free(&cloud);
    shoot_close(&s);
}

static void test_cleaned_mattes(void **state)
{
    (void)state;
    shoot s;
    sp_image cleaned[VIEWS];
    shoot_open(&s);
    for (int y = 78; y < 90; y++)
        for (int x = 0; x < W; x++) {
            s.mattes[1].data[y * W + x] = 0; // a belt is lost
            if (x < 20)
                s.mattes[4].data[(y - 68) * W + x] = 1; // a passer-by
        }
    assert_int_equal(sp_recon_clean_mattes(cleaned, s.views, VIEWS, NULL, NULL), SP_OK);
    assert_true(cleaned[1].data[84 * W + 80] > 0.5f);
    assert_true(cleaned[4].data[14 * W + 10] < 0.5f);
    for (int v = 0; v < VIEWS; v++)
        sp_image_free(&cleaned[v]);
    shoot_close(&s);
}

static void test_nobody_there(void **state)
{
    (void)state;
    shoot s;
    sp_splat_cloud cloud;
    shoot_open(&s);
    for (int v = 0; v < VIEWS; v++)
        memset(s.mattes[v].data, 0, sizeof(float) * W * H);
    assert_int_equal(sp_recon_athlete(&cloud, NULL, s.views, VIEWS, NULL, NULL, NULL, NULL), SP_OK);
    assert_int_equal(cloud.count, 0);
    sp_splat_cloud_free(&cloud);
    for (int v = 1; v < VIEWS; v++)
        s.views[v].matte = NULL;
    assert_int_equal(sp_recon_athlete(&cloud, NULL, s.views, VIEWS, NULL, NULL, NULL, NULL), SP_EINVAL);
    assert_int_equal(sp_recon_clean_mattes(NULL, s.views, VIEWS, NULL, NULL), SP_EINVAL);
    shoot_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unseen_view),
        cmocka_unit_test(test_one_blank_matte),
        cmocka_unit_test(test_cleaned_mattes),
        cmocka_unit_test(test_nobody_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
