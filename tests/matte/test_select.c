// The n-th smallest value against a sorted copy.
#include "../../src/matte/parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MOST 300

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

typedef enum order { ORDER_RANDOM, ORDER_RISING, ORDER_FALLING, ORDER_FEW_VALUES, ORDER_COUNT } order;

static void fill(float *values, int count, order how, sp_rng *rng)
{
    for (int i = 0; i < count; i++)
        values[i] = how == ORDER_RISING    ? (float)i
                    : how == ORDER_FALLING ? (float)-i
                    : how == ORDER_RANDOM  ? (float)sp_rng_normal(rng)
                                           : (float)(sp_rng_u32(rng) % 3);
}

static void the_nth_is_that_of_a_sorted_copy(void **state)
{
    (void)state;
    sp_rng rng = sp_rng_seed(3, 1);
    for (int how = 0; how < ORDER_COUNT; how++)
        for (int count = 1; count <= MOST; count = count < 8 ? count + 1 : 3 * count) {
            float values[MOST], sorted[MOST], moved[MOST];
            fill(values, count, (order)how, &rng);
            memcpy(sorted, values, sizeof values);
            qsort(sorted, (size_t)count, sizeof *sorted, by_value);
            for (int n = 0; n < count; n++) {
                memcpy(moved, values, sizeof values);
                assert_true(matte_nth(moved, count, n) == sorted[n]);
                qsort(moved, (size_t)count, sizeof *moved, by_value);
                assert_memory_equal(moved, sorted, (size_t)count * sizeof *moved); // nothing is lost
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_nth_is_that_of_a_sorted_copy)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
