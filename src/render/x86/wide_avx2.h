// The sixteen-lane vector of the kernels on AVX2 with FMA: two registers.
#ifndef RENDER_WIDE_AVX2_H
#define RENDER_WIDE_AVX2_H

#include <immintrin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PARTS 2
typedef __m256 part;
typedef __m256 part_mask;

#define part_set _mm256_set1_ps
#define part_load _mm256_load_ps
#define part_store _mm256_store_ps
#define part_add _mm256_add_ps
#define part_sub _mm256_sub_ps
#define part_mul _mm256_mul_ps
#define part_div _mm256_div_ps
#define part_min _mm256_min_ps
#define part_max _mm256_max_ps
#define part_fma _mm256_fmadd_ps
#define part_fnma _mm256_fnmadd_ps
#define part_sqrt _mm256_sqrt_ps
#define part_floor _mm256_floor_ps
#define part_and _mm256_and_ps
#define part_keep _mm256_and_ps

static inline part part_abs(part x)
{
    return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x);
}
static inline part part_reciprocal(part x)
{
    part r = _mm256_rcp_ps(x);
    return _mm256_fmadd_ps(r, _mm256_fnmadd_ps(x, r, _mm256_set1_ps(1)), r);
}
#define part_reciprocal_fast part_reciprocal // _mm256_rcp_ps has three digits only
// x * 2^floor(y), for results that are normal numbers.
static inline part part_scale(part x, part y)
{
    __m256i n = _mm256_slli_epi32(_mm256_cvtps_epi32(_mm256_floor_ps(y)), 23);
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(x), n));
}
static inline part part_add_exponent(part x, part y)
{
    __m256i n = _mm256_slli_epi32(_mm256_castps_si256(y), 23);
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(x), n));
}
static inline void part_split(part x, part *mantissa, part *exponent)
{
    __m256i bits = _mm256_castps_si256(x);
    *exponent = _mm256_cvtepi32_ps(_mm256_sub_epi32(_mm256_srli_epi32(bits, 23), _mm256_set1_epi32(127)));
    bits =
        _mm256_or_si256(_mm256_and_si256(bits, _mm256_set1_epi32(0x7fffff)), _mm256_set1_epi32(0x3f800000));
    *mantissa = _mm256_castsi256_ps(bits);
}
static inline part_mask part_lt(part x, part y)
{
    return _mm256_cmp_ps(x, y, _CMP_LT_OQ);
}
static inline part_mask part_ge(part x, part y)
{
    return _mm256_cmp_ps(x, y, _CMP_GE_OQ);
}
static inline unsigned part_bits(part_mask m)
{
    return (unsigned)_mm256_movemask_ps(m);
}
static inline part part_select(part_mask m, part x, part y)
{
    return _mm256_blendv_ps(y, x, m);
}
static inline part_mask part_is_above(const int32_t *p, int32_t x)
{
    return _mm256_castsi256_ps(
        _mm256_cmpgt_epi32(_mm256_load_si256((const __m256i *)p), _mm256_set1_epi32(x)));
}

#include "../wide/wide_parts.h"

static inline f16 v_load_rows(const float *p, size_t stride)
{
    f16 r;
    r.p[0] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(p)), _mm_loadu_ps(p + stride), 1);
    p += 2 * stride;
    r.p[1] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(p)), _mm_loadu_ps(p + stride), 1);
    return r;
}
static inline void v_store_rows(float *p, size_t stride, f16 x)
{
    _mm_storeu_ps(p, _mm256_castps256_ps128(x.p[0]));
    _mm_storeu_ps(p + stride, _mm256_extractf128_ps(x.p[0], 1));
    _mm_storeu_ps(p + 2 * stride, _mm256_castps256_ps128(x.p[1]));
    _mm_storeu_ps(p + 3 * stride, _mm256_extractf128_ps(x.p[1], 1));
}
static inline void v_sum4(float *out, f16 a, f16 b, f16 c, f16 d)
{
    part x = _mm256_add_ps(a.p[0], a.p[1]), y = _mm256_add_ps(b.p[0], b.p[1]);
    part z = _mm256_add_ps(c.p[0], c.p[1]), w = _mm256_add_ps(d.p[0], d.p[1]);
    part xy = _mm256_add_ps(_mm256_unpacklo_ps(x, y), _mm256_unpackhi_ps(x, y));
    part zw = _mm256_add_ps(_mm256_unpacklo_ps(z, w), _mm256_unpackhi_ps(z, w));
    part h = _mm256_add_ps(_mm256_shuffle_ps(xy, zw, 0x44), _mm256_shuffle_ps(xy, zw, 0xEE));
    _mm_storeu_ps(out, _mm_add_ps(_mm256_castps256_ps128(h), _mm256_extractf128_ps(h, 1)));
}

#include "../wide/wide_rows.h"

#endif
