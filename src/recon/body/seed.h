// The first cloud: flat splats on the surface, coloured by the views that see them.
#ifndef RECON_SEED_H
#define RECON_SEED_H

#include "../scene.h"
#include "surface.h"

// Colour every point from the used views' cuts, weighted by how squarely they see it; points that no view
// sees take the colour of a neighbouring instant's cloud (warm, nullable) at the same place of the body, else
// of what is near. trust is set. is_strict: what views see at a slant or at an outline counts as not seen,
// for where few look, a good part of the surface would take the colours of what is behind him from there.
int recon_seed_colours(recon_points *points, const recon_scene *scene, const sp_splat_cloud *warm,
                       bool is_strict, sp_pool *pool);

// One splat a point, at most `most` (evenly thinned). The cloud is initialised here with room for `capacity`.
int recon_seed_cloud(sp_splat_cloud *out, const recon_points *points, size_t most, size_t capacity,
                     int sh_degree);

#endif
