// moment.json round trips, names what is wrong, and leads to its clouds.
#include "../support.h"

#include <stillpoint/take.h>

#include <string.h>

#define GOOD                                                                                                 \
    "{\"format\": \"stillpoint-moment\", \"version\": 1, \"state\": \"refining\", \"fps\": [30, 1], "        \
    "\"seed\": 7, "                                                                                          \
    "\"take\": \"../..\", \"background\": \"../venue.ply\", \"mood\": \"good\", \"settings\": {\"steps\": "  \
    "300}, "                                                                                                 \
    "\"instants\": [{\"frame\": 4, \"t_s\": 0.1333, \"file\": \"athlete/000004.ply\"}, {\"frame\": 5, "      \
    "\"t_s\": 0.1667, "                                                                                      \
    "\"file\": \"athlete/000005.ply\", \"floor\": {\"shadow_splats\": 81, \"gloss\": 0.25}, \"light\": "     \
    "{\"gain\": [0.8, 0.7, 0.6]}}], \"cameras\": [{\"id\": "                                                 \
    "\"cam1\", \"gain\": [1.1, 1, 0.9], "                                                                    \
    "\"offset\": [0, 0.01, 0], "                                                                             \
    "\"note\": \"dirty\"}, {\"id\": \"cam2\"}]}"

static int setup(void **state)
{
    *state = support_folder();
    return 0;
}

static int teardown(void **state)
{
    support_folder_end(*state);
    return 0;
}

static void write_moment(const char *folder, const char *text)
{
    char *path = sp_path_join(folder, "moment.json");
    assert_int_equal(sp_file_write(path, text, strlen(text)), SP_OK);
    free(path);
}

static void check_moment(const sp_moment *m)
{
    assert_int_equal(m->state, SP_MOMENT_REFINING);
    assert_int_equal(m->seed, 7);
    assert_int_equal(m->fps.num, 30);
    assert_string_equal(m->take, "../..");
    assert_string_equal(m->background, "../venue.ply");
    assert_int_equal(m->count, 2);
    assert_int_equal(m->instants[1].frame, 5);
    assert_true(m->instants[1].t_s == 0.1667);
    assert_string_equal(m->instants[1].file, "athlete/000005.ply");
    assert_false(m->instants[0].has_light);
    assert_true(m->instants[1].has_light && m->instants[1].light[1] == 0.7 && m->instants[1].light[4] == 0);
    assert_true(m->instants[0].shadow_splats == 0 && m->instants[0].floor_gloss == 0);
    assert_true(m->instants[1].shadow_splats == 81 && m->instants[1].floor_gloss == 0.25);
    assert_int_equal(m->camera_count, 2);
    assert_string_equal(m->cameras[1], "cam2");
    assert_non_null(m->gains);
    assert_true(m->gains[0] == 1.1 && m->gains[4] == 0.01 && m->gains[6] == 1 && m->gains[9] == 0);
}

static void test_round_trip(void **state)
{
    sp_moment *moment = NULL;
    write_moment(*state, GOOD);
    assert_int_equal(sp_moment_open(&moment, *state), SP_OK);
    check_moment(moment);
    assert_int_equal(sp_moment_save(moment), SP_OK);
    sp_moment_close(&moment);
    assert_int_equal(sp_moment_open(&moment, *state), SP_OK);
    check_moment(moment);
    const char *text;
    double steps;
    assert_int_equal(sp_json_string(&text, moment->extra, "mood", "moment"), SP_OK);
    assert_string_equal(text, "good");
    assert_int_equal(
        sp_json_string(&text, sp_json_at(sp_json_get(moment->extra, "cameras"), 0), "note", "moment"), SP_OK);
    assert_int_equal(sp_json_number(&steps, moment->settings, "steps", "moment"), SP_OK);
    assert_true(steps == 300);
    sp_moment_close(&moment);
    assert_int_equal(support_count(*state), 1);
}

static void test_bad_files(void **state)
{
    static const struct {
        const char *from, *to, *says;
    } changes[] = {
        {"stillpoint-moment", "stillpoint-take", "format"},
        {"refining", "done", "'state' is 'done'"},
        {"\"t_s\": 0.1667", "\"t_s\": 0.1", "entry 1 of 'instants': field 't_s'"},
        {"\"frame\": 5", "\"frame\": 5.5", "entry 1 of 'instants'"},
        {"\"instants\": [{", "\"instant\": [{", "instants"},
        {"[0.8, 0.7, 0.6]", "[0.8, 0.7]", "entry 1 of 'instants'"},
        {"[0.8, 0.7, 0.6]", "[0.8, 1e300, 0.6]", "entry 1 of 'instants': field 'light'"},
        {"{\"gain\": [0.8, 0.7, 0.6]}", "0.8", "entry 1 of 'instants': field 'light'"},
        {"81", "-1", "entry 1 of 'instants': field 'shadow_splats'"},
        {"0.25", "1.5", "entry 1 of 'instants': field 'gloss'"},
        {"{\"shadow_splats\": 81, \"gloss\": 0.25}", "81", "entry 1 of 'instants': field 'floor'"},
        {"[1.1, 1, 0.9]", "[1.1, 1]", "entry 0 of 'cameras'"},
        {"{\"id\": \"cam2\"}", "\"cam2\"", "entry 1 of 'cameras'"},
        {"{\"steps\": 300}", "300", "settings"},
        {"\"seed\": 7", "\"seed\": \"x\"", "seed"},
    };
    sp_moment *moment = NULL;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        const char *at = strstr(GOOD, changes[i].from);
        assert_non_null(at);
        char *text =
            sp_format("%.*s%s%s", (int)(at - GOOD), GOOD, changes[i].to, at + strlen(changes[i].from));
        write_moment(*state, text);
        free(text);
        assert_int_equal(sp_moment_open(&moment, *state), SP_EFORMAT);
        assert_null(moment);
        if (!strstr(sp_error_text(), changes[i].says) || !strstr(sp_error_text(), "moment.json"))
            fail_msg("'%s' does not hold '%s'", sp_error_text(), changes[i].says);
    }
    assert_int_equal(sp_moment_open(&moment, "/nowhere"), SP_ENOENT);
}

static void test_clouds(void **state)
{
    sp_moment *moment = NULL;
    sp_splat_cloud cloud = {0}, back = {0};
    write_moment(*state, GOOD);
    assert_int_equal(sp_moment_open(&moment, *state), SP_OK);
    assert_int_equal(sp_splat_cloud_init(&cloud, 3, 0), SP_OK);
    cloud.count = 3;
    for (int i = 0; i < 3; i++)
        sp_splat_row(&cloud, SP_ROW_ROTATION)[i] = 1;
    char *folder = sp_path_join(*state, "athlete"), *path = sp_path_join(folder, "000005.ply");
    assert_int_equal(sp_folder_make(folder), SP_OK);
    assert_int_equal(sp_splat_save(&cloud, path), SP_OK);
    assert_int_equal(sp_moment_cloud(&back, moment, 1), SP_OK);
    assert_int_equal(back.count, 3);
    sp_splat_cloud_free(&back);
    assert_int_equal(sp_moment_cloud(&back, moment, 0), SP_ENOENT);
    assert_non_null(strstr(sp_error_text(), "000004.ply"));
    assert_int_equal(sp_moment_cloud(&back, moment, 2), SP_EINVAL);
    free(moment->background);
    moment->background = NULL;
    assert_int_equal(sp_moment_background(&back, moment), SP_OK);
    assert_int_equal(back.count, 0);
    sp_splat_cloud_free(&back);
    sp_splat_cloud_free(&cloud);
    sp_moment_close(&moment);
    free(folder);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_files, setup, teardown),
        cmocka_unit_test_setup_teardown(test_clouds, setup, teardown),
    };
    return cmocka_run_group_tests_name("moment", tests, NULL, NULL);
}
