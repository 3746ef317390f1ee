// PNG and JPEG in and out. Foreign files and their expected pixels come from PIL and FFmpeg.
#include "helpers.h"

#include <unistd.h>

static void pattern8(sp_image8 *out, int channels, uint64_t seed)
{
    sp_image floats;
    assert_ok(sp_image_init(&floats, 61, 43, channels));
    fill_pattern(&floats, seed, 0.3);
    assert_ok(sp_image_to8(out, &floats));
    sp_image_free(&floats);
}

static void test_png_round_trip(void **state)
{
    (void)state;
    for (int channels = 1; channels <= 4; channels += channels == 1 ? 2 : 1) {
        sp_image8 image, back;
        pattern8(&image, channels, (uint64_t)channels);
        const char *path = in_scratch("a.PNG");
        assert_ok(sp_image8_save(&image, path));
        assert_ok(sp_image8_load(&back, path, true));
        assert_int_equal(back.channels, channels == 1 ? 3 : channels);
        for (int i = 0; i < 61 * 43 * back.channels; i++)
            assert_int_equal(back.data[i], image.data[channels == 1 ? i / 3 : i]);
        sp_image8_free(&back);
        int w = 0, h = 0;
        assert_ok(sp_image_probe(&w, &h, path));
        assert_int_equal(w, 61);
        assert_int_equal(h, 43);
        assert_ok(sp_image8_load(&back, path, false));
        assert_int_equal(back.channels, 3);
        sp_image8_free(&back);
        sp_image8_free(&image);
    }
}

static void test_jpeg_round_trip(void **state)
{
    (void)state;
    for (int channels = 1; channels <= 3; channels += 2) {
        sp_image smooth, decoded;
        sp_image8 image, back;
        assert_ok(sp_image_init(&smooth, 61, 43, channels));
        for (int i = 0; i < 61 * 43 * channels; i++)
            smooth.data[i] = (float)(i % 61) / 122.0f + (float)(i / (61 * 43)) * 0.2f;
        assert_ok(sp_image_to8(&image, &smooth));
        const char *path = in_scratch("a.jpg");
        assert_ok(sp_image8_save(&image, path));
        assert_ok(sp_image8_load(&back, path, false));
        assert_ok(sp_image_from8(&decoded, &back));
        assert_int_equal(back.channels, 3);
        for (int i = 0; i < 61 * 43; i++)
            for (int c = 0; c < 3; c++)
                assert_float_equal(sp_image_plane(&decoded, c)[i],
                                   sp_image_plane(&smooth, channels == 1 ? 0 : c)[i], 4.0 / 255);
        int w = 0, h = 0;
        assert_ok(sp_image_probe(&w, &h, path));
        assert_int_equal(w, 61);
        assert_int_equal(h, 43);
        sp_image_free(&smooth);
        sp_image_free(&decoded);
        sp_image8_free(&image);
        sp_image8_free(&back);
    }
}

static void test_grey16_round_trip(void **state)
{
    (void)state;
    sp_image depth, back;
    assert_ok(sp_image_init(&depth, 5, 2, 1));
    const float values[10] = {0, 1, 255, 256, 65535, 70000, -3, 1234.4f, 1234.6f, 40000};
    const float expected[10] = {0, 1, 255, 256, 65535, 65535, 0, 1234, 1235, 40000};
    memcpy(depth.data, values, sizeof values);
    const char *path = in_scratch("depth.png");
    assert_ok(sp_image_save_grey16(&depth, path));
    assert_ok(sp_image_load_grey(&back, path, true));
    assert_memory_equal(back.data, expected, sizeof expected);
    sp_image_free(&back);
    assert_ok(sp_image_load_grey(&back, path, false));
    assert_float_equal(back.data[9], 40000 / 65535.0, 1e-6);
    sp_image_free(&back);
    sp_image_free(&depth);

    sp_image8 colour;
    pattern8(&colour, 3, 1);
    assert_ok(sp_image8_save(&colour, in_scratch("colour.png")));
    assert_int_equal(sp_image_load_grey(&back, in_scratch("colour.png"), true), SP_EFORMAT);
    assert_non_null(strstr(sp_error_text(), "colour.png"));
    sp_image8_free(&colour);
}

// PIL writes each kind of file and, beside it, the bytes that it reads back from it as RGB or RGBA.
static const char make_files[] =
    "cat > make.py <<'END'\n"
    "from PIL import Image\n"
    "import random\n"
    "random.seed(5)\n"
    "w, h = 33, 21\n"
    "rgb = Image.frombytes('RGB', (w, h), bytes((x * 7 + y * c * 3) % 256 for y in range(h) for x in "
    "range(w) for "
    "c in (1, 2, 3)))\n"
    "a = Image.frombytes('L', (w, h), bytes(random.randrange(256) for _ in range(w * h)))\n"
    "def put(name, image, alpha=False, **options):\n"
    "    image.save(name, **options)\n"
    "    open(name + '.raw', 'wb').write(Image.open(name).convert('RGBA' if alpha else 'RGB').tobytes())\n"
    "put('palette.png', rgb.quantize(17))\n"
    "put('palette4.png', rgb.quantize(4), bits=2)\n"
    "put('grey.png', a)\n"
    "put('bit.png', a.convert('1'))\n"
    "la = Image.merge('LA', (rgb.convert('L'), a)); put('la.png', la, alpha=True)\n"
    "rgba = rgb.copy(); rgba.putalpha(a); put('rgba.png', rgba, alpha=True)\n"
    "put('trns.png', rgb.quantize(8), alpha=True, transparency=3)\n"
    "put('cmyk.jpg', rgb.convert('CMYK'), quality=98)\n"
    "put('grey.jpg', rgb.convert('L'), quality=95)\n"
    "put('progressive.jpg', rgb, quality=95, progressive=True)\n"
    "END\n" PYTHON " make.py";

static void check_against_raw(const char *name, bool keep_alpha, int tolerance)
{
    char raw_name[64];
    snprintf(raw_name, sizeof raw_name, "%s.raw", name);
    char *raw = NULL;
    size_t size = 0;
    assert_ok(sp_file_read(&raw, &size, in_scratch(raw_name), 1 << 20));
    sp_image8 image;
    assert_ok(sp_image8_load(&image, in_scratch(name), keep_alpha));
    assert_int_equal(image.channels, keep_alpha ? 4 : 3);
    assert_int_equal(size, image.width * image.height * image.channels);
    for (size_t i = 0; i < size; i++)
        if (abs((int)image.data[i] - (int)(uint8_t)raw[i]) > tolerance)
            fail_msg("%s: byte %zu is %d, expected %d", name, i, image.data[i], (uint8_t)raw[i]);
    sp_image8_free(&image);
    free(raw);
}

static void test_foreign_files(void **state)
{
    (void)state;
    if (!run_shell(make_files))
        skip();
    check_against_raw("palette.png", false, 0);
    check_against_raw("palette4.png", false, 0);
    check_against_raw("grey.png", false, 0);
    check_against_raw("bit.png", false, 0);
    check_against_raw("la.png", true, 0);
    check_against_raw("rgba.png", true, 0);
    check_against_raw("trns.png", true, 0);
    check_against_raw("cmyk.jpg", false, 1); // PIL rounds the product of inks another way
    check_against_raw("grey.jpg", false, 0);
    check_against_raw("progressive.jpg", false, 0);

    sp_image mask;
    char *raw = NULL;
    assert_ok(sp_file_read(&raw, NULL, in_scratch("grey.png.raw"), 1 << 20));
    assert_ok(sp_image_load_grey(&mask, in_scratch("grey.png"), false));
    for (int i = 0; i < 33 * 21; i++)
        assert_true(mask.data[i] == (float)(uint8_t)raw[3 * i] / 255.0f);
    sp_image_free(&mask);
    free(raw);
}

static void test_16_bit_colour(void **state)
{
    (void)state;
    if (!run_shell("ffmpeg -v error -f lavfi -i testsrc2=s=64x48 -frames:v 1 -pix_fmt rgb48be deep.png && "
                   "ffmpeg -v error -i deep.png -f rawvideo -pix_fmt rgb24 deep.png.raw"))
        skip();
    check_against_raw("deep.png", false, 1); // swscale truncates where we round
}

static void check_cut(const char *path, size_t keep)
{
    char *data = NULL;
    size_t size = 0;
    assert_ok(sp_file_read(&data, &size, path, 1 << 24));
    sp_image8 image = {0};
    int rc = sp_image8_decode(&image, data, keep < size ? keep : size - 12, false, "cut.file");
    assert_int_equal(rc, SP_EFORMAT);
    assert_null(image.data);
    assert_non_null(strstr(sp_error_text(), "cut.file"));
    free(data);
}

static void test_truncated(void **state)
{
    (void)state;
    sp_image8 image;
    pattern8(&image, 3, 9);
    assert_ok(sp_image8_save(&image, in_scratch("whole.png")));
    assert_ok(sp_image8_save(&image, in_scratch("whole.jpg")));
    sp_image8_free(&image);
    const size_t cuts[] = {0, 1, 4, 20, 33, 200, 1000, (size_t)-1};
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        check_cut(in_scratch("whole.png"), cuts[i]);
        check_cut(in_scratch("whole.jpg"), cuts[i]);
    }
}

// A header may claim anything; the claim must not make us allocate.
static void test_giant_claims(void **state)
{
    (void)state;
    sp_image8 image;
    pattern8(&image, 3, 9);
    assert_ok(sp_image8_save(&image, in_scratch("whole.jpg")));
    sp_image8_free(&image);
    char *data = NULL;
    size_t size = 0;
    assert_ok(sp_file_read(&data, &size, in_scratch("whole.jpg"), 1 << 24));
    size_t frame = 0;
    while ((uint8_t)data[frame] != 0xFF || (uint8_t)data[frame + 1] != 0xC0)
        frame++;
    data[frame + 5] = data[frame + 7] = 0x2F;
    assert_int_equal(sp_image8_decode(&image, data, size, false, "giant.jpg"), SP_EFORMAT);
    assert_non_null(strstr(sp_error_text(), "cannot hold"));
    data[frame + 5] = data[frame + 7] = (char)0xFF;
    assert_int_equal(sp_image8_decode(&image, data, size, false, "giant.jpg"), SP_EFORMAT);
    free(data);
}

static void test_wrong_paths(void **state)
{
    (void)state;
    sp_image8 image;
    assert_int_equal(sp_image8_load(&image, in_scratch("absent.png"), false), SP_ENOENT);
    assert_ok(sp_file_write(in_scratch("text.png"), "hello", 5));
    assert_int_equal(sp_image8_load(&image, in_scratch("text.png"), false), SP_EFORMAT);
    assert_non_null(strstr(sp_error_text(), "text.png"));
    pattern8(&image, 4, 2);
    assert_int_equal(sp_image8_save(&image, in_scratch("a.jpg")), SP_EINVAL);
    assert_int_equal(sp_image8_save(&image, in_scratch("a.bmp")), SP_EINVAL);
    assert_int_equal(sp_image8_save(&image, in_scratch("absent/a.png")), SP_EIO);
    assert_int_equal(sp_image8_save(&image, "/dev/full"), SP_EINVAL);
    sp_image8_free(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_png_round_trip),    cmocka_unit_test(test_jpeg_round_trip),
        cmocka_unit_test(test_grey16_round_trip), cmocka_unit_test(test_foreign_files),
        cmocka_unit_test(test_16_bit_colour),     cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_giant_claims),      cmocka_unit_test(test_wrong_paths),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
