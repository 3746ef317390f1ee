// Pictures on surfaces, filtered by a mip pyramid.
#ifndef SIM_TEXTURE_H
#define SIM_TEXTURE_H

#include <stillpoint/image.h>

enum { SIM_TEXTURE_LEVELS = 12 };

typedef struct sim_texture {
    int levels;
    int width[SIM_TEXTURE_LEVELS], height[SIM_TEXTURE_LEVELS];
    float *texel[SIM_TEXTURE_LEVELS]; // linear light, premultiplied RGBA
} sim_texture;

int sim_texture_from(sim_texture *out, const sp_image8 *rgba);
void sim_texture_free(sim_texture *texture);
// Sample at u, v in 0..1 (v downwards, clamped) over a footprint given as a fraction of the height.
void sim_texture_sample(double rgba[4], const sim_texture *texture, double u, double v, double footprint);

// Linear light from sRGB components in 0..1.
typedef struct sim_rgb {
    double r, g, b;
} sim_rgb;
sim_rgb sim_rgb_srgb(double r, double g, double b);
static inline sim_rgb sim_rgb_scale(sim_rgb c, double f)
{
    return (sim_rgb){c.r * f, c.g * f, c.b * f};
}
static inline sim_rgb sim_rgb_add(sim_rgb a, sim_rgb b)
{
    return (sim_rgb){a.r + b.r, a.g + b.g, a.b + b.b};
}
static inline sim_rgb sim_rgb_mul(sim_rgb a, sim_rgb b)
{
    return (sim_rgb){a.r * b.r, a.g * b.g, a.b * b.b};
}
static inline sim_rgb sim_rgb_mix(sim_rgb a, sim_rgb b, double f)
{
    return sim_rgb_add(sim_rgb_scale(a, 1 - f), sim_rgb_scale(b, f));
}
// The texture's colour over a base.
sim_rgb sim_texture_over(const sim_texture *texture, double u, double v, double footprint, sim_rgb base);

// How a point of a surface answers to light.
typedef struct sim_surface {
    sim_rgb albedo;
    double gloss;  // strength of the highlight
    double shine;  // its exponent
    double mirror; // how much of a polished coat's reflection it shows, 0..1 (mirror.h)
} sim_surface;

#endif
