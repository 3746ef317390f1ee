#include "thickness.h"
#include "carve_depth.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEEP 1.6           // widths that a body may be deep
#define SMOOTHING_ROUNDS 4 // of the cuts, which are as ragged as outlines
#define LEAST_PART 0.0005  // of the largest: what cuts leave hanging by itself
#define SHEET_M 0.08       // how much deeper than the least deep that covers a pixel all that may cover it is
#define VOXEL_PX 1.0       // a voxel's size in the pictures that this is done in

// A view at the resolution of the voxels.
typedef struct gauge {
    sp_camera camera; // width 0: takes no part
    sp_image front;   // depth of the hull's nearest surface; INFINITY: none
    sp_image radius;  // px, of the largest circle within the outline that holds the pixel
} gauge;

typedef struct bounding {
    recon_hull *hull;
    const recon_points *surface;
    const recon_scene *scene;
    gauge *gauges;
    float *excess; // per cell: metres too deep in the view that says most; 0 or less: fine
} bounding;

// ---- Views

static void paint_circle(sp_image *radius, int cx, int cy, float r)
{
    int reach = (int)r;
    for (int y = cy - reach < 0 ? 0 : cy - reach; y <= cy + reach && y < radius->height; y++)
        for (int x = cx - reach < 0 ? 0 : cx - reach; x <= cx + reach && x < radius->width; x++) {
            float *at = &radius->data[(size_t)y * (size_t)radius->width + (size_t)x];
            if ((float)((x - cx) * (x - cx) + (y - cy) * (y - cy)) <= r * r)
                *at = fmaxf(*at, r);
        }
}

// Distance to the outline of a pixel of the gauge, in its own pixels.
static float inside_by(const recon_scene_view *view, const sp_camera *camera, int x, int y)
{
    double scale = (double)view->crop.width / camera->width;
    double left = view->full.cx - view->crop.cx, top = view->full.cy - view->crop.cy;
    int px = (int)(left + (x + 0.5) * scale), py = (int)(top + (y + 0.5) * scale);
    return recon_silhouette_pixel(&view->silhouette, px, py) / (float)scale;
}

static int measure_widths(gauge *g, const recon_scene_view *view)
{
    int rc = sp_image_init(&g->radius, g->camera.width, g->camera.height, 1);
    for (int y = 0; y < g->camera.height && !rc; y++)
        for (int x = 0; x < g->camera.width; x++) {
            float r = inside_by(view, &g->camera, x, y);
            // A circle within a neighbour's need not be painted.
            bool is_within = false;
            for (int k = 0; k < 4 && r > 0 && !is_within; k++)
                is_within =
                    inside_by(view, &g->camera, x + (k == 0) - (k == 1), y + (k == 2) - (k == 3)) >= r + 1;
            if (r > 0 && !is_within)
                paint_circle(&g->radius, x, y, r);
        }
    return rc;
}

static int open_gauge(void *context, int64_t v, int worker)
{
    (void)worker;
    bounding *b = context;
    const recon_scene_view *view = &b->scene->views[v];
    const recon_hull *hull = b->hull;
    if (!view->used || !view->crop.width)
        return SP_OK;
    sp_vec3 middle = sp_v3(hull->origin[0] + 0.5 * hull->voxel_m * hull->size[0],
                           hull->origin[1] + 0.5 * hull->voxel_m * hull->size[1],
                           hull->origin[2] + 0.5 * hull->voxel_m * hull->size[2]);
    double z = fmax(sp_camera_to_cam(&view->crop, middle).z, 0.1);
    double shrink = fmin(VOXEL_PX * z / (hull->voxel_m * view->crop.fx), 1);
    gauge *g = &b->gauges[v];
    g->camera = sp_camera_resized(&view->crop, (int)fmax(lround(view->crop.width * shrink), 1),
                                  (int)fmax(lround(view->crop.height * shrink), 1));
    int rc = recon_depth_of_points(&g->front, b->surface, &g->camera);
    if (!rc)
        rc = measure_widths(g, view);
    return rc ? sp_error_context(rc, "thickness in camera %s", view->full.id) : SP_OK;
}

// ---- Cells

static sp_vec3 place_of(const recon_hull *hull, size_t cell)
{
    size_t sx = (size_t)hull->size[0], sy = (size_t)hull->size[1];
    return sp_v3(hull->origin[0] + hull->voxel_m * (double)(cell % sx),
                 hull->origin[1] + hull->voxel_m * (double)(cell / sx % sy),
                 hull->origin[2] + hull->voxel_m * (double)(cell / sx / sy));
}

static bool pixel_of(size_t *at, double *depth, const gauge *g, sp_vec3 place)
{
    if (!g->camera.width)
        return false;
    sp_vec3 c = sp_camera_to_cam(&g->camera, place);
    if (c.z < 0.05)
        return false;
    double x = g->camera.fx * c.x / c.z + g->camera.cx, y = g->camera.fy * c.y / c.z + g->camera.cy;
    if (!(x >= 0 && y >= 0 && x < g->camera.width && y < g->camera.height))
        return false;
    *at = (size_t)y * (size_t)g->camera.width + (size_t)x;
    *depth = c.z;
    return true;
}

static void measure_layer(void *context, int64_t k, int worker)
{
    (void)worker;
    bounding *b = context;
    size_t layer = (size_t)b->hull->size[0] * (size_t)b->hull->size[1];
    for (size_t cell = (size_t)k * layer; cell < (size_t)(k + 1) * layer; cell++) {
        b->excess[cell] = -INFINITY;
        for (int v = 0; v < b->scene->count && b->hull->field[cell] > 0; v++) {
            const gauge *g = &b->gauges[v];
            size_t at;
            double depth;
            if (!pixel_of(&at, &depth, g, place_of(b->hull, cell)) || !(g->radius.data[at] > 0))
                continue;
            double wide = 2 * (double)g->radius.data[at] * depth / g->camera.fx;
            double deep = depth - (double)g->front.data[at];
            b->excess[cell] = fmaxf(b->excess[cell], (float)(deep - DEEP * wide - b->hull->voxel_m));
        }
    }
}

// What covers the pixels of a view: the least excess on each one's line of sight. Pixels without any:
// INFINITY.
static void cover(float *least, const bounding *b, const gauge *g, size_t cells)
{
    size_t pixels = (size_t)g->camera.width * (size_t)g->camera.height;
    for (size_t i = 0; i < pixels; i++)
        least[i] = INFINITY;
    for (size_t cell = 0; cell < cells; cell++) {
        size_t at;
        double depth;
        if (b->hull->field[cell] > 0 && pixel_of(&at, &depth, g, place_of(b->hull, cell)))
            least[at] = fminf(least[at], b->excess[cell]);
    }
}

// What a view needs to cover its matte is not too deep.
static int keep_covers(bounding *b, const gauge *g, size_t cells)
{
    float *least = sp_calloc((size_t)g->camera.width * (size_t)g->camera.height + 1, sizeof *least);
    if (!least)
        return SP_ENOMEM;
    cover(least, b, g, cells);
    for (size_t cell = 0; cell < cells; cell++) {
        size_t at;
        double depth;
        if (!(b->excess[cell] > 0) || !pixel_of(&at, &depth, g, place_of(b->hull, cell)))
            continue;
        float needed = least[at];
        if (needed > 0 && b->excess[cell] <= needed + (float)SHEET_M)
            b->excess[cell] = 0;
    }
    free(least);
    return SP_OK;
}

static void close_all(bounding *b)
{
    for (int v = 0; b->gauges && v < b->scene->count; v++) {
        sp_image_free(&b->gauges[v].front);
        sp_image_free(&b->gauges[v].radius);
    }
    free(b->gauges);
    free(b->excess);
}

int recon_bound_thickness(recon_hull *hull, const recon_points *surface, const recon_scene *scene,
                          sp_pool *pool)
{
    size_t cells = (size_t)hull->size[0] * (size_t)hull->size[1] * (size_t)hull->size[2];
    bounding b = {.hull = hull, .surface = surface, .scene = scene};
    b.gauges = sp_calloc((size_t)scene->count + 1, sizeof *b.gauges);
    b.excess = sp_calloc(cells + 1, sizeof *b.excess);
    int rc = b.gauges && b.excess ? sp_pool_try(pool, scene->count, open_gauge, &b) : SP_ENOMEM;
    if (!rc)
        sp_pool_run(pool, hull->size[2], measure_layer, &b);
    for (int v = 0; v < scene->count && !rc; v++)
        if (b.gauges[v].camera.width)
            rc = keep_covers(&b, &b.gauges[v], cells);
    for (size_t cell = 0; cell < cells && !rc; cell++)
        if (b.excess[cell] > 0)
            hull->field[cell] = fminf(-b.excess[cell], -0.1f * (float)hull->voxel_m);
    for (size_t cell = 0; cell < cells && !rc; cell++)
        hull->field[cell] = fmaxf(hull->field[cell], (float)(-RECON_HULL_BAND * hull->voxel_m));
    close_all(&b);
    if (!rc)
        rc = recon_hull_smooth(hull, SMOOTHING_ROUNDS, pool);
    return rc ? rc : recon_hull_drop_parts(hull, LEAST_PART);
}
