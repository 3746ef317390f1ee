// A textured ellipsoid before a textured venue: the whole way from views to a cloud, judged where no camera
// stood.
#include "shoot.h"

#include <string.h>

static void test_unseen_view(void **state)
{
    (void)state;
    shoot s;
    sp_splat_cloud cloud;
    sp_recon_report report;
    sp_recon_params p = shoot_params(120);
    shoot_open(&s, sp_v3(0, 0, 0), NULL);
    assert_int_equal(sp_recon_athlete(&cloud, &report, s.views, VIEWS, NULL, &p, NULL, NULL), SP_OK);
    double psnr = shoot_judge(&s, &cloud);
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
    assert_true(shoot_judge(&s, &next) > 21);
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
    sp_recon_params p = shoot_params(120);
    shoot_open(&s, sp_v3(0, 0, 0), NULL);
    memset(s.mattes[2].data, 0, sizeof(float) * W * H);
    assert_int_equal(sp_recon_athlete(&cloud, NULL, s.views, VIEWS, NULL, &p, NULL, NULL), SP_OK);
    assert_true(shoot_judge(&s, &cloud) > 20);
    sp_splat_cloud_free(&cloud);
    shoot_close(&s);
}

// Of eight views four have a matte, ninety degrees apart: what none of them sees is part of the budget.
static void test_a_budget_is_kept_where_views_are_few(void **state)
{
    (void)state;
    shoot s;
    sp_splat_cloud cloud;
    sp_recon_params p = shoot_params(60);
    p.splats = 1500;
    shoot_open(&s, sp_v3(0, 0, 0), NULL);
    for (int v = 1; v < VIEWS; v += 2)
        s.views[v].matte = NULL;
    assert_int_equal(sp_recon_athlete(&cloud, NULL, s.views, VIEWS, NULL, &p, NULL, NULL), SP_OK);
    print_message("four views: %d of %d splats, %.1f dB\n", (int)cloud.count, p.splats,
                  shoot_judge(&s, &cloud));
    assert_in_range(cloud.count, 1000, 1500);
    sp_splat_cloud_free(&cloud);
    shoot_close(&s);
}

static void test_cleaned_mattes(void **state)
{
    (void)state;
    shoot s;
    sp_image cleaned[VIEWS];
    shoot_open(&s, sp_v3(0, 0, 0), NULL);
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
    shoot_open(&s, sp_v3(0, 0, 0), NULL);
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
        cmocka_unit_test(test_a_budget_is_kept_where_views_are_few),
        cmocka_unit_test(test_cleaned_mattes),
        cmocka_unit_test(test_nobody_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
