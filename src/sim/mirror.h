// A polished floor: what its coat mirrors, weighted by the Fresnel term of varnish or ice.
#ifndef SIM_MIRROR_H
#define SIM_MIRROR_H

#include "picture.h"

// The share of the mirrored light in what the surface sends back along a ray that met it: Schlick's
// approximation ("An Inexpensive BRDF Model for Physically-based Rendering", 1994) for a refractive index of
// 1.5, times how polished the surface is.
double sim_mirror_share(const sim_surface *surface, sp_vec3 normal, sp_vec3 direction);
sp_vec3 sim_mirror_direction(sp_vec3 normal, sp_vec3 direction);
// Whether the ray meets a polished surface that shows the athlete, and what it then adds to the pixel. fx: of
// the camera, in px; a and b, in [0, 1), choose the sample of the sun.
bool sim_mirror_athlete(sim_rgb *out, const sim_actor *actor, const sim_stage *stage, const sim_ray *ray,
                        double fx, double a, double b);

#endif
