// Which mattes tell the same story, and what the common story looks like in each view.
#ifndef RECON_AGREE_H
#define RECON_AGREE_H

#include "hull.h"
#include "../scene.h"

// Carve a coarse hull that one view may deny, compare each matte with it and mark views that contradict the
// rest as not used. agreement (count entries): intersection over union of matte and the hull's picture, 0..1;
// 1 where neither has anything. covered (count entries, nullable): share of the hull's picture that the matte
// covers, 0..1.
int recon_agree(double *agreement, double *covered, recon_scene *scene, double voxel_m, sp_pool *pool,
                const sp_progress *progress);

// Paint the hull into a view of any lens: 1 where it is seen. out is initialised here.
int recon_paint_hull(sp_image *out, const recon_hull *hull, const sp_camera *camera);

#endif
