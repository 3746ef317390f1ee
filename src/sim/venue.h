// The venue: static surfaces, their colours, light and sky.
#ifndef SIM_VENUE_H
#define SIM_VENUE_H

#include "mesh.h"
#include "texture.h"

#include <stdbool.h>

typedef enum sim_venue_kind { SIM_VENUE_AERIALS, SIM_VENUE_COURT } sim_venue_kind;

typedef struct sim_light {
    sp_vec3 to_sun;      // unit
    sp_vec3 side, up;    // span the sun's disc
    double disc;         // tangent of its angular radius
    sim_rgb sun;         // radiance of a white surface facing it
    sim_rgb sky, bounce; // radiance of a white surface facing up, and down, from everything else
} sim_light;

typedef enum sim_paint_kind {
    SIM_PAINT_FLAT,
    SIM_PAINT_TEXTURE,
    SIM_PAINT_SNOW,
    SIM_PAINT_FLOOR, // of the hall
    SIM_PAINT_BRICK,
    SIM_PAINT_LAMP,
} sim_paint_kind;

typedef struct sim_paint {
    sim_paint_kind kind;
    sim_rgb color;
    double roughness; // of the colour
    double gloss;
    int texture;
    sp_vec3 origin, across, down; // u = (p - origin) . across, v = (p - origin) . down
    double height_m;              // of the picture
} sim_paint;

typedef struct sim_venue {
    sim_venue_kind kind;
    uint32_t seed;
    sim_mesh mesh;     // casts shadows
    sim_mesh overhead; // does not: a roof with the light under it
    sim_paint *paints;
    int paint_count, paint_room;
    sim_texture *textures;
    int texture_count, texture_room;
    sim_light light;
    double floor_gloss;
} sim_venue;

typedef struct sim_venue_params {
    sim_venue_kind kind;
    double crowd;       // share of seats taken, 0..1
    double floor_gloss; // how much the hall's floor mirrors, 0..1
    double sun_azimuth_deg, sun_elevation_deg;
    uint32_t seed;
} sim_venue_params;

int sim_venue_build(sim_venue *out, const sim_venue_params *params);
void sim_venue_free(sim_venue *venue);
sim_surface sim_venue_at(const sim_venue *venue, int paint, sp_vec3 p, sp_vec3 normal, double footprint_m);
sim_rgb sim_venue_sky(const sim_venue *venue, sp_vec3 direction);
// Light that arrives from all but the sun at a surface with this normal, unoccluded.
sim_rgb sim_light_ambient(const sim_light *light, sp_vec3 normal);

// For builders: a paint's index (or a negative SP_E code).
int sim_venue_paint(sim_venue *venue, const sim_paint *paint);
int sim_venue_flat(sim_venue *venue, sim_rgb color, double roughness);
// A board with text on a quad whose lower left corner is `corner`, running along unit `along`, upright.
int sim_venue_board(sim_venue *venue, sp_vec3 corner, sp_vec3 along, double width, double height, int design);
// A picture spread over a rectangle of the ground, for painted words: index of a texture.
int sim_venue_words(sim_venue *venue, const char *text, sim_rgb color, double aspect);
// Tiers of seats with spectators, rising from `front` in direction `back` (unit, horizontal).
int sim_venue_stand(sim_venue *venue, sp_vec3 front, sp_vec3 back, double width, int rows, double crowd);
int sim_build_aerials(sim_venue *venue, const sim_venue_params *params);
int sim_build_court(sim_venue *venue, const sim_venue_params *params);
// Ground colours.
sim_rgb sim_snow_color(const sim_venue *venue, sp_vec3 p, double footprint_m);
sim_rgb sim_floor_color(const sim_venue *venue, sp_vec3 p, double footprint_m);

#endif
