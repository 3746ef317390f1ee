// The loss of a band of rows of one plane, compiled per instruction set. A band is worked through a group of
// rows at a time, in scratch that stays in the cache.
#ifndef RECON_LOSS_BAND_H
#define RECON_LOSS_BAND_H

#include <stddef.h>

#define LOSS_ROUNDING 0.1f
#define LOSS_REACH 5 // rows to either side that a window covers

// Of the scratch: a row of zeros; a group's blurred moments; a ring of factors; a group's blurred factors.
enum {
    LOSS_GROUP = 4,                                               // rows that are worked on together
    LOSS_BEHIND = (LOSS_GROUP + 2 * LOSS_REACH - 1) / LOSS_GROUP, // groups after one that reach its gradient
    LOSS_RING = (LOSS_BEHIND + 1) * LOSS_GROUP,                   // rows of factors that are kept
    LOSS_MOMENTS = 4,
    LOSS_FACTORS = 3,
    LOSS_PAD = 16, // zeros to either side of a row
    LOSS_BAND_SCRATCH_ROWS =
        1 + LOSS_MOMENTS * LOSS_GROUP + LOSS_FACTORS * LOSS_RING + LOSS_FACTORS * LOSS_GROUP,
};

// Floats from row to row of the scratch.
static inline size_t loss_band_stride(int width)
{
    return (size_t)(width + LOSS_PAD - 1) / LOSS_PAD * LOSS_PAD + 2 * LOSS_PAD;
}

typedef struct loss_band {
    const float *seen, *wanted, *weight; // planes; weight may be NULL: 1
    float *d_seen;                       // receives the gradient of the band's rows
    int width, height;                   // of the planes
    int row0, row1;                      // the band
    float l1, dssim;   // what a pixel's |seen - wanted| counts, and its SSIM with a minus (0: no SSIM)
    const float *taps; // LOSS_REACH + 1: the window's middle, then outwards
    float *scratch;    // LOSS_BAND_SCRATCH_ROWS rows
    double *sum_difference, *sum_dssim; // receive the weighted sums of |seen - wanted| and 1 - SSIM
} loss_band;

typedef struct loss_kernels {
    void (*rgb)(const loss_band *band);
    // |seen - wanted| is rounded below LOSS_ROUNDING; dssim, taps, scratch and sum_dssim are not used.
    void (*alpha)(const loss_band *band);
} loss_kernels;
extern const loss_kernels loss_kernels_baseline, loss_kernels_avx2, loss_kernels_avx512;

#endif
