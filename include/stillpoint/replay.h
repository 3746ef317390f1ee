// The whole pipeline: a take becomes a moment becomes a clip; evaluation; the latency ledger. Floor 6.
// Threads: functions touch only their arguments, and the pool they are given. Every function can be cancelled
// through its progress callback (SP_ECANCELLED); what it would have written then does not appear.
#ifndef STILLPOINT_REPLAY_H
#define STILLPOINT_REPLAY_H

#include <stillpoint/direct.h>
#include <stillpoint/json.h>
#include <stillpoint/recon.h>
#include <stillpoint/take.h>

#ifdef __cplusplus
extern "C" {
#endif

// ---- The ledger: what each stage took

typedef struct sp_ledger_stage {
    char name[24];
    double seconds;     // wall
    int64_t peak_bytes; // most memory the process held during the stage; 0: unknown
    int runs;           // how often the stage ran (once per instant, say)
} sp_ledger_stage;

// Zero-initialise; end with sp_ledger_free(). A stage that runs again adds to its row.
typedef struct sp_ledger {
    sp_ledger_stage *stages; // in order of first run
    int count, capacity;
    double begin_s; // of the stage that is running
    char running[24];
} sp_ledger;

// Begin a stage (ending the one that runs); ledger may be NULL.
void sp_ledger_begin(sp_ledger *ledger, const char *stage);
void sp_ledger_end(sp_ledger *ledger);
double sp_ledger_seconds(const sp_ledger *ledger);
// [{"stage", "seconds", "peak_mib", "runs"}]; the caller owns it, NULL when memory runs out.
sp_json *sp_ledger_json(const sp_ledger *ledger);
void sp_ledger_free(sp_ledger *ledger);

// ---- Settings

// Told each time that a moment on disk got better, seconds after its clock began. What it does uses up the
// moment's seconds; a negative code ends the moment with it.
typedef struct sp_moment_watch {
    int (*see)(void *context, const char *folder, double seconds, int iterations, sp_moment_state state);
    void *context;
} sp_moment_watch;

typedef struct sp_replay_params {
    sp_camera_choice cameras; // which take part; borrowed
    uint64_t seed;            // default 1
    sp_kernels kernels;       // default AUTO
    int plate_samples;        // frames a plate is estimated from, 3..200 (default 60)
    double background_s;      // wall seconds for the background cloud, 0..3600 (default 95); 0: none is made
    int background_splats;    // default 300000
    int hold_out; // every so many-th camera takes no part in the background, which is scored at them; 0: none
    sp_seeds background_seeds; // default AUTO; POINTS needs those of the take (points.ply)
    int background_reduce; // the background's pictures are this many times smaller than the plates (default
                           // 1)
    double instant_s;      // wall seconds of a moment's first instant, from begin_s until it is on disk
                           // (default 15); each further one takes a fifth of them
    double begin_s;        // sp_time_s() from which they count (default 0: when the moment is begun)
    const sp_moment_watch *watch; // optional, of sp_replay_moment
    int splats;                   // of one athlete (default 30000)
    bool is_whole_scene; // each instant is the whole scene at once, athlete and venue in one, from its frames
                         // alone, within background_s and with background_splats; by itself a moment does so
                         // where no plate is of use (default false)
    int iterations;  // optimisation steps per cloud; 0 (default): as the seconds allow. Set, it makes a run
                     // reproducible to the bit and the seconds are not looked at.
    bool is_refresh; // make again what is already there (default false)
    sp_clip_params clip; // of sp_replay_clip
} sp_replay_params;
sp_replay_params sp_replay_params_default(void);
// Those settings that shape a moment, as an object: they are kept in moment.json. NULL when memory runs out.
sp_json *sp_replay_params_json(const sp_replay_params *params);

// ---- Scores

// How like the truth one picture is. What cannot be told (the truth has no mask, no picture of the instant
// before) is NaN.
typedef struct sp_score {
    char camera[SP_ID_MAX];
    int64_t frame;
    double psnr, ssim;         // whole frame
    double psnr_box, ssim_box; // bounds of mask > 127 grown by 8% + 2 px a side
    double psnr_mask;          // where mask > 127
    double debris, holes;      // of the athlete's layer without its shadow: sp_coverage_errors(), 0..1
    double flicker;            // since the frame before, where nothing moves: sp_flicker(), in 1/255
} sp_score;

// ---- Stages

// The background while it came into being: PSNR over the cameras that were held out, their mean in dB, after
// so many seconds since sp_replay_prepare() began (reading pictures, seeds and optimisation; what the scoring
// itself takes does not count).
typedef struct sp_curve_point {
    double seconds, psnr;
    int iterations;
    int64_t splats;
} sp_curve_point;

typedef struct sp_prepare_report {
    int64_t splats;
    int iterations;
    double seed_s;    // wall seconds until the optimisation began, from the reconstruction's begin
    sp_score *scores; // of the finished background at each camera that was held out; owned
    int score_count;
    sp_curve_point *curve; // owned
    int curve_count;
} sp_prepare_report;
void sp_prepare_report_free(sp_prepare_report *report);
// {"cameras", "mean", "curve"} of what was held out, as in report.json; the caller owns it, NULL when memory
// runs out.
sp_json *sp_prepare_report_json(const sp_prepare_report *report);

// Plates of all cameras that take part, given or estimated, and the venue's cloud: TAKE/background/ with
// plates/, venue.ply, preview.jpg and report.json. The folder appears whole, replacing an older one. report
// (freed by sp_prepare_report_free()) and ledger are nullable.
int sp_replay_prepare(sp_prepare_report *report, sp_take *take, const sp_replay_params *params,
                      sp_ledger *ledger, sp_pool *pool, const sp_progress *progress);
// Whether TAKE/background/ holds a plate for every chosen camera, and the cloud if one is wanted.
bool sp_replay_is_prepared(const sp_take *take, const sp_replay_params *params);

typedef struct sp_sync_report {
    int cameras;     // whose clocks were found
    double widest_s; // the largest change of any offset
} sp_sync_report;

// Find how far the clocks of the cameras are off, from an athlete who moves at these instants of a prepared
// take: take->feeds' offset_s and uncertainty_s are set, and has_sync; the caller saves the take. What all
// are off by is not to be seen. Clocks must agree to half a frame. SP_ENOENT: the take is not prepared.
// SP_EEND: an instant is outside the footage. SP_EINVAL: fewer than three cameras take part, or nobody moves.
// report is nullable.
int sp_replay_sync(sp_sync_report *report, sp_take *take, const double *times_s, int count,
                   const sp_replay_params *params, sp_pool *pool, const sp_progress *progress);

// Reconstruct the athlete at count instants (seconds on the rig clock, in any order) from a prepared take,
// into a moment's folder: moment.json, athlete/, poster.jpg, mattes.jpg, report.json. times_s[0] comes first,
// then those after it, then those before it. The folder appears as soon as the first instant has a coarse
// result (state coarse), replacing an older moment at once, and gets better in place, each file whole (state
// refining), until all is done (state final); moment.json names the instants that are there. When it fails or
// is cancelled on the way what there is stays. Another kind of folder of that name is refused (SP_EINVAL).
// SP_ENOENT: the take is not prepared. SP_EINVAL: fewer than two cameras take part. SP_EEND: an instant is
// outside the footage.
int sp_replay_moment(const char *folder, sp_take *take, const double *times_s, int count,
                     const sp_replay_params *params, sp_ledger *ledger, sp_pool *pool,
                     const sp_progress *progress);

typedef enum sp_layer { SP_LAYER_ALL, SP_LAYER_ATHLETE, SP_LAYER_BACKGROUND } sp_layer;

// The cloud of one layer of a moment's instant; the caller owns *out.
int sp_replay_cloud(sp_splat_cloud *out, const sp_moment *moment, int instant, sp_layer layer);
// The same for drawing; end *out with sp_scene_close().
int sp_replay_scene(sp_scene **out, const sp_moment *moment, int instant, sp_layer layer);

// Cameras from any importable file, or a take's folder; the scale and up recorded in the moment's take apply
// to foreign formats. path NULL: the cameras of the moment's take.
int sp_replay_rig(sp_rig *out, const sp_moment *moment, const char *path);

typedef struct sp_pictures_params {
    sp_layer layer;
    bool has_alpha;          // write coverage as a fourth channel
    int instant;             // index in the moment; -1: all
    const char *const *only; // camera ids, NULL-terminated; NULL: all. SP_EINVAL names one the rig lacks.
    sp_kernels kernels;
} sp_pictures_params;

// Render the moment for every camera of the rig, lens distortion included: FOLDER/<camera>_<frame, 6
// digits>.png. All pictures appear or none. *written (nullable) receives their number.
int sp_replay_pictures(int *written, const char *folder, const sp_moment *moment, const sp_rig *rig,
                       const sp_pictures_params *params, sp_pool *pool, const sp_progress *progress);

typedef struct sp_replay_report {
    sp_clip_report clip;
    char start_camera[SP_ID_MAX];
    char *moment; // folder; owned, freed by sp_replay_report_free()
    char *poster; // path; owned
    int64_t athlete_splats, background_splats;
    bool did_prepare, did_moment; // what was still missing
} sp_replay_report;
void sp_replay_report_free(sp_replay_report *report);

// Everything that is still missing, then the default clip of the instant t_s and its poster beside it (same
// name, .jpg). moment_folder NULL: TAKE/moments/<frame, 6 digits>. report is nullable.
int sp_replay_clip(sp_replay_report *report, const char *path, sp_take *take, double t_s,
                   const char *moment_folder, const sp_replay_params *params, sp_ledger *ledger,
                   sp_pool *pool, const sp_progress *progress);

// ---- Evaluation

// Compare two pictures of one size; mask (one channel, 0..1) may be NULL. Sets the PSNRs and SSIMs, and the
// rest to NaN.
int sp_score_pictures(sp_score *out, const sp_image *ours, const sp_image *truth, const sp_image *mask);
// Means over pictures, of each value over those that have it. camera becomes "mean".
sp_score sp_score_mean(const sp_score *scores, int count);
// {"camera", "frame", "psnr_db", "ssim", "psnr_box_db", "ssim_box", "psnr_mask_db", "debris_percent",
// "holes_percent", "flicker_255"}, without what is NaN and the frame of a mean; the caller owns it, NULL when
// memory runs out.
sp_json *sp_score_json(const sp_score *score);

// A picture that was scored, lent for a look.
typedef struct sp_eval_picture {
    const sp_score *score;
    const sp_image *ours, *truth; // RGB
    const sp_image *mask;         // of the truth; NULL: unknown
    const sp_image *alpha;        // of the athlete's layer without its shadow
} sp_eval_picture;

typedef struct sp_eval_params {
    // A folder of CAM_FRAME.png (any number of digits) and CAM_FRAME_mask.png, or a take with truth/. NULL:
    // the frames of those cameras of the moment's take that took no part in it; the athlete's box is then the
    // bounds of what is drawn of him, and what needs a true mask is unknown.
    const char *truth;
    const sp_rig *rig;       // cameras of the truth's pictures; not looked at without truth
    const char *const *only; // camera ids, NULL-terminated; NULL: all
    sp_kernels kernels;
    int (*see)(void *context,
               const sp_eval_picture *picture); // nullable; a negative code ends the evaluation
    void *context;
} sp_eval_params;

// Render the moment for the cameras of the truth and compare. *scores is the caller's to free(). SP_ENOENT:
// no picture there belongs to a camera and an instant of the moment, or no camera was left out.
int sp_replay_eval(sp_score **scores, int *count, const sp_moment *moment, const sp_eval_params *params,
                   sp_pool *pool, const sp_progress *progress);

#ifdef __cplusplus
}
#endif
#endif
