// How densely views surround a scene.
#ifndef RECON_DENSITY_H
#define RECON_DENSITY_H

#include <stillpoint/recon.h>

// 0: few views far apart, as rigs have (a ring of 48 is one too): what stereo finds has to hold. 1:
// photographs all around, each with many near it, which say by themselves where things are and how they
// shine. In between in proportion. focus: the middle of the scene.
double recon_density(const sp_view *views, int count, sp_vec3 focus);

// What is few where the density is 0 and dense where it is 1, in geometric proportion between.
double recon_blend(double few, double dense, double density);

// Are views so far apart, as seen from the focus, that hardly any surface looks the same from two of them?
// What few depths stereo tells then are no ground to make up others from. A single
// view is apart from none.
bool recon_are_apart(const sp_view *views, int count, sp_vec3 focus);

#endif
