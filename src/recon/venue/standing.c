#include "standing.h"

#include "planes.h"

#include <math.h>
#include <stdlib.h>

#define LEVEL 0.8    // cosine between a floor's normal and what is up, at least
#define UPRIGHT 0.94 // likewise of a picture's columns and what is up there
// What differs by so much in its shares of red, green and blue from the floor before it is none.
#define OTHER_HUE 0.12f
#define DARKEST 0.25f // so much of its light at least is left in the shade
#define HIGHEST 19    // of the picture's width: a part that may stand on one foot
#define SMOOTH_PX 6   // columns to each side among whose feet one is the median
#define FLOOR_PX 3    // rows whose mean is the floor's colour

static bool is_upright(const sp_camera *c)
{
    sp_vec3 up = sp_m3_apply(c->rotation, sp_v3(0, 0, 1));
    return -up.y > UPRIGHT * hypot(up.x, up.y);
}

static bool is_floor(const recon_geometry *g, int view, size_t at)
{
    const recon_depth_map *map = &g->maps[view];
    sp_vec3 n = sp_v3(map->normal[0][at], map->normal[1][at], map->normal[2][at]);
    int plane = recon_plane_at(g, view, at);
    return (plane >= 0 && g->planes[plane].normal.z > LEVEL) ||
           sp_m3_apply_transposed(g->views[view].camera.rotation, n).z > LEVEL;
}

// Is the colour at a pixel another than that of the floor below it, which begins at row `first`? A floor in
// the shade is darker, but hardly of another hue.
static bool is_other(const sp_image *rgb, int x, int y, int first)
{
    size_t width = (size_t)rgb->width;
    float floor[3] = {0}, here[3], all_floor = 0, all_here = 0, difference = 0;
    for (int c = 0; c < 3; c++) {
        const float *plane = sp_image_plane(rgb, c);
        for (int j = first; j < first + FLOOR_PX; j++)
            floor[c] += plane[(size_t)(j < rgb->height ? j : rgb->height - 1) * width + (size_t)x] / FLOOR_PX;
        here[c] = plane[(size_t)y * width + (size_t)x];
        all_floor += floor[c];
        all_here += here[c];
    }
    if (all_here < DARKEST * all_floor)
        return true;
    for (int c = 0; c < 3; c++)
        difference += fabsf(here[c] / all_here - floor[c] / all_floor);
    return difference > OTHER_HUE;
}

// Do others see the pixel's colour on the floor that begins below it at row `first`?
static bool is_painted(const recon_geometry *g, int view, int x, int y, int first)
{
    const sp_camera *c = &g->views[view].camera;
    size_t width = (size_t)c->width;
    double floor_z = recon_world_at(g, view, (size_t)first * width + (size_t)x).z;
    double depth = recon_floor_depth(c, x + 0.5, y + 0.5, floor_z);
    sp_vec3 world = recon_world_point(c, x + 0.5, y + 0.5, depth);
    return depth > 0 && recon_is_looked_at(g, view, world) &&
           recon_colour_agrees(g, view, (size_t)y * width + (size_t)x, world);
}

// The row of the lowest pixel in a column that stands on the floor below it, where stereo is silent and no
// floor follows above; -1: none.
static int foot_in(const recon_geometry *g, int view, int x)
{
    const sp_image *rgb = &g->views[view].rgb;
    const uint8_t *confirmed = g->confirmed[view];
    size_t width = (size_t)rgb->width;
    int foot = -1, y = rgb->height - 1;
    bool on_floor = false;
    for (int floor = 0; y >= 0; y--) {
        size_t at = (size_t)y * width + (size_t)x;
        if (confirmed[at]) {
            on_floor = is_floor(g, view, at);
            if (!on_floor && foot >= 0)
                return foot;
            foot = -1;
            floor = y;
        } else if (on_floor && foot < 0 && is_other(rgb, x, y, floor) && !is_painted(g, view, x, y, floor)) {
            foot = y;
        }
    }
    return foot;
}

static int by_value(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

// Of the feet around a column; -1 where most have none.
static int median_foot(const int *feet, int x, int width)
{
    int near[2 * SMOOTH_PX + 1], count = 0;
    for (int i = x - SMOOTH_PX; i <= x + SMOOTH_PX; i++)
        near[count++] = i < 0 || i >= width ? -1 : feet[i];
    qsort(near, (size_t)count, sizeof *near, by_value);
    return near[count / 2];
}

// The upright plane through a foot faces the camera.
static void stand(recon_geometry *g, int view, uint8_t *stands, int x, int foot)
{
    const sp_camera *c = &g->views[view].camera;
    recon_depth_map *map = &g->maps[view];
    size_t width = (size_t)map->width;
    int floor = foot + 1;
    while (floor < map->height && !g->confirmed[view][(size_t)floor * width + (size_t)x])
        floor++;
    if (floor == map->height)
        return;
    double floor_z = recon_world_at(g, view, (size_t)floor * width + (size_t)x).z;
    double depth = recon_floor_depth(c, x + 0.5, foot + 1, floor_z);
    if (!(depth > g->params.near_m && depth < g->params.far_m))
        return;
    sp_vec3 there = sp_v3_sub(sp_camera_center(c), recon_world_point(c, x + 0.5, foot + 1, depth));
    sp_vec3 n = sp_m3_apply(c->rotation, sp_v3_unit(sp_v3(there.x, there.y, 0)));
    sp_vec3 at_foot = sp_camera_to_cam(c, recon_world_point(c, x + 0.5, foot + 1, depth));
    double offset = sp_v3_dot(n, at_foot);
    for (int y = foot; y >= 0 && y > foot - map->width / HIGHEST && y > foot - UINT8_MAX; y--) {
        size_t at = (size_t)y * width + (size_t)x;
        if (g->confirmed[view][at])
            return;
        sp_vec3 ray = sp_camera_to_cam(c, recon_world_point(c, x + 0.5, y + 0.5, 1));
        double here = offset / sp_v3_dot(n, ray); // of the plane, which is nearly across the ray
        sp_vec3 world = recon_world_point(c, x + 0.5, y + 0.5, here);
        // One view alone may take a floor of two colours for something that stands on it.
        if (recon_is_among_viewpoints(g, world) || recon_in_action(g, world) ||
            recon_stands_in_the_way(g, view, world))
            continue;
        map->depth[at] = (float)here;
        map->normal[0][at] = (float)n.x;
        map->normal[1][at] = (float)n.y;
        map->normal[2][at] = (float)n.z;
        stands[at] = (uint8_t)(foot - y + 1);
    }
}

int recon_stand_up(recon_geometry *g, int view, uint8_t *stands)
{
    int width = g->maps[view].width;
    if (!is_upright(&g->views[view].camera))
        return SP_OK;
    int *feet = sp_calloc((size_t)width, sizeof *feet);
    if (!feet)
        return SP_ENOMEM;
    for (int x = 0; x < width; x++)
        feet[x] = foot_in(g, view, x);
    for (int x = 0; x < width; x++) {
        int foot = feet[x] < 0 ? -1 : median_foot(feet, x, width);
        if (foot >= 0)
            stand(g, view, stands, x, foot);
    }
    free(feet);
    return SP_OK;
}
