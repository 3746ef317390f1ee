// Adam's arithmetic for a chunk of splats, compiled per instruction set.
#ifndef RECON_ADAM_CHUNK_H
#define RECON_ADAM_CHUNK_H

#include "adam.h"

#define ADAM_BLOCK 16 // a row's capacity is a multiple of it

typedef struct adam_chunk {
    float *parameter, *first, *second, *gradient; // row 0 at the chunk's first splat
    size_t stride;                                // from row to row
    int rows, count;                              // count is a multiple of ADAM_BLOCK
    const float *step;          // count: bias correction of each splat, 0 where it does not move
    const uint8_t *block_moves; // one a block: whether any of its splats moves
    const float *rate;          // one a row, 0: left alone
    const recon_bounds *bounds;
} adam_chunk;

// One step of the splats that move, then their bounds; the gradient of all becomes 0.
typedef void adam_chunk_kernel(const adam_chunk *chunk);
adam_chunk_kernel adam_chunk_baseline, adam_chunk_avx2, adam_chunk_avx512;

#endif
