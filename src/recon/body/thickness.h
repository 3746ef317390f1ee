// How deep a body can be where outlines do not tell: a hull of few views is far deeper than what it holds.
#ifndef RECON_THICKNESS_H
#define RECON_THICKNESS_H

#include "../scene.h"
#include "surface.h"

// Take from the hull what lies deeper behind its front in some view than the matte is wide there (the largest
// circle within the outline around a place: Blum, "A transformation for extracting new descriptors of shape",
// 1967), unless a view needs it to cover its matte: then the least deep of what can. surface: points of the
// hull.
int recon_bound_thickness(recon_hull *hull, const recon_points *surface, const recon_scene *scene,
                          sp_pool *pool);

#endif
