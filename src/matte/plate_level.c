// Exposure drift between samples, taken out before they are compared.
#include "plate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PROBES 5000
#define BANDS 4
#define LEAST_IN_BAND 60
// A band counts when so much of it moved by the same, give or take so many steps: else something passed
// there.
#define AGREEING 0.65
#define AGREEMENT 8
// Nearer to black or white than this is clipped and says nothing.
#define CLIP_MARGIN 6
#define LEAST_GAIN 0.7
#define MOST_GAIN 1.4

typedef struct probes {
    int count;
    size_t *at;
    uint8_t *median; // per probe and channel
} probes;

static int median_of(const int histogram[256], int count)
{
    int value = 0, sum = histogram[0];
    while (value < 255 && 2 * sum <= count)
        sum += histogram[++value];
    return value;
}

static int place_probes(probes *out, const sp_image8 *const *samples, int count)
{
    size_t width = (size_t)samples[0]->width, pixels = width * (size_t)samples[0]->height;
    size_t stride = pixels / PROBES + 1;
    // A stride that shares no factor with the width walks over all columns.
    while (stride > 1 && width % stride == 0)
        stride++;
    size_t room = pixels / stride + 1;
    *out = (probes){0, sp_calloc(room, sizeof *out->at), sp_calloc(room, 3)};
    if (!out->at || !out->median)
        return SP_ENOMEM;
    for (size_t i = 0; i < pixels; i += stride) {
        for (size_t c = 0; c < 3; c++) {
            int histogram[256] = {0};
            for (int t = 0; t < count; t++)
                histogram[samples[t]->data[3 * i + c]]++;
            out->median[3 * (size_t)out->count + c] = (uint8_t)median_of(histogram, count);
        }
        out->at[out->count++] = i;
    }
    return SP_OK;
}

// The median of differences -255..255 with its fraction, as of grouped data.
static double middle(const int histogram[511], int count)
{
    int below = 0, bin = 0;
    while (bin < 510 && 2 * (below + histogram[bin]) <= count)
        below += histogram[bin++];
    double inside = histogram[bin] ? (0.5 * count - below) / histogram[bin] : 0.5;
    return bin - 255 + inside - 0.5;
}

static int agreeing(const int histogram[511], double difference)
{
    int sum = 0, centre = (int)lround(difference) + 255;
    for (int bin = centre - AGREEMENT; bin <= centre + AGREEMENT; bin++)
        sum += bin >= 0 && bin <= 510 ? histogram[bin] : 0;
    return sum;
}

// Points (brightness, difference) become a line, weighted by how many probes each stands for.
static void solve_line(double *gain, double *offset, const double x[BANDS], const double y[BANDS],
                       const int weight[BANDS])
{
    double sw = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
    for (int i = 0; i < BANDS; i++) {
        sw += weight[i];
        sx += weight[i] * x[i];
        sy += weight[i] * y[i];
        sxx += weight[i] * x[i] * x[i];
        sxy += weight[i] * x[i] * y[i];
    }
    *gain = 1;
    *offset = 0;
    if (sw <= 0)
        return;
    double mx = sx / sw, my = sy / sw;
    // One tone alone cannot tell gain from offset: a weak prior holds the gain at 1.
    double slope = (sxy - sw * mx * my) / (sxx - sw * mx * mx + 16 * sw);
    *gain = fmin(fmax(1 + slope, LEAST_GAIN), MOST_GAIN);
    *offset = my - (*gain - 1) * mx;
}

static void level_channel(float table[256], const sp_image8 *sample, const probes *p, size_t c)
{
    int histogram[BANDS][511] = {{0}}, weight[BANDS] = {0};
    double brightness[BANDS] = {0}, difference[BANDS] = {0};
    for (int i = 0; i < p->count; i++) {
        int reference = p->median[3 * (size_t)i + c], value = sample->data[3 * p->at[i] + c];
        if (reference < CLIP_MARGIN || reference > 255 - CLIP_MARGIN || value < CLIP_MARGIN ||
            value > 255 - CLIP_MARGIN)
            continue;
        int band = reference * BANDS / 256;
        histogram[band][value - reference + 255]++;
        brightness[band] += reference;
        weight[band]++;
    }
    for (int i = 0; i < BANDS; i++) {
        if (weight[i] < LEAST_IN_BAND) {
            weight[i] = 0;
            continue;
        }
        brightness[i] /= weight[i];
        difference[i] = middle(histogram[i], weight[i]);
        if (agreeing(histogram[i], difference[i]) < AGREEING * weight[i])
            weight[i] = 0;
    }
    double gain, offset;
    solve_line(&gain, &offset, brightness, difference, weight);
    for (int v = 0; v < 256; v++)
        table[v] = (float)fmin(fmax((v - offset) / gain, 0), 255);
}

int plate_level(plate_tables *out, const sp_image8 *const *samples, int count)
{
    probes p;
    int code = place_probes(&p, samples, count);
    for (int t = 0; code == SP_OK && t < count; t++)
        for (size_t c = 0; c < 3; c++)
            level_channel(out[t][c], samples[t], &p, c);
    free(p.at);
    free(p.median);
    return code;
}
