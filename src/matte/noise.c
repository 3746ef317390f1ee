// What difference between image and plate means nothing, per pixel.
#include <stillpoint/matte.h>
#include "parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Blocks along the picture's shorter side, and the least pixels of one.
#define BLOCKS 33
#define LEAST_BLOCK 16
// Neighbourhood of a block, in blocks a side: large against a limb, small against the picture.
#define REACH 4
#define SAMPLES_A_SIDE 30
// The low quantile taken in a neighbourhood: survives an athlete who fills 60% of it. For the root mean
// square of three Gaussian channels (chi with 3 degrees of freedom over sqrt 3) it lies at 0.58 deviations.
#define QUANTILE 0.20
#define QUANTILE_OF_UNIT 0.580
// Noise above this is not believed: it is the athlete.
#define MOST_NOISE (9.0 / 255)
// No block has more noise than so many times what a calm one has, and which of all blocks that is.
#define MOST_OF_CALM 4.0
#define CALM_QUANTILE 0.25
// The same, where the plate's samples are known: so many of their deviations and this.
#define MOST_SPREADS 1.5
#define LEAST_BELIEF (1.0 / 255)
// What a plate that is filled from its surroundings may be wrong by.
#define FILLED_SPREAD 0.03f
#define CONTRAST_BINS 14
// A quantile above the median, as errors at edges have long tails, and of the same chi.
#define EDGE_QUANTILE 0.70
#define EDGE_QUANTILE_OF_UNIT 1.105
#define MOST_FACTOR 8.0f
#define MOST_TAIL 5.0f
#define EDGE_SHARE 0.15
#define TAIL_ROUNDS 4

static inline float lesser(float a, float b)
{
    return a < b ? a : b;
}

static inline float greater(float a, float b)
{
    return a > b ? a : b;
}

static float quantile(float *values, int count, double q)
{
    int i = (int)(q * count);
    return matte_nth(values, count, i < count ? i : count - 1);
}

// Root mean square over channels of the difference.
static void magnitudes_of(sp_image *out, const sp_image *difference)
{
    const float *a = sp_image_plane(difference, 0), *b = sp_image_plane(difference, 1),
                *c = sp_image_plane(difference, 2);
    float *restrict to = out->data;
    size_t pixels = (size_t)out->width * (size_t)out->height;
    for (size_t i = 0; i < pixels; i++)
        to[i] = sqrtf((a[i] * a[i] + b[i] * b[i] + c[i] * c[i]) / 3);
}

typedef struct noise_job {
    sp_image *out;
    const sp_image *magnitudes, *spread; // spread may be NULL
    double deviation;
    int block;         // pixels a side
    int columns, rows; // blocks
    float *of_block;   // noise by block, row by row
    float most;        // that a block may have
} noise_job;

// A quantile of an image around a block, over values less than limit; negative where there are none.
static float block_quantile(const noise_job *job, const sp_image *image, int bx, int by, double q,
                            float limit)
{
    float scratch[SAMPLES_A_SIDE * SAMPLES_A_SIDE];
    int count = 0, block = job->block, stride = (2 * REACH + 1) * block / SAMPLES_A_SIDE + 1;
    int x0 = (bx - REACH) * block, x1 = (bx + REACH + 1) * block;
    int y0 = (by - REACH) * block, y1 = (by + REACH + 1) * block;
    for (int y = y0 < 0 ? 0 : y0; y < y1 && y < image->height; y += stride)
        for (int x = x0 < 0 ? 0 : x0; x < x1 && x < image->width; x += stride) {
            float value = image->data[(size_t)y * (size_t)image->width + (size_t)x];
            if (value < limit)
                scratch[count++] = value;
        }
    return count ? quantile(scratch, count, q) : -1;
}

// The most that is believed around a block: what the samples of the plate varied by bounds what the image may
// differ by, so that an athlete who fills the neighbourhood is not taken for noise.
static double most_noise(const noise_job *job, int bx, int by)
{
    float typical = job->spread ? block_quantile(job, job->spread, bx, by, 0.5, SP_PLATE_UNSEEN) : -1;
    return typical < 0 ? MOST_NOISE : fmin(MOST_NOISE, MOST_SPREADS * typical + LEAST_BELIEF);
}

// The noise of one row of blocks.
static void local_row(void *context, int64_t row, int worker)
{
    (void)worker;
    const noise_job *job = context;
    for (int bx = 0; bx < job->columns; bx++) {
        float low = block_quantile(job, job->magnitudes, bx, (int)row, QUANTILE, INFINITY);
        double most = fmax(most_noise(job, bx, (int)row), job->deviation);
        job->of_block[row * job->columns + bx] =
            (float)fmin(fmax(low / QUANTILE_OF_UNIT, job->deviation), most);
    }
}

// Noise differs from place to place, but not without bound: what is far above that of the calm blocks is an
// athlete so near to the lens that he fills whole neighbourhoods.
static int bound_noise(noise_job *job)
{
    int count = job->columns * job->rows;
    float *sorted = sp_calloc((size_t)count, sizeof *sorted);
    if (!sorted)
        return SP_ENOMEM;
    memcpy(sorted, job->of_block, (size_t)count * sizeof *sorted);
    job->most = (float)MOST_OF_CALM * quantile(sorted, count, CALM_QUANTILE);
    free(sorted);
    for (int k = 0; k < count; k++)
        job->of_block[k] = lesser(job->of_block[k], job->most);
    return SP_OK;
}

static int local_noise(noise_job *job, sp_pool *pool)
{
    sp_image *out = job->out;
    job->columns = (out->width + job->block - 1) / job->block;
    job->rows = (out->height + job->block - 1) / job->block;
    job->of_block = sp_calloc((size_t)job->columns * (size_t)job->rows, sizeof *job->of_block);
    if (!job->of_block)
        return SP_ENOMEM;
    sp_pool_run(pool, job->rows, local_row, job);
    int rc = bound_noise(job);
    for (int y = 0; y < out->height && !rc; y++)
        for (int x = 0; x < out->width; x++)
            out->data[(size_t)y * (size_t)out->width + (size_t)x] =
                job->of_block[y / job->block * job->columns + x / job->block];
    free(job->of_block);
    return rc;
}

// ---- Noise by the plate's contrast

// Grow range to that of one channel's values in the 3x3 neighbourhoods of a row; least and most are scratch.
static void range_row(float *restrict range, float *restrict least, float *restrict most, const float *plane,
                      int width, int height, int y)
{
    const float *at = plane + (size_t)y * (size_t)width;
    const float *above = y > 0 ? at - width : at, *below = y < height - 1 ? at + width : at;
    for (int x = 0; x < width; x++) {
        least[x] = lesser(lesser(above[x], at[x]), below[x]);
        most[x] = greater(greater(above[x], at[x]), below[x]);
    }
    // Mirrored ends add nothing to a minimum.
    for (int x = 0; x < width; x++) {
        int left = x > 0 ? x - 1 : 0, right = x < width - 1 ? x + 1 : x;
        float low = lesser(lesser(least[left], least[x]), least[right]);
        float high = greater(greater(most[left], most[x]), most[right]);
        range[x] = greater(range[x], high - low);
    }
}

// Half octaves of the range of colours in the 3x3 neighbourhood, from 1/64 on.
static int contrast_bins(uint8_t *bins, const sp_image *plate)
{
    int w = plate->width;
    float *rows = sp_calloc(3 * (size_t)w, sizeof *rows), from[CONTRAST_BINS - 1];
    if (!rows)
        return SP_ENOMEM;
    for (int k = 0; k < CONTRAST_BINS - 1; k++)
        from[k] = exp2f(0.5f * (float)k) / 64;
    for (int y = 0; y < plate->height; y++) {
        uint8_t *to = bins + (size_t)y * (size_t)w;
        for (int x = 0; x < w; x++)
            rows[x] = 0;
        for (int c = 0; c < 3; c++)
            range_row(rows, rows + w, rows + 2 * (size_t)w, sp_image_plane(plate, c), w, plate->height, y);
        for (int k = 0; k < CONTRAST_BINS - 1; k++)
            for (int x = 0; x < w; x++)
                to[x] = (uint8_t)(to[x] + (rows[x] > from[k]));
    }
    free(rows);
    return SP_OK;
}

// Leave out what is far above the median, again and again. What errors at edges reach is a small share; more
// than that is an athlete so near that he fills a good part of the picture. Returns how many count, at the
// front.
static int drop_tail(float *values, int count)
{
    int left = count;
    for (int round = 0; round < TAIL_ROUNDS && left; round++) {
        float most = MOST_TAIL * quantile(values, left, 0.5);
        int kept = 0;
        for (int i = 0; i < left; i++)
            if (values[i] <= most) {
                float value = values[i];
                values[i] = values[kept];
                values[kept++] = value;
            }
        left = kept;
    }
    return left < (1 - EDGE_SHARE) * count ? left : count;
}

// By how much larger than the local noise the difference typically is at each contrast: from every third
// pixel, never less than at a lower contrast. Where the noise is at its bound, it is the athlete who differs.
static void contrast_factors(float factor[CONTRAST_BINS], float *scratch, const sp_image *noise, float most,
                             const sp_image *magnitudes, const uint8_t *bins)
{
    size_t pixels = (size_t)noise->width * (size_t)noise->height;
    int begin[CONTRAST_BINS + 1] = {0}, end[CONTRAST_BINS];
    for (size_t i = 0; i < pixels; i += 3)
        begin[bins[i] + 1] += noise->data[i] < most;
    for (int bin = 0; bin < CONTRAST_BINS; bin++) {
        begin[bin + 1] += begin[bin];
        end[bin] = begin[bin];
    }
    for (size_t i = 0; i < pixels; i += 3)
        if (noise->data[i] < most)
            scratch[end[bins[i]]++] = magnitudes->data[i] / noise->data[i];
    for (int bin = 0; bin < CONTRAST_BINS; bin++) {
        int count = end[bin] - begin[bin];
        float least = bin ? factor[bin - 1] : 1;
        count = drop_tail(scratch + begin[bin], count);
        float measured =
            count < 200 ? least
                        : quantile(scratch + begin[bin], count, EDGE_QUANTILE) / (float)EDGE_QUANTILE_OF_UNIT;
        factor[bin] = lesser(greater(measured, least), MOST_FACTOR);
    }
}

// Scale the noise by the plate's contrast.
static int contrast_noise(sp_image *out, float most, const sp_image *magnitudes, const sp_image *plate)
{
    size_t pixels = (size_t)out->width * (size_t)out->height;
    uint8_t *bins = sp_calloc(pixels, 1);
    float *scratch = sp_calloc(pixels / 3 + 1, sizeof *scratch), factor[CONTRAST_BINS];
    int rc = bins && scratch ? contrast_bins(bins, plate) : SP_ENOMEM;
    if (!rc) {
        contrast_factors(factor, scratch, out, most, magnitudes, bins);
        for (size_t i = 0; i < pixels; i++)
            out->data[i] *= factor[bins[i]];
    }
    free(bins);
    free(scratch);
    return rc;
}

int matte_noise(sp_image *out, const sp_image *difference, const sp_image *plate, const sp_image *spread,
                double deviation, double fixed, sp_pool *pool)
{
    sp_image noise = {0}, magnitudes = {0};
    int rc = sp_image_init(&noise, difference->width, difference->height, 1);
    if (!rc)
        rc = sp_image_init(&magnitudes, difference->width, difference->height, 1);
    size_t pixels = (size_t)difference->width * (size_t)difference->height;
    for (size_t i = 0; !rc && i < pixels; i++)
        noise.data[i] = (float)fixed;
    if (!rc)
        magnitudes_of(&magnitudes, difference);
    if (!rc && fixed <= 0) {
        int side = noise.width < noise.height ? noise.width : noise.height;
        int block = side / BLOCKS > LEAST_BLOCK ? side / BLOCKS : LEAST_BLOCK;
        noise_job job = {.out = &noise,
                         .magnitudes = &magnitudes,
                         .spread = spread,
                         .deviation = deviation,
                         .block = block};
        rc = local_noise(&job, pool);
        if (!rc)
            rc = contrast_noise(&noise, job.most, &magnitudes, plate);
    }
    for (size_t i = 0; !rc && spread && i < pixels; i++) {
        float own = lesser(spread->data[i], FILLED_SPREAD);
        noise.data[i] = sqrtf(noise.data[i] * noise.data[i] + own * own);
    }
    sp_image_free(&magnitudes);
    if (rc) {
        sp_image_free(&noise);
        return rc;
    }
    *out = noise;
    return SP_OK;
}
