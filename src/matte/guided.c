// Smoothing: plain, and without losing the image's edges.
#include "parts.h"

#include <stdlib.h>

#define MOST_PLANES 8

typedef struct blur_job {
    sp_image planes[MOST_PLANES];
    double sigma_px, truncate;
    int codes[MOST_PLANES];
} blur_job;

static void blur_plane(void *context, int64_t plane, int worker)
{
    (void)worker;
    blur_job *job = context;
    job->codes[plane] = sp_image_blur(&job->planes[plane], job->sigma_px, job->truncate);
}

int matte_blur(sp_image *image, double sigma_px, double truncate, sp_pool *pool)
{
    blur_job job = {.sigma_px = sigma_px, .truncate = truncate};
    for (int c = 0; c < image->channels && c < MOST_PLANES; c++)
        job.planes[c] = (sp_image){image->width, image->height, 1, sp_image_plane(image, c)};
    sp_pool_run(pool, image->channels, blur_plane, &job);
    for (int c = 0; c < image->channels; c++)
        if (job.codes[c])
            return sp_error(job.codes[c], "memory ran out while a matte was smoothed");
    return SP_OK;
}

// Mean over (2 radius + 1)^2 windows clipped at the border, by running sums; in place, out of two passes.
static void box_rows(float *out, const float *in, int count, int stride, int radius)
{
    double sum = 0;
    int n = 0;
    for (int i = 0; i < radius && i < count; i++, n++)
        sum += in[(size_t)i * (size_t)stride];
    for (int i = 0; i < count; i++) {
        if (i + radius < count) {
            sum += in[(size_t)(i + radius) * (size_t)stride];
            n++;
        }
        if (i - radius - 1 >= 0) {
            sum -= in[(size_t)(i - radius - 1) * (size_t)stride];
            n--;
        }
        out[(size_t)i * (size_t)stride] = (float)(sum / n);
    }
}

static void box_mean(float *plane, float *scratch, int width, int height, int radius)
{
    for (int y = 0; y < height; y++)
        box_rows(scratch + (size_t)y * (size_t)width, plane + (size_t)y * (size_t)width, width, 1, radius);
    for (int x = 0; x < width; x++)
        box_rows(plane + x, scratch + x, height, width, radius);
}

int matte_guided(sp_image *p, const sp_image *guide, int radius, double epsilon)
{
    int w = p->width, h = p->height;
    size_t pixels = (size_t)w * (size_t)h;
    float *memory = sp_calloc(6 * pixels, sizeof *memory);
    if (!memory)
        return SP_ENOMEM;
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
        box_mean(memory + (size_t)k * pixels, scratch, w, h, radius);
    for (size_t i = 0; i < pixels; i++) {
        float a = (ip[i] - mi[i] * mp[i]) / (ii[i] - mi[i] * mi[i] + (float)epsilon);
        ii[i] = a;
        ip[i] = mp[i] - a * mi[i];
    }
    box_mean(ii, scratch, w, h, radius);
    box_mean(ip, scratch, w, h, radius);
    for (size_t i = 0; i < pixels; i++) {
        float v = ii[i] * luma[i] + ip[i];
        p->data[i] = v < 0 ? 0 : v > 1 ? 1 : v;
    }
    free(memory);
    return SP_OK;
}
