#include "mirror.h"

double sim_mirror_share(const sim_surface *surface, sp_vec3 normal, sp_vec3 direction)
{
    double grazing = 1 - fmin(fabs(sp_v3_dot(normal, direction)), 1);
    return surface->mirror * (0.04 + 0.96 * pow(grazing, 5));
}

sp_vec3 sim_mirror_direction(sp_vec3 normal, sp_vec3 direction)
{
    return sp_v3_sub(direction, sp_v3_scale(normal, 2 * sp_v3_dot(normal, direction)));
}

bool sim_mirror_athlete(sim_rgb *out, const sim_actor *actor, const sim_stage *stage, const sim_ray *ray,
                        double fx, double a, double b)
{
    const sim_venue *venue = &actor->world->venue;
    sim_hit floor, body;
    sim_spot spot;
    if (!sim_stage_hit(&floor, stage, ray))
        return false;
    sim_spot_find(&spot, venue, ray, &floor);
    sim_surface surface = sim_venue_at(venue, spot.paint, spot.at, spot.normal, floor.distance_m / fx);
    double share = sim_mirror_share(&surface, spot.normal, ray->direction);
    sim_ray away = {spot.off, sim_mirror_direction(spot.normal, ray->direction), 0.001, 1000, ray->shutter};
    if (share <= 0 || !sim_actor_hit(&body, actor, &away))
        return false;
    sim_ray toward = away;
    toward.most_m = body.distance_m - 1e-3;
    if (sim_stage_blocks(stage, &toward, true))
        return false;
    sp_vec3 normal;
    sim_rgb c =
        sim_skin_light(&normal, actor, stage, &away, &body, (floor.distance_m + body.distance_m) / fx, a, b);
    *out = sim_rgb_scale(c, share);
    return true;
}
