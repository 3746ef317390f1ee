#include "floor.h"

#include <math.h>

#define GOOD_COST 0.4f
#define ON_FLOOR 0.015 // of the distance
#define BENEATH 0.05   // likewise: less may be a floor that is not quite even

bool recon_floor_is_there(const recon_stereo_view *views, const recon_depth_map *maps, int count,
                          const recon_stereo_params *params)
{
    int64_t on = 0, beneath = 0;
    for (int v = 0; v < count; v++) {
        const recon_depth_map *map = &maps[v];
        sp_vec3 eye = sp_camera_center(&views[v].camera);
        for (int at = 0; at < map->width * map->height; at++) {
            if (map->cost[at] > GOOD_COST)
                continue;
            sp_vec3 p = recon_world_point(&views[v].camera, at % map->width + 0.5, at / map->width + 0.5,
                                          map->depth[at]);
            double fall = eye.z - p.z, share = fall > 0 ? eye.z / fall : 0; // of the way to the floor
            double x = eye.x + share * (p.x - eye.x), y = eye.y + share * (p.y - eye.y);
            if (!(share > 0) || hypot(x - params->floor_x, y - params->floor_y) > params->floor_radius_m)
                continue;
            on += fabs(p.z) < ON_FLOOR * map->depth[at];
            beneath += p.z < -BENEATH * map->depth[at];
        }
    }
    return on >= beneath;
}
