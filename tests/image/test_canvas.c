// Drawing: pixels where they must be, text measured and set, SVG whole or not at all.
#include "helpers.h"

#include <stillpoint/canvas.h>

#include <math.h>

static const sp_color white = {1, 1, 1, 1};
static const sp_color red = {1, 0, 0, 1};
static const sp_color half_blue = {0, 0, 1, 0.5};

static const uint8_t *at(const sp_image8 *image, int x, int y)
{
    return image->data + ((size_t)y * (size_t)image->width + (size_t)x) * 4;
}

static void assert_pixel(const sp_image8 *image, int x, int y, int r, int g, int b, int a)
{
    const uint8_t *p = at(image, x, y);
    if (abs(p[0] - r) > 1 || abs(p[1] - g) > 1 || abs(p[2] - b) > 1 || abs(p[3] - a) > 1)
        fail_msg("pixel %d,%d is %d %d %d %d, expected %d %d %d %d", x, y, p[0], p[1], p[2], p[3], r, g, b,
                 a);
}

static void test_shapes(void **state)
{
    (void)state;
    sp_canvas *canvas = NULL;
    sp_image8 image;
    assert_ok(sp_canvas_open(&canvas, 100, 60, NULL));
    const double square[] = {10, 10, 30, 10, 30, 30, 10, 30};
    sp_canvas_polygon(canvas, square, 4, 0, red);
    sp_canvas_line(canvas, 50.5, 0, 50.5, 60, 3, red);
    sp_canvas_circle(canvas, 80, 30, 10, 0, half_blue);
    sp_canvas_circle(canvas, 80, 30, 18, 2, red);
    assert_ok(sp_canvas_finish(canvas, &image));
    assert_int_equal(image.channels, 4);
    assert_pixel(&image, 5, 5, 0, 0, 0, 0);
    assert_pixel(&image, 10, 10, 255, 0, 0, 255);
    assert_pixel(&image, 29, 29, 255, 0, 0, 255);
    assert_pixel(&image, 30, 30, 0, 0, 0, 0);
    assert_pixel(&image, 50, 40, 255, 0, 0, 255);
    assert_pixel(&image, 80, 30, 0, 0, 255, 128);
    assert_pixel(&image, 80, 43, 0, 0, 0, 0);
    assert_pixel(&image, 80, 47, 255, 0, 0, 255);
    sp_image8 again;
    assert_int_equal(sp_canvas_finish(canvas, &again), SP_EINVAL);
    sp_canvas_close(&canvas);
    assert_null(canvas);
    sp_canvas_close(&canvas);
    sp_image8_free(&image);
}

static double ink(const sp_image8 *image, int x0, int x1)
{
    double sum = 0;
    for (int y = 0; y < image->height; y++)
        for (int x = x0; x < x1; x++)
            sum += (255 - at(image, x, y)[1]) / 255.0;
    return sum;
}

static void test_text(void **state)
{
    (void)state;
    sp_canvas *canvas = NULL;
    sp_image8 image;
    assert_ok(sp_canvas_open(&canvas, 300, 50, NULL));
    sp_canvas_fill_all(canvas, white);
    double width = sp_canvas_text_width(canvas, 20, false, "cam_12");
    assert_true(width > 40 && width < 110);
    assert_float_equal(sp_canvas_text_width(canvas, 40, false, "cam_12"), 2 * width, 0.05 * width);
    assert_true(sp_canvas_text_width(canvas, 20, true, "cam_12") > width);
    sp_canvas_text(canvas, 290, 30, 20, 1.0, false, "cam_12", red);
    assert_ok(sp_canvas_finish(canvas, &image));
    assert_true(ink(&image, (int)(290 - width), 290) > 50);
    assert_true(ink(&image, 0, (int)(290 - width) - 2) < 0.01);
    sp_canvas_close(&canvas);
    sp_image8_free(&image);
}

static void test_pictures(void **state)
{
    (void)state;
    sp_canvas *canvas = NULL;
    sp_image8 picture, image;
    assert_ok(sp_canvas_open(&canvas, 40, 20, NULL));
    assert_ok(sp_image8_init(&picture, 2, 1, 3));
    const uint8_t colours[6] = {10, 20, 30, 200, 100, 50};
    memcpy(picture.data, colours, 6);
    assert_ok(sp_canvas_image(canvas, &picture, 10, 5, 20, 10));
    sp_image8_free(&picture);
    assert_ok(sp_image8_init(&picture, 1, 1, 4));
    const uint8_t veil[4] = {250, 120, 60, 128};
    memcpy(picture.data, veil, 4);
    assert_ok(sp_canvas_image(canvas, &picture, 0, 0, 4, 4));
    sp_image8_free(&picture);
    assert_ok(sp_image8_init(&picture, 1, 1, 1));
    picture.data[0] = 77;
    assert_ok(sp_canvas_image(canvas, &picture, 36, 0, 4, 4));
    assert_ok(sp_canvas_finish(canvas, &image));
    assert_pixel(&image, 11, 10, 10, 20, 30, 255);
    assert_pixel(&image, 28, 10, 200, 100, 50, 255);
    assert_pixel(&image, 32, 10, 0, 0, 0, 0);
    assert_pixel(&image, 1, 1, 250, 120, 60, 128);
    assert_pixel(&image, 38, 1, 77, 77, 77, 255);
    sp_image8_free(&picture);
    sp_image8_free(&image);
    sp_canvas_close(&canvas);
}

static void test_svg(void **state)
{
    (void)state;
    sp_canvas *canvas = NULL;
    const char *path = in_scratch("map.svg");
    assert_ok(sp_canvas_open(&canvas, 120, 80, path));
    sp_canvas_fill_all(canvas, white);
    sp_canvas_circle(canvas, 60, 40, 20, 0, red);
    assert_false(sp_file_exists(path));
    assert_ok(sp_canvas_finish(canvas, NULL));
    sp_canvas_close(&canvas);
    char *text = NULL;
    assert_ok(sp_file_read(&text, NULL, path, 1 << 20));
    assert_non_null(strstr(text, "<svg"));
    assert_non_null(strstr(text, "width=\"120px\""));
    assert_non_null(strstr(text, "</svg>"));
    free(text);

    assert_ok(sp_canvas_open(&canvas, 120, 80, in_scratch("dropped.svg")));
    sp_canvas_close(&canvas);
    assert_false(sp_file_exists(in_scratch("dropped.svg")));

    assert_ok(sp_canvas_open(&canvas, 120, 80, in_scratch("absent/map.svg")));
    assert_int_equal(sp_canvas_finish(canvas, NULL), SP_EIO);
    assert_non_null(strstr(sp_error_text(), "absent/map.svg"));
    sp_canvas_close(&canvas);
}

static void test_bad_arguments(void **state)
{
    (void)state;
    sp_canvas *canvas = NULL;
    assert_int_equal(sp_canvas_open(&canvas, 0, 80, NULL), SP_EINVAL);
    assert_int_equal(sp_canvas_open(&canvas, 80, NAN, NULL), SP_EINVAL);
    assert_int_equal(sp_canvas_open(&canvas, 80, 1e9, NULL), SP_EINVAL);
    assert_null(canvas);
    assert_ok(sp_canvas_open(&canvas, 8, 8, NULL));
    assert_int_equal(sp_canvas_finish(canvas, NULL), SP_EINVAL);
    sp_canvas_close(&canvas);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes), cmocka_unit_test(test_text),          cmocka_unit_test(test_pictures),
        cmocka_unit_test(test_svg),    cmocka_unit_test(test_bad_arguments),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
