// Naive surface nets (S. Gibson, "Constrained Elastic Surface Nets", MICCAI 1998): one vertex in every cell
// that the surface crosses, one quadrilateral for every lattice edge that it crosses.
#include "mesh.h"

#include <stdlib.h>

#include <stillpoint/base.h>

enum { BLOCK = 8 };

typedef struct lattice {
    sim_sdf sdf;
    const void *context;
    sp_vec3 low;
    double cell;
    int n[3];     // nodes per axis
    float *value; // at nodes
    int *vertex;  // of the cell whose low corner is the node, -1: none
} lattice;

static size_t node_at(const lattice *l, int x, int y, int z)
{
    return ((size_t)z * (size_t)l->n[1] + (size_t)y) * (size_t)l->n[0] + (size_t)x;
}

static sp_vec3 node_point(const lattice *l, double x, double y, double z)
{
    return sp_v3_add(l->low, sp_v3(x * l->cell, y * l->cell, z * l->cell));
}

// Evaluate block by block; a block whose centre is far from the surface gets the centre's value everywhere.
static void fill_values(lattice *l)
{
    const double reach = 1.5 * BLOCK * l->cell;
    for (int z0 = 0; z0 < l->n[2]; z0 += BLOCK)
        for (int y0 = 0; y0 < l->n[1]; y0 += BLOCK)
            for (int x0 = 0; x0 < l->n[0]; x0 += BLOCK) {
                double half = BLOCK / 2.0;
                double center = l->sdf(l->context, node_point(l, x0 + half, y0 + half, z0 + half));
                for (int z = z0; z < z0 + BLOCK && z < l->n[2]; z++)
                    for (int y = y0; y < y0 + BLOCK && y < l->n[1]; y++)
                        for (int x = x0; x < x0 + BLOCK && x < l->n[0]; x++)
                            l->value[node_at(l, x, y, z)] =
                                (float)(fabs(center) > reach ? center
                                                             : l->sdf(l->context, node_point(l, x, y, z)));
            }
}

static sp_vec3 gradient(const lattice *l, sp_vec3 p)
{
    double h = 0.25 * l->cell;
    double d[3];
    for (int a = 0; a < 3; a++) {
        sp_vec3 step = sp_v3(a == 0 ? h : 0, a == 1 ? h : 0, a == 2 ? h : 0);
        d[a] = (l->sdf(l->context, sp_v3_add(p, step)) - l->sdf(l->context, sp_v3_sub(p, step))) / (2 * h);
    }
    return sp_v3(d[0], d[1], d[2]);
}

// Mean of the crossings of a cell's twelve edges; false when there are none.
static bool cell_crossing(sp_vec3 *out, const lattice *l, int x, int y, int z)
{
    static const unsigned char edges[12][2] = {{0, 1}, {2, 3}, {4, 5}, {6, 7}, {0, 2}, {1, 3},
                                               {4, 6}, {5, 7}, {0, 4}, {1, 5}, {2, 6}, {3, 7}};
    double value[8];
    for (int i = 0; i < 8; i++)
        value[i] = l->value[node_at(l, x + (i & 1), y + (i >> 1 & 1), z + (i >> 2))];
    sp_vec3 sum = {0};
    int count = 0;
    for (int e = 0; e < 12; e++) {
        int a = edges[e][0], b = edges[e][1];
        if ((value[a] < 0) == (value[b] < 0))
            continue;
        double f = value[a] / (value[a] - value[b]);
        sum = sp_v3_add(sum, sp_v3_lerp(node_point(l, x + (a & 1), y + (a >> 1 & 1), z + (a >> 2)),
                                        node_point(l, x + (b & 1), y + (b >> 1 & 1), z + (b >> 2)), f));
        count++;
    }
    if (!count)
        return false;
    *out = sp_v3_scale(sum, 1.0 / count);
    return true;
}

static int place_vertices(lattice *l, sim_mesh *mesh)
{
    for (int z = 0; z + 1 < l->n[2]; z++)
        for (int y = 0; y + 1 < l->n[1]; y++)
            for (int x = 0; x + 1 < l->n[0]; x++) {
                sp_vec3 p;
                if (!cell_crossing(&p, l, x, y, z))
                    continue;
                sp_vec3 g = gradient(l, p);
                for (int i = 0; i < 2; i++) {
                    double squared = sp_v3_dot(g, g);
                    double d = l->sdf(l->context, p);
                    // Steps longer than half a cell come from creases: better to stay there than to fold the
                    // surface.
                    if (squared > 0.05 && fabs(d) < 0.5 * l->cell)
                        p = sp_v3_sub(p, sp_v3_scale(g, d / squared));
                    g = gradient(l, p);
                }
                int at = sim_mesh_vertex(mesh, p, sp_v3_unit(g));
                if (at < 0)
                    return at;
                l->vertex[node_at(l, x, y, z)] = at;
            }
    return 0;
}

// One quadrilateral per crossed edge along `axis`, from the four cells around it.
static int join_edge(const lattice *l, sim_mesh *mesh, const int at[3], int axis, int material)
{
    int u = (axis + 1) % 3, v = (axis + 2) % 3;
    int next[3] = {at[0], at[1], at[2]};
    next[axis]++;
    bool in0 = l->value[node_at(l, at[0], at[1], at[2])] < 0;
    bool in1 = l->value[node_at(l, next[0], next[1], next[2])] < 0;
    if (in0 == in1 || at[u] == 0 || at[v] == 0)
        return 0;
    static const signed char around[4][2] = {{-1, -1}, {0, -1}, {0, 0}, {-1, 0}};
    int corner[4];
    for (int i = 0; i < 4; i++) {
        int cell[3] = {at[0], at[1], at[2]};
        cell[u] += around[i][0];
        cell[v] += around[i][1];
        corner[i] = l->vertex[node_at(l, cell[0], cell[1], cell[2])];
        if (corner[i] < 0)
            return 0; // the surface leaves the box here
    }
    // Counter-clockwise seen from outside: the order turns round when the inside lies at the far end.
    int second = in0 ? corner[1] : corner[3], last = in0 ? corner[3] : corner[1];
    int rc = sim_mesh_triangle(mesh, corner[0], second, corner[2], material);
    return rc < 0 ? rc : sim_mesh_triangle(mesh, corner[0], corner[2], last, material);
}

static int join_vertices(const lattice *l, sim_mesh *mesh, int material)
{
    for (int z = 0; z + 1 < l->n[2]; z++)
        for (int y = 0; y + 1 < l->n[1]; y++)
            for (int x = 0; x + 1 < l->n[0]; x++)
                for (int axis = 0; axis < 3; axis++) {
                    int rc = join_edge(l, mesh, (int[3]){x, y, z}, axis, material);
                    if (rc < 0)
                        return rc;
                }
    return 0;
}

int sim_mesh_surface(sim_mesh *mesh, sim_sdf sdf, const void *context, sp_vec3 low, sp_vec3 high,
                     double cell_m, int material)
{
    lattice l = {.sdf = sdf, .context = context, .low = low, .cell = cell_m};
    sp_vec3 size = sp_v3_sub(high, low);
    l.n[0] = (int)ceil(size.x / cell_m) + 2;
    l.n[1] = (int)ceil(size.y / cell_m) + 2;
    l.n[2] = (int)ceil(size.z / cell_m) + 2;
    size_t nodes = (size_t)l.n[0] * (size_t)l.n[1] * (size_t)l.n[2];
    int rc = SP_ENOMEM;
    l.value = sp_calloc(nodes, sizeof(float));
    l.vertex = sp_calloc(nodes, sizeof(int));
    if (l.value && l.vertex) {
        for (size_t i = 0; i < nodes; i++)
            l.vertex[i] = -1;
        fill_values(&l);
        rc = place_vertices(&l, mesh);
        if (rc >= 0)
            rc = join_vertices(&l, mesh, material);
    }
    free(l.value);
    free(l.vertex);
    return rc;
}
