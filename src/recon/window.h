// A pixel's surroundings, and how well a plane's homography finds them again in another picture: the inner
// loop of the stereo, compiled per instruction set. All versions add in the same order and give the same
// bits.
#ifndef RECON_WINDOW_H
#define RECON_WINDOW_H

#include <stillpoint/image.h>

#define RECON_WINDOW_COUNT 25   // 5 x 5 samples, two pixels apart
#define RECON_WINDOW_PADDED 32  // the rest weighs nothing
#define RECON_COST_NOTHING 2.0f // the other picture does not show the window

typedef struct recon_window {
    float x[RECON_WINDOW_PADDED], y[RECON_WINDOW_PADDED]; // pixel coordinates
    float deviation[RECON_WINDOW_PADDED];                 // grey minus the window's mean
    float weight[RECON_WINDOW_PADDED];                    // falls with the difference to the centre
    float weight_sum, variance;
} recon_window;

void recon_window_at(recon_window *out, const sp_image *grey, int x, int y);

// 1 - NCC between the window and where the homography h (3 x 3, pixels to pixels) puts it in a picture.
typedef float recon_window_cost(const recon_window *window, const sp_image *grey, const float h[9]);
recon_window_cost recon_window_cost_baseline, recon_window_cost_avx2, recon_window_cost_avx512;

// The best that sp_cpu_detect() allows.
recon_window_cost *recon_window_cost_best(void);

#endif
