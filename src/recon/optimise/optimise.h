// Make a cloud look like its pictures: gradient descent through the renderer, for athlete and venue alike.
// The forward model of a view is  seen = (gain * cloud + offset) over under: what lies behind the cloud is
// given as the camera sees it, and the cloud in the colours of all. Sources: Kerbl et al., "3D Gaussian
// Splatting", 2023 (loss, activations); Kingma and Ba, "Adam", 2015; Kheradmand et al., "3D Gaussian
// Splatting as Markov Chain Monte Carlo", 2024 (relocation, opacity regulariser); Ye et al., "AbsGS", 2024
// (where detail is missing).
#ifndef RECON_OPTIMISE_H
#define RECON_OPTIMISE_H

#include "flow.h"
#include "ticks.h"

// One picture to match. Pictures are borrowed and of the camera's size; the camera is a pinhole (crop it to
// what matters: sp_camera_cropped). NULL fields are optional.
typedef struct recon_target {
    sp_camera camera;
    const sp_image *rgb;          // 3 channels, as seen
    const sp_image *under;        // 3 channels: what lies behind the cloud, as seen; NULL: black
    const sp_image *weight;       // 1 channel: how much a pixel's colour counts; NULL: 1
    const sp_image *matte;        // 1 channel: what the cloud's alpha should be; NULL: anything
    const sp_image *matte_weight; // 1 channel: how much a pixel's alpha counts; NULL: 1
    double gains[6];   // 3 gains, 3 offsets: start, and result when params.fit_gains (1 1 1 0 0 0: none)
    double dt_s;       // its time minus the cloud's (default 0): the middle of an exposure of ...
    double exposure_s; // ... so long (default 0); both count where params.flow is given
    int clock;         // of params.ticks, that it was timed by (default 0)
} recon_target;

// Steps of Adam, per parameter. Positions decay exponentially from position_m to position_last_m, all others
// to a third of what they are.
typedef struct recon_rates {
    double position_m, position_last_m; // metres
    double log_scale, rotation, opacity, colour, sh_rest;
} recon_rates;

// Adds d(penalty)/d(parameter) to gradient (same count and rows as the cloud, which has the degree in use),
// and may move parameters that broke a bound back into it. progress: 0..1 of the schedule. Called before
// every step, by the optimiser's thread.
typedef struct recon_regulariser {
    void (*apply)(void *context, sp_splat_cloud *cloud, sp_splat_cloud *gradient, double progress);
    void *context;
} recon_regulariser;

typedef struct recon_optimise_params {
    int iterations;        // steps at most; 0: the budget decides
    double budget_s;       // wall seconds; 0: iterations decide (at least one of both is given)
    int views_per_step;    // gradients summed before a step (default 1)
    int levels;            // pyramid: the first steps see pictures reduced by 2^(levels - 1) (default 3)
    double level_until[4]; // level k is left at this share of the schedule; [0] unused (default -, 0.35,
                           // 0.12, 0.05)
    double crop; // sides of the random part of each picture that a step at the finest level sees, as a share
                 // of its sides, 0..1 (default 1: the whole)
    recon_rates rates;
    int rates_for; // steps of the schedule that the rates are meant for: a shorter one takes longer strides,
                   // a longer one shorter ones (default 0: the same for any)
    double dssim;  // share of D-SSIM in the picture's loss, 0..1 (default 0.2)
    double silhouette;                  // weight of |alpha - matte| beside it (default 0.3)
    double opacity_cost;                // pull of all opacities towards 0, per step and splat (default 0)
    double least_scale_m, most_scale_m; // bounds of each axis' deviation, metres (default 1e-4, 1e3)
    double most_stretch;                // largest over middle axis, at most: no needles (default 6)
    double flatness;      // smallest over middle axis, at most: 1 any shape, 0.2 a disc (default 1)
    size_t budget_splats; // grow to this many (default 0: keep the count)
    double grow_from,
        grow_until;      // share of the schedule in which splats are added and relocated (default 0.1, 0.7)
    int grow_every;      // steps between (default 100)
    double dead_opacity; // splats below are relocated, and dropped in the end (default 0.01)
    int sh_degree_from;  // terms above this degree are 0, unused and left alone until ...
    double sh_from;      // ... this share of the schedule (default 0.5); sh_degree_from 0
    bool fit_gains;      // colour correction per view (default false)
    double gain_prior;   // how strongly gains hold to 1 and offsets to 0 (default 0.05)
    sp_kernels kernels;
    uint64_t seed;
    const recon_regulariser *regularisers;
    int regulariser_count;
    int report_views; // views whose mean loss stands in the report, spread evenly: to draw them takes a while
                      // (default 12; 0: none, and losses of 0)
    const char *stage;           // name for progress (default "optimise")
    const sp_recon_watch *watch; // optional; its seconds begin at watch_from_s (default 0)
    double watch_from_s;
    bool pays_for_looks; // they use up the budget, which holds one more back, and there is none at the end
                         // (default false)
    recon_flow *flow; // optional, with one view a step: how splats move, start and result; then the cloud has
                      // velocities
    double flow_rate; // of a node's velocity, metres a second a step, decaying to a tenth (default 0.15); 0:
                      // the flow is known and held
    recon_tick *ticks; // optional, with a flow: the clocks of the targets, start and result
    int tick_count;
    double tick_rate; // seconds a step of a clock, decaying to a tenth (default 1e-3)
    double drift[3];  // what all move by beside it, metres a second: counts within exposures, while between
                      // their middles the targets' cameras make up for it (default 0)
} recon_optimise_params;
recon_optimise_params recon_optimise_params_default(void);

// Where the time of all steps went, seconds. all_s has also what none of the others counts: what views ask
// of the schedule, need, relocation, progress.
typedef struct recon_step_times {
    double forward_s, loss_s, backward_s, adam_s, all_s;
} recon_step_times;

typedef struct recon_optimise_report {
    int iterations;
    double seconds;
    double loss_first, loss_last; // mean over report_views at the finest level, before and after
    recon_step_times times;
} recon_optimise_report;

// Optimise the cloud in place. With budget_s == 0 the result depends on its inputs only, not on threads or
// clock. On SP_ECANCELLED the cloud is valid, as far as it got.
int recon_optimise(sp_splat_cloud *cloud, recon_optimise_report *report, recon_target *targets, int count,
                   const recon_optimise_params *params, sp_pool *pool, const sp_progress *progress);

#endif
