#include "scene.h"

#include <stdlib.h>

#include <stillpoint/base.h>

static double within(sp_rng *rng, double reach)
{
    return reach * (2 * sp_rng_uniform(rng) - 1);
}

int sim_faults_draw(sim_fault **out, const sim_scene *scene)
{
    const sim_faults *f = &scene->faults;
    int count = scene->rig.cameras;
    sim_fault *faults = sp_calloc((size_t)count, sizeof(*faults));
    for (int i = 0; faults && i < count; i++) {
        sp_rng rng = sp_rng_seed(scene->seed, 900 + (uint64_t)i);
        faults[i].offset_s = within(&rng, f->clock_offset_s);
        faults[i].drift = within(&rng, f->clock_drift_ppm) * 1e-6;
        double gain = exp2(within(&rng, f->exposure_stops));
        faults[i].gain[0] = gain * (1 + within(&rng, f->white_balance));
        faults[i].gain[1] = gain;
        faults[i].gain[2] = gain * (1 + within(&rng, f->white_balance));
        faults[i].dropped = sp_calloc((size_t)sim_frames(scene, i), sizeof(bool));
        if (!faults[i].dropped) {
            sim_faults_free(&faults, count);
            break;
        }
        for (int k = 1; k < sim_frames(scene, i); k++) // the first frame always arrives
            faults[i].dropped[k] = sp_rng_uniform(&rng) < f->dropped;
    }
    if (!faults)
        return SP_ENOMEM;
    *out = faults;
    return 0;
}

void sim_faults_free(sim_fault **faults, int count)
{
    for (int i = 0; *faults && i < count; i++)
        free((*faults)[i].dropped);
    free(*faults);
    *faults = NULL;
}
