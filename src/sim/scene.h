// A scene file, read and checked: what to simulate.
#ifndef SIM_SCENE_H
#define SIM_SCENE_H

#include "cast.h"
#include "motion.h"
#include "venue.h"
#include "wardrobe.h"

#include <stillpoint/json.h>
#include <stillpoint/media.h>
#include <stillpoint/rig.h>

enum {
    SIM_CAMERAS_MAX = 200,
    SIM_FRAMES_MAX = 100000,
    SIM_HEIGHTS_MAX = 8,
    SIM_EVAL_FRAMES_MAX = 1000,
    SIM_SCENE_VERSION = 1
};

typedef enum sim_layout { SIM_LAYOUT_RING, SIM_LAYOUT_ARC, SIM_LAYOUT_STANDS } sim_layout;

typedef struct sim_rig_params {
    sim_layout layout;
    int cameras;
    double radius_m;                   // of ring and arc; half the distance between the stands
    double width_m;                    // of the stands
    double heights_m[SIM_HEIGHTS_MAX]; // taken in turn
    int height_count;
    sp_vec3 aim_m;
    double azimuth_deg; // ring: of cam01; arc: of its middle
    double arc_deg;
    double hfov_deg;
    int width, height;
    sp_lens lens;
    double distortion[5];
} sim_rig_params;

typedef struct sim_faults {
    double clock_offset_s;  // offsets are uniform within plus and minus this
    double clock_drift_ppm; // likewise
    double dropped;         // share of frames that repeat the one before
    double exposure_stops;  // gains within plus and minus this
    double white_balance;   // red and blue within plus and minus this share
    double noise;           // deviation in 8-bit levels
    double lens_error;      // relative error of the focal length in rig.json
    double pose_error_deg, pose_error_m;
    char knocked[SP_ID_MAX]; // this camera was turned after the calibration; "" for none
    double knocked_deg;
    char bumped[SP_ID_MAX]; // this camera is turned before that frame of its own; "" for none
    double bumped_deg;
    int bumped_frame;
    double plate_light, plate_sun; // when the plates were taken, as shares of now: all light, and the sun's
    char odd[SP_ID_MAX];           // this camera is another make than the rest; "" for none
    int odd_width, odd_height;
    double odd_hfov_deg;
    sp_rational odd_fps;
} sim_faults;

typedef struct sim_scene {
    char name[64];
    uint64_t seed;
    sp_rational fps;
    double begin_s; // time of the motion at the rig clock's 0
    int frames;
    double shutter_s;
    int samples, plate_samples;
    sim_motion_kind motion;
    bool in_place;
    int athletes;
    double spacing_m;
    sim_look look;
    sim_venue_params venue;
    sim_rig_params rig;
    int eval_cameras;
    int eval_frames[SIM_EVAL_FRAMES_MAX];
    int eval_frame_count;
    bool eval_inputs; // truth pictures of the feeds' cameras too
    bool feed_images; // numbered PNG instead of video
    sp_quality feed_quality;
    sim_faults faults;
} sim_scene;

// The complete document of a built-in scene; SP_EINVAL names those there are.
int sim_scene_builtin(sp_json **out, const char *name);
// Base with over's members put in its place, nested objects member by member; a member "a.b" of over means b
// in a. Members that base lacks are an error where is_strict, else kept.
int sim_scene_merge(sp_json **out, const sp_json *base, const sp_json *over, bool is_strict,
                    const char *what);
// Read and check a complete document.
int sim_scene_read(sim_scene *out, const sp_json *document, const char *what);

// Whether an input camera, counted from 0, is the odd one; its frames in a second, and in all.
bool sim_is_odd(const sim_scene *scene, int camera);
sp_rational sim_fps(const sim_scene *scene, int camera);
int sim_frames(const sim_scene *scene, int camera);

// True cameras: inputs cam01.. first, then eval01...
int sim_rig_build(sp_rig *out, const sim_scene *scene);
// What the faults did, per input camera.
typedef struct sim_fault {
    double offset_s, drift;
    double gain[3];
    bool *dropped; // per frame of its own
} sim_fault;
int sim_faults_draw(sim_fault **out, const sim_scene *scene);
void sim_faults_free(sim_fault **faults, int count);
// The calibration that the take gets: wrong by the scene's errors. Only input cameras. With a knocked camera,
// `truth` is turned, the calibration is not.
int sim_rig_miscalibrate(sp_rig *calibrated, sp_rig *truth, const sim_scene *scene);
// A knock turns the view sideways and down, as when somebody leans on the tripod.
void sim_camera_knock(sp_camera *camera, double deg);

#endif
