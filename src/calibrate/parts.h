// What the files of calibrate share; internal.
#ifndef CALIBRATE_PARTS_H
#define CALIBRATE_PARTS_H

#include <stillpoint/calibrate.h>

// Silhouettes: fills agreement, shift, explained and hulls of the report; views without a matte are skipped.
// shifted: count flags, zeroed by the caller; set for views whose silhouette is off by too much.
int calibrate_check_hulls(sp_rig_check_report *report, bool *shifted, const sp_view *views, int count,
                          const sp_check_params *params, sp_pool *pool, const sp_progress *progress);

// How many pixels a camera's silhouette is off; 0 when shifting it makes it fit no better than noise does.
double calibrate_shift(const sp_check_camera *camera);

// Corners: fills matches, epipolar and track values of the report.
int calibrate_check_corners(sp_rig_check_report *report, const sp_view *views, int count,
                            const sp_check_params *params, sp_pool *pool, const sp_progress *progress);

// The middle of n values (which are sorted in place); NaN of none.
double calibrate_median(double *values, int count);

// A picture's corners (Harris & Stephens 1988), strongest first, spread over the picture. grey is one
// channel; at has room for max; *count is how many were found.
int calibrate_corners(sp_vec2 *at, int *count, int max, const sp_image *grey, const uint8_t *valid);

#endif
