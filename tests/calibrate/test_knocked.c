// A simulated take whose rig file says one camera looks elsewhere than it did: the check names it, and its
// folder shows it.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <stillpoint/calibrate.h>
#include <stillpoint/sim.h>

static char root[] = "/tmp/stillpoint-knocked-XXXXXX";
static char *take_folder;

static int simulate(void **state)
{
    (void)state;
    static const char OVERRIDES[] =
        "{\"rig.cameras\": 8, \"rig.size_px\": [384, 216], \"frames\": 1, \"begin_s\": 0.5, \"samples\": 3,"
        "\"plate_samples\": 3, \"evaluation.cameras\": 0, \"feed.kind\": \"images\"}";
    sp_json *overrides;
    sp_sim *sim;
    if (!mkdtemp(root) || !(take_folder = sp_path_join(root, "take")) ||
        sp_json_parse(&overrides, OVERRIDES, strlen(OVERRIDES), "overrides"))
        return -1;
    int code = sp_sim_open(&sim, "aerials", overrides);
    sp_json_free(&overrides);
    if (code) {
        print_error("%s\n", sp_error_text());
        return -1;
    }
    sp_pool *pool;
    sp_pool_open(&pool, 2);
    code = sp_sim_write_take(sim, take_folder, NULL, pool, NULL);
    sp_pool_close(&pool);
    sp_sim_close(&sim);
    return code;
}

static int clean(void **state)
{
    (void)state;
    sp_folder_remove(root);
    free(take_folder);
    return 0;
}

static void check_with_knock(int culprit, sp_vec3 turn)
{
    sp_take *take;
    sp_pool *pool;
    sp_rig_check_report report;
    char **ids;
    assert_int_equal(sp_take_open(&take, take_folder), 0);
    if (culprit >= 0) {
        sp_camera *c = &take->rig.cameras[culprit];
        sp_vec3 eye = sp_camera_center(c);
        c->rotation = sp_m3_mul(sp_rodrigues_to_m3(turn), c->rotation);
        c->translation = sp_v3_scale(sp_m3_apply(c->rotation, eye), -1);
    }
    char *folder = sp_path_join(root, "check");
    sp_pool_open(&pool, 2);
    if (sp_rig_check_take(&report, &ids, folder, take, NULL, 0, NULL, pool, NULL))
        fail_msg("%s", sp_error_text());
    assert_int_equal(report.count, 8);
    for (int i = 0; i < report.count; i++)
        if (report.cameras[i].is_suspect != (i == culprit))
            fail_msg("%s: %s", ids[i], report.verdict);
    if (culprit >= 0) {
        assert_int_equal(report.worst, culprit);
        assert_non_null(strstr(report.verdict, ids[culprit]));
    }
    static const char *const FILES[] = {"map.svg", "map.png", "report.json", "cam01.jpg", "cam08.jpg"};
    for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++) {
        char *path = sp_path_join(folder, FILES[i]);
        assert_true(sp_file_exists(path));
        free(path);
    }
    sp_names_free(&ids, report.count);
    sp_rig_check_report_free(&report);
    sp_pool_close(&pool);
    sp_take_close(&take);
    free(folder);
}

static void test_right_rig(void **state)
{
    (void)state;
    check_with_knock(-1, (sp_vec3){0});
}

static void test_one_degree(void **state)
{
    (void)state;
    check_with_knock(4, sp_v3(0, M_PI / 180, 0));
    check_with_knock(1, sp_v3(M_PI / 180, 0, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_right_rig),
        cmocka_unit_test(test_one_degree),
    };
    return cmocka_run_group_tests(tests, simulate, clean);
}
