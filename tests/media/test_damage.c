// Files that are cut off, damaged, or something else than video.
#include "footage.h"

#include <unistd.h>

// One encoder thread: with as many as x264 likes, its bytes differ from run to run, and so does what damage
// hits.
#define SOURCE "-f lavfi -i testsrc2=s=320x240:r=25:d=4 -c:v libx264 -threads 1 -g 25 -bf 2 "

static void cut(const footage *f, const char *from, const char *to, double share)
{
    char *data;
    size_t size;
    assert_int_equal(sp_file_read(&data, &size, footage_path(f, from), 1 << 26), SP_OK);
    assert_int_equal(sp_file_write(footage_path(f, to), data, (size_t)((double)size * share)), SP_OK);
    free(data);
}

// Everything up to the cut comes out, exactly as from the whole file, and one warning names file and time.
static void check_cut(footage *f, const char *whole_name, const char *cut_name, int least)
{
    static footage_sequence whole, part;
    static double truth[FOOTAGE_FRAMES_MAX];
    cut(f, whole_name, cut_name, 0.6);
    sp_source *source = footage_open(f, whole_name);
    footage_read_all(source, &whole);
    sp_source_close(&source);
    assert_int_equal(whole.count, 100);
    assert_int_equal(f->warning_count, 0);

    source = footage_open(f, cut_name);
    footage_read_all(source, &part);
    int true_count = footage_true_times(f, cut_name, truth);
    assert_in_range(part.count, true_count - 1,
                    true_count); // FFmpeg may add one patched up from half a frame
    assert_in_range(part.count, least, 99);
    for (int i = 0; i < part.count; i++)
        assert_true(fabs(part.times[i] - whole.times[footage_nearest(&whole, part.times[i])]) < 1e-9);
    for (int i = 0; i < part.count - 3; i++)
        assert_int_equal(part.hashes[i], whole.hashes[i]);

    sp_image8 image = {0};
    double t_s;
    assert_int_equal(sp_source_at(source, 3.9, &image, &t_s), SP_OK);
    assert_true(fabs(t_s - part.times[part.count - 1]) < 1e-9);
    assert_int_equal(footage_hash(&image), part.hashes[part.count - 1]);
    sp_image8_free(&image);
    sp_source_close(&source);
    assert_int_equal(f->warning_count, 1);
    assert_non_null(strstr(f->warnings[0], cut_name));
    double named = strtod(strstr(f->warnings[0], " at ") + 4, NULL);
    assert_true(fabs(named - part.times[part.count - 1]) < 0.2);
}

static void test_cut_mp4(void **state)
{
    footage_make(*state, SOURCE "-movflags +faststart whole.mp4");
    check_cut(*state, "whole.mp4", "cut.mp4", 50);
}

static void test_cut_mp4_with_sound(void **state)
{
    footage_make(*state, "-f lavfi -i sine=d=4 " SOURCE "-movflags +faststart -c:a aac whole.mp4");
    check_cut(*state, "whole.mp4", "cut.mp4", 40);
}

static void test_cut_matroska(void **state)
{
    footage_make(*state, SOURCE "whole.mkv");
    check_cut(*state, "whole.mkv", "cut.mkv", 50);
}

static void test_cut_transport_stream(void **state)
{
    footage_make(*state, SOURCE "whole.ts");
    check_cut(*state, "whole.ts", "cut.ts", 50);
}

// Noise in the middle: what lies clear of it is as before.
static void test_noise(void **state)
{
    footage *f = *state;
    static footage_sequence whole, noisy;
    static const char *const endings[] = {"mp4", "mkv", "ts"};
    for (int k = 0; k < 3; k++) {
        char whole_name[32], noisy_name[32], *arguments;
        snprintf(whole_name, sizeof whole_name, "whole.%s", endings[k]);
        snprintf(noisy_name, sizeof noisy_name, "noisy.%s", endings[k]);
        arguments = sp_format(SOURCE "%s %s", k == 0 ? "-movflags +faststart" : "", whole_name);
        footage_make(f, arguments);
        free(arguments);
        sp_source *source = footage_open(f, whole_name);
        footage_read_all(source, &whole);
        sp_source_close(&source);

        char *data;
        size_t size;
        assert_int_equal(sp_file_read(&data, &size, footage_path(f, whole_name), 1 << 26), SP_OK);
        sp_rng rng = sp_rng_seed(5, (uint64_t)k);
        for (size_t i = 0; i < 600; i++)
            data[size * 45 / 100 + i] = (char)sp_rng_u32(&rng);
        assert_int_equal(sp_file_write(footage_path(f, noisy_name), data, size), SP_OK);
        free(data);

        f->warning_count = 0;
        source = footage_open(f, noisy_name);
        footage_read_all(source, &noisy);
        sp_source_close(&source);
        if (f->warning_count != 1)
            fail_msg("%s: %d warnings", noisy_name, f->warning_count);
        assert_non_null(strstr(f->warnings[0], noisy_name));
        assert_in_range(noisy.count, 80, 100);
        for (int i = 0; i < noisy.count; i++)
            if (noisy.times[i] < 0.9 || noisy.times[i] >= 3)
                assert_int_equal(noisy.hashes[i], whole.hashes[footage_nearest(&whole, noisy.times[i])]);
        assert_true(fabs(noisy.times[noisy.count - 1] - 3.96) < 1e-6);
    }
}

static void test_unfinished_mp4(void **state)
{
    footage *f = *state;
    footage_make(f, SOURCE "whole.mp4");
    cut(f, "whole.mp4", "unfinished.mp4", 0.5);
    footage_refuse(f, "unfinished.mp4", SP_EFORMAT, "cut off");
}

static void test_not_video(void **state)
{
    footage *f = *state;
    static const struct {
        const char *name, *bytes;
        size_t size;
        const char *says;
    } files[] = {
        {"notes.mp4", "Dear all,\nthe cameras", 21, "is text (it begins with \"Dear all,\")"},
        {"notes.txt", "cam01 cam02 cam03\n", 18, "text"},
        {"rig.mov", "{\"format\": 1}", 12, "JSON"},
        {"page.mp4", "<!DOCTYPE html><html>", 21, "web page"},
        {"blank.mp4", " \n\n", 3, "white space"},
        {"empty.mp4", "", 0, "empty"},
        {"cloud.ply", "ply\nformat binary", 17, "PLY"},
        {"zero.mp4", "\0\0\0\0\0\0\0\0\0\0\0\0", 12, "zeros"},
        {"noise.mp4", "\x01\x99\x03\x04\xfe\x06\x07\xee\x80", 9, "no kind"},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        assert_int_equal(sp_file_write(footage_path(f, files[i].name), files[i].bytes, files[i].size), SP_OK);
        footage_refuse(f, files[i].name, SP_EFORMAT, files[i].says);
    }
    footage_refuse(f, "missing.mp4", SP_ENOENT, "No such file");
    sp_source *source = NULL;
    assert_int_equal(sp_source_open(&source, "/dev/null", NULL), SP_EFORMAT);
    assert_int_equal(sp_source_open(&source, "", NULL), SP_EINVAL);
    footage_make(f, "-f lavfi -i sine=d=1 sound.wav");
    footage_refuse(f, "sound.wav", SP_EFORMAT, "no video");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_cut_mp4, footage_setup, footage_teardown),
        cmocka_unit_test_setup_teardown(test_cut_mp4_with_sound, footage_setup, footage_teardown),
        cmocka_unit_test_setup_teardown(test_cut_matroska, footage_setup, footage_teardown),
        cmocka_unit_test_setup_teardown(test_cut_transport_stream, footage_setup, footage_teardown),
        cmocka_unit_test_setup_teardown(test_noise, footage_setup, footage_teardown),
        cmocka_unit_test_setup_teardown(test_unfinished_mp4, footage_setup, footage_teardown),
        cmocka_unit_test_setup_teardown(test_not_video, footage_setup, footage_teardown),
    };
    return cmocka_run_group_tests_name("media damage", tests, NULL, NULL);
}
