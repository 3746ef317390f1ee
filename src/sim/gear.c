// What the athlete wears and stands on: helmet, goggles, boots, shoes, skis.
#include "body.h"
#include "shape.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static double helmet_distance(const void *context, sp_vec3 p)
{
    (void)context;
    sim_primitive shell = {SIM_ELLIPSOID, {0, -0.012, 1.668}, {0.106, 0.127, 0.122}, 0, 0, 0, false};
    sim_primitive nape = {SIM_ELLIPSOID, {0, -0.060, 1.615}, {0.088, 0.075, 0.085}, 0, 0, 0, false};
    double d = sim_smooth_min(sim_primitive_distance(&shell, p), sim_primitive_distance(&nape, p), 0.04);
    // The opening for the face, and the lower rim.
    sim_primitive face = {SIM_BOX, {0, 0.16, 1.60}, {0.082, 0.135, 0.108}, 0.045, 0, 0, false};
    double rim = (1.582 - 0.30 * (p.y + 0.02)) - p.z;
    return fmax(fmax(d, -sim_primitive_distance(&face, p)), rim);
}

int sim_shape_helmet(sim_mesh *mesh)
{
    return sim_mesh_surface(mesh, helmet_distance, NULL, sp_v3(-0.13, -0.16, 1.50), sp_v3(0.13, 0.14, 1.81),
                            0.0070, SIM_MAT_HELMET);
}

// A curved slab in front of the eyes.
static double visor(sp_vec3 p, double bulge, double half_height, double half_width)
{
    sim_primitive outer = {SIM_ELLIPSOID, {0, 0.0, 1.648}, {0.098, 0.118 + bulge, 0.14}, 0, 0, 0, false};
    sim_primitive window = {SIM_BOX, {0, 0.11, 1.650}, {half_width, 0.07, half_height}, 0.022, 0, 0, false};
    sim_primitive nose = {SIM_ELLIPSOID, {0, 0.12, 1.604}, {0.020, 0.06, 0.018}, 0, 0, 0, false};
    double d = fmax(sim_primitive_distance(&outer, p), sim_primitive_distance(&window, p));
    return fmax(d, -sim_primitive_distance(&nose, p));
}

static double lens_distance(const void *context, sp_vec3 p)
{
    (void)context;
    return visor(p, 0.010, 0.032, 0.074);
}

static double frame_distance(const void *context, sp_vec3 p)
{
    (void)context;
    return visor(p, 0.003, 0.041, 0.083);
}

int sim_shape_goggles(sim_mesh *mesh)
{
    sp_vec3 low = sp_v3(-0.10, 0.03, 1.59), high = sp_v3(0.10, 0.16, 1.71);
    int rc = sim_mesh_surface(mesh, lens_distance, NULL, low, high, 0.0055, SIM_MAT_GOGGLES);
    return rc < 0 ? rc : sim_mesh_surface(mesh, frame_distance, NULL, low, high, 0.0055, SIM_MAT_FRAME);
}

// clang-format off
static const sim_primitive boot[] = {
    {SIM_CONE, {0.120, -0.020, 0.30}, {0.121, -0.018, 0.12}, 0.066, 0.060, 0, false},       // cuff
    {SIM_CONE, {0.121, -0.040, 0.062}, {0.126, 0.06, 0.056}, 0.055, 0.053, 0.04, false},    // shell
    {SIM_CONE, {0.126, 0.06, 0.056}, {0.129, 0.155, 0.046}, 0.053, 0.042, 0.03, false},
    {SIM_BOX, {0.125, 0.055, 0.014}, {0.040, 0.150, 0.016}, 0.010, 0, 0.015, false},        // sole
    {SIM_BOX, {0.124, 0.050, 0.215}, {0.050, 0.012, 0.012}, 0.006, 0, 0.010, false},        // buckles
    {SIM_BOX, {0.124, 0.046, 0.160}, {0.050, 0.014, 0.012}, 0.006, 0, 0.010, false},
};
static const sim_primitive shoe[] = {
    {SIM_CONE, {0.120, -0.018, 0.100}, {0.121, -0.020, 0.06}, 0.047, 0.045, 0, false},
    {SIM_CONE, {0.121, -0.030, 0.050}, {0.127, 0.08, 0.045}, 0.044, 0.043, 0.03, false},
    {SIM_CONE, {0.127, 0.08, 0.045}, {0.130, 0.165, 0.036}, 0.043, 0.033, 0.03, false},
    {SIM_BOX, {0.126, 0.060, 0.013}, {0.043, 0.145, 0.013}, 0.010, 0, 0.012, false},
};
// clang-format on

typedef struct sided {
    sim_shape shape;
    double side;
} sided;

static double sided_distance(const void *context, sp_vec3 p)
{
    const sided *s = context;
    // Nothing sinks below the sole.
    return fmax(sim_shape_distance(&s->shape, sp_v3(s->side * p.x, p.y, p.z)), -p.z);
}

static int sided_surface(sim_mesh *mesh, const sim_primitive *primitives, int count, double side, double top,
                         int material)
{
    sided s = {{primitives, count}, side};
    double x0 = side > 0 ? 0.03 : -0.22;
    return sim_mesh_surface(mesh, sided_distance, &s, sp_v3(x0, -0.13, -0.02), sp_v3(x0 + 0.19, 0.24, top),
                            0.0078, material);
}

int sim_shape_boot(sim_mesh *mesh, double side)
{
    return sided_surface(mesh, boot, COUNT(boot), side, 0.40, SIM_MAT_BOOT);
}

int sim_shape_shoe(sim_mesh *mesh, double side)
{
    return sided_surface(mesh, shoe, COUNT(shoe), side, 0.17, SIM_MAT_SHOE);
}

// Outline of a ski along its length y: half width and height of the base.
static void ski_section(double y, double *half_width, double *base)
{
    const double tail = -0.72, tip = 0.90;
    double f = (y - tail) / (tip - tail), waist = 2 * f - 0.95;
    double width = 0.039 + 0.011 * waist * waist;
    double round_tip = sqrt(fmax(0, 1 - pow(fmax(0, (y - (tip - 0.10)) / 0.10), 2)));
    double round_tail = sqrt(fmax(0, 1 - pow(fmax(0, ((tail + 0.05) - y) / 0.05), 2)));
    *half_width = fmax(0.004, width * round_tip * fmin(1, 0.55 + 0.45 * round_tail));
    double up = fmax(0, (y - (tip - 0.28)) / 0.28), down = fmax(0, ((tail + 0.14) - y) / 0.14);
    *base = SIM_SKI_BASE_M + 0.105 * up * up + 0.03 * down * down;
}

// One ring of the ski's rectangular section: base left, base right, top right, top left, each twice for hard
// edges.
static int ski_ring(sim_mesh *mesh, double side, double y)
{
    const double thickness = 0.016;
    double half, base;
    ski_section(y, &half, &base);
    const double xs[8] = {-1, 1, 1, 1, 1, -1, -1, -1}, zs[8] = {0, 0, 0, 1, 1, 1, 1, 0};
    const double nx[8] = {0, 0, 1, 1, 0, 0, -1, -1}, nz[8] = {-1, -1, 0, 0, 1, 1, 0, 0};
    int first = mesh->vertices;
    for (int i = 0; i < 8; i++) {
        sp_vec3 p = sp_v3(side * 0.125 + xs[i] * half, y, base + zs[i] * thickness);
        int rc = sim_mesh_vertex(mesh, p, sp_v3(nx[i], 0, nz[i]));
        if (rc < 0)
            return rc;
    }
    return first;
}

int sim_shape_ski(sim_mesh *mesh, double side)
{
    enum { SECTIONS = 96 };
    int last = -1;
    for (int s = 0; s <= SECTIONS; s++) {
        int ring = ski_ring(mesh, side, -0.72 + 1.62 * s / SECTIONS);
        if (ring < 0)
            return ring;
        for (int i = 0; last >= 0 && i < 8; i += 2) {
            int rc = sim_mesh_triangle(mesh, last + i, last + i + 1, ring + i + 1, SIM_MAT_SKI);
            if (rc >= 0)
                rc = sim_mesh_triangle(mesh, last + i, ring + i + 1, ring + i, SIM_MAT_SKI);
            if (rc < 0)
                return rc;
        }
        last = ring;
    }
    sp_vec3 toe = sp_v3(side * 0.125, 0.185, -0.002), heel = sp_v3(side * 0.125, -0.120, 0.004);
    int rc = sim_mesh_box(mesh, toe, sp_v3(0.034, 0.035, 0.018), 0, SIM_MAT_BINDING);
    return rc < 0 ? rc : sim_mesh_box(mesh, heel, sp_v3(0.032, 0.040, 0.024), 0, SIM_MAT_BINDING);
}
