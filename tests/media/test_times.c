// Frame times against ffprobe's, and exact access against reading in order, for what containers and codecs do
// to time.
#include "footage.h"

#define SOURCE "-f lavfi -i testsrc2=s=160x120:r=25:d=3 "

// The times of all frames are ffprobe's, the list from packets is the same, and any instant in any order
// gives the frame that reading in order gave.
static void check_file(footage *f, const char *name)
{
    static double truth[FOOTAGE_FRAMES_MAX];
    static footage_sequence frames;
    int true_count = footage_true_times(f, name, truth);
    sp_source *source = footage_open(f, name);
    footage_read_all(source, &frames);
    assert_int_equal(frames.count, true_count);
    for (int i = 0; i < true_count; i++)
        if (fabs(frames.times[i] - truth[i]) > 1e-5)
            fail_msg("%s: frame %d at %g, ffprobe says %g", name, i, frames.times[i], truth[i]);

    double *times = NULL;
    int64_t count = 0;
    assert_int_equal(sp_source_times(source, &times, &count), SP_OK);
    assert_int_equal(count, true_count);
    assert_int_equal(sp_source_get_info(source)->frame_count, true_count);
    for (int i = 0; i < true_count; i++)
        assert_true(fabs(times[i] - frames.times[i]) < 1e-9);
    free(times);

    sp_rng rng = sp_rng_seed(7, 1);
    sp_image8 image = {0};
    for (int k = 0; k < 30; k++) {
        double asked = (sp_rng_uniform(&rng) * 1.2 - 0.1) * frames.times[frames.count - 1], t_s;
        assert_int_equal(sp_source_at(source, asked, &image, &t_s), SP_OK);
        int nearest = footage_nearest(&frames, asked);
        if (fabs(t_s - frames.times[nearest]) > 1e-9)
            fail_msg("%s: at %g came the frame at %g, not %g", name, asked, t_s, frames.times[nearest]);
        if (footage_hash(&image) != frames.hashes[nearest])
            fail_msg("%s: at %g frame %d came out another picture than in order", name, asked, nearest);
        // The frame after the one at the instant asked for.
        if (k % 5 == 0 && nearest + 1 < frames.count) {
            assert_int_equal(sp_source_next(source, &image, &t_s), SP_OK);
            assert_true(fabs(t_s - frames.times[nearest + 1]) < 1e-9);
            assert_int_equal(footage_hash(&image), frames.hashes[nearest + 1]);
        }
    }
    sp_image8_free(&image);
    sp_source_close(&source);
    assert_int_equal(f->warning_count, 0);
}

static void test_b_frames(void **state)
{
    footage *f = *state;
    footage_make(f, SOURCE "-c:v libx264 -g 20 -bf 3 b.mp4");
    footage_make(f, "-i b.mp4 -c copy b.mkv");
    footage_make(f, "-i b.mp4 -c copy b.ts");
    check_file(f, "b.mp4");
    check_file(f, "b.mkv");
    check_file(f, "b.ts");
}

static void test_open_groups_and_slow_refresh(void **state)
{
    footage *f = *state;
    footage_make(f, SOURCE "-c:v libx264 -g 20 -bf 3 -x264-params open-gop=1 open.mp4");
    footage_make(f, "-i open.mp4 -c copy open.ts");
    footage_make(f, SOURCE "-c:v libx264 -g 20 -bf 0 -x264-params intra-refresh=1 refresh.mp4");
    check_file(f, "open.mp4");
    check_file(f, "open.ts");
    check_file(f, "refresh.mp4");
}

static void test_variable_rate(void **state)
{
    footage *f = *state;
    footage_make(f,
                 SOURCE "-vf \"select='not(mod(n,3))+not(mod(n,7))'\" -vsync vfr -c:v libx264 -g 12 vfr.mp4");
    footage_make(f, "-i vfr.mp4 -c copy vfr.mkv");
    check_file(f, "vfr.mp4");
    check_file(f, "vfr.mkv");
}

static void test_edit_list(void **state)
{
    footage *f = *state;
    footage_make(f, SOURCE "-c:v libx264 -g 20 -bf 3 whole.mp4");
    footage_make(f, "-ss 1.37 -i whole.mp4 -c copy edited.mp4");
    double first;
    footage_numbers(f, &first,
                    "ffprobe -v quiet -select_streams v -read_intervals %+#1 -show_entries "
                    "packet=pts_time -of csv=p=0 edited.mp4");
    assert_true(first < -0.1); // there is something to skip
    check_file(f, "edited.mp4");
}

// An edit list that ends before the footage does, as phones write when one trims a video: no frame beyond it,
// no warning.
static void test_edit_list_trims_the_end(void **state)
{
    footage *f = *state;
    footage_make(f, SOURCE "-c:v libx264 -g 20 -bf 0 whole.mp4");
    char *data;
    size_t size;
    assert_int_equal(sp_file_read(&data, &size, footage_path(f, "whole.mp4"), 1 << 26), SP_OK);
    uint8_t *list = memmem(data, size, "elst", 4);
    assert_non_null(list);
    // After name, version and count: the duration in milliseconds, big-endian.
    assert_memory_equal(list + 12, "\0\0\x0b\xb8", 4);
    memcpy(list + 12, "\0\0\x05\xdc", 4);
    assert_int_equal(sp_file_write(footage_path(f, "trimmed.mp4"), data, size), SP_OK);
    free(data);
    sp_source *source = footage_open(f, "trimmed.mp4");
    assert_in_range(sp_source_get_info(source)->frame_count, 36, 40);
    sp_source_close(&source);
    check_file(f, "trimmed.mp4");
}

static void test_start_is_not_zero(void **state)
{
    footage *f = *state;
    footage_make(f, SOURCE "-c:v libx264 -g 20 -bf 2 whole.mp4");
    footage_make(f, "-i whole.mp4 -c copy -output_ts_offset 17.3 late.ts");
    footage_make(f, "-itsoffset 2.5 -i whole.mp4 -c copy late.mp4");
    check_file(f, "late.ts");
    check_file(f, "late.mp4");
}

static void test_other_codecs(void **state)
{
    footage *f = *state;
    footage_make(f, SOURCE "-c:v libx265 -x265-params log-level=none -g 20 h.mp4");
    footage_make(f, SOURCE "-c:v libvpx -auto-alt-ref 1 -lag-in-frames 16 -g 30 v.webm");
    footage_make(f, SOURCE "-c:v libvpx-vp9 -lag-in-frames 16 -g 30 -cpu-used 8 v9.webm");
    footage_make(f, SOURCE "-c:v mjpeg j.mov");
    check_file(f, "h.mp4");
    check_file(f, "v.webm");
    check_file(f, "v9.webm");
    check_file(f, "j.mov");
}

// A bare stream has no times, and AVI with B-frames only some: frame k is at k / rate.
static void check_counted(const footage *f, const char *name)
{
    static footage_sequence frames;
    sp_source *source = footage_open(f, name);
    footage_read_all(source, &frames);
    assert_int_equal(frames.count, 75);
    for (int i = 0; i < frames.count; i++)
        assert_true(fabs(frames.times[i] - i / 25.0) < 1e-6);
    sp_image8 image = {0};
    double t_s;
    for (int i = 70; i >= 0; i -= 14) {
        assert_int_equal(sp_source_at(source, i / 25.0, &image, &t_s), SP_OK);
        assert_true(fabs(t_s - i / 25.0) < 1e-6);
        assert_int_equal(footage_hash(&image), frames.hashes[i]);
    }
    sp_image8_free(&image);
    sp_source_close(&source);
}

static void test_counted(void **state)
{
    footage *f = *state;
    footage_make(f, SOURCE "-c:v libx264 -g 20 -bf 3 bare.h264");
    footage_make(f, SOURCE "-c:v mpeg4 -bf 2 -g 20 m.avi");
    check_counted(f, "bare.h264");
    check_counted(f, "m.avi");
}

static void test_real_footage(void **state)
{
    footage *f = *state;
    static const struct {
        const char *path, *codec;
        int width, height, frames;
        double fps;
    } files[] = {
        {"pose2sim/Demo_SinglePerson/videos/cam01.mp4", "h264", 1080, 1920, 100, 60},
        {"pose2sim/Demo_SinglePerson/videos/cam02.mp4", "vp9", 1080, 1920, 100, 60},
        {"caliscope/charuco_calibration/calibration/extrinsic/cam_0.mp4", "mpeg4", 1280, 720, 111, 6},
        {"gt_dev/feeds/cam01.mp4", "h264", 960, 540, 24, 30},
    };
    if (!support_shared())
        skip();
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char *path = sp_format("%s/data/%s", support_shared(), files[i].path);
        sp_source *source = NULL;
        if (sp_file_exists(path)) {
            assert_int_equal(sp_source_open(&source, path, NULL), SP_OK);
            const sp_source_info *info = sp_source_get_info(source);
            assert_string_equal(info->codec, files[i].codec);
            assert_int_equal(info->width, files[i].width);
            assert_int_equal(info->height, files[i].height);
            assert_int_equal(info->frame_count, files[i].frames);
            assert_true(fabs(sp_rational_value(info->fps) - files[i].fps) < 1e-9);
            assert_true(fabs(info->duration_s - files[i].frames / files[i].fps) < 1e-3);
            sp_image8 image = {0};
            double t_s;
            int last = files[i].frames - 1;
            assert_int_equal(sp_source_at(source, last / files[i].fps, &image, &t_s), SP_OK);
            assert_true(fabs(t_s - last / files[i].fps) < 1e-3);
            sp_image8_free(&image);
        }
        sp_source_close(&source);
        free(path);
    }
    assert_int_equal(f->warning_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_b_frames, footage_setup, footage_teardown),
        cmocka_unit_test_setup_teardown(test_open_groups_and_slow_refresh, footage_setup, footage_teardown),
        cmocka_unit_test_setup_teardown(test_variable_rate, footage_setup, footage_teardown),
        cmocka_unit_test_setup_teardown(test_edit_list, footage_setup, footage_teardown),
        cmocka_unit_test_setup_teardown(test_edit_list_trims_the_end, footage_setup, footage_teardown),
        cmocka_unit_test_setup_teardown(test_start_is_not_zero, footage_setup, footage_teardown),
        cmocka_unit_test_setup_teardown(test_other_codecs, footage_setup, footage_teardown),
        cmocka_unit_test_setup_teardown(test_counted, footage_setup, footage_teardown),
        cmocka_unit_test_setup_teardown(test_real_footage, footage_setup, footage_teardown),
    };
    return cmocka_run_group_tests_name("media times", tests, NULL, NULL);
}
