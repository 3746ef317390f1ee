// Every index exactly once, the same result for any number of threads, many jobs through one pool.
#include "../support.h"

#include <stdatomic.h>
#include <string.h>

enum { ITEMS = 5000 };

typedef struct {
    _Atomic int visits[ITEMS];
    double values[ITEMS];
    _Atomic int worst_worker;
} job;

static void visit(void *context, int64_t index, int worker)
{
    job *j = context;
    atomic_fetch_add(&j->visits[index], 1);
    if (worker < 0 || worker > atomic_load(&j->worst_worker))
        atomic_store(&j->worst_worker, worker);
    sp_rng rng = sp_rng_seed(7, (uint64_t)index);
    double sum = 0;
    for (int64_t i = 0; i < index % 97; i++)
        sum += sp_rng_normal(&rng);
    j->values[index] = sum;
}

static job *run_job(int threads)
{
    sp_pool *pool = NULL;
    assert_int_equal(sp_pool_open(&pool, threads), SP_OK);
    assert_int_equal(sp_pool_threads(pool), threads);
    job *j = sp_calloc(1, sizeof *j);
    sp_pool_run(pool, ITEMS, visit, j);
    assert_in_range(j->worst_worker, 0, threads - 1);
    sp_pool_close(&pool);
    assert_null(pool);
    for (int i = 0; i < ITEMS; i++)
        assert_int_equal(j->visits[i], 1);
    return j;
}

static void same_bits_for_any_thread_count(void **state)
{
    (void)state;
    job *reference = sp_calloc(1, sizeof *reference);
    sp_pool_run(NULL, ITEMS, visit, reference);
    for (int threads = 1; threads <= 8; threads++) {
        job *j = run_job(threads);
        assert_memory_equal(j->values, reference->values, sizeof j->values);
        free(j);
    }
    free(reference);
}

static void add_one(void *context, int64_t index, int worker)
{
    (void)worker;
    ((int64_t *)context)[index] += index;
}

static void many_short_jobs(void **state)
{
    (void)state;
    enum { JOBS = 3000, WIDTH = 7 };
    sp_pool *pool = NULL;
    assert_int_equal(sp_pool_open(&pool, 4), SP_OK);
    int64_t sums[WIDTH] = {0};
    for (int i = 0; i < JOBS; i++)
        sp_pool_run(pool, i % (WIDTH + 1), add_one, sums);
    sp_pool_close(&pool);
    // Item k takes part in the jobs of more than k items: WIDTH - k of every WIDTH + 1.
    for (int k = 0; k < WIDTH; k++)
        assert_int_equal(sums[k], k * (JOBS / (WIDTH + 1)) * (WIDTH - k));
}

static int fail_in_some(void *context, int64_t index, int worker)
{
    (void)worker;
    int64_t *done = context;
    done[index] = 1;
    if (index % 7 != 5)
        return SP_OK;
    return sp_error(index == 5 ? SP_EIO : SP_EFORMAT, "item %d went wrong", (int)index);
}

static void the_first_failure_is_told(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 4; threads++) {
        sp_pool *pool = NULL;
        int64_t done[200] = {0};
        assert_int_equal(sp_pool_open(&pool, threads), SP_OK);
        assert_int_equal(sp_pool_try(pool, 200, fail_in_some, done), SP_EIO);
        assert_string_equal(sp_error_text(), "item 5 went wrong");
        for (int i = 0; i < 200; i++)
            assert_int_equal(done[i], 1);
        assert_int_equal(sp_pool_try(pool, 5, fail_in_some, done), SP_OK);
        sp_pool_close(&pool);
    }
}

static void no_items_is_no_work(void **state)
{
    (void)state;
    sp_pool *pool = NULL;
    assert_int_equal(sp_pool_open(&pool, 2), SP_OK);
    sp_pool_run(pool, 0, add_one, NULL);
    sp_pool_close(&pool);
    sp_pool_close(&pool);
    assert_int_equal(sp_pool_threads(NULL), 1);
}

static void thread_counts_are_checked(void **state)
{
    (void)state;
    sp_pool *pool = (sp_pool *)&pool;
    assert_int_equal(sp_pool_open(&pool, -1), SP_EINVAL);
    assert_non_null(strstr(sp_error_text(), "-1"));
    assert_int_equal(sp_pool_open(&pool, 100000), SP_EINVAL);
    assert_ptr_equal(pool, &pool);
    assert_int_equal(sp_pool_open(&pool, 0), SP_OK);
    assert_true(sp_pool_threads(pool) >= 1);
    sp_pool_close(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_bits_for_any_thread_count), cmocka_unit_test(many_short_jobs),
        cmocka_unit_test(the_first_failure_is_told),      cmocka_unit_test(no_items_is_no_work),
        cmocka_unit_test(thread_counts_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
