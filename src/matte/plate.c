// The plate of a static camera: per pixel the mean of the samples that show the venue.
#include "plate.h"

#include <stillpoint/matte.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

// ---- From sets of samples to colours

typedef struct settle_job {
    sp_image *values, *weight, *spread; // spread may be NULL
    const sp_image8 *const *samples;
    const plate_tables *tables;
    const plate_stack *stack;
    const uint64_t *sets;
    float *scratch; // per worker four sums a pixel of a row
} settle_job;

// Sums over the samples of each pixel's set: three channels, and the squares of all.
static void sum_row(float *sums, const settle_job *job, size_t y)
{
    const plate_stack *stack = job->stack;
    size_t width = (size_t)job->values->width, factor = (size_t)stack->factor;
    size_t row = y / factor < (size_t)stack->height ? y / factor : (size_t)stack->height - 1;
    const uint64_t *sets = job->sets + row * (size_t)stack->width;
    memset(sums, 0, 4 * width * sizeof *sums);
    for (int t = 0; t < stack->count; t++) {
        const uint8_t *p = job->samples[t]->data + 3 * y * width;
        const float(*table)[256] = job->tables[t];
        for (size_t x = 0; x < width; x++, p += 3) {
            size_t column = x / factor < (size_t)stack->width ? x / factor : (size_t)stack->width - 1;
            if (!(sets[column] >> t & 1))
                continue;
            float r = table[0][p[0]], g = table[1][p[1]], b = table[2][p[2]];
            float *sum = sums + 4 * x;
            sum[0] += r;
            sum[1] += g;
            sum[2] += b;
            sum[3] += r * r + g * g + b * b;
        }
    }
}

static void settle_row(void *context, int64_t y, int worker)
{
    const settle_job *job = context;
    const plate_stack *stack = job->stack;
    size_t width = (size_t)job->values->width, factor = (size_t)stack->factor;
    size_t pixels = width * (size_t)job->values->height;
    size_t row = (size_t)y / factor < (size_t)stack->height ? (size_t)y / factor : (size_t)stack->height - 1;
    float *sums = job->scratch + (size_t)worker * 4 * width;
    sum_row(sums, job, (size_t)y);
    for (size_t x = 0; x < width; x++) {
        size_t column = x / factor < (size_t)stack->width ? x / factor : (size_t)stack->width - 1;
        size_t at = (size_t)y * width + x;
        int members = plate_members(job->sets[row * (size_t)stack->width + column]);
        job->weight->data[at] = members ? 1 : 0;
        if (job->spread)
            job->spread->data[at] = SP_PLATE_UNSEEN;
        if (!members)
            continue;
        float mean_squares = 0;
        for (size_t c = 0; c < 3; c++) {
            float mean = sums[4 * x + c] / (float)members;
            job->values->data[c * pixels + at] = mean / 255;
            mean_squares += mean * mean;
        }
        float variance = (sums[4 * x + 3] / (float)members - mean_squares) / 3;
        if (job->spread)
            job->spread->data[at] = sqrtf(fmaxf(variance, 0)) / 255;
    }
}

// ---- All of it

static int choose_sets(uint64_t **out, const plate_stack *stack, sp_pool *pool)
{
    size_t pixels = (size_t)stack->width * (size_t)stack->height;
    plate_candidates *candidates = sp_calloc(pixels, sizeof *candidates);
    uint64_t *sets = sp_calloc(pixels, sizeof *sets);
    int code = candidates && sets ? SP_OK : SP_ENOMEM;
    if (code == SP_OK) {
        plate_find_candidates(candidates, stack, pool);
        code = plate_choose(sets, candidates, stack, pool);
        if (code == SP_OK)
            code = plate_distrust(sets, stack->width, stack->height);
    }
    free(candidates);
    if (code < 0)
        free(sets);
    else
        *out = sets;
    return code;
}

static int settle(sp_image *values, sp_image *spread, const sp_image8 *const *samples,
                  const plate_tables *tables, const plate_stack *stack, const uint64_t *sets, sp_pool *pool)
{
    int width = samples[0]->width, height = samples[0]->height;
    sp_image weight = {0};
    float *scratch = sp_calloc((size_t)sp_pool_threads(pool) * (size_t)width, 4 * sizeof *scratch);
    int code = scratch ? sp_image_init(&weight, width, height, 1) : SP_ENOMEM;
    if (code == SP_OK)
        code = sp_image_init(values, width, height, 3);
    if (code == SP_OK && spread)
        code = sp_image_init(spread, width, height, 1);
    if (code == SP_OK) {
        settle_job job = {values, &weight, spread, samples, tables, stack, sets, scratch};
        sp_pool_run(pool, height, settle_row, &job);
        code = plate_fill(values, &weight);
    }
    sp_image_free(&weight);
    free(scratch);
    return code;
}

static int estimate(sp_image8 *plate, sp_image *spread, const sp_image8 *const *samples, int count,
                    sp_pool *pool)
{
    plate_tables *tables = sp_calloc((size_t)count, sizeof *tables);
    plate_stack stack = {0};
    uint64_t *sets = NULL;
    sp_image values = {0};
    int code = tables ? plate_level(tables, samples, count) : SP_ENOMEM;
    if (code == SP_OK)
        code = plate_stack_init(&stack, samples, count, (const plate_tables *)tables, pool);
    if (code == SP_OK)
        code = plate_measure_noise(&stack, pool);
    if (code == SP_OK)
        code = choose_sets(&sets, &stack, pool);
    if (code == SP_OK)
        code = settle(&values, spread, samples, (const plate_tables *)tables, &stack, sets, pool);
    if (code == SP_OK)
        code = sp_image_to8(plate, &values);
    sp_image_free(&values);
    free(sets);
    plate_stack_free(&stack);
    free(tables);
    return code;
}

static int check_samples(const sp_image8 *samples, int count)
{
    if (!samples || count < 1)
        return sp_error(SP_EINVAL, "a plate cannot be estimated without samples of the feed");
    for (int i = 0; i < count; i++) {
        if (!samples[i].data || samples[i].channels != 3)
            return sp_error(SP_EINVAL, "sample %d for the plate is not an RGB picture", i);
        if (samples[i].width != samples[0].width || samples[i].height != samples[0].height)
            return sp_error(SP_EINVAL, "sample %d for the plate is %dx%d, the first is %dx%d", i,
                            samples[i].width, samples[i].height, samples[0].width, samples[0].height);
    }
    return SP_OK;
}

int sp_plate_estimate(sp_image8 *plate, sp_image *spread, const sp_image8 *samples, int count, sp_pool *pool)
{
    if (!plate)
        return sp_error(SP_EINVAL, "sp_plate_estimate needs a place for the plate");
    int code = check_samples(samples, count);
    if (code < 0)
        return code;
    const sp_image8 *used[PLATE_MOST_SAMPLES];
    int n = count < PLATE_MOST_SAMPLES ? count : PLATE_MOST_SAMPLES;
    for (int i = 0; i < n; i++)
        used[i] = &samples[(2 * (int64_t)i + 1) * count / (2 * n)];
    sp_image8 picture = {0};
    sp_image deviation = {0};
    code = estimate(&picture, spread ? &deviation : NULL, used, n, pool);
    if (code < 0) {
        sp_image8_free(&picture);
        sp_image_free(&deviation);
        return code;
    }
    *plate = picture;
    if (spread)
        *spread = deviation;
    return SP_OK;
}
