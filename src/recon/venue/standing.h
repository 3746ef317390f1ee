// What one view sees end the floor stands on it: boards before a crowd, a gate's posts.
// Source: Hoiem, Efros, Hebert, "Geometric Context from a Single Image", ICCV 2005 (the foot of what is
// upright tells how far away it is).
#ifndef RECON_STANDING_H
#define RECON_STANDING_H

#include "fuse.h"

// In a view's columns, the pixels above a confirmed floor that is followed by what is none by its colour,
// where stereo is silent: they get the upright plane through that foot, and in stands (an entry a pixel) how
// many rows they are above the floor.
int recon_stand_up(recon_geometry *geometry, int view, uint8_t *stands);

#endif
