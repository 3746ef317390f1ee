// Snow: a kicker, a landing with painted lines, boards, two stands, woods, hills.
#include "motion.h"
#include "noise.h"
#include "venue.h"

#include <stillpoint/base.h>

enum { GRID = 160 };
#define GRID_HALF_M 120.0

// Height of the land. Exactly 0 within 27 m of the middle.
static double land(double x, double y)
{
    double r = sqrt(x * x + y * y);
    double rise = sim_step(30, 115, r), hills = sim_fbm2(x * 0.035, y * 0.035, 4, 0, 61);
    double height = rise * (4 + 26 * hills) * sim_step(-20, 60, r - 20);
    // The run-in comes down a slope behind the kicker.
    double slope = fmax(0, (-x - 27) * 0.42) * (1 - sim_step(9, 22, fabs(y)));
    double piste = 1 - sim_step(8, 20, fabs(y));
    return r < 27 ? 0 : x < -27 ? height * (1 - piste) + slope * piste : height;
}

static int add_land(sim_venue *venue, int paint)
{
    sim_mesh *mesh = &venue->mesh;
    int first = mesh->vertices;
    double cell = 2 * GRID_HALF_M / GRID;
    for (int j = 0; j <= GRID; j++)
        for (int i = 0; i <= GRID; i++) {
            double x = -GRID_HALF_M + i * cell, y = -GRID_HALF_M + j * cell, h = 0.05;
            sp_vec3 normal = sp_v3(land(x - h, y) - land(x + h, y), land(x, y - h) - land(x, y + h), 2 * h);
            int rc = sim_mesh_vertex(mesh, sp_v3(x, y, land(x, y)), sp_v3_unit(normal));
            if (rc < 0)
                return rc;
        }
    for (int j = 0; j < GRID; j++)
        for (int i = 0; i < GRID; i++) {
            int a = first + j * (GRID + 1) + i, b = a + GRID + 1;
            int rc = sim_mesh_triangle(mesh, a, a + 1, b + 1, paint);
            if (rc >= 0)
                rc = sim_mesh_triangle(mesh, a, b + 1, b, paint);
            if (rc < 0)
                return rc;
        }
    return 0;
}

// The ramp: snow on top, painted cheeks, a front wall under the lip.
static int add_kicker(sim_venue *venue, int snow, int cheek)
{
    enum { STEPS = 40 };
    const sim_kicker *k = &sim_the_kicker;
    double length = sim_kicker_length(), w = k->half_width;
    int rc = 0;
    for (int i = 0; i < STEPS && rc >= 0; i++) {
        double x0 = k->lip_x - length + length * i / STEPS, x1 = k->lip_x - length + length * (i + 1) / STEPS;
        double z0 = sim_kicker_height(x0), z1 = sim_kicker_height(fmin(x1, k->lip_x));
        sp_vec3 top[4] = {{x0, -w, z0}, {x1, -w, z1}, {x1, w, z1}, {x0, w, z0}};
        sp_vec3 right[4] = {{x0, -w, 0}, {x1, -w, 0}, {x1, -w, z1}, {x0, -w, z0}};
        sp_vec3 left[4] = {{x1, w, 0}, {x0, w, 0}, {x0, w, z0}, {x1, w, z1}};
        rc = sim_mesh_quad(&venue->mesh, top, snow);
        if (rc >= 0 && z1 > 1e-4)
            rc = sim_mesh_quad(&venue->mesh, right, cheek);
        if (rc >= 0 && z1 > 1e-4)
            rc = sim_mesh_quad(&venue->mesh, left, cheek);
    }
    double z = sim_kicker_height(k->lip_x);
    sp_vec3 wall[4] = {{k->lip_x, -w, 0}, {k->lip_x, w, 0}, {k->lip_x, w, z}, {k->lip_x, -w, z}};
    if (rc >= 0)
        rc = sim_mesh_quad(&venue->mesh, wall, cheek);
    if (rc >= 0)
        rc = sim_venue_board(venue, sp_v3(k->lip_x + 0.02, -w + 0.1, 0.25), sp_v3(0, 1, 0), 2 * w - 0.2,
                             z - 0.4, 0);
    return rc;
}

static int add_tree(sim_mesh *mesh, sp_vec3 at, double height, int needles, int trunk, int snow)
{
    int rc = sim_mesh_cone(mesh, at, 0.05 * height, 0.03 * height, 0.25 * height, 7, trunk);
    for (int tier = 0; tier < 5 && rc >= 0; tier++) {
        double low = (0.14 + 0.165 * tier) * height, radius = (0.25 - 0.045 * tier) * height;
        rc = sim_mesh_cone(mesh, sp_v3_add(at, sp_v3(0, 0, low)), radius, 0, 0.30 * height, 11, needles);
        if (rc >= 0) // snow lies on the upper part of each tier
            rc = sim_mesh_cone(mesh, sp_v3_add(at, sp_v3(0, 0, low + 0.155 * height)), 0.52 * radius, 0,
                               0.152 * height, 11, snow);
    }
    return rc;
}

static int add_woods(sim_venue *venue, sp_rng *rng)
{
    int needles[3], trunk = sim_venue_flat(venue, sim_rgb_srgb(0.30, 0.22, 0.16), 0.2), rc = trunk;
    int snow = sim_venue_flat(venue, sim_rgb_srgb(0.90, 0.92, 0.95), 0.05);
    for (int i = 0; i < 3; i++)
        needles[i] =
            sim_venue_flat(venue, sim_rgb_srgb(0.10 + 0.03 * i, 0.24 + 0.03 * i, 0.17 + 0.02 * i), 0.5);
    for (int placed = 0, tried = 0; placed < 260 && tried < 4000 && rc >= 0; tried++) {
        double a = 2 * M_PI * sp_rng_uniform(rng), r = 38 + 60 * sqrt(sp_rng_uniform(rng));
        sp_vec3 at = sp_v3(r * cos(a), r * sin(a), 0);
        double height = 5 + 6 * sp_rng_uniform(rng);
        bool is_free = fabs(at.y) > 13 || at.x > 30;
        if (!is_free || sim_noise2(at.x * 0.08, at.y * 0.08, 77) < 0.42)
            continue;
        at.z = land(at.x, at.y) - 0.2;
        rc = add_tree(&venue->mesh, at, height, needles[placed % 3], trunk, snow);
        placed++;
    }
    return rc;
}

static int add_boards(sim_venue *venue)
{
    enum { SIDES = 30 };
    const double rx = 18.0, ry = 15.5;
    int rc = 0;
    for (int i = 0; i < SIDES && rc >= 0; i++) {
        double a0 = 2 * M_PI * (i + 0.5) / SIDES, a1 = 2 * M_PI * (i - 0.5) / SIDES;
        sp_vec3 p0 = sp_v3(rx * cos(a0), ry * sin(a0), 0), p1 = sp_v3(rx * cos(a1), ry * sin(a1), 0);
        if (p0.x < -14 && fabs(0.5 * (p0.y + p1.y)) < 5.5) // the run-in stays open
            continue;
        sp_vec3 along = sp_v3_sub(p1, p0);
        double width = sp_v3_norm(along);
        rc = sim_venue_board(venue, p0, sp_v3_unit(along), width - 0.06, 0.95, i);
    }
    return rc;
}

// Poles with flags, a gate over the run-in, a scoreboard.
static int add_signs(sim_venue *venue)
{
    int pole = sim_venue_flat(venue, sim_rgb_srgb(0.75, 0.76, 0.78), 0), rc = pole;
    static const double flags[4][3] = {
        {0.85, 0.15, 0.16}, {0.12, 0.25, 0.62}, {0.98, 0.78, 0.12}, {0.12, 0.50, 0.32}};
    for (int i = 0; i < 14 && rc >= 0; i++) {
        double a = 2 * M_PI * (i + 0.25) / 14;
        sp_vec3 at = sp_v3(19.5 * cos(a), 17.0 * sin(a), 0);
        if (at.x < -14 && fabs(at.y) < 7)
            continue;
        int cloth =
            sim_venue_flat(venue, sim_rgb_srgb(flags[i % 4][0], flags[i % 4][1], flags[i % 4][2]), 0.1);
        rc = sim_mesh_cone(&venue->mesh, at, 0.05, 0.04, 6.2, 8, pole);
        if (rc >= 0)
            rc = sim_mesh_box(&venue->mesh, sp_v3(at.x - 0.42 * sin(a), at.y + 0.42 * cos(a), 5.2),
                              sp_v3(0.40, 0.012, 0.9), a + M_PI / 2, cloth);
    }
    for (int s = -1; s <= 1 && rc >= 0; s += 2)
        rc = sim_mesh_cone(&venue->mesh, sp_v3(-21, 4.4 * s, 0), 0.16, 0.16, 5.0, 10, pole);
    if (rc >= 0)
        rc = sim_venue_board(venue, sp_v3(-21, -4.8, 4.2), sp_v3(0, 1, 0), 9.6, 1.5, 0);
    for (int s = -1; s <= 1 && rc >= 0; s += 2)
        rc = sim_mesh_cone(&venue->mesh, sp_v3(24, 3.2 * s, 0), 0.14, 0.14, 4.0, 10, pole);
    return rc < 0 ? rc : sim_venue_board(venue, sp_v3(23.8, 4.0, 3.2), sp_v3(0, -1, 0), 8, 3.4, 8);
}

int sim_build_aerials(sim_venue *venue, const sim_venue_params *params)
{
    sp_rng rng = sp_rng_seed(params->seed, 1);
    sim_paint snow = {.kind = SIM_PAINT_SNOW, .color = {0.8, 0.8, 0.8}};
    int ground = sim_venue_paint(venue, &snow),
        cheek = sim_venue_flat(venue, sim_rgb_srgb(0.12, 0.30, 0.66), 0.08);
    if (ground < 0 || cheek < 0)
        return SP_ENOMEM;
    // Painted words are the first textures: sim_snow_color() looks for them there.
    int rc = sim_venue_words(venue, "STILLPOINT", sim_rgb_srgb(0.10, 0.22, 0.58), 6.0);
    if (rc >= 0)
        rc = sim_venue_words(venue, "AERIALS", sim_rgb_srgb(0.78, 0.12, 0.16), 4.0);
    if (rc >= 0)
        rc = add_land(venue, ground);
    if (rc >= 0)
        rc = add_kicker(venue, ground, cheek);
    if (rc >= 0)
        rc = add_boards(venue);
    for (int s = -1; s <= 1 && rc >= 0; s += 2)
        rc = sim_venue_stand(venue, sp_v3(2, 21.0 * s, 0), sp_v3(0, s, 0), 34, 9, params->crowd);
    if (rc >= 0)
        rc = add_signs(venue);
    return rc < 0 ? rc : add_woods(venue, &rng);
}

static double line(double v, double at, double half_width, double footprint)
{
    return sim_clamp((half_width - fabs(v - at)) / fmax(footprint, 1e-3) + 0.5, 0, 1);
}

// Words lying on the ground with their top towards +y or -y, so that somebody can read them from either
// stand.
static sim_rgb ground_words(const sim_venue *venue, int texture, sp_vec3 p, sp_vec3 center, double width,
                            double height, int flip, double footprint, sim_rgb base)
{
    double u = flip * (p.x - center.x) / width + 0.5, v = 0.5 - flip * (p.y - center.y) / height;
    if (u < 0 || u > 1 || v < 0 || v > 1)
        return base;
    return sim_texture_over(&venue->textures[texture], u, v, footprint / height, base);
}

sim_rgb sim_snow_color(const sim_venue *venue, sp_vec3 p, double footprint)
{
    double soft = sim_fbm2(p.x * 0.55, p.y * 0.55, 5, footprint * 0.55, venue->seed + 20);
    double grain = sim_fbm2(p.x * 9, p.y * 9, 3, footprint * 9, venue->seed + 30);
    // Corduroy left by the groomer runs along x and wavers.
    double ribs = sin(2 * M_PI * (p.y / 0.11 + 0.6 * soft)) * (1 - sim_step(0.015, 0.06, footprint));
    double shade = 0.80 + 0.13 * (soft - 0.5) + 0.11 * (grain - 0.5) + 0.020 * ribs;
    sim_rgb c = {shade * 0.985, shade * 1.0, shade * 1.02};
    double r = sqrt(p.x * p.x + p.y * p.y);
    if (r > 26)
        return c;
    // The tracks of those who jumped before, chopped snow where they land.
    double track = fmax(line(p.y, 0.13 + 0.06 * sin(p.x * 0.7), 0.05, footprint),
                        line(p.y, -0.14 + 0.05 * sin(p.x * 0.6 + 1), 0.05, footprint));
    double landing = sim_step(2.0, 4.0, p.x) + (p.x < -7 ? 1 : 0);
    c = sim_rgb_scale(c, 1 - 0.16 * track * sim_clamp(landing, 0, 1));
    double chop = sim_fbm2(p.x * 3.1, p.y * 3.1, 4, footprint * 3.1, venue->seed + 40) - 0.5;
    c = sim_rgb_scale(c, 1 + 0.45 * chop *
                                 sim_step(3.4, 0.6, sqrt((p.x - 4.6) * (p.x - 4.6) * 0.4 + p.y * p.y)));
    sim_rgb blue = sim_rgb_srgb(0.16, 0.38, 0.78), red = sim_rgb_srgb(0.82, 0.16, 0.18);
    double fade = 0.72 + 0.35 * (grain - 0.5);
    if (p.x > -2.9 && fabs(p.y) < 5.0) // dye across the landing, every metre and a half
        for (int i = 0; i < 9; i++)
            c = sim_rgb_mix(c, i % 3 ? blue : red, fade * line(p.x, -1.8 + 1.5 * i, 0.075, footprint));
    if (p.x > -2.9 && p.x < 12)
        c = sim_rgb_mix(c, blue, fade * line(fabs(p.y), 5.0, 0.08, footprint));
    if (p.x < -7.4)
        c = sim_rgb_mix(c, blue, fade * line(fabs(p.y), 1.35, 0.06, footprint));
    if (sim_kicker_height(p.x) > 0 && fabs(p.y) <= sim_the_kicker.half_width && p.z > 0.01)
        c = sim_rgb_mix(c, red,
                        fade * (line(fabs(p.y), 0.95, 0.05, footprint) +
                                line(p.x, sim_the_kicker.lip_x - 0.08, 0.06, footprint)));
    c = ground_words(venue, 0, p, sp_v3(2.5, -8.2, 0), 12, 2.0, -1, footprint, c);
    c = ground_words(venue, 0, p, sp_v3(2.5, 8.2, 0), 12, 2.0, 1, footprint, c);
    c = ground_words(venue, 1, p, sp_v3(10.5, 0, 0), 4.8, 1.2, 1, footprint, c);
    return c;
}
