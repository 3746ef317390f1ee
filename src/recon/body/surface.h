// Oriented points on the athlete's surface, and which views see them.
#ifndef RECON_SURFACE_H
#define RECON_SURFACE_H

#include "hull.h"

// Points in struct-of-arrays form: three planes of `count` each. spacing_m: typical distance between
// neighbours.
typedef struct recon_points {
    int64_t count;
    double spacing_m;
    float *position[3], *normal[3]; // metres; unit, outwards
    float *colour[3];               // sRGB 0..1
    float *trust;                   // how well some view sees it: 0 none .. 1 head on
    float *memory;
} recon_points;

int recon_points_init(recon_points *out, int64_t count);
void recon_points_free(recon_points *points);

// One point for each grid cell that the zero level crosses (the vertices of Gibson's surface nets, 1998),
// moved onto the level, with normals from the field smoothed over a voxel.
int recon_surface_points(recon_points *out, const recon_hull *hull, sp_pool *pool);

// What a view sees of the points: per pixel the nearest depth in metres (INFINITY: nothing), each point
// painted as a disc that closes the gaps between neighbours. depth is initialised here to the camera's size.
int recon_depth_of_points(sp_image *depth, const recon_points *points, const sp_camera *camera);

// How well a view sees a point: cosine between normal and line of sight, 0 when it is hidden (more than
// slack_m behind the depth map), outside the picture or turned away. px (nullable) receives where.
float recon_point_sight(double px[2], const recon_points *points, int64_t index, const sp_camera *camera,
                        const sp_image *depth, double slack_m);

#endif
