// The optimiser finds a known cloud's pictures again, and its result does not depend on the number of
// threads.
#include "../../src/recon/optimise/optimise.h"
#include "rig_of_ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define VIEWS 6
#define SPLATS 150

static void make_cloud(sp_splat_cloud *out, double shake)
{
    sp_rng rng = sp_rng_seed(11, 0), wobble = sp_rng_seed(12, 0);
    assert_int_equal(sp_splat_cloud_init(out, SPLATS, 0), SP_OK);
    out->count = SPLATS;
    for (int i = 0; i < SPLATS; i++) {
        for (int a = 0; a < 3; a++) {
            double centre = a == 2 ? 1 : 0;
            sp_splat_row(out, SP_ROW_POSITION + a)[i] =
                (float)(centre + 0.3 * sp_rng_normal(&rng) + 0.02 * shake * sp_rng_normal(&wobble));
            sp_splat_row(out, SP_ROW_LOG_SCALE + a)[i] =
                (float)(log(0.07) + 0.3 * shake * sp_rng_normal(&wobble));
            sp_splat_row(out, SP_ROW_SH + a)[i] =
                (float)(1.2 * sp_rng_normal(&rng) + 0.8 * shake * sp_rng_normal(&wobble));
        }
        sp_splat_row(out, SP_ROW_ROTATION)[i] = 1;
        sp_splat_row(out, SP_ROW_OPACITY)[i] = (float)(1 + shake * sp_rng_normal(&wobble));
    }
}

typedef struct scene {
    sp_image rgb[VIEWS], alpha[VIEWS], under;
    recon_target targets[VIEWS];
} scene;

static void scene_open(scene *s)
{
    sp_splat_cloud truth;
    sp_renderer *renderer;
    make_cloud(&truth, 0);
    sp_render_params params = sp_render_params_default();
    assert_int_equal(sp_renderer_open(&renderer, &params, NULL), SP_OK);
    assert_int_equal(sp_image_init(&s->under, 80, 80, 3), SP_OK);
    for (int i = 0; i < 3 * 80 * 80; i++)
        s->under.data[i] = (float)(i % 37) / 37;
    for (int v = 0; v < VIEWS; v++) {
        sp_camera camera = ring_camera(v, VIEWS, 4, 80, 80);
        assert_int_equal(sp_image_init(&s->rgb[v], 80, 80, 3), SP_OK);
        assert_int_equal(sp_image_init(&s->alpha[v], 80, 80, 1), SP_OK);
        sp_render_target target = {.rgb = &s->rgb[v], .alpha = &s->alpha[v], .under = &s->under};
        assert_int_equal(sp_renderer_draw(renderer, &truth, &camera, &target), SP_OK);
        s->targets[v] = (recon_target){.camera = camera,
                                       .rgb = &s->rgb[v],
                                       .under = &s->under,
                                       .matte = &s->alpha[v],
                                       .gains = {1, 1, 1, 0, 0, 0}};
    }
    sp_renderer_close(&renderer);
    sp_splat_cloud_free(&truth);
}

static void scene_close(scene *s)
{
    for (int v = 0; v < VIEWS; v++) {
        sp_image_free(&s->rgb[v]);
        sp_image_free(&s->alpha[v]);
    }
    sp_image_free(&s->under);
}

static recon_optimise_params quick(int iterations)
{
    recon_optimise_params p = recon_optimise_params_default();
    p.iterations = iterations;
    p.levels = 2;
    p.seed = 5;
    p.budget_splats = SPLATS + 20;
    p.grow_every = 20;
    p.rates.position_m = 3e-3;
    return p;
}

static void test_finds_the_pictures_again(void **state)
{
    (void)state;
    scene s;
    sp_splat_cloud cloud;
    recon_optimise_report report;
    scene_open(&s);
    make_cloud(&cloud, 1);
    recon_optimise_params p = quick(400);
    assert_int_equal(recon_optimise(&cloud, &report, s.targets, VIEWS, &p, NULL, NULL), SP_OK);
    print_message("loss %.4f -> %.4f\n", report.loss_first, report.loss_last);
    assert_int_equal(report.iterations, 400);
    assert_true(report.loss_last < 0.25 * report.loss_first);
    assert_true(cloud.count <= SPLATS + 20);
    sp_splat_cloud_free(&cloud);
    scene_close(&s);
}

static void test_finds_them_from_random_crops(void **state)
{
    (void)state;
    scene s;
    sp_splat_cloud cloud;
    recon_optimise_report report;
    scene_open(&s);
    make_cloud(&cloud, 1);
    recon_optimise_params p = quick(500);
    p.crop = 0.5;
    assert_int_equal(recon_optimise(&cloud, &report, s.targets, VIEWS, &p, NULL, NULL), SP_OK);
    print_message("loss %.4f -> %.4f\n", report.loss_first, report.loss_last);
    assert_true(report.loss_last < 0.3 * report.loss_first);
    sp_splat_cloud_free(&cloud);
    scene_close(&s);
}

static void test_corrects_colours(void **state)
{
    (void)state;
    scene s;
    sp_splat_cloud cloud;
    scene_open(&s);
    make_cloud(&cloud, 0.1);
    // Two views see everything, what lies behind included, brighter and darker.
    sp_image under[2];
    for (int v = 0; v < 2; v++) {
        float gain = v ? 0.85f : 1.15f;
        assert_int_equal(sp_image_copy(&under[v], &s.under), SP_OK);
        for (int i = 0; i < 3 * 80 * 80; i++) {
            s.rgb[v].data[i] *= gain;
            under[v].data[i] *= gain;
        }
        s.targets[v].under = &under[v];
    }
    recon_optimise_params p = quick(300);
    p.fit_gains = true;
    p.levels = 1;
    assert_int_equal(recon_optimise(&cloud, NULL, s.targets, VIEWS, &p, NULL, NULL), SP_OK);
    print_message("gains %.3f %.3f %.3f\n", s.targets[0].gains[1], s.targets[1].gains[1],
                  s.targets[2].gains[1]);
    assert_true(s.targets[0].gains[1] > 1.08 && s.targets[1].gains[1] < 0.92);
    assert_true(fabs(s.targets[2].gains[1] - 1) < 0.05);
    for (int v = 0; v < 2; v++)
        sp_image_free(&under[v]);
    sp_splat_cloud_free(&cloud);
    scene_close(&s);
}

static void test_same_for_any_number_of_threads(void **state)
{
    (void)state;
    sp_splat_cloud clouds[2];
    for (int run = 0; run < 2; run++) {
        scene s;
        sp_pool *pool;
        scene_open(&s);
        make_cloud(&clouds[run], 1);
        assert_int_equal(sp_pool_open(&pool, run ? 3 : 1), SP_OK);
        recon_optimise_params p = quick(60);
        p.fit_gains = true;
        assert_int_equal(recon_optimise(&clouds[run], NULL, s.targets, VIEWS, &p, pool, NULL), SP_OK);
        sp_pool_close(&pool);
        scene_close(&s);
    }
    assert_int_equal(clouds[0].count, clouds[1].count);
    for (int row = 0; row < sp_splat_rows(0); row++)
        assert_memory_equal(sp_splat_row(&clouds[0], row), sp_splat_row(&clouds[1], row),
                            clouds[0].count * sizeof(float));
    sp_splat_cloud_free(&clouds[0]);
    sp_splat_cloud_free(&clouds[1]);
}

static double loss_after(int iterations, int rates_for)
{
    scene s;
    sp_splat_cloud cloud;
    recon_optimise_report report;
    scene_open(&s);
    make_cloud(&cloud, 1);
    recon_optimise_params p = quick(iterations);
    p.rates_for = rates_for;
    assert_int_equal(recon_optimise(&cloud, &report, s.targets, VIEWS, &p, NULL, NULL), SP_OK);
    sp_splat_cloud_free(&cloud);
    scene_close(&s);
    return report.loss_last;
}

static void test_short_schedules_take_longer_strides(void **state)
{
    (void)state;
    double as_ever = loss_after(80, 0), longer = loss_after(80, 320);
    print_message("loss %.4f, with longer strides %.4f\n", as_ever, longer);
    assert_true(longer < 0.85 * as_ever);
    assert_true(loss_after(80, 80) == as_ever);
}

typedef struct looks {
    int count, first, last; // iterations of the first and the last look
} looks;

static int look(void *context, const sp_splat_cloud *cloud, double seconds, int iterations)
{
    looks *l = context;
    assert_true(cloud->count > 0 && seconds >= 0);
    l->first = l->count++ ? l->first : iterations;
    l->last = iterations;
    return SP_OK;
}

static void test_looks(void **state)
{
    (void)state;
    for (int pays = 0; pays < 2; pays++) {
        scene s;
        sp_splat_cloud cloud;
        looks seen = {0};
        scene_open(&s);
        make_cloud(&cloud, 1);
        sp_recon_watch watch = {look, &seen, 1e9};
        recon_optimise_params p = quick(30);
        p.watch = &watch;
        p.pays_for_looks = pays;
        assert_int_equal(recon_optimise(&cloud, NULL, s.targets, VIEWS, &p, NULL, NULL), SP_OK);
        // Before the first step, and at the end when the caller does not have it then.
        assert_int_equal(seen.count, pays ? 1 : 2);
        assert_int_equal(seen.first, 0);
        assert_int_equal(seen.last, pays ? 0 : 30);
        sp_splat_cloud_free(&cloud);
        scene_close(&s);
    }
}

static bool stop_at_once(void *user, const char *stage, double done, double total)
{
    (void)stage;
    (void)done;
    (void)total;
    return ++*(int *)user < 3;
}

static void test_cancel(void **state)
{
    (void)state;
    scene s;
    sp_splat_cloud cloud;
    int steps = 0;
    sp_progress progress = {stop_at_once, &steps};
    scene_open(&s);
    make_cloud(&cloud, 1);
    recon_optimise_params p = quick(100000);
    assert_int_equal(recon_optimise(&cloud, NULL, s.targets, VIEWS, &p, NULL, &progress), SP_ECANCELLED);
    assert_int_equal(steps, 3);
    sp_splat_cloud_free(&cloud);
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_the_pictures_again),
        cmocka_unit_test(test_finds_them_from_random_crops),
        cmocka_unit_test(test_corrects_colours),
        cmocka_unit_test(test_same_for_any_number_of_threads),
        cmocka_unit_test(test_short_schedules_take_longer_strides),
        cmocka_unit_test(test_looks),
        cmocka_unit_test(test_cancel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
