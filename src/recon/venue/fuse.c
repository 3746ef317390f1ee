#include "fuse.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_MAX 8         // largest patch, working pixels a side
#define EXPLAINED_SHARE 0.5 // a patch is left out when this much of it is explained
#define SAME_SURFACE 0.03   // relative difference of depths
#define SAME_COLOUR 0.08f   // mean difference of channels
#define DEPTH_SPREAD 0.02f  // a pixel farther from the plane of its patch is not on it
#define LOOSE_SPREAD 0.06f  // likewise where depth was only completed
#define ON_PATCH_SHARE 0.8  // a patch with fewer pixels on it is split
#define SIGMA_PER_SIDE 0.55 // of a splat, from the side of its patch
#define COSINE_MIN 0.12     // of the angle of sight: bounds how long a splat gets
#define SEED_OPACITY 0.9f
#define UNCONFIRMED_LATER 1e3 // patches without confirmed depth come after all others

typedef struct patch {
    int view, x, y, side;
    double order; // the lower comes first
} patch;

typedef struct patches {
    patch *items;
    size_t count, capacity;
} patches;

// When a block is one patch: its colours deviate less than this, or it is as small as patches may be.
typedef struct split_limits {
    float deviation;
    int finest;
} split_limits;

// From fine to coarse, until the budget is kept.
static const split_limits ladder[] = {{0.02f, 1}, {0.04f, 1}, {0.06f, 1}, {0.1f, 1},  {0.03f, 2},
                                      {0.05f, 2}, {0.08f, 2}, {0.12f, 2}, {0.05f, 4}, {0.1f, 4},
                                      {0.2f, 4},  {0.1f, 8},  {0.3f, 8},  {1, 16}};

static int add_patch(patches *list, patch p)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 4096;
        patch *items = realloc(list->items, capacity * sizeof *items);
        if (!items)
            return sp_error(SP_ENOMEM, "out of memory for %zu background patches", capacity);
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = p;
    return SP_OK;
}

static size_t centre_of(const patch *p, int width)
{
    return (size_t)(p->y + p->side / 2) * (size_t)width + (size_t)(p->x + p->side / 2);
}

// How far a pixel's depth is from the plane (or, where depth is only completed, from the distance) of a
// patch's centre.
static bool is_on_patch(const recon_geometry *g, int view, size_t centre, int cx, int cy, int x, int y)
{
    const recon_depth_map *map = &g->maps[view];
    const sp_camera *cam = &g->views[view].camera;
    float depth = map->depth[(size_t)y * (size_t)map->width + (size_t)x];
    if (!g->confirmed[view][centre])
        return fabsf(depth / map->depth[centre] - 1) < LOOSE_SPREAD;
    float n[3] = {map->normal[0][centre], map->normal[1][centre], map->normal[2][centre]};
    float rx = (float)((cx + 0.5 - cam->cx) / cam->fx), ry = (float)((cy + 0.5 - cam->cy) / cam->fy);
    float qx = (float)((x + 0.5 - cam->cx) / cam->fx), qy = (float)((y + 0.5 - cam->cy) / cam->fy);
    float on_plane = map->depth[centre] * (n[0] * rx + n[1] * ry + n[2]) / (n[0] * qx + n[1] * qy + n[2]);
    return fabsf(depth / on_plane - 1) < DEPTH_SPREAD;
}

// Does one flat splat of one colour do for this block?
static bool is_even(const recon_geometry *g, int view, int x0, int y0, int side, float colour_deviation)
{
    int width = g->maps[view].width, cx = x0 + side / 2, cy = y0 + side / 2, on_patch = 0;
    size_t centre = (size_t)cy * (size_t)width + (size_t)cx;
    double sum[3] = {0}, sum_sq[3] = {0};
    for (int y = y0; y < y0 + side; y++)
        for (int x = x0; x < x0 + side; x++) {
            on_patch += is_on_patch(g, view, centre, cx, cy, x, y);
            for (int c = 0; c < 3; c++) {
                float v = sp_image_plane(&g->views[view].rgb, c)[(size_t)y * (size_t)width + (size_t)x];
                sum[c] += v;
                sum_sq[c] += (double)v * v;
            }
        }
    double pixels = (double)side * side, variance = 0;
    for (int c = 0; c < 3; c++)
        variance += sum_sq[c] / pixels - (sum[c] / pixels) * (sum[c] / pixels);
    return on_patch >= ON_PATCH_SHARE * pixels && variance / 3 < (double)colour_deviation * colour_deviation;
}

static int hidden_in(const recon_geometry *g, int view, int x0, int y0, int side)
{
    const recon_stereo_view *v = &g->views[view];
    int count = 0;
    for (int y = y0; y < y0 + side; y++)
        for (int x = x0; x < x0 + side; x++) {
            size_t at = (size_t)y * (size_t)v->camera.width + (size_t)x;
            count += (v->hidden && v->hidden[at]) || (g->nowhere && g->nowhere[view][at]);
        }
    return count;
}

static double patch_cosine(const recon_geometry *g, const patch *p, size_t centre)
{
    const recon_depth_map *map = &g->maps[p->view];
    const sp_camera *cam = &g->views[p->view].camera;
    sp_vec3 n = sp_v3(map->normal[0][centre], map->normal[1][centre], map->normal[2][centre]);
    sp_vec3 ray =
        sp_v3((p->x + 0.5 * p->side - cam->cx) / cam->fx, (p->y + 0.5 * p->side - cam->cy) / cam->fy, 1);
    double cosine = -sp_v3_dot(n, sp_v3_unit(ray));
    return cosine > COSINE_MIN ? cosine : COSINE_MIN;
}

// Length of the patch on the surface along its tilt, metres: views that look at it squarely and from near
// come first.
static double patch_length(const recon_geometry *g, const patch *p, size_t centre)
{
    return p->side * g->maps[p->view].depth[centre] / g->views[p->view].camera.fx /
           patch_cosine(g, p, centre);
}

static int split(patches *list, const recon_geometry *g, int view, int x, int y, int side,
                 const split_limits *limits)
{
    const recon_depth_map *map = &g->maps[view];
    bool inside = x + side <= map->width && y + side <= map->height;
    if (x >= map->width || y >= map->height)
        return SP_OK;
    int hidden = inside ? hidden_in(g, view, x, y, side) : 0;
    if (hidden == side * side)
        return SP_OK;
    if (inside && !hidden && (side <= limits->finest || is_even(g, view, x, y, side, limits->deviation))) {
        patch p = {.view = view, .x = x, .y = y, .side = side};
        size_t centre = centre_of(&p, map->width);
        p.order = patch_length(g, &p, centre) + (g->confirmed[view][centre] ? 0 : UNCONFIRMED_LATER);
        return add_patch(list, p);
    }
    if (side == 1)
        return SP_OK;
    int half = side / 2, rc = SP_OK;
    for (int k = 0; k < 4 && !rc; k++)
        rc = split(list, g, view, x + (k & 1) * half, y + (k >> 1) * half, half, limits);
    return rc;
}

static int by_order(const void *a, const void *b)
{
    const patch *p = a, *q = b;
    if (p->order != q->order)
        return p->order < q->order ? -1 : 1;
    if (p->view != q->view)
        return p->view - q->view;
    return p->y != q->y ? p->y - q->y : p->x - q->x;
}

int recon_append_disc(sp_splat_cloud *out, sp_vec3 position, sp_vec3 normal, sp_vec3 eye, double sigma_u,
                      double sigma_v, const float rgb[3], float opacity)
{
    if (out->count == out->capacity) {
        int rc = sp_splat_cloud_reserve(out, 2 * out->capacity + 16);
        if (rc)
            return rc;
    }
    sp_vec3 ray = sp_v3_unit(sp_v3_sub(position, eye));
    sp_vec3 u = sp_v3_cross(normal, ray);
    if (sp_v3_norm(u) < 1e-4)
        u = sp_v3_cross(normal, fabs(normal.z) < 0.9 ? sp_v3(0, 0, 1) : sp_v3(1, 0, 0));
    u = sp_v3_unit(u);
    sp_vec3 v = sp_v3_cross(normal, u);
    sp_mat3 axes = {{u.x, v.x, normal.x, u.y, v.y, normal.y, u.z, v.z, normal.z}};
    sp_quat q = sp_quat_from_m3(axes);
    double thin = 0.15 * (sigma_u < sigma_v ? sigma_u : sigma_v);
    double values[SP_ROW_SH] = {position.x,
                                position.y,
                                position.z,
                                log(sigma_u),
                                log(sigma_v),
                                log(thin),
                                q.w,
                                q.x,
                                q.y,
                                q.z,
                                log(opacity / (1 - opacity))};
    size_t at = out->count++;
    for (int row = 0; row < SP_ROW_SH; row++)
        sp_splat_row(out, row)[at] = (float)values[row];
    for (int c = 0; c < 3; c++)
        sp_splat_row(out, SP_ROW_SH + c)[at] = (rgb[c] - 0.5f) / (float)SP_SH_C0;
    return SP_OK;
}

static void patch_colour(float rgb[3], const recon_geometry *g, const patch *p)
{
    int width = g->maps[p->view].width;
    for (int c = 0; c < 3; c++) {
        const float *plane = sp_image_plane(&g->views[p->view].rgb, c);
        rgb[c] = 0;
        for (int j = 0; j < p->side; j++)
            for (int i = 0; i < p->side; i++)
                rgb[c] += plane[(size_t)(p->y + j) * (size_t)width + (size_t)(p->x + i)];
        rgb[c] /= (float)(p->side * p->side);
    }
}

static int append_patch(sp_splat_cloud *out, const recon_geometry *g, const patch *p, const float rgb[3])
{
    const recon_depth_map *map = &g->maps[p->view];
    const sp_camera *cam = &g->views[p->view].camera;
    size_t centre = centre_of(p, map->width);
    // The splat sits at the middle of the patch on the plane of its centre pixel.
    double x = p->x + 0.5 * p->side, y = p->y + 0.5 * p->side, depth = map->depth[centre];
    sp_vec3 n = sp_v3(map->normal[0][centre], map->normal[1][centre], map->normal[2][centre]);
    double sigma = SIGMA_PER_SIDE * p->side * depth / cam->fx;
    return recon_append_disc(out, recon_world_point(cam, x, y, depth),
                             sp_m3_apply_transposed(cam->rotation, n), sp_camera_center(cam), sigma,
                             sigma / patch_cosine(g, p, centre), rgb, SEED_OPACITY);
}

static bool is_coloured(const sp_image *picture, size_t at, const float rgb[3])
{
    float difference = 0;
    for (int c = 0; c < 3; c++)
        difference += fabsf(sp_image_plane(picture, c)[at] - rgb[c]);
    return difference < 3 * SAME_COLOUR;
}

// Mark what the patch's splat covers in every view that sees the same surface there; and, where its depth is
// confirmed, what looks like it in views whose depth there is only completed: that would be a ghost of it.
static void explain(uint8_t *const *explained, const recon_geometry *g, const patch *p, const float rgb[3])
{
    const sp_camera *own = &g->views[p->view].camera;
    const recon_depth_map *map = &g->maps[p->view];
    size_t centre = centre_of(p, map->width);
    double depth = map->depth[centre];
    sp_vec3 world = recon_world_point(own, p->x + 0.5 * p->side, p->y + 0.5 * p->side, depth);
    for (int j = 0; j < g->count; j++) {
        const sp_camera *cam = &g->views[j].camera;
        sp_vec3 c = sp_camera_to_cam(cam, world);
        double u = cam->fx * c.x / c.z + cam->cx, v = cam->fy * c.y / c.z + cam->cy;
        if (c.z <= 0 || !(u >= 0 && v >= 0 && u < cam->width && v < cam->height))
            continue;
        double there = g->maps[j].depth[(size_t)v * (size_t)cam->width + (size_t)u];
        bool is_same = fabs(there / c.z - 1) <= SAME_SURFACE;
        if (!is_same && !g->confirmed[p->view][centre])
            continue;
        double radius = 0.5 * p->side * depth / own->fx * cam->fx / c.z;
        int x0 = (int)ceil(u - radius - 0.5), x1 = (int)floor(u + radius - 0.5);
        int y0 = (int)ceil(v - radius - 0.5), y1 = (int)floor(v + radius - 0.5);
        for (int y = y0 < 0 ? 0 : y0; y <= y1 && y < cam->height; y++)
            for (int x = x0 < 0 ? 0 : x0; x <= x1 && x < cam->width; x++) {
                size_t at = (size_t)y * (size_t)cam->width + (size_t)x;
                explained[j][at] |=
                    is_same || (!g->confirmed[j][at] && is_coloured(&g->views[j].rgb, at, rgb));
            }
    }
}

static bool is_explained(uint8_t *const *explained, const recon_geometry *g, const patch *p)
{
    int width = g->maps[p->view].width, hits = 0;
    for (int y = p->y; y < p->y + p->side; y++)
        for (int x = p->x; x < p->x + p->side; x++)
            hits += explained[p->view][(size_t)y * (size_t)width + (size_t)x];
    return hits >= EXPLAINED_SHARE * p->side * p->side;
}

// Back to count splats; entries past the count are zero again.
static void forget(sp_splat_cloud *out, size_t count)
{
    for (int row = 0; row < sp_splat_rows(out->sh_degree); row++)
        memset(sp_splat_row(out, row) + count, 0, (out->count - count) * sizeof(float));
    out->count = count;
}

static int fuse_at(sp_splat_cloud *out, const recon_geometry *g, uint8_t *const *explained,
                   const split_limits *limits, int budget, bool *fits)
{
    patches list = {0};
    int rc = SP_OK;
    for (int i = 0; i < g->count && !rc; i++) {
        memset(explained[i], 0, (size_t)g->maps[i].width * (size_t)g->maps[i].height);
        for (int y = 0; y < g->maps[i].height && !rc; y += BLOCK_MAX)
            for (int x = 0; x < g->maps[i].width && !rc; x += BLOCK_MAX)
                rc = split(&list, g, i, x, y, BLOCK_MAX, limits);
    }
    if (!rc)
        qsort(list.items, list.count, sizeof *list.items, by_order);
    size_t before = out->count;
    *fits = true;
    for (size_t i = 0; i < list.count && !rc && *fits; i++) {
        if (is_explained(explained, g, &list.items[i]))
            continue;
        float rgb[3];
        patch_colour(rgb, g, &list.items[i]);
        rc = append_patch(out, g, &list.items[i], rgb);
        explain(explained, g, &list.items[i], rgb);
        *fits = out->count - before <= (size_t)budget;
    }
    if (!*fits)
        forget(out, before);
    free(list.items);
    return rc;
}

int recon_fuse(sp_splat_cloud *out, const recon_geometry *g, int budget)
{
    int rc = SP_OK;
    uint8_t **explained = sp_calloc((size_t)g->count, sizeof *explained);
    if (!explained)
        return SP_ENOMEM;
    for (int i = 0; i < g->count && !rc; i++)
        if (!(explained[i] = sp_calloc((size_t)g->maps[i].width * (size_t)g->maps[i].height, 1)))
            rc = SP_ENOMEM;
    bool fits = false;
    for (size_t k = 0; !rc && !fits && k < sizeof ladder / sizeof *ladder; k++)
        rc = fuse_at(out, g, explained, &ladder[k], budget, &fits);
    if (!rc && !fits)
        rc = sp_error(SP_EINVAL, "a background of %d splats is too few for %d views; raise the budget",
                      budget, g->count);
    for (int i = 0; i < g->count; i++)
        free(explained[i]);
    free(explained);
    return rc;
}
