// Silhouettes and the hull that they have in common, drawn and compared. Internal to calibrate.
#ifndef CALIBRATE_SILHOUETTES_H
#define CALIBRATE_SILHOUETTES_H

#include "parts.h"

enum { CAMERAS_MAX = 64 };

// A block of cubes; each has a bit per camera with a matte.
typedef struct voxels {
    sp_vec3 low;
    double size_m;
    int n[3];
    uint64_t *inside, *seen; // it calls the voxel athlete; it sees it
} voxels;

typedef struct hull_check {
    const sp_view *views;
    const int *active; // views with a matte, by bit
    int count;
    voxels grid;
    // Silhouettes at working resolution: own matte and, for the question at hand, the hull.
    sp_image *own; // per bit, 0 or 1, picture / step
    int *step;     // pixels of the picture per pixel of the silhouette
} hull_check;

// How many pixels of the picture a matte calls athlete.
double silhouette_area(const sp_image *matte);

// The block of n^3 voxels around the athlete, and the silhouettes of own and step, which have room for all
// cameras; free with silhouettes_free(). Leaves grid.inside NULL where the mattes have no place in common.
int silhouettes_prepare(hull_check *h, int n, sp_pool *pool);
void silhouettes_free(hull_check *h);

// Draw the hull of the cameras in `who` as camera i sees it; out has the size of own[i].
void silhouette_draw_hull(sp_image *out, const hull_check *h, int i, uint64_t who);

// How a silhouette fits a hull's. Areas and both in pixels of the silhouette; agreement is intersection over
// union, as they lie and with the silhouette moved by (shift_x, shift_y), which makes it greatest.
typedef struct silhouette_fit {
    double own_area, hull_area, both;
    double agreement, agreement_shifted, shift_x, shift_y;
} silhouette_fit;

// Fills areas and agreement; shifts only on request.
silhouette_fit silhouette_compare(const sp_image *own, const sp_image *hull, bool with_shift);

#endif
