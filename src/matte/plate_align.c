#include "plate_align.h"

#include <math.h>
#include <stdlib.h>

#define LEAST_SIDE 8 // of a picture, however long the other
#define STEPS 12
#define ENOUGH_PX 0.01 // a step smaller than this ends a level
// What light may do.
#define GAIN_LEAST 0.5
#define GAIN_MOST 2

// ---- Levels

void plate_pair_free(plate_pair *l)
{
    sp_image_free(&l->plate);
    sp_image_free(&l->image);
}

// Luma of squares of by x by pixels.
static int shrink(sp_image *out, const sp_image8 *from, int by)
{
    int w = from->width / by, h = from->height / by;
    int rc = sp_image_init(out, w, h, 1);
    for (int y = 0; !rc && y < h; y++)
        for (int x = 0; x < w; x++) {
            int64_t sum = 0;
            for (int j = 0; j < by; j++) {
                const uint8_t *p =
                    from->data + 3 * ((size_t)(y * by + j) * (size_t)from->width + (size_t)(x * by));
                for (int i = 0; i < by; i++, p += 3)
                    sum += 77 * p[0] + 150 * p[1] + 29 * p[2];
            }
            out->data[(size_t)y * (size_t)w + (size_t)x] = (float)sum / (65280.0f * (float)(by * by));
        }
    return rc;
}

int plate_shrink_factor(const sp_image8 *image, int longest)
{
    int side = image->width > image->height ? image->width : image->height;
    int least = image->width < image->height ? image->width : image->height;
    int by = (side + longest - 1) / longest;
    by = by < least / LEAST_SIDE ? by : least / LEAST_SIDE;
    return by > 1 ? by : 1;
}

int plate_pair_init(plate_pair *out, const sp_image8 *image, const sp_image8 *plate, const sp_camera *camera,
                    int by)
{
    plate_pair l = {.camera = *camera};
    int rc = shrink(&l.plate, plate, by);
    if (!rc)
        rc = shrink(&l.image, image, by);
    if (rc) {
        plate_pair_free(&l);
        return rc;
    }
    l.camera.width = l.plate.width;
    l.camera.height = l.plate.height;
    l.camera.fx /= by;
    l.camera.fy /= by;
    l.camera.cx /= by;
    l.camera.cy /= by;
    l.camera.rotation = sp_m3_identity();
    l.camera.translation = sp_v3(0, 0, 0);
    *out = l;
    return SP_OK;
}

// ---- Warping

bool plate_sample(float *out, const float *plane, int width, int height, double x, double y)
{
    x -= 0.5;
    y -= 0.5;
    if (!(x >= 0 && y >= 0 && x <= width - 1 && y <= height - 1))
        return false;
    int x0 = (int)x, y0 = (int)y;
    x0 = x0 > width - 2 ? width - 2 : x0;
    y0 = y0 > height - 2 ? height - 2 : y0;
    float ax = (float)(x - x0), ay = (float)(y - y0);
    const float *p = plane + (size_t)y0 * (size_t)width + (size_t)x0, *q = p + width;
    float top = p[0] + ax * (p[1] - p[0]), bottom = q[0] + ax * (q[1] - q[0]);
    *out = top + ay * (bottom - top);
    return true;
}

void plate_unturn(plate_alignment *a, sp_mat3 turn)
{
    const plate_pair *l = a->l;
    size_t at = 0;
    for (int y = 0; y < a->warped.height; y++)
        for (int x = 0; x < a->warped.width; x++, at++) {
            sp_vec2 px;
            float value;
            bool is_seen = sp_camera_project(&px, &l->camera, sp_m3_apply(turn, a->rays[at])) &&
                           plate_sample(&value, l->image.data, l->image.width, l->image.height, px.x, px.y);
            a->warped.data[at] = is_seen ? value : NAN;
        }
}

static int rays_of(sp_vec3 **out, const plate_pair *l)
{
    size_t w = (size_t)l->camera.width, h = (size_t)l->camera.height;
    sp_vec3 *rays = sp_calloc(w * h, sizeof *rays);
    if (!rays)
        return SP_ENOMEM;
    for (size_t i = 0; i < w * h; i++) {
        sp_vec2 px = {(double)(i % w) + 0.5, (double)(i / w) + 0.5};
        if (!sp_camera_ray(&rays[i], &l->camera, px))
            rays[i] = sp_v3(0, 0, -1); // projects nowhere
    }
    *out = rays;
    return SP_OK;
}

// ---- One level

// The value under which a share of the values lies, to a two-thousandth.
typedef struct quantiles {
    int bins[2048], count;
} quantiles;

static void quantiles_add(quantiles *q, float value)
{
    q->bins[(int)(2047 * fminf(fmaxf(value, 0), 1))]++;
    q->count++;
}

static double quantile(const quantiles *q, double share)
{
    int bin = 0, sum = q->bins[0];
    while (bin < 2047 && sum <= share * q->count)
        sum += q->bins[++bin];
    return (bin + 0.5) / 2048;
}

plate_light plate_first_light(const plate_pair *l)
{
    size_t pixels = (size_t)l->plate.width * (size_t)l->plate.height;
    quantiles before = {{0}, 0}, now = {{0}, 0};
    for (size_t i = 0; i < pixels; i++) {
        quantiles_add(&before, l->plate.data[i]);
        quantiles_add(&now, l->image.data[i]);
    }
    double width = quantile(&before, 0.75) - quantile(&before, 0.25);
    double width_now = quantile(&now, 0.75) - quantile(&now, 0.25);
    plate_light found = {.gain = width > 0.02 ? fmin(fmax(width_now / width, GAIN_LEAST), GAIN_MOST) : 1};
    found.offset = quantile(&now, 0.5) - found.gain * quantile(&before, 0.5);
    return found;
}

// The robust deviation of what light does not explain.
static double scale_of(const plate_light *g, const sp_image *image, const sp_image *plate)
{
    size_t pixels = (size_t)plate->width * (size_t)plate->height;
    quantiles left = {{0}, 0};
    for (size_t i = 0; i < pixels; i++)
        if (!isnan(image->data[i]))
            quantiles_add(&left, (float)fabs(plate_off_by(g, image, plate, i)));
    return fmax(1.4826 * quantile(&left, 0.5), 0.004);
}

static float slope(const sp_image *a, size_t at, size_t step)
{
    return 0.5f * (a->data[at + step] - a->data[at - step]);
}

// Solve the symmetric 5x5 system in place by Gaussian elimination with pivots; false when it is singular.
static bool solve(double a[5][6])
{
    for (int k = 0; k < 5; k++) {
        int best = k;
        for (int r = k + 1; r < 5; r++)
            best = fabs(a[r][k]) > fabs(a[best][k]) ? r : best;
        if (!(fabs(a[best][k]) > 1e-12))
            return false;
        for (int c = 0; c < 6; c++) {
            double swap = a[k][c];
            a[k][c] = a[best][c];
            a[best][c] = swap;
        }
        for (int r = 0; r < 5; r++) {
            double f = r == k ? 0 : a[r][k] / a[k][k];
            for (int c = k; c < 6; c++)
                a[r][c] -= f * a[k][c];
        }
    }
    for (int k = 0; k < 5; k++)
        a[k][5] /= a[k][k];
    return true;
}

void plate_alignment_free(plate_alignment *a)
{
    free(a->rays);
    free(a->along);
    sp_image_free(&a->warped);
}

int plate_alignment_init(plate_alignment *a, const plate_pair *l)
{
    size_t pixels = (size_t)l->plate.width * (size_t)l->plate.height;
    *a = (plate_alignment){.l = l, .along = sp_calloc(pixels, sizeof *a->along)};
    int rc = a->along ? rays_of(&a->rays, l) : SP_ENOMEM;
    if (!rc)
        rc = sp_image_init(&a->warped, l->plate.width, l->plate.height, 1);
    for (size_t i = 0; !rc && i < pixels; i++) {
        sp_vec2 px;
        double j[6];
        sp_vec3 r = a->rays[i];
        if (r.z < 0 || !sp_camera_project_jacobian(&px, j, &l->camera, r))
            continue;
        for (int k = 0; k < 2; k++) { // d(w x r) = -r x dw
            a->along[i][3 * k] = j[3 * k + 2] * r.y - j[3 * k + 1] * r.z;
            a->along[i][3 * k + 1] = j[3 * k] * r.z - j[3 * k + 2] * r.x;
            a->along[i][3 * k + 2] = j[3 * k + 1] * r.x - j[3 * k] * r.y;
        }
    }
    if (rc)
        plate_alignment_free(a);
    return rc;
}

// The step of turn and light that explains what differs best; false when the pictures do not say.
static bool step_of(sp_vec3 *out, plate_light *g, const plate_alignment *a)
{
    const sp_image *plate = &a->l->plate, *warped = &a->warped;
    double sums[5][6] = {{0}}, limit = 4.685 * scale_of(g, warped, plate);
    size_t w = (size_t)plate->width;
    for (size_t y = 1; y + 1 < (size_t)plate->height; y++)
        for (size_t x = 1; x + 1 < w; x++) {
            size_t at = y * w + x;
            double r = plate_off_by(g, warped, plate, at);
            double gx = 0.5 * ((double)slope(warped, at, 1) + g->gain * (double)slope(plate, at, 1));
            double gy = 0.5 * ((double)slope(warped, at, w) + g->gain * (double)slope(plate, at, w));
            if (!(fabs(r) < limit) || isnan(gx + gy))
                continue;
            double u = 1 - r * r / (limit * limit), weight = u * u;
            const double *j = a->along[at];
            double row[6] = {gx * j[0] + gy * j[3],
                             gx * j[1] + gy * j[4],
                             gx * j[2] + gy * j[5],
                             -(double)plate->data[at],
                             -1,
                             -r};
            for (int i = 0; i < 5; i++)
                for (int k = i; k < 6; k++)
                    sums[i][k] += weight * row[i] * row[k];
        }
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < i; k++)
            sums[i][k] = sums[k][i];
    if (!solve(sums))
        return false;
    g->gain = fmin(fmax(g->gain + sums[3][5], GAIN_LEAST), GAIN_MOST);
    g->offset += sums[4][5];
    *out = sp_v3(sums[0][5], sums[1][5], sums[2][5]);
    return isfinite(sp_v3_norm(*out)) && isfinite(g->offset);
}

int plate_align(sp_mat3 *turn, plate_light *g, const plate_pair *l)
{
    plate_alignment a;
    int rc = plate_alignment_init(&a, l);
    if (rc)
        return rc;
    for (int k = 0; k < STEPS; k++) {
        sp_vec3 step;
        plate_unturn(&a, *turn);
        if (!step_of(&step, g, &a))
            break;
        // Nobody's tripod turns a quarter of the picture in one step.
        double moved = sp_v3_norm(step) * l->camera.fx, most = 0.1 * l->camera.width;
        if (moved > most)
            step = sp_v3_scale(step, most / moved);
        *turn = sp_m3_mul(*turn, sp_rodrigues_to_m3(step));
        if (moved < ENOUGH_PX)
            break;
    }
    plate_alignment_free(&a);
    return SP_OK;
}
