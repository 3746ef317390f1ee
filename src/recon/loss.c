#include "loss.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TAPS 11
#define C1 1e-4f
#define C2 9e-4f
#define ROUNDING 0.1f

// Planes per channel: five blurred moments, of which three are reused for the gradient, and one scratch
// plane.
#define PLANES 6

struct recon_loss {
    float *memory;
    size_t pixels;
    float window[TAPS];
};

int recon_loss_open(recon_loss **out, size_t most_pixels)
{
    recon_loss *loss = sp_calloc(1, sizeof *loss);
    if (!loss)
        return SP_ENOMEM;
    loss->pixels = most_pixels;
    loss->memory = sp_aligned_calloc(3 * PLANES * most_pixels, sizeof *loss->memory);
    if (!loss->memory) {
        free(loss);
        return SP_ENOMEM;
    }
    double sum = 0;
    for (int i = 0; i < TAPS; i++)
        sum += exp(-(i - TAPS / 2) * (i - TAPS / 2) / (2 * 1.5 * 1.5));
    for (int i = 0; i < TAPS; i++)
        loss->window[i] = (float)(exp(-(i - TAPS / 2) * (i - TAPS / 2) / (2 * 1.5 * 1.5)) / sum);
    *out = loss;
    return SP_OK;
}

void recon_loss_close(recon_loss **loss)
{
    if (!*loss)
        return;
    free((*loss)->memory);
    free(*loss);
    *loss = NULL;
}

// Separable convolution with zeros beyond the border: its own adjoint. Rows of scratch first, then columns.
static void blur(float *restrict plane, float *restrict scratch, const float *window, int w, int h)
{
    for (int y = 0; y < h; y++) {
        float *restrict to = scratch + (size_t)y * (size_t)w;
        memset(to, 0, (size_t)w * sizeof *to);
        for (int t = 0; t < TAPS; t++) {
            int from = y + t - TAPS / 2;
            if (from < 0 || from >= h)
                continue;
            const float *restrict row = plane + (size_t)from * (size_t)w;
            float k = window[t];
            for (int x = 0; x < w; x++)
                to[x] += k * row[x];
        }
    }
    for (int y = 0; y < h; y++) {
        const float *restrict row = scratch + (size_t)y * (size_t)w;
        float *restrict to = plane + (size_t)y * (size_t)w;
        memset(to, 0, (size_t)w * sizeof *to);
        for (int t = 0; t < TAPS; t++) {
            int shift = t - TAPS / 2;
            int begin = shift < 0 ? -shift : 0, end = shift > 0 ? w - shift : w;
            float k = window[t];
            for (int x = begin; x < end; x++)
                to[x] += k * row[x + shift];
        }
    }
}

typedef struct loss_job {
    recon_loss *loss;
    sp_image *d_seen;
    const sp_image *seen, *wanted, *weight;
    double dssim, total[3];
} loss_job;

// Turn blurred moments into the factors of dSSIM/d(seen): d = blur(a) + 2 x blur(b) + y blur(c); returns the
// sum of weighted (1 - SSIM). On return m[0], m[2], m[3] hold a, b, c.
static double ssim_factors(float *const m[5], const float *weight, size_t pixels)
{
    double sum = 0;
    for (size_t i = 0; i < pixels; i++) {
        float mx = m[0][i], my = m[1][i], xx = m[2][i] - mx * mx, xy = m[3][i] - mx * my,
              yy = m[4][i] - my * my;
        float a1 = 2 * mx * my + C1, a2 = 2 * xy + C2, b1 = mx * mx + my * my + C1, b2 = xx + yy + C2;
        float inverse = 1 / (b1 * b2), s = a1 * a2 * inverse, w = weight ? weight[i] : 1;
        sum += (double)(w * (1 - s));
        // Partial derivatives of s by mx, xx and xy; then of those by x's blurred moments.
        float d_mx = 2 * my * a2 * inverse - 2 * mx * s / b1;
        float d_xx = -s / b2;
        float d_xy = 2 * a1 * inverse;
        m[0][i] = w * (d_mx - 2 * mx * d_xx - my * d_xy);
        m[2][i] = w * d_xx;
        m[3][i] = w * d_xy;
    }
    return sum;
}

static void loss_channel(void *context, int64_t c, int worker)
{
    (void)worker;
    loss_job *job = context;
    int w = job->seen->width, h = job->seen->height;
    size_t pixels = (size_t)w * (size_t)h;
    const float *x = sp_image_plane(job->seen, (int)c), *y = sp_image_plane(job->wanted, (int)c);
    const float *weight = job->weight ? job->weight->data : NULL;
    float *d = sp_image_plane(job->d_seen, (int)c);
    float mean = 1.0f / (3 * (float)pixels), l1 = (float)(1 - job->dssim) * mean;
    double sum = 0;
    for (size_t i = 0; i < pixels; i++) {
        float e = x[i] - y[i], k = weight ? weight[i] : 1;
        sum += (double)(k * fabsf(e));
        d[i] = e > 0 ? k * l1 : e < 0 ? -k * l1 : 0;
    }
    job->total[c] = (1 - job->dssim) * sum;
    if (job->dssim <= 0)
        return;
    float *m[PLANES];
    for (int p = 0; p < PLANES; p++)
        m[p] = job->loss->memory + ((size_t)c * PLANES + (size_t)p) * job->loss->pixels;
    for (size_t i = 0; i < pixels; i++) {
        m[0][i] = x[i];
        m[1][i] = y[i];
        m[2][i] = x[i] * x[i];
        m[3][i] = x[i] * y[i];
        m[4][i] = y[i] * y[i];
    }
    for (int p = 0; p < 5; p++)
        blur(m[p], m[5], job->loss->window, w, h);
    job->total[c] += 0.5 * job->dssim * ssim_factors(m, weight, pixels);
    blur(m[0], m[5], job->loss->window, w, h);
    blur(m[2], m[5], job->loss->window, w, h);
    blur(m[3], m[5], job->loss->window, w, h);
    float scale = -0.5f * (float)job->dssim * mean;
    for (size_t i = 0; i < pixels; i++)
        d[i] += scale * (m[0][i] + 2 * x[i] * m[2][i] + y[i] * m[3][i]);
}

double recon_loss_rgb(recon_loss *loss, sp_image *d_seen, const sp_image *seen, const sp_image *wanted,
                      const sp_image *weight, double dssim, sp_pool *pool)
{
    loss_job job = {loss, d_seen, seen, wanted, weight, dssim, {0}};
    sp_pool_run(pool, 3, loss_channel, &job);
    return (job.total[0] + job.total[1] + job.total[2]) / (3.0 * seen->width * seen->height);
}

double recon_loss_alpha(sp_image *d_alpha, const sp_image *alpha, const sp_image *matte,
                        const sp_image *weight, double scale)
{
    size_t pixels = (size_t)alpha->width * (size_t)alpha->height;
    float step = (float)(scale / (double)pixels);
    double sum = 0;
    for (size_t i = 0; i < pixels; i++) {
        float e = alpha->data[i] - matte->data[i], size = fabsf(e), k = weight ? weight->data[i] : 1;
        bool near = size < ROUNDING;
        sum += (double)(k * (near ? e * e / (2 * ROUNDING) : size - ROUNDING / 2));
        d_alpha->data[i] = k * step * (near ? e / ROUNDING : e > 0 ? 1.0f : -1.0f);
    }
    return sum * scale / (double)pixels;
}
