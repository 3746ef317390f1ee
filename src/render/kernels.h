// The steps of drawing that have vector code, and the memory that they share. kernels_wide.inc is compiled
// once an instruction set, and each compilation fills one render_kernels; engine.c calls them in order.
//
// A picture is cut into tiles of 32x32 pixels, counted from the corner of the camera's picture whatever
// window of it is drawn; a tile into 64 blocks of 4x4, whose pixels are the lanes of one vector. A pair is a
// splat in a tile's list, with a bit for each block that its ellipse reaches.
#ifndef RENDER_KERNELS_H
#define RENDER_KERNELS_H

#include "camera_sums.h"

enum {
    RENDER_LANES = 16,
    RENDER_TILE = 32,
    RENDER_BLOCKS = RENDER_TILE * RENDER_TILE / RENDER_LANES,
    RENDER_GROUP = 16,  // splats projected at once
    RENDER_CHUNK = 512, // splats an item of work projects; they share a range of slots
    RENDER_RUN = 1024,  // depth-sorted splats whose gradients one item of work gathers
    RENDER_MORE = 4,    // what a splat shows beside its colour
    RENDER_PAIR_SUMS = 12,
};

// A projected splat, one cache line. With d the offset of a pixel from (x, y):
// alpha = 2^(log2_opacity - t^2 - s^2), t = a dx + b dy, s = c dy: the Cholesky factors of the inverse of the
// projected covariance, scaled by log2(e) / 2. This form has no large terms that cancel.
typedef struct render_record {
    float x, y, a, b, c, log2_opacity, rgb[3];
    float more[RENDER_MORE]; // depth; normal in the world, towards the camera, when the frame asks for it
    float slope_x;           // on a row of pixels dy below the centre, t is zero at dx = slope_x dy
    float extreme_y;         // dy of the rightmost point that is reached; the leftmost lies opposite
    float inverse_a;
} render_record;

typedef struct render_box {
    uint16_t x0, y0, x1, y1; // tiles, half-open
} render_box;

// A splat in a tile, as found in depth order over a band; its number there is its emission.
typedef struct render_hit {
    uint64_t blocks; // bit 8 * row + column
    uint32_t slot;   // of the record
    uint32_t tile;   // in the band
} render_hit;

// The same in the tile's list.
typedef struct render_pair {
    uint64_t blocks;
    uint32_t slot, emission;
} render_pair;

// A band of tile rows, binned as one item of work.
typedef struct render_band {
    int row0, row1;
    render_hit *hits;   // in depth order
    render_pair *pairs; // tile by tile
    size_t capacity, count;
    size_t first_sum; // of its pairs in render_frame.pair_sums
    uint32_t *runs;   // per run of RENDER_RUN sorted splats: the number of its first pair; then the count
    int code;         // SP_ENOMEM when its memory ran out
} render_band;

// Where to look for a splat's pairs.
typedef struct render_reach {
    int x0, y0, x1, y1;   // tiles, half-open
    int row0, tiles_x;    // of the band, for the tiles' numbers
    int tile_x0, tile_y0; // as in render_frame
    float log2_cutoff;
} render_reach;

typedef struct render_tile {
    uint32_t first, count; // in the pairs of its band
    int32_t end;           // one past the last pair that visited any block
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
    int tile_x0, tile_y0, tiles_x, tiles_y; // those that the window touches

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

    // Bins.
    int bands;
    render_band *band;
    render_tile *tiles;

    // Pictures; NULL where not wanted.
    float *rgb, *alpha, *depth, *normal;
    const float *under;
    int32_t *block_end;   // per tile and block: one past the last pair that visited it
    int64_t *tile_counts; // per tile: pixels tested, pixels blended

    // Gradients.
    const float *d_rgb, *d_alpha;
    float *pair_sums; // RENDER_PAIR_SUMS a pair
    float *slot_sums; // the same a slot
    float *gradient;  // rows like those of the cloud
    float *screen;
    uint8_t *is_drawn;
    double *camera_sums; // RENDER_CAMERA_SUMS a chunk; NULL: not wanted
} render_frame;

typedef struct render_kernels {
    const char *name;
    // Fills group_visible with those that may be in the picture; project leaves those that are.
    void (*cull)(render_frame *frame, size_t chunk);
    void (*project)(render_frame *frame, size_t chunk);
    // Write the splat's hits of tiles of the rectangle that its ellipse reaches, row by row; out has room for
    // all of them. Returns how many.
    size_t (*reach)(render_hit *out, const render_record *record, uint32_t slot, const render_reach *reach);
    void (*blend)(const render_frame *frame, int64_t tile);
    void (*blend_backward)(const render_frame *frame, int64_t tile);
    void (*project_backward)(const render_frame *frame, size_t chunk);
} render_kernels;

extern const render_kernels render_kernels_baseline, render_kernels_avx2, render_kernels_avx512;

#endif
