// Depth of one view by matching with its neighbours plane after plane. Sources as in sweep.h.
#ifndef RECON_SWEEP_MATCH_H
#define RECON_SWEEP_MATCH_H

#include "sweep_rows.h"

#include <stillpoint/image.h>
#include <stillpoint/rig.h>

typedef struct sweep_view {
    sp_camera camera;
    sp_image grey, matte, entry; // entry: where the line of sight meets the hull, INFINITY beside it
    int neighbours[SWEEP_NEIGHBOURS], neighbour_count;
    double least_angle;
} sweep_view;

// x' ~ z * (A p) + b: the other view's homogeneous pixel of pixel p (0.5 at the first's centre) at depth z.
typedef struct sweep_transfer {
    double a[9], b[3];
} sweep_transfer;
sweep_transfer sweep_transfer_between(const sp_camera *from, const sp_camera *to);

// depth: initialised, of the view's size and 0; receives metres where something fits.
int sweep_match(sp_image *depth, const sweep_view *view, const sweep_view *views);

#endif
