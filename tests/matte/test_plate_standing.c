// Plates from feeds in which somebody stands in one place for most of the time, against the venue they were
// painted on.
#include <stillpoint/matte.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define W 160
#define H 120
#define SAMPLES 40
#define LEAVES 30 // stands in samples before this one, is gone after

typedef struct feed {
    bool has_drift;  // of exposure
    bool never_ends; // he stays, leaning far to both sides, so that only his middle is always covered
    sp_image8 samples[SAMPLES];
} feed;

// Boards, a floor with a gradient, fine texture.
static double venue(int x, int y, int c)
{
    double board = y < 70 ? ((x / 23) % 2 ? 40 : 0) - 12 * c : 20 + 8 * c;
    return 80 + board + 0.3 * y + 4 * sin(x * 0.9) * cos(y * 0.7);
}

// An upright body of one colour with shading, which sways.
static bool body(double *colour, int x, int y, int c, int index, double reach_px)
{
    double sway = reach_px * sin(index * 0.7), dx = (x - 80 - sway) / 16, dy = (y - 62) / 44.0;
    if (dx * dx + dy * dy >= 1)
        return false;
    *colour = 178 - 30 * c + 22 * dx + 6 * sin(index * 0.4 + y * 0.1);
    return true;
}

static void paint(sp_image8 *out, const feed *f, int index)
{
    sp_rng rng = sp_rng_seed((uint64_t)index, 11);
    double gain = f->has_drift ? 1 + 0.08 * sin(index * 0.25) : 1;
    assert_int_equal(sp_image8_init(out, W, H, 3), SP_OK);
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++)
            for (int c = 0; c < 3; c++) {
                double value = venue(x, y, c);
                if (index < LEAVES || f->never_ends)
                    (void)body(&value, x, y, c, index, f->never_ends ? 10 : 2);
                value = gain * value + 2 * sp_rng_normal(&rng);
                out->data[3 * (y * W + x) + c] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value + 0.5);
            }
}

static void shoot(feed *f)
{
    for (int i = 0; i < SAMPLES; i++)
        paint(&f->samples[i], f, i);
}

static void feed_free(feed *f)
{
    for (int i = 0; i < SAMPLES; i++)
        sp_image8_free(&f->samples[i]);
}

static bool ever_covered(int x, int y)
{
    double colour;
    for (int i = 0; i < LEAVES; i++)
        if (body(&colour, x, y, 0, i, 2))
            return true;
    return false;
}

// Peak signal to noise against the venue where the body ever was, up to one exposure of all.
static double psnr_where_covered(const sp_image8 *plate)
{
    double ratio = 0, squares = 0;
    int others = 0, covered = 0;
    for (int i = 0; i < W * H; i++)
        if (!ever_covered(i % W, i / W)) {
            ratio += plate->data[3 * i] / venue(i % W, i / W, 0);
            others++;
        }
    ratio /= others;
    for (int i = 0; i < W * H; i++)
        for (int c = 0; c < 3 && ever_covered(i % W, i / W); c++) {
            double off = plate->data[3 * i + c] - ratio * venue(i % W, i / W, c);
            squares += off * off;
            covered++;
        }
    return 10 * log10(255 * 255.0 * covered / squares);
}

static void test_three_quarters(void **state)
{
    (void)state;
    for (int drift = 0; drift < 2; drift++) {
        feed f = {.has_drift = drift};
        sp_image8 plate;
        shoot(&f);
        assert_int_equal(sp_plate_estimate(&plate, NULL, f.samples, SAMPLES, NULL), SP_OK);
        double psnr = psnr_where_covered(&plate);
        print_message("%s drift: %.1f dB where he stood\n", drift ? "with" : "without", psnr);
        assert_true(psnr > 36);
        sp_image8_free(&plate);
        feed_free(&f);
    }
}

static void test_who_never_leaves_is_unseen(void **state)
{
    (void)state;
    feed f = {.never_ends = true};
    sp_image8 plate;
    sp_image spread;
    shoot(&f);
    assert_int_equal(sp_plate_estimate(&plate, &spread, f.samples, SAMPLES, NULL), SP_OK);
    int inside = 0, unseen_inside = 0, outside = 0, unseen_outside = 0;
    for (int i = 0; i < W * H; i++) {
        double dx = (i % W - 80) / 5.0, dy = (i / W - 62) / 30.0;
        bool is_unseen = spread.data[i] >= SP_PLATE_UNSEEN;
        if (dx * dx + dy * dy < 1) {
            inside++;
            unseen_inside += is_unseen;
        } else if (abs(i % W - 80) > 30 || abs(i / W - 62) > 48) {
            outside++;
            unseen_outside += is_unseen;
        }
    }
    print_message("never seen: %d of %d where he stands, %d of %d elsewhere\n", unseen_inside, inside,
                  unseen_outside, outside);
    assert_true(unseen_inside > 0.9 * inside);
    assert_true(unseen_outside < 0.002 * outside);
    sp_image_free(&spread);
    sp_image8_free(&plate);
    feed_free(&f);
}

static void test_threads_do_not_matter(void **state)
{
    (void)state;
    feed f = {.has_drift = true};
    sp_image8 one, many;
    sp_image spread_one, spread_many;
    sp_pool *pool;
    shoot(&f);
    assert_int_equal(sp_pool_open(&pool, 3), SP_OK);
    assert_int_equal(sp_plate_estimate(&one, &spread_one, f.samples, SAMPLES, NULL), SP_OK);
    assert_int_equal(sp_plate_estimate(&many, &spread_many, f.samples, SAMPLES, pool), SP_OK);
    assert_memory_equal(one.data, many.data, 3 * W * H);
    assert_memory_equal(spread_one.data, spread_many.data, W * H * sizeof(float));
    sp_pool_close(&pool);
    sp_image8_free(&one);
    sp_image8_free(&many);
    sp_image_free(&spread_one);
    sp_image_free(&spread_many);
    feed_free(&f);
}

// Few samples and tiny pictures are no reason to fail.
static void test_little_footage(void **state)
{
    (void)state;
    for (int count = 1; count <= 3; count++) {
        sp_image8 samples[3], plate;
        sp_image spread;
        for (int i = 0; i < count; i++) {
            assert_int_equal(sp_image8_init(&samples[i], 3, 2, 3), SP_OK);
            memset(samples[i].data, 90 + i, 18);
        }
        assert_int_equal(sp_plate_estimate(&plate, &spread, samples, count, NULL), SP_OK);
        for (int k = 0; k < 18; k++)
            assert_in_range(plate.data[k], 89, 93);
        for (int i = 0; i < count; i++)
            sp_image8_free(&samples[i]);
        sp_image8_free(&plate);
        sp_image_free(&spread);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_three_quarters),
        cmocka_unit_test(test_who_never_leaves_is_unseen),
        cmocka_unit_test(test_threads_do_not_matter),
        cmocka_unit_test(test_little_footage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
