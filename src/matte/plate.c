// The plate of a static camera: per pixel the densest cluster of the colours that were seen there.
#include <stillpoint/matte.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

// More samples than this add little; the cost grows with the square.
#define MAX_SAMPLES 64
// Half width of the cluster kernel in 8-bit steps: several deviations of camera and compression noise.
#define KERNEL_RADIUS 24

typedef struct plate_job {
    sp_image8 *plate;
    sp_image *spread;
    const sp_image8 **samples;
    int count, width;
} plate_job;

static int colour_distance(const uint8_t *a, const uint8_t *b)
{
    int r = abs(a[0] - b[0]), g = abs(a[1] - b[1]), v = abs(a[2] - b[2]);
    int m = r > g ? r : g;
    return m > v ? m : v;
}

// The sample with the most company under a triangular kernel (the mode of a kernel density estimate,
// restricted to the samples themselves).
static int densest(const uint8_t colours[][3], int count)
{
    int weight[MAX_SAMPLES] = {0};
    for (int i = 0; i < count; i++) {
        weight[i] += KERNEL_RADIUS;
        for (int j = 0; j < i; j++) {
            int closeness = KERNEL_RADIUS - colour_distance(colours[i], colours[j]);
            if (closeness > 0) {
                weight[i] += closeness;
                weight[j] += closeness;
            }
        }
    }
    int best = 0;
    for (int i = 1; i < count; i++)
        if (weight[i] > weight[best])
            best = i;
    return best;
}

// Mean and deviation of the samples around the mode.
static float settle(uint8_t out[3], const uint8_t colours[][3], int count, int mode)
{
    double sum[3] = {0}, squares = 0;
    int members = 0;
    for (int i = 0; i < count; i++) {
        if (colour_distance(colours[i], colours[mode]) >= KERNEL_RADIUS)
            continue;
        members++;
        for (int c = 0; c < 3; c++) {
            sum[c] += colours[i][c];
            squares += (double)colours[i][c] * colours[i][c];
        }
    }
    double mean_squares = 0;
    for (int c = 0; c < 3; c++) {
        double mean = sum[c] / members;
        mean_squares += mean * mean;
        out[c] = (uint8_t)(mean + 0.5);
    }
    double variance = (squares / members - mean_squares) / 3;
    return (float)(sqrt(variance > 0 ? variance : 0) / 255);
}

static void plate_row(void *context, int64_t y, int worker)
{
    (void)worker;
    const plate_job *job = context;
    uint8_t colours[MAX_SAMPLES][3];
    for (int x = 0; x < job->width; x++) {
        size_t at = (size_t)y * (size_t)job->width + (size_t)x;
        for (int i = 0; i < job->count; i++)
            memcpy(colours[i], job->samples[i]->data + 3 * at, 3);
        float deviation =
            settle(job->plate->data + 3 * at, colours, job->count, densest(colours, job->count));
        if (job->spread)
            job->spread->data[at] = deviation;
    }
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
    int rc = check_samples(samples, count);
    if (rc)
        return rc;
    const sp_image8 *chosen[MAX_SAMPLES];
    int used = count < MAX_SAMPLES ? count : MAX_SAMPLES;
    for (int i = 0; i < used; i++)
        chosen[i] = &samples[(int64_t)i * count / used];
    sp_image8 picture = {0};
    sp_image deviation = {0};
    rc = sp_image8_init(&picture, samples[0].width, samples[0].height, 3);
    if (!rc && spread)
        rc = sp_image_init(&deviation, samples[0].width, samples[0].height, 1);
    if (rc) {
        sp_image8_free(&picture);
        return rc;
    }
    plate_job job = {&picture, spread ? &deviation : NULL, chosen, used, picture.width};
    sp_pool_run(pool, picture.height, plate_row, &job);
    *plate = picture;
    if (spread)
        *spread = deviation;
    return SP_OK;
}
