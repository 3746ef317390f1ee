// Scene files and settings: what is wrong is named, nothing is half-written.
#include "sim_support.h"

static const struct {
    const char *overrides, *names; // what the sentence has to hold
} wrong_settings[] = {
    {"{\"rigs\":{}}", "'rigs'"},
    {"{\"rig\":{\"camera\":3}}", "'rig.camera'"},
    {"{\"rig.camera\":3}", "'rig.camera'"},
    {"{\"rig\":3}", "'rig'"},
    {"{\"rig.cameras\":0}", "'rig.cameras'"},
    {"{\"rig.cameras\":201}", "'rig.cameras'"},
    {"{\"rig.cameras\":2.5}", "'cameras'"},
    {"{\"rig.cameras\":\"many\"}", "'cameras'"},
    {"{\"rig.layout\":\"heap\"}", "ring, arc, stands"},
    {"{\"rig.heights_m\":[]}", "'rig.heights_m'"},
    {"{\"rig.heights_m\":[-1]}", "'rig.heights_m'"},
    {"{\"rig.size_px\":[1280]}", "'size_px'"},
    {"{\"rig.size_px\":[1280,4]}", "'rig.size_px'"},
    {"{\"rig.hfov_deg\":179}", "'rig.hfov_deg'"},
    {"{\"frames\":-1}", "'frames'"},
    {"{\"frames\":1e12}", "'frames'"},
    {"{\"fps\":[30,0]}", "'fps'"},
    {"{\"fps\":[29.97,1]}", "'fps'"},
    {"{\"shutter_s\":0.5}", "'shutter_s'"},
    {"{\"athlete.motion\":\"swim\"}", "aerials, court"},
    {"{\"athlete.bib\":\"123456789\"}", "'athlete.bib'"},
    {"{\"athlete.suit_rgb\":[2,0,0]}", "'athlete.suit_rgb'"},
    {"{\"evaluation.frames\":[-3]}", "'evaluation.frames'"},
    {"{\"feed.quality\":\"superb\"}", "draft, good, best"},
    {"{\"faults.knocked\":\"cam99\"}", "'cam99'"},
    {"{\"faults.knocked\":\"../x\"}", "'faults.knocked'"},
    {"{\"faults.bumped\":\"cam0\"}", "'cam0'"},
    {"{\"faults.bumped_frame\":-1}", "'faults.bumped_frame'"},
    {"{\"athlete.in_place\":3}", "'in_place'"},
    {"{\"faults.noise\":-1}", "'faults.noise'"},
    {"[]", "object"},
    {"{\"version\":9}", "version"},
    {"{\"format\":\"stillpoint-rig\"}", "format"},
};

static void test_wrong_settings(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong_settings / sizeof *wrong_settings; i++) {
        sp_json *over;
        sp_sim *sim = NULL;
        assert_int_equal(
            sp_json_parse(&over, wrong_settings[i].overrides, strlen(wrong_settings[i].overrides), "test"),
            SP_OK);
        int rc = sp_sim_open(&sim, "aerials", over);
        if (rc >= 0 || !strstr(sp_error_text(), wrong_settings[i].names))
            fail_msg("%s gave %d: %s", wrong_settings[i].overrides, rc, sp_error_text());
        assert_null(sim);
        sp_json_free(&over);
    }
}

static int open_text(const char *folder, const char *text, sp_sim **sim)
{
    char *path = sp_path_join(folder, "scene.json");
    assert_int_equal(sp_file_write(path, text, strlen(text)), SP_OK);
    int rc = sp_sim_open(sim, path, NULL);
    free(path);
    return rc;
}

static void test_scene_files(void **state)
{
    (void)state;
    char *folder = support_folder();
    static const char *const wrong[] = {
        "",
        "{",
        "hello",
        "[1,2]",
        "{}",
        "{\"format\":\"stillpoint-scene\"}",
        "{\"format\":\"stillpoint-scene\",\"version\":2}",
        "{\"format\":\"stillpoint-scene\",\"version\":1,\"frames\":null}",
        "{\"format\":\"stillpoint-scene\",\"version\":1,\"athlete\":[]}",
        "{\"format\":\"stillpoint-scene\",\"version\":1,\"athlete\":{\"motion\":7}}",
        "{\"format\":\"stillpoint-scene\",\"version\":1,\"rig\":{\"aim_m\":{\"x\":1}}}",
        "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        sp_sim *sim = NULL;
        if (open_text(folder, wrong[i], &sim) >= 0)
            fail_msg("%s was taken", wrong[i]);
        assert_non_null(strstr(sp_error_text(), "scene.json"));
    }
    sp_sim *sim = NULL;
    assert_true(sp_sim_open(&sim, "no-such-scene", NULL) < 0);
    assert_non_null(strstr(sp_error_text(), "aerials, court"));

    // A short file stands on the built-in scene of its motion; what it does not know survives.
    assert_int_equal(open_text(folder,
                               "{\"format\":\"stillpoint-scene\",\"version\":1,\"athlete\":{\"motion\":"
                               "\"court\",\"bib\":\"4\"},\"weather\":\"fine\"}",
                               &sim),
                     SP_OK);
    sp_json *settings = sp_sim_settings(sim);
    const char *text;
    double radius;
    assert_int_equal(sp_json_string(&text, sp_json_get(settings, "athlete"), "bib", "settings"), SP_OK);
    assert_string_equal(text, "4");
    assert_int_equal(sp_json_string(&text, sp_json_get(settings, "venue"), "kind", "settings"), SP_OK);
    assert_string_equal(text, "court");
    assert_int_equal(sp_json_string(&text, settings, "weather", "settings"), SP_OK);
    assert_int_equal(sp_json_number(&radius, sp_json_get(settings, "rig"), "radius_m", "settings"), SP_OK);
    assert_true(radius == 9);
    // Settings are a scene file themselves.
    sp_sim *again = NULL;
    char *complete = sp_json_text(settings);
    assert_int_equal(open_text(folder, complete, &again), SP_OK);
    free(complete);
    sp_json_free(&settings);
    sp_sim_close(&again);
    sp_sim_close(&sim);
    support_folder_end(folder);
}

static bool stop_soon(void *user, const char *stage, double done, double total)
{
    (void)stage;
    (void)done;
    (void)total;
    return --*(int *)user > 0;
}

static sp_sim *open_small(void)
{
    static const char over[] = "{\"rig.size_px\":[32,18],\"rig.cameras\":2,\"frames\":2,\"evaluation\":{"
                               "\"cameras\":1,\"frames\":[1]},\"venue.crowd\":0}";
    sp_json *json;
    sp_sim *sim;
    assert_int_equal(sp_json_parse(&json, over, strlen(over), "test"), SP_OK);
    assert_int_equal(sp_sim_open(&sim, "aerials", json), SP_OK);
    sp_json_free(&json);
    return sim;
}

static void test_cancelled(void **state)
{
    (void)state;
    char *folder = support_folder(), *take = sp_path_join(folder, "take");
    sp_sim *sim = open_small();
    for (int steps = 1; steps <= 5; steps += 2) {
        int left = steps;
        sp_progress progress = {stop_soon, &left};
        assert_int_equal(sp_sim_write_take(sim, take, NULL, NULL, &progress), SP_ECANCELLED);
        assert_int_equal(support_count(folder), 0);
    }
    sp_sim_close(&sim);
    free(take);
    support_folder_end(folder);
}

static void test_targets(void **state)
{
    (void)state;
    char *folder = support_folder(), *mine = sp_path_join(folder, "holiday.txt"),
         *take = sp_path_join(folder, "take");
    sp_sim *sim = open_small();
    assert_int_equal(sp_file_write(mine, "x", 1), SP_OK);
    assert_true(sp_sim_write_take(sim, folder, NULL, NULL, NULL) < 0);
    assert_true(sp_file_exists(mine));
    assert_true(sp_sim_write_take(sim, mine, NULL, NULL, NULL) < 0);
    assert_true(sp_sim_write_take(sim, "/proc/nowhere/take", NULL, NULL, NULL) < 0);
    // A take that a simulation made is replaced.
    assert_int_equal(sp_sim_write_take(sim, take, NULL, NULL, NULL), SP_OK);
    assert_int_equal(sp_sim_write_take(sim, take, NULL, NULL, NULL), SP_OK);
    assert_int_equal(support_count(folder), 2);
    sp_sim_close(&sim);
    free(mine);
    free(take);
    support_folder_end(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_wrong_settings),
                                       cmocka_unit_test(test_scene_files), cmocka_unit_test(test_cancelled),
                                       cmocka_unit_test(test_targets)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
