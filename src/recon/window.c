#include "window.h"

#include <math.h>
#include <string.h>

#define RADIUS 4
#define STEP 2
#define COLOUR_SIGMA 0.1f // a pixel this different in grey counts e^-1/2 as much

void recon_window_at(recon_window *w, const sp_image *grey, int px, int py)
{
    memset(w, 0, sizeof *w);
    float centre = grey->data[(size_t)py * (size_t)grey->width + (size_t)px], sum = 0;
    int i = 0;
    for (int dy = -RADIUS; dy <= RADIUS; dy += STEP)
        for (int dx = -RADIUS; dx <= RADIUS; dx += STEP, i++) {
            int x = px + dx, y = py + dy;
            bool inside = x >= 0 && y >= 0 && x < grey->width && y < grey->height;
            float v = inside ? grey->data[(size_t)y * (size_t)grey->width + (size_t)x] : 0;
            float d = (v - centre) / COLOUR_SIGMA;
            w->x[i] = (float)x + 0.5f;
            w->y[i] = (float)y + 0.5f;
            w->deviation[i] = v;
            w->weight[i] = inside ? expf(-0.5f * d * d) : 0;
            sum += w->weight[i] * v;
            w->weight_sum += w->weight[i];
        }
    float mean = sum / w->weight_sum;
    for (i = 0; i < RECON_WINDOW_COUNT; i++) {
        w->deviation[i] -= mean;
        w->variance += w->weight[i] * w->deviation[i] * w->deviation[i];
    }
    w->variance /= w->weight_sum;
    for (; i < RECON_WINDOW_PADDED; i++) { // somewhere harmless
        w->x[i] = (float)px + 0.5f;
        w->y[i] = (float)py + 0.5f;
    }
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
