#include "adam.h"

#include <math.h>
#include <stdlib.h>

#define BETA1 0.9f
#define BETA2 0.99f // few steps: the second moment must follow quickly
#define TINY 1e-15f
#define CHUNK 1024
#define MOST_LOGIT 9.0f

int recon_adam_init(recon_adam *out, const sp_splat_cloud *cloud)
{
    recon_adam adam = {0};
    int rc = sp_splat_cloud_init(&adam.first, cloud->capacity, cloud->sh_degree);
    if (!rc)
        rc = sp_splat_cloud_init(&adam.second, cloud->capacity, cloud->sh_degree);
    if (!rc && !(adam.age = sp_calloc(cloud->capacity + 1, sizeof *adam.age)))
        rc = SP_ENOMEM;
    if (rc) {
        recon_adam_free(&adam);
        return rc;
    }
    *out = adam;
    return SP_OK;
}

void recon_adam_free(recon_adam *adam)
{
    sp_splat_cloud_free(&adam->first);
    sp_splat_cloud_free(&adam->second);
    free(adam->age);
    adam->age = NULL;
}

void recon_adam_reset(recon_adam *adam, size_t splat)
{
    for (int row = 0; row < sp_splat_rows(adam->first.sh_degree); row++)
        sp_splat_row(&adam->first, row)[splat] = sp_splat_row(&adam->second, row)[splat] = 0;
    adam->age[splat] = 0;
}

typedef struct adam_job {
    recon_adam *adam;
    sp_splat_cloud *cloud;
    const sp_splat_cloud *gradient;
    const uint8_t *visible;
    const recon_rates *rates;
    const recon_bounds *bounds;
} adam_job;

static float rate_of(const recon_rates *rates, int row)
{
    if (row < SP_ROW_LOG_SCALE)
        return (float)rates->position_m;
    if (row < SP_ROW_ROTATION)
        return (float)rates->log_scale;
    if (row < SP_ROW_OPACITY)
        return (float)rates->rotation;
    if (row < SP_ROW_SH)
        return (float)rates->opacity;
    return (float)(row < SP_ROW_SH + 3 ? rates->colour : rates->sh_rest);
}

// step[i] is the bias correction of splat begin + i, 0 when it does not move.
static void step_row(const adam_job *job, int row, size_t begin, size_t end, const float *step)
{
    float rate = rate_of(job->rates, row);
    float *restrict p = sp_splat_row(job->cloud, row), *restrict m = sp_splat_row(&job->adam->first, row);
    float *restrict v = sp_splat_row(&job->adam->second, row);
    const float *restrict g = sp_splat_row(job->gradient, row);
    if (rate <= 0)
        return;
    for (size_t i = begin; i < end; i++) {
        float s = step[i - begin], moves = s > 0 ? 1.0f : 0.0f;
        m[i] += moves * (1 - BETA1) * (g[i] - m[i]);
        v[i] += moves * (1 - BETA2) * (g[i] * g[i] - v[i]);
        p[i] -= rate * s * m[i] / (sqrtf(v[i]) + TINY);
    }
}

static float clampf(float v, float low, float high)
{
    return v < low ? low : v > high ? high : v;
}

static void hold_bounds(const adam_job *job, size_t i)
{
    const recon_bounds *b = job->bounds;
    float *s[3], *q[4];
    for (int a = 0; a < 3; a++) {
        s[a] = sp_splat_row(job->cloud, SP_ROW_LOG_SCALE + a) + i;
        *s[a] = clampf(*s[a], b->least_log_scale, b->most_log_scale);
    }
    float least = fminf(*s[0], fminf(*s[1], *s[2])), most = fmaxf(*s[0], fmaxf(*s[1], *s[2]));
    float middle = *s[0] + *s[1] + *s[2] - least - most;
    bool thinned = false;
    for (int a = 0; a < 3; a++) {
        if (*s[a] >= most)
            *s[a] = fminf(*s[a], middle + b->log_stretch);
        else if (*s[a] <= least && !thinned) {
            *s[a] = fminf(*s[a], middle + b->log_flatness);
            thinned = true;
        }
    }
    float norm = 0;
    for (int a = 0; a < 4; a++) {
        q[a] = sp_splat_row(job->cloud, SP_ROW_ROTATION + a) + i;
        norm += *q[a] * *q[a];
    }
    for (int a = 0; a < 4; a++)
        *q[a] = norm > 1e-12f ? *q[a] / sqrtf(norm) : a == 0;
    float *logit = sp_splat_row(job->cloud, SP_ROW_OPACITY) + i;
    *logit = clampf(*logit, -MOST_LOGIT, MOST_LOGIT);
}

static void step_chunk(void *context, int64_t chunk, int worker)
{
    (void)worker;
    const adam_job *job = context;
    size_t begin = (size_t)chunk * CHUNK, end = begin + CHUNK;
    end = end < job->cloud->count ? end : job->cloud->count;
    float step[CHUNK];
    for (size_t i = begin; i < end; i++) {
        float *age = &job->adam->age[i];
        step[i - begin] = 0;
        if (!job->visible[i])
            continue;
        *age += 1;
        step[i - begin] = sqrtf(1 - powf(BETA2, *age)) / (1 - powf(BETA1, *age));
    }
    for (int row = 0; row < sp_splat_rows(job->cloud->sh_degree); row++)
        step_row(job, row, begin, end, step);
    for (size_t i = begin; i < end; i++)
        if (job->visible[i])
            hold_bounds(job, i);
}

void recon_adam_step(recon_adam *adam, sp_splat_cloud *cloud, const sp_splat_cloud *gradient,
                     const uint8_t *visible, const recon_rates *rates, const recon_bounds *bounds,
                     sp_pool *pool)
{
    adam_job job = {adam, cloud, gradient, visible, rates, bounds};
    adam->first.count = adam->second.count = cloud->count;
    sp_pool_run(pool, ((int64_t)cloud->count + CHUNK - 1) / CHUNK, step_chunk, &job);
}
