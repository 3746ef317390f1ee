// Check a rig, and show it. Floor 5.
// Threads: functions touch only their arguments, and the pool they are given.
#ifndef STILLPOINT_CALIBRATE_H
#define STILLPOINT_CALIBRATE_H

#include <stillpoint/recon.h>
#include <stillpoint/rig.h>
#include <stillpoint/take.h>

#ifdef __cplusplus
extern "C" {
#endif

// ---- Map

// Draw the rig from above and from the side: positions, what each camera sees, ids, focus, a metre grid and a
// scale bar. path ends in .svg or .png and appears whole or not at all. suspect (nullable): one flag per
// camera; those are drawn in red.
int sp_rig_draw_map(const sp_rig *rig, const bool *suspect, const char *path);

// ---- Check

typedef struct sp_check_params {
    // Errors up to this are fine; 0: a 400th of the picture's width, at least 2 (default).
    double tolerance_px;
    int features;   // corners matched per camera at most (default 300)
    int neighbours; // cameras that each one is matched with (default 4)
    int voxels;     // along the longest side of the athlete's box (default 128)
} sp_check_params;
sp_check_params sp_check_params_default(void);

// A corner of one camera found again in another. Pixels are those of the cameras' own (distorted) pictures.
typedef struct sp_check_match {
    int from, to;       // indices of views
    sp_vec2 at, other;  // where it is in from, and where it was found in to
    double distance_px; // of other from the epipolar line of at, in pixels of to; signed
} sp_check_match;

// What was measured about one camera. Values that could not be measured are NaN.
typedef struct sp_check_camera {
    // Mattes: the hull of all other trusted cameras, seen by this one, against its own matte.
    double agreement;         // intersection over union, 0..1
    double agreement_shifted; // the same after the best shift
    double shift_x, shift_y;  // px; the own matte moved by this fits the others best
    double explained;         // share of the own matte that the hull of the others covers, 0..1
    // Corners: against the neighbours.
    int matches;
    double epipolar_px;    // median distance from the epipolar lines
    double epipolar_share; // share of matches within tolerance
    double
        track_px; // error of corners seen by three or more cameras, against the other cameras (lower third)
    bool is_suspect; // what speaks against this camera exceeds the tolerance and its neighbours'
    bool is_checked; // enough was seen to judge
} sp_check_camera;

typedef struct sp_rig_check_report {
    int count; // cameras, in the order of the views
    sp_check_camera *cameras;
    int worst;               // index of the camera that agrees least; -1: nothing could be measured
    double worst_px;         // how far it is off
    double tolerance_px;     // as used
    char *verdict;           // one sentence that names the worst camera
    sp_check_match *matches; // for the pictures
    int match_count;
    sp_image *hulls; // per view the silhouette of the others' hull (1 channel, 0 or 1), or empty (no data)
} sp_rig_check_report;

// Measure how well the cameras of one instant agree. Views with a matte are checked by their silhouettes (all
// views need the athlete at the same instant), views with pictures by corners that neighbours see too. The
// silhouettes follow the idea of Laurentini's visual hull (1994): what one camera sees as athlete has to be
// covered by the hull of the others; a camera whose removal lets the others agree is not trusted. The caller
// owns *out. SP_EINVAL: fewer than two views.
int sp_rig_check(sp_rig_check_report *out, const sp_view *views, int count, const sp_check_params *params,
                 sp_pool *pool, const sp_progress *progress);
void sp_rig_check_report_free(sp_rig_check_report *report);

// The view's picture with what lets one see whether its calibration is right: the floor (Z = 0) as a metre
// grid and the world's axes, the outlines of the own matte (yellow) and of the others' hull (cyan), corners
// with their epipolar lines (green within tolerance, red beyond). *out is initialised here.
int sp_rig_check_picture(sp_image8 *out, const sp_rig_check_report *report, const sp_view *views, int count,
                         int index);

// The report as an object (NaN values are left out); the caller owns it, NULL when memory runs out.
sp_json *sp_rig_check_json(const sp_rig_check_report *report, const sp_view *views);

// Check the rig of a take at an instant (NaN: the middle of the footage), and write into folder, which
// appears whole: map.svg and map.png, CAMERA.jpg for each camera that took part, report.json. Plates are the
// take's own, those that were prepared, or estimated from the feed; a still without a plate is checked by
// corners alone. *out (nullable) receives the report, in the order of ids; both are the caller's:
// sp_rig_check_report_free() and sp_names_free(ids, report.count).
int sp_rig_check_take(sp_rig_check_report *out, char ***ids, const char *folder, sp_take *take,
                      const sp_camera_choice *choice, double t_s, const sp_check_params *params,
                      sp_pool *pool, const sp_progress *progress);

#ifdef __cplusplus
}
#endif
#endif
