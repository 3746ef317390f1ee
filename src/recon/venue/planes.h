// Large planes of a venue (floor, walls, rows of boards), and the pixels that they explain where stereo was
// silent: a wall whose texture hardly rises above the noise is matched over a large area at once, which a
// plane known from elsewhere makes possible.
// Sources: Fischler and Bolles, "Random Sample Consensus", 1981; Xu and Tao, "Planar Prior Assisted
// PatchMatch Multi-View Stereo", AAAI 2020 (planes as prior).
#ifndef RECON_PLANES_H
#define RECON_PLANES_H

#include "fuse.h"

#define RECON_PLANES 10

// Find up to RECON_PLANES planes in what is confirmed, the largest first, into geometry->planes.
int recon_find_planes(recon_geometry *geometry, sp_pool *pool);

// Give pixels that are not sure the plane that their surroundings match best as a whole, where it matches;
// they are sure from then on.
int recon_settle_on_planes(recon_geometry *geometry, sp_pool *pool);

// Depth at which the ray through pixel (x, y) of a view meets a plane; 0 when it does not within near and
// far.
double recon_plane_depth(const recon_geometry *geometry, int view, const recon_plane *plane, double x,
                         double y);

// The large plane that a pixel of a view lies on; -1: none.
int recon_plane_at(const recon_geometry *geometry, int view, size_t at);

// Does a plane reach as far as a point of it?
bool recon_plane_reaches(const recon_plane *plane, sp_vec3 world);

#endif
