// Smoothing: plain, and without losing the image's edges.
#include "parts.h"

#include <stdlib.h>

#define MOST_PLANES 8

typedef struct blur_job {
    sp_image planes[MOST_PLANES];
    double sigma_px, truncate;
} blur_job;

static int blur_plane(void *context, int64_t plane, int worker)
{
    (void)worker;
    blur_job *job = context;
    return sp_image_blur(&job->planes[plane], job->sigma_px, job->truncate);
}

int matte_blur(sp_image *image, double sigma_px, double truncate, sp_pool *pool)
{
    blur_job job = {.sigma_px = sigma_px, .truncate = truncate};
    for (int c = 0; c < image->channels && c < MOST_PLANES; c++)
        job.planes[c] = (sp_image){image->width, image->height, 1, sp_image_plane(image, c)};
    return sp_pool_try(pool, image->channels, blur_plane, &job);
}

// Mean over (2 radius + 1)^2 windows clipped at the border, by running sums: along rows into scratch, then
// down all columns at once.
static void mean_across(float *out, const float *in, int count, int radius)
{
    double sum = 0;
    int n = 0;
    for (int i = 0; i < radius && i < count; i++, n++)
        sum += in[i];
    for (int i = 0; i < count; i++) {
        if (i + radius < count) {
            sum += in[i + radius];
            n++;
        }
        if (i - radius - 1 >= 0) {
            sum -= in[i - radius - 1];
            n--;
        }
        out[i] = (float)(sum / n);
    }
}

static void mean_down(float *plane, const float *rows, double *restrict sums, int width, int height,
                      int radius)
{
    size_t w = (size_t)width;
    int n = 0;
    for (size_t x = 0; x < w; x++)
        sums[x] = 0;
    for (int y = -radius; y < height; y++) {
        int enters = y + radius, leaves = y - radius - 1;
        bool has_more = enters < height, has_less = leaves >= 0;
        for (size_t x = 0; has_more && x < w; x++)
            sums[x] += rows[(size_t)enters * w + x];
        for (size_t x = 0; has_less && x < w; x++)
            sums[x] -= rows[(size_t)leaves * w + x];
        n += has_more - has_less;
        for (size_t x = 0; y >= 0 && x < w; x++)
            plane[(size_t)y * w + x] = (float)(sums[x] / n);
    }
}

static void box_mean(float *plane, float *scratch, double *sums, int width, int height, int radius)
{
    for (int y = 0; y < height; y++)
        mean_across(scratch + (size_t)y * (size_t)width, plane + (size_t)y * (size_t)width, width, radius);
    mean_down(plane, scratch, sums, width, height, radius);
}

int matte_guided(sp_image *p, const sp_image *guide, int radius, double epsilon)
{
    int w = p->width, h = p->height;
    size_t pixels = (size_t)w * (size_t)h;
    float *memory = sp_calloc(6 * pixels, sizeof *memory);
    double *sums = sp_calloc((size_t)w, sizeof *sums);
    if (!memory || !sums) {
        free(memory);
        free(sums);
        return SP_ENOMEM;
    }
    float *luma = memory, *ii = memory + pixels, *ip = memory + 2 * pixels, *mi = memory + 3 * pixels;
    float *mp = memory + 4 * pixels, *scratch = memory + 5 * pixels;
    const float *r = sp_image_plane(guide, 0), *g = sp_image_plane(guide, 1), *b = sp_image_plane(guide, 2);
    for (size_t i = 0; i < pixels; i++) {
        luma[i] = 0.299f * r[i] + 0.587f * g[i] + 0.114f * b[i];
        mi[i] = luma[i];
        mp[i] = p->data[i];
        ii[i] = luma[i] * luma[i];
        ip[i] = luma[i] * p->data[i];
    }
    for (int k = 1; k <= 4; k++)
        box_mean(memory + (size_t)k * pixels, scratch, sums, w, h, radius);
    for (size_t i = 0; i < pixels; i++) {
        float a = (ip[i] - mi[i] * mp[i]) / (ii[i] - mi[i] * mi[i] + (float)epsilon);
        ii[i] = a;
        ip[i] = mp[i] - a * mi[i];
    }
    box_mean(ii, scratch, sums, w, h, radius);
    box_mean(ip, scratch, sums, w, h, radius);
    for (size_t i = 0; i < pixels; i++) {
        float v = ii[i] * luma[i] + ip[i];
        p->data[i] = v < 0 ? 0 : v > 1 ? 1 : v;
    }
    free(memory);
    free(sums);
    return SP_OK;
}
