// The sixteen-lane vector of the kernels on AVX-512 F, BW, DQ, VL: one register.
#ifndef RENDER_WIDE_AVX512_H
#define RENDER_WIDE_AVX512_H

#include <immintrin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WIDE_VISITS = 2 }; // splats that a block's registers have room for at once

typedef __m512 f16;
typedef __mmask16 m16;

static inline f16 v_set(float x)
{
    return _mm512_set1_ps(x);
}
static inline f16 v_load(const float *p)
{
    return _mm512_load_ps(p);
}
static inline void v_store(float *p, f16 x)
{
    _mm512_store_ps(p, x);
}
static inline f16 v_add(f16 x, f16 y)
{
    return _mm512_add_ps(x, y);
}
static inline f16 v_sub(f16 x, f16 y)
{
    return _mm512_sub_ps(x, y);
}
static inline f16 v_mul(f16 x, f16 y)
{
    return _mm512_mul_ps(x, y);
}
static inline f16 v_div(f16 x, f16 y)
{
    return _mm512_div_ps(x, y);
}
static inline f16 v_min(f16 x, f16 y)
{
    return _mm512_min_ps(x, y);
}
static inline f16 v_max(f16 x, f16 y)
{
    return _mm512_max_ps(x, y);
}
static inline f16 v_fma(f16 x, f16 y, f16 z) // x y + z
{
    return _mm512_fmadd_ps(x, y, z);
}
static inline f16 v_fnma(f16 x, f16 y, f16 z) // z - x y
{
    return _mm512_fnmadd_ps(x, y, z);
}
static inline f16 v_sqrt(f16 x)
{
    return _mm512_sqrt_ps(x);
}
static inline f16 v_abs(f16 x)
{
    return _mm512_abs_ps(x);
}
// 1 / x for normal x, to about one unit in the last place.
static inline f16 v_reciprocal(f16 x)
{
    f16 r = _mm512_rcp14_ps(x);
    return _mm512_fmadd_ps(r, _mm512_fnmadd_ps(x, r, _mm512_set1_ps(1)), r);
}
// The same to four digits.
static inline f16 v_reciprocal_fast(f16 x)
{
    return _mm512_rcp14_ps(x);
}
static inline f16 v_floor(f16 x)
{
    return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
}
// x - floor(x)
static inline f16 v_fraction(f16 x)
{
    return _mm512_reduce_ps(x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
}
// x * 2^floor(y)
static inline f16 v_scale(f16 x, f16 y)
{
    return _mm512_scalef_ps(x, y);
}
// x times 2 to the whole number in the low bits of y.
static inline f16 v_add_exponent(f16 x, f16 y)
{
    __m512i n = _mm512_slli_epi32(_mm512_castps_si512(y), 23);
    return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(x), n));
}
// x = m 2^e with m in [1, 2), for normal positive x.
static inline void v_split(f16 x, f16 *mantissa, f16 *exponent)
{
    *mantissa = _mm512_getmant_ps(x, _MM_MANT_NORM_1_2, _MM_MANT_SIGN_zero);
    *exponent = _mm512_getexp_ps(x);
}

static inline m16 v_lt(f16 x, f16 y)
{
    return _mm512_cmp_ps_mask(x, y, _CMP_LT_OQ);
}
static inline m16 v_ge(f16 x, f16 y)
{
    return _mm512_cmp_ps_mask(x, y, _CMP_GE_OQ);
}
static inline m16 m_and(m16 x, m16 y)
{
    return x & y;
}
static inline unsigned m_bits(m16 x)
{
    return x;
}
static inline f16 v_keep(m16 m, f16 x) // zero elsewhere
{
    return _mm512_maskz_mov_ps(m, x);
}
static inline f16 v_select(m16 m, f16 x, f16 y)
{
    return _mm512_mask_mov_ps(y, m, x);
}

// Integers in memory, one a lane.
static inline m16 v_is_above(const int32_t *p, int32_t x)
{
    return _mm512_cmpgt_epi32_mask(_mm512_load_si512(p), _mm512_set1_epi32(x));
}

// Eight words with the bits from x[8 + k] to x[k] - 1 set, which lie in 0..63.
static inline void v_span_bits(uint64_t *words, f16 x)
{
    __m512i ends = _mm512_cvtps_epi32(x), one = _mm512_set1_epi64(1);
    __m512i low = _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64(ends, 1));
    __m512i high = _mm512_max_epi64(_mm512_cvtepi32_epi64(_mm512_castsi512_si256(ends)), low);
    _mm512_store_si512(words, _mm512_sub_epi64(_mm512_sllv_epi64(one, high), _mm512_sllv_epi64(one, low)));
}
// The k-th byte of eight words, as one word.
static inline uint64_t v_byte_column(const uint64_t *words, int k)
{
    __m512i shifted = _mm512_srl_epi64(_mm512_load_si512(words), _mm_cvtsi32_si128(8 * k));
    return (uint64_t)_mm_cvtsi128_si64(_mm512_cvtepi64_epi8(shifted));
}

// Lanes as four rows of four.
static inline f16 v_load_rows(const float *p, size_t stride)
{
    f16 x = _mm512_castps128_ps512(_mm_loadu_ps(p));
    x = _mm512_insertf32x4(x, _mm_loadu_ps(p + stride), 1);
    x = _mm512_insertf32x4(x, _mm_loadu_ps(p + 2 * stride), 2);
    return _mm512_insertf32x4(x, _mm_loadu_ps(p + 3 * stride), 3);
}
// Four blocks side by side. Past the cache where asked for and possible: then v_stores_done() comes before
// anybody else looks.
static inline void v_store_rows4(float *p, size_t stride, f16 a, f16 b, f16 c, f16 d, bool past_cache)
{
    f16 ab01 = _mm512_shuffle_f32x4(a, b, 0x44), ab23 = _mm512_shuffle_f32x4(a, b, 0xee);
    f16 cd01 = _mm512_shuffle_f32x4(c, d, 0x44), cd23 = _mm512_shuffle_f32x4(c, d, 0xee);
    f16 rows[4] = {_mm512_shuffle_f32x4(ab01, cd01, 0x88), _mm512_shuffle_f32x4(ab01, cd01, 0xdd),
                   _mm512_shuffle_f32x4(ab23, cd23, 0x88), _mm512_shuffle_f32x4(ab23, cd23, 0xdd)};
    past_cache = past_cache && ((uintptr_t)p | stride * sizeof *p) % 64 == 0;
    for (size_t k = 0; k < 4; k++)
        if (past_cache)
            _mm512_stream_ps(p + k * stride, rows[k]);
        else
            _mm512_storeu_ps(p + k * stride, rows[k]);
}
static inline void v_stores_done(void)
{
    _mm_sfence();
}

// Sums over the lanes of four vectors, in each 128-bit quarter.
static inline f16 v_sum_quarters(f16 a, f16 b, f16 c, f16 d)
{
    f16 ab = _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
    f16 cd = _mm512_add_ps(_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
    return _mm512_add_ps(_mm512_shuffle_ps(ab, cd, 0x44), _mm512_shuffle_ps(ab, cd, 0xEE));
}
static inline void v_sum4(float *out, f16 a, f16 b, f16 c, f16 d)
{
    f16 q = v_sum_quarters(a, b, c, d);
    __m256 h = _mm256_add_ps(_mm512_castps512_ps256(q), _mm512_extractf32x8_ps(q, 1));
    _mm_storeu_ps(out, _mm_add_ps(_mm256_castps256_ps128(h), _mm256_extractf128_ps(h, 1)));
}

#endif
