// The shadow as splats: a thin layer a little above the floor.
#include "shadow.h"

#include <math.h>
#include <stdlib.h>

#define LAYER_M 0.005
#define LAYER_SCALE_M 0.001
// What takes less light than this is not worth a splat.
#define LEAST_DEPTH 0.01
#define MOST_OPACITY 0.95
#define LEAST_LIGHT 0.02

// The share of light that the channel which lost most has left.
static double least_light(const recon_shadow *s, size_t cell)
{
    size_t cells = (size_t)s->size[0] * (size_t)s->size[1];
    double least = fmin(s->light[cell], fmin(s->light[cells + cell], s->light[2 * cells + cell]));
    return fmin(fmax(least, LEAST_LIGHT), 1);
}

// What the layer shows of the floor's colour, so that the floor under it looks as it does in the shadow: the
// channel that lost most is let through, and the others get back what is then too dark.
static void colour_of(double colour[3], const recon_shadow *s, size_t cell)
{
    size_t cells = (size_t)s->size[0] * (size_t)s->size[1];
    double least = least_light(s, cell);
    for (size_t c = 0; c < 3; c++) {
        double more = fmax((double)s->light[c * cells + cell] - least, 0);
        colour[c] = least < 1 ? more * (double)s->floor[c * cells + cell] / (1 - least) : 0;
    }
}

// A cell's share of its neighbour's splat, along one axis.
static double weight_at(int cells_away)
{
    return exp(-0.5 * cells_away * cells_away / (RECON_SHADOW_DEVIATIONS * RECON_SHADOW_DEVIATIONS));
}

// Optical depth in the middle of many such splats on the cells' grid. It is less than what their areas times
// their opacities add up to, because opacities multiply.
static double depth_of(double opacity)
{
    double sum = 0;
    for (int y = -2; y <= 2; y++)
        for (int x = -2; x <= 2; x++)
            sum -= log1p(-opacity * weight_at(x) * weight_at(y));
    return sum;
}

// The opacity that each splat of the grid needs for that depth.
static double opacity_for(double depth)
{
    double low = 0, high = MOST_OPACITY;
    for (int i = 0; i < 20; i++) {
        double middle = 0.5 * (low + high);
        if (depth_of(middle) < depth)
            low = middle;
        else
            high = middle;
    }
    return high;
}

// The optical depth of each cell's splat: that of the shadow, plus what splats as wide as these blur away.
static double *layer_depths(const recon_shadow *s)
{
    int w = s->size[0], h = s->size[1];
    size_t cells = (size_t)w * (size_t)h;
    double *seen = sp_calloc(2 * cells, sizeof *seen), *depths = seen + cells;
    for (size_t i = 0; seen && i < cells; i++)
        seen[i] = -log(least_light(s, i));
    for (size_t i = 0; seen && i < cells; i++) {
        int x = (int)(i % (size_t)w), y = (int)(i / (size_t)w);
        double sum = 0, total = 0;
        for (int dy = -2; dy <= 2; dy++)
            for (int dx = -2; dx <= 2; dx++) {
                double weight = weight_at(dx) * weight_at(dy);
                bool is_in = x + dx >= 0 && y + dy >= 0 && x + dx < w && y + dy < h;
                sum += is_in ? weight * seen[(size_t)(y + dy) * (size_t)w + (size_t)(x + dx)] : 0;
                total += weight;
            }
        depths[i] = fmax(2 * seen[i] - sum / total, 0);
    }
    for (size_t i = 0; seen && i < cells; i++)
        seen[i] = depths[i];
    return seen;
}

static void add_cell(sp_splat_cloud *cloud, const recon_shadow *s, size_t cell, double depth)
{
    if (depth < LEAST_DEPTH)
        return;
    double colour[3], sigma = RECON_SHADOW_DEVIATIONS * s->cell_m, opacity = opacity_for(depth);
    colour_of(colour, s, cell);
    size_t n = cloud->count++, width = (size_t)s->size[0];
    const double at[3] = {s->origin[0] + s->cell_m * ((double)(cell % width) + 0.5),
                          s->origin[1] + s->cell_m * ((double)(cell / width) + 0.5), LAYER_M};
    const double scale[3] = {sigma, sigma, LAYER_SCALE_M};
    for (int a = 0; a < 3; a++) {
        sp_splat_row(cloud, SP_ROW_POSITION + a)[n] = (float)at[a];
        sp_splat_row(cloud, SP_ROW_LOG_SCALE + a)[n] = (float)log(scale[a]);
        sp_splat_row(cloud, SP_ROW_SH + a)[n] = (float)((colour[a] - 0.5) / SP_SH_C0);
    }
    sp_splat_row(cloud, SP_ROW_ROTATION)[n] = 1;
    sp_splat_row(cloud, SP_ROW_OPACITY)[n] = (float)log(opacity / (1 - opacity));
}

int recon_shadow_splats(sp_splat_cloud *cloud, int64_t *count, const recon_shadow *s)
{
    *count = 0;
    size_t cells = (size_t)s->size[0] * (size_t)s->size[1];
    sp_splat_cloud joined = {0};
    if (!cells)
        return SP_OK;
    double *depths = layer_depths(s);
    int rc = depths ? sp_splat_cloud_init(&joined, cells + cloud->count, cloud->sh_degree) : SP_ENOMEM;
    for (size_t i = 0; !rc && i < cells; i++)
        add_cell(&joined, s, i, depths[i]);
    int64_t added = (int64_t)joined.count;
    free(depths);
    if (!rc)
        rc = sp_splat_cloud_append(&joined, cloud);
    sp_splat_cloud_free(rc ? &joined : cloud);
    if (rc)
        return rc;
    *cloud = joined;
    *count = added;
    return SP_OK;
}
