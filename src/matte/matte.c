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
#define CANDIDATE_MARGIN_PX 16
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

static inline float clamp(float value, float most)
{
    return value < 0 ? 0 : value > most ? most : value;
}

// Bring the plate to the image's exposure.
static void expose(sp_image *plate, const double gains[6])
{
    size_t pixels = (size_t)plate->width * (size_t)plate->height;
    for (int c = 0; c < 3; c++) {
        float *p = sp_image_plane(plate, c);
        for (size_t i = 0; i < pixels; i++)
            p[i] = clamp((float)gains[c] * p[i] + (float)gains[3 + c], 1);
    }
}

// The difference as luma and two chroma planes. Video carries chroma at half the resolution, a plate that is
// a still does not: chroma is smoothed to what both have.
static int subtract(sp_image *difference, const sp_image8 *image, const sp_image *plate, sp_pool *pool)
{
    int rc = sp_image_init(difference, image->width, image->height, 3);
    if (rc)
        return rc;
    size_t pixels = (size_t)image->width * (size_t)image->height;
    const uint8_t *bytes = image->data;
    const float *p0 = sp_image_plane(plate, 0), *p1 = sp_image_plane(plate, 1),
                *p2 = sp_image_plane(plate, 2);
    float *restrict y = difference->data, *restrict u = y + pixels, *restrict v = u + pixels;
    for (size_t i = 0; i < pixels; i++) {
        float r = (float)bytes[3 * i] / 255.0f - p0[i], g = (float)bytes[3 * i + 1] / 255.0f - p1[i],
              b = (float)bytes[3 * i + 2] / 255.0f - p2[i];
        float luma = 0.299f * r + 0.587f * g + 0.114f * b;
        y[i] = luma;
        u[i] = r - luma;
        v[i] = b - luma;
    }
    sp_image chroma = {image->width, image->height, 2, u};
    return matte_blur(&chroma, CHROMA_SIGMA_PX, 2.5, pool);
}

// Energy of the difference in units of the noise, gathered over a small neighbourhood, as a soft decision.
static int decide(sp_image *score, const sp_image *difference, const sp_image *noise)
{
    int rc = sp_image_init(score, difference->width, difference->height, 1);
    if (rc)
        return rc;
    size_t pixels = (size_t)score->width * (size_t)score->height;
    const float *luma = sp_image_plane(difference, 0), *u = sp_image_plane(difference, 1),
                *v = sp_image_plane(difference, 2);
    float *restrict to = score->data;
    for (size_t i = 0; i < pixels; i++) {
        float unit = 1 / (3 * noise->data[i] * noise->data[i]);
        // Far above the noise is far enough: strong contrast must not bleed over its edge, least of all that
        // of chroma, which is smoothed. Luma alone is enough: black before white differs in nothing else.
        float chroma = clamp(u[i] * u[i] * unit, ENOUGH / 3) + clamp(v[i] * v[i] * unit, ENOUGH / 3);
        to[i] = clamp(luma[i] * luma[i] * unit + chroma, ENOUGH);
    }
    rc = sp_image_blur(score, AGGREGATION_SIGMA_PX, 3);
    for (size_t i = 0; i < pixels; i++)
        to[i] = clamp((sqrtf(to[i]) - NOTHING) / (ATHLETE - NOTHING), 1);
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

// Everything that needs one picture of a size, so that the candidates can be cut out of it.
typedef struct scene {
    sp_image image; // of the cut only
    sp_image plate, noise, score;
    sp_image spread; // of the cut; without data when the plate has none
} scene;

static void scene_free(scene *s)
{
    sp_image_free(&s->image);
    sp_image_free(&s->plate);
    sp_image_free(&s->noise);
    sp_image_free(&s->score);
    sp_image_free(&s->spread);
}

static int scene_cut(scene *out, const scene *from, const sp_image8 *image, sp_rect r)
{
    int rc = sp_image_crop8(&out->image, image, r.x, r.y, r.width, r.height);
    if (!rc)
        rc = sp_image_crop(&out->plate, &from->plate, r.x, r.y, r.width, r.height);
    if (!rc)
        rc = sp_image_crop(&out->noise, &from->noise, r.x, r.y, r.width, r.height);
    return rc ? rc : sp_image_crop(&out->score, &from->score, r.x, r.y, r.width, r.height);
}

// Difference to score over the whole picture.
static int find_candidates(scene *s, double gains[6], const sp_image8 *image, const sp_image8 *plate,
                           const sp_image *spread, const sp_matte_params *p, sp_pool *pool)
{
    sp_image difference = {0};
    double deviation = 0;
    int rc = matte_exposure(gains, &deviation, image, plate, p->match_exposure);
    if (!rc)
        rc = sp_image_from8(&s->plate, plate);
    if (!rc) {
        expose(&s->plate, gains);
        rc = subtract(&difference, image, &s->plate, pool);
    }
    if (!rc)
        rc = matte_noise(&s->noise, &difference, &s->plate, spread, deviation, p->noise, pool);
    if (!rc)
        rc = decide(&s->score, &difference, &s->noise);
    sp_image_free(&difference);
    return rc ? rc : matte_hysteresis(&s->score, 0.15f, 0.95f);
}

// Shadow, edges, regions and softness of the cut around the candidates.
static int shape(scene *s, double picture_px, const sp_matte_params *p, sp_pool *pool)
{
    sp_image shadow = {0};
    int rc = SP_OK;
    if (p->suppress_shadow) {
        rc = matte_shadow(&shadow, &s->image, &s->plate, &s->noise, pool);
        if (!rc)
            keep_in_light(&s->score, &shadow);
        sp_image_free(&shadow);
    }
    if (!rc && s->spread.data)
        rc = matte_claim_unseen(&s->score, &s->spread);
    if (!rc)
        rc = matte_hysteresis(&s->score, 0.15f, 0.95f);
    if (!rc)
        rc = matte_guided(&s->score, &s->image, GUIDE_RADIUS_PX, GUIDE_EPSILON);
    if (!rc)
        rc = matte_clean_regions(&s->score, 0.5f, (int)(LEAST_REGION * picture_px) + 4,
                                 (int)(LARGEST_HOLE * picture_px) + 4);
    return rc ? rc : feather(&s->score, p->feather_px);
}

static void paste(sp_image *to, const sp_image *from, sp_rect r)
{
    memset(to->data, 0, (size_t)to->width * (size_t)to->height * sizeof *to->data);
    for (int y = 0; y < r.height; y++)
        memcpy(to->data + (size_t)(r.y + y) * (size_t)to->width + (size_t)r.x,
               from->data + (size_t)y * (size_t)r.width, (size_t)r.width * sizeof *to->data);
}

int sp_matte(sp_image *out, double gains[6], const sp_image8 *image, const sp_image8 *plate,
             const sp_image *spread, const sp_matte_params *params, sp_pool *pool)
{
    sp_matte_params p = params ? *params : sp_matte_params_default();
    int rc = out ? check(image, plate, spread) : sp_error(SP_EINVAL, "sp_matte needs a place for the matte");
    if (rc)
        return rc;
    scene whole = {0}, cut = {0};
    double fitted[6];
    rc = find_candidates(&whole, fitted, image, plate, spread, &p, pool);
    if (!rc) {
        sp_rect r = sp_mask_bounds(&whole.score, 0.15f, 0, CANDIDATE_MARGIN_PX);
        if (r.width) {
            rc = scene_cut(&cut, &whole, image, r);
            sp_image_free(&whole.plate);
            sp_image_free(&whole.noise);
            if (!rc && spread)
                rc = sp_image_crop(&cut.spread, spread, r.x, r.y, r.width, r.height);
            if (!rc)
                rc = shape(&cut, (double)image->width * image->height, &p, pool);
            if (!rc)
                paste(&whole.score, &cut.score, r);
        }
    }
    scene_free(&cut);
    if (rc) {
        scene_free(&whole);
        return rc;
    }
    if (gains)
        memcpy(gains, fitted, sizeof fitted);
    *out = whole.score;
    whole.score.data = NULL;
    scene_free(&whole);
    return SP_OK;
}
