// A camera that is touched while it films: which of its pictures belong together.
#include "../support.h"

#include "../../src/replay/stand.h"

#include <math.h>
#include <string.h>

enum { WIDTH = 240, HEIGHT = 160, COUNT = 11 };

static sp_camera camera = {.id = "cam01",
                           .width = WIDTH,
                           .height = HEIGHT,
                           .fx = 200,
                           .fy = 200,
                           .cx = 120,
                           .cy = 80,
                           .rotation = {{1, 0, 0, 0, 1, 0, 0, 0, 1}}};

// What the camera sees in the direction of a pixel, after a turn about its upright axis.
static void picture(sp_image8 *out, double turn, int mark)
{
    assert_int_equal(sp_image8_init(out, WIDTH, HEIGHT, 3), SP_OK);
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        double x = (i % WIDTH + 0.5 - camera.cx) / camera.fx, y = (i / WIDTH + 0.5 - camera.cy) / camera.fy;
        double a = atan(x) - turn, b = y / sqrt(1 + x * x), value = 0.5;
        for (int k = 1; k < 9; k++)
            value += 0.07 * sin(7 * k * a * cos(k * k) + 6 * k * b * sin(3 * k + 1) + 2 * k);
        memset(out->data + 3 * i, (int)lrint(255 * fmin(fmax(value, 0), 1)), 3);
    }
    out->data[0] = (uint8_t)mark; // which one it was
}

// turned: per picture whether the camera had been touched.
static void check(const char *turned, const char *expected)
{
    sp_image8 samples[COUNT];
    int rest = 0, count = (int)strlen(turned);
    double moved = -1;
    for (int i = 0; i < count; i++)
        picture(&samples[i], turned[i] == '.' ? 0 : 0.04, i);
    assert_int_equal(replay_plate_rest(samples, count, &rest, &moved, &camera, NULL), SP_OK);
    assert_int_equal(rest, (int)strlen(expected));
    for (int i = 0; i < rest; i++)
        assert_int_equal(samples[i].data[0], expected[i] - 'a');
    if (rest == count)
        assert_true(moved == 0);
    else
        assert_true(fabs(moved - 0.04 * 200) < 1.5); // px, more towards the sides
    for (int i = 0; i < count; i++)
        sp_image8_free(&samples[i]);
}

static void the_longest_rest_is_taken(void **state)
{
    (void)state;
    check("...........", "abcdefghijk");
    check(".......####", "abcdefg");
    check("####.......", "efghijk");
    check("..####..###", "cdefijk");
    check("###.#....", "dfghi");
}

static void a_given_plate_is_compared(void **state)
{
    (void)state;
    sp_image8 samples[3];
    replay_plate plate = {.camera = camera};
    picture(&plate.image, 0, 0);
    for (int i = 0; i < 3; i++)
        picture(&samples[i], i == 1 ? 0 : 0.04, i);
    sp_plate_fit fit;
    assert_int_equal(replay_plate_compare(&fit, &plate, samples, 3, NULL), SP_OK);
    assert_true(fit.alike > 0.9 && fabs(fit.moved_px - 8) < 1.5); // moved in two of three
    for (int i = 0; i < 3; i++)
        sp_image8_free(&samples[i]);
    sp_image8_free(&plate.image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_longest_rest_is_taken),
        cmocka_unit_test(a_given_plate_is_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
