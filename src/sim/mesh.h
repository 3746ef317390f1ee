// Triangle meshes that grow, and surfaces of implicit shapes.
#ifndef SIM_MESH_H
#define SIM_MESH_H

#include <stdint.h>
#include <stillpoint/math.h>

typedef struct sim_mesh {
    int vertices, triangles;
    int vertex_room, triangle_room;
    float *position;    // 3 per vertex, with one spare float at the end for 16-byte reads
    float *normal;      // 3 per vertex
    uint32_t *index;    // 3 per triangle
    uint16_t *material; // per triangle
} sim_mesh;

void sim_mesh_free(sim_mesh *mesh);
// Add a vertex and return its index, or a negative SP_E code.
int sim_mesh_vertex(sim_mesh *mesh, sp_vec3 position, sp_vec3 normal);
int sim_mesh_triangle(sim_mesh *mesh, int a, int b, int c, int material);
// A flat quadrilateral, counter-clockwise seen from where it faces.
int sim_mesh_quad(sim_mesh *mesh, const sp_vec3 corner[4], int material);
// An axis-aligned box turned about z by yaw_rad around its centre.
int sim_mesh_box(sim_mesh *mesh, sp_vec3 center, sp_vec3 half, double yaw_rad, int material);
// A cone or cylinder standing on z, open at the bottom, with smooth normals.
int sim_mesh_cone(sim_mesh *mesh, sp_vec3 base, double radius0, double radius1, double height, int sides,
                  int material);
// An ellipsoid.
int sim_mesh_ellipsoid(sim_mesh *mesh, sp_vec3 center, sp_vec3 radii, int sides, int material);

// A signed distance (negative inside), nearly 1-Lipschitz.
typedef double (*sim_sdf)(const void *context, sp_vec3 p);
// Append the zero surface of sdf inside a box, with cells of about cell_m (naive surface nets: Gibson 1998),
// its vertices then moved onto the surface along the gradient.
int sim_mesh_surface(sim_mesh *mesh, sim_sdf sdf, const void *context, sp_vec3 low, sp_vec3 high,
                     double cell_m, int material);

#endif
