#include "loss.h"
#include "loss_band.h"

#include <math.h>
#include <stdlib.h>

#define TAPS (2 * LOSS_REACH + 1)
#define SIGMA 1.5
#define BAND_ROWS 64

struct recon_loss {
    const loss_kernels *kernels;
    int most_width, most_height, threads;
    float *scratch; // one part a thread
    double *sums;   // two a band of rows of a plane
    float taps[LOSS_REACH + 1];
};

static const loss_kernels *const kernels[] = {
    &loss_kernels_baseline,
#ifdef __x86_64__
    &loss_kernels_avx2,
    &loss_kernels_avx512,
#endif
};

static size_t scratch_floats(const recon_loss *loss)
{
    return LOSS_BAND_SCRATCH_ROWS * loss_band_stride(loss->most_width);
}

static int64_t bands_of(int height)
{
    return (height + BAND_ROWS - 1) / BAND_ROWS;
}

int recon_loss_open(recon_loss **out, int most_width, int most_height, const sp_pool *pool)
{
    recon_loss *loss = sp_calloc(1, sizeof *loss);
    if (!loss)
        return SP_ENOMEM;
    *loss = (recon_loss){.kernels = kernels[sp_cpu_detect()],
                         .most_width = most_width,
                         .most_height = most_height,
                         .threads = sp_pool_threads(pool)};
    loss->scratch = sp_aligned_calloc((size_t)loss->threads * scratch_floats(loss), sizeof *loss->scratch);
    loss->sums = sp_calloc(3 * 2 * (size_t)bands_of(most_height), sizeof *loss->sums);
    if (!loss->scratch || !loss->sums) {
        recon_loss_close(&loss);
        return SP_ENOMEM;
    }
    double sum = 0;
    for (int i = 0; i < TAPS; i++)
        sum += exp(-(i - LOSS_REACH) * (i - LOSS_REACH) / (2 * SIGMA * SIGMA));
    for (int i = 0; i <= LOSS_REACH; i++)
        loss->taps[i] = (float)(exp(-i * i / (2 * SIGMA * SIGMA)) / sum);
    *out = loss;
    return SP_OK;
}

void recon_loss_close(recon_loss **loss)
{
    if (!*loss)
        return;
    free((*loss)->scratch);
    free((*loss)->sums);
    free(*loss);
    *loss = NULL;
}

typedef struct loss_job {
    recon_loss *loss;
    void (*kernel)(const loss_band *band);
    sp_image *d_seen;
    const sp_image *seen, *wanted, *weight;
    float l1, dssim;
} loss_job;

static void loss_item(void *context, int64_t item, int worker)
{
    const loss_job *job = context;
    int64_t bands = bands_of(job->seen->height);
    int channel = (int)(item / bands), row0 = (int)(item % bands) * BAND_ROWS, row1 = row0 + BAND_ROWS;
    loss_band band = {.seen = sp_image_plane(job->seen, channel),
                      .wanted = sp_image_plane(job->wanted, channel),
                      .weight = job->weight ? job->weight->data : NULL,
                      .d_seen = sp_image_plane(job->d_seen, channel),
                      .width = job->seen->width,
                      .height = job->seen->height,
                      .row0 = row0,
                      .row1 = row1 < job->seen->height ? row1 : job->seen->height,
                      .l1 = job->l1,
                      .dssim = job->dssim,
                      .taps = job->loss->taps,
                      .scratch = job->loss->scratch + (size_t)worker * scratch_floats(job->loss),
                      .sum_difference = &job->loss->sums[2 * item],
                      .sum_dssim = &job->loss->sums[2 * item + 1]};
    job->kernel(&band);
}

// Bands are cut by the picture's size and their sums are added in order, for any number of threads.
static void run_bands(double sums[2], loss_job *job, sp_pool *pool)
{
    int64_t items = job->seen->channels * bands_of(job->seen->height);
    sp_pool_run(pool, items, loss_item, job);
    sums[0] = sums[1] = 0;
    for (int64_t i = 0; i < 2 * items; i++)
        sums[i % 2] += job->loss->sums[i];
}

double recon_loss_rgb(recon_loss *loss, sp_image *d_seen, const sp_image *seen, const sp_image *wanted,
                      const sp_image *weight, double dssim, sp_pool *pool)
{
    double values = 3.0 * seen->width * seen->height, sums[2];
    loss_job job = {loss,
                    loss->kernels->rgb,
                    d_seen,
                    seen,
                    wanted,
                    weight,
                    (float)((1 - dssim) / values),
                    (float)(0.5 * dssim / values)};
    run_bands(sums, &job, pool);
    return ((1 - dssim) * sums[0] + 0.5 * dssim * sums[1]) / values;
}

double recon_loss_alpha(recon_loss *loss, sp_image *d_alpha, const sp_image *alpha, const sp_image *matte,
                        const sp_image *weight, double scale, sp_pool *pool)
{
    double values = (double)alpha->width * alpha->height, sums[2];
    loss_job job = {loss, loss->kernels->alpha, d_alpha, alpha, matte, weight, (float)(scale / values), 0};
    run_bands(sums, &job, pool);
    return sums[0] * scale / values;
}
