#include "noise.h"

static double fade(double f)
{
    return f * f * (3 - 2 * f);
}

static double lattice(int x, int y, int z, uint32_t seed)
{
    // One hash of a linear mix: noise takes most of a plate's time.
    return sim_unit(sim_hash((uint32_t)x * 0x9E3779B1u + (uint32_t)y * 0x85EBCA77u +
                             (uint32_t)z * 0xC2B2AE3Du + seed * 0x27D4EB2Fu));
}

double sim_noise2(double x, double y, uint32_t seed)
{
    int ix = (int)floor(x), iy = (int)floor(y);
    double fx = fade(x - ix), fy = fade(y - iy);
    double a = sim_mix(lattice(ix, iy, 0, seed), lattice(ix + 1, iy, 0, seed), fx);
    double b = sim_mix(lattice(ix, iy + 1, 0, seed), lattice(ix + 1, iy + 1, 0, seed), fx);
    return sim_mix(a, b, fy);
}

double sim_noise3(sp_vec3 p, uint32_t seed)
{
    int ix = (int)floor(p.x), iy = (int)floor(p.y), iz = (int)floor(p.z);
    double fx = fade(p.x - ix), fy = fade(p.y - iy), fz = fade(p.z - iz);
    double layer[2];
    for (int k = 0; k < 2; k++) {
        double a = sim_mix(lattice(ix, iy, iz + k, seed), lattice(ix + 1, iy, iz + k, seed), fx);
        double b = sim_mix(lattice(ix, iy + 1, iz + k, seed), lattice(ix + 1, iy + 1, iz + k, seed), fx);
        layer[k] = sim_mix(a, b, fy);
    }
    return sim_mix(layer[0], layer[1], fz);
}

double sim_fbm2(double x, double y, int octaves, double footprint, uint32_t seed)
{
    double sum = 0, weight = 0, amplitude = 1;
    for (int i = 0; i < octaves; i++) {
        double visible = 1 - sim_step(0.35, 1.0, footprint);
        double value = visible > 0 ? sim_noise2(x, y, seed + (uint32_t)i) : 0.5;
        sum += amplitude * sim_mix(0.5, value, visible);
        weight += amplitude;
        amplitude *= 0.5;
        x = x * 2.03 + 17.7;
        y = y * 2.03 - 9.1;
        footprint *= 2.03;
    }
    return sum / weight;
}
