// Depth of the athlete in each view by plane sweep between neighbouring cameras, within the hull.
// Sources: Collins, "A Space-Sweep Approach to True Multi-Image Matching", 1996; Hirschmueller, "Stereo
// Processing by Semiglobal Matching and Mutual Information", 2008.
#ifndef RECON_SWEEP_H
#define RECON_SWEEP_H

#include "../scene.h"
#include "../body/surface.h"

// Per view a depth map (z in the camera, metres; 0: not known) of `camera`, the view's cut at the sweep's
// resolution.
typedef struct recon_sweep {
    sp_camera *cameras; // width 0: this view takes no part
    sp_image *depths;
    int count;
} recon_sweep;

// surface: points of the hull, which says where a line of sight enters it.
int recon_sweep_run(recon_sweep *out, const recon_scene *scene, const recon_points *surface, sp_pool *pool,
                    const sp_progress *progress);
void recon_sweep_free(recon_sweep *sweep);

#endif
