// What is written, as ffprobe and our own decoder see it.
#include "footage.h"

#include <sys/resource.h>
#include <signal.h>

static void fill(sp_image8 *image, int frame)
{
    for (int y = 0; y < image->height; y++)
        for (int x = 0; x < image->width; x++) {
            uint8_t *p = image->data + ((size_t)y * (size_t)image->width + (size_t)x) * 3;
            p[0] = (uint8_t)(40 + 4 * frame);
            p[1] = (uint8_t)(200 - x * 100 / image->width);
            p[2] = (uint8_t)(60 + y * 100 / image->height);
        }
}

static int write_clip(const char *path, const sp_writer_params *params, int frames)
{
    sp_writer *writer = NULL;
    int ret = sp_writer_open(&writer, path, params);
    sp_image8 image = {0};
    if (!ret)
        ret = sp_image8_init(&image, params->width, params->height, 3);
    for (int i = 0; !ret && i < frames; i++) {
        fill(&image, i);
        ret = sp_writer_write(writer, &image);
    }
    if (!ret)
        ret = sp_writer_finish(writer);
    sp_image8_free(&image);
    sp_writer_close(&writer);
    return ret;
}

static void expect(const footage *f, const char *file, const char *entries, const char *want)
{
    char *command = sp_format("cd '%s' && ffprobe -v error -select_streams v -show_entries stream=%s -of "
                              "default=nk=1:nw=1 %s | tr '\\n' ' '",
                              f->folder, entries, file);
    FILE *pipe = popen(command, "r");
    char text[256] = "";
    assert_non_null(fgets(text, sizeof text, pipe));
    pclose(pipe);
    free(command);
    assert_string_equal(text, want);
}

static void test_h264(void **state)
{
    footage *f = *state;
    if (!footage_has_ffmpeg())
        skip();
    sp_writer_params params = sp_writer_params_default();
    params.width = 161; // odd: one column and one row more in the file
    params.height = 91;
    params.fps = (sp_rational){30000, 1001};
    params.keyframe_s = 0.5;
    assert_int_equal(write_clip(footage_path(f, "clip.mp4"), &params, 40), SP_OK);
    assert_int_equal(support_count(f->folder), 1);
    expect(f, "clip.mp4", "codec_name,width,height,pix_fmt,r_frame_rate,nb_frames",
           "h264 162 92 yuv420p 30000/1001 40 ");
    expect(f, "clip.mp4", "color_range,color_space,color_transfer,color_primaries,chroma_location",
           "tv bt709 bt709 bt709 center ");

    // Fast start: the index comes before the pictures.
    char *data;
    size_t size;
    assert_int_equal(sp_file_read(&data, &size, footage_path(f, "clip.mp4"), 1 << 26), SP_OK);
    const char *moov = memmem(data, size, "moov", 4), *mdat = memmem(data, size, "mdat", 4);
    assert_true(moov && mdat && moov < mdat);
    free(data);

    // Keyframes half a second apart at most: 14 frames.
    double keys[64];
    int count = footage_numbers(f, keys,
                                "ffprobe -v error -select_streams v -show_entries packet=pts_time,flags -of "
                                "csv=p=0 clip.mp4 | grep K");
    assert_in_range(count, 3, 40);
    for (int i = 1; i < count; i++)
        assert_true(keys[i] - keys[i - 1] <= 0.5 + 1e-3);

    sp_source *source = footage_open(f, "clip.mp4");
    sp_image8 image = {0}, want = {0};
    double t_s;
    assert_int_equal(sp_image8_init(&want, 161, 91, 3), SP_OK);
    for (int i = 0; i < 40; i++) {
        assert_int_equal(sp_source_next(source, &image, &t_s), SP_OK);
        assert_true(fabs(t_s - i * 1001 / 30000.0) < 1e-4);
        fill(&want, i);
        for (int k = 0; k < 5; k++) {
            double rgb[3];
            int x = 10 + 35 * k, y = 10 + 17 * k;
            footage_pixel(rgb, &want, x, y);
            footage_assert_rgb(&image, x, y, rgb[0], rgb[1], rgb[2], 5);
        }
    }
    assert_int_equal(sp_source_next(source, &image, &t_s), SP_EEND);
    assert_true(fabs(sp_source_get_info(source)->duration_s - 40 * 1001 / 30000.0) < 2e-3);
    sp_image8_free(&image);
    sp_image8_free(&want);
    sp_source_close(&source);
}

static void test_hevc(void **state)
{
    footage *f = *state;
    if (!footage_has_ffmpeg())
        skip();
    sp_writer_params params = sp_writer_params_default();
    params.width = 160;
    params.height = 96;
    params.is_hevc = true;
    params.quality = SP_QUALITY_DRAFT;
    assert_int_equal(write_clip(footage_path(f, "clip.mp4"), &params, 20), SP_OK);
    expect(f, "clip.mp4", "codec_name,codec_tag_string,width,height,nb_frames", "hevc hvc1 160 96 20 ");
    expect(f, "clip.mp4", "color_range,color_space", "tv bt709 ");
}

// Better quality keeps more of a detailed picture.
static void test_presets(void **state)
{
    footage *f = *state;
    double psnr[3];
    for (int q = 0; q < 3; q++) {
        sp_writer_params params = sp_writer_params_default();
        params.width = 128;
        params.height = 128;
        params.quality = (sp_quality)q;
        sp_image8 image = {0}, back = {0};
        sp_image a = {0}, b = {0};
        assert_int_equal(sp_image8_init(&image, 128, 128, 3), SP_OK);
        sp_rng rng = sp_rng_seed(1, 1);
        for (size_t i = 0; i < 128 * 128; i++)
            memset(image.data + 3 * i, (int)(sp_rng_u32(&rng) % 200), 3);
        sp_writer *writer = NULL;
        assert_int_equal(sp_writer_open(&writer, footage_path(f, "clip.mp4"), &params), SP_OK);
        for (int i = 0; i < 3; i++)
            assert_int_equal(sp_writer_write(writer, &image), SP_OK);
        assert_int_equal(sp_writer_finish(writer), SP_OK);
        sp_writer_close(&writer);
        sp_source *source = footage_open(f, "clip.mp4");
        double t_s;
        assert_int_equal(sp_source_at(source, 0.03, &back, &t_s), SP_OK);
        assert_int_equal(sp_image_from8(&a, &image), SP_OK);
        assert_int_equal(sp_image_from8(&b, &back), SP_OK);
        assert_int_equal(sp_psnr(&psnr[q], &a, &b), SP_OK);
        sp_image_free(&a);
        sp_image_free(&b);
        sp_image8_free(&image);
        sp_image8_free(&back);
        sp_source_close(&source);
    }
    assert_true(psnr[0] + 1 < psnr[1] && psnr[1] + 1 < psnr[2]);
}

static void test_same_bytes(void **state)
{
    footage *f = *state;
    sp_writer_params params = sp_writer_params_default();
    params.width = 160;
    params.height = 96;
    char *data[2];
    size_t size[2];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(write_clip(footage_path(f, "clip.mp4"), &params, 12), SP_OK);
        assert_int_equal(sp_file_read(&data[i], &size[i], footage_path(f, "clip.mp4"), 1 << 26), SP_OK);
    }
    assert_int_equal(size[0], size[1]);
    assert_memory_equal(data[0], data[1], size[0]);
    free(data[0]);
    free(data[1]);
}

static void test_nothing_half_written(void **state)
{
    footage *f = *state;
    sp_writer_params params = sp_writer_params_default();
    params.width = 64;
    params.height = 64;
    sp_image8 image = {0};
    sp_writer *writer = NULL;
    assert_int_equal(sp_image8_init(&image, 64, 64, 3), SP_OK);
    assert_int_equal(sp_writer_open(&writer, footage_path(f, "clip.mp4"), &params), SP_OK);
    assert_int_equal(sp_writer_write(writer, &image), SP_OK);
    sp_writer_close(&writer); // not finished
    assert_int_equal(support_count(f->folder), 0);

    assert_int_equal(sp_writer_open(&writer, footage_path(f, "clip.mp4"), &params), SP_OK);
    assert_int_equal(sp_writer_finish(writer), SP_EINVAL); // no frame
    sp_writer_close(&writer);
    assert_int_equal(support_count(f->folder), 0);

    assert_int_equal(sp_writer_open(&writer, footage_path(f, "clip.mp4"), &params), SP_OK);
    image.width = 32;
    assert_int_equal(sp_writer_write(writer, &image), SP_EINVAL);
    image.width = 64;
    assert_int_equal(sp_writer_write(writer, &image), SP_OK);
    assert_int_equal(sp_writer_finish(writer), SP_OK);
    sp_writer_close(&writer);
    assert_int_equal(support_count(f->folder), 1);

    writer = NULL;
    assert_int_equal(sp_writer_open(&writer, footage_path(f, "no/such/folder/clip.mp4"), &params), SP_EIO);
    assert_non_null(strstr(sp_error_text(), "no/such/folder"));
    params.fps = (sp_rational){0, 1};
    assert_int_equal(sp_writer_open(&writer, footage_path(f, "b.mp4"), &params), SP_EINVAL);
    assert_null(writer);
    sp_image8_free(&image);
}

// A disk that is full, as a limit on file sizes: writing beyond it fails in the same way.
static void test_full_disk(void **state)
{
    footage *f = *state;
    sp_writer_params params = sp_writer_params_default();
    params.width = 320;
    params.height = 240;
    params.quality = SP_QUALITY_BEST;
    struct rlimit before, small;
    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = 100000;
    signal(SIGXFSZ, SIG_IGN);
    sp_image8 image = {0};
    sp_writer *writer = NULL;
    sp_rng rng = sp_rng_seed(1, 2);
    assert_int_equal(sp_image8_init(&image, 320, 240, 3), SP_OK);
    assert_int_equal(sp_writer_open(&writer, footage_path(f, "clip.mp4"), &params), SP_OK);
    setrlimit(RLIMIT_FSIZE, &small);
    int ret = SP_OK;
    for (int i = 0; ret == SP_OK && i < 20; i++) {
        for (size_t k = 0; k < 320 * 240 * 3; k++)
            image.data[k] = (uint8_t)sp_rng_u32(&rng);
        ret = sp_writer_write(writer, &image);
    }
    if (ret == SP_OK)
        ret = sp_writer_finish(writer);
    assert_int_equal(ret, SP_EIO);
    assert_non_null(strstr(sp_error_text(), "clip.mp4"));
    sp_writer_close(&writer);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(support_count(f->folder), 0);
    sp_image8_free(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_h264, footage_setup, footage_teardown),
        cmocka_unit_test_setup_teardown(test_hevc, footage_setup, footage_teardown),
        cmocka_unit_test_setup_teardown(test_presets, footage_setup, footage_teardown),
        cmocka_unit_test_setup_teardown(test_same_bytes, footage_setup, footage_teardown),
        cmocka_unit_test_setup_teardown(test_nothing_half_written, footage_setup, footage_teardown),
        cmocka_unit_test_setup_teardown(test_full_disk, footage_setup, footage_teardown),
    };
    return cmocka_run_group_tests_name("media writer", tests, NULL, NULL);
}
