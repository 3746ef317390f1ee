// What the processor can do and the operating system lets us do.
#include <stillpoint/base.h>

#include <stdlib.h>
#include <string.h>

static const char *const level_names[] = {"baseline", "avx2", "avx512"};

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>

// XCR0: the register state that the operating system saves on a context switch (Intel SDM vol. 1, 13.3).
// Without it the instructions fault although the processor has them.
static uint64_t saved_state(void)
{
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

static sp_cpu_level machine_level(void)
{
    const uint64_t ymm_state = 0x6;              // SSE, AVX
    const uint64_t zmm_state = ymm_state | 0xe0; // opmask, upper halves of ZMM0-15, ZMM16-31
    const uint32_t leaf1_needed = bit_OSXSAVE | bit_AVX | bit_FMA | bit_F16C;
    const uint32_t avx512_needed = bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL;

    uint32_t a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & leaf1_needed) != leaf1_needed)
        return SP_CPU_BASELINE;
    uint64_t state = saved_state();
    if ((state & ymm_state) != ymm_state)
        return SP_CPU_BASELINE;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & bit_AVX2))
        return SP_CPU_BASELINE;
    if ((b & avx512_needed) == avx512_needed && (state & zmm_state) == zmm_state)
        return SP_CPU_AVX512;
    return SP_CPU_AVX2;
}
#else
static sp_cpu_level machine_level(void)
{
    return SP_CPU_BASELINE;
}
#endif

sp_cpu_level sp_cpu_detect(void)
{
    sp_cpu_level level = machine_level();
    const char *wish = getenv("STILLPOINT_CPU");
    if (!wish || !*wish)
        return level;
    for (int i = 0; i <= SP_CPU_AVX512; i++)
        if (strcmp(wish, level_names[i]) == 0)
            return (sp_cpu_level)i < level ? (sp_cpu_level)i : level;
    sp_log(SP_LOG_WARN, "STILLPOINT_CPU: '%s' is none of baseline, avx2, avx512 and is ignored", wish);
    return level;
}

const char *sp_cpu_name(sp_cpu_level level)
{
    return (unsigned)level <= SP_CPU_AVX512 ? level_names[level] : "unknown";
}
