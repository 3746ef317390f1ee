// Lists of the splats that each tile needs, in depth order.
#ifndef RENDER_BIN_H
#define RENDER_BIN_H

#include "kernels.h"

enum { RENDER_BANDS_MOST = 20 };

// A visible splat of a band.
typedef struct render_entry {
    uint32_t slot;
    render_box box;
} render_entry;

// What binning works with; starts zeroed and keeps its memory.
typedef struct render_bins {
    int bands, rows; // rows of tiles a band
    size_t runs;     // of RENDER_RUN depth-sorted splats
    render_band band[RENDER_BANDS_MOST];
    render_box *boxes;     // in depth order
    render_entry *entries; // band by band, in depth order
    uint32_t *starts;      // band * (runs + 1) + run: number of the run's first entry
    size_t boxes_room, entries_room, starts_room, runs_room[RENDER_BANDS_MOST];
} render_bins;

// Fill the tiles of a frame whose visible splats are in depth order. Returns 0 or SP_ENOMEM.
int render_bin(render_bins *bins, render_frame *frame, const render_kernels *kernels, sp_pool *pool);

void render_bins_free(render_bins *bins);

#endif
