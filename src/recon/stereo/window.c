#include "window.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STEP 2
#define COLOUR_SIGMA 0.1f // a pixel this different in colour counts e^-1/2 as much

const float recon_window_x[RECON_WINDOW_PADDED] = {-4, -2, 0,  2,  4, -4, -2, 0,  2,  4, -4, -2, 0,
                                                   2,  4,  -4, -2, 0, 2,  4,  -4, -2, 0, 2,  4};
const float recon_window_y[RECON_WINDOW_PADDED] = {-4, -4, -4, -4, -4, -2, -2, -2, -2, -2, 0, 0, 0,
                                                   0,  0,  2,  2,  2,  2,  2,  4,  4,  4,  4, 4};

static uint32_t byte_at(const sp_image *grey, int x, int y)
{
    x = x < grey->width ? x : grey->width - 1;
    y = y < grey->height ? y : grey->height - 1;
    float v = grey->data[(size_t)y * (size_t)grey->width + (size_t)x];
    return (uint32_t)lrintf(255 * fminf(fmaxf(v, 0), 1));
}

int recon_quads_init(recon_quads *out, const sp_image *grey)
{
    uint32_t *data = sp_calloc((size_t)grey->width * (size_t)grey->height, sizeof *data);
    if (!data)
        return SP_ENOMEM;
    for (int y = 0; y < grey->height; y++)
        for (int x = 0; x < grey->width; x++)
            data[(size_t)y * (size_t)grey->width + (size_t)x] =
                byte_at(grey, x, y) | byte_at(grey, x + 1, y) << 8 | byte_at(grey, x, y + 1) << 16 |
                byte_at(grey, x + 1, y + 1) << 24;
    *out = (recon_quads){grey->width, grey->height, data};
    return SP_OK;
}

void recon_quads_free(recon_quads *quads)
{
    free(quads->data);
    *quads = (recon_quads){0};
}

void recon_window_at(recon_window *w, const sp_image *grey, const sp_image *rgb, int px, int py)
{
    memset(w, 0, sizeof *w);
    const float *plane[3] = {sp_image_plane(rgb, 0), sp_image_plane(rgb, 1), sp_image_plane(rgb, 2)};
    size_t centre = (size_t)py * (size_t)grey->width + (size_t)px;
    float sum = 0;
    int i = 0;
    for (int y = py - RECON_WINDOW_RADIUS; y <= py + RECON_WINDOW_RADIUS; y += STEP)
        for (int x = px - RECON_WINDOW_RADIUS; x <= px + RECON_WINDOW_RADIUS; x += STEP, i++) {
            if (x < 0 || y < 0 || x >= grey->width || y >= grey->height)
                continue;
            size_t at = (size_t)y * (size_t)grey->width + (size_t)x;
            float square = 0;
            for (int c = 0; c < 3; c++) {
                float d = (plane[c][at] - plane[c][centre]) / COLOUR_SIGMA;
                square += d * d;
            }
            w->deviation[i] = 255 * grey->data[at];
            w->weight[i] = expf(-0.5f * square / 3);
            sum += w->weight[i] * w->deviation[i];
            w->weight_sum += w->weight[i];
        }
    w->inverse_sum = 1 / w->weight_sum;
    float mean = sum * w->inverse_sum;
    for (i = 0; i < RECON_WINDOW_COUNT; i++) {
        w->deviation[i] -= mean;
        w->variance += w->weight[i] * w->deviation[i] * w->deviation[i];
    }
    w->variance *= w->inverse_sum;
}

recon_window_cost *recon_window_cost_best(void)
{
#ifdef __x86_64__
    switch (sp_cpu_detect()) {
    case SP_CPU_AVX512:
        return recon_window_cost_avx512;
    case SP_CPU_AVX2:
        return recon_window_cost_avx2;
    case SP_CPU_BASELINE:
        break;
    }
#endif
    return recon_window_cost_baseline;
}
