// Pictures that were exposed differently, brought to one exposure: a gain per view and channel, told from
// surfaces that several of them show. Unlike colours of one surface make it look like several, to the stereo
// as to the optimiser.
// Sources: Brown and Lowe, "Automatic Panoramic Image Stitching using Invariant Features", IJCV 2007 (gains
// that least squares agree on, held to 1 by a prior).
#ifndef RECON_COLOURS_H
#define RECON_COLOURS_H

#include "../stereo/stereo.h"

// How many times as bright as all views' mean (geometric: gains multiply to 1) each view shows what it shows,
// per channel: where depths of two views agree, one colour is seen twice. Views that show nothing that others
// do have 1. gains has count entries; maps are of the views' sizes.
int recon_colour_gains(double (*gains)[3], const recon_stereo_view *views, const recon_depth_map *maps,
                       int count, sp_pool *pool);

// Divide a view's pictures by its gains.
int recon_even_colours(recon_stereo_view *view, const double gains[3]);

#endif
