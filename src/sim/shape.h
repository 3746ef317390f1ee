// Implicit shapes from blended primitives.
#ifndef SIM_SHAPE_H
#define SIM_SHAPE_H

#include "mesh.h"

typedef enum sim_primitive_kind { SIM_CONE, SIM_ELLIPSOID, SIM_BOX } sim_primitive_kind;

typedef struct sim_primitive {
    sim_primitive_kind kind;
    sp_vec3 a, b;     // cone: ends; ellipsoid and box: centre and half sizes
    double r0, r1;    // cone: radii at the ends; box: r0 rounds its edges
    double blend;     // metres over which it melts into the ones before
    bool is_mirrored; // once more at -x
} sim_primitive;

typedef struct sim_shape {
    const sim_primitive *primitives;
    int count;
} sim_shape;

double sim_primitive_distance(const sim_primitive *primitive, sp_vec3 p);
// Of the blended union; context is a sim_shape.
double sim_shape_distance(const void *context, sp_vec3 p);
// Smooth minimum over a width k: quadratic polynomial.
double sim_smooth_min(double a, double b, double k);

#endif
