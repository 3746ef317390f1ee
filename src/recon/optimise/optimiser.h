// What the files of the optimiser share: its state, what one view says (optimise_view.c) and what is due when
// (optimise_schedule.c).
#ifndef RECON_OPTIMISER_H
#define RECON_OPTIMISER_H

#include "adam.h"
#include "exposure.h"
#include "loss.h"
#include "pyramid.h"

typedef struct optimise_gains {
    double first[6], second[6];
    int age;
} optimise_gains;

typedef struct optimiser {
    const recon_optimise_params *params;
    sp_splat_cloud *cloud;
    recon_target *targets;
    int views;
    sp_pool *pool;
    recon_exposure exposure;
    recon_loss *loss;
    recon_pyramid pyramid;
    recon_adam adam;
    sp_splat_cloud shown;    // the cloud's rows of the degree in use, borrowed
    sp_splat_cloud gradient; // of the same rows; 0 between steps
    float *screen, *need;    // of this step; summed since the last relocation
    uint8_t *visible;
    int *order; // views, shuffled
    optimise_gains *gains;
    sp_image rgb, alpha, d_rgb, d_alpha; // of the level and view at hand; memory for the largest
    sp_vec3 middle;                      // of the splats, and ...
    double tick_rate;                    // of this step
    double speed;                        // ... a speed that few of them exceed, m/s, where they move
    sp_rng rng;
    double begin_s, aside_s, watched_s; // when it began; not counted; next look due
    double reserve_s;                   // of the budget, for what the caller does in the end
    recon_step_times times;
} optimiser;

// ---- One view

// The rows of a lower degree are the first rows of a higher one: terms that are still 0 are neither drawn nor
// stepped.
void optimise_show_degree(optimiser *o, int degree);
// Give the splats the velocities of the flow, where there is one, and measure how fast they are.
void optimise_move(optimiser *o);
// Draw a view's picture of a level (or a random part of it) and add its gradient.
int optimise_add_view(optimiser *o, int view, int level);
// What all views want belongs to the cloud's colours: on average gains stay 1 and offsets 0.
void optimise_centre_gains(optimiser *o);
int optimise_mean_loss(double *out, optimiser *o);

// ---- The schedule: progress is 0..1

double optimise_spent_s(const optimiser *o);
double optimise_progress(const optimiser *o, int step);
void optimise_shuffle(optimiser *o);
int optimise_level(const optimiser *o, double progress);
int optimise_degree(const optimiser *o, double progress);
recon_rates optimise_rates(const optimiser *o, int step, double progress);
// Let who watches look.
int optimise_look(optimiser *o, int iterations);
int optimise_look_if_due(optimiser *o, int iterations);

#endif
