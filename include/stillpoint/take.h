// Take and moment folders: feeds on one clock, frame sets, what was reconstructed. Floor 3.
// Threads: a take serves one thread at a time; it uses the pool it is given inside.
#ifndef STILLPOINT_TAKE_H
#define STILLPOINT_TAKE_H

#include <stillpoint/image.h>
#include <stillpoint/json.h>
#include <stillpoint/media.h>
#include <stillpoint/rig.h>
#include <stillpoint/splat.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sp_take_feed {
    char id[SP_ID_MAX]; // camera
    char *feed;  // path as in take.json: absolute or relative to the take; NULL: this camera has no feed
    char *plate; // likewise; NULL: estimated from the feed
    double exposure_s; // how long each of its frames was exposed; 0: not known, or no time
    double offset_s, drift, uncertainty_s; // t_rig = t_feed * (1 + drift) + offset_s
} sp_take_feed;

typedef struct sp_take {
    char *folder, *name;
    sp_rational fps; // nominal
    sp_rig rig;
    sp_take_feed *feeds; // one per camera of the rig, same order
    bool has_sync;
    sp_json *extra, *sync_extra;        // documents as loaded: unknown fields survive
    struct take_open_feeds *open_feeds; // what is open between calls; private
} sp_take;

// Make a take in memory: no folder yet. Feeds follow the rig's cameras. The caller owns *out.
int sp_take_new(sp_take **out, const char *name, const sp_rig *rig, sp_rational fps);
int sp_take_open(sp_take **out, const char *folder);
// Write take.json, rig.json and (when has_sync) sync.json into folder, which is made. take->folder becomes
// folder.
int sp_take_save(sp_take *take, const char *folder);
void sp_take_close(sp_take **take);
// A path of take.json made usable from here. NULL stays NULL. Free with free().
char *sp_take_path(const sp_take *take, const char *path);

// Which cameras take part: NULL-terminated lists of ids or NULL. SP_EINVAL names an id that the take lacks.
typedef struct sp_camera_choice {
    const char *const *only, *const *without;
} sp_camera_choice;
// chosen[i] for each camera of the rig: has a feed and is chosen. chosen has rig.count entries.
int sp_take_choose(bool *chosen, const sp_take *take, const sp_camera_choice *choice);

// Open the feeds of all chosen cameras (NULL: of all that have one) side by side, so that what needs them
// next need not open one after the other. A feed that cannot be read is left to whatever needs it.
int sp_take_open_feeds(sp_take *take, const bool *chosen, sp_pool *pool);

// The rig-clock span in which every chosen camera has footage (begin of the latest start to end of the
// earliest end; the last frame's own time is the end). SP_ENOENT names a feed that cannot be read.
int sp_take_span(double *begin_s, double *end_s, sp_take *take, const bool *chosen);

typedef struct sp_frame {
    int camera_index;  // in take->rig
    sp_camera camera;  // the rig's, adjusted to the feed's size
    double t_s;        // the frame's own true time on the rig clock: the middle of its exposure ...
    double exposure_s; // ... of so long; 0: not known
    sp_image8 image;   // RGB
} sp_frame;
typedef struct sp_frame_set {
    double t_s;
    int count;
    sp_frame *frames; // cameras that have a frame within half a frame interval; the others are named in the
                      // log (warn)
} sp_frame_set;

// The frames of all chosen cameras at an instant, decoded in parallel. Feeds stay open between calls, so
// asking in order of time is cheap. SP_EEND: none of them has a frame there (the sentence gives the span of
// their footage).
int sp_take_frame_set(sp_frame_set *out, sp_take *take, const bool *chosen, double t_s, sp_pool *pool);
void sp_frame_set_free(sp_frame_set *set);
// Up to count frames of one camera spread evenly over its footage, for plates. *out: count images, caller
// frees each + array.
int sp_take_samples(sp_image8 **out, int *count, sp_camera *camera, sp_take *take, int camera_index,
                    int want);
// The rig's camera adjusted to the feed's (or plate's) size, saying what was assumed once.
int sp_take_camera(sp_camera *out, sp_take *take, int camera_index);

// ---- Moments

typedef enum sp_moment_state { SP_MOMENT_COARSE, SP_MOMENT_REFINING, SP_MOMENT_FINAL } sp_moment_state;
const char *sp_moment_state_name(sp_moment_state state); // as in moment.json
typedef struct sp_moment_instant {
    int64_t frame; // round(t_s * fps)
    double t_s;
    char *file;            // relative to the moment's folder
    bool has_light;        // the light is another than when the venue was prepared
    double light[6];       // then 3 gains and 3 offsets of R G B: the venue is gain * prepared + offset
    int64_t shadow_splats; // the file begins with so many splats of the athlete's shadow on the floor
    double floor_gloss;    // how much the floor mirrors him (sp_floor)
} sp_moment_instant;

typedef struct sp_moment {
    char *folder;
    char *take;       // path of the take, relative to the moment's folder
    char *background; // path of the background cloud, relative to the moment's folder; may be NULL
    sp_rational fps;
    sp_moment_instant *instants; // by time
    int count;
    char **cameras; // ids that took part
    int camera_count;
    double *gains;     // per camera 3 gains and 3 offsets (seen = gain * ours + offset), or NULL
    sp_json *settings; // may be NULL
    uint64_t seed;
    sp_moment_state state;
    bool is_whole_scene; // athlete and venue are one: in the background where nothing moved, else (there is
                         // no background then) in the cloud of each instant
    sp_json *extra;
} sp_moment;

int sp_moment_open(sp_moment **out, const char *folder);
int sp_moment_save(const sp_moment *moment); // moment.json, whole or not at all
void sp_moment_close(sp_moment **moment);
int sp_moment_cloud(sp_splat_cloud *out, const sp_moment *moment, int index);
// *out is empty (count 0) when the moment has no background.
int sp_moment_background(sp_splat_cloud *out, const sp_moment *moment);

#ifdef __cplusplus
}
#endif
#endif
