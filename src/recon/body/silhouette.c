#include "silhouette.h"

#include <math.h>
#include <stdlib.h>

#define INSIDE_THRESHOLD 0.5f
// Squared distance that no pixel has.
#define UNREACHED 1e10f
// Takes the staircase of pixels off the outline.
#define OUTLINE_SIGMA_PX 0.7
#define NEAREST_M 0.05
// Pixels around the athlete in which distances are measured.
#define MARGIN_PX 48

// Lower envelope of parabolas: squared distance transform of one line (Felzenszwalb and Huttenlocher,
// "Distance Transforms of Sampled Functions", 2012). line and bounds (count + 1) and roots are scratch.
static void distance_line(float *f, int count, size_t stride, double *line, double *bounds, int *roots)
{
    for (int i = 0; i < count; i++)
        line[i] = f[(size_t)i * stride];
    int k = 0;
    roots[0] = 0;
    bounds[0] = -INFINITY;
    bounds[1] = INFINITY;
    for (int q = 1; q < count; q++) {
        double s;
        while ((s = (line[q] - line[roots[k]] + (double)q * q - (double)roots[k] * roots[k]) /
                    (2.0 * (q - roots[k]))) <= bounds[k])
            k--;
        roots[++k] = q;
        bounds[k] = s;
        bounds[k + 1] = INFINITY;
    }
    for (int q = 0, j = 0; q < count; q++) {
        while (bounds[j + 1] < q)
            j++;
        double d = q - roots[j];
        f[(size_t)q * stride] = (float)(d * d + line[roots[j]]);
    }
}

static int distance_squared(sp_image *plane)
{
    int w = plane->width, h = plane->height;
    size_t most = (size_t)(w > h ? w : h);
    double *line = sp_calloc(2 * most + 1, sizeof *line);
    int *roots = sp_calloc(most, sizeof *roots);
    if (line && roots) {
        for (int x = 0; x < w; x++)
            distance_line(plane->data + x, h, (size_t)w, line, line + most, roots);
        for (int y = 0; y < h; y++)
            distance_line(plane->data + (size_t)y * (size_t)w, w, 1, line, line + most, roots);
    }
    int rc = line && roots ? SP_OK : SP_ENOMEM;
    free(line);
    free(roots);
    return rc;
}

static int signed_distance(sp_image *out, const sp_image *matte)
{
    sp_image outside = {0};
    int rc = sp_image_init(out, matte->width, matte->height, 1);
    if (!rc)
        rc = sp_image_init(&outside, matte->width, matte->height, 1);
    size_t pixels = (size_t)matte->width * (size_t)matte->height;
    for (size_t i = 0; !rc && i < pixels; i++) {
        bool inside = matte->data[i] > INSIDE_THRESHOLD;
        out->data[i] = inside ? UNREACHED : 0;
        outside.data[i] = inside ? 0 : UNREACHED;
    }
    if (!rc)
        rc = distance_squared(out);
    if (!rc)
        rc = distance_squared(&outside);
    for (size_t i = 0; !rc && i < pixels; i++) {
        // A picture without an outline is inside or outside everywhere; half a pixel from centre to edge.
        float in = fminf(sqrtf(out->data[i]), 1e4f), away = fminf(sqrtf(outside.data[i]), 1e4f);
        out->data[i] = in > 0 ? in - 0.5f : 0.5f - away;
    }
    sp_image_free(&outside);
    if (!rc)
        rc = sp_image_blur(out, OUTLINE_SIGMA_PX, 3);
    if (rc)
        sp_image_free(out);
    return rc;
}

// Counts of pixels over one half, or (below) at most one half.
static int sum_area(int32_t **out, const sp_image *matte, bool below)
{
    size_t stride = (size_t)matte->width + 1;
    int32_t *sums = sp_calloc(stride * ((size_t)matte->height + 1), sizeof *sums);
    if (!sums)
        return SP_ENOMEM;
    for (int y = 0; y < matte->height; y++) {
        int32_t row = 0;
        for (int x = 0; x < matte->width; x++) {
            row += (matte->data[(size_t)y * (size_t)matte->width + (size_t)x] > INSIDE_THRESHOLD) != below;
            sums[((size_t)y + 1) * stride + (size_t)x + 1] = sums[(size_t)y * stride + (size_t)x + 1] + row;
        }
    }
    *out = sums;
    return SP_OK;
}

static int32_t count_in(const int32_t *sums, size_t stride, const int rect[4])
{
    const int32_t *top = sums + (size_t)rect[1] * stride, *bottom = sums + (size_t)rect[3] * stride;
    return bottom[rect[2]] - top[rect[2]] - bottom[rect[0]] + top[rect[0]];
}

// Around the athlete; a corner of the picture where there is none.
static sp_rect region_of(const sp_image *matte)
{
    sp_rect r = sp_mask_bounds(matte, INSIDE_THRESHOLD, 0, MARGIN_PX);
    return r.width > 1 && r.height > 1 ? r
                                       : (sp_rect){0, 0, matte->width < 2 ? 1 : 2, matte->height < 2 ? 1 : 2};
}

int recon_silhouette_init(recon_silhouette *out, const sp_camera *camera, const sp_image *matte,
                          const sp_image *valid)
{
    recon_silhouette s = {.camera = *camera, .region = region_of(matte)};
    sp_image part = {0};
    int rc = sp_image_crop(&part, matte, s.region.x, s.region.y, s.region.width, s.region.height);
    if (!rc)
        rc = signed_distance(&s.distance, &part);
    if (!rc)
        rc = sum_area(&s.athlete, &part, false);
    sp_image_free(&part);
    if (!rc && valid)
        rc = sum_area(&s.invalid, valid, true);
    if (rc) {
        recon_silhouette_free(&s);
        return rc;
    }
    for (int i = 0; i < 9; i++)
        s.rotation[i] = camera->rotation.m[i];
    s.translation[0] = camera->translation.x;
    s.translation[1] = camera->translation.y;
    s.translation[2] = camera->translation.z;
    *out = s;
    return SP_OK;
}

void recon_silhouette_free(recon_silhouette *silhouette)
{
    sp_image_free(&silhouette->distance);
    free(silhouette->athlete);
    free(silhouette->invalid);
    silhouette->athlete = silhouette->invalid = NULL;
}

static bool to_pixel(double px[2], double *depth, const recon_silhouette *s, const double p[3])
{
    const double *r = s->rotation, *t = s->translation;
    double z = r[6] * p[0] + r[7] * p[1] + r[8] * p[2] + t[2];
    if (z < NEAREST_M)
        return false;
    px[0] = s->camera.fx * (r[0] * p[0] + r[1] * p[1] + r[2] * p[2] + t[0]) / z + s->camera.cx;
    px[1] = s->camera.fy * (r[3] * p[0] + r[4] * p[1] + r[5] * p[2] + t[1]) / z + s->camera.cy;
    *depth = z;
    return true;
}

static inline float clamp(float value, float most)
{
    return value < 0 ? 0 : value > most ? most : value;
}

// Bilinear sample at x, y in px of the picture (centres on whole numbers); outside of the region the way to
// it is added.
static float distance_at(const recon_silhouette *s, float x, float y)
{
    int w = s->region.width, h = s->region.height;
    float rx = x - (float)s->region.x, ry = y - (float)s->region.y;
    float px = clamp(rx, (float)(w - 1)), py = clamp(ry, (float)(h - 1));
    int x0 = (int)px, y0 = (int)py;
    x0 = x0 > w - 2 ? w - 2 : x0;
    y0 = y0 > h - 2 ? h - 2 : y0;
    float ax = px - (float)x0, ay = py - (float)y0;
    const float *d = s->distance.data + (size_t)y0 * (size_t)w + (size_t)x0;
    float top = d[0] + ax * (d[1] - d[0]), bottom = d[w] + ax * (d[w + 1] - d[w]);
    float away = rx != px || ry != py ? hypotf(rx - px, ry - py) : 0;
    return top + ay * (bottom - top) - away;
}

float recon_silhouette_pixel(const recon_silhouette *silhouette, int x, int y)
{
    return distance_at(silhouette, (float)x, (float)y);
}

bool recon_silhouette_at(float *metres, const recon_silhouette *s, const double world[3])
{
    double px[2], depth;
    int w = s->camera.width, h = s->camera.height;
    if (!to_pixel(px, &depth, s, world) || px[0] < 0.5 || px[1] < 0.5 || px[0] > w - 0.5 || px[1] > h - 0.5)
        return false;
    const int pixel[4] = {(int)px[0], (int)px[1], (int)px[0] + 1, (int)px[1] + 1};
    if (s->invalid && count_in(s->invalid, (size_t)w + 1, pixel))
        return false;
    *metres = distance_at(s, (float)px[0] - 0.5f, (float)px[1] - 0.5f) * (float)(depth / s->camera.fx);
    return true;
}

// Whether any of the athlete's pixels lies in a rectangle (left, top, right, bottom) of the picture.
static bool holds_athlete(const recon_silhouette *s, const int rect[4])
{
    const sp_rect *r = &s->region;
    int x0 = rect[0] - r->x, y0 = rect[1] - r->y, x1 = rect[2] - r->x, y1 = rect[3] - r->y;
    const int part[4] = {x0 > 0 ? x0 : 0, y0 > 0 ? y0 : 0, x1 < r->width ? x1 : r->width,
                         y1 < r->height ? y1 : r->height};
    return part[0] < part[2] && part[1] < part[3] && count_in(s->athlete, (size_t)r->width + 1, part) > 0;
}

recon_box_sight recon_silhouette_cube(const recon_silhouette *s, const double centre[3], double half)
{
    double x0 = INFINITY, y0 = INFINITY, x1 = -INFINITY, y1 = -INFINITY;
    for (int corner = 0; corner < 8; corner++) {
        double p[3], px[2], depth;
        for (int i = 0; i < 3; i++)
            p[i] = centre[i] + (corner >> i & 1 ? half : -half);
        if (!to_pixel(px, &depth, s, p))
            return RECON_BOX_UNSEEN;
        x0 = fmin(x0, px[0]);
        x1 = fmax(x1, px[0]);
        y0 = fmin(y0, px[1]);
        y1 = fmax(y1, px[1]);
    }
    int w = s->camera.width, h = s->camera.height;
    bool cut = x0 < 0 || y0 < 0 || x1 > w || y1 > h;
    if (x1 <= 0 || y1 <= 0 || x0 >= w || y0 >= h)
        return RECON_BOX_UNSEEN;
    const int rect[4] = {(int)fmax(floor(x0) - 1, 0), (int)fmax(floor(y0) - 1, 0), (int)fmin(ceil(x1) + 1, w),
                         (int)fmin(ceil(y1) + 1, h)};
    if (holds_athlete(s, rect))
        return RECON_BOX_TOUCHED;
    return cut || (s->invalid && count_in(s->invalid, (size_t)w + 1, rect)) ? RECON_BOX_UNSEEN
                                                                            : RECON_BOX_EMPTY;
}
