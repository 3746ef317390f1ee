// How well the pictures match a plane of the venue.
#include "ground.h"
#include "../stereo/stereo_match.h"

void recon_plane_costs(float *out, const recon_geometry *g, int view, const recon_plane *world)
{
    recon_matcher s;
    recon_matcher_open(&s, g->views, g->count, view, g->params.distance_m, NULL);
    const sp_camera *c = &s.ref->camera;
    sp_vec3 n = sp_m3_apply(c->rotation, world->normal);
    double delta = world->offset - sp_v3_dot(world->normal, sp_camera_center(c));
    recon_patch p = {{(float)n.x, (float)n.y, (float)n.z}, 0};
    for (int y = 0; y < c->height; y++)
        for (int x = 0; x < c->width; x++) {
            size_t at = (size_t)y * (size_t)c->width + (size_t)x;
            float ray[3];
            out[at] = RECON_COST_NOTHING;
            recon_ray_at(ray, c, (float)x + 0.5f, (float)y + 0.5f);
            p.depth = (float)delta / recon_dot3(p.n, ray);
            if (g->confirmed[view][at] == RECON_SURE ||
                !recon_is_plausible(&p, ray, g->params.near_m, g->params.far_m) ||
                recon_is_beneath_ground(g, view, x + 0.5, y + 0.5, p.depth) ||
                recon_stands_in_the_way(g, view, recon_world_point(c, x + 0.5, y + 0.5, p.depth)))
                continue;
            recon_spot here;
            recon_spot_at(&here, &s, x, y);
            out[at] = recon_match_cost(&s, &here, &p);
        }
}
