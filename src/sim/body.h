// The athlete's surface at rest, bound to bones; posing it (dual quaternion skinning).
#ifndef SIM_BODY_H
#define SIM_BODY_H

#include "mesh.h"
#include "skeleton.h"

#include <stillpoint/base.h>

// Materials of the athlete's triangles; colours come from the rest position (wardrobe.h).
typedef enum sim_skin_material {
    SIM_MAT_BODY,
    SIM_MAT_HEAD,
    SIM_MAT_HAIR,
    SIM_MAT_HELMET,
    SIM_MAT_GOGGLES,
    SIM_MAT_FRAME, // of the goggles
    SIM_MAT_BOOT,
    SIM_MAT_SKI,
    SIM_MAT_BINDING,
    SIM_MAT_SHOE,
    SIM_MAT_BALL,
} sim_skin_material;

typedef enum sim_outfit { SIM_OUTFIT_SKIER, SIM_OUTFIT_PLAYER } sim_outfit;

enum { SIM_INFLUENCES = 4 };

typedef struct sim_body {
    sim_outfit outfit;
    sim_mesh mesh; // at rest
    uint8_t *bone; // SIM_INFLUENCES per vertex
    float *weight; // likewise, sum 1
} sim_body;

int sim_body_build(sim_body *out, sim_outfit outfit);
void sim_body_free(sim_body *body);
// Vertices of a pose, 3 floats each (room for one float more at the end), and normals.
void sim_body_pose(float *position, float *normal, const sim_body *body, const sim_pose *pose);

// Shapes, by outfit: each appends its triangles to the mesh.
int sim_shape_body(sim_mesh *mesh, sim_outfit outfit);
int sim_shape_head(sim_mesh *mesh);
int sim_shape_hair(sim_mesh *mesh);
int sim_shape_helmet(sim_mesh *mesh);
int sim_shape_goggles(sim_mesh *mesh);
int sim_shape_boot(sim_mesh *mesh, double side);
int sim_shape_shoe(sim_mesh *mesh, double side);
int sim_shape_ski(sim_mesh *mesh, double side);

#endif
