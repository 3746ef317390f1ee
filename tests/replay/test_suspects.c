// Which camera falls out of the row, and when nobody can tell.
#include "../support.h"

#include "../../src/replay/suspects.h"

#include <math.h>
#include <string.h>

static int judge_all(bool *is_suspect, const double *agreement, int count)
{
    double median;
    int suspects = 0;
    replay_judge(is_suspect, &median, agreement, count);
    for (int i = 0; i < count; i++)
        suspects += is_suspect[i];
    return suspects;
}

static void the_one_that_falls_out_is_named(void **state)
{
    (void)state;
    bool is_suspect[12];
    const double alike[] = {0.86, 0.84, 0.85, 0.88, 0.83, 0.87, 0.85, 0.84, 0.86, 0.85, 0.88, 0.83};
    assert_int_equal(judge_all(is_suspect, alike, 12), 0);
    double one[12];
    memcpy(one, alike, sizeof one);
    one[4] = 0.7;
    assert_int_equal(judge_all(is_suspect, one, 12), 1);
    assert_true(is_suspect[4]);
    // Two fall out; one takes no part.
    one[7] = 0.55;
    one[0] = NAN;
    assert_int_equal(judge_all(is_suspect, one, 12), 2);
    assert_true(is_suspect[4] && is_suspect[7] && !is_suspect[0]);
    // A tenth less is within what a good camera can do, however alike the others are.
    const double close[] = {0.9, 0.9, 0.9, 0.9, 0.9, 0.81};
    assert_int_equal(judge_all(is_suspect, close, 6), 0);
    // Where all differ, a difference says nothing.
    const double wide[] = {0.9, 0.8, 0.7, 0.6, 0.5, 0.45};
    assert_int_equal(judge_all(is_suspect, wide, 6), 0);
    const double few[] = {0.9, 0.9, 0.2, NAN, NAN};
    assert_int_equal(judge_all(is_suspect, few, 5), 0);
}

static sp_json *row_of(const char *text)
{
    sp_json *row = NULL;
    assert_int_equal(sp_json_parse(&row, text, strlen(text), "row"), SP_OK);
    return row;
}

// One bad instant does not make a suspect, a bad mean does.
static void instants_are_taken_together(void **state)
{
    (void)state;
    sp_camera cameras[5] = {0};
    for (int i = 0; i < 5; i++)
        snprintf(cameras[i].id, SP_ID_MAX, "cam%d", i + 1);
    sp_rig rig = {.cameras = cameras, .count = 5};
    sp_json *rows[4] = {
        row_of("{\"agreement\":{\"cam1\":0.8,\"cam2\":0.81,\"cam3\":0.5,\"cam4\":0.8,\"cam5\":0.55}}"),
        NULL,
        row_of("{\"agreement\":{\"cam1\":0.8,\"cam2\":0.79,\"cam3\":0.5,\"cam4\":0.8,\"cam5\":0.85}}"),
        row_of("{\"agreement\":{\"cam1\":0.8,\"cam2\":0.80,\"cam4\":0.8,\"cam5\":0.82}}"),
    };
    sp_json *list = NULL;
    const char *camera, *reason;
    assert_int_equal(replay_suspects(&list, rows, 4, &rig), SP_OK);
    assert_int_equal(sp_json_length(list), 1);
    assert_int_equal(sp_json_string(&camera, sp_json_at(list, 0), "camera", "list"), SP_OK);
    assert_string_equal(camera, "cam3");
    assert_int_equal(sp_json_string(&reason, sp_json_at(list, 0), "reason", "list"), SP_OK);
    assert_non_null(strstr(reason, "50%"));
    assert_non_null(strstr(reason, "80%"));
    sp_json_free(&list);
    assert_int_equal(replay_suspects(&list, rows + 1, 1, &rig), SP_OK); // nothing is done yet
    assert_int_equal(sp_json_length(list), 0);
    sp_json_free(&list);
    for (int i = 0; i < 4; i++)
        sp_json_free(&rows[i]);
}

// A matte with all of the athlete and much beside him: the camera stands right, and sees somebody else.
static void who_one_camera_sees_is_told_from_a_camera_that_is_wrong(void **state)
{
    (void)state;
    sp_camera cameras[5] = {{.id = "cam1"}, {.id = "cam2"}, {.id = "cam3"}, {.id = "cam4"}, {.id = "cam5"}};
    sp_rig rig = {.cameras = cameras, .count = 5};
    const char *const covered[] = {"0.95", "0.5"}, *const advice[] = {"this camera alone sees", "rig check"};
    for (int wrong = 0; wrong < 2; wrong++) {
        char text[400];
        snprintf(text, sizeof text,
                 "{\"agreement\":{\"cam1\":0.8,\"cam2\":0.81,\"cam3\":0.2,\"cam4\":0.8,\"cam5\":0.79},"
                 "\"covered\":{\"cam1\":0.9,\"cam2\":0.92,\"cam3\":%s,\"cam4\":0.93,\"cam5\":0.9}}",
                 covered[wrong]);
        sp_json *row = row_of(text), *list = NULL;
        const char *reason;
        assert_int_equal(replay_suspects(&list, &row, 1, &rig), SP_OK);
        assert_int_equal(sp_json_length(list), 1);
        assert_int_equal(sp_json_string(&reason, sp_json_at(list, 0), "reason", "list"), SP_OK);
        assert_non_null(strstr(reason, advice[wrong]));
        sp_json_free(&list);
        sp_json_free(&row);
    }
}

// A camera that was touched is named whatever its matte is worth afterwards, and once.
static void cameras_that_do_not_stand_are_named(void **state)
{
    (void)state;
    sp_camera cameras[3] = {{.id = "cam1"}, {.id = "cam2"}, {.id = "cam3"}};
    sp_rig rig = {.cameras = cameras, .count = 3};
    sp_json *rows[2] = {
        row_of(
            "{\"agreement\":{\"cam1\":0.8,\"cam2\":0.8},\"stands\":{\"cam1\":{\"alike\":0.9,\"moved_px\":0},"
            "\"cam2\":{\"alike\":0.9,\"moved_px\":12.5,\"turned_deg\":0.75},"
            "\"cam3\":{\"alike\":0.04,\"moved_px\":0,\"left_out\":true}}}"),
        row_of("{\"stands\":{\"cam2\":{\"alike\":0.9,\"moved_px\":12.5,\"turned_deg\":0.75}}}")};
    const char *const expected[2][2] = {{"cam2", "0.75 degrees (12.5 px)"}, {"cam3", "4%"}};
    sp_json *list = NULL;
    assert_int_equal(replay_suspects(&list, rows, 2, &rig), SP_OK);
    assert_int_equal(sp_json_length(list), 2);
    for (int i = 0; i < 2; i++) {
        const char *camera, *reason;
        assert_int_equal(sp_json_string(&camera, sp_json_at(list, i), "camera", "list"), SP_OK);
        assert_int_equal(sp_json_string(&reason, sp_json_at(list, i), "reason", "list"), SP_OK);
        assert_string_equal(camera, expected[i][0]);
        assert_non_null(strstr(reason, expected[i][1]));
        sp_json_free(&rows[i]);
    }
    sp_json_free(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_one_that_falls_out_is_named),
        cmocka_unit_test(instants_are_taken_together),
        cmocka_unit_test(who_one_camera_sees_is_told_from_a_camera_that_is_wrong),
        cmocka_unit_test(cameras_that_do_not_stand_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
