// A pixel's surroundings, and how well a plane's homography finds them again in another picture: the inner
// loop of the stereo, compiled per instruction set. All versions add in the same order and give the same
// bits.
#ifndef RECON_WINDOW_H
#define RECON_WINDOW_H

#include <stillpoint/image.h>

#define RECON_WINDOW_RADIUS 4
#define RECON_WINDOW_COUNT 25   // 5 x 5 samples, two pixels apart
#define RECON_WINDOW_PADDED 32  // the rest weighs nothing
#define RECON_COST_NOTHING 2.0f // the other picture does not show the window

// A grey picture in bytes, each pixel with its right, lower and lower right neighbour from the lowest bits
// up: a bilinear sample is one look-up. In the last column and row neighbours are repeated.
typedef struct recon_quads {
    int width, height;
    uint32_t *data; // owned
} recon_quads;

int recon_quads_init(recon_quads *out, const sp_image *grey);
void recon_quads_free(recon_quads *quads);

// The samples' offsets from the window's centre, pixels.
extern const float recon_window_x[RECON_WINDOW_PADDED], recon_window_y[RECON_WINDOW_PADDED];

typedef struct recon_window {
    float deviation[RECON_WINDOW_PADDED]; // grey minus the window's mean, in 255ths
    float weight[RECON_WINDOW_PADDED];    // falls with the difference in colour to the centre
    float weight_sum, inverse_sum, variance;
} recon_window;

// Around pixel (x, y) of a picture, of which grey has the grey values and rgb the colours.
void recon_window_at(recon_window *out, const sp_image *grey, const sp_image *rgb, int x, int y);

// Where a window comes to lie in another picture: its centre (centres of pixels on whole numbers) and what a
// pixel to the right and one down make of it.
typedef struct recon_affine {
    float u, v, ux, vx, uy, vy;
} recon_affine;

// 1 - NCC between the window and where it comes to lie in a picture.
typedef float recon_window_cost(const recon_window *window, const recon_quads *other, const recon_affine *to);
recon_window_cost recon_window_cost_baseline, recon_window_cost_avx2, recon_window_cost_avx512;

// The best that sp_cpu_detect() allows.
recon_window_cost *recon_window_cost_best(void);

#endif
