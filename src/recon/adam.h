// Adam over the rows of a cloud, for the splats that the last views saw (others keep their state).
#ifndef RECON_ADAM_H
#define RECON_ADAM_H

#include "optimise.h"

typedef struct recon_adam {
    sp_splat_cloud first, second; // moments, same rows as the cloud
    float *age;                   // steps that each splat has taken; room for capacity
} recon_adam;

int recon_adam_init(recon_adam *out, const sp_splat_cloud *cloud);
void recon_adam_free(recon_adam *adam);
// Forget what is known of a splat (it was moved elsewhere).
void recon_adam_reset(recon_adam *adam, size_t splat);

// Bounds that hold after every step, as in recon_optimise_params.
typedef struct recon_bounds {
    float least_log_scale, most_log_scale, log_stretch, log_flatness;
} recon_bounds;

// One step of the splats with visible != 0, then bounds. rates are those of this step; sh_rest 0: left alone.
void recon_adam_step(recon_adam *adam, sp_splat_cloud *cloud, const sp_splat_cloud *gradient,
                     const uint8_t *visible, const recon_rates *rates, const recon_bounds *bounds,
                     sp_pool *pool);

#endif
