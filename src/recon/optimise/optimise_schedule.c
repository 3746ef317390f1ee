// What is due when, by steps and by the clock.
#include "optimiser.h"

#include <math.h>

// Strides of a schedule of n steps go with n^-0.6 (athletes of gt_dev at 120, 200 and 500 steps).
#define STRIDE_EXPONENT 0.6
#define LEAST_STRIDE 0.5
#define MOST_STRIDE 3.0
#define LEAST_KNOWN 20 // steps after which their speed is known

// ---- The clock

double optimise_spent_s(const optimiser *o)
{
    return sp_time_s() - o->begin_s - o->aside_s;
}

int optimise_look(optimiser *o, int iterations)
{
    const sp_recon_watch *watch = o->params->watch;
    double now_s = sp_time_s(), seconds = optimise_spent_s(o);
    int rc = watch->see(watch->context, o->cloud, o->params->watch_from_s + seconds, iterations);
    double took_s = sp_time_s() - now_s;
    if (o->params->pays_for_looks)
        o->reserve_s = fmax(o->reserve_s, took_s);
    else
        o->aside_s += took_s;
    o->watched_s = optimise_spent_s(o) + watch->every_s;
    return rc;
}

int optimise_look_if_due(optimiser *o, int iterations)
{
    return o->params->watch && optimise_spent_s(o) >= o->watched_s ? optimise_look(o, iterations) : SP_OK;
}

// ---- The schedule

void optimise_shuffle(optimiser *o)
{
    for (int i = 0; i < o->views; i++)
        o->order[i] = i;
    for (int i = o->views - 1; i > 0; i--) {
        int j = (int)(sp_rng_u32(&o->rng) % (uint32_t)(i + 1)), t = o->order[i];
        o->order[i] = o->order[j];
        o->order[j] = t;
    }
}

int optimise_level(const optimiser *o, double progress)
{
    for (int l = o->pyramid.count - 1; l > 0; l--)
        if (progress < o->params->level_until[l])
            return l;
    return 0;
}

int optimise_degree(const optimiser *o, double progress)
{
    return progress < o->params->sh_from ? o->params->sh_degree_from : o->cloud->sh_degree;
}

// How much longer than usual strides are, where the schedule has fewer steps than the rates are meant for.
// With a budget in seconds the steps so far say how many there will be.
static double stride(const optimiser *o, int step, double progress)
{
    const recon_optimise_params *p = o->params;
    if (p->rates_for <= 0)
        return 1;
    bool is_known = step >= LEAST_KNOWN && progress > 0;
    double steps = is_known ? step / progress : p->iterations > 0 ? p->iterations : p->rates_for;
    return fmin(fmax(pow(p->rates_for / steps, STRIDE_EXPONENT), LEAST_STRIDE), MOST_STRIDE);
}

recon_rates optimise_rates(const optimiser *o, int step, double progress)
{
    recon_rates r = o->params->rates;
    double by = stride(o, step, progress), fade = by * pow(1.0 / 3, progress);
    r.position_m *= by * pow(r.position_last_m / r.position_m, progress);
    r.log_scale *= fade;
    r.rotation *= fade;
    r.opacity *= fade;
    r.colour *= fade;
    r.sh_rest *= fade;
    return r;
}

double optimise_progress(const optimiser *o, int step)
{
    const recon_optimise_params *p = o->params;
    double by_steps = p->iterations > 0 ? (double)step / p->iterations : 0;
    double by_time = p->budget_s > 0 ? (optimise_spent_s(o) + o->reserve_s) / p->budget_s : 0;
    return fmax(by_steps, by_time);
}
