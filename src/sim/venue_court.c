// A hall: a floor with lines, boards, four stands, brick walls, a roof with lamps.
#include "noise.h"
#include "venue.h"

#include <stillpoint/base.h>

#define HALL_X 27.0
#define HALL_Y 24.0
#define HALL_HEIGHT 13.0

static int add_walls(sim_venue *venue)
{
    sim_paint brick = {.kind = SIM_PAINT_BRICK, .color = sim_rgb_srgb(0.52, 0.53, 0.56)};
    int wall = sim_venue_paint(venue, &brick),
        roof = sim_venue_flat(venue, sim_rgb_srgb(0.30, 0.31, 0.34), 0.05);
    sim_paint lamp_paint = {.kind = SIM_PAINT_LAMP, .color = {1.6, 1.6, 1.5}};
    int lamp = sim_venue_paint(venue, &lamp_paint),
        truss = sim_venue_flat(venue, sim_rgb_srgb(0.16, 0.17, 0.19), 0);
    if (wall < 0 || roof < 0 || lamp < 0 || truss < 0)
        return SP_ENOMEM;
    sp_vec3 at[4] = {{-HALL_X, -HALL_Y, 0}, {HALL_X, -HALL_Y, 0}, {HALL_X, HALL_Y, 0}, {-HALL_X, HALL_Y, 0}};
    int rc = 0;
    sp_vec3 up = sp_v3(0, 0, HALL_HEIGHT);
    for (int i = 0; i < 4 && rc >= 0; i++) {
        sp_vec3 a = at[i], b = at[(i + 1) % 4], face[4] = {b, a, sp_v3_add(a, up), sp_v3_add(b, up)};
        rc = sim_mesh_quad(&venue->overhead, face, wall);
    }
    sp_vec3 ceiling[4] = {sp_v3_add(at[3], up), sp_v3_add(at[2], up), sp_v3_add(at[1], up),
                          sp_v3_add(at[0], up)};
    if (rc >= 0)
        rc = sim_mesh_quad(&venue->overhead, ceiling, roof);
    for (int i = -3; i <= 3 && rc >= 0; i++) {
        rc = sim_mesh_box(&venue->overhead, sp_v3(i * 7.0, 0, HALL_HEIGHT - 0.8), sp_v3(0.18, HALL_Y, 0.35),
                          0, truss);
        for (int j = -2; j <= 2 && rc >= 0; j++)
            rc = sim_mesh_box(&venue->overhead, sp_v3(i * 7.0 + 3.5, j * 8.0, HALL_HEIGHT - 0.7),
                              sp_v3(0.9, 0.35, 0.08), 0, lamp);
    }
    return rc;
}

static int add_boards(sim_venue *venue)
{
    const double x = 15.5, y = 13.0;
    int rc = 0, design = 0;
    for (int i = 0; i < 8 && rc >= 0; i++, design += 2) {
        double from = -x + 0.6 + i * 3.72;
        rc = sim_venue_board(venue, sp_v3(from, y, 0), sp_v3(1, 0, 0), 3.6, 0.9, design);
        if (rc >= 0)
            rc = sim_venue_board(venue, sp_v3(from + 3.6, -y, 0), sp_v3(-1, 0, 0), 3.6, 0.9, design + 5);
    }
    for (int i = 0; i < 6 && rc >= 0; i++, design++) {
        double from = -y + 1.6 + i * 3.8;
        rc = sim_venue_board(venue, sp_v3(x, from + 3.7, 0), sp_v3(0, -1, 0), 3.7, 0.9, design);
        if (rc >= 0)
            rc = sim_venue_board(venue, sp_v3(-x, from, 0), sp_v3(0, 1, 0), 3.7, 0.9, design + 3);
    }
    for (int s = -1; s <= 1 && rc >= 0; s += 2)
        rc = sim_venue_board(venue, sp_v3(-6.0 * s, (HALL_Y - 0.2) * s, 9.3), sp_v3(s, 0, 0), 12, 2.0,
                             s > 0 ? 0 : 6);
    return rc;
}

// A goal of posts, a bar and a coarse net.
static int add_goal(sim_venue *venue, double x, int paint, int net)
{
    double back = x > 0 ? 1 : -1;
    int rc = 0;
    for (int s = -1; s <= 1 && rc >= 0; s += 2)
        rc = sim_mesh_box(&venue->mesh, sp_v3(x, 1.54 * s, 1.0), sp_v3(0.04, 0.04, 1.0), 0, paint);
    if (rc >= 0)
        rc = sim_mesh_box(&venue->mesh, sp_v3(x, 0, 2.04), sp_v3(0.04, 1.58, 0.04), 0, paint);
    for (int i = 0; i <= 15 && rc >= 0; i++)
        rc = sim_mesh_box(&venue->mesh, sp_v3(x + 0.9 * back, -1.5 + 0.2 * i, 1.0), sp_v3(0.008, 0.008, 1.0),
                          0, net);
    for (int i = 0; i <= 10 && rc >= 0; i++)
        rc = sim_mesh_box(&venue->mesh, sp_v3(x + 0.9 * back, 0, 0.2 * i), sp_v3(0.008, 1.5, 0.008), 0, net);
    return rc;
}

int sim_build_court(sim_venue *venue, const sim_venue_params *params)
{
    sim_paint floor_paint = {.kind = SIM_PAINT_FLOOR, .color = {0.5, 0.4, 0.3}, .gloss = 0.05};
    int ground = sim_venue_paint(venue, &floor_paint);
    int white = sim_venue_flat(venue, sim_rgb_srgb(0.90, 0.30, 0.28), 0),
        net = sim_venue_flat(venue, sim_rgb_srgb(0.88, 0.88, 0.86), 0);
    if (ground < 0 || white < 0 || net < 0)
        return SP_ENOMEM;
    // Painted words are the first textures: sim_floor_color() looks for them there.
    int rc = sim_venue_words(venue, "STILLPOINT", sim_rgb_srgb(0.96, 0.96, 0.94), 6.0);
    if (rc >= 0)
        rc = sim_venue_words(venue, "HALL 2", sim_rgb_srgb(0.98, 0.80, 0.20), 4.0);
    sp_vec3 floor_at[4] = {
        {-HALL_X, -HALL_Y, 0}, {HALL_X, -HALL_Y, 0}, {HALL_X, HALL_Y, 0}, {-HALL_X, HALL_Y, 0}};
    if (rc >= 0)
        rc = sim_mesh_quad(&venue->mesh, floor_at, ground);
    if (rc >= 0)
        rc = add_walls(venue);
    if (rc >= 0)
        rc = add_boards(venue);
    for (int s = -1; s <= 1 && rc >= 0; s += 2) {
        rc = sim_venue_stand(venue, sp_v3(0, 15.0 * s, 0), sp_v3(0, s, 0), 32, 8, params->crowd);
        if (rc >= 0)
            rc = sim_venue_stand(venue, sp_v3(17.2 * s, 0, 0), sp_v3(s, 0, 0), 22, 8, params->crowd);
        if (rc >= 0)
            rc = add_goal(venue, 13.6 * s, white, net);
    }
    return rc;
}

static double line(double v, double at, double half_width, double footprint)
{
    return sim_clamp((half_width - fabs(v - at)) / fmax(footprint, 1e-3) + 0.5, 0, 1);
}

static sim_rgb planks(const sim_venue *venue, sp_vec3 p, double footprint)
{
    double row = floor(p.y / 0.14), shift = sim_unit(sim_hash4((uint32_t)(int)row, 5, 0, venue->seed));
    double x = p.x / 1.7 + shift, board = floor(x);
    double tint = sim_unit(sim_hash4((uint32_t)(int)row, (uint32_t)(int)board, 9, venue->seed)),
           visible = 1 - sim_step(0.04, 0.20, footprint);
    double grain = sim_fbm2(p.x * 2.2 + 40 * tint, p.y * 34, 4, footprint * 34, venue->seed + 3);
    double dark = 1 + (0.22 * (tint - 0.5) + 0.26 * (grain - 0.5)) * visible;
    double seam = fmax(sim_step(0.47, 0.495, fabs(p.y / 0.14 - row - 0.5)),
                       sim_step(0.496, 0.4995, fabs(x - board - 0.5)));
    dark *= 1 - 0.4 * seam * (1 - sim_step(0.006, 0.03, footprint));
    double scuff = sim_fbm2(p.x * 0.8, p.y * 0.8, 5, footprint * 0.8, venue->seed + 4);
    return sim_rgb_scale(sim_rgb_srgb(0.83, 0.64, 0.42), dark * (0.90 + 0.20 * scuff));
}

sim_rgb sim_floor_color(const sim_venue *venue, sp_vec3 p, double footprint)
{
    sim_rgb c = planks(venue, p, footprint), white = sim_rgb_srgb(0.95, 0.95, 0.93);
    sim_rgb blue = sim_rgb_srgb(0.13, 0.36, 0.66), red = sim_rgb_srgb(0.80, 0.20, 0.18),
            yellow = sim_rgb_srgb(0.95, 0.76, 0.18);
    double ax = fabs(p.x), ay = fabs(p.y), r = sqrt(p.x * p.x + p.y * p.y);
    double inside =
        sim_clamp((6.5 - ax) / footprint + 0.5, 0, 1) * sim_clamp((4.2 - ay) / footprint + 0.5, 0, 1);
    double scuff = sim_fbm2(p.x * 1.7, p.y * 1.7, 5, footprint * 1.7, venue->seed + 6);
    c = sim_rgb_mix(c, sim_rgb_scale(blue, 0.80 + 0.40 * scuff), inside);
    double lines = fmax(line(ax, 13.5, 0.04, footprint) * (ay < 11 ? 1 : 0),
                        line(ay, 11, 0.04, footprint) * (ax < 13.5 ? 1 : 0));
    lines = fmax(lines, line(p.x, 0, 0.04, footprint) * (ay < 11 ? 1 : 0));
    lines = fmax(lines, fmax(line(ax, 6.5, 0.04, footprint) * (ay < 4.24 ? 1 : 0),
                             line(ay, 4.2, 0.04, footprint) * (ax < 6.54 ? 1 : 0)));
    c = sim_rgb_mix(c, white, lines);
    c = sim_rgb_mix(c, red, line(r, 1.8, 0.04, footprint));
    c = sim_rgb_mix(c, white, line(r, 0.30, 0.04, footprint));
    double goal = sqrt((ax - 13.5) * (ax - 13.5) + p.y * p.y);
    c = sim_rgb_mix(c, yellow, (ax < 13.5 ? 1 : 0) * line(goal, 5.0, 0.04, footprint));
    for (int s = -1; s <= 1; s += 2) {
        double u = s * p.x / 5.0 + 0.5, v = 0.5 - s * (p.y + 3.2 * s) / 0.9;
        if (u > 0 && u < 1 && v > 0 && v < 1)
            c = sim_texture_over(&venue->textures[0], u, v, footprint / 0.9, c);
        u = s * (p.x - 9.2 * s) / 3.6 + 0.5;
        v = 0.5 - s * (p.y + 7.5 * s) / 0.9;
        if (u > 0 && u < 1 && v > 0 && v < 1)
            c = sim_texture_over(&venue->textures[1], u, v, footprint / 0.9, c);
    }
    return c;
}
