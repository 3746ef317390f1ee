// Conversion, cropping, colour, resampling, blur: against closed forms.
#include "helpers.h"

#include <math.h>

static void test_sizes_are_checked(void **state)
{
    (void)state;
    sp_image image = {0};
    sp_image8 image8 = {0};
    assert_int_equal(sp_image_init(&image, 0, 4, 3), SP_EINVAL);
    assert_int_equal(sp_image_init(&image, 4, 65536, 3), SP_EINVAL);
    assert_int_equal(sp_image_init(&image, 4, 4, 0), SP_EINVAL);
    assert_int_equal(sp_image8_init(&image8, 4, 4, 2), SP_EINVAL);
    assert_null(image.data);
    assert_null(image8.data);
    assert_ok(sp_image_init(&image, 65535, 1, 1));
    assert_int_equal((uintptr_t)image.data % 64, 0);
    sp_image_free(&image);
    assert_null(image.data);
    sp_image_free(&image);
    sp_image_free(NULL);
}

static void test_bytes_and_floats(void **state)
{
    (void)state;
    for (int channels = 1; channels <= 4; channels += channels == 1 ? 2 : 1) {
        sp_image8 bytes;
        assert_ok(sp_image8_init(&bytes, 256, 2, channels));
        for (int i = 0; i < 512 * channels; i++)
            bytes.data[i] = (uint8_t)(i * 7 / channels);
        sp_image floats;
        sp_image8 back;
        assert_ok(sp_image_from8(&floats, &bytes));
        for (int i = 0; i < 512; i++)
            for (int c = 0; c < channels; c++)
                assert_true(sp_image_plane(&floats, c)[i] == (float)bytes.data[i * channels + c] / 255.0f);
        assert_ok(sp_image_to8(&back, &floats));
        assert_memory_equal(back.data, bytes.data, (size_t)(512 * channels));
        sp_image8_free(&bytes);
        sp_image8_free(&back);
        sp_image_free(&floats);
    }
}

static void test_to8_clamps_and_rounds(void **state)
{
    (void)state;
    const float values[] = {-1.0f, 2.0f, NAN, INFINITY, -INFINITY, 0.5f / 255, 0.49f / 255, 127.5f / 255};
    const int expected[] = {0, 255, 0, 255, 0, 1, 0, 128};
    sp_image floats;
    sp_image8 bytes;
    assert_ok(sp_image_init(&floats, 8, 1, 1));
    memcpy(floats.data, values, sizeof values);
    assert_ok(sp_image_to8(&bytes, &floats));
    for (int i = 0; i < 8; i++)
        assert_int_equal(bytes.data[i], expected[i]);
    sp_image_free(&floats);
    sp_image8_free(&bytes);
}

static void test_crop(void **state)
{
    (void)state;
    sp_image image, cut;
    assert_ok(sp_image_init(&image, 10, 8, 2));
    for (int i = 0; i < 160; i++)
        image.data[i] = (float)i;
    assert_ok(sp_image_crop(&cut, &image, 3, 2, 7, 6));
    for (int c = 0; c < 2; c++)
        for (int y = 0; y < 6; y++)
            for (int x = 0; x < 7; x++)
                assert_true(sp_image_plane(&cut, c)[y * 7 + x] == (float)(c * 80 + (y + 2) * 10 + x + 3));
    sp_image_free(&cut);
    assert_int_equal(sp_image_crop(&cut, &image, 3, 2, 8, 6), SP_EINVAL);
    assert_int_equal(sp_image_crop(&cut, &image, -1, 2, 3, 3), SP_EINVAL);
    assert_int_equal(sp_image_crop(&cut, &image, 3, 2, 2147483647, 3), SP_EINVAL);
    sp_image_free(&image);
    sp_image8 bytes;
    assert_ok(sp_image8_init(&bytes, 10, 8, 3));
    for (int k = 0; k < 3 * 10 * 8; k++)
        bytes.data[k] = (uint8_t)k;
    assert_ok(sp_image_crop8(&cut, &bytes, 3, 2, 7, 6));
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < 6; y++)
            for (int x = 0; x < 7; x++)
                assert_true(sp_image_plane(&cut, c)[y * 7 + x] ==
                            (float)(3 * ((y + 2) * 10 + x + 3) + c) / 255.0f);
    sp_image_free(&cut);
    assert_int_equal(sp_image_crop8(&cut, &bytes, 3, 2, 8, 6), SP_EINVAL);
    sp_image8_free(&bytes);
}

// Values of the standard's formula, computed with 40 digits.
static void test_srgb(void **state)
{
    (void)state;
    const double table[][2] = {{0, 0},
                               {0.04, 0.0030959752321981426},
                               {0.04045, 0.0031308049535603713},
                               {0.5, 0.21404114048223255},
                               {128 / 255.0, 0.21586050011389926},
                               {0.9, 0.7874122893956174},
                               {1, 1}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        assert_float_equal(sp_srgb_to_linear((float)table[i][0]), table[i][1], 2e-7);
        assert_float_equal(sp_srgb_from_linear((float)table[i][1]), table[i][0], 5e-7);
    }
    for (int i = 0; i <= 1000; i++)
        assert_float_equal(sp_srgb_from_linear(sp_srgb_to_linear((float)i / 1000)), i / 1000.0, 2e-6);
}

static void resize_constant(int w, int h)
{
    sp_image image, resized;
    assert_ok(sp_image_init(&image, 37, 23, 3));
    for (int i = 0; i < 37 * 23 * 3; i++)
        image.data[i] = 0.3f;
    assert_ok(sp_image_resize(&resized, &image, w, h));
    for (int i = 0; i < w * h * 3; i++)
        assert_float_equal(resized.data[i], 0.3, 1e-6);
    sp_image_free(&image);
    sp_image_free(&resized);
}

static void test_resize_keeps_constants(void **state)
{
    (void)state;
    resize_constant(37, 23);
    resize_constant(11, 7);
    resize_constant(1, 1);
    resize_constant(100, 90);
    resize_constant(10, 90);
    resize_constant(90, 10);
}

// Integral from 0 to t of the ramp k + 0.5 over pixel k, which is constant within a pixel.
static double ramp_integral(double t)
{
    double k = floor(t);
    return k * k / 2 + (t - k) * (k + 0.5);
}

// Mean of that ramp over output pixel i of to, or, when growing, the ramp itself at its centre.
static double ramp_expected(int i, int from, int to)
{
    double scale = (double)from / to;
    if (to > from)
        return (i + 0.5) * scale;
    return (ramp_integral((i + 1) * scale) - ramp_integral(i * scale)) / scale;
}

// value(x, y) = x + 10 y at pixel centres. Away from the border Catmull-Rom reproduces a ramp exactly.
static void resize_ramp(int w, int h, int border)
{
    const int from_w = 40, from_h = 30;
    sp_image image, resized;
    assert_ok(sp_image_init(&image, from_w, from_h, 1));
    for (int y = 0; y < from_h; y++)
        for (int x = 0; x < from_w; x++)
            image.data[y * from_w + x] = (float)((x + 0.5) + 10 * (y + 0.5));
    assert_ok(sp_image_resize(&resized, &image, w, h));
    for (int y = border; y < h - border; y++)
        for (int x = border; x < w - border; x++)
            assert_float_equal(resized.data[y * w + x],
                               ramp_expected(x, from_w, w) + 10 * ramp_expected(y, from_h, h), 2e-4);
    sp_image_free(&image);
    sp_image_free(&resized);
}

static void test_resize_ramps(void **state)
{
    (void)state;
    resize_ramp(40, 30, 0);
    resize_ramp(20, 15, 0);
    resize_ramp(17, 11, 0);
    resize_ramp(1, 1, 0);
    resize_ramp(80, 60, 4);
    resize_ramp(93, 77, 6);
}

// The area average keeps the mean of any picture; at an integer ratio it is the mean of each block.
static void test_resize_area(void **state)
{
    (void)state;
    sp_image image, resized;
    assert_ok(sp_image_init(&image, 60, 45, 1));
    fill_pattern(&image, 3, 0.4);
    assert_ok(sp_image_resize(&resized, &image, 20, 15));
    for (int y = 0; y < 15; y++)
        for (int x = 0; x < 20; x++) {
            double sum = 0;
            for (int j = 0; j < 9; j++)
                sum += (double)image.data[(3 * y + j / 3) * 60 + 3 * x + j % 3];
            assert_float_equal(resized.data[y * 20 + x], sum / 9, 1e-6);
        }
    sp_image_free(&resized);
    assert_ok(sp_image_resize(&resized, &image, 17, 13));
    double before = 0, after = 0;
    for (int i = 0; i < 60 * 45; i++)
        before += (double)image.data[i] / (60 * 45);
    for (int i = 0; i < 17 * 13; i++)
        after += (double)resized.data[i] / (17 * 13);
    assert_float_equal(after, before, 1e-6);
    sp_image_free(&resized);
    sp_image_free(&image);
}

// Against the definition: a dense two-dimensional sum in double precision, mirrored index by index.
static void blur_once(int w, int h, double sigma, double truncate)
{
    sp_image image, blurred;
    assert_ok(sp_image_init(&image, w, h, 2));
    fill_pattern(&image, 11, 0.5);
    assert_ok(sp_image_copy(&blurred, &image));
    assert_ok(sp_image_blur(&blurred, sigma, truncate));
    int radius = (int)(truncate * sigma + 0.5);
    for (int c = 0; c < 2; c++)
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++) {
                double sum = 0, weights = 0;
                for (int j = -radius; j <= radius; j++)
                    for (int i = -radius; i <= radius; i++) {
                        int sx = x + i, sy = y + j;
                        while (sx < 0 || sx >= w)
                            sx = sx < 0 ? -1 - sx : 2 * w - 1 - sx;
                        while (sy < 0 || sy >= h)
                            sy = sy < 0 ? -1 - sy : 2 * h - 1 - sy;
                        double weight = exp(-0.5 * (i * i + j * j) / (sigma * sigma));
                        sum += weight * (double)sp_image_plane(&image, c)[sy * w + sx];
                        weights += weight;
                    }
                assert_float_equal(sp_image_plane(&blurred, c)[y * w + x], sum / weights, 1e-6);
            }
    sp_image_free(&image);
    sp_image_free(&blurred);
}

static void test_blur(void **state)
{
    (void)state;
    blur_once(31, 19, 1.5, 3.5);
    blur_once(20, 17, 2.2, 4.0);
    blur_once(3, 2, 1.5, 3.5);
    blur_once(1, 1, 3.0, 4.0);
    blur_once(9, 9, 0.1, 1.0);
    sp_image image;
    assert_ok(sp_image_init(&image, 4, 4, 1));
    assert_int_equal(sp_image_blur(&image, 0, 3), SP_EINVAL);
    assert_int_equal(sp_image_blur(&image, NAN, 3), SP_EINVAL);
    sp_image_free(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes_are_checked),
        cmocka_unit_test(test_bytes_and_floats),
        cmocka_unit_test(test_to8_clamps_and_rounds),
        cmocka_unit_test(test_crop),
        cmocka_unit_test(test_srgb),
        cmocka_unit_test(test_resize_keeps_constants),
        cmocka_unit_test(test_resize_ramps),
        cmocka_unit_test(test_resize_area),
        cmocka_unit_test(test_blur),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
