// The order in which the floor and the shadow on it are drawn.
#include "shadow_order.h"

#include <math.h>

// A splat reaches this many of its own deviations.
#define REACH 3.0
#define MOST_BEHIND_M 3.0
// Metres a metre by which this fades away around the layer, so that the floor keeps its own order.
#define FADING 0.25

static double reach_of(const sp_splat_cloud *cloud, size_t i)
{
    float largest = -INFINITY;
    for (int a = 0; a < 3; a++)
        largest = fmaxf(largest, sp_splat_row(cloud, SP_ROW_LOG_SCALE + a)[i]);
    return fmin(REACH * exp((double)largest), MOST_BEHIND_M);
}

// The layer's rectangle on the floor.
static void bound_layer(double low[2], double high[2], const sp_splat_cloud *cloud, size_t first, size_t end)
{
    for (int a = 0; a < 2; a++) {
        low[a] = INFINITY;
        high[a] = -INFINITY;
    }
    for (size_t i = first; i < end; i++)
        for (int a = 0; a < 2; a++) {
            double reach = reach_of(cloud, i), at = sp_splat_row(cloud, SP_ROW_POSITION + a)[i];
            low[a] = fmin(low[a], at - reach);
            high[a] = fmax(high[a], at + reach);
        }
}

static bool is_floor(const sp_splat_cloud *cloud, size_t i)
{
    return fabs((double)sp_splat_row(cloud, SP_ROW_POSITION + 2)[i]) < RECON_FLOOR_M;
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
static double reach_under(const sp_splat_cloud *scene, size_t venue, const double low[2],
                          const double high[2])
{
    double sum = 0, total = 0;
    for (size_t i = 0; i < venue; i++) {
        double reach = is_floor(scene, i) ? reach_of(scene, i) : 0;
        if (reach <= 0 || distance_to(scene, i, low, high) > reach)
            continue;
        sum += reach * reach * reach;
        total += reach * reach;
    }
    return total > 0 ? sum / total : 0;
}

int recon_shadow_order(float **out, const sp_splat_cloud *scene, size_t venue, size_t shadow)
{
    double low[2], high[2];
    float *behind = sp_aligned_calloc(scene->capacity, sizeof *behind);
    if (!behind)
        return SP_ENOMEM;
    bound_layer(low, high, scene, venue, venue + shadow);
    double most = reach_under(scene, venue, low, high);
    for (size_t i = 0; most > 0 && i < venue; i++)
        // What lies under the floor goes with it, or it would be uncovered: over any two points of a line of
        // sight this differs by less than their depths do, so that they keep their order.
        if (sp_splat_row(scene, SP_ROW_POSITION + 2)[i] < (float)RECON_FLOOR_M)
            behind[i] = (float)fmax(most - FADING * distance_to(scene, i, low, high), 0);
    *out = behind;
    return SP_OK;
}
