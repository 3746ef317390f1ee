// The steps of a matte, each on whole pictures. Internal to matte.
#ifndef MATTE_PARTS_H
#define MATTE_PARTS_H

#include <stillpoint/image.h>

// Gain and offset per channel that turn the plate into the image's exposure, by iteratively reweighted least
// squares (Tukey's biweight, scale from the MAD), so that the athlete does not pull. fit false: 1 and 0.
// deviation receives the robust deviation of what is left, 0..1, over channels.
int matte_exposure(double gains[6], double *deviation, const sp_image8 *image, const sp_image8 *plate,
                   bool fit);

// Per pixel the deviation to expect where nothing stands before the plate, in 0..1: measured in the pair by
// neighbourhood (low quantiles, so that the athlete does not count) and by the plate's contrast (compression
// and small movements of the camera hit edges harder). difference: 3 channels, image - corrected plate. fixed
// > 0 replaces the measurement.
int matte_noise(sp_image *out, const sp_image *difference, const sp_image *plate, const sp_image *spread,
                double deviation, double fixed, sp_pool *pool);

// Per pixel how sure it is that it shows the plate in shadow, 0..1 (1 channel): darker by one factor over the
// neighbourhood, same chromaticity, same texture.
int matte_shadow(sp_image *out, const sp_image *image, const sp_image *plate, const sp_image *noise,
                 sp_pool *pool);

// Remove connected regions (8-neighbours) of mask > threshold smaller than min_area (pixels become 0) and
// fill enclosed holes (4-neighbours of mask <= threshold that do not touch the border) smaller than max_hole
// (become 1).
int matte_clean_regions(sp_image *mask, float threshold, int min_area, int max_hole);

// Keep regions of mask > low that hold a pixel where mask > high (hysteresis); others become 0.
int matte_hysteresis(sp_image *mask, float low, float high);

// Where the plate was never seen (spread at SP_PLATE_UNSEEN), the difference to what it was filled with says
// little, but the athlete stood there in every sample: connected regions of such pixels become athlete when
// most of the pixels around them are, and nothing when few of them are.
int matte_claim_unseen(sp_image *score, const sp_image *spread);

// The n-th smallest of count values, which are moved; 0 <= n < count, none is NaN.
float matte_nth(float *values, int count, int n);

// sp_image_blur, the planes in parallel.
int matte_blur(sp_image *image, double sigma_px, double truncate, sp_pool *pool);

// Edge-preserving smoothing of p by the luma of the guide (He, Sun, Tang, "Guided Image Filtering", 2013).
int matte_guided(sp_image *p, const sp_image *guide, int radius, double epsilon);

#endif
