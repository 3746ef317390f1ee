// Lens models on directions in camera coordinates; internal to rig.
#ifndef RIG_LENS_H
#define RIG_LENS_H

#include <stillpoint/rig.h>

// Camera coordinates to distorted normalised coordinates (pixels are f * these + c). jacobian (nullable):
// d(out)/d(point), 2x3 row-major. False when the point is not in front of the lens or lies where the model
// folds over.
bool rig_lens_project(double out[2], double jacobian[6], const sp_camera *camera, sp_vec3 point);

// The inverse: distorted normalised coordinates to a direction (not normalised). False where there is none.
bool rig_lens_unproject(sp_vec3 *direction, const sp_camera *camera, double xd, double yd);

#endif
