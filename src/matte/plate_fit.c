// How an image sits on its plate: a camera that was touched has turned a little, and a plate may show
// something else altogether.
#include "plate_align.h"

#include <stillpoint/matte.h>

#include <math.h>
#include <stdlib.h>

// The longer side of the coarsest level, where a turn by three degrees is some pixels; of that which is
// enough to see whether anything moved; and of that at which a turn is measured.
#define COARSE_PX 48
#define LOOK_PX 192
#define MEASURE_PX 768
// A side of a patch that is compared, and the deviation below which it has nothing to compare.
#define PATCH 8
#define TEXTURE 0.015
#define ALIKE 0.6
// Turns that move the picture by less are the camera's own trembling, or the noise of the measurement.
#define LEAST_MOVE_PX 0.7
// A turn has to leave no more than this of what differs, looking at pixels that differ by no more than
// EXPLAINED with or without it.
#define WORTH 0.9
#define EXPLAINED 0.05

// ---- Judging

// The share of textured patches that correlate, and their number.
static double alike(const sp_image *plate, const sp_image *image)
{
    int textured = 0, good = 0, w = plate->width;
    for (int y0 = 0; y0 + PATCH <= plate->height; y0 += PATCH)
        for (int x0 = 0; x0 + PATCH <= w; x0 += PATCH) {
            double s[5] = {0};
            for (int k = 0; k < PATCH * PATCH; k++) {
                size_t at = (size_t)(y0 + k / PATCH) * (size_t)w + (size_t)(x0 + k % PATCH);
                double a = (double)plate->data[at], b = (double)image->data[at];
                s[0] += a;
                s[1] += b;
                s[2] += a * a;
                s[3] += b * b;
                s[4] += a * b;
            }
            double n = PATCH * PATCH, va = s[2] / n - s[0] * s[0] / n / n,
                   vb = s[3] / n - s[1] * s[1] / n / n;
            double both = s[4] / n - s[0] * s[1] / n / n;
            if (!isfinite(vb) || !(va > TEXTURE * TEXTURE))
                continue; // not seen, or nothing to compare
            textured++;
            good += both > ALIKE * sqrt(va * fmax(vb, 0));
        }
    return textured ? (double)good / textured : 1;
}

// How much less the turned picture differs from the plate than the picture as it is, as a share: over pixels
// that one of the two explains, so that the athlete does not count.
static double turned_share(const plate_light *g, const sp_image *plate, const sp_image *image,
                           const sp_image *turned)
{
    size_t pixels = (size_t)plate->width * (size_t)plate->height;
    double sums[2] = {0};
    for (size_t i = 0; i < pixels; i++) {
        double still = fabs(plate_off_by(g, image, plate, i)), now = fabs(plate_off_by(g, turned, plate, i));
        if (isnan(now) || !(fmin(still, now) < EXPLAINED))
            continue;
        sums[0] += fmin(still, 2 * EXPLAINED);
        sums[1] += fmin(now, 2 * EXPLAINED);
    }
    return sums[0] > 0 ? sums[1] / sums[0] : 1;
}

static double moved_px(const sp_camera *camera, sp_mat3 turn)
{
    double sum = 0;
    int seen = 0;
    for (int k = 0; k < 9; k++) {
        sp_vec2 px = {camera->width * (0.1 + 0.4 * (k % 3)), camera->height * (0.1 + 0.4 * (k / 3))}, now;
        sp_vec3 ray;
        sp_camera here = *camera;
        here.rotation = sp_m3_identity();
        here.translation = sp_v3(0, 0, 0);
        if (!sp_camera_ray(&ray, &here, px) || !sp_camera_project(&now, &here, sp_m3_apply(turn, ray)))
            continue;
        sum += hypot(now.x - px.x, now.y - px.y);
        seen++;
    }
    return seen ? sum / seen : 0;
}

// What the level says with and without the turn: whether it is real, and how alike the pictures are.
static int judge(sp_plate_fit *out, const plate_pair *l, const sp_camera *camera, sp_mat3 turn,
                 const plate_light *g)
{
    plate_alignment a;
    int rc = plate_alignment_init(&a, l);
    if (rc)
        return rc;
    double alike_still = alike(&l->plate, &l->image);
    plate_unturn(&a, turn);
    double share = turned_share(g, &l->plate, &l->image, &a.warped),
           alike_turned = alike(&l->plate, &a.warped);
    double moved = moved_px(camera, turn);
    bool is_real = moved >= LEAST_MOVE_PX && share < WORTH && alike_turned >= 0.9 * alike_still &&
                   alike_turned >= SP_PLATE_ALIKE;
    *out = (sp_plate_fit){.turn = is_real ? turn : sp_m3_identity(),
                          .moved_px = is_real ? moved : 0,
                          .alike = is_real ? alike_turned : alike_still};
    plate_alignment_free(&a);
    return SP_OK;
}

// What is known while sizes grow.
typedef struct search {
    sp_mat3 turn;
    plate_light light;
    bool has_light;
} search;

static int at_size(sp_plate_fit *out, search *s, const sp_image8 *image, const sp_image8 *plate,
                   const sp_camera *camera, int longest, bool is_judged)
{
    plate_pair l;
    int rc = plate_pair_init(&l, image, plate, camera, plate_shrink_factor(image, longest));
    if (rc)
        return rc;
    if (!s->has_light)
        s->light = plate_first_light(&l);
    s->has_light = true;
    rc = plate_align(&s->turn, &s->light, &l);
    if (!rc && is_judged)
        rc = judge(out, &l, camera, s->turn, &s->light);
    plate_pair_free(&l);
    return rc;
}

int sp_plate_fit_find(sp_plate_fit *out, const sp_image8 *image, const sp_image8 *plate,
                      const sp_camera *camera)
{
    if (!image || !image->data || !plate || !plate->data || image->channels != 3 || plate->channels != 3 ||
        image->width != plate->width || image->height != plate->height || image->width != camera->width ||
        image->height != camera->height)
        return sp_error(SP_EINVAL, "camera %s: image and plate must be RGB pictures of the camera's size",
                        camera->id);
    sp_plate_fit found = {.turn = sp_m3_identity(), .alike = 1};
    if (image->width < 4 * PATCH || image->height < 4 * PATCH) {
        *out = found;
        return SP_OK;
    }
    search s = {.turn = sp_m3_identity()};
    int rc = SP_OK, last = LOOK_PX;
    for (int longest = COARSE_PX; longest <= last && !rc; longest *= 2) {
        rc = at_size(&found, &s, image, plate, camera, longest, longest >= LOOK_PX);
        if (longest == LOOK_PX && found.moved_px > 0)
            last = MEASURE_PX;
    }
    if (!rc)
        *out = found;
    return rc;
}

// ---- Using it

sp_camera sp_plate_fit_camera(const sp_plate_fit *fit, const sp_camera *camera)
{
    sp_camera turned = *camera;
    turned.rotation = sp_m3_mul(fit->turn, camera->rotation);
    turned.translation = sp_m3_apply(fit->turn, camera->translation);
    return turned;
}

int sp_plate_fit_turn(sp_image8 *out, sp_image *spread_out, const sp_plate_fit *fit, const sp_image8 *plate,
                      const sp_image *spread, const sp_camera *camera)
{
    sp_image from = {0};
    sp_image8 turned = {0};
    sp_image turned_spread = {0};
    sp_camera here = *camera;
    here.rotation = sp_m3_identity();
    here.translation = sp_v3(0, 0, 0);
    sp_mat3 back = sp_m3_transpose(fit->turn);
    size_t w = (size_t)plate->width, pixels = w * (size_t)plate->height;
    int rc = sp_image_from8(&from, plate);
    if (!rc)
        rc = sp_image8_copy(&turned, plate);
    if (!rc)
        rc = sp_image_init(&turned_spread, plate->width, plate->height, 1);
    for (size_t i = 0; !rc && i < pixels; i++) {
        sp_vec2 px = {(double)(i % w) + 0.5, (double)(i / w) + 0.5}, at = {-1, -1};
        sp_vec3 ray;
        float value = 0;
        bool is_seen =
            sp_camera_ray(&ray, &here, px) && sp_camera_project(&at, &here, sp_m3_apply(back, ray));
        for (int c = 0; c < 3 && is_seen; c++) {
            is_seen = plate_sample(&value, sp_image_plane(&from, c), plate->width, plate->height, at.x, at.y);
            turned.data[3 * i + (size_t)c] = (uint8_t)lrintf(255 * fminf(fmaxf(value, 0), 1));
        }
        // Where the plate never looked nothing is known.
        if (!is_seen)
            turned_spread.data[i] = SP_PLATE_UNSEEN;
        else if (spread)
            turned_spread.data[i] = spread->data[(size_t)at.y * w + (size_t)at.x];
    }
    sp_image_free(&from);
    if (rc) {
        sp_image8_free(&turned);
        sp_image_free(&turned_spread);
        return rc;
    }
    *out = turned;
    *spread_out = turned_spread;
    return SP_OK;
}
