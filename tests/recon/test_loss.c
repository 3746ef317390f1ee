// The loss against closed forms, and its gradient against finite differences.
#include "../../src/recon/loss.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define W 23
#define H 17

static void fill(sp_image *out, int channels, uint64_t seed)
{
    sp_rng rng = sp_rng_seed(seed, 1);
    assert_int_equal(sp_image_init(out, W, H, channels), SP_OK);
    for (int i = 0; i < W * H * channels; i++)
        out->data[i] = (float)sp_rng_uniform(&rng);
}

static void test_gradient_of_colour(void **state)
{
    (void)state;
    sp_image seen, wanted, weight, d, other;
    recon_loss *loss;
    fill(&seen, 3, 1);
    fill(&wanted, 3, 2);
    fill(&weight, 1, 3);
    fill(&d, 3, 4);
    fill(&other, 3, 5);
    assert_int_equal(recon_loss_open(&loss, W * H), SP_OK);
    for (int mode = 0; mode < 3; mode++) {
        double dssim = 0.5 * mode;
        recon_loss_rgb(loss, &d, &seen, &wanted, &weight, dssim, NULL);
        for (int i = 5; i < 3 * W * H; i += 97) {
            float at = seen.data[i], step = 2e-3f;
            seen.data[i] = at + step;
            double above = recon_loss_rgb(loss, &other, &seen, &wanted, &weight, dssim, NULL);
            seen.data[i] = at - step;
            double below = recon_loss_rgb(loss, &other, &seen, &wanted, &weight, dssim, NULL);
            seen.data[i] = at;
            double measured = (above - below) / (2 * (double)step);
            assert_true(fabs(measured - (double)d.data[i]) < 0.02 * fabs(measured) + 2e-6);
        }
    }
    recon_loss_close(&loss);
    sp_image_free(&seen);
    sp_image_free(&wanted);
    sp_image_free(&weight);
    sp_image_free(&d);
    sp_image_free(&other);
}

static void test_known_values(void **state)
{
    (void)state;
    sp_image a, b, d;
    recon_loss *loss;
    fill(&a, 3, 1);
    fill(&d, 3, 1);
    assert_int_equal(sp_image_copy(&b, &a), SP_OK);
    assert_int_equal(recon_loss_open(&loss, W * H), SP_OK);
    assert_true(fabs(recon_loss_rgb(loss, &d, &a, &b, NULL, 0.5, NULL)) < 1e-6);
    for (int i = 0; i < 3 * W * H; i++)
        b.data[i] += 0.25f;
    assert_true(fabs(recon_loss_rgb(loss, &d, &a, &b, NULL, 0, NULL) - 0.25) < 1e-5);
    recon_loss_close(&loss);
    sp_image_free(&a);
    sp_image_free(&b);
    sp_image_free(&d);
}

static void test_gradient_of_alpha(void **state)
{
    (void)state;
    sp_image alpha, matte, d, other;
    fill(&alpha, 1, 1);
    fill(&matte, 1, 2);
    fill(&d, 1, 3);
    fill(&other, 1, 4);
    recon_loss_alpha(&d, &alpha, &matte, NULL, 0.7);
    for (int i = 0; i < W * H; i += 7) {
        float at = alpha.data[i], step = 1e-2f;
        alpha.data[i] = at + step;
        double above = recon_loss_alpha(&other, &alpha, &matte, NULL, 0.7);
        alpha.data[i] = at - step;
        double below = recon_loss_alpha(&other, &alpha, &matte, NULL, 0.7);
        alpha.data[i] = at;
        double e = fabs((double)(at - matte.data[i]));
        if (fabs(e - 0.1) > 0.011)
            assert_true(fabs((above - below) / (2 * (double)step) - (double)d.data[i]) < 2e-5);
    }
    sp_image_free(&alpha);
    sp_image_free(&matte);
    sp_image_free(&d);
    sp_image_free(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradient_of_colour),
        cmocka_unit_test(test_known_values),
        cmocka_unit_test(test_gradient_of_alpha),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
