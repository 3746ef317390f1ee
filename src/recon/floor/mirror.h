// The floor, the plane Z = 0, as a mirror: what a camera sees in it is what its mirror image under the floor
// sees.
#ifndef RECON_MIRROR_H
#define RECON_MIRROR_H

#include <stillpoint/image.h>
#include <stillpoint/rig.h>

// The camera's mirror image: its pixels look along the mirrored rays. (Its rotation turns space inside out.)
sp_camera recon_mirrored(const sp_camera *camera);
// The share of light that varnish mirrors, by the sine of the angle between ray and floor: Schlick, "An
// Inexpensive BRDF Model for Physically-based Rendering", 1994, for a refractive index of 1.5.
double recon_mirror_share(double sine);
// The sine for a pixel's centre; 0 where its ray does not meet the floor.
double recon_floor_sine(const sp_camera *camera, int x, int y);
// An sRGB value with so much linear light added.
float recon_add_light(float value, float light);
// The part of the picture in which the mirror image of a box of the world may be seen, its edges at multiples
// of 4 px or the picture's own; width 0: none.
sp_rect recon_mirror_window(const sp_camera *camera, const double low[3], const double high[3]);

#endif
