// Reconstruction: mattes that agree, hull, seeds, optimisation, background. Floor 4.
// Threads: functions touch only their arguments, and the pool they are given.
#ifndef STILLPOINT_RECON_H
#define STILLPOINT_RECON_H

#include <stillpoint/image.h>
#include <stillpoint/render.h>
#include <stillpoint/rig.h>
#include <stillpoint/splat.h>

#ifdef __cplusplus
extern "C" {
#endif

// One camera at one instant. All pictures have the camera's size. Lenses may be distorted: it is undone
// inside.
typedef struct sp_view {
    sp_camera camera;
    const sp_image8 *image; // RGB
    const sp_image8 *plate; // RGB, or NULL: unknown (athlete needs it)
    const sp_image *matte;  // 1 channel 0..1, or NULL
    double gains[6];        // image = gain * plate + offset per channel (3 gains, 3 offsets)
    double dt_s;            // the image's time minus the instant's, seconds (0: at the instant)
    double exposure_s;      // how long it was exposed, dt_s in the middle (0: not known, or no time)
} sp_view;

// Looks at a cloud while it is optimised: before the first step, then every every_s seconds. seconds count
// from the beginning of the reconstruction. A negative code ends the reconstruction with it. The background
// is looked at once more at the end, and what the looking takes is neither among its seconds nor does it use
// up its budget; an athlete's budget pays for looks (sp_athlete_watch).
typedef struct sp_recon_watch {
    int (*see)(void *context, const sp_splat_cloud *cloud, double seconds, int iterations);
    void *context;
    double every_s;
} sp_recon_watch;

// What an athlete does to the floor, the plane Z = 0, at one instant.
typedef struct sp_floor {
    int64_t shadow_splats; // his cloud begins with so many splats of his shadow, a thin layer on the floor
    double gloss; // the floor mirrors him as varnish would (Fresnel), times this, 0..1; 0: it is dull
} sp_floor;

// As sp_recon_watch, for an athlete.
typedef struct sp_athlete_watch {
    int (*see)(void *context, const sp_splat_cloud *cloud, const sp_floor *floor, double seconds,
               int iterations);
    void *context;
    double every_s;
} sp_athlete_watch;

typedef struct sp_recon_params {
    int splats;      // budget of the athlete's cloud (default 30000)
    double budget_s; // wall seconds for one athlete from these views, and for one more look (default 30); 0:
                     // iterations decides alone
    int iterations;  // optimisation steps at most (default 0: chosen from the budget); a run bounded by this
                     // alone is reproducible
    int sh_degree;   // of the athlete's cloud (default 1)
    uint64_t seed;
    sp_kernels kernels;
    const sp_athlete_watch *watch; // optional
    const sp_view *neighbours;     // optional, of an athlete: frames just before and after, dt_s saying when,
                               // that tell how he moves and nothing else; worth it where exposures blur him
    int neighbour_count;
    int before_count; // of the neighbours: the first so many are before the instant, the others after it,
                      // also where a slow feed's nearest frame is the instant's own
    double warm_dt_s; // the warm cloud's instant minus this one, seconds (default 0)
} sp_recon_params;
sp_recon_params sp_recon_params_default(void);

typedef struct sp_recon_report {
    double clean_s, hull_s, seed_s, optimise_s;
    int iterations;
    int64_t splats;
    double loss_first, loss_last;
    sp_floor floor;
    double bounds_min[3], bounds_max[3]; // of the athlete, metres
    double *gains; // views * 6: colour correction per view, in order; owned, freed by sp_recon_report_free
    double *agreement; // views: share of the view's matte that the hull explains (IoU), 0..1; owned
    double *covered;   // views: share of the hull's picture that the view's matte covers, 0..1; owned
    int view_count;
} sp_recon_report;
void sp_recon_report_free(sp_recon_report *report);

// Mattes made to agree: what no other camera's matte supports is removed, what nearly all support is filled.
// out: one initialised matte per view, owned by the caller. Tolerates one wrong or missing camera.
int sp_recon_clean_mattes(sp_image *out, const sp_view *views, int count, sp_pool *pool,
                          const sp_progress *progress);

// How well each view's matte agrees with the hull of all that have one, 0..1; 0 of views without.
int sp_recon_agreement(double *agreement, const sp_view *views, int count, sp_pool *pool);

// The athlete's cloud (foreground only) at one instant. Where the views' dt_s differ, each is compared at its
// own time, and the cloud has velocities; so it has with neighbours. Then each is also compared as blurred as
// its exposure makes it, and the cloud is sharp. warm (nullable): a neighbouring instant's cloud to start
// from, without its shadow. Less than two views with a matte, or nothing in any matte: SP_EINVAL with a
// sentence. An instant without an athlete gives an empty cloud and SP_OK when all mattes are empty.
int sp_recon_athlete(sp_splat_cloud *out, sp_recon_report *report, const sp_view *views, int count,
                     const sp_splat_cloud *warm, const sp_recon_params *params, sp_pool *pool,
                     const sp_progress *progress);

// How far each view's clock is off: what is to be added to its dt_s, searched within plus and minus reach_s;
// the mean over views is 0, because what all are off by is not to be seen. neighbours: frames just before and
// after, which tell how fast the athlete is. speed_px_s: how fast he crosses each view, px a second; one he
// hardly crosses says nothing about its clock, and one without a matte has 0. Both have count entries. Nobody
// in the mattes: all 0.
int sp_recon_clocks(double *offset_s, double *speed_px_s, const sp_view *views, int count,
                    const sp_view *neighbours, int neighbour_count, double reach_s, sp_pool *pool,
                    const sp_progress *progress);

// The same more exactly, where clocks are known to some milliseconds already: the offsets are solved together
// with how the athlete looks and moves, so that all pictures fit. offset_s is what remains to be added. The
// first before_count neighbours are those before (sp_recon_params).
int sp_recon_clocks_refine(double *offset_s, double *speed_px_s, const sp_view *views, int count,
                           const sp_view *neighbours, int neighbour_count, int before_count, sp_pool *pool,
                           const sp_progress *progress);

// Venue and athlete as they are drawn together: with his shadow on the floor, whose splats would otherwise be
// covered by floor splats that are nearer to the camera, and grow dark where a view from low down makes them
// larger than they are; with his mirror image where the floor is glossy; and without gaps between the venue's
// splats, which a viewpoint that no camera had would see black through: they take the colours around them.
typedef struct sp_scene sp_scene;
// cloud (taken over, and empty afterwards; on failure too): venue_splats of the venue and after them those of
// the athlete, as sp_recon_athlete() gave them. floor: what that reported; NULL: nothing is known. SP_EFORMAT
// when the cloud has fewer splats than that. End with sp_scene_close().
int sp_scene_open(sp_scene **out, sp_splat_cloud *cloud, size_t venue_splats, const sp_floor *floor);
void sp_scene_close(sp_scene **scene);
const sp_splat_cloud *sp_scene_cloud(const sp_scene *scene);
// Into initialised pictures of the camera's size: rgb (3 channels, premultiplied), alpha (1 channel,
// nullable; 1 where a gap was closed). Without a venue these are layers to lay over another picture of it:
// the body; under it the mirror image, as dense as the floor mirrors; under that the shadow. A scene serves
// one thread at a time.
int sp_scene_draw(sp_scene *scene, sp_renderer *renderer, const sp_camera *camera, sp_image *rgb,
                  sp_image *alpha);

// What the background's splats begin as.
typedef enum sp_seeds {
    SP_SEEDS_AUTO,   // the points where there are many, else stereo
    SP_SEEDS_STEREO, // surfaces found by stereo between the views, a floor and a far shell
    SP_SEEDS_POINTS, // the sparse points and a far shell
} sp_seeds;

typedef struct sp_background_params {
    int splats;      // budget (default 300000)
    double budget_s; // wall seconds (default 90); 0: iterations decides alone
    int iterations;  // default 0: chosen from the budget
    int sh_degree;   // default -1: 2 where views are dense, else 0
    uint64_t seed;
    sp_kernels kernels;
    sp_seeds seeds;
    bool holds_action; // the middle of the rig is no more likely to be empty than the rest: who acts there is
                       // to be found in the pictures (default false)
    const double *points_xyz; // optional sparse points of the venue (points_count * 3)
    const uint8_t *points_rgb;
    int64_t points_count;
    const sp_recon_watch *watch; // optional
} sp_background_params;
sp_background_params sp_background_params_default(void);

// The empty venue's cloud from the plates (view.image is the plate; view.matte, where there is one, is 1
// where it shows something else than the venue, and nothing is made of that; view.plate is not used): floor
// plane Z = 0 and far shell as scaffold, depth by stereo where cameras overlap or sparse points, then
// optimised.
int sp_recon_background(sp_splat_cloud *out, sp_recon_report *report, const sp_view *views, int count,
                        const sp_background_params *params, sp_pool *pool, const sp_progress *progress);

#ifdef __cplusplus
}
#endif
#endif
