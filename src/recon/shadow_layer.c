// The shadow as splats: a thin layer a little above the floor, and the order in which floor and layer are
// drawn.
#include "shadow.h"

#include <math.h>
#include <stdlib.h>

#define LAYER_M 0.005
#define LAYER_SCALE_M 0.001
// What takes less light than this is not worth a splat.
#define LEAST_DEPTH 0.01
#define MOST_OPACITY 0.95
#define LEAST_LIGHT 0.02
// A splat of the venue is floor when its centre is this close to the plane.
#define FLOOR_M 0.08
// A splat reaches this many of its own deviations.
#define REACH 3.0
#define MOST_BEHIND_M 3.0
// Metres a metre by which this fades away around the layer, so that the floor keeps its own order.
#define FADING 0.25

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
        depths[i] = fmax(2 * seen[i] - sum / total, 0) / s->spread;
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

int recon_shadow_splats(sp_splat_cloud *cloud, const recon_shadow *s)
{
    size_t cells = (size_t)s->size[0] * (size_t)s->size[1];
    sp_splat_cloud joined = {0};
    if (!cells)
        return SP_OK;
    double *depths = layer_depths(s);
    int rc = depths ? sp_splat_cloud_init(&joined, cells + cloud->count, cloud->sh_degree) : SP_ENOMEM;
    for (size_t i = 0; !rc && i < cells; i++)
        add_cell(&joined, s, i, depths[i]);
    free(depths);
    if (!rc)
        rc = sp_splat_cloud_append(&joined, cloud);
    sp_splat_cloud_free(rc ? &joined : cloud);
    if (!rc)
        *cloud = joined;
    return rc;
}

// Splats of the layer are known by what no optimiser leaves as it is.
bool sp_recon_is_shadow(const sp_splat_cloud *cloud, size_t i)
{
    return sp_splat_row(cloud, SP_ROW_POSITION + 2)[i] == (float)LAYER_M &&
           sp_splat_row(cloud, SP_ROW_LOG_SCALE + 2)[i] == (float)log(LAYER_SCALE_M) &&
           sp_splat_row(cloud, SP_ROW_ROTATION)[i] == 1;
}

static double reach_of(const sp_splat_cloud *cloud, size_t i)
{
    float largest = -INFINITY;
    for (int a = 0; a < 3; a++)
        largest = fmaxf(largest, sp_splat_row(cloud, SP_ROW_LOG_SCALE + a)[i]);
    return fmin(REACH * exp((double)largest), MOST_BEHIND_M);
}

// The layer's rectangle on the floor; false when there is none.
static bool bound_layer(double low[2], double high[2], const sp_splat_cloud *cloud)
{
    for (int a = 0; a < 2; a++) {
        low[a] = INFINITY;
        high[a] = -INFINITY;
    }
    for (size_t i = 0; i < cloud->count; i++)
        for (int a = 0; a < 2 && sp_recon_is_shadow(cloud, i); a++) {
            double reach = reach_of(cloud, i), at = sp_splat_row(cloud, SP_ROW_POSITION + a)[i];
            low[a] = fmin(low[a], at - reach);
            high[a] = fmax(high[a], at + reach);
        }
    return low[0] < high[0];
}

static bool is_floor(const sp_splat_cloud *cloud, size_t i)
{
    return fabs((double)sp_splat_row(cloud, SP_ROW_POSITION + 2)[i]) < FLOOR_M;
}

// How far a splat's centre is from the rectangle on the floor.
static double distance_to(const sp_splat_cloud *cloud, size_t i, const double low[2], const double high[2])
{
    double off[2];
    for (int a = 0; a < 2; a++) {
        double at = sp_splat_row(cloud, SP_ROW_POSITION + a)[i];
        off[a] = fmax(fmax(low[a] - at, at - high[a]), 0);
    }
    return hypot(off[0], off[1]);
}

// How far the floor's splats reach that overlap the rectangle: the mean over the area that they cover. A few
// that are larger may stay in front; sorted behind everything, the floor would uncover what it hides.
static double reach_under(const sp_splat_cloud *scene, const double low[2], const double high[2])
{
    double sum = 0, total = 0;
    for (size_t i = 0; i < scene->count && !sp_recon_is_shadow(scene, i); i++) {
        double reach = is_floor(scene, i) ? reach_of(scene, i) : 0;
        if (reach <= 0 || distance_to(scene, i, low, high) > reach)
            continue;
        sum += reach * reach * reach;
        total += reach * reach;
    }
    return total > 0 ? sum / total : 0;
}

int sp_recon_behind(float **out, const sp_splat_cloud *scene)
{
    double low[2], high[2];
    *out = NULL;
    if (!bound_layer(low, high, scene))
        return SP_OK;
    float *behind = sp_aligned_calloc(scene->capacity, sizeof *behind);
    if (!behind)
        return SP_ENOMEM;
    double most = reach_under(scene, low, high);
    for (size_t i = 0; most > 0 && i < scene->count && !sp_recon_is_shadow(scene, i); i++)
        // What lies under the floor goes with it, or it would be uncovered: over any two points of a line of
        // sight this differs by less than their depths do, so that they keep their order.
        if (sp_splat_row(scene, SP_ROW_POSITION + 2)[i] < (float)FLOOR_M)
            behind[i] = (float)fmax(most - FADING * distance_to(scene, i, low, high), 0);
    *out = behind;
    return SP_OK;
}
