// Beside the pictures, where no view looks: each picture continued beyond its sides as in a mirror, as far
// away as what is mirrored, and the coarser the farther aside.
#include "planes.h"

#include <math.h>
#include <stdlib.h>

#define REACH_RAD 0.25  // a picture is continued so far aside
#define COARSER_BY 12   // pixels aside in which patches grow by one
#define FINEST 2        // pixels a side of the patches next to the picture
#define SIGMA_SHARE 0.6 // of a patch's side: the deviation of its splat
#define BELOW_M 0.05    // beneath a floor there is nothing
#define OPACITY 0.98f

// A square of the mirrored picture: its first column counts from the border, 0 next to it.
typedef struct piece {
    int view, side; // -1 left of the picture, 1 right of it
    int aside, y, size;
} piece;

// The middle in the continued picture, and the pixel that is mirrored there.
static size_t mirrored(double *x, double *y, const recon_geometry *g, const piece *p)
{
    int width = g->maps[p->view].width, half = p->aside + p->size / 2, row = p->y + p->size / 2;
    double away = p->aside + 0.5 * p->size;
    *x = p->side < 0 ? -away : width + away;
    *y = p->y + 0.5 * p->size;
    return (size_t)row * (size_t)width + (size_t)(p->side < 0 ? half : width - 1 - half);
}

static double depth_of(const recon_geometry *g, int view, size_t at, double x, double y)
{
    const recon_depth_map *map = &g->maps[view];
    int plane = recon_plane_at(g, view, at);
    double depth = plane < 0 ? 0 : recon_plane_depth(g, view, &g->planes[plane], x, y);
    bool reaches = depth > 0 && recon_plane_reaches(&g->planes[plane],
                                                    recon_world_point(&g->views[view].camera, x, y, depth));
    return reaches ? depth : map->depth[at];
}

// Does a view see the point, or what lies there in its own continuation, nearer to its border?
static bool is_told_by(const recon_geometry *g, int view, sp_vec3 world, double aside_rad)
{
    const sp_camera *c = &g->views[view].camera;
    sp_vec3 x = sp_camera_to_cam(c, world);
    if (x.z <= 0)
        return false;
    double u = c->fx * x.x / x.z + c->cx, v = c->fy * x.y / x.z + c->cy;
    if (!(v >= 0 && v < c->height))
        return false;
    if (u >= 0 && u < c->width)
        return true;
    return (u < 0 ? -u : u - c->width) / c->fx < aside_rad;
}

static bool is_free(const recon_geometry *g, const piece *p, sp_vec3 world)
{
    double aside_rad = (p->aside + 0.5 * p->size) / g->views[p->view].camera.fx;
    if (g->params.floor_radius_m > 0 && world.z < -BELOW_M)
        return false;
    if (recon_is_among_viewpoints(g, world))
        return false;
    for (int j = 0; j < g->count; j++)
        if (j != p->view && is_told_by(g, j, world, aside_rad))
            return false;
    return !recon_in_action(g, world) && !recon_stands_in_the_way(g, -1, world);
}

static void mean_colour(float rgb[3], const recon_geometry *g, const piece *p)
{
    const sp_image *picture = &g->views[p->view].rgb;
    rgb[0] = rgb[1] = rgb[2] = 0;
    for (int j = 0; j < p->size; j++)
        for (int i = 0; i < p->size; i++) {
            int column = p->side < 0 ? p->aside + i : picture->width - 1 - p->aside - i;
            size_t at = (size_t)(p->y + j) * (size_t)picture->width + (size_t)column;
            for (int c = 0; c < 3; c++)
                rgb[c] += sp_image_plane(picture, c)[at] / (float)(p->size * p->size);
        }
}

// Is all that would be mirrored there, and seen?
static bool is_whole(const recon_geometry *g, const piece *p)
{
    const uint8_t *hidden = g->views[p->view].hidden, *nowhere = g->nowhere ? g->nowhere[p->view] : NULL;
    int width = g->maps[p->view].width;
    for (int j = 0; j < p->size; j++)
        for (int i = 0; i < p->size; i++) {
            int column = p->side < 0 ? p->aside + i : width - 1 - p->aside - i;
            size_t at = (size_t)(p->y + j) * (size_t)width + (size_t)column;
            if ((hidden && hidden[at]) || (nowhere && nowhere[at]))
                return false;
        }
    return true;
}

static int append_piece(sp_splat_cloud *out, const recon_geometry *g, const piece *p)
{
    const sp_camera *c = &g->views[p->view].camera;
    double x, y;
    size_t at = mirrored(&x, &y, g, p);
    if (!is_whole(g, p))
        return SP_OK;
    double depth = depth_of(g, p->view, at, x, y), sigma = SIGMA_SHARE * p->size * depth / c->fx;
    sp_vec3 world = recon_world_point(c, x, y, depth), eye = sp_camera_center(c);
    if (!is_free(g, p, world))
        return SP_OK;
    float rgb[3];
    mean_colour(rgb, g, p);
    return recon_append_disc(out, world, sp_v3_unit(sp_v3_sub(eye, world)), eye, sigma, sigma, rgb, OPACITY);
}

static int continue_side(sp_splat_cloud *out, const recon_geometry *g, int view, int side)
{
    int width = g->maps[view].width, height = g->maps[view].height, rc = SP_OK;
    int reach = (int)(REACH_RAD * g->views[view].camera.fx);
    reach = reach < width ? reach : width;
    for (int aside = 0, size = FINEST; aside + size <= reach;
         aside += size, size = FINEST + aside / COARSER_BY)
        for (int y = 0; y + size <= height && !rc; y += size) {
            piece p = {view, side, aside, y, size};
            rc = append_piece(out, g, &p);
        }
    return rc;
}

int recon_beside(sp_splat_cloud *out, const recon_geometry *g)
{
    int rc = SP_OK;
    for (int v = 0; v < g->count && !rc; v++)
        for (int side = -1; side <= 1 && !rc; side += 2)
            rc = continue_side(out, g, v, side);
    return rc;
}
