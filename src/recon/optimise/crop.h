// Random rectangles of a level, so that a step costs less than a whole picture.
#ifndef RECON_CROP_H
#define RECON_CROP_H

#include "pyramid.h"

// A rectangle whose sides are `share` of the picture's, at least 32 px, its middle anywhere in the picture.
// What would reach over the edges is cut off, so that pixels there come up half as often as those in the
// middle rather than hardly ever.
sp_rect recon_crop_choose(const sp_camera *camera, double share, sp_rng *rng);

// That part of a level with pictures of its own. Beside edges that the cut made, where SSIM's windows see
// only a part of what they compare, pixels have no weight. Ended by recon_crop_free().
int recon_crop(recon_level *out, const recon_level *level, sp_rect rect);
void recon_crop_free(recon_level *crop);

#endif
