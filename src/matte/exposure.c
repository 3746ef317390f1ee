// How the image's exposure differs from the plate's, without letting the athlete pull.
#include "parts.h"

#include <math.h>
#include <stdlib.h>

#define MAX_FIT_SAMPLES 10000
#define FIT_ROUNDS 12
// Values nearer to black or white than this are clipped and say nothing about a gain.
#define CLIP_MARGIN 4
// Cut of Tukey's biweight in deviations: 95% efficient for Gaussian noise (Holland and Welsch 1977).
#define TUKEY_CUT 4.685
#define LEAST_DEVIATION (0.5 / 255)
#define CLIP_ROUNDS 6
// Share of a picture that differs by more than noise at edges of the venue alone.
#define EDGE_SHARE 0.2

// 1.4826 times the median: the deviation of a Gaussian from absolute residuals. Moves values.
static double deviation_of(float *values, int count)
{
    if (count < 1)
        return 0;
    return 1.4826 * matte_nth(values, count, count / 2);
}

typedef struct line_fit {
    double gain, offset, deviation;
} line_fit;

// One round of weighted least squares y = gain x + offset with the weights of the current fit.
static void refit(line_fit *fit, const float *x, const float *y, int count)
{
    double cut = TUKEY_CUT * fmax(fit->deviation, LEAST_DEVIATION);
    double sw = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
    for (int i = 0; i < count; i++) {
        double r = (y[i] - fit->gain * x[i] - fit->offset) / cut;
        if (fabs(r) >= 1)
            continue;
        double w = (1 - r * r) * (1 - r * r);
        sw += w;
        sx += w * x[i];
        sy += w * y[i];
        sxx += w * x[i] * x[i];
        sxy += w * x[i] * y[i];
    }
    if (sw < 16)
        return;
    // A plate of one tone cannot tell gain from offset: a weak prior holds the gain at 1.
    double prior = 1e-4 * sw, mx = sx / sw, my = sy / sw;
    double gain = (sxy - sw * mx * my + prior) / (sxx - sw * mx * mx + prior);
    fit->gain = fmin(fmax(gain, 0.25), 4.0);
    fit->offset = my - fit->gain * mx;
}

// Of the residuals, or of those that are not the athlete's where he fills a good part of the picture: then
// the median of all would say how different he is.
static double residual_deviation(const line_fit *fit, const float *x, const float *y, float *scratch,
                                 int count)
{
    for (int i = 0; i < count; i++)
        scratch[i] = fabsf(y[i] - (float)(fit->gain * x[i] + fit->offset));
    double all = deviation_of(scratch, count), deviation = all;
    int left = count;
    for (int round = 0; round < CLIP_ROUNDS; round++) {
        float most = (float)(TUKEY_CUT * fmax(deviation, LEAST_DEVIATION));
        int kept = 0;
        for (int i = 0; i < left; i++)
            if (scratch[i] <= most) {
                float value = scratch[i];
                scratch[i] = scratch[kept];
                scratch[kept++] = value;
            }
        deviation = deviation_of(scratch, left = kept);
    }
    return left < (1 - EDGE_SHARE) * count ? deviation : all;
}

static line_fit fit_channel(const float *x, const float *y, float *scratch, int count, bool fit_exposure)
{
    line_fit fit = {1, 0, 0};
    fit.deviation = residual_deviation(&fit, x, y, scratch, count);
    if (!fit_exposure || count < 64)
        return fit;
    // The median of the ratio is a start that survives gross gain differences.
    for (int i = 0; i < count; i++)
        scratch[i] = (y[i] + 0.02f) / (x[i] + 0.02f);
    line_fit ratio = {matte_nth(scratch, count, count / 2), 0, 0};
    ratio.deviation = residual_deviation(&ratio, x, y, scratch, count);
    if (ratio.deviation < fit.deviation)
        fit = ratio;
    for (int round = 0; round < FIT_ROUNDS; round++) {
        refit(&fit, x, y, count);
        fit.deviation = residual_deviation(&fit, x, y, scratch, count);
    }
    return fit;
}

int matte_exposure(double gains[6], double *deviation, const sp_image8 *image, const sp_image8 *plate,
                   bool fit)
{
    int64_t pixels = (int64_t)image->width * image->height;
    int64_t stride = pixels / MAX_FIT_SAMPLES + 1;
    // A stride that shares no factor with the width walks over all columns.
    while (stride > 1 && image->width % stride == 0)
        stride++;
    int room = (int)(pixels / stride) + 1;
    float *memory = sp_calloc((size_t)room * 3, sizeof *memory);
    if (!memory)
        return SP_ENOMEM;
    float *x = memory, *y = memory + room, *scratch = memory + 2 * (size_t)room;
    double sum = 0;
    for (int c = 0; c < 3; c++) {
        int count = 0;
        for (int64_t i = 0; i < pixels; i += stride) {
            int p = plate->data[3 * i + c], v = image->data[3 * i + c];
            if (p < CLIP_MARGIN || v < CLIP_MARGIN || p > 255 - CLIP_MARGIN || v > 255 - CLIP_MARGIN)
                continue;
            x[count] = (float)p / 255;
            y[count++] = (float)v / 255;
        }
        line_fit line = fit_channel(x, y, scratch, count, fit);
        gains[c] = line.gain;
        gains[3 + c] = line.offset;
        sum += line.deviation * line.deviation;
    }
    *deviation = fmax(sqrt(sum / 3), LEAST_DEVIATION);
    free(memory);
    return SP_OK;
}
