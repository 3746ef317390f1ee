// rig.json: round trip, unknown fields, and what is refused with which words.
#include "testing.h"

static void make_rig(sp_rig *rig)
{
    static sp_camera cameras[3];
    static char *images[3];
    cameras[0] = test_camera("cam01", SP_LENS_PINHOLE);
    cameras[1] = test_camera("cam02", SP_LENS_BROWN);
    cameras[2] = test_camera("north stand", SP_LENS_FISHEYE);
    cameras[2].residual_px = -1;
    images[0] = (char *)(uintptr_t) "feeds/cam01.mp4";
    *rig = (sp_rig){.cameras = cameras, .count = 3, .images = images, .scale = 0.001, .up = "-y"};
    rig->obtained = (char *)(uintptr_t) "test";
}

static void assert_same_camera(const sp_camera *a, const sp_camera *b)
{
    assert_string_equal(a->id, b->id);
    assert_int_equal(a->width, b->width);
    assert_int_equal(a->height, b->height);
    assert_int_equal(a->lens, b->lens);
    assert_true(a->fx == b->fx && a->fy == b->fy && a->cx == b->cx && a->cy == b->cy);
    assert_memory_equal(a->distortion, b->distortion, sizeof a->distortion);
    assert_true(a->residual_px == b->residual_px);
    assert_memory_equal(&a->translation, &b->translation, sizeof a->translation);
    for (int i = 0; i < 9; i++)
        assert_near(a->rotation.m[i], b->rotation.m[i], 1e-15);
}

static void test_round_trip(void **state)
{
    (void)state;
    char *folder = test_folder(), *path = sp_path_join(folder, "rig.json");
    sp_rig rig, loaded, copy;
    make_rig(&rig);
    assert_ok(sp_rig_save(&rig, path));
    assert_ok(sp_rig_load(&loaded, path));
    assert_int_equal(loaded.count, 3);
    for (int i = 0; i < 3; i++)
        assert_same_camera(&loaded.cameras[i], &rig.cameras[i]);
    assert_string_equal(loaded.images[0], "feeds/cam01.mp4");
    assert_null(loaded.images[1]);
    assert_near(loaded.scale, 0.001, 0);
    assert_string_equal(loaded.up, "-y");
    assert_string_equal(loaded.obtained, "test");
    assert_ok(sp_rig_copy(&copy, &loaded));
    sp_rig_free(&loaded);
    assert_same_camera(sp_rig_find(&copy, "north stand"), &rig.cameras[2]);
    assert_null(sp_rig_find(&copy, "cam1"));
    sp_rig_free(&copy);
    sp_rig_free(&copy);
    free(path);
    test_folder_remove(folder);
}

#define CAMERA(ID, LENS, POSE)                                                                               \
    "{\"id\": \"" ID "\", \"size_px\": [640, 480], \"lens\": " LENS ", \"pose\": " POSE "}"
#define LENS "{\"model\": \"brown\", \"fx\": 500, \"fy\": 500, \"cx\": 320, \"cy\": 240, \"k1\": -0.1}"
#define POSE "{\"rotation\": [1, 0, 0, 0], \"translation_m\": [0, 0, 5]}"
#define RIG(CAMERAS) "{\"format\": \"stillpoint-rig\", \"version\": 1, \"cameras\": [" CAMERAS "]}"

static char *folder_path, *file_path;

static int load(sp_rig *rig, const char *text)
{
    assert_ok(sp_file_write(file_path, text, strlen(text)));
    return sp_rig_load(rig, file_path);
}

static void test_unknown_fields_survive(void **state)
{
    (void)state;
    sp_rig rig;
    assert_ok(load(
        &rig, "{\"format\": \"stillpoint-rig\", \"version\": 1, \"venue\": \"Oberhof\", \"cameras\": ["
              "{\"id\": \"a\", \"size_px\": [640, 480], \"serial\": 77, \"residual_px\": 0.5,"
              "\"lens\": {\"model\": \"brown\", \"fx\": 500, \"fy\": 500, \"cx\": 1, \"cy\": 2, \"k1\": 0.1,"
              "\"focus_m\": 12}, \"pose\": {\"rotation\": [[1,0,0],[0,0,-1],[0,1,0]],"
              "\"translation_m\": [0,0,0], \"by\": \"tape\"}}]}"));
    assert_near(rig.cameras[0].rotation.m[5], -1, 0);
    assert_near(rig.cameras[0].distortion[0], 0.1, 0);
    rig.cameras[0].lens = SP_LENS_PINHOLE;
    rig.cameras[0].residual_px = -1;
    assert_ok(sp_rig_save(&rig, file_path));
    sp_rig_free(&rig);
    char *text;
    size_t size;
    assert_ok(sp_file_read(&text, &size, file_path, 1 << 20));
    assert_non_null(strstr(text, "Oberhof"));
    assert_non_null(strstr(text, "serial"));
    assert_non_null(strstr(text, "focus_m"));
    assert_non_null(strstr(text, "tape"));
    assert_null(strstr(text, "k1")); // of a lens model that it no longer has
    assert_null(strstr(text, "residual_px"));
    free(text);
}

static void test_refused(void **state)
{
    (void)state;
    sp_rig rig = {.count = -5};
    const char *file = "rig.json";
    assert_error(load(&rig, "hello"), file);
    assert_error(load(&rig, "{\"format\": \"stillpoint-take\", \"version\": 1}"), file, "format");
    assert_error(load(&rig, "{\"format\": \"stillpoint-rig\", \"version\": 99, \"cameras\": []}"), file,
                 "version");
    assert_error(load(&rig, RIG("")), file, "no cameras");
    assert_error(load(&rig, RIG("7")), file, "camera 1");
    assert_error(load(&rig, RIG(CAMERA("a", LENS, POSE) "," CAMERA("a", LENS, POSE))), file, "'a'",
                 "1 and 2");
    assert_error(load(&rig, RIG(CAMERA("../a", LENS, POSE))), file, "../a", "id");
    assert_error(load(&rig, RIG(CAMERA("", LENS, POSE))), file, "id", "empty");
    assert_error(load(&rig, RIG(CAMERA("a", LENS, "{\"rotation\": [1, 0, 0, 0]}"))), file, "'a'",
                 "translation_m");
    assert_error(
        load(&rig, RIG(CAMERA("a", LENS, "{\"rotation\": [1, 0, 0, 1], \"translation_m\": [0,0,0]}"))), file,
        "'a'", "quaternion");
    assert_error(
        load(&rig,
             RIG(CAMERA("a", LENS, "{\"rotation\": [[1,0,0],[0,2,0],[0,0,1]], \"translation_m\": [0,0,0]}"))),
        file, "'a'", "rotation");
    assert_error(
        load(&rig, RIG(CAMERA("a", LENS,
                              "{\"rotation\": [[1,0,0],[0,1,0],[0,0,-1]], \"translation_m\": [0,0,0]}"))),
        file, "'a'", "rotation");
    assert_error(load(&rig, RIG(CAMERA("a", "{\"model\": \"zoom\"}", POSE))), file, "'a'", "model", "zoom");
    assert_error(
        load(&rig,
             RIG(CAMERA("a", "{\"model\": \"pinhole\", \"fx\": -5, \"fy\": 5, \"cx\": 1, \"cy\": 1}", POSE))),
        file, "'a'", "fx");
    assert_error(
        load(&rig, RIG(CAMERA("a", "{\"model\": \"pinhole\", \"fx\": 5, \"fy\": 5, \"cx\": NaN, \"cy\": 1}",
                              POSE))),
        file, "'a'", "cx");
    assert_error(
        load(&rig,
             RIG(CAMERA("a", LENS, "{\"rotation\": [1, 0, 0, 0], \"translation_m\": [0, -Infinity, 5]}"))),
        file, "'a'", "translation_m");
    assert_error(
        load(&rig, RIG("{\"id\": \"a\", \"size_px\": [0, 480], \"lens\": " LENS ", \"pose\": " POSE "}")),
        file, "'a'", "size_px");
    assert_error(sp_rig_load(&rig, "/nowhere/rig.json"), "/nowhere/rig.json");
    assert_int_equal(rig.count, -5); // untouched by every failure
}

static void test_validate_names_camera_and_field(void **state)
{
    (void)state;
    sp_rig rig;
    make_rig(&rig);
    assert_ok(sp_rig_validate(&rig, "here"));
    rig.cameras[1].distortion[2] = NAN;
    assert_error(sp_rig_validate(&rig, "here"), "here", "cam02", "coefficient");
    make_rig(&rig);
    rig.cameras[2].translation.y = INFINITY;
    assert_error(sp_rig_validate(&rig, "here"), "here", "north stand", "translation");
    make_rig(&rig);
    rig.cameras[0].rotation.m[4] *= 1.01;
    assert_error(sp_rig_validate(&rig, "here"), "here", "cam01", "rotation");
    assert_error(sp_rig_save(&rig, file_path), "cam01");
    make_rig(&rig);
    rig.scale = 0;
    assert_error(sp_rig_validate(&rig, "here"), "scale");
}

static int set_up(void **state)
{
    (void)state;
    folder_path = test_folder();
    file_path = sp_path_join(folder_path, "rig.json");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(file_path);
    test_folder_remove(folder_path);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_unknown_fields_survive),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_validate_names_camera_and_field),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
