// Voxels of the athlete's box are asked by every camera; two bits per camera and voxel (it sees it, it calls
// it athlete) then answer all questions about hulls of subsets without projecting again.
#include "silhouettes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SILHOUETTE_SIDE = 192 };

// ---- Where the athlete is ---------------------------------------------------------------------------------

typedef struct blob {
    double mass, x, y, deviation; // of the matte over 0.5, pixels
} blob;

static blob measure(const sp_image *matte)
{
    double n = 0, x = 0, y = 0, xx = 0, yy = 0;
    for (int v = 0; v < matte->height; v += 2) {
        const float *row = matte->data + (size_t)v * (size_t)matte->width;
        for (int u = 0; u < matte->width; u += 2) {
            if (row[u] <= 0.5f)
                continue;
            n++, x += u, y += v, xx += (double)u * u, yy += (double)v * v;
        }
    }
    if (n < 1)
        return (blob){0};
    x /= n, y /= n;
    return (blob){.mass = 4 * n,
                  .x = x + 0.5,
                  .y = y + 0.5,
                  .deviation = sqrt(fmax(xx / n - x * x, 0) + fmax(yy / n - y * y, 0))};
}

// The box around the athlete: middle from the rays through the mattes' middles, the worst of which is left
// out while it does not fit; size from the mattes' spread.
static bool find_box(sp_vec3 *middle, double *radius, const hull_check *h)
{
    sp_vec3 origins[CAMERAS_MAX], rays[CAMERAS_MAX];
    double spread[CAMERAS_MAX], reach[CAMERAS_MAX];
    int n = 0;
    for (int i = 0; i < h->count; i++) {
        const sp_view *view = &h->views[h->active[i]];
        blob b = measure(view->matte);
        if (b.mass < 16 || !sp_camera_ray(&rays[n], &view->camera, (sp_vec2){b.x, b.y}))
            continue;
        origins[n] = sp_camera_center(&view->camera);
        spread[n++] = b.deviation / view->camera.fx;
    }
    for (;; n--) {
        if (n < 2 || !sp_triangulate_rays(middle, origins, rays, n))
            return false;
        int worst = -1;
        double worst_angle = 0;
        for (int i = 0; i < n; i++) {
            sp_vec3 to = sp_v3_sub(*middle, origins[i]);
            double along = sp_v3_dot(to, rays[i]),
                   off = sp_v3_norm(sp_v3_sub(to, sp_v3_scale(rays[i], along)));
            double angle = along > 0 ? atan2(off, along) : M_PI;
            if (angle > 2 * spread[i] && angle > worst_angle)
                worst_angle = angle, worst = i;
        }
        if (worst < 0)
            break;
        origins[worst] = origins[n - 1], rays[worst] = rays[n - 1], spread[worst] = spread[n - 1];
    }
    for (int i = 0; i < n; i++)
        reach[i] = spread[i] * sp_v3_norm(sp_v3_sub(*middle, origins[i]));
    *radius = 3.2 * calibrate_median(reach, n);
    return *radius > 0;
}

double silhouette_area(const sp_image *matte)
{
    return measure(matte).mass;
}

// ---- Voxels -----------------------------------------------------------------------------------------------

static void ask_slice(void *context, int64_t z, int worker)
{
    (void)worker;
    hull_check *h = context;
    voxels *g = &h->grid;
    size_t at = (size_t)z * (size_t)g->n[0] * (size_t)g->n[1];
    for (int y = 0; y < g->n[1]; y++) {
        for (int x = 0; x < g->n[0]; x++, at++) {
            sp_vec3 p = sp_v3_add(g->low, sp_v3_scale(sp_v3(x + 0.5, y + 0.5, (double)z + 0.5), g->size_m));
            uint64_t inside = 0, seen = 0;
            for (int i = 0; i < h->count; i++) {
                const sp_view *view = &h->views[h->active[i]];
                sp_vec2 px;
                if (!sp_camera_project(&px, &view->camera, p) || !(px.x >= 0 && px.y >= 0) ||
                    px.x >= view->camera.width || px.y >= view->camera.height)
                    continue;
                seen |= (uint64_t)1 << i;
                const sp_image *own = &h->own[i];
                if (own->data[(size_t)px.y / (size_t)h->step[i] * (size_t)own->width +
                              (size_t)px.x / (size_t)h->step[i]] > 0)
                    inside |= (uint64_t)1 << i;
            }
            g->inside[at] = inside;
            g->seen[at] = seen;
        }
    }
}

static size_t voxel_count(const voxels *g)
{
    return (size_t)g->n[0] * (size_t)g->n[1] * (size_t)g->n[2];
}

// In the hull of the cameras in `who`: all of them that see it call it athlete, and at least two do see it.
static bool in_hull(const voxels *g, size_t at, uint64_t who)
{
    uint64_t seen = g->seen[at] & who;
    return (g->inside[at] & seen) == seen && (seen & (seen - 1)) != 0;
}

// ---- Silhouettes ------------------------------------------------------------------------------------------

// Bounds of the grid in a view's picture, to size the silhouettes: about SILHOUETTE_SIDE pixels over the box.
static int choose_step(const hull_check *h, const sp_camera *camera)
{
    const voxels *g = &h->grid;
    sp_vec3 middle = sp_v3_add(g->low, sp_v3_scale(sp_v3(g->n[0], g->n[1], g->n[2]), 0.5 * g->size_m));
    double depth = sp_camera_to_cam(camera, middle).z,
           side = fmax(g->n[0], fmax(g->n[1], g->n[2])) * g->size_m;
    double px = depth > 0 ? side / depth * camera->fx : camera->width;
    return (int)fmax(1, floor(fmin(px, camera->width) / SILHOUETTE_SIDE));
}

static int shrink(sp_image *out, const sp_image *matte, int step)
{
    int code = sp_image_init(out, (matte->width + step - 1) / step, (matte->height + step - 1) / step, 1);
    for (int y = 0; !code && y < out->height; y++)
        for (int x = 0; x < out->width; x++) {
            int u = x * step + step / 2, v = y * step + step / 2;
            u = u < matte->width ? u : matte->width - 1;
            v = v < matte->height ? v : matte->height - 1;
            out->data[y * out->width + x] = matte->data[(size_t)v * (size_t)matte->width + (size_t)u] > 0.5f;
        }
    return code;
}

// A plate estimated while the athlete was there leaves holes in the matte, and a hole carves a tunnel through
// the hull: what the outside cannot reach is filled.
static int fill_holes(sp_image *mask)
{
    int w = mask->width, h = mask->height, top = 0;
    int *stack = sp_calloc((size_t)w * (size_t)h, sizeof *stack);
    uint8_t *outside = sp_calloc((size_t)w * (size_t)h, 1);
    if (!stack || !outside) {
        free(stack);
        free(outside);
        return SP_ENOMEM;
    }
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)
            if ((x == 0 || y == 0 || x == w - 1 || y == h - 1) && mask->data[y * w + x] == 0)
                outside[y * w + x] = 1, stack[top++] = y * w + x;
    while (top > 0) {
        int at = stack[--top], x = at % w, y = at / w;
        const int next[4] = {x > 0 ? at - 1 : -1, x < w - 1 ? at + 1 : -1, y > 0 ? at - w : -1,
                             y < h - 1 ? at + w : -1};
        for (int k = 0; k < 4; k++)
            if (next[k] >= 0 && !outside[next[k]] && mask->data[next[k]] == 0)
                outside[next[k]] = 1, stack[top++] = next[k];
    }
    for (int i = 0; i < w * h; i++)
        mask->data[i] = !outside[i];
    free(stack);
    free(outside);
    return SP_OK;
}

// Each voxel is drawn as a square of its size.
void silhouette_draw_hull(sp_image *out, const hull_check *h, int i, uint64_t who)
{
    const voxels *g = &h->grid;
    const sp_camera *camera = &h->views[h->active[i]].camera;
    memset(out->data, 0, sizeof *out->data * (size_t)out->width * (size_t)out->height);
    size_t at = 0;
    for (int z = 0; z < g->n[2]; z++)
        for (int y = 0; y < g->n[1]; y++)
            for (int x = 0; x < g->n[0]; x++, at++) {
                sp_vec2 px;
                sp_vec3 p = sp_v3_add(g->low, sp_v3_scale(sp_v3(x + 0.5, y + 0.5, z + 0.5), g->size_m));
                if (!in_hull(g, at, who) || !sp_camera_project(&px, camera, p))
                    continue;
                // Half of a voxel's side seen from any direction, on average.
                double half =
                    0.6 * g->size_m / fmax(sp_camera_to_cam(camera, p).z, 1e-3) * camera->fx / h->step[i];
                double u = px.x / h->step[i], v = px.y / h->step[i];
                int x0 = (int)fmax(0, ceil(u - half - 0.5)),
                    x1 = (int)fmin(out->width - 1, floor(u + half - 0.5));
                int y0 = (int)fmax(0, ceil(v - half - 0.5)),
                    y1 = (int)fmin(out->height - 1, floor(v + half - 0.5));
                for (int b = y0; b <= y1; b++)
                    for (int a = x0; a <= x1; a++)
                        out->data[b * out->width + a] = 1;
            }
}

static sp_rect bounds_of(const sp_image *mask)
{
    return sp_mask_bounds(mask, 0.5f, 0, 0);
}

// Intersection over union of the own silhouette moved by (dx, dy) and the hull.
static double overlap(const sp_image *own, const sp_image *hull, sp_rect own_box, double hull_area,
                      double own_area, int dx, int dy)
{
    double both = 0;
    for (int y = own_box.y; y < own_box.y + own_box.height; y++) {
        int v = y + dy;
        if (v < 0 || v >= hull->height)
            continue;
        for (int x = own_box.x; x < own_box.x + own_box.width; x++) {
            int u = x + dx;
            if (u >= 0 && u < hull->width)
                both += own->data[y * own->width + x] * hull->data[v * hull->width + u];
        }
    }
    double either = hull_area + own_area - both;
    return either > 0 ? both / either : 0;
}

static double area(const sp_image *mask)
{
    double sum = 0;
    for (int i = 0; i < mask->width * mask->height; i++)
        sum += mask->data[i];
    return sum;
}

// The whole shift with the best overlap: coarse grid first, then ever finer around the best.
static double best_shift(int *best_x, int *best_y, const sp_image *own, const sp_image *hull)
{
    sp_rect box = bounds_of(own);
    double own_area = area(own), hull_area = area(hull);
    int range = (int)fmax(8, 0.35 * fmin(box.width, box.height)), stride = (int)fmax(1, range / 8);
    *best_x = *best_y = 0;
    double best = overlap(own, hull, box, hull_area, own_area, 0, 0);
    for (int reach = range; stride >= 1; reach = stride, stride /= 2) {
        int from_x = *best_x, from_y = *best_y;
        for (int dy = from_y - reach; dy <= from_y + reach; dy += stride)
            for (int dx = from_x - reach; dx <= from_x + reach; dx += stride) {
                double value = overlap(own, hull, box, hull_area, own_area, dx, dy);
                // Of equal ones the smaller shift.
                if (value > best + 1e-9 ||
                    (value > best - 1e-9 && dx * dx + dy * dy < *best_x * *best_x + *best_y * *best_y))
                    best = value, *best_x = dx, *best_y = dy;
            }
        if (stride == 1)
            break;
    }
    return best;
}

// The best shift refined to fractions by the parabola through its neighbours.
static double refine(double before, double at, double after)
{
    double curve = before - 2 * at + after;
    return curve < -1e-9 ? fmin(fmax(0.5 * (before - after) / curve, -0.5), 0.5) : 0;
}

silhouette_fit silhouette_compare(const sp_image *own, const sp_image *hull, bool with_shift)
{
    silhouette_fit fit = {.own_area = area(own), .hull_area = area(hull)};
    for (int k = 0; k < own->width * own->height; k++)
        fit.both += own->data[k] * hull->data[k];
    double either = fit.own_area + fit.hull_area - fit.both;
    fit.agreement = either > 0 ? fit.both / either : 0;
    if (!with_shift)
        return fit;
    int dx, dy;
    fit.agreement_shifted = best_shift(&dx, &dy, own, hull);
    sp_rect box = bounds_of(own);
    double x0 = overlap(own, hull, box, fit.hull_area, fit.own_area, dx - 1, dy);
    double x1 = overlap(own, hull, box, fit.hull_area, fit.own_area, dx + 1, dy);
    double y0 = overlap(own, hull, box, fit.hull_area, fit.own_area, dx, dy - 1);
    double y1 = overlap(own, hull, box, fit.hull_area, fit.own_area, dx, dy + 1);
    fit.shift_x = dx + refine(x0, fit.agreement_shifted, x1);
    fit.shift_y = dy + refine(y0, fit.agreement_shifted, y1);
    return fit;
}

// ---- From mattes ------------------------------------------------------------------------------------------

int silhouettes_prepare(hull_check *h, int n, sp_pool *pool)
{
    sp_vec3 middle;
    double radius;
    if (!find_box(&middle, &radius, h))
        return SP_OK; // no athlete in view: nothing to say
    voxels *g = &h->grid;
    g->size_m = 2 * radius / n;
    g->low = sp_v3_sub(middle, sp_v3(radius, radius, radius));
    g->n[0] = g->n[1] = g->n[2] = n;
    g->inside = sp_calloc(voxel_count(g), sizeof *g->inside);
    g->seen = sp_calloc(voxel_count(g), sizeof *g->seen);
    if (!g->inside || !g->seen)
        return SP_ENOMEM;
    for (int i = 0; i < h->count; i++) {
        const sp_view *view = &h->views[h->active[i]];
        h->step[i] = choose_step(h, &view->camera);
        int code = shrink(&h->own[i], view->matte, h->step[i]);
        if (!code)
            code = fill_holes(&h->own[i]);
        if (code)
            return code;
    }
    sp_pool_run(pool, n, ask_slice, h);
    return SP_OK;
}

void silhouettes_free(hull_check *h)
{
    for (int i = 0; i < h->count; i++)
        sp_image_free(&h->own[i]);
    free(h->grid.inside);
    free(h->grid.seen);
}
