// Direction: how the viewpoint moves, and the clip. Floor 5.
// Threads: functions touch only their arguments, and the pool they are given. An orbit may be read by many.
#ifndef STILLPOINT_DIRECT_H
#define STILLPOINT_DIRECT_H

#include <stillpoint/image.h>
#include <stillpoint/media.h>
#include <stillpoint/recon.h>
#include <stillpoint/render.h>
#include <stillpoint/rig.h>
#include <stillpoint/splat.h>
#include <stillpoint/take.h>

#ifdef __cplusplus
extern "C" {
#endif

// Axis-aligned bounds in the world, metres.
typedef struct sp_box {
    sp_vec3 min, max;
} sp_box;

// Bounds of the athlete in a cloud that begins with so many splats of his shadow: of the splat centres of the
// largest connected part of the rest (so without debris), each axis between the 1st and 99th percentile
// weighted by opacity. SP_EINVAL: there is no rest.
int sp_box_of_cloud(sp_box *out, const sp_splat_cloud *cloud, int64_t shadow_splats);
// Where there is no athlete to measure: a cube around what the cameras look at, as high as half of what a
// camera sees there (the median over cameras).
int sp_box_of_rig(sp_box *out, const sp_camera *cameras, int count);
sp_vec3 sp_box_center(const sp_box *box);

// ---- The viewpoint's path

typedef struct sp_orbit_params {
    int width, height; // of the clip, pixels; must be set
    double duration_s; // from leaving the first camera to being back (default 6)
    double ease; // share of the duration that the start takes, and again the stop; 0.05..0.5 (default 0.25)
    double gap_max_rad; // the viewpoint does not cross a wider gap between neighbouring cameras (default 2.1)
    double fill; // share of the picture's height or width that the athlete takes up, 0.1..1 (default 0.55)
    double zoom_max;   // the lens gets at most this much longer than the rig's own (default 2)
    bool is_clockwise; // seen from above (default false)
} sp_orbit_params;
sp_orbit_params sp_orbit_params_default(void);

typedef struct sp_orbit sp_orbit;

// Plan one turn around the athlete that begins and ends at cameras[start], with its pose and (as far as a
// pinhole view of the clip's size inside its picture can) its framing. In between, the viewpoint's height and
// horizontal distance from the athlete are those of the cameras, interpolated over azimuth by kernel
// regression (Nadaraya-Watson with a von Mises kernel about as wide as the cameras' spacing: never outside
// the cameras' own range), it looks at the athlete's centre, and the lens frames the athlete. Where cameras
// leave a gap wider than gap_max_rad the viewpoint swings to both ends of the covered arc and back instead.
// Position, direction and lens are continuous in time with their first derivatives, and at rest at both ends.
// SP_EINVAL: no camera, start out of range, a bad parameter. The caller owns *out.
int sp_orbit_open(sp_orbit **out, const sp_camera *cameras, int count, int start, const sp_box *athlete,
                  const sp_orbit_params *params);
double sp_orbit_duration(const sp_orbit *orbit);
// Angle that the path covers seen from above: 2 pi for a closed ring, else the width of the arc.
double sp_orbit_coverage(const sp_orbit *orbit);
// The pinhole camera at t_s, clamped to 0..duration.
void sp_orbit_at(sp_camera *out, const sp_orbit *orbit, double t_s);
void sp_orbit_close(sp_orbit **orbit);

// The camera to begin at: the one that shows the athlete largest among those that show all of its bounds (or
// as many of its corners as any does). Returns an index, -1 when count is 0.
int sp_orbit_start(const sp_camera *cameras, int count, const sp_box *athlete);

// The pinhole camera of the given size, same pose, whose picture lies wholly inside that of `from` and is as
// wide as that allows; its principal point is the centre. SP_EINVAL: the lens model sees nothing there.
int sp_camera_inscribed(sp_camera *out, const sp_camera *from, int width, int height);

// ---- The clip

typedef struct sp_clip_params {
    int width, height;          // 0: the feed's size, shrunk to fit 1920x1080 (upright: 1080x1920)
    sp_rational fps;            // 0/1: the take's nominal rate, halved until it is 30 or less
    double run_in_s, run_out_s; // of the camera's own footage before and after the freeze (default 1 each)
    double hold_s; // stand-still at both ends of the orbit, in which feed and splats dissolve (default 0.3)
    sp_orbit_params orbit; // width and height are ignored
    sp_quality quality;
    sp_kernels kernels;
} sp_clip_params;
sp_clip_params sp_clip_params_default(void);

typedef struct sp_clip_report {
    int width, height, frames;
    double fps, duration_s;
    double coverage_rad;       // of the orbit
    double render_s, encode_s; // wall seconds
    int run_in_frames, run_out_frames;
} sp_clip_report;

// Write the default replay: the footage of camera take->rig.cameras[camera_index] up to the instant freeze_s,
// the freeze, one orbit through scene (athlete and background together; drawn, so not const) about the
// athlete, and the footage from there on. chosen: cameras that shape the orbit. A silent MP4 at a constant
// rate; poster_path (nullable) receives a picture of the orbit. Both appear whole or not at all. report is
// nullable.
int sp_clip_write(sp_clip_report *report, const char *path, const char *poster_path, sp_take *take,
                  const bool *chosen, int camera_index, double freeze_s, sp_scene *scene,
                  const sp_box *athlete, const sp_clip_params *params, sp_pool *pool,
                  const sp_progress *progress);

#ifdef __cplusplus
}
#endif
#endif
