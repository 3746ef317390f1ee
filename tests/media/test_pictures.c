// What is in the pictures: colours known analytically, orientation, pixel aspect, bit depth, fields.
#include "footage.h"

// A video of one colour given as Y'CbCr codes (8 bit), tagged in some way; lossless, so that decoding can be
// exact.
static void make_plain(const footage *f, const char *name, const char *size, int y, int cb, int cr,
                       const char *tags)
{
    char *arguments =
        sp_format("-f lavfi -i \"color=c=black:s=%s:r=25:d=0.2,format=yuv420p,geq=lum=%d:cb=%d:cr=%d\" "
                  "-c:v libx264 -qp 0 -preset ultrafast %s %s",
                  size, y, cb, cr, tags, name);
    footage_make(f, arguments);
    free(arguments);
}

// R'G'B' of Y'CbCr codes by the definition in ITU-R BT.601, 709 and 2020: kr and kb tell them apart.
static void rgb_of(double rgb[3], int y, int cb, int cr, double kr, double kb, bool is_full)
{
    double luma = is_full ? y / 255.0 : (y - 16) / 219.0;
    double blue = is_full ? (cb - 128) / 255.0 : (cb - 128) / 224.0;
    double red = is_full ? (cr - 128) / 255.0 : (cr - 128) / 224.0;
    rgb[0] = luma + 2 * (1 - kr) * red;
    rgb[2] = luma + 2 * (1 - kb) * blue;
    rgb[1] = (luma - kr * rgb[0] - kb * rgb[2]) / (1 - kr - kb);
    for (int c = 0; c < 3; c++)
        rgb[c] = fmin(fmax(rgb[c], 0), 1) * 255;
}

static void first_frame(const footage *f, const char *name, sp_image8 *image)
{
    sp_source *source = footage_open(f, name);
    double t_s;
    assert_int_equal(sp_source_next(source, image, &t_s), SP_OK);
    assert_int_equal(image->width, sp_source_get_info(source)->width);
    assert_int_equal(image->height, sp_source_get_info(source)->height);
    sp_source_close(&source);
}

static void test_matrix_and_range(void **state)
{
    footage *f = *state;
    static const struct {
        const char *name, *size, *tags;
        double kr, kb;
        bool is_full;
    } cases[] = {
        {"709.mp4", "64x48", "-colorspace bt709 -color_range tv", 0.2126, 0.0722, false},
        {"709full.mp4", "64x48", "-colorspace bt709 -color_range pc", 0.2126, 0.0722, true},
        {"601.mp4", "1280x720", "-colorspace smpte170m -color_range tv", 0.299, 0.114, false},
        {"601full.mkv", "64x48", "-colorspace bt470bg -color_range pc", 0.299, 0.114, true},
        {"2020.mp4", "64x48", "-colorspace bt2020nc -color_range tv", 0.2627, 0.0593, false},
        {"small.mp4", "640x480", "", 0.299, 0.114, false},
        {"large.mp4", "1280x720", "", 0.2126, 0.0722, false},
    };
    static const int codes[3][3] = {{81, 90, 200}, {150, 60, 90}, {120, 170, 110}};
    sp_image8 image = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const int *code = codes[i % 3];
        make_plain(f, cases[i].name, cases[i].size, code[0], code[1], code[2], cases[i].tags);
        first_frame(f, cases[i].name, &image);
        double rgb[3];
        rgb_of(rgb, code[0], code[1], code[2], cases[i].kr, cases[i].kb, cases[i].is_full);
        footage_assert_rgb(&image, 20, 20, rgb[0], rgb[1], rgb[2], 1.01);
    }
    sp_image8_free(&image);
}

// Between black and white every 10-bit step counts: a ramp of codes 64 + 4k + 2 lies between the 8-bit ones.
static void test_ten_bits(void **state)
{
    footage *f = *state;
    footage_make(
        f,
        "-f lavfi -i \"color=c=black:s=256x64:r=25:d=0.2,format=yuv420p10le,geq=lum=64+3*X:cb=512:cr=512\" "
        "-c:v libx265 -x265-params lossless=1:log-level=none -colorspace bt709 -color_range tv ten.mp4");
    sp_image8 image = {0};
    first_frame(f, "ten.mp4", &image);
    for (int x = 0; x < 256; x += 5) {
        double grey = 3.0 * x / 876 * 255;
        footage_assert_rgb(&image, x, 30, grey, grey, grey, 0.76);
    }
    sp_image8_free(&image);
}

// The picture agrees with FFmpeg's own conversion, detail and chroma included.
static void test_against_ffmpeg(void **state)
{
    footage *f = *state;
    footage_make(
        f, "-f lavfi -i testsrc2=s=320x240:r=25:d=1 -c:v libx264 -crf 12 -colorspace bt709 -color_range tv "
           "detail.mp4");
    footage_make(f, "-i detail.mp4 -vf \"select=eq(n\\,13),scale=in_color_matrix=bt709:flags=accurate_rnd+"
                    "full_chroma_int+full_chroma_inp+bicubic,format=gbrp\" -vsync 0 -frames:v 1 -pix_fmt "
                    "rgb24 truth.png");
    sp_source *source = footage_open(f, "detail.mp4");
    sp_image8 image = {0}, truth = {0};
    sp_image a = {0}, b = {0};
    double t_s, psnr;
    assert_int_equal(sp_source_at(source, 13 / 25.0, &image, &t_s), SP_OK);
    assert_int_equal(sp_image8_load(&truth, footage_path(f, "truth.png"), false), SP_OK);
    assert_int_equal(sp_image_from8(&a, &image), SP_OK);
    assert_int_equal(sp_image_from8(&b, &truth), SP_OK);
    assert_int_equal(sp_psnr(&psnr, &a, &b), SP_OK);
    assert_true(psnr > 50);
    sp_image_free(&a);
    sp_image_free(&b);
    sp_image8_free(&image);
    sp_image8_free(&truth);
    sp_source_close(&source);
}

// A picture whose four corners differ, so that every turn and mirror shows.
#define CORNERS                                                                                              \
    "-f lavfi -i "                                                                                           \
    "\"color=c=black:s=96x64:r=25:d=0.2,drawbox=0:0:48:32:red:fill,drawbox=48:0:48:32:lime:fill,"            \
    "drawbox=0:32:48:32:blue:fill,drawbox=48:32:48:32:white:fill\" -c:v libx264 -qp 2 -pix_fmt yuv444p "

static void test_rotation(void **state)
{
    footage *f = *state;
    // As ffplay of the same version shows a file with this tag.
    static const char *const turned[4][4] = {
        {"red", "lime", "blue", "white"}, // 0: corners top left, top right, bottom left, bottom right
        {"lime", "white", "red", "blue"}, // 90
        {"white", "blue", "lime", "red"}, // 180
        {"blue", "red", "white", "lime"}, // 270
    };
    footage_make(f, CORNERS "corners.mp4");
    sp_image8 image = {0};
    for (int k = 0; k < 4; k++) {
        char *arguments = sp_format("-i corners.mp4 -c copy -metadata:s:v rotate=%d turned%d.mp4", 90 * k, k);
        footage_make(f, arguments);
        free(arguments);
        char name[32];
        snprintf(name, sizeof name, "turned%d.mp4", k);
        first_frame(f, name, &image);
        assert_int_equal(image.width, k % 2 ? 64 : 96);
        assert_int_equal(image.height, k % 2 ? 96 : 64);
        for (int corner = 0; corner < 4; corner++) {
            const char *colour = turned[k][corner];
            bool is_white = !strcmp(colour, "white");
            footage_assert_rgb(&image, corner % 2 ? image.width - 12 : 12,
                               corner / 2 ? image.height - 12 : 12, is_white || *colour == 'r' ? 255 : 0,
                               is_white || *colour == 'l' ? 255 : 0, is_white || *colour == 'b' ? 255 : 0, 6);
        }
    }
    sp_image8_free(&image);
}

static void test_pixel_aspect(void **state)
{
    footage *f = *state;
    sp_image8 image = {0};
    footage_make(f, CORNERS "-vf setsar=4/3 wide.mp4");
    first_frame(f, "wide.mp4", &image);
    assert_int_equal(image.width, 128);
    assert_int_equal(image.height, 64);
    footage_assert_rgb(&image, 60, 10, 255, 0, 0, 6); // the border between red and green is at 64 now
    footage_assert_rgb(&image, 68, 10, 0, 255, 0, 6);
    footage_make(f, CORNERS "-vf setsar=1/2 tall.mp4");
    first_frame(f, "tall.mp4", &image);
    assert_int_equal(image.width, 96);
    assert_int_equal(image.height, 128);
    sp_image8_free(&image);
}

// How much rows differ from the mean of their neighbours: large where two fields of a moving picture are
// woven.
static double combing(const sp_image8 *image)
{
    double sum = 0;
    size_t row = (size_t)image->width * 3;
    for (int y = 1; y < image->height - 1; y++)
        for (size_t x = 0; x < row; x++) {
            const uint8_t *p = image->data + (size_t)y * row + x;
            sum += fabs(p[0] - (p[-(ptrdiff_t)row] + p[row]) / 2.0);
        }
    return sum / ((double)row * image->height);
}

// A bar that moves 6 pixels a field.
static void test_interlaced(void **state)
{
    footage *f = *state;
    footage_make(
        f,
        "-f lavfi -i \"color=c=black:s=192x96:r=50:d=1,format=yuv420p,geq=lum='40+"
        "160*lt(mod(X+6*N,96),40)':cb=128:cr=128,interlace=lowpass=0\" -c:v libx264 -qp 4 -flags +ilme+ildct "
        "-x264-params tff=1 -g 6 -bf 2 fields.mp4");
    footage_make(f, "-i fields.mp4 -c copy fields.ts");
    footage_make(f, "-i fields.mp4 -vf \"select=eq(n\\,12)\" -vsync 0 -frames:v 1 woven.png");
    static footage_sequence frames;
    sp_image8 image = {0}, woven = {0};
    assert_int_equal(sp_image8_load(&woven, footage_path(f, "woven.png"), false), SP_OK);
    for (int k = 0; k < 2; k++) {
        sp_source *source = footage_open(f, k ? "fields.ts" : "fields.mp4");
        footage_read_all(source, &frames);
        assert_int_equal(frames.count, 25); // one frame per frame
        for (int i = 0; i < frames.count; i++)
            assert_true(fabs(frames.times[i] - i / 25.0) < 1e-9);
        double t_s;
        for (int i = 22; i >= 2; i -= 5) {
            assert_int_equal(sp_source_at(source, i / 25.0, &image, &t_s), SP_OK);
            assert_int_equal(footage_hash(&image), frames.hashes[i]);
            assert_true(combing(&image) < 0.25 * combing(&woven));
        }
        sp_source_close(&source);
    }
    sp_image8_free(&image);
    sp_image8_free(&woven);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_matrix_and_range, footage_setup, footage_teardown),
        cmocka_unit_test_setup_teardown(test_ten_bits, footage_setup, footage_teardown),
        cmocka_unit_test_setup_teardown(test_against_ffmpeg, footage_setup, footage_teardown),
        cmocka_unit_test_setup_teardown(test_rotation, footage_setup, footage_teardown),
        cmocka_unit_test_setup_teardown(test_pixel_aspect, footage_setup, footage_teardown),
        cmocka_unit_test_setup_teardown(test_interlaced, footage_setup, footage_teardown),
    };
    return cmocka_run_group_tests_name("media pictures", tests, NULL, NULL);
}
