// Colours of splats that no view sees well: what lies behind others, turned away, or at an outline.
#ifndef RECON_UNSEEN_H
#define RECON_UNSEEN_H

#include "../scene.h"
#include "surface.h"

#include <stillpoint/render.h>

// Splats that hide behind others from every view move to unseen (initialised here), in order: the optimiser
// would fade them, for it is told of them by what shines through.
int recon_unseen_split(sp_splat_cloud *unseen, sp_splat_cloud *cloud, const recon_scene *scene,
                       sp_kernels kernels, sp_pool *pool);

// The optimiser gives a splat the colour that makes pictures fit, also where only a last bit of it shines
// through others, or where it lies at an outline beside something else. The worse a splat is seen, the more
// it takes of the colours of the surface's points around it; and a colour that changes with the direction of
// sight (higher SH terms) is kept only as far as a splat was seen from more than one.
int recon_unseen_colour(sp_splat_cloud *cloud, const recon_points *points, const recon_scene *scene,
                        sp_kernels kernels, sp_pool *pool);

#endif
