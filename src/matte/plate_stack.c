// Samples laid side by side per pixel, shrunk, and how much still pixels of them vary.
#include "plate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Pictures of more pixels are shrunk: contours are searched, and finer ones than this do not matter.
#define MOST_PIXELS 320000
#define MOST_FACTOR 8
#define LANE_STEP 16

// ---- Stack

typedef struct shrink_job {
    plate_stack *stack;
    const sp_image8 *const *samples;
    const plate_tables *tables;
} shrink_job;

static void shrink_row(void *context, int64_t row, int worker)
{
    (void)worker;
    const shrink_job *job = context;
    plate_stack *stack = job->stack;
    size_t lanes = (size_t)stack->lanes, factor = (size_t)stack->factor, width = (size_t)stack->width;
    float share = 1.0f / (float)(factor * factor);
    uint8_t *to = stack->data + (size_t)row * width * 3 * lanes;
    for (size_t t = 0; t < lanes; t++) {
        size_t sample = t < (size_t)stack->count ? t : (size_t)stack->count - 1;
        const sp_image8 *from = job->samples[sample];
        const float(*table)[256] = job->tables[sample];
        for (size_t x = 0; x < width; x++) {
            float sum[3] = {0.5f, 0.5f, 0.5f};
            for (size_t v = 0; v < factor; v++) {
                const uint8_t *p =
                    from->data + 3 * (((size_t)row * factor + v) * (size_t)from->width + x * factor);
                for (size_t u = 0; u < factor; u++, p += 3)
                    for (size_t c = 0; c < 3; c++)
                        sum[c] += share * table[c][p[c]];
            }
            for (size_t c = 0; c < 3; c++)
                to[(x * 3 + c) * lanes + t] = (uint8_t)sum[c];
        }
    }
}

int plate_stack_init(plate_stack *out, const sp_image8 *const *samples, int count, const plate_tables *tables,
                     sp_pool *pool)
{
    int width = samples[0]->width, height = samples[0]->height, factor = 1;
    while ((int64_t)(width / factor) * (height / factor) > MOST_PIXELS && factor < MOST_FACTOR)
        factor++;
    if (width < factor || height < factor)
        factor = 1;
    plate_stack stack = {
        .width = width / factor, .height = height / factor, .factor = factor, .count = count};
    stack.lanes = (count + LANE_STEP - 1) / LANE_STEP * LANE_STEP;
    size_t pixels = (size_t)stack.width * (size_t)stack.height;
    stack.data = sp_calloc(pixels, 3 * (size_t)stack.lanes);
    stack.radius = sp_calloc(pixels, 1);
    if (!stack.data || !stack.radius) {
        plate_stack_free(&stack);
        return SP_ENOMEM;
    }
    shrink_job job = {&stack, samples, tables};
    sp_pool_run(pool, stack.height, shrink_row, &job);
    *out = stack;
    return SP_OK;
}

void plate_stack_free(plate_stack *stack)
{
    free(stack->data);
    free(stack->radius);
    *stack = (plate_stack){0};
}

// ---- Noise

#define TONES 8
#define CONTRASTS 4
// Samples within this of a first guess may belong to the same still thing.
#define GENEROUS 18
// A pixel is still where so many samples are one thing.
#define STILL 0.8
#define STEPS_OF_NOISE 64 // of a quarter of an 8-bit step
// The radius of a cluster in deviations of the noise of one channel, and its limits.
#define RADIUS_DEVIATIONS 3.4
#define LEAST_RADIUS 4
#define MOST_RADIUS 20

typedef struct still {
    double mean[3];
    double deviation; // largest of the channels; negative: the pixel is not still
} still;

// Mean and deviation of the samples near the one that has most company out of three.
static still judge(const plate_stack *stack, size_t pixel)
{
    const uint8_t *series[3];
    for (int c = 0; c < 3; c++)
        series[c] = plate_series(stack, pixel, c);
    still best = {.deviation = -1};
    int most = 0;
    for (int k = 0; k < 3; k++) {
        int guess = (2 * k + 1) * stack->count / 6, members = 0, sum[3] = {0}, squares[3] = {0};
        for (int t = 0; t < stack->count; t++) {
            int d[3], far = 0;
            for (int c = 0; c < 3; c++) {
                d[c] = series[c][t] - series[c][guess];
                far |= abs(d[c]) > GENEROUS;
            }
            if (far)
                continue;
            members++;
            for (int c = 0; c < 3; c++) {
                sum[c] += d[c];
                squares[c] += d[c] * d[c];
            }
        }
        if (members <= most)
            continue;
        most = members;
        double variance = 0;
        for (int c = 0; c < 3; c++) {
            double mean = (double)sum[c] / members;
            best.mean[c] = series[c][guess] + mean;
            variance = fmax(variance, (double)squares[c] / members - mean * mean);
        }
        best.deviation = sqrt(variance);
    }
    if (most < STILL * stack->count)
        best.deviation = -1;
    return best;
}

static int tone_of(const double mean[3])
{
    int tone = (int)((mean[0] + 2 * mean[1] + mean[2]) * TONES / 1024);
    return tone < TONES ? tone : TONES - 1;
}

// Octaves of the difference to the pixels left and above in the middle sample.
static int contrast_of(const plate_stack *stack, int x, int y)
{
    size_t pixel = (size_t)y * (size_t)stack->width + (size_t)x;
    size_t left = x ? pixel - 1 : pixel, above = y ? pixel - (size_t)stack->width : pixel;
    int most = 0, t = stack->count / 2;
    for (int c = 0; c < 3; c++) {
        int v = plate_series(stack, pixel, c)[t];
        int a = abs(v - plate_series(stack, left, c)[t]), b = abs(v - plate_series(stack, above, c)[t]);
        most = a > most ? a : most;
        most = b > most ? b : most;
    }
    return most < 6 ? 0 : most < 16 ? 1 : most < 40 ? 2 : 3;
}

typedef struct noise_job {
    plate_stack *stack;
    uint8_t *kind;      // per pixel: tone * CONTRASTS + contrast
    uint8_t *deviation; // per pixel in quarters of a step, 255: not still
} noise_job;

static void noise_row(void *context, int64_t row, int worker)
{
    (void)worker;
    const noise_job *job = context;
    for (int x = 0; x < job->stack->width; x++) {
        size_t pixel = (size_t)row * (size_t)job->stack->width + (size_t)x;
        still s = judge(job->stack, pixel);
        job->kind[pixel] = (uint8_t)(tone_of(s.mean) * CONTRASTS + contrast_of(job->stack, x, (int)row));
        job->deviation[pixel] =
            s.deviation < 0 ? 255 : (uint8_t)fmin(4 * s.deviation + 0.5, STEPS_OF_NOISE - 1);
    }
}

// The median deviation of the still pixels of each kind; kinds too rare borrow the median of all.
static void typical_noise(double out[TONES * CONTRASTS], const noise_job *job, size_t pixels)
{
    int histogram[TONES * CONTRASTS + 1][STEPS_OF_NOISE] = {{0}}, total[TONES * CONTRASTS + 1] = {0};
    const int all = TONES * CONTRASTS;
    for (size_t i = 0; i < pixels; i++) {
        if (job->deviation[i] == 255)
            continue;
        histogram[job->kind[i]][job->deviation[i]]++;
        histogram[all][job->deviation[i]]++;
        total[job->kind[i]]++;
        total[all]++;
    }
    double median[TONES * CONTRASTS + 1];
    for (int kind = 0; kind <= all; kind++) {
        int bin = 0, sum = histogram[kind][0];
        while (bin < STEPS_OF_NOISE - 1 && 2 * sum <= total[kind])
            sum += histogram[kind][++bin];
        median[kind] = total[kind] ? bin / 4.0 : 1;
    }
    for (int kind = 0; kind < all; kind++)
        out[kind] = total[kind] >= 100 ? median[kind] : median[all];
}

int plate_measure_noise(plate_stack *stack, sp_pool *pool)
{
    size_t pixels = (size_t)stack->width * (size_t)stack->height;
    noise_job job = {stack, sp_calloc(pixels, 1), sp_calloc(pixels, 1)};
    int code = job.kind && job.deviation ? SP_OK : SP_ENOMEM;
    if (code == SP_OK) {
        double typical[TONES * CONTRASTS];
        sp_pool_run(pool, stack->height, noise_row, &job);
        typical_noise(typical, &job, pixels);
        for (size_t i = 0; i < pixels; i++) {
            double deviation = typical[job.kind[i]];
            // A still pixel knows better, but a slow change of shading is no noise.
            if (job.deviation[i] != 255)
                deviation = fmax(deviation, fmin(job.deviation[i] / 4.0, 2 * deviation + 1));
            double radius = ceil(RADIUS_DEVIATIONS * deviation + 1);
            stack->radius[i] = (uint8_t)fmin(fmax(radius, LEAST_RADIUS), MOST_RADIUS);
        }
    }
    free(job.kind);
    free(job.deviation);
    return code;
}
