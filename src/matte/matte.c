// The matte of an image against its plate: exposure, noise, difference, shadow, regions, edge; in this order.
#include <stillpoint/matte.h>
#include "parts.h"

#include <math.h>
#include <string.h>

// Differences in deviations of the noise, after aggregation: nothing below the first, athlete above the
// second.
#define NOTHING 2.2f
#define ATHLETE 4.0f
#define CHROMA_SIGMA_PX 1.2
// Energy beyond which more contrast says nothing more; about twice that of the decision, so that edges stay
// put.
#define ENOUGH 20.0f
#define AGGREGATION_SIGMA_PX 0.9
#define GUIDE_RADIUS_PX 3
#define GUIDE_EPSILON 4e-4
// The smallest region kept and the largest hole filled, as shares of the picture.
#define LEAST_REGION 8e-5
#define LARGEST_HOLE 8e-5

sp_matte_params sp_matte_params_default(void)
{
    return (sp_matte_params){.noise = 0, .match_exposure = true, .suppress_shadow = true, .feather_px = 1};
}

static int check(const sp_image8 *image, const sp_image8 *plate, const sp_image *spread)
{
    if (!image || !image->data || image->channels != 3 || !plate || !plate->data || plate->channels != 3)
        return sp_error(SP_EINVAL, "a matte needs an RGB image and an RGB plate");
    if (image->width != plate->width || image->height != plate->height)
        return sp_error(SP_EINVAL, "the image is %dx%d but its plate %dx%d; give a plate of the feed's size",
                        image->width, image->height, plate->width, plate->height);
    if (spread && (spread->width != image->width || spread->height != image->height || spread->channels != 1))
        return sp_error(SP_EINVAL, "the plate's spread has another size than the plate");
    return SP_OK;
}

// Bring the plate to the image's exposure.
static void expose(sp_image *plate, const double gains[6])
{
    size_t pixels = (size_t)plate->width * (size_t)plate->height;
    for (int c = 0; c < 3; c++) {
        float *p = sp_image_plane(plate, c);
        for (size_t i = 0; i < pixels; i++)
            p[i] = fminf(fmaxf((float)gains[c] * p[i] + (float)gains[3 + c], 0), 1);
    }
}

// The difference as luma and two chroma planes. Video carries chroma at half the resolution, a plate that is
// a still does not: chroma is smoothed to what both have.
static int subtract(sp_image *difference, const sp_image *image, const sp_image *plate)
{
    sp_image chroma = {0};
    int rc = sp_image_init(difference, image->width, image->height, 3);
    if (!rc)
        rc = sp_image_init(&chroma, image->width, image->height, 2);
    if (rc)
        return rc;
    size_t pixels = (size_t)image->width * (size_t)image->height;
    for (size_t i = 0; i < pixels; i++) {
        float r = sp_image_plane(image, 0)[i] - sp_image_plane(plate, 0)[i];
        float g = sp_image_plane(image, 1)[i] - sp_image_plane(plate, 1)[i];
        float b = sp_image_plane(image, 2)[i] - sp_image_plane(plate, 2)[i];
        float luma = 0.299f * r + 0.587f * g + 0.114f * b;
        difference->data[i] = luma;
        chroma.data[i] = r - luma;
        chroma.data[pixels + i] = b - luma;
    }
    rc = sp_image_blur(&chroma, CHROMA_SIGMA_PX, 2.5);
    memcpy(difference->data + pixels, chroma.data, 2 * pixels * sizeof(float));
    sp_image_free(&chroma);
    return rc;
}

// Energy of the difference in units of the noise, gathered over a small neighbourhood, as a soft decision.
static int decide(sp_image *score, const sp_image *difference, const sp_image *noise)
{
    int rc = sp_image_init(score, difference->width, difference->height, 1);
    if (rc)
        return rc;
    size_t pixels = (size_t)score->width * (size_t)score->height;
    for (int c = 0; c < 3; c++) {
        const float *d = sp_image_plane(difference, c);
        for (size_t i = 0; i < pixels; i++) {
            float z = d[i] / noise->data[i];
            // Far above the noise is far enough: strong contrast must not bleed over its edge.
            score->data[i] += fminf(z * z, ENOUGH) / 3;
        }
    }
    rc = sp_image_blur(score, AGGREGATION_SIGMA_PX, 3);
    for (size_t i = 0; i < pixels; i++) {
        float z = (sqrtf(score->data[i]) - NOTHING) / (ATHLETE - NOTHING);
        score->data[i] = fminf(fmaxf(z, 0), 1);
    }
    return rc;
}

static void keep_in_light(sp_image *score, const sp_image *shadow)
{
    size_t pixels = (size_t)score->width * (size_t)score->height;
    for (size_t i = 0; i < pixels; i++)
        score->data[i] *= 1 - shadow->data[i];
}

// A soft edge of the asked width around the decision at one half.
static int feather(sp_image *matte, double feather_px)
{
    size_t pixels = (size_t)matte->width * (size_t)matte->height;
    for (size_t i = 0; i < pixels; i++)
        matte->data[i] = matte->data[i] > 0.5f ? 1.0f : 0.0f;
    return feather_px > 0 ? sp_image_blur(matte, 0.5 * feather_px, 3) : SP_OK;
}

static int shape(sp_image *score, const sp_image *image, double feather_px)
{
    double pixels = (double)score->width * score->height;
    int rc = matte_hysteresis(score, 0.15f, 0.95f);
    if (!rc)
        rc = matte_guided(score, image, GUIDE_RADIUS_PX, GUIDE_EPSILON);
    if (!rc)
        rc = matte_clean_regions(score, 0.5f, (int)(LEAST_REGION * pixels) + 4,
                                 (int)(LARGEST_HOLE * pixels) + 4);
    return rc ? rc : feather(score, feather_px);
}

int sp_matte(sp_image *out, double gains[6], const sp_image8 *image8, const sp_image8 *plate8,
             const sp_image *spread, const sp_matte_params *params, sp_pool *pool)
{
    (void)pool;
    sp_matte_params p = params ? *params : sp_matte_params_default();
    int rc =
        out ? check(image8, plate8, spread) : sp_error(SP_EINVAL, "sp_matte needs a place for the matte");
    if (rc)
        return rc;
    sp_image image = {0}, plate = {0}, difference = {0}, noise = {0}, shadow = {0}, score = {0};
    double fitted[6], deviation = 0;
    rc = matte_exposure(fitted, &deviation, image8, plate8, p.match_exposure);
    if (!rc)
        rc = sp_image_from8(&image, image8);
    if (!rc)
        rc = sp_image_from8(&plate, plate8);
    if (!rc) {
        expose(&plate, fitted);
        rc = subtract(&difference, &image, &plate);
    }
    if (!rc)
        rc = matte_noise(&noise, &difference, &plate, spread, deviation, p.noise);
    if (!rc)
        rc = decide(&score, &difference, &noise);
    if (!rc && p.suppress_shadow) {
        rc = matte_shadow(&shadow, &image, &plate, &noise);
        if (!rc)
            keep_in_light(&score, &shadow);
    }
    if (!rc)
        rc = shape(&score, &image, p.feather_px);
    sp_image_free(&image);
    sp_image_free(&plate);
    sp_image_free(&difference);
    sp_image_free(&noise);
    sp_image_free(&shadow);
    if (rc) {
        sp_image_free(&score);
        return rc;
    }
    if (gains)
        for (int i = 0; i < 6; i++)
            gains[i] = fitted[i];
    *out = score;
    return SP_OK;
}
