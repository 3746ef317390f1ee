#include "texture.h"

#include <math.h>
#include <stdlib.h>

sim_rgb sim_rgb_srgb(double r, double g, double b)
{
    return (sim_rgb){sp_srgb_to_linear((float)r), sp_srgb_to_linear((float)g), sp_srgb_to_linear((float)b)};
}

void sim_texture_free(sim_texture *texture)
{
    for (int i = 0; i < texture->levels; i++)
        free(texture->texel[i]);
    *texture = (sim_texture){0};
}

// Half the size by area; odd sizes repeat the last texel.
static void halve(float *out, int width, int height, const float *from, int from_width, int from_height)
{
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < 4; c++) {
                float sum = 0;
                for (int k = 0; k < 4; k++) {
                    int sx = 2 * x + (k & 1), sy = 2 * y + (k >> 1);
                    sx = sx < from_width ? sx : from_width - 1;
                    sy = sy < from_height ? sy : from_height - 1;
                    sum += from[4 * ((size_t)sy * (size_t)from_width + (size_t)sx) + (size_t)c];
                }
                out[4 * ((size_t)y * (size_t)width + (size_t)x) + (size_t)c] = 0.25f * sum;
            }
}

int sim_texture_from(sim_texture *out, const sp_image8 *rgba)
{
    if (rgba->channels != 4)
        return sp_error(SP_EINVAL, "a texture needs 4 channels, not %d", rgba->channels);
    sim_texture t = {.levels = 1, .width = {rgba->width}, .height = {rgba->height}};
    size_t count = (size_t)rgba->width * (size_t)rgba->height;
    t.texel[0] = sp_calloc(count * 4, sizeof(float));
    if (!t.texel[0])
        return SP_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        float alpha = rgba->data[4 * i + 3] / 255.0f;
        for (size_t c = 0; c < 3; c++)
            t.texel[0][4 * i + c] = alpha * sp_srgb_to_linear(rgba->data[4 * i + c] / 255.0f);
        t.texel[0][4 * i + 3] = alpha;
    }
    while (t.levels < SIM_TEXTURE_LEVELS && (t.width[t.levels - 1] > 1 || t.height[t.levels - 1] > 1)) {
        int l = t.levels;
        t.width[l] = (t.width[l - 1] + 1) / 2;
        t.height[l] = (t.height[l - 1] + 1) / 2;
        t.texel[l] = sp_calloc((size_t)t.width[l] * (size_t)t.height[l] * 4, sizeof(float));
        if (!t.texel[l]) {
            sim_texture_free(&t);
            return SP_ENOMEM;
        }
        halve(t.texel[l], t.width[l], t.height[l], t.texel[l - 1], t.width[l - 1], t.height[l - 1]);
        t.levels++;
    }
    *out = t;
    return 0;
}

static const float *texel(const sim_texture *t, int level, int x, int y)
{
    int w = t->width[level], h = t->height[level];
    x = x < 0 ? 0 : x >= w ? w - 1 : x;
    y = y < 0 ? 0 : y >= h ? h - 1 : y;
    return t->texel[level] + 4 * ((size_t)y * (size_t)w + (size_t)x);
}

static void bilinear(double out[4], const sim_texture *t, int level, double u, double v)
{
    double x = u * t->width[level] - 0.5, y = v * t->height[level] - 0.5;
    int ix = (int)floor(x), iy = (int)floor(y);
    double fx = x - ix, fy = y - iy;
    const float *a = texel(t, level, ix, iy), *b = texel(t, level, ix + 1, iy);
    const float *c = texel(t, level, ix, iy + 1), *d = texel(t, level, ix + 1, iy + 1);
    for (int k = 0; k < 4; k++)
        out[k] = (1 - fy) * ((1 - fx) * a[k] + fx * b[k]) + fy * ((1 - fx) * c[k] + fx * d[k]);
}

void sim_texture_sample(double rgba[4], const sim_texture *t, double u, double v, double footprint)
{
    u = fmin(fmax(u, 0), 1);
    v = fmin(fmax(v, 0), 1);
    double level = log2(fmax(footprint * t->height[0], 1));
    level = fmin(level, t->levels - 1);
    int low = (int)level;
    bilinear(rgba, t, low, u, v);
    if (low + 1 >= t->levels)
        return;
    double coarse[4], f = level - low;
    bilinear(coarse, t, low + 1, u, v);
    for (int k = 0; k < 4; k++)
        rgba[k] += f * (coarse[k] - rgba[k]);
}

sim_rgb sim_texture_over(const sim_texture *texture, double u, double v, double footprint, sim_rgb base)
{
    double c[4];
    sim_texture_sample(c, texture, u, v, footprint);
    double rest = 1 - c[3];
    return (sim_rgb){c[0] + rest * base.r, c[1] + rest * base.g, c[2] + rest * base.b};
}
