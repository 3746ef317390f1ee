// The athlete's shadow on the floor plane Z = 0: recognised because all cameras see the same darkening at the
// same place, taken out of the mattes, and carried as a layer of black splats.
#ifndef RECON_SHADOW_H
#define RECON_SHADOW_H

#include "scene.h"

// Floor cells from origin (x, y) on, cell_m wide; light: 3 planes of size[0] * size[1], the share of the
// plate's light that is left (1: none missing or not known).
typedef struct recon_shadow {
    double origin[2], cell_m;
    int size[2];
    float *light;
} recon_shadow;

// Measure the floor where mattes touch it. No field (size 0) when the views do not see the floor.
int recon_shadow_measure(recon_shadow *out, const recon_scene *scene, const sp_view *views, int count,
                         sp_pool *pool);
void recon_shadow_free(recon_shadow *shadow);

// Take pixels out of the mattes that look like the plate in this shadow, and measure the silhouettes anew.
int recon_shadow_clear(recon_scene *scene, const recon_shadow *shadow, const sp_view *views, sp_pool *pool);

// Append flat black splats that darken the floor as measured.
int recon_shadow_splats(sp_splat_cloud *cloud, const recon_shadow *shadow);

#endif
