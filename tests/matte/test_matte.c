// Mattes and plates of synthetic pictures whose truth is an ellipse.
#include <stillpoint/matte.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define W 320
#define H 240

// A venue: smooth light, boards with hard edges, and fine texture.
static void venue(float rgb[3], int x, int y)
{
    double light = 0.45 + 0.15 * sin(x * 0.02) + 0.1 * cos(y * 0.03),
           board = (x / 40 + y / 60) % 2 ? 0.12 : -0.08;
    double grain = 0.05 * sin(x * 1.3) * cos(y * 0.9);
    rgb[0] = (float)(light + board + grain);
    rgb[1] = (float)(light + 0.5 * board + grain);
    rgb[2] = (float)(light * 1.1 - board + grain);
}

typedef struct weather {
    double gain[3], offset, noise, shadow; // shadow: light left in its middle, 1: none
    int jpeg;                              // 1: through a JPEG file
    double nearness;                       // how many times larger the athlete is; 0: once
} weather;

static bool is_athlete(const weather *w, int x, int y)
{
    double times = w->nearness > 0 ? w->nearness : 1;
    double dx = (x - 170) / (28 * times), dy = (y - 110) / (60 * times);
    return dx * dx + dy * dy < 1;
}

static uint8_t to8(double v)
{
    return (uint8_t)(v < 0 ? 0 : v > 1 ? 255 : v * 255 + 0.5);
}

static void through_jpeg(sp_image8 *image)
{
    char path[] = "/tmp/stillpoint_matte_XXXXXX.jpg";
    int fd = mkstemps(path, 4);
    assert_true(fd >= 0);
    fclose(fdopen(fd, "wb"));
    assert_int_equal(sp_image8_save(image, path), SP_OK);
    sp_image8_free(image);
    assert_int_equal(sp_image8_load(image, path, false), SP_OK);
    remove(path);
}

static void shoot(sp_image8 *out, const weather *w, bool athlete, uint64_t seed)
{
    sp_rng rng = sp_rng_seed(seed, 0);
    assert_int_equal(sp_image8_init(out, W, H, 3), SP_OK);
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) {
            float rgb[3];
            venue(rgb, x, y);
            // A soft shadow on the ground beside the feet.
            double sx = (x - 215) / 60.0, sy = (y - 180) / 22.0, depth = exp(-2 * (sx * sx + sy * sy));
            double light = athlete ? 1 - (1 - w->shadow) * depth : 1;
            for (int c = 0; c < 3; c++) {
                double v = rgb[c] * light;
                if (athlete && is_athlete(w, x, y))
                    v = c == 0 ? 0.85 - 0.2 * sin(y * 0.3) : c == 1 ? 0.25 + 0.1 * sin(x * 0.4) : 0.15;
                out->data[3 * (y * W + x) + c] =
                    to8(w->gain[c] * v + w->offset + w->noise * sp_rng_normal(&rng));
            }
        }
    if (w->jpeg)
        through_jpeg(out);
}

static double overlap(const sp_image *matte, const weather *w)
{
    int both = 0, either = 0;
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) {
            bool truth = is_athlete(w, x, y), ours = matte->data[y * W + x] > 0.5f;
            both += truth && ours;
            either += truth || ours;
        }
    return (double)both / either;
}

static void check(const weather *seen, double least)
{
    const weather calm = {{1, 1, 1}, 0, 0.004, 1, 0, 0};
    sp_image8 plate, image;
    sp_image matte;
    double gains[6];
    shoot(&plate, &calm, false, 1);
    shoot(&image, seen, true, 2);
    assert_int_equal(sp_matte(&matte, gains, &image, &plate, NULL, NULL, NULL), SP_OK);
    print_message("IoU %.3f, gain %.3f of %.3f\n", overlap(&matte, seen), gains[1], seen->gain[1]);
    assert_true(overlap(&matte, seen) > least);
    for (int c = 0; c < 3; c++)
        assert_true(fabs(gains[c] - seen->gain[c]) < 0.03);
    sp_image_free(&matte);
    sp_image8_free(&image);
    sp_image8_free(&plate);
}

static void test_calm(void **state)
{
    (void)state;
    check(&(weather){{1, 1, 1}, 0, 0.004, 1, 0, 0}, 0.95);
}

static void test_noise(void **state)
{
    (void)state;
    check(&(weather){{1, 1, 1}, 0, 4.0 / 255, 1, 0, 0}, 0.93);
    check(&(weather){{1, 1, 1}, 0, 8.0 / 255, 1, 0, 0}, 0.90);
}

static void test_compression(void **state)
{
    (void)state;
    check(&(weather){{1, 1, 1}, 0, 3.0 / 255, 1, 1, 0}, 0.93);
}

static void test_exposure(void **state)
{
    (void)state;
    check(&(weather){{1.15, 1.1, 1.05}, 0.01, 2.0 / 255, 1, 0, 0}, 0.93);
    check(&(weather){{0.85, 0.88, 0.9}, 0, 2.0 / 255, 1, 0, 0}, 0.93);
}

static void test_shadow(void **state)
{
    (void)state;
    check(&(weather){{1, 1, 1}, 0, 2.0 / 255, 0.5, 0, 0}, 0.90);
    check(&(weather){{0.92, 0.93, 0.94}, 0, 3.0 / 255, 0.6, 1, 0}, 0.88);
}

// An athlete so near to the lens that the picture is his by a third, then by nearly half.
static void test_near_the_lens(void **state)
{
    (void)state;
    check(&(weather){.gain = {0.9, 0.92, 0.94}, .noise = 2.0 / 255, .shadow = 1, .nearness = 2.2}, 0.93);
    check(&(weather){.gain = {1, 1, 1}, .noise = 2.0 / 255, .shadow = 1, .nearness = 2.8}, 0.93);
}

static void test_empty_venue(void **state)
{
    (void)state;
    const weather calm = {{1, 1, 1}, 0, 0.004, 1, 0, 0}, grey = {{0.95, 0.95, 0.95}, 0, 5.0 / 255, 1, 1, 0};
    sp_image8 plate, image;
    sp_image matte;
    shoot(&plate, &calm, false, 1);
    shoot(&image, &grey, false, 2);
    assert_int_equal(sp_matte(&matte, NULL, &image, &plate, NULL, NULL, NULL), SP_OK);
    for (int i = 0; i < W * H; i++)
        assert_true(matte.data[i] < 0.5f);
    sp_image_free(&matte);
    sp_image8_free(&image);
    sp_image8_free(&plate);
}

static void test_bad_input(void **state)
{
    (void)state;
    sp_image8 a, b;
    sp_image matte;
    assert_int_equal(sp_image8_init(&a, 20, 10, 3), SP_OK);
    assert_int_equal(sp_image8_init(&b, 10, 20, 3), SP_OK);
    assert_int_equal(sp_matte(&matte, NULL, &a, &b, NULL, NULL, NULL), SP_EINVAL);
    assert_non_null(strstr(sp_error_text(), "20x10"));
    sp_image8_free(&a);
    sp_image8_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calm),        cmocka_unit_test(test_noise),
        cmocka_unit_test(test_compression), cmocka_unit_test(test_exposure),
        cmocka_unit_test(test_shadow),      cmocka_unit_test(test_empty_venue),
        cmocka_unit_test(test_bad_input),   cmocka_unit_test(test_near_the_lens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
