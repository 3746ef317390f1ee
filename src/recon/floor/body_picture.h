// What a view has of the athlete's splats alone.
#ifndef RECON_BODY_PICTURE_H
#define RECON_BODY_PICTURE_H

#include <stillpoint/render.h>

// Draw a body dt_s after the instant (by its velocities, where it has any), on one thread. rgb (nullable) and
// alpha are initialised here, of the camera's size; on failure, too, they are the caller's to free.
int recon_body_picture(sp_image *rgb, sp_image *alpha, const sp_splat_cloud *body, const sp_camera *camera,
                       double dt_s, sp_kernels kernels);

#endif
