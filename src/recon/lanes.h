// Vectors of floats for the sources of recon that are compiled once per instruction set: as wide as its
// registers, or LANES wide, whatever they are, where the includer has to have the same bits from all.
#ifndef RECON_LANES_H
#define RECON_LANES_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#ifndef LANES
#ifdef __AVX512F__
#define LANES 16
#elif defined __AVX2__
#define LANES 8
#else
#define LANES 4
#endif
#endif

typedef float lanes __attribute__((vector_size(4 * LANES)));
typedef int32_t lanes_int __attribute__((vector_size(4 * LANES)));

static inline lanes lanes_load(const float *from)
{
    lanes v;
    memcpy(&v, from, sizeof v);
    return v;
}

static inline void lanes_store(float *to, lanes v)
{
    memcpy(to, &v, sizeof v);
}

// v where mask is all ones, 0 where it is 0.
static inline lanes lanes_keep(lanes v, lanes_int mask)
{
    return (lanes)((lanes_int)v & mask);
}

// a where mask is all ones, b where it is 0.
static inline lanes lanes_choose(lanes_int mask, lanes a, lanes b)
{
    return (lanes)(((lanes_int)a & mask) | ((lanes_int)b & ~mask));
}

static inline lanes lanes_min(lanes a, lanes b)
{
    return lanes_choose(a < b, a, b);
}

static inline lanes lanes_max(lanes a, lanes b)
{
    return lanes_choose(a > b, a, b);
}

static inline lanes lanes_sqrt(lanes v)
{
    float lane[LANES];
    memcpy(lane, &v, sizeof lane);
    for (int i = 0; i < LANES; i++)
        lane[i] = sqrtf(lane[i]);
    return lanes_load(lane);
}

static inline float lanes_sum(lanes v)
{
    float lane[LANES];
    memcpy(lane, &v, sizeof lane);
    for (int n = LANES / 2; n > 0; n /= 2)
        for (int i = 0; i < n; i++)
            lane[i] += lane[i + n];
    return lane[0];
}

#endif
