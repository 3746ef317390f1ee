// Inside image: the Gaussian window that blur and SSIM share.
#ifndef IMAGE_GAUSS_H
#define IMAGE_GAUSS_H

#include <stillpoint/base.h>

// Symmetric, unit sum: weights[0] is the centre's, weights[k] that of the two samples k away.
typedef struct image_gauss {
    int radius;
    float *weights;
} image_gauss;

// Radius is truncate * sigma_px, rounded. Free weights with free().
int image_gauss_init(image_gauss *out, double sigma_px, double truncate);

// Index of a sample beyond the border, mirrored about the border's outer edge (d c b a | a b c d | d c b a).
int image_mirror(int index, int count);

// Fill padded, which has room for width + 2 * radius, with the row and its mirrored ends.
void image_pad_row(float *padded, const float *row, int width, int radius);

// out[x] = sum of padded[x .. x + 2 * radius] under the window; restrict rows, so that the loop vectorises.
void image_gauss_row(float *restrict out, const float *restrict padded, int width, const image_gauss *gauss);

#endif
