// The steps of drawing that have vector code, and the memory that they share. kernels_wide.inc is compiled
// once an instruction set, and each compilation fills one render_kernels; engine.c calls them in order.
//
// A picture is cut into tiles of 16x16 pixels, a tile into sixteen blocks of 4x4, and a block's pixels are
// the lanes of one vector. A pair is a splat in a tile's list, with a bit for each block that its ellipse
// reaches.
#ifndef RENDER_KERNELS_H
#define RENDER_KERNELS_H

#include "view.h"

enum {
    RENDER_LANES = 16,
    RENDER_TILE = 16,
    RENDER_TILE_PIXELS = RENDER_TILE * RENDER_TILE,
    RENDER_GROUP = 16,  // splats projected at once
    RENDER_CHUNK = 512, // splats an item of work projects; they share a range of slots
    RENDER_RUN = 1024,  // depth-sorted splats whose gradients one item of work gathers
    RENDER_PAIR_SUMS = 12,
};

// A projected splat, one cache line. With d the offset of a pixel from (x, y):
// alpha = 2^(log2_opacity - t^2 - s^2), t = a dx + b dy, s = c dy: the Cholesky factors of the inverse of the
// projected covariance, scaled by log2(e) / 2. This form has no large terms that cancel.
typedef struct render_record {
    float x, y, a, b, c, log2_opacity, red, green, blue, depth;
    float slope_x, slope_y; // where t^2 + s^2 is least: dx = slope_x dy on a row, dy = slope_y dx on a column
    uint32_t id;            // in the cloud
    uint32_t unused[3];
} render_record;

typedef struct render_box {
    uint16_t x0, y0, x1, y1; // tiles, half-open
} render_box;

typedef struct render_pair {
    uint32_t slot;     // of the record
    uint32_t emission; // its number among the pairs of its band, which come in depth order
    uint16_t blocks;   // bit 4 * row + column
    uint16_t tile;     // in the band
} render_pair;

// A band of tile rows, binned as one item of work.
typedef struct render_band {
    int row0, row1;
    render_pair *emitted, *pairs; // in depth order; then tile by tile
    size_t capacity, count;
    size_t first_sum; // of its pairs in render_frame.pair_sums
    uint32_t *runs;   // per run of RENDER_RUN sorted splats: the number of its first pair; then the count
    int code;         // SP_ENOMEM when its memory ran out
} render_band;

// Where to look for a splat's pairs.
typedef struct render_reach {
    int x0, y0, x1, y1; // tiles, half-open
    int row0, tiles_x;  // of the band, for the tiles' numbers
    uint32_t emission;  // of the next pair
    float log2_cutoff;
} render_reach;

typedef struct render_tile {
    uint32_t first, count; // in the pairs of its band
    int32_t end;           // one past the last pair that any pixel took
    uint32_t band;
} render_tile;

// Sums over a pair's pixels, in the whitened coordinates (t, s); h is d(loss)/d(ln alpha).
enum {
    RENDER_PAIR_H,
    RENDER_PAIR_HT,
    RENDER_PAIR_HS,
    RENDER_PAIR_HTT,
    RENDER_PAIR_HTS,
    RENDER_PAIR_HSS,
    RENDER_PAIR_RED,
    RENDER_PAIR_GREEN,
    RENDER_PAIR_BLUE,
    RENDER_PAIR_ABS_T,  // |h t|
    RENDER_PAIR_ABS_ST, // |h (b t + c s)|
};

typedef struct render_frame {
    const render_view *view;
    const float *rows; // of the cloud
    size_t stride, splats;
    int sh_degree;
    int tiles_x, tiles_y;

    // Projection. Slots are numbered from RENDER_CHUNK * chunk on within each chunk.
    render_record *records;
    render_box *boxes;
    uint32_t *depth_keys;
    uint32_t *chunk_count;
    uint16_t *group_visible; // a bit a splat
    uint16_t *group_first;   // slot of the first visible one, from the chunk's first

    // Depth order.
    size_t visible;
    uint32_t *order; // slots
    render_box *sorted_boxes;

    // Bins.
    int bands;
    render_band *band;
    render_tile *tiles;

    // Pictures; NULL where not wanted.
    float *rgb, *alpha, *depth;
    const float *under;
    float *final_t;       // per tile, block and lane: what shines through
    int32_t *last;        // per tile, block and lane: one past its last pair in the tile's list
    int32_t *block_end;   // per tile and block: one past the last pair that visited it
    int64_t *tile_counts; // per tile: pixels tested, pixels blended

    // Gradients.
    const float *d_rgb, *d_alpha;
    float *pair_sums; // RENDER_PAIR_SUMS a pair
    float *slot_sums; // the same a slot
    float *gradient;  // rows like those of the cloud
    float *screen;
    uint8_t *is_drawn;
} render_frame;

typedef struct render_kernels {
    const char *name;
    void (*project)(render_frame *frame, size_t chunk);
    // Write the splat's pairs with tiles of the rectangle that its ellipse reaches, row by row; out has room
    // for all of them. Returns how many.
    size_t (*reach)(render_pair *out, const render_record *record, uint32_t slot, const render_reach *reach);
    void (*blend)(const render_frame *frame, int64_t tile);
    void (*blend_backward)(const render_frame *frame, int64_t tile);
    void (*project_backward)(const render_frame *frame, size_t chunk);
} render_kernels;

extern const render_kernels render_kernels_baseline, render_kernels_avx2, render_kernels_avx512;

#endif
