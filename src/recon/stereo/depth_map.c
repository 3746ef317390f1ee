#include "stereo.h"

#include <stdlib.h>
#include <string.h>

int recon_depth_map_init(recon_depth_map *map, int width, int height)
{
    size_t pixels = (size_t)width * (size_t)height;
    map->memory = sp_calloc(5 * pixels, sizeof *map->memory);
    if (!map->memory)
        return SP_ENOMEM;
    map->width = width;
    map->height = height;
    map->depth = map->memory;
    map->cost = map->memory + pixels;
    for (int k = 0; k < 3; k++)
        map->normal[k] = map->memory + (size_t)(2 + k) * pixels;
    return SP_OK;
}

void recon_depth_map_free(recon_depth_map *map)
{
    free(map->memory);
    memset(map, 0, sizeof *map);
}

void recon_stereo_views_free(recon_stereo_view *views, int count)
{
    for (int i = 0; views && i < count; i++) {
        sp_image_free(&views[i].rgb);
        sp_image_free(&views[i].grey);
        recon_quads_free(&views[i].quads);
        free(views[i].hidden);
    }
    free(views);
}

sp_vec3 recon_world_point(const sp_camera *pinhole, double x, double y, double depth)
{
    sp_vec3 cam =
        sp_v3((x - pinhole->cx) / pinhole->fx * depth, (y - pinhole->cy) / pinhole->fy * depth, depth);
    return sp_m3_apply_transposed(pinhole->rotation, sp_v3_sub(cam, pinhole->translation));
}
