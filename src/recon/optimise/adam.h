// Adam over the rows of a cloud, for the splats that the last views saw (others keep their state).
#ifndef RECON_ADAM_H
#define RECON_ADAM_H

#include "optimise.h"

#define ADAM_BETA1 0.9f
#define ADAM_BETA2 0.99f // few steps: the second moment must follow quickly

typedef struct recon_adam {
    sp_splat_cloud first, second; // moments, same rows as the cloud
    uint16_t *age;                // steps that each splat has taken, as far as it matters; room for capacity
    float *correction;            // of the moments' bias, by age
} recon_adam;

int recon_adam_init(recon_adam *out, const sp_splat_cloud *cloud);
void recon_adam_free(recon_adam *adam);
// Forget what is known of a splat (it was moved elsewhere).
void recon_adam_reset(recon_adam *adam, size_t splat);

// Follow the cloud's splats to other places: splat i comes from order[i].
int recon_adam_permute(recon_adam *adam, const uint32_t *order, size_t count);

// Bounds that hold after every step, as in recon_optimise_params.
typedef struct recon_bounds {
    float least_log_scale, most_log_scale, log_stretch, log_flatness;
} recon_bounds;

// One step of the splats with visible != 0, then bounds; the gradient of all splats becomes 0. All four
// clouds have the same capacity; rows are those of cloud's degree, which may be lower than the moments'.
// rates are those of this step; sh_rest 0: left alone.
void recon_adam_step(recon_adam *adam, sp_splat_cloud *cloud, sp_splat_cloud *gradient,
                     const uint8_t *visible, const recon_rates *rates, const recon_bounds *bounds,
                     sp_pool *pool);

#endif
