#include "gauss.h"

#include <stillpoint/image.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

int image_gauss_init(image_gauss *out, double sigma_px, double truncate)
{
    double reach = truncate * sigma_px;
    if (!(sigma_px > 0) || !(truncate > 0) || !(reach < 65536))
        return sp_error(SP_EINVAL,
                        "a blur of sigma %g px cut at %g sigma makes no sense; both must be above 0",
                        sigma_px, truncate);
    int radius = (int)(reach + 0.5);
    float *weights = sp_calloc((size_t)radius + 1, sizeof *weights);
    if (!weights)
        return SP_ENOMEM;
    double sum = 0;
    for (int k = -radius; k <= radius; k++)
        sum += exp(-0.5 * k * k / (sigma_px * sigma_px));
    for (int k = 0; k <= radius; k++)
        weights[k] = (float)(exp(-0.5 * k * k / (sigma_px * sigma_px)) / sum);
    *out = (image_gauss){radius, weights};
    return 0;
}

int image_mirror(int index, int count)
{
    int period = 2 * count;
    index %= period;
    index = index < 0 ? index + period : index;
    return index < count ? index : period - 1 - index;
}

void image_pad_row(float *padded, const float *row, int width, int radius)
{
    memcpy(padded + radius, row, (size_t)width * sizeof *row);
    for (int k = 1; k <= radius; k++) {
        padded[radius - k] = row[image_mirror(-k, width)];
        padded[radius + width - 1 + k] = row[image_mirror(width - 1 + k, width)];
    }
}

static inline void gauss_row(float *restrict out, const float *restrict centre, int width,
                             const float *restrict weights, int radius)
{
    for (int x = 0; x < width; x++) {
        float sum = weights[0] * centre[x];
        for (int k = 1; k <= radius; k++)
            sum += weights[k] * (centre[x - k] + centre[x + k]);
        out[x] = sum;
    }
}

void image_gauss_row(float *restrict out, const float *restrict padded, int width, const image_gauss *gauss)
{
    // With the radius known (SSIM's window) the inner loop unrolls and pixels fill the vector lanes.
    if (gauss->radius == 5) {
        gauss_row(out, padded + 5, width, gauss->weights, 5);
        return;
    }
    const float *centre = padded + gauss->radius;
    for (int x = 0; x < width; x++)
        out[x] = gauss->weights[0] * centre[x];
    for (int k = 1; k <= gauss->radius; k++) {
        float weight = gauss->weights[k];
        for (int x = 0; x < width; x++)
            out[x] += weight * (centre[x - k] + centre[x + k]);
    }
}

static void blur_plane(float *plane, int width, int height, const image_gauss *gauss, float *rows,
                       float *padded)
{
    size_t stride = (size_t)width;
    for (int y = 0; y < height; y++) {
        image_pad_row(padded, plane + (size_t)y * stride, width, gauss->radius);
        image_gauss_row(rows + (size_t)y * stride, padded, width, gauss);
    }
    for (int y = 0; y < height; y++) {
        float *restrict out = plane + (size_t)y * stride;
        const float *restrict centre = rows + (size_t)y * stride;
        for (int x = 0; x < width; x++)
            out[x] = gauss->weights[0] * centre[x];
        for (int k = 1; k <= gauss->radius; k++) {
            const float *restrict above = rows + (size_t)image_mirror(y - k, height) * stride;
            const float *restrict below = rows + (size_t)image_mirror(y + k, height) * stride;
            float weight = gauss->weights[k];
            for (int x = 0; x < width; x++)
                out[x] += weight * (above[x] + below[x]);
        }
    }
}

int sp_image_blur(sp_image *image, double sigma_px, double truncate)
{
    image_gauss gauss;
    int rc = image_gauss_init(&gauss, sigma_px, truncate);
    if (rc)
        return rc;
    float *rows = sp_aligned_calloc((size_t)image->width * (size_t)image->height, sizeof *rows);
    float *padded = sp_aligned_calloc((size_t)image->width + 2 * (size_t)gauss.radius, sizeof *padded);
    if (rows && padded)
        for (int c = 0; c < image->channels; c++)
            blur_plane(sp_image_plane(image, c), image->width, image->height, &gauss, rows, padded);
    else
        rc = SP_ENOMEM;
    free(rows);
    free(padded);
    free(gauss.weights);
    return rc;
}
