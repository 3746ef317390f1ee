// Pinhole pictures of distorted views: everything after this step works without a lens model.
#ifndef RECON_UNDISTORT_H
#define RECON_UNDISTORT_H

#include <stillpoint/image.h>
#include <stillpoint/rig.h>

// The pinhole camera that reconstruction uses for this one: the camera itself when it has no distortion.
sp_camera recon_pinhole(const sp_camera *camera);

// Resample a picture of `camera` (any channels) into `pinhole`, which shares its pose. out is initialised
// here. valid (nullable) is initialised to one channel: 1 where the picture has an answer, 0 outside it (out
// is 0 there). A camera without distortion gets a copy, when nobody asks for valid.
int recon_undistort(sp_image *out, sp_image *valid, const sp_image *from, const sp_camera *camera,
                    const sp_camera *pinhole);

#endif
