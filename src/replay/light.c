#include "light.h"
#include "median.h"

#include <math.h>
#include <stdlib.h>

// A picture's exposure against its plate is known no better than this; the rest would flicker.
#define GAIN_NOISE 0.005
#define OFFSET_NOISE 0.002
// Fewer cameras cannot tell their own exposure from the light.
#define LEAST_CAMERAS 3

// Towards 0 by the noise, without a step where it begins.
static double beyond(double value, double noise)
{
    return copysign(fmax(fabs(value) - noise, 0), value);
}

bool replay_light_measure(double light[6], const double (*gains)[6], int count)
{
    double *values = count >= LEAST_CAMERAS ? sp_calloc((size_t)count, sizeof *values) : NULL;
    bool has_changed = false;
    for (int k = 0; k < 6; k++) {
        double rest = k < 3, change = 0;
        for (int i = 0; values && i < count; i++)
            values[i] = gains[i][k] - rest;
        if (values)
            change = beyond(replay_median(values, count), k < 3 ? GAIN_NOISE : OFFSET_NOISE);
        light[k] = rest + change;
        has_changed = has_changed || change != 0;
    }
    free(values);
    return has_changed;
}

void replay_light_cast(sp_splat_cloud *cloud, const double light[6])
{
    int rows = sp_splat_rows(cloud->sh_degree) - SP_ROW_SH;
    for (int r = 0; r < rows; r++) {
        float *row = sp_splat_row(cloud, SP_ROW_SH + r);
        float gain = (float)light[r % 3];
        // colour = 0.5 + C0 DC, so that a gain on colours is a gain and a shift on DC
        float shift = r < 3 ? (float)((0.5 * light[r] + light[3 + r] - 0.5) / SP_SH_C0) : 0;
        for (size_t i = 0; i < cloud->count; i++)
            row[i] = gain * row[i] + shift;
    }
}
