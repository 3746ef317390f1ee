// The athlete's shadow on the floor plane Z = 0: recognised because all cameras see the same darkening at the
// same place, taken out of the mattes, and carried as a layer of black splats.
#ifndef RECON_SHADOW_H
#define RECON_SHADOW_H

#include "../scene.h"

// Deviation of a cell's splat in cells: on a grid these add up to an optical depth that is flat to 1%.
#define RECON_SHADOW_DEVIATIONS 0.6

// Floor cells from origin (x, y) on, cell_m wide, in planes of size[0] * size[1]; light (3 planes): the share
// of the plate's light that is left (1: none missing or not known); floor (3 planes): the plate's colour
// there, where light is missing.
typedef struct recon_shadow {
    double origin[2], cell_m;
    int size[2];
    float *light, *floor;
} recon_shadow;

// Measure the floor where mattes touch it and where it is darker than its plate. No field (size 0) when
// neither is anywhere.
int recon_shadow_measure(recon_shadow *out, const recon_scene *scene, const sp_view *views, int count,
                         sp_pool *pool);
void recon_shadow_free(recon_shadow *shadow);

// Measure it again when it is known where the athlete stands: what he hides from a view says nothing, and two
// views that agree are enough. body: his splats at the instant, without a shadow. On failure the shadow is as
// it was.
int recon_shadow_refine(recon_shadow *shadow, const sp_splat_cloud *body, const recon_scene *scene,
                        const sp_view *views, sp_kernels kernels, sp_pool *pool);

// The share of a channel's light that is left on the floor which a pixel (counted row by row) of a pinhole
// sees; 1 where it sees none.
float recon_shadow_light(const recon_shadow *shadow, int channel, const sp_camera *pinhole, size_t pixel);

// Take pixels out of the mattes that look like the plate in this shadow, and measure the silhouettes anew.
int recon_shadow_clear(recon_scene *scene, const recon_shadow *shadow, const sp_view *views, sp_pool *pool);

// Put flat splats just above the floor before the cloud's own that darken it as measured, seen from where
// they are larger than a pixel; *count: how many.
int recon_shadow_splats(sp_splat_cloud *cloud, int64_t *count, const recon_shadow *shadow);

#endif
