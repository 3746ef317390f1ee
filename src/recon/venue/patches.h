// Patches of one colour that windows cannot match, as flags and boards: found again as a whole in another
// picture. Sources: Tao, Sawhney, Kumar, "A Global Matching Framework for Stereo Computation", ICCV 2001 (a
// segment of even colour has one plane).
#ifndef RECON_PATCHES_H
#define RECON_PATCHES_H

#include "fuse.h"

// Of what is not confirmed, patches of one colour that stands out from what is around it: where at one depth
// only another view sees that colour within the outline, and no more of it just outside, all of the patch
// stands upright there, confirmed by one view.
int recon_match_patches(recon_geometry *geometry, sp_pool *pool);

#endif
