// Adam against its definition in double precision, at every level of vector code; the bounds; what is left
// alone; and the same bits for any number of threads.
#include "../../src/recon/optimise/adam.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// More than one chunk, and no whole number of vectors.
#define SPLATS 1237
#define STEPS 40
#define DEGREE 1
#define ROWS (SP_ROW_SH + 12)

static const char *const levels[] = {"baseline", "avx2", "avx512"};
static const recon_rates rates = {.position_m = 2e-3,
                                  .log_scale = 0.01,
                                  .rotation = 0.02,
                                  .opacity = 0.05,
                                  .colour = 0.02,
                                  .sh_rest = 0.003};
static const recon_bounds wide = {-50, 50, 100, 100};

static double rate_of(int row)
{
    return row < 3    ? rates.position_m
           : row < 6  ? rates.log_scale
           : row < 10 ? rates.rotation
           : row < 11 ? rates.opacity
           : row < 14 ? rates.colour
                      : rates.sh_rest;
}

static void make_cloud(sp_splat_cloud *out)
{
    sp_rng rng = sp_rng_seed(3, 0);
    assert_int_equal(sp_splat_cloud_init(out, SPLATS, DEGREE), SP_OK);
    out->count = SPLATS;
    for (int row = 0; row < ROWS; row++)
        for (int i = 0; i < SPLATS; i++)
            sp_splat_row(out, row)[i] = (float)sp_rng_normal(&rng);
}

// A splat is seen in two of three steps, every seventh in none; even the others have something in their
// gradient.
static void make_gradient(sp_splat_cloud *gradient, uint8_t *visible, int step)
{
    sp_rng rng = sp_rng_seed(4, (uint64_t)step);
    for (int row = 0; row < ROWS; row++)
        for (int i = 0; i < SPLATS; i++)
            sp_splat_row(gradient, row)[i] = (float)(pow(10, row % 5 - 6) * (0.3 + sp_rng_normal(&rng)));
    for (int i = 0; i < SPLATS; i++)
        visible[i] = i % 7 != 0 && (i + step) % 3 != 0;
}

static void run(sp_splat_cloud *cloud, const recon_bounds *bounds, sp_pool *pool)
{
    recon_adam adam;
    sp_splat_cloud gradient;
    uint8_t *visible = sp_calloc(SPLATS, 1);
    assert_non_null(visible);
    assert_int_equal(recon_adam_init(&adam, cloud), SP_OK);
    assert_int_equal(sp_splat_cloud_init(&gradient, SPLATS, DEGREE), SP_OK);
    gradient.count = SPLATS;
    for (int step = 0; step < STEPS; step++) {
        make_gradient(&gradient, visible, step);
        recon_adam_step(&adam, cloud, &gradient, visible, &rates, bounds, pool);
        for (int row = 0; row < ROWS; row++)
            for (int i = 0; i < SPLATS; i++)
                assert_true(sp_splat_row(&gradient, row)[i] == 0);
    }
    sp_splat_cloud_free(&gradient);
    recon_adam_free(&adam);
    free(visible);
}

// Kingma and Ba, algorithm 1, for what is seen; then quaternions of unit length, logits within 9.
static void run_by_definition(double (*p)[SPLATS], const sp_splat_cloud *start)
{
    static double m[ROWS][SPLATS], v[ROWS][SPLATS];
    static int age[SPLATS];
    sp_splat_cloud gradient;
    uint8_t *visible = sp_calloc(SPLATS, 1);
    assert_non_null(visible);
    assert_int_equal(sp_splat_cloud_init(&gradient, SPLATS, DEGREE), SP_OK);
    for (int row = 0; row < ROWS; row++)
        for (int i = 0; i < SPLATS; i++)
            p[row][i] = (double)sp_splat_row(start, row)[i];
    for (int step = 0; step < STEPS; step++) {
        make_gradient(&gradient, visible, step);
        for (int i = 0; i < SPLATS; i++) {
            if (!visible[i])
                continue;
            age[i]++;
            for (int row = 0; row < ROWS; row++) {
                double g = (double)sp_splat_row(&gradient, row)[i];
                m[row][i] = 0.9 * m[row][i] + 0.1 * g;
                v[row][i] = 0.99 * v[row][i] + 0.01 * g * g;
                p[row][i] -= rate_of(row) * (m[row][i] / (1 - pow(0.9, age[i]))) /
                             sqrt(v[row][i] / (1 - pow(0.99, age[i])));
            }
            double norm = 0;
            for (int a = 0; a < 4; a++)
                norm += p[SP_ROW_ROTATION + a][i] * p[SP_ROW_ROTATION + a][i];
            for (int a = 0; a < 4; a++)
                p[SP_ROW_ROTATION + a][i] /= sqrt(norm);
            p[SP_ROW_OPACITY][i] = fmin(fmax(p[SP_ROW_OPACITY][i], -9), 9);
        }
    }
    sp_splat_cloud_free(&gradient);
    free(visible);
}

static void test_is_adam(void **state)
{
    (void)state;
    static double truth[ROWS][SPLATS];
    sp_splat_cloud start;
    make_cloud(&start);
    run_by_definition(truth, &start);
    for (int level = 0; level < 3; level++) {
        sp_splat_cloud cloud;
        setenv("STILLPOINT_CPU", levels[level], 1);
        assert_int_equal(sp_splat_cloud_copy(&cloud, &start), SP_OK);
        run(&cloud, &wide, NULL);
        double worst = 0;
        for (int row = 0; row < ROWS; row++)
            for (int i = 0; i < SPLATS; i++) {
                double moved = (double)sp_splat_row(&cloud, row)[i] - truth[row][i];
                worst = fmax(worst, fabs(moved) / rate_of(row));
                // What no view saw is as it was, to the bit.
                if (i % 7 == 0)
                    assert_true(sp_splat_row(&cloud, row)[i] == sp_splat_row(&start, row)[i]);
            }
        print_message("%s: within %.1e of a step\n", levels[level], worst);
        assert_true(worst < 2e-3);
        sp_splat_cloud_free(&cloud);
    }
    unsetenv("STILLPOINT_CPU");
    sp_splat_cloud_free(&start);
}

static int by_size(const void *a, const void *b)
{
    return (*(const float *)a > *(const float *)b) - (*(const float *)a < *(const float *)b);
}

static void test_holds_the_bounds(void **state)
{
    (void)state;
    const recon_bounds tight = {-1.5f, 1.2f, 0.5f, -0.7f};
    for (int level = 0; level < 3; level++) {
        sp_splat_cloud cloud;
        setenv("STILLPOINT_CPU", levels[level], 1);
        make_cloud(&cloud);
        run(&cloud, &tight, NULL);
        for (int i = 0; i < SPLATS; i++) {
            float s[3];
            for (int a = 0; a < 3; a++)
                s[a] = sp_splat_row(&cloud, SP_ROW_LOG_SCALE + a)[i];
            if (i % 7 == 0)
                continue;
            qsort(s, 3, sizeof *s, by_size);
            // The smallest gives way below the range when the middle one is small.
            assert_true(s[1] >= -1.5f && s[2] <= 1.2f);
            assert_true(s[2] <= s[1] + 0.5f + 1e-5f);
            // A ball has no axis to be thin along.
            assert_true(s[0] <= s[1] - 0.7f + 1e-5f || s[0] == s[2]);
        }
        sp_splat_cloud_free(&cloud);
    }
    unsetenv("STILLPOINT_CPU");
}

static void test_same_bits_for_any_number_of_threads(void **state)
{
    (void)state;
    sp_splat_cloud clouds[2];
    for (int k = 0; k < 2; k++) {
        sp_pool *pool;
        assert_int_equal(sp_pool_open(&pool, k ? 3 : 1), SP_OK);
        make_cloud(&clouds[k]);
        run(&clouds[k], &wide, pool);
        sp_pool_close(&pool);
    }
    for (int row = 0; row < ROWS; row++)
        assert_memory_equal(sp_splat_row(&clouds[0], row), sp_splat_row(&clouds[1], row),
                            SPLATS * sizeof(float));
    sp_splat_cloud_free(&clouds[0]);
    sp_splat_cloud_free(&clouds[1]);
}

// Reversing the splats between steps, and what they are stepped by, changes their places only.
static void test_follows_another_order(void **state)
{
    (void)state;
    sp_splat_cloud clouds[2], gradient;
    uint8_t seen[SPLATS], turned[SPLATS];
    uint32_t order[SPLATS];
    for (uint32_t i = 0; i < SPLATS; i++)
        order[i] = SPLATS - 1 - i;
    assert_int_equal(sp_splat_cloud_init(&gradient, SPLATS, DEGREE), SP_OK);
    gradient.count = SPLATS;
    for (int k = 0; k < 2; k++) {
        recon_adam adam;
        make_cloud(&clouds[k]);
        assert_int_equal(recon_adam_init(&adam, &clouds[k]), SP_OK);
        for (int step = 0; step < 4; step++) {
            bool is_turned = k && step >= 2;
            make_gradient(&gradient, seen, step);
            for (int i = 0; i < SPLATS; i++)
                turned[i] = seen[order[i]];
            if (is_turned)
                assert_int_equal(sp_splat_cloud_permute(&gradient, order), SP_OK);
            if (is_turned && step == 2) {
                assert_int_equal(sp_splat_cloud_permute(&clouds[k], order), SP_OK);
                assert_int_equal(recon_adam_permute(&adam, order, SPLATS), SP_OK);
            }
            recon_adam_step(&adam, &clouds[k], &gradient, is_turned ? turned : seen, &rates, &wide, NULL);
        }
        recon_adam_free(&adam);
    }
    for (int row = 0; row < ROWS; row++)
        for (int i = 0; i < SPLATS; i++)
            assert_true(sp_splat_row(&clouds[0], row)[i] == sp_splat_row(&clouds[1], row)[order[i]]);
    sp_splat_cloud_free(&gradient);
    sp_splat_cloud_free(&clouds[0]);
    sp_splat_cloud_free(&clouds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_adam),
        cmocka_unit_test(test_holds_the_bounds),
        cmocka_unit_test(test_follows_another_order),
        cmocka_unit_test(test_same_bits_for_any_number_of_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
