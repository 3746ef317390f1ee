// Hashes and value noise: the sampler's jitter and everything irregular in textures. Pure functions of their
// arguments.
#ifndef SIM_NOISE_H
#define SIM_NOISE_H

#include <stdint.h>
#include <stillpoint/math.h>

// PCG output hash (Jarzynski and Olano, "Hash Functions for GPU Rendering", JCGT 2020).
static inline uint32_t sim_hash(uint32_t v)
{
    uint32_t state = v * 747796405u + 2891336453u;
    uint32_t word = ((state >> ((state >> 28) + 4u)) ^ state) * 277803737u;
    return (word >> 22) ^ word;
}

static inline uint32_t sim_hash4(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    return sim_hash(a + sim_hash(b + sim_hash(c + sim_hash(d))));
}

// Uniform in [0, 1).
static inline double sim_unit(uint32_t hash)
{
    return (double)(hash >> 8) * (1.0 / 16777216.0);
}

static inline double sim_clamp(double v, double low, double high)
{
    return v < low ? low : v > high ? high : v;
}

// 0 below a, 1 above b, smooth between.
static inline double sim_step(double a, double b, double v)
{
    double f = sim_clamp((v - a) / (b - a), 0, 1);
    return f * f * (3 - 2 * f);
}

static inline double sim_mix(double a, double b, double f)
{
    return a + (b - a) * f;
}

// Value noise in [0, 1], one lattice cell per unit.
double sim_noise2(double x, double y, uint32_t seed);
double sim_noise3(sp_vec3 p, uint32_t seed);
// Octaves of noise in [0, 1]; those finer than footprint (in units of the first octave's cell) fade to their
// mean.
double sim_fbm2(double x, double y, int octaves, double footprint, uint32_t seed);

#endif
