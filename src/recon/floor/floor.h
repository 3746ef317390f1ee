// Whether there is a floor where worlds have it: calibrations of somebody else's may have their origin
// anywhere.
#ifndef RECON_FLOOR_H
#define RECON_FLOOR_H

#include "../stereo/stereo.h"

// Do more of the pixels that match well lie on the plane Z = 0, within params->floor_radius_m, than beneath
// it, seen through it? True where neither is seen.
bool recon_floor_is_there(const recon_stereo_view *views, const recon_depth_map *maps, int count,
                          const recon_stereo_params *params);

#endif
