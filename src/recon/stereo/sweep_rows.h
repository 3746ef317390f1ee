// The inner loops of the plane sweep, compiled per instruction set. A plane is gone through row by row: each
// neighbour's picture is fetched into a ring of rows that stays in the cache. All versions give the same
// bits.
#ifndef RECON_SWEEP_ROWS_H
#define RECON_SWEEP_ROWS_H

#include <stddef.h>
#include <stdint.h>

enum {
    SWEEP_RADIUS = 3,
    SWEEP_WINDOW = 2 * SWEEP_RADIUS + 1, // rows of a window, and of a ring
    SWEEP_MOMENTS = 3,                   // m j, m j^2, m i j: m the own matte, i the own grey, j the other's
    SWEEP_NEIGHBOURS = 4,
    SWEEP_PAD = 16, // floats that may be read before a row of a ring and behind any row
    SWEEP_IMPOSSIBLE = 255,
};

// Floats from row to row: room for whole vectors.
static inline size_t sweep_stride(int width)
{
    return (size_t)(width + SWEEP_PAD - 1) / SWEEP_PAD * SWEEP_PAD + 3 * SWEEP_PAD;
}

// A row of another picture, fetched through a plane and summed over the window's columns.
typedef struct sweep_fetch {
    const float *grey, *matte; // the own row; the matte is 0 behind its end
    const float *other;        // the picture to fetch from
    int other_width, other_height;
    float begin[3],
        slope[3];   // column x lies at (begin + x slope) there, homogeneous; centres on whole numbers
    int from, to;   // the columns that are asked for
    float *scratch; // SWEEP_MOMENTS rows, 0 in the SWEEP_PAD floats before each
    size_t stride;  // from one of them to the next
    float *sums[SWEEP_MOMENTS];
} sweep_fetch;

// What a row of pixels costs at a plane: 127 (1 - NCC) of windows, of the best two neighbours.
typedef struct sweep_score {
    int neighbours;
    const float *rows[SWEEP_NEIGHBOURS][SWEEP_MOMENTS][SWEEP_WINDOW]; // what was fetched
    const float *m, *mi, *mii;                                        // sums of the own windows
    const float *matte, *entry;  // entry: depth of the hull's skin, metres
    float depth, before, behind; // a surface lies between entry - before and entry + behind
    int from, to;
    uint8_t *cost; // SWEEP_IMPOSSIBLE where no surface can be
} sweep_score;

// One step of a path of semiglobal matching.
typedef struct sweep_step {
    const uint16_t *before; // of the pixel before; two more around it, which are large
    uint16_t before_least, step_penalty, jump_penalty;
    const uint8_t *cost;
    uint16_t *now, *sum; // sum is added to
    int depths;
} sweep_step;

typedef struct sweep_kernels {
    void (*fetch)(const sweep_fetch *fetch);
    void (*score)(const sweep_score *score);
    uint16_t (*step)(const sweep_step *step); // the least of now
} sweep_kernels;
extern const sweep_kernels sweep_kernels_baseline, sweep_kernels_avx2, sweep_kernels_avx512;

#endif
