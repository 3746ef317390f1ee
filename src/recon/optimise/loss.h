// The loss between two pictures and its gradient: (1 - dssim) * L1 + dssim * (1 - SSIM) / 2.
#ifndef RECON_LOSS_H
#define RECON_LOSS_H

#include <stillpoint/image.h>

// The same bits for any number of threads.

typedef struct recon_loss recon_loss;

// Scratch for pictures up to this size, and for the pool that will be given (nullable).
int recon_loss_open(recon_loss **out, int most_width, int most_height, const sp_pool *pool);
void recon_loss_close(recon_loss **loss);

// Mean loss over pixels and channels of seen against wanted (3 channels), each pixel weighted (nullable; 1
// channel). d_seen (3 channels) receives its gradient. SSIM with Gaussian windows of sigma 1.5, 11 px, zero
// beyond the border (Wang et al. 2004).
double recon_loss_rgb(recon_loss *loss, sp_image *d_seen, const sp_image *seen, const sp_image *wanted,
                      const sp_image *weight, double dssim, sp_pool *pool);

// Mean of a rounded |alpha - matte| (quadratic below 0.1), weighted (nullable); d_alpha receives scale times
// its gradient. Returns scale times the mean.
double recon_loss_alpha(recon_loss *loss, sp_image *d_alpha, const sp_image *alpha, const sp_image *matte,
                        const sp_image *weight, double scale, sp_pool *pool);

#endif
