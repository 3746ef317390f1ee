// The depth sort against what a stable sort must give, for any number of threads.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../src/render/sort.h"

#include <math.h>
#include <stdlib.h>

enum { MOST = 150000 };

static void check(size_t count, float least, float most, int distinct, int threads)
{
    render_sort_memory memory = {0};
    sp_pool *pool = NULL;
    sp_rng rng = sp_rng_seed(count, (uint64_t)threads);
    float *depth = calloc(count + 1, sizeof *depth);
    assert_non_null(depth);
    assert_int_equal(sp_pool_open(&pool, threads), 0);
    assert_int_equal(render_sort_reserve(&memory, count), 0);
    for (size_t k = 0; k < count; k++) {
        double f = floor(sp_rng_uniform(&rng) * distinct) / distinct;
        depth[k] = least + (float)f * (most - least);
        memory.entries[k] = (render_sort_entry){render_depth_key(depth[k]), (uint32_t)k};
    }
    render_sort(&memory, count, pool);
    // In order, ties in the order they came in, and each there once.
    bool *is_there = calloc(count + 1, sizeof *is_there);
    assert_non_null(is_there);
    for (size_t k = 0; k < count; k++) {
        uint32_t id = memory.ids[k], before = k ? memory.ids[k - 1] : id;
        assert_true(id < count && !is_there[id]);
        is_there[id] = true;
        uint32_t key = render_depth_key(depth[id]), last = render_depth_key(depth[before]);
        assert_true(last <= key);
        assert_true(last != key || before <= id);
    }
    free(is_there);
    render_sort_free(&memory);
    sp_pool_close(&pool);
    free(depth);
}

static void test_depths_come_out_in_order(void **unused)
{
    (void)unused;
    for (int threads = 1; threads <= 3; threads++) {
        check(0, 1, 2, 10, threads);
        check(1, 1, 2, 10, threads);
        check(1000, 0.05f, 1e6f, 1 << 20, threads);
        check(MOST, 0.05f, 100, 1 << 20, threads);
    }
}

static void test_equal_depths_keep_their_order(void **unused)
{
    (void)unused;
    check(5000, 3, 3, 1, 2);
    check(MOST, 3, 3.001f, 50, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_depths_come_out_in_order),
        cmocka_unit_test(test_equal_depths_keep_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
