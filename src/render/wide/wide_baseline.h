// The sixteen-lane vector of the kernels out of four four-lane ones, in the compilers' own vector types: runs
// on any processor, well where it has 128-bit vectors.
#ifndef RENDER_WIDE_BASELINE_H
#define RENDER_WIDE_BASELINE_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PARTS 4
typedef float part __attribute__((vector_size(16)));
typedef int32_t part_mask __attribute__((vector_size(16)));
typedef float part_in_memory __attribute__((vector_size(16), may_alias));
typedef int32_t mask_in_memory __attribute__((vector_size(16), may_alias));

static inline part part_set(float x)
{
    return (part){x, x, x, x};
}
static inline part part_load(const float *p)
{
    return *(const part_in_memory *)p;
}
static inline void part_store(float *p, part x)
{
    *(part_in_memory *)p = x;
}
static inline part part_add(part x, part y)
{
    return x + y;
}
static inline part part_sub(part x, part y)
{
    return x - y;
}
static inline part part_mul(part x, part y)
{
    return x * y;
}
static inline part part_div(part x, part y)
{
    return x / y;
}
static inline part part_fma(part x, part y, part z)
{
    return x * y + z;
}
static inline part part_fnma(part x, part y, part z)
{
    return z - x * y;
}
static inline part part_reciprocal(part x)
{
    return 1 / x;
}
#define part_reciprocal_fast part_reciprocal
static inline part part_sqrt(part x)
{
    return (part){sqrtf(x[0]), sqrtf(x[1]), sqrtf(x[2]), sqrtf(x[3])};
}
static inline part_mask part_lt(part x, part y)
{
    return x < y;
}
static inline part_mask part_ge(part x, part y)
{
    return x >= y;
}
static inline part_mask part_and(part_mask x, part_mask y)
{
    return x & y;
}
static inline part part_keep(part_mask m, part x)
{
    return (part)(m & (part_mask)x);
}
static inline part part_select(part_mask m, part x, part y)
{
    return (part)((m & (part_mask)x) | (~m & (part_mask)y));
}
// As on x86: the second one where a number is missing.
static inline part part_min(part x, part y)
{
    return part_select(x < y, x, y);
}
static inline part part_max(part x, part y)
{
    return part_select(x > y, x, y);
}
static inline part part_abs(part x)
{
    return (part)((part_mask)x & 0x7fffffff);
}
static inline part part_floor(part x)
{
    part_mask is_small = part_abs(x) < 8388608.0f; // what is larger is whole, and may not fit an integer
    part near = part_keep(is_small, x);
    part whole = __builtin_convertvector(__builtin_convertvector(near, part_mask), part);
    whole += (part)((whole > near) & (part_mask)part_set(-1));
    return part_select(is_small, whole, x);
}
// x * 2^floor(y), for results that are normal numbers.
static inline part part_scale(part x, part y)
{
    part_mask n = __builtin_convertvector(part_floor(y), part_mask);
    return (part)((part_mask)x + (part_mask)((uint32_t __attribute__((vector_size(16))))n << 23));
}
static inline part part_add_exponent(part x, part y)
{
    typedef uint32_t bits __attribute__((vector_size(16)));
    return (part)((bits)x + ((bits)y << 23));
}
static inline void part_split(part x, part *mantissa, part *exponent)
{
    part_mask bits = (part_mask)x;
    *exponent = __builtin_convertvector((bits >> 23) - 127, part);
    *mantissa = (part)((bits & 0x7fffff) | 0x3f800000);
}
static inline unsigned part_bits(part_mask m)
{
    return (unsigned)((m[0] & 1) | (m[1] & 2) | (m[2] & 4) | (m[3] & 8));
}
static inline part_mask part_is_above(const int32_t *p, int32_t x)
{
    return *(const mask_in_memory *)p > x;
}

#include "wide_parts.h"

static inline f16 v_load_rows(const float *p, size_t stride)
{
    f16 r;
    for (size_t k = 0; k < 4; k++)
        memcpy(&r.p[k], p + k * stride, sizeof r.p[k]);
    return r;
}
static inline void v_store_rows(float *p, size_t stride, f16 x)
{
    for (size_t k = 0; k < 4; k++)
        memcpy(p + k * stride, &x.p[k], sizeof x.p[k]);
}
static inline void v_sum4(float *out, f16 a, f16 b, f16 c, f16 d)
{
    part x = (a.p[0] + a.p[2]) + (a.p[1] + a.p[3]), y = (b.p[0] + b.p[2]) + (b.p[1] + b.p[3]);
    part z = (c.p[0] + c.p[2]) + (c.p[1] + c.p[3]), w = (d.p[0] + d.p[2]) + (d.p[1] + d.p[3]);
    out[0] = (x[0] + x[2]) + (x[1] + x[3]);
    out[1] = (y[0] + y[2]) + (y[1] + y[3]);
    out[2] = (z[0] + z[2]) + (z[1] + z[3]);
    out[3] = (w[0] + w[2]) + (w[1] + w[3]);
}

#include "wide_rows.h"

#endif
