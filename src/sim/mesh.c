#include "mesh.h"

#include <stdlib.h>

#include <stillpoint/base.h>

void sim_mesh_free(sim_mesh *mesh)
{
    free(mesh->position);
    free(mesh->normal);
    free(mesh->index);
    free(mesh->material);
    *mesh = (sim_mesh){0};
}

static int no_memory(void)
{
    return sp_error(SP_ENOMEM, "memory ran out while building the scene's surfaces");
}

static int grow_vertices(sim_mesh *mesh)
{
    int room = mesh->vertex_room ? mesh->vertex_room * 2 : 1024;
    float *position = realloc(mesh->position, ((size_t)room * 3 + 1) * sizeof(float));
    if (!position)
        return no_memory();
    mesh->position = position;
    float *normal = realloc(mesh->normal, (size_t)room * 3 * sizeof(float));
    if (!normal)
        return no_memory();
    mesh->normal = normal;
    mesh->vertex_room = room;
    return 0;
}

int sim_mesh_vertex(sim_mesh *mesh, sp_vec3 position, sp_vec3 normal)
{
    if (mesh->vertices == mesh->vertex_room) {
        int rc = grow_vertices(mesh);
        if (rc < 0)
            return rc;
    }
    float *p = mesh->position + 3 * (size_t)mesh->vertices, *n = mesh->normal + 3 * (size_t)mesh->vertices;
    p[0] = (float)position.x;
    p[1] = (float)position.y;
    p[2] = (float)position.z;
    p[3] = 0;
    n[0] = (float)normal.x;
    n[1] = (float)normal.y;
    n[2] = (float)normal.z;
    return mesh->vertices++;
}

int sim_mesh_triangle(sim_mesh *mesh, int a, int b, int c, int material)
{
    if (a < 0 || b < 0 || c < 0)
        return a < 0 ? a : b < 0 ? b : c;
    if (mesh->triangles == mesh->triangle_room) {
        int room = mesh->triangle_room ? mesh->triangle_room * 2 : 1024;
        uint32_t *index = realloc(mesh->index, (size_t)room * 3 * sizeof(uint32_t));
        if (!index)
            return no_memory();
        mesh->index = index;
        uint16_t *materials = realloc(mesh->material, (size_t)room * sizeof(uint16_t));
        if (!materials)
            return no_memory();
        mesh->material = materials;
        mesh->triangle_room = room;
    }
    uint32_t *t = mesh->index + 3 * (size_t)mesh->triangles;
    t[0] = (uint32_t)a;
    t[1] = (uint32_t)b;
    t[2] = (uint32_t)c;
    mesh->material[mesh->triangles++] = (uint16_t)material;
    return 0;
}

int sim_mesh_quad(sim_mesh *mesh, const sp_vec3 corner[4], int material)
{
    sp_vec3 normal =
        sp_v3_unit(sp_v3_cross(sp_v3_sub(corner[1], corner[0]), sp_v3_sub(corner[2], corner[0])));
    int at[4];
    for (int i = 0; i < 4; i++)
        at[i] = sim_mesh_vertex(mesh, corner[i], normal);
    int rc = sim_mesh_triangle(mesh, at[0], at[1], at[2], material);
    return rc < 0 ? rc : sim_mesh_triangle(mesh, at[0], at[2], at[3], material);
}

int sim_mesh_box(sim_mesh *mesh, sp_vec3 center, sp_vec3 half, double yaw_rad, int material)
{
    static const signed char faces[6][4][3] = {
        {{1, -1, -1}, {1, 1, -1}, {1, 1, 1}, {1, -1, 1}},
        {{-1, 1, -1}, {-1, -1, -1}, {-1, -1, 1}, {-1, 1, 1}},
        {{1, 1, -1}, {-1, 1, -1}, {-1, 1, 1}, {1, 1, 1}},
        {{-1, -1, -1}, {1, -1, -1}, {1, -1, 1}, {-1, -1, 1}},
        {{-1, -1, 1}, {1, -1, 1}, {1, 1, 1}, {-1, 1, 1}},
        {{-1, 1, -1}, {1, 1, -1}, {1, -1, -1}, {-1, -1, -1}},
    };
    double c = cos(yaw_rad), s = sin(yaw_rad);
    for (int f = 0; f < 6; f++) {
        sp_vec3 corner[4];
        for (int i = 0; i < 4; i++) {
            double x = faces[f][i][0] * half.x, y = faces[f][i][1] * half.y, z = faces[f][i][2] * half.z;
            corner[i] = sp_v3_add(center, sp_v3(c * x - s * y, s * x + c * y, z));
        }
        int rc = sim_mesh_quad(mesh, corner, material);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int sim_mesh_cone(sim_mesh *mesh, sp_vec3 base, double radius0, double radius1, double height, int sides,
                  int material)
{
    int first = mesh->vertices;
    for (int i = 0; i < sides; i++) {
        double a = 2 * M_PI * i / sides, c = cos(a), s = sin(a);
        sp_vec3 normal = sp_v3_unit(sp_v3(c * height, s * height, radius0 - radius1));
        int rc = sim_mesh_vertex(mesh, sp_v3_add(base, sp_v3(c * radius0, s * radius0, 0)), normal);
        if (rc >= 0)
            rc = sim_mesh_vertex(mesh, sp_v3_add(base, sp_v3(c * radius1, s * radius1, height)), normal);
        if (rc < 0)
            return rc;
    }
    int top = sim_mesh_vertex(mesh, sp_v3_add(base, sp_v3(0, 0, height)), sp_v3(0, 0, 1));
    for (int i = 0; i < sides; i++) {
        int a = first + 2 * i, b = first + 2 * ((i + 1) % sides);
        int rc = sim_mesh_triangle(mesh, a, b, b + 1, material);
        if (rc >= 0)
            rc = sim_mesh_triangle(mesh, a, b + 1, a + 1, material);
        if (rc >= 0 && radius1 > 0)
            rc = sim_mesh_triangle(mesh, a + 1, b + 1, top, material);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int sim_mesh_ellipsoid(sim_mesh *mesh, sp_vec3 center, sp_vec3 radii, int sides, int material)
{
    int rings = sides / 2, first = mesh->vertices;
    for (int j = 0; j <= rings; j++) {
        double polar = M_PI * j / rings;
        for (int i = 0; i < sides; i++) {
            double a = 2 * M_PI * i / sides;
            sp_vec3 d = sp_v3(sin(polar) * cos(a), sin(polar) * sin(a), cos(polar));
            sp_vec3 p = sp_v3_add(center, sp_v3(d.x * radii.x, d.y * radii.y, d.z * radii.z));
            int rc = sim_mesh_vertex(mesh, p, sp_v3_unit(sp_v3(d.x / radii.x, d.y / radii.y, d.z / radii.z)));
            if (rc < 0)
                return rc;
        }
    }
    for (int j = 0; j < rings; j++)
        for (int i = 0; i < sides; i++) {
            int a = first + j * sides + i, b = first + j * sides + (i + 1) % sides;
            int rc = sim_mesh_triangle(mesh, a, a + sides, b + sides, material);
            if (rc >= 0)
                rc = sim_mesh_triangle(mesh, a, b + sides, b, material);
            if (rc < 0)
                return rc;
        }
    return 0;
}
