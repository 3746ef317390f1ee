// Several athletes: one body, so many times, each at its place and in its own time.
#include "cast.h"

#include <stillpoint/base.h>

#define LAG_S 0.04

static sp_vec3 triple(const float *all, int vertex)
{
    const float *v = all + 3 * (size_t)vertex;
    return sp_v3(v[0], v[1], v[2]);
}

int sim_troupe_build(sim_world *world)
{
    const sim_mesh *body = &world->body.mesh;
    for (int k = 0; k < world->athletes; k++) {
        int first = k * body->vertices, rc = 0;
        for (int v = 0; v < body->vertices && rc >= 0; v++)
            rc = sim_mesh_vertex(&world->troupe, triple(body->position, v), triple(body->normal, v));
        for (int t = 0; t < body->triangles && rc >= 0; t++) {
            const uint32_t *corner = body->index + 3 * (size_t)t;
            rc = sim_mesh_triangle(&world->troupe, first + (int)corner[0], first + (int)corner[1],
                                   first + (int)corner[2], body->material[t]);
        }
        if (rc < 0)
            return rc;
    }
    return 0;
}

// The first in the middle, the others in turn on his left and right: places 0, 1, -1, 2, -2, ...
void sim_troupe_pose(sim_pose *out, const sim_world *world, int athlete, double t_s)
{
    int place = (athlete + 1) / 2 * (athlete % 2 ? 1 : -1);
    sim_motion_pose(out, world->motion, t_s + LAG_S * place);
    sim_pose_translate(out, sp_v3(0, world->spacing_m * place, 0));
}
