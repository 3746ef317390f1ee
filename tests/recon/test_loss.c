// The loss against its definition in double precision, its gradient against finite differences of that, at
// every level of vector code; and the same bits for any number of threads.
#include "../../src/recon/optimise/loss.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// Neither a whole number of vectors, nor of bands, nor of groups of rows.
#define W 39
#define H 141
#define VALUES (3 * W * H)

static const char *const levels[] = {"baseline", "avx2", "avx512"};

static void fill(sp_image *out, int channels, uint64_t seed)
{
    sp_rng rng = sp_rng_seed(seed, 1);
    assert_int_equal(sp_image_init(out, W, H, channels), SP_OK);
    for (int i = 0; i < W * H * channels; i++)
        out->data[i] = (float)sp_rng_uniform(&rng);
}

typedef struct pictures {
    sp_image seen, wanted, weight, d;
} pictures;

static void pictures_open(pictures *p)
{
    fill(&p->seen, 3, 1);
    fill(&p->wanted, 3, 2);
    fill(&p->weight, 1, 3);
    fill(&p->d, 3, 4);
}

static void pictures_close(pictures *p)
{
    sp_image_free(&p->seen);
    sp_image_free(&p->wanted);
    sp_image_free(&p->weight);
    sp_image_free(&p->d);
}

// 1 - SSIM at a pixel of one channel, by the definition: moments under an 11 x 11 window of zeros beyond the
// border. The pixel at `moved` of that plane counts as `by` more than it is.
static double dssim_at(const float *seen, const float *wanted, int x, int y, int moved, double by)
{
    double total = 0, m[5] = {0};
    for (int i = -5; i <= 5; i++)
        total += exp(-i * i / 4.5);
    for (int dy = -5; dy <= 5; dy++)
        for (int dx = -5; dx <= 5; dx++) {
            int at = (y + dy) * W + x + dx;
            if (x + dx < 0 || x + dx >= W || y + dy < 0 || y + dy >= H)
                continue;
            double k = exp(-(dx * dx + dy * dy) / 4.5) / (total * total);
            double a = (double)seen[at] + (at == moved ? by : 0), b = (double)wanted[at];
            const double values[5] = {a, b, a * a, a * b, b * b};
            for (int i = 0; i < 5; i++)
                m[i] += k * values[i];
        }
    double xx = m[2] - m[0] * m[0], xy = m[3] - m[0] * m[1], yy = m[4] - m[1] * m[1];
    return 1 - (2 * m[0] * m[1] + 1e-4) * (2 * xy + 9e-4) /
                   ((m[0] * m[0] + m[1] * m[1] + 1e-4) * (xx + yy + 9e-4));
}

static double pixel_loss(const pictures *p, int channel, int x, int y, double dssim, int moved, double by)
{
    const float *seen = sp_image_plane(&p->seen, channel), *wanted = sp_image_plane(&p->wanted, channel);
    int at = y * W + x;
    double l1 = fabs((double)seen[at] + (at == moved ? by : 0) - (double)wanted[at]);
    double structure = dssim > 0 ? dssim_at(seen, wanted, x, y, moved, by) : 0;
    return (double)p->weight.data[at] * ((1 - dssim) * l1 + 0.5 * dssim * structure) / VALUES;
}

static double loss_by_definition(const pictures *p, double dssim)
{
    double sum = 0;
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < W * H; i++)
            sum += pixel_loss(p, c, i % W, i / W, dssim, -1, 0);
    return sum;
}

// What the loss grows by when one value does, from the pixels that it reaches.
static double slope_by_definition(const pictures *p, int value, double dssim)
{
    const double step = 1e-6;
    int channel = value / (W * H), at = value % (W * H);
    double difference = 0;
    for (int y = at / W - 5; y <= at / W + 5; y++)
        for (int x = at % W - 5; x <= at % W + 5; x++)
            if (x >= 0 && x < W && y >= 0 && y < H)
                difference += pixel_loss(p, channel, x, y, dssim, at, step) -
                              pixel_loss(p, channel, x, y, dssim, at, -step);
    return difference / (2 * step);
}

static void test_value_and_gradient_of_colour(void **state)
{
    (void)state;
    pictures p;
    pictures_open(&p);
    for (int mode = 0; mode < 3; mode++) {
        double dssim = 0.5 * mode, truth = loss_by_definition(&p, dssim);
        for (int level = 0; level < 3; level++) {
            recon_loss *loss;
            setenv("STILLPOINT_CPU", levels[level], 1);
            assert_int_equal(recon_loss_open(&loss, W, H, NULL), SP_OK);
            double value = recon_loss_rgb(loss, &p.d, &p.seen, &p.wanted, &p.weight, dssim, NULL), worst = 0;
            assert_true(fabs(value - truth) < 2e-6 * truth);
            // All rows near the seams of bands and groups, all columns near the ends of vectors.
            for (int i = 0; i < VALUES; i += 23) {
                double slope = slope_by_definition(&p, i, dssim);
                worst = fmax(worst, fabs(slope - (double)p.d.data[i]) * VALUES);
            }
            print_message("dssim %.1f, %s: slopes within %.1e\n", dssim, levels[level], worst);
            assert_true(worst < 1e-5);
            recon_loss_close(&loss);
        }
    }
    unsetenv("STILLPOINT_CPU");
    pictures_close(&p);
}

static void test_known_values(void **state)
{
    (void)state;
    sp_image a, b, d;
    recon_loss *loss;
    fill(&a, 3, 1);
    fill(&d, 3, 1);
    assert_int_equal(sp_image_copy(&b, &a), SP_OK);
    assert_int_equal(recon_loss_open(&loss, W, H, NULL), SP_OK);
    assert_true(fabs(recon_loss_rgb(loss, &d, &a, &b, NULL, 0.5, NULL)) < 1e-6);
    for (int i = 0; i < VALUES; i++)
        b.data[i] += 0.25f;
    assert_true(fabs(recon_loss_rgb(loss, &d, &a, &b, NULL, 0, NULL) - 0.25) < 1e-5);
    recon_loss_close(&loss);
    sp_image_free(&a);
    sp_image_free(&b);
    sp_image_free(&d);
}

// Scratch for a large picture serves a small one: what the large one left does not show.
static void test_a_smaller_picture(void **state)
{
    (void)state;
    recon_loss *loss;
    pictures p;
    pictures_open(&p);
    sp_image small[3], alone;
    for (int i = 0; i < 3; i++)
        assert_int_equal(sp_image_crop(&small[i], i == 0 ? &p.seen : &p.wanted, 3, 7, 21, 17), SP_OK);
    assert_int_equal(sp_image_copy(&alone, &small[2]), SP_OK);
    for (int run = 0; run < 2; run++) {
        assert_int_equal(recon_loss_open(&loss, run ? W : 21, run ? H : 17, NULL), SP_OK);
        if (run)
            recon_loss_rgb(loss, &p.d, &p.seen, &p.wanted, NULL, 0.2, NULL);
        recon_loss_rgb(loss, run ? &small[2] : &alone, &small[0], &small[1], NULL, 0.2, NULL);
        recon_loss_close(&loss);
    }
    assert_memory_equal(small[2].data, alone.data, 3 * 21 * 17 * sizeof(float));
    for (int i = 0; i < 3; i++)
        sp_image_free(&small[i]);
    sp_image_free(&alone);
    pictures_close(&p);
}

static void test_same_bits_for_any_number_of_threads(void **state)
{
    (void)state;
    pictures p;
    sp_image d[2];
    double value[2];
    pictures_open(&p);
    for (int run = 0; run < 2; run++) {
        sp_pool *pool;
        recon_loss *loss;
        fill(&d[run], 3, 9);
        assert_int_equal(sp_pool_open(&pool, run ? 3 : 1), SP_OK);
        assert_int_equal(recon_loss_open(&loss, W, H, pool), SP_OK);
        value[run] = recon_loss_rgb(loss, &d[run], &p.seen, &p.wanted, NULL, 0.2, pool);
        recon_loss_close(&loss);
        sp_pool_close(&pool);
    }
    assert_memory_equal(&value[0], &value[1], sizeof *value);
    assert_memory_equal(d[0].data, d[1].data, VALUES * sizeof(float));
    sp_image_free(&d[0]);
    sp_image_free(&d[1]);
    pictures_close(&p);
}

static void test_gradient_of_alpha(void **state)
{
    (void)state;
    sp_image alpha, matte, d, other;
    recon_loss *loss;
    fill(&alpha, 1, 1);
    fill(&matte, 1, 2);
    fill(&d, 1, 3);
    fill(&other, 1, 4);
    assert_int_equal(recon_loss_open(&loss, W, H, NULL), SP_OK);
    recon_loss_alpha(loss, &d, &alpha, &matte, NULL, 0.7, NULL);
    for (int i = 0; i < W * H; i += 7) {
        float at = alpha.data[i], step = 1e-2f;
        alpha.data[i] = at + step;
        double above = recon_loss_alpha(loss, &other, &alpha, &matte, NULL, 0.7, NULL);
        alpha.data[i] = at - step;
        double below = recon_loss_alpha(loss, &other, &alpha, &matte, NULL, 0.7, NULL);
        alpha.data[i] = at;
        double e = fabs((double)(at - matte.data[i]));
        if (fabs(e - 0.1) > 0.011)
            assert_true(fabs((above - below) / (2 * (double)step) - (double)d.data[i]) < 2e-5);
    }
    recon_loss_close(&loss);
    sp_image_free(&alpha);
    sp_image_free(&matte);
    sp_image_free(&d);
    sp_image_free(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_value_and_gradient_of_colour),
        cmocka_unit_test(test_known_values),
        cmocka_unit_test(test_a_smaller_picture),
        cmocka_unit_test(test_same_bits_for_any_number_of_threads),
        cmocka_unit_test(test_gradient_of_alpha),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
