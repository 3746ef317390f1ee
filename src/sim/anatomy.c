// The athlete's own surface: torso, limbs and head as blended primitives around the bones of skeleton.c.
#include "body.h"
#include "shape.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define CONE(ax, ay, az, ra, bx, by, bz, rb, k, m)                                                           \
    {                                                                                                        \
        SIM_CONE, {ax, ay, az}, {bx, by, bz}, ra, rb, k, m                                                   \
    }
#define BALL(x, y, z, rx, ry, rz, k, m)                                                                      \
    {                                                                                                        \
        SIM_ELLIPSOID, {x, y, z}, {rx, ry, rz}, 0, 0, k, m                                                   \
    }

// clang-format off
static const sim_primitive torso[] = {
    BALL(0, -0.005, 0.965, 0.158, 0.112, 0.115, 0, false),        // pelvis
    BALL(0.075, -0.058, 0.905, 0.082, 0.078, 0.085, 0.05, true),  // buttocks
    BALL(0, 0.000, 1.09, 0.132, 0.098, 0.16, 0.08, false),        // waist
    BALL(0, 0.000, 1.27, 0.160, 0.112, 0.17, 0.08, false),        // rib cage
    BALL(0.075, 0.055, 1.325, 0.085, 0.055, 0.065, 0.05, true),   // chest muscles
    BALL(0.085, -0.060, 1.33, 0.085, 0.055, 0.10, 0.06, true),    // shoulder blades
    CONE(0.05, -0.015, 1.425, 0.060, 0.165, -0.012, 1.420, 0.060, 0.05, true), // shoulder girdle
    CONE(0.0, -0.025, 1.50, 0.052, 0.11, -0.020, 1.445, 0.038, 0.05, true),    // trapezius
    CONE(0, -0.015, 1.44, 0.060, 0, -0.002, 1.56, 0.054, 0.035, false),        // neck
};
static const sim_primitive arms[] = {
    BALL(0.188, -0.012, 1.405, 0.064, 0.062, 0.066, 0, true),                          // deltoid
    CONE(0.19, -0.012, 1.41, 0.056, 0.30, -0.010, 1.300, 0.051, 0.04, true),           // upper arm
    CONE(0.30, -0.010, 1.300, 0.051, 0.385, -0.012, 1.215, 0.041, 0.03, true),
    CONE(0.385, -0.012, 1.215, 0.042, 0.435, -0.008, 1.165, 0.045, 0.03, true),        // forearm
    CONE(0.435, -0.008, 1.165, 0.045, 0.56, 0.000, 1.040, 0.030, 0.03, true),
};
static const sim_primitive legs[] = {
    CONE(0.092, -0.005, 0.90, 0.098, 0.10, 0.010, 0.70, 0.083, 0.05, true),     // thigh
    CONE(0.10, 0.010, 0.70, 0.083, 0.11, 0.014, 0.52, 0.058, 0.04, true),
    BALL(0.11, 0.022, 0.505, 0.054, 0.052, 0.06, 0.03, true),                   // knee
    CONE(0.11, 0.005, 0.48, 0.053, 0.115, -0.014, 0.37, 0.057, 0.03, true),     // calf
    CONE(0.115, -0.014, 0.37, 0.057, 0.12, -0.012, 0.10, 0.038, 0.04, true),
    CONE(0.12, -0.014, 0.10, 0.040, 0.123, 0.02, 0.05, 0.036, 0.03, true),      // ankle, inside the boot
};
static const sim_primitive bare_hands[] = {
    CONE(0.562, 0.0, 1.038, 0.029, 0.60, 0.004, 1.000, 0.030, 0.02, true),
    BALL(0.612, 0.006, 0.988, 0.034, 0.030, 0.042, 0.02, true),                 // palm
    CONE(0.622, 0.035, 0.975, 0.0125, 0.668, 0.046, 0.922, 0.0105, 0.012, true), // fingers
    CONE(0.630, 0.014, 0.967, 0.0125, 0.682, 0.020, 0.905, 0.0105, 0.010, true),
    CONE(0.630, -0.008, 0.967, 0.0125, 0.680, -0.006, 0.908, 0.0105, 0.010, true),
    CONE(0.624, -0.026, 0.973, 0.0115, 0.662, -0.032, 0.928, 0.0095, 0.010, true),
    CONE(0.592, 0.030, 0.995, 0.0145, 0.610, 0.072, 0.965, 0.0115, 0.014, true), // thumb
};
static const sim_primitive gloves[] = {
    CONE(0.535, 0.0, 1.065, 0.047, 0.575, 0.0, 1.025, 0.040, 0.01, true),       // cuff
    CONE(0.562, 0.0, 1.038, 0.034, 0.60, 0.004, 1.000, 0.036, 0.02, true),
    BALL(0.612, 0.006, 0.988, 0.042, 0.040, 0.050, 0.02, true),
    CONE(0.624, 0.034, 0.973, 0.0175, 0.668, 0.042, 0.926, 0.0155, 0.012, true),
    CONE(0.632, 0.012, 0.965, 0.0175, 0.682, 0.016, 0.908, 0.0155, 0.010, true),
    CONE(0.630, -0.012, 0.967, 0.0175, 0.676, -0.014, 0.914, 0.0155, 0.010, true),
    CONE(0.592, 0.030, 0.995, 0.0195, 0.612, 0.072, 0.965, 0.0165, 0.014, true),
};
// The jersey and the shorts of the player stand off the body.
static const sim_primitive jersey[] = {
    CONE(0.188, -0.012, 1.405, 0.066, 0.268, -0.010, 1.328, 0.071, 0.02, true), // sleeves
    BALL(0, -0.002, 1.02, 0.165, 0.122, 0.13, 0.05, false),
    CONE(0.094, -0.005, 0.88, 0.106, 0.108, 0.004, 0.665, 0.101, 0.012, true),    // shorts
};
// A ski suit is cut wider at the legs, and a collar stands around the neck.
static const sim_primitive suit[] = {
    CONE(0.11, 0.004, 0.52, 0.068, 0.12, -0.010, 0.27, 0.082, 0.04, true),
    CONE(0, -0.014, 1.455, 0.070, 0, -0.008, 1.505, 0.064, 0.02, false),
};
static const sim_primitive head[] = {
    BALL(0, -0.008, 1.662, 0.077, 0.098, 0.092, 0, false),                      // skull
    BALL(0, 0.022, 1.605, 0.060, 0.072, 0.072, 0.04, false),                    // face
    CONE(0.028, 0.045, 1.562, 0.026, 0, 0.064, 1.556, 0.024, 0.025, true),      // jaw and chin
    CONE(0.020, 0.076, 1.667, 0.014, 0.050, 0.058, 1.664, 0.014, 0.02, true),   // brow
    CONE(0, 0.090, 1.650, 0.008, 0, 0.108, 1.617, 0.0115, 0.014, false),        // nose
    BALL(0.012, 0.098, 1.612, 0.009, 0.010, 0.008, 0.01, true),                 // nostrils
    BALL(0.040, 0.068, 1.617, 0.022, 0.020, 0.020, 0.025, true),                // cheekbones
    BALL(0, 0.087, 1.584, 0.024, 0.011, 0.007, 0.008, false),                   // lips
    BALL(0, 0.085, 1.575, 0.020, 0.011, 0.007, 0.006, false),
    BALL(0.079, -0.004, 1.632, 0.010, 0.020, 0.032, 0.008, true),               // ears
    CONE(0, -0.012, 1.47, 0.054, 0, -0.004, 1.58, 0.053, 0.03, false),          // neck
};
static const sim_primitive eye_sockets[] = {
    BALL(0.031, 0.096, 1.642, 0.017, 0.012, 0.010, 0, true),
};
static const sim_primitive hair[] = {
    BALL(0, -0.016, 1.672, 0.087, 0.106, 0.098, 0, false),
    BALL(0, -0.062, 1.625, 0.073, 0.056, 0.075, 0.04, false),
    BALL(0.02, 0.058, 1.742, 0.050, 0.036, 0.026, 0.03, false),                 // a quiff
};
// clang-format on

typedef struct clothed {
    sim_shape part[6];
    double inflate[6]; // cloth over the part
    double blend[6];   // with the parts before it
    int parts;
} clothed;

static double clothed_distance(const void *context, sp_vec3 p)
{
    const clothed *c = context;
    double d = 1e3;
    for (int i = 0; i < c->parts; i++)
        d = sim_smooth_min(d, sim_shape_distance(&c->part[i], p) - c->inflate[i], c->blend[i]);
    return d;
}

int sim_shape_body(sim_mesh *mesh, sim_outfit outfit)
{
    clothed skier = {
        .part = {{torso, COUNT(torso)},
                 {legs, COUNT(legs)},
                 {arms, COUNT(arms)},
                 {suit, COUNT(suit)},
                 {gloves, COUNT(gloves)}},
        .inflate = {0.010, 0.010, 0.010, 0, 0},
        .blend = {0, 0.05, 0.045, 0.03, 0.008},
        .parts = 5,
    };
    clothed player = {
        .part = {{torso, COUNT(torso)},
                 {legs, COUNT(legs)},
                 {arms, COUNT(arms)},
                 {bare_hands, COUNT(bare_hands)},
                 {jersey, COUNT(jersey)}},
        .inflate = {0.006, 0, 0, 0, 0},
        .blend = {0, 0.04, 0.04, 0.015, 0.012},
        .parts = 5,
    };
    return sim_mesh_surface(mesh, clothed_distance, outfit == SIM_OUTFIT_SKIER ? &skier : &player,
                            sp_v3(-0.76, -0.24, 0.0), sp_v3(0.76, 0.24, 1.60), 0.011, SIM_MAT_BODY);
}

static double head_distance(const void *context, sp_vec3 p)
{
    const sim_shape *sockets = context;
    sim_shape solid = {head, COUNT(head)};
    // Smooth difference: the sockets are pressed into the head.
    return -sim_smooth_min(-sim_shape_distance(&solid, p), sim_shape_distance(sockets, p), 0.010);
}

int sim_shape_head(sim_mesh *mesh)
{
    sim_shape sockets = {eye_sockets, COUNT(eye_sockets)};
    return sim_mesh_surface(mesh, head_distance, &sockets, sp_v3(-0.11, -0.13, 1.47), sp_v3(0.11, 0.14, 1.78),
                            0.0058, SIM_MAT_HEAD);
}

static double hair_distance(const void *context, sp_vec3 p)
{
    double cap = sim_shape_distance(context, p);
    // Cut away from the face along a slanted hairline, and from the ears.
    double hairline = (p.y - 0.050) * 0.80 - (p.z - 1.700) * 0.60;
    double ears = 0.030 - sp_v3_norm(sp_v3(fabs(p.x) - 0.085, p.y - 0.010, (p.z - 1.630) * 0.8));
    return fmax(fmax(cap, hairline), ears);
}

int sim_shape_hair(sim_mesh *mesh)
{
    sim_shape shape = {hair, COUNT(hair)};
    return sim_mesh_surface(mesh, hair_distance, &shape, sp_v3(-0.12, -0.14, 1.54), sp_v3(0.12, 0.12, 1.79),
                            0.0070, SIM_MAT_HAIR);
}
