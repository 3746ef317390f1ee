// The optimiser's targets at several resolutions.
#ifndef RECON_PYRAMID_H
#define RECON_PYRAMID_H

#include "optimise.h"

#define RECON_MOST_LEVELS 4

// A target's pictures at one level; level 0 borrows the target's own.
typedef struct recon_level {
    sp_camera camera;
    sp_image rgb, under, weight, matte, matte_weight; // no data where the target has none
    bool owned;
} recon_level;

typedef struct recon_pyramid {
    recon_level *levels; // level * views + view
    int views, count;
    size_t most_pixels;
    int most_width, most_height;
} recon_pyramid;

// levels is reduced for pictures that would become smaller than 16 px.
int recon_pyramid_init(recon_pyramid *out, const recon_target *targets, int views, int levels, sp_pool *pool);
void recon_pyramid_free(recon_pyramid *pyramid);

#endif
