// Depth maps of several views to one set of oriented seeds without duplicates.
#ifndef RECON_FUSE_H
#define RECON_FUSE_H

#include "../stereo/stereo.h"

#include <stillpoint/splat.h>

// What is nearer than another view sees, by this share of the distance, stands in its way.
#define RECON_SEEN_THROUGH 0.04

// Shares of the usual distance of what is looked at (recon_is_inside()).
#define RECON_AMONG_VIEWS 1.2
#define RECON_MIDDLE 0.5

#define RECON_LIKE_COLOUR 0.07f // mean difference of channels of what is believed among the views

// normal . x = offset, in the world; seen from the side that the unit normal points to.
// It reaches from middle - reach to middle + reach along each of two axes within it.
typedef struct recon_plane {
    sp_vec3 normal;
    double offset;
    sp_vec3 axes[2];
    double middle[2], reach[2];
} recon_plane;

// How far a pixel's depth is believed: two other views agree, or just one where hardly more look.
enum { RECON_UNCONFIRMED, RECON_SURE, RECON_LONELY };

// Which pixels of each map another view confirms, and depths for the rest.
typedef struct recon_geometry {
    int count;
    recon_stereo_view *views; // borrowed; recon_depths() evens out their colours
    double (*gains)[3];       // what it divided them by, per view; owned
    recon_depth_map *maps;    // owned; unconfirmed pixels hold a completed depth after recon_complete()
    uint8_t **confirmed;      // per view and pixel, 0 or how; owned
    uint8_t **nowhere; // per view and pixel: no place is plausible (recon_complete()); owned, NULL before
    recon_stereo_params params;
    recon_plane *planes; // large ones of the venue, the largest first; owned
    int plane_count;
    uint8_t *is_floor; // per cell of the ground, 1 where the floor is known to be (ground.h); NULL: nowhere;
                       // owned
    double ground_radius_m; // of the circle around floor_x, floor_y that these cells fill: recon_confirm()
                            // may give the floor itself another radius
    double reach_m; // distance from the floor's centre that holds nearly all that was confirmed, found by
                    // recon_confirm()
} recon_geometry;

void recon_geometry_free(recon_geometry *geometry);

// One byte per pixel of each view, 0; NULL without memory.
uint8_t **recon_pixel_flags(const recon_geometry *geometry);
void recon_free_pixel_flags(uint8_t **flags, int count);

// Fill confirmed: a depth is believed when more views agree with it than see through it.
int recon_confirm(recon_geometry *geometry, sp_pool *pool);

// Believe islands of surface in a view's map no longer that are there by chance: crumbs; those that end where
// nothing ends in the picture, as in a sky; small ones that hang far before all that is sure around them.
int recon_drop_debris(recon_geometry *geometry, int view);

// Give unconfirmed pixels the depth that other views are sure of, where such a surface faces the view,
// nothing nearer hides it, and it has their colour; they are lonely from then on. The pictures' colours have
// to be even.
int recon_borrow(recon_geometry *geometry, sp_pool *pool);

// Give unconfirmed pixels a depth: that of confirmed surroundings of the same colour, continued; else the
// floor, where other views see the same colour on it; else a far shell. It is pushed back as far as needed
// not to stand in what another view sees through. In a rig that looks at something in its middle: a plane
// under all that, where the pixel looks right on it; surroundings, where it looks right or like them; else a
// shell, but nothing is made of what looks like what stands in the middle and fits nowhere.
int recon_complete(recon_geometry *geometry, sp_pool *pool);

// Make nothing of pixels among the views of a rig that looks at something in its middle (recon_is_inside())
// that more of the others look past than see. Call after recon_complete().
void recon_doubt(recon_geometry *geometry, sp_pool *pool);

// One flat splat per patch of even colour, finest views first, at most budget of them; what one view's patch
// explains is not repeated from another, nor made up beside it where another view's depth is not confirmed.
// Appends to out.
int recon_fuse(sp_splat_cloud *out, const recon_geometry *geometry, int budget);

// What the stereo says of a plane at every pixel that is not sure, where it does not hide anything from
// others; RECON_COST_NOTHING elsewhere.
void recon_plane_costs(float *out, const recon_geometry *geometry, int view, const recon_plane *plane);

// Mean difference of the channels between two pixels.
float recon_unlike(const sp_image *a, size_t at, const sp_image *b, size_t there);

// The world point of a pixel of a view at a depth, and at that of its map.
sp_vec3 recon_world_of(const recon_geometry *geometry, int view, size_t at, double depth);
sp_vec3 recon_world_at(const recon_geometry *geometry, int view, size_t at);

// Depth at which the ray through (x, y) meets the floor at a height from above; 0 where it does not.
double recon_floor_depth(const sp_camera *camera, double x, double y, double floor_z);

// Pixel of a view that a world point falls on, and its depth there; false when outside the picture, or where
// that does not show the venue.
bool recon_pixel_in(size_t *at, double *depth, const recon_geometry *geometry, int view, sp_vec3 world);

// Does a world point fall into the picture of another view than this one?
bool recon_is_looked_at(const recon_geometry *geometry, int view, sp_vec3 world);

// Do at least half of the other views that look at a pixel's world point, and have nothing confirmed before
// it, see the pixel's colour there?
bool recon_colour_agrees(const recon_geometry *geometry, int view, size_t at, sp_vec3 world);

// Is the point in the middle of a rig that looks at something there, within a share of the usual distance?
bool recon_is_inside(const recon_geometry *geometry, sp_vec3 world, double share);

// May a pixel that is not sure lie at a world point among the views? Many look through there: some other one
// has to see just its colour there, and at least half of those that look (as above).
bool recon_looks_right(const recon_geometry *geometry, int view, size_t at, sp_vec3 world, float unlike);

// Is the point where athletes move, above the floor in the middle of the rig, or would it hide that from a
// view?
bool recon_in_action(const recon_geometry *geometry, sp_vec3 world);

// Is the point where viewpoints move, or nearly? What is made up there would stand in their way.
bool recon_is_among_viewpoints(const recon_geometry *geometry, sp_vec3 world);

// Does another view than this one (-1: any) see confirmed surface behind the point?
bool recon_stands_in_the_way(const recon_geometry *geometry, int view, sp_vec3 world);

// What no view saw: a coarse floor and a far shell behind everything, coloured from what was seen nearest to
// them, so that no viewpoint looks into nothing; the finer the more splats the venue has. Appends to out.
int recon_scaffold(sp_splat_cloud *out, const recon_geometry *geometry, int budget, sp_pool *pool);

// Of the shell at a radius around the floor's centre, finely what lies between the pictures of the views:
// these are continued there as in a mirror. Appends to out.
int recon_backdrop(sp_splat_cloud *out, const recon_geometry *geometry, double radius, double cell_rad,
                   sp_pool *pool);

// Before the shell, what lies just beside the pictures, where no view looks: each continued beyond its sides
// as in a mirror, as far away as what is mirrored, so that what a border cuts is whole. Appends to out.
int recon_beside(sp_splat_cloud *out, const recon_geometry *geometry);

// Append one flat splat: sigma_u across the line of sight of a camera at eye, sigma_v along the tilt of the
// surface.
int recon_append_disc(sp_splat_cloud *out, sp_vec3 position, sp_vec3 normal, sp_vec3 eye, double sigma_u,
                      double sigma_v, const float rgb[3], float opacity);

#endif
