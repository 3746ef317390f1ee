#include "venue.h"

#include "noise.h"

#include <stdlib.h>

#include <stillpoint/base.h>

void sim_venue_free(sim_venue *venue)
{
    sim_mesh_free(&venue->mesh);
    sim_mesh_free(&venue->overhead);
    for (int i = 0; i < venue->texture_count; i++)
        sim_texture_free(&venue->textures[i]);
    free(venue->textures);
    free(venue->paints);
    *venue = (sim_venue){0};
}

int sim_venue_paint(sim_venue *venue, const sim_paint *paint)
{
    if (venue->paint_count == venue->paint_room) {
        int room = venue->paint_room ? 2 * venue->paint_room : 64;
        sim_paint *paints = realloc(venue->paints, (size_t)room * sizeof(*paints));
        if (!paints)
            return sp_error(SP_ENOMEM, "memory ran out while building the venue");
        venue->paints = paints;
        venue->paint_room = room;
    }
    venue->paints[venue->paint_count] = *paint;
    return venue->paint_count++;
}

int sim_venue_flat(sim_venue *venue, sim_rgb color, double roughness)
{
    sim_paint paint = {.kind = SIM_PAINT_FLAT, .color = color, .roughness = roughness};
    return sim_venue_paint(venue, &paint);
}

static void set_light(sim_light *light, const sim_venue_params *params)
{
    double azimuth = params->sun_azimuth_deg * M_PI / 180, elevation = params->sun_elevation_deg * M_PI / 180;
    light->to_sun = sp_v3(cos(elevation) * cos(azimuth), cos(elevation) * sin(azimuth), sin(elevation));
    light->side = sp_v3(-sin(azimuth), cos(azimuth), 0);
    light->up = sp_v3_cross(light->to_sun, light->side);
    if (params->kind == SIM_VENUE_AERIALS) {
        light->disc = tan(0.27 * M_PI / 180);
        light->sun = (sim_rgb){1.02, 0.95, 0.84};
        light->sky = (sim_rgb){0.25, 0.30, 0.39};
        light->bounce = (sim_rgb){0.27, 0.29, 0.32};
    } else {
        light->disc = tan(1.2 * M_PI / 180);
        light->sun = (sim_rgb){0.72, 0.70, 0.66};
        light->sky = (sim_rgb){0.40, 0.40, 0.41};
        light->bounce = (sim_rgb){0.24, 0.20, 0.16};
    }
}

int sim_venue_build(sim_venue *out, const sim_venue_params *params)
{
    sim_venue venue = {.kind = params->kind, .seed = params->seed, .floor_gloss = params->floor_gloss};
    set_light(&venue.light, params);
    int rc = params->kind == SIM_VENUE_AERIALS ? sim_build_aerials(&venue, params)
                                               : sim_build_court(&venue, params);
    if (rc < 0) {
        sim_venue_free(&venue);
        return rc;
    }
    *out = venue;
    return 0;
}

sim_rgb sim_light_ambient(const sim_light *light, sp_vec3 normal)
{
    return sim_rgb_mix(light->bounce, light->sky, 0.5 + 0.5 * normal.z);
}

static sim_rgb brick_color(const sim_paint *paint, sp_vec3 p, sp_vec3 normal, double footprint)
{
    double u = fabs(normal.x) > fabs(normal.y) ? p.y : p.x, row = floor(p.z / 0.30);
    double x = u / 0.62 + 0.5 * fmod(fabs(row), 2),
           tint = sim_unit(sim_hash4((uint32_t)(int)floor(x), (uint32_t)(int)row, 7, 0));
    double fx = fabs(x - floor(x) - 0.5), fz = fabs(p.z / 0.30 - row - 0.5),
           visible = 1 - sim_step(0.05, 0.3, footprint);
    double joint = fmax(sim_step(0.46, 0.485, fx), sim_step(0.43, 0.46, fz)) * visible;
    return sim_rgb_scale(paint->color, (1 + 0.30 * visible * (tint - 0.5)) * (1 - 0.35 * joint));
}

sim_surface sim_venue_at(const sim_venue *venue, int index, sp_vec3 p, sp_vec3 normal, double footprint_m)
{
    const sim_paint *paint = &venue->paints[index];
    sim_surface s = {.albedo = paint->color, .gloss = paint->gloss, .shine = 24};
    switch (paint->kind) {
    case SIM_PAINT_TEXTURE: {
        sp_vec3 d = sp_v3_sub(p, paint->origin);
        s.albedo = sim_texture_over(&venue->textures[paint->texture], sp_v3_dot(d, paint->across),
                                    sp_v3_dot(d, paint->down), footprint_m / paint->height_m, paint->color);
        break;
    }
    case SIM_PAINT_SNOW:
        s.albedo = sim_snow_color(venue, p, footprint_m);
        break;
    case SIM_PAINT_FLOOR:
        s.albedo = sim_floor_color(venue, p, footprint_m);
        s.gloss = 0.05;
        s.mirror = venue->floor_gloss;
        break;
    case SIM_PAINT_BRICK:
        s.albedo = brick_color(paint, p, normal, footprint_m);
        break;
    default:
        if (paint->roughness > 0) {
            double n =
                0.6 * sim_fbm2(p.x * 3 + p.z, p.y * 3 + p.z * 2.1, 4, footprint_m * 3, venue->seed) + 0.2;
            s.albedo = sim_rgb_scale(s.albedo, 1 + 2 * paint->roughness * (n - 0.5));
        }
    }
    return s;
}

// Ridges far away, by azimuth: elevation of the skyline.
static double skyline(double azimuth, uint32_t seed, double scale)
{
    double x = cos(azimuth) * scale, y = sin(azimuth) * scale;
    double ridge = 1 - fabs(2 * sim_fbm2(x, y, 6, 0, seed) - 1);
    return ridge * ridge;
}

static sim_rgb mountains(sim_rgb sky, sp_vec3 d, double azimuth)
{
    const struct {
        double base, height, scale;
        sim_rgb rock, snow;
    } ranges[2] = {
        {0.035, 0.230, 4.0, {0.30, 0.38, 0.50}, {0.66, 0.73, 0.82}},
        {0.015, 0.130, 7.0, {0.16, 0.22, 0.30}, {0.60, 0.66, 0.74}},
    };
    for (int i = 0; i < 2; i++) {
        double top =
            ranges[i].base + ranges[i].height * skyline(azimuth, 300 + (uint32_t)i, ranges[i].scale) - 0.03;
        double over = (top - d.z) / 0.0015;
        if (over <= 0)
            continue;
        // Snow lies high and in gullies that run down from the ridge; slopes away from the sun are blue.
        double gully = sim_fbm2(azimuth * 55 + 6 * d.z, d.z * 16, 5, 0, 320 + (uint32_t)i);
        double snow = sim_step(0.40, 0.55, gully + 2.2 * (d.z - 0.6 * top));
        double lit =
            sim_step(0.35, 0.65, sim_fbm2(azimuth * 22 + 9 * d.z, d.z * 10, 4, 0, 340 + (uint32_t)i));
        sim_rgb face = sim_rgb_mix(ranges[i].rock, ranges[i].snow, snow);
        face = sim_rgb_scale(face, 0.72 + 0.28 * lit);
        face = sim_rgb_mix((sim_rgb){0.62, 0.72, 0.85}, face, sim_step(-0.02, 0.10, d.z));
        sky = sim_rgb_mix(sky, face, fmin(over, 1));
    }
    return sky;
}

sim_rgb sim_venue_sky(const sim_venue *venue, sp_vec3 d)
{
    if (venue->kind == SIM_VENUE_COURT)
        return (sim_rgb){0.02, 0.02, 0.025};
    double azimuth = atan2(d.y, d.x), high = sim_clamp(d.z, 0, 1);
    sim_rgb low = {0.62, 0.76, 0.92}, top = {0.10, 0.24, 0.58};
    sim_rgb sky = sim_rgb_mix(low, top, sim_step(-0.05, 0.75, high));
    double reach = 1 / (high + 0.15);
    double cloud = sim_fbm2(d.x * reach * 2.2 + 3, d.y * reach * 2.2, 6, 0, 200);
    sky = sim_rgb_mix(sky, (sim_rgb){0.93, 0.94, 0.96}, 0.85 * sim_step(0.52, 0.74, cloud));
    double glow = sim_clamp(sp_v3_dot(d, venue->light.to_sun), 0, 1);
    sky = sim_rgb_add(sky, sim_rgb_scale((sim_rgb){1, 0.9, 0.7},
                                         0.35 * pow(glow, 40) + 4 * sim_step(0.9993, 0.9998, glow)));
    return mountains(sky, d, azimuth);
}
