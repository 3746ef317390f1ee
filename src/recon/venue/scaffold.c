#include "fuse.h"

#include <math.h>
#include <stdlib.h>

#define SHELL_POINTS 3000
#define SHELL_LOWEST -0.1   // sine of the lowest elevation over a floor
#define SHELL_MARGIN 1.2    // beyond the farthest confirmed surface but for stragglers
#define BACKDROP_SHARE 0.99 // of the shell's radius: before it
#define CELLS 10.0 // square of the backdrop's cells, times the budget: these take a fifteenth of it, mostly
#define CELL_MOST_RAD 0.05
#define FLOOR_BELOW_M 0.02
#define SCAFFOLD_OPACITY 0.98f
#define FLOOR_AGREE 0.05
#define SHELL_AGREE 0.9 // a confirmed surface nearer than this share of the shell's distance is not the shell
#define SHELL_OPEN 0.6  // likewise one whose depth was completed
#define EVEN 0.02f      // deviation of grey in what has no texture
#define LITTLE_TRUST 0.01f
#define LEVEL 3.0 // how much farther a step up or down is than one aside: venues lie in layers

// A point of the scaffold before it becomes a splat.
typedef struct anchor {
    sp_vec3 position, normal;
    double spacing;
    float rgb[3], known; // known 0: no view tells its colour; else how many do, and how well
} anchor;

static void pixel_colour(float rgb[3], const recon_stereo_view *view, size_t at)
{
    for (int c = 0; c < 3; c++)
        rgb[c] = sp_image_plane(&view->rgb, c)[at];
}

// What is far and has no texture (sky, a hall's ceiling) is what a shell is for; texture without depth most
// likely lies before it and tells its colour only where nothing else does.
static float trust(const recon_stereo_view *view, size_t at)
{
    int width = view->camera.width, height = view->camera.height;
    int x = (int)(at % (size_t)width), y = (int)(at / (size_t)width), count = 0;
    float sum = 0, squares = 0;
    for (int j = y - 3 < 0 ? 0 : y - 3; j <= y + 3 && j < height; j++)
        for (int i = x - 3 < 0 ? 0 : x - 3; i <= x + 3 && i < width; i++, count++) {
            float v = view->grey.data[(size_t)j * (size_t)width + (size_t)i];
            sum += v;
            squares += v * v;
        }
    float mean = sum / (float)count;
    return squares / (float)count - mean * mean < EVEN * EVEN ? 1 : LITTLE_TRUST;
}

// Mean colour of the views in whose picture the anchor falls, of those that see the same depth when it must
// agree.
static void look_up(anchor *a, const recon_geometry *g, bool same_depth)
{
    float sum[3] = {0};
    for (int j = 0; j < g->count; j++) {
        size_t at;
        double depth;
        float rgb[3];
        if (!recon_pixel_in(&at, &depth, g, j, a->position))
            continue;
        double ratio = g->maps[j].depth[at] / depth;
        if (same_depth ? fabs(ratio - 1) > FLOOR_AGREE
                       : ratio < (g->confirmed[j][at] ? SHELL_AGREE : SHELL_OPEN))
            continue;
        pixel_colour(rgb, &g->views[j], at);
        float weight = same_depth ? 1 : trust(&g->views[j], at);
        for (int c = 0; c < 3; c++)
            sum[c] += weight * rgb[c];
        a->known += weight;
    }
    for (int c = 0; c < 3 && a->known > 0; c++)
        a->rgb[c] = sum[c] / a->known;
}

// Unknown anchors take the colour of known ones, weighted by the inverse fourth power of their distance,
// which is longer up and down.
static void spread_colours(anchor *anchors, int count)
{
    for (int i = 0; i < count; i++) {
        if (anchors[i].known > 0)
            continue;
        double sum[3] = {0}, total = 0;
        for (int j = 0; j < count; j++) {
            if (anchors[j].known <= 0)
                continue;
            sp_vec3 d = sp_v3_sub(anchors[i].position, anchors[j].position);
            d.z *= LEVEL;
            double square = sp_v3_dot(d, d) + 1e-6, weight = fminf(anchors[j].known, 1) / (square * square);
            total += weight;
            for (int c = 0; c < 3; c++)
                sum[c] += weight * anchors[j].rgb[c];
        }
        for (int c = 0; c < 3; c++)
            anchors[i].rgb[c] = total > 0 ? (float)(sum[c] / total) : 0.5f;
    }
}

static int append_anchors(sp_splat_cloud *out, const recon_geometry *g, anchor *anchors, int count,
                          sp_vec3 eye, bool keep_known)
{
    spread_colours(anchors, count);
    int rc = SP_OK;
    for (int i = 0; i < count && !rc; i++)
        if ((keep_known || anchors[i].known <= 0) && !recon_stands_in_the_way(g, -1, anchors[i].position))
            rc = recon_append_disc(out, anchors[i].position, anchors[i].normal, eye, 0.7 * anchors[i].spacing,
                                   0.7 * anchors[i].spacing, anchors[i].rgb, SCAFFOLD_OPACITY);
    return rc;
}

static int shell(sp_splat_cloud *out, const recon_geometry *g, double radius, double lowest)
{
    anchor *anchors = sp_calloc(SHELL_POINTS, sizeof *anchors);
    if (!anchors)
        return SP_ENOMEM;
    sp_vec3 centre = sp_v3(g->params.floor_x, g->params.floor_y, 0);
    double golden = M_PI * (3 - sqrt(5.0));
    for (int i = 0; i < SHELL_POINTS; i++) { // Fibonacci lattice on the part of the sphere above lowest
        double z = lowest + (1 - lowest) * (i + 0.5) / SHELL_POINTS, r = sqrt(1 - z * z);
        sp_vec3 direction = sp_v3(r * cos(golden * i), r * sin(golden * i), z);
        anchors[i].position = sp_v3_add(centre, sp_v3_scale(direction, radius));
        anchors[i].normal = sp_v3_scale(direction, -1);
        anchors[i].spacing = radius * sqrt(2 * M_PI * (1 - lowest) / SHELL_POINTS);
        look_up(&anchors[i], g, false);
    }
    int rc = append_anchors(out, g, anchors, SHELL_POINTS, centre, true);
    free(anchors);
    return rc;
}

static int floor_rings(sp_splat_cloud *out, const recon_geometry *g, double radius)
{
    // Rings whose spacing grows with the distance, so that a few thousand discs reach the shell.
    double step = 0.15, ratio = 1.12, r = 0;
    int capacity = 1, count = 0;
    for (double q = step, s = step; q < radius; s *= ratio, q += s)
        capacity += (int)(2 * M_PI * q / s) + 1;
    anchor *anchors = sp_calloc((size_t)capacity, sizeof *anchors);
    if (!anchors)
        return SP_ENOMEM;
    for (double s = step; r < radius; s *= ratio, r += s) {
        int around = r > 0 ? (int)(2 * M_PI * r / s) + 1 : 1;
        for (int k = 0; k < around && count < capacity; k++) {
            anchor *a = &anchors[count++];
            double angle = 2 * M_PI * k / around;
            a->position =
                sp_v3(g->params.floor_x + r * cos(angle), g->params.floor_y + r * sin(angle), -FLOOR_BELOW_M);
            a->normal = sp_v3(0, 0, 1);
            a->spacing = s;
            look_up(a, g, true); // a coarse disc under finer ones that were seen would only blur them
        }
    }
    int rc = append_anchors(out, g, anchors, count, sp_v3(g->params.floor_x, g->params.floor_y, 2), false);
    free(anchors);
    return rc;
}

int recon_scaffold(sp_splat_cloud *out, const recon_geometry *g, int budget, sp_pool *pool)
{
    double radius = SHELL_MARGIN * g->reach_m;
    bool has_floor = g->params.floor_radius_m > 0;
    int rc = shell(out, g, radius, has_floor ? SHELL_LOWEST : -1);
    if (!rc)
        rc = recon_backdrop(out, g, BACKDROP_SHARE * radius, fmin(sqrt(CELLS / budget), CELL_MOST_RAD), pool);
    if (!rc && !g->params.is_apart)
        rc = recon_beside(out, g);
    return rc || !has_floor ? rc : floor_rings(out, g, radius);
}
