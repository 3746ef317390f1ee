// Plates from feeds in which somebody stands about.
#include <stillpoint/matte.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define W 64
#define H 48
#define SAMPLES 25

static int venue(int x, int y, int c)
{
    return 60 + (x * 3 + y * 2 + c * 40) % 120;
}

// Somebody stands at the left for 40% of the time in clothes that change with the light, and walks on.
static void shoot(sp_image8 *out, int index)
{
    sp_rng rng = sp_rng_seed((uint64_t)index, 3);
    assert_int_equal(sp_image8_init(out, W, H, 3), SP_OK);
    int left = index < 10 ? 10 : 10 + (index - 9) * 3;
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++)
            for (int c = 0; c < 3; c++) {
                bool body = x >= left && x < left + 12 && y > 10;
                double v =
                    body ? 230 - 8 * c + 9 * sp_rng_normal(&rng) : venue(x, y, c) + 2 * sp_rng_normal(&rng);
                out->data[3 * (y * W + x) + c] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
            }
}

static void test_who_stands_is_not_venue(void **state)
{
    (void)state;
    sp_image8 samples[SAMPLES], plate;
    sp_image spread;
    for (int i = 0; i < SAMPLES; i++)
        shoot(&samples[i], i);
    assert_int_equal(sp_plate_estimate(&plate, &spread, samples, SAMPLES, NULL), SP_OK);
    double sum = 0;
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++)
            for (int c = 0; c < 3; c++) {
                double off = fabs(plate.data[3 * (y * W + x) + c] - (double)venue(x, y, c));
                assert_true(off < 8);
                sum += off;
            }
    assert_true(sum / (3 * W * H) < 1.5);
    for (int i = 0; i < W * H; i++)
        assert_true(spread.data[i] < 6.0f / 255);
    for (int i = 0; i < SAMPLES; i++)
        sp_image8_free(&samples[i]);
    sp_image8_free(&plate);
    sp_image_free(&spread);
}

static void test_bad_samples(void **state)
{
    (void)state;
    sp_image8 samples[2], plate;
    assert_int_equal(sp_plate_estimate(&plate, NULL, NULL, 0, NULL), SP_EINVAL);
    assert_int_equal(sp_image8_init(&samples[0], 8, 8, 3), SP_OK);
    assert_int_equal(sp_image8_init(&samples[1], 9, 8, 3), SP_OK);
    assert_int_equal(sp_plate_estimate(&plate, NULL, samples, 2, NULL), SP_EINVAL);
    assert_non_null(strstr(sp_error_text(), "9x8"));
    sp_image8_free(&samples[0]);
    sp_image8_free(&samples[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_stands_is_not_venue),
        cmocka_unit_test(test_bad_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
