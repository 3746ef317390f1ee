// Random numbers, processor, clock and memory against what others say about them.
#include "../support.h"

#include <math.h>
#include <string.h>
#include <time.h>

// Round 1 of the demonstration that comes with the reference implementation: seed 42, stream 54.
static void pcg32_is_the_published_one(void **state)
{
    (void)state;
    const uint32_t published[] = {0xa15c02b7, 0x7b47f409, 0xba1d3330, 0x83d2f293, 0xbfa4784b, 0xcbed606e};
    sp_rng rng = sp_rng_seed(42, 54);
    for (size_t i = 0; i < sizeof published / sizeof *published; i++)
        assert_int_equal(sp_rng_u32(&rng), published[i]);
}

static void random_numbers_have_their_moments(void **state)
{
    (void)state;
    enum { COUNT = 200000 };
    sp_rng rng = sp_rng_seed(1, 2);
    double uniform = 0, normal[5] = {0};
    for (int i = 0; i < COUNT; i++) {
        double u = sp_rng_uniform(&rng), n = sp_rng_normal(&rng);
        assert_true(u >= 0 && u < 1 && isfinite(n));
        uniform += u;
        for (int k = 1; k <= 4; k++)
            normal[k] += pow(n, k) / COUNT;
    }
    // Five standard errors of each mean.
    assert_true(fabs(uniform / COUNT - 0.5) < 5 * sqrt(1.0 / 12 / COUNT));
    assert_true(fabs(normal[1]) < 5 * sqrt(1.0 / COUNT));
    assert_true(fabs(normal[2] - 1) < 5 * sqrt(2.0 / COUNT));
    assert_true(fabs(normal[3]) < 5 * sqrt(15.0 / COUNT));
    assert_true(fabs(normal[4] - 3) < 5 * sqrt(96.0 / COUNT));
}

static void streams_differ(void **state)
{
    (void)state;
    sp_rng a = sp_rng_seed(5, 0), b = sp_rng_seed(5, 1);
    int equal = 0;
    for (int i = 0; i < 1000; i++)
        equal += sp_rng_u32(&a) == sp_rng_u32(&b);
    assert_in_range(equal, 0, 2);
}

// The kernel lists a flag only when it also saves the registers that go with it.
static bool kernel_lists(const char *flags, const char *flag)
{
    char *word = sp_format(" %s ", flag);
    bool is_listed = strstr(flags, word) != NULL;
    free(word);
    return is_listed;
}

static void cpu_level_is_what_the_kernel_lists(void **state)
{
    (void)state;
    char *text = NULL;
    if (sp_file_read(&text, NULL, "/proc/cpuinfo", 1 << 26) != SP_OK)
        skip();
    char *flags = strstr(text, "\nflags");
    if (!flags) {
        free(text);
        skip();
    }
    *strchr(flags + 1, '\n') = ' ';
    char *end = strchr(flags + 1, '\n');
    if (end)
        *end = '\0';
    sp_cpu_level expected = SP_CPU_BASELINE;
    if (kernel_lists(flags, "avx2") && kernel_lists(flags, "fma") && kernel_lists(flags, "f16c"))
        expected = SP_CPU_AVX2;
    if (expected == SP_CPU_AVX2 && kernel_lists(flags, "avx512f") && kernel_lists(flags, "avx512bw") &&
        kernel_lists(flags, "avx512dq") && kernel_lists(flags, "avx512vl"))
        expected = SP_CPU_AVX512;
    free(text);
    unsetenv("STILLPOINT_CPU");
    assert_int_equal(sp_cpu_detect(), expected);
}

static void cpu_level_can_be_lowered_only(void **state)
{
    (void)state;
    unsetenv("STILLPOINT_CPU");
    sp_cpu_level best = sp_cpu_detect();
    for (int level = SP_CPU_BASELINE; level <= SP_CPU_AVX512; level++) {
        setenv("STILLPOINT_CPU", sp_cpu_name((sp_cpu_level)level), 1);
        assert_int_equal(sp_cpu_detect(), level < (int)best ? level : (int)best);
    }
    setenv("STILLPOINT_CPU", "neon", 1);
    assert_int_equal(sp_cpu_detect(), best);
    unsetenv("STILLPOINT_CPU");
}

static void clock_runs(void **state)
{
    (void)state;
    double start = sp_time_s();
    nanosleep(&(struct timespec){0, 20000000}, NULL);
    double passed = sp_time_s() - start;
    assert_true(passed >= 0.02 && passed < 10);
    assert_true(fabs(sp_rational_value((sp_rational){30000, 1001}) - 29.97002997) < 1e-8);
    assert_true(isnan(sp_rational_value((sp_rational){1, 0})));
}

static void peak_sees_what_was_touched(void **state)
{
    (void)state;
    enum { BYTES = 64 << 20 };
    sp_memory_peak_reset();
    int64_t before = sp_memory_peak();
    if (before == 0)
        skip();
    volatile char *block = malloc(BYTES);
    for (int i = 0; i < BYTES; i += 4096)
        block[i] = 1;
    int64_t after = sp_memory_peak();
    assert_true(after - before > BYTES * 9LL / 10);
    free((char *)block);
    // A peak stays; the kernel counts pages per processor and is a little behind.
    assert_true(sp_memory_peak() > after - (2 << 20));
}

static void allocations_are_checked_and_aligned(void **state)
{
    (void)state;
    // Through volatile, so that the compiler cannot see the absurd size and warn about it.
    volatile size_t huge = SIZE_MAX / 2;
    assert_null(sp_calloc(huge, 4));
    assert_non_null(strstr(sp_error_text(), "out of memory"));
    assert_null(sp_aligned_calloc(huge, 4));
    void *empty = sp_calloc(0, 8);
    assert_non_null(empty);
    free(empty);
    for (size_t size = 0; size < 300; size += 37) {
        unsigned char *block = sp_aligned_calloc(size, 1);
        assert_int_equal((uintptr_t)block % 64, 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(block[i], 0);
        free(block);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pcg32_is_the_published_one),
        cmocka_unit_test(random_numbers_have_their_moments),
        cmocka_unit_test(streams_differ),
        cmocka_unit_test(cpu_level_is_what_the_kernel_lists),
        cmocka_unit_test(cpu_level_can_be_lowered_only),
        cmocka_unit_test(clock_runs),
        cmocka_unit_test(peak_sees_what_was_touched),
        cmocka_unit_test(allocations_are_checked_and_aligned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
