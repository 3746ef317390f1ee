// Corners of one view found again in another; internal to calibrate.
#ifndef CALIBRATE_MATCHING_H
#define CALIBRATE_MATCHING_H

#include "parts.h"

// A view as it is matched: undistorted, grey, of handy size.
typedef struct matching_view {
    sp_camera camera; // pinhole, of the grey picture
    double px;        // pixels of the original per pixel here
    sp_image grey;
    uint8_t *valid; // where the original has a picture
    sp_vec2 *corners;
    int count;
} matching_view;

int matching_view_init(matching_view *out, const sp_view *view, int features);
void matching_view_free(matching_view *view);

// One corner found again.
typedef struct matching_pair {
    int from_corner;
    sp_vec2 other;   // in the other's grey picture
    double distance; // from the epipolar line, signed, pixels of the other's grey picture
} matching_pair;

// For each corner of a, the one of b that shows the same, within band pixels of its epipolar line, and that
// chooses it again the other way. reach, reach_back: distances from a and from b to what the rig looks at.
// pairs has room for a->count; returns how many.
int matching_find(matching_pair *pairs, const matching_view *a, const matching_view *b, double band,
                  double reach, double reach_back);

#endif
