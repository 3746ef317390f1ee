#include "adam.h"
#include "adam_chunk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 1024
#define MOST_ROWS (SP_ROW_SH + 3 * (SP_SH_DEGREE_MAX + 1) * (SP_SH_DEGREE_MAX + 1))

// From this age on the bias correction is 1 in single precision.
enum { GROWN_UP = 2048 };

static adam_chunk_kernel *const kernels[] = {
    adam_chunk_baseline,
#ifdef __x86_64__
    adam_chunk_avx2,
    adam_chunk_avx512,
#endif
};

static float *make_corrections(void)
{
    float *correction = sp_calloc(GROWN_UP + 1, sizeof *correction);
    for (int age = 1; correction && age <= GROWN_UP; age++)
        correction[age] = (float)(sqrt(1 - pow(ADAM_BETA2, age)) / (1 - pow(ADAM_BETA1, age)));
    return correction;
}

int recon_adam_init(recon_adam *out, const sp_splat_cloud *cloud)
{
    recon_adam adam = {0};
    int rc = sp_splat_cloud_init(&adam.first, cloud->capacity, cloud->sh_degree);
    if (!rc)
        rc = sp_splat_cloud_init(&adam.second, cloud->capacity, cloud->sh_degree);
    adam.age = sp_calloc(cloud->capacity + 1, sizeof *adam.age);
    adam.correction = make_corrections();
    if (!rc && !(adam.age && adam.correction))
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
    free(adam->correction);
    adam->age = NULL;
    adam->correction = NULL;
}

void recon_adam_reset(recon_adam *adam, size_t splat)
{
    for (int row = 0; row < sp_splat_rows(adam->first.sh_degree); row++)
        sp_splat_row(&adam->first, row)[splat] = sp_splat_row(&adam->second, row)[splat] = 0;
    adam->age[splat] = 0;
}

int recon_adam_permute(recon_adam *adam, const uint32_t *order, size_t count)
{
    uint16_t *age = sp_calloc(count + 1, sizeof *age);
    if (!age)
        return SP_ENOMEM;
    for (size_t i = 0; i < count; i++)
        age[i] = adam->age[order[i]];
    memcpy(adam->age, age, count * sizeof *age);
    free(age);
    adam->first.count = adam->second.count = count;
    int rc = sp_splat_cloud_permute(&adam->first, order);
    return rc ? rc : sp_splat_cloud_permute(&adam->second, order);
}

typedef struct adam_job {
    recon_adam *adam;
    sp_splat_cloud *cloud, *gradient;
    const uint8_t *visible;
    const recon_bounds *bounds;
    float rate[MOST_ROWS];
    adam_chunk_kernel *kernel;
} adam_job;

static double rate_of(const recon_rates *rates, int row)
{
    if (row < SP_ROW_LOG_SCALE)
        return rates->position_m;
    if (row < SP_ROW_ROTATION)
        return rates->log_scale;
    if (row < SP_ROW_OPACITY)
        return rates->rotation;
    if (row < SP_ROW_SH)
        return rates->opacity;
    return row < SP_ROW_SH + 3 ? rates->colour : rates->sh_rest;
}

// The splats of a chunk that move grow older by a step; returns whether there is any.
static void age_chunk(float *step, uint8_t *block_moves, const adam_job *job, size_t begin, size_t end)
{
    const recon_adam *adam = job->adam;
    for (size_t i = begin; i < end; i++) {
        if (!job->visible[i])
            continue;
        adam->age[i] += adam->age[i] < GROWN_UP;
        step[i - begin] = adam->correction[adam->age[i]];
        block_moves[(i - begin) / ADAM_BLOCK] = 1;
    }
}

static void step_chunk(void *context, int64_t index, int worker)
{
    (void)worker;
    const adam_job *job = context;
    size_t begin = (size_t)index * CHUNK, end = begin + CHUNK;
    end = end < job->cloud->count ? end : job->cloud->count;
    float step[CHUNK] = {0};
    uint8_t block_moves[CHUNK / ADAM_BLOCK] = {0};
    age_chunk(step, block_moves, job, begin, end);
    adam_chunk chunk = {.parameter = job->cloud->data + begin,
                        .first = job->adam->first.data + begin,
                        .second = job->adam->second.data + begin,
                        .gradient = job->gradient->data + begin,
                        .stride = job->cloud->capacity,
                        .rows = sp_splat_rows(job->cloud->sh_degree),
                        .count = (int)((end - begin + ADAM_BLOCK - 1) / ADAM_BLOCK * ADAM_BLOCK),
                        .step = step,
                        .block_moves = block_moves,
                        .rate = job->rate,
                        .bounds = job->bounds};
    job->kernel(&chunk);
}

void recon_adam_step(recon_adam *adam, sp_splat_cloud *cloud, sp_splat_cloud *gradient,
                     const uint8_t *visible, const recon_rates *rates, const recon_bounds *bounds,
                     sp_pool *pool)
{
    adam_job job = {adam, cloud, gradient, visible, bounds, {0}, kernels[sp_cpu_detect()]};
    for (int row = 0; row < sp_splat_rows(cloud->sh_degree); row++)
        job.rate[row] = (float)rate_of(rates, row);
    adam->first.count = adam->second.count = cloud->count;
    sp_pool_run(pool, ((int64_t)cloud->count + CHUNK - 1) / CHUNK, step_chunk, &job);
}
