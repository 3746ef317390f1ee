// Folders of numbered pictures, and stills.
#include "footage.h"

// A 16x12 picture of one grey.
static void save_grey(const footage *f, const char *name, int grey, int width)
{
    sp_image8 image = {0};
    assert_int_equal(sp_image8_init(&image, width, 12, 3), SP_OK);
    memset(image.data, grey, (size_t)width * 12 * 3);
    assert_int_equal(sp_image8_save(&image, footage_path(f, name)), SP_OK);
    sp_image8_free(&image);
}

static sp_source *open_folder(const footage *f, const char *name, int fps)
{
    sp_source_params params = sp_source_params_default();
    params.image_fps = (sp_rational){fps, 1};
    sp_source *source = NULL;
    assert_int_equal(sp_source_open(&source, footage_path(f, name), &params), SP_OK);
    return source;
}

static void check_at(sp_source *source, double asked_s, double true_s, int grey)
{
    sp_image8 image = {0};
    double t_s;
    assert_int_equal(sp_source_at(source, asked_s, &image, &t_s), SP_OK);
    assert_true(fabs(t_s - true_s) < 1e-12);
    footage_assert_rgb(&image, 5, 5, grey, grey, grey, 0);
    sp_image8_free(&image);
}

// Numbers 8, 9, 10, 12, without leading zeros: order by value, time from the first, a gap where 11 is
// missing.
static void test_numbers(void **state)
{
    footage *f = *state;
    sp_folder_make(footage_path(f, "cam"));
    static const int numbers[] = {8, 9, 10, 12};
    for (int i = 0; i < 4; i++) {
        char name[32];
        snprintf(name, sizeof name, "cam/shot2_%d.png", numbers[i]);
        save_grey(f, name, 10 * numbers[i], 16);
    }
    assert_int_equal(sp_file_write(footage_path(f, "cam/readme.txt"), "x", 1), SP_OK);
    sp_source *source = open_folder(f, "cam", 10);
    const sp_source_info *info = sp_source_get_info(source);
    assert_true(info->is_folder && !info->is_still);
    assert_int_equal(info->width, 16);
    assert_int_equal(info->frame_count, 4);
    assert_true(fabs(info->duration_s - 0.5) < 1e-12);
    assert_string_equal(info->codec, "png");

    double *times, want[] = {0, 0.1, 0.2, 0.4};
    int64_t count;
    assert_int_equal(sp_source_times(source, &times, &count), SP_OK);
    assert_int_equal(count, 4);
    for (int i = 0; i < 4; i++)
        assert_true(fabs(times[i] - want[i]) < 1e-12);
    free(times);

    check_at(source, 0.39, 0.4, 120);
    check_at(source, -3, 0, 80);
    check_at(source, 0.29, 0.2, 100);
    check_at(source, 0.31, 0.4, 120);
    check_at(source, 99, 0.4, 120);
    check_at(source, 0.1, 0.1, 90);
    sp_image8 image = {0};
    double t_s;
    assert_int_equal(sp_source_next(source, &image, &t_s), SP_OK);
    assert_true(fabs(t_s - 0.2) < 1e-12);
    assert_int_equal(sp_source_next(source, &image, &t_s), SP_OK);
    assert_int_equal(sp_source_next(source, &image, &t_s), SP_EEND);
    sp_image8_free(&image);
    sp_source_close(&source);
    assert_int_equal(f->warning_count, 0);
}

// The varying number counts, though a constant one stands behind it.
static void test_number_in_front(void **state)
{
    footage *f = *state;
    sp_folder_make(footage_path(f, "cam"));
    save_grey(f, "cam/0003_v2.png", 30, 16);
    save_grey(f, "cam/0004_v2.png", 40, 16);
    sp_source *source = open_folder(f, "cam", 25);
    check_at(source, 0.04, 0.04, 40);
    sp_source_close(&source);
}

static void test_damaged_picture(void **state)
{
    footage *f = *state;
    sp_folder_make(footage_path(f, "cam"));
    save_grey(f, "cam/1.png", 10, 16);
    assert_int_equal(sp_file_write(footage_path(f, "cam/2.png"), "\x89PNG\r\n\x1a\n.....", 13), SP_OK);
    save_grey(f, "cam/3.png", 30, 24);
    save_grey(f, "cam/4.png", 40, 16);
    sp_source *source = open_folder(f, "cam", 1);
    static footage_sequence frames;
    footage_read_all(source, &frames);
    assert_int_equal(frames.count, 2);
    assert_true(frames.times[1] == 3);
    check_at(source, 1.2, 0, 10);
    check_at(source, 2, 3, 40);
    sp_source_close(&source);
    assert_int_equal(f->warning_count, 1);
    assert_non_null(strstr(f->warnings[0], "2.png"));
    assert_non_null(strstr(f->warnings[0], "1.000 s"));
}

static void test_refused(void **state)
{
    footage *f = *state;
    sp_folder_make(footage_path(f, "none"));
    footage_refuse(f, "none", SP_EFORMAT, "no pictures");
    sp_folder_make(footage_path(f, "two"));
    save_grey(f, "two/a_07.png", 1, 16);
    save_grey(f, "two/b_07.png", 1, 16);
    footage_refuse(f, "two", SP_EFORMAT, "same frame number");
    sp_folder_make(footage_path(f, "unnumbered"));
    save_grey(f, "unnumbered/a.png", 1, 16);
    save_grey(f, "unnumbered/b.png", 1, 16);
    footage_refuse(f, "unnumbered", SP_EFORMAT, "number");
}

static void test_still(void **state)
{
    footage *f = *state;
    save_grey(f, "still.png", 77, 16);
    sp_source *source = footage_open(f, "still.png");
    const sp_source_info *info = sp_source_get_info(source);
    assert_true(info->is_still);
    assert_int_equal(info->frame_count, 1);
    assert_int_equal(info->fps.num, 0);
    check_at(source, 12.5, 12.5, 77);
    check_at(source, -1, -1, 77);
    static footage_sequence frames;
    footage_read_all(source, &frames);
    assert_int_equal(frames.count, 1);
    sp_source_close(&source);
    footage_make(f, "-i still.png -pix_fmt bgr24 still.bmp");
    source = footage_open(f, "still.bmp");
    assert_true(sp_source_get_info(source)->is_still);
    check_at(source, 3, 3, 77);
    sp_source_close(&source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_numbers, footage_setup, footage_teardown),
        cmocka_unit_test_setup_teardown(test_number_in_front, footage_setup, footage_teardown),
        cmocka_unit_test_setup_teardown(test_damaged_picture, footage_setup, footage_teardown),
        cmocka_unit_test_setup_teardown(test_refused, footage_setup, footage_teardown),
        cmocka_unit_test_setup_teardown(test_still, footage_setup, footage_teardown),
    };
    return cmocka_run_group_tests_name("media folders", tests, NULL, NULL);
}
