#include "fill.h"

#include <stillpoint/matte.h>

#include <math.h>
#include <stdlib.h>

#include "draw.h"
#include "median.h"

// Of an area that was never seen, as a share of the picture: less is noise.
#define LEAST_AREA 2e-4
// How far around it the rest of a body may reach, in roots of its area: a body is three to four wide ones
// high.
#define REACH 0.5
// With fewer, what one camera does not see of the venue hardly any other one does.
#define LEAST_CAMERAS 6
// A venue that differs from more than this of a plate's known pixels in doubt, which it was made without, is
// not known there.
#define MOST_DIFFERENT 0.3
// Between what filled pixels and others deviate by.
#define LEAST_SPREAD 0.01
#define MOST_SPREAD 0.4
#define NORMAL_MAD 1.4826 // of a normal distribution's deviation to its median absolute one
#define SAMPLES 4096

static bool is_unseen(const replay_plate *plate, size_t at)
{
    return plate->spread.data[at] >= 0.99f * SP_PLATE_UNSEEN;
}

int replay_plate_doubt(sp_image *out, const replay_plates *plates, int index)
{
    const replay_plate *plate = &plates->plates[index];
    int width = plate->spread.width, height = plate->spread.height;
    *out = (sp_image){0};
    if (!plate->spread.data || plates->used < LEAST_CAMERAS)
        return SP_OK;
    sp_image unseen = {0};
    size_t area = 0;
    int code = sp_image_init(&unseen, width, height, 1);
    for (int y = 1; code == SP_OK && y + 1 < height; y++)
        for (int x = 1; x + 1 < width; x++) { // specks, thinner than three pixels, are nobody
            bool is_inside = true;
            for (int k = 0; k < 9 && is_inside; k++)
                is_inside =
                    is_unseen(plate, (size_t)(y + k / 3 - 1) * (size_t)width + (size_t)(x + k % 3 - 1));
            unseen.data[(size_t)y * (size_t)width + (size_t)x] = is_inside;
            area += is_inside;
        }
    if (code == SP_OK && (double)area > LEAST_AREA * width * height)
        code = sp_mask_grow(out, &unseen, 0.5f, REACH * sqrt((double)area) + 2);
    sp_image_free(&unseen);
    return code;
}

static double difference(const sp_image8 *plate, const sp_image8 *venue, const double gains[6], size_t at)
{
    double sum = 0;
    for (size_t c = 0; c < 3; c++)
        sum +=
            fabs(plate->data[3 * at + c] / 255.0 - gains[c] * venue->data[3 * at + c] / 255.0 - gains[3 + c]);
    return sum / 3;
}

// What plate and venue typically differ by where the plate in doubt is believed.
static int typical(double *out, const replay_plate *plate, const sp_image8 *venue, const double gains[6],
                   const sp_image *doubt, const sp_image *matte)
{
    size_t pixels = (size_t)doubt->width * (size_t)doubt->height, known = 0;
    int count = 0;
    for (size_t i = 0; i < pixels; i++)
        known += doubt->data[i] > 0.5f && matte->data[i] <= 0.5f && !is_unseen(plate, i);
    size_t every = known / SAMPLES + 1, seen = 0;
    double *values = sp_calloc(SAMPLES + 1, sizeof *values);
    if (!values)
        return SP_ENOMEM;
    for (size_t i = 0; i < pixels && count < SAMPLES; i++)
        if (doubt->data[i] > 0.5f && matte->data[i] <= 0.5f && !is_unseen(plate, i) && seen++ % every == 0)
            values[count++] = difference(&plate->image, venue, gains, i);
    double spread = count ? NORMAL_MAD * replay_median(values, count) : MOST_SPREAD;
    *out = fmin(fmax(spread, LEAST_SPREAD), MOST_SPREAD);
    free(values);
    return SP_OK;
}

static bool is_venue_known(const replay_plate *plate, const sp_image *doubt, const sp_image *matte)
{
    size_t pixels = (size_t)doubt->width * (size_t)doubt->height, known = 0, different = 0;
    for (size_t i = 0; i < pixels; i++)
        if (doubt->data[i] > 0.5f && !is_unseen(plate, i)) {
            known++;
            different += matte->data[i] > 0.5f;
        }
    return (double)different <= MOST_DIFFERENT * (double)known;
}

static void put(replay_plate *plate, const sp_image8 *venue, const double gains[6], const sp_image *doubt,
                const sp_image *matte, double spread)
{
    size_t pixels = (size_t)doubt->width * (size_t)doubt->height, filled = 0;
    for (size_t i = 0; i < pixels; i++) {
        if (!is_unseen(plate, i) && !(doubt->data[i] > 0.5f && matte->data[i] > 0.5f))
            continue;
        for (size_t c = 0; c < 3; c++) {
            double value = gains[c] * venue->data[3 * i + c] + 255 * gains[3 + c];
            plate->image.data[3 * i + c] = (uint8_t)lrint(fmin(fmax(value, 0), 255));
        }
        plate->spread.data[i] = (float)spread;
        filled++;
    }
    plate->filled = (double)filled / (double)pixels;
}

static int fill(replay_plates *plates, int index, const sp_splat_cloud *venue, sp_renderer *renderer,
                sp_pool *pool)
{
    replay_plate *plate = &plates->plates[index];
    sp_image doubt = {0}, matte = {0};
    sp_image8 seen = {0};
    double gains[6], spread;
    sp_matte_params params = sp_matte_params_default();
    int code = replay_plate_doubt(&doubt, plates, index);
    if (code < 0 || !doubt.data)
        return code;
    code = replay_draw(&seen, renderer, venue, &plate->camera, false);
    if (code == SP_OK)
        code = sp_matte(&matte, gains, &plate->image, &seen, NULL, &params, pool);
    bool is_known = code == SP_OK && is_venue_known(plate, &doubt, &matte);
    if (is_known)
        code = typical(&spread, plate, &seen, gains, &doubt, &matte);
    if (code == SP_OK && is_known)
        put(plate, &seen, gains, &doubt, &matte, spread);
    sp_image_free(&doubt);
    sp_image_free(&matte);
    sp_image8_free(&seen);
    return code < 0 ? sp_error_context(code, "plate of camera %s", plate->camera.id) : code;
}

int replay_plates_fill(replay_plates *plates, const sp_splat_cloud *venue, sp_kernels kernels, sp_pool *pool)
{
    sp_renderer *renderer = NULL;
    int code = replay_renderer(&renderer, kernels, pool);
    for (int i = 0; i < plates->count && code == SP_OK; i++)
        if (plates->plates[i].spread.data)
            code = fill(plates, i, venue, renderer, pool);
    sp_renderer_close(&renderer);
    return code;
}
