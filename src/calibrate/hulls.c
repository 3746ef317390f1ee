// Do the silhouettes agree? Voxels of the athlete's box are asked by every camera; two bits per camera and
// voxel (it sees it, it calls it athlete) then answer all questions about hulls of subsets without projecting
// again.
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "parts.h"

// Below this, mattes are too poor or hulls too fat to tell a shift by.
#define AGREEMENT_MIN 0.2
// Half of the cameras below this: there is no athlete that the mattes have in common.
#define USABLE_MIN 0.08

enum { CAMERAS_MAX = 64, SILHOUETTE_SIDE = 192 };

typedef struct voxels {
    sp_vec3 low;
    double size_m;
    int n[3];
    uint64_t *inside, *seen; // a bit per camera with a matte
} voxels;

typedef struct hull_check {
    const sp_view *views;
    const int *active; // views with a matte, by bit
    int count;
    voxels grid;
    // Silhouettes at working resolution: own matte and, for the question at hand, the hull.
    sp_image *own; // per bit, 0 or 1, picture / step
    int *step;     // pixels of the picture per pixel of the silhouette
} hull_check;

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

// Draw the hull of `who` as camera i sees it: each voxel a square of its size.
static void draw_hull(sp_image *out, const hull_check *h, int i, uint64_t who)
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

// ---- Whom to trust ----------------------------------------------------------------------------------------

// How much of their own mattes the cameras in `who` find covered by their common hull, on average. A camera
// that stands wrong carves the hull away for everybody.
static int coverage(double *out, const hull_check *h, uint64_t who)
{
    double sum = 0;
    int n = 0, code = SP_OK;
    for (int i = 0; i < h->count && !code; i++) {
        if (!(who >> i & 1))
            continue;
        sp_image hull;
        if ((code = sp_image_init(&hull, h->own[i].width, h->own[i].height, 1)))
            break;
        draw_hull(&hull, h, i, who);
        double own = 0, both = 0;
        for (int k = 0; k < hull.width * hull.height; k++) {
            own += h->own[i].data[k];
            both += h->own[i].data[k] * hull.data[k];
        }
        sp_image_free(&hull);
        if (own > 0)
            sum += both / own, n++;
    }
    *out = n > 0 ? sum / n : 0;
    return code;
}

typedef struct removal {
    const hull_check *h;
    uint64_t who;
    double gain[CAMERAS_MAX];
    int code[CAMERAS_MAX];
} removal;

static void try_removal(void *context, int64_t i, int worker)
{
    (void)worker;
    removal *r = context;
    if (r->who >> i & 1)
        r->code[i] = coverage(&r->gain[i], r->h, r->who & ~((uint64_t)1 << i));
}

// Drop cameras while leaving one out lets the others agree much better: by 3 points, by twice as much as
// leaving out the next best (fewer cameras always explain a little more), and so that half of what they see
// is explained.
static int choose_trusted(uint64_t *trusted, const hull_check *h, sp_pool *pool)
{
    uint64_t who = h->count == 64 ? ~(uint64_t)0 : ((uint64_t)1 << h->count) - 1;
    double now;
    int left = h->count, code = coverage(&now, h, who);
    while (!code && left > 3 && 2 * left > h->count) {
        removal r = {.h = h, .who = who};
        sp_pool_run(pool, h->count, try_removal, &r);
        int best = -1, second = -1;
        for (int i = 0; i < h->count && !code; i++) {
            if (!(who >> i & 1))
                continue;
            code = r.code[i];
            r.gain[i] -= now;
            if (best < 0 || r.gain[i] > r.gain[best])
                second = best, best = i;
            else if (second < 0 || r.gain[i] > r.gain[second])
                second = i;
        }
        if (code || r.gain[best] < 0.03 || r.gain[best] < 2 * r.gain[second] || now + r.gain[best] < 0.5)
            break;
        who &= ~((uint64_t)1 << best);
        now += r.gain[best];
        left--;
    }
    *trusted = who;
    return code;
}

// ---- The check --------------------------------------------------------------------------------------------

typedef struct judging {
    const hull_check *h;
    sp_rig_check_report *report;
    uint64_t trusted;
    int code[CAMERAS_MAX];
} judging;

static void judge(void *context, int64_t index, int worker)
{
    (void)worker;
    judging *j = context;
    int i = (int)index, view = j->h->active[i], dx, dy;
    sp_check_camera *out = &j->report->cameras[view];
    sp_image *hull = &j->report->hulls[view];
    const sp_image *own = &j->h->own[i];
    sp_image_free(hull);
    if ((j->code[i] = sp_image_init(hull, own->width, own->height, 1)))
        return;
    draw_hull(hull, j->h, i, j->trusted & ~((uint64_t)1 << i));
    double own_area = area(own), hull_area = area(hull), both = 0;
    if (own_area < 16 || hull_area < 16) { // nothing to compare
        sp_image_free(hull);
        return;
    }
    for (int k = 0; k < own->width * own->height; k++)
        both += own->data[k] * hull->data[k];
    out->explained = both / own_area;
    out->agreement = both / (own_area + hull_area - both);
    out->agreement_shifted = best_shift(&dx, &dy, own, hull);
    sp_rect box = bounds_of(own);
    double x0 = overlap(own, hull, box, hull_area, own_area, dx - 1, dy);
    double x1 = overlap(own, hull, box, hull_area, own_area, dx + 1, dy);
    double y0 = overlap(own, hull, box, hull_area, own_area, dx, dy - 1);
    double y1 = overlap(own, hull, box, hull_area, own_area, dx, dy + 1);
    out->shift_x = (dx + refine(x0, out->agreement_shifted, x1)) * j->h->step[i];
    out->shift_y = (dy + refine(y0, out->agreement_shifted, y1)) * j->h->step[i];
    out->is_checked = out->agreement_shifted >= AGREEMENT_MIN;
}

double calibrate_shift(const sp_check_camera *c)
{
    if (isnan(c->agreement) || c->agreement_shifted < AGREEMENT_MIN ||
        c->agreement_shifted - c->agreement < 0.02 || c->agreement_shifted < 1.08 * c->agreement)
        return 0;
    return hypot(c->shift_x, c->shift_y);
}

static double shift_at(const judging *j, int i)
{
    return calibrate_shift(&j->report->cameras[j->h->active[i]]);
}

// More than the tolerance and twice what is usual among the trusted cameras but i: few views make a fat hull,
// in which everybody sits a little off.
static bool is_shifted(const judging *j, int i)
{
    double shifts[CAMERAS_MAX];
    int n = 0;
    for (int k = 0; k < j->h->count; k++)
        if ((j->trusted >> k & 1) && k != i)
            shifts[n++] = shift_at(j, k);
    return n >= 2 && shift_at(j, i) > j->report->tolerance_px + 2 * calibrate_median(shifts, n);
}

// The trusted camera whose silhouette is shifted most, when that is too much; else -1.
static int find_shifted(const judging *j)
{
    int worst = -1;
    for (int i = 0; i < j->h->count; i++)
        if ((j->trusted >> i & 1) && (worst < 0 || shift_at(j, i) > shift_at(j, worst)))
            worst = i;
    return worst >= 0 && is_shifted(j, worst) ? worst : -1;
}

// Judge all, and again without the one that stands out, as long as one does and enough are left.
static int judge_all(judging *j, sp_pool *pool)
{
    for (int left = __builtin_popcountll(j->trusted);; left--) {
        sp_pool_run(pool, j->h->count, judge, j);
        for (int i = 0; i < j->h->count; i++)
            if (j->code[i])
                return j->code[i];
        int shifted = left > 3 && 2 * left > j->h->count ? find_shifted(j) : -1;
        if (shifted < 0)
            return SP_OK;
        j->trusted &= ~((uint64_t)1 << shifted);
    }
}

// Whether mattes and hulls have to do with each other at all.
static bool is_usable(const judging *j)
{
    double agreements[CAMERAS_MAX];
    int n = 0;
    for (int i = 0; i < j->h->count; i++) {
        double agreement = j->report->cameras[j->h->active[i]].agreement;
        agreements[n++] = isnan(agreement) ? 0 : agreement;
    }
    return calibrate_median(agreements, n) >= USABLE_MIN;
}

static void forget(judging *j)
{
    for (int i = 0; i < j->h->count; i++) {
        sp_check_camera *c = &j->report->cameras[j->h->active[i]];
        c->agreement = c->agreement_shifted = c->shift_x = c->shift_y = c->explained = NAN;
        c->is_checked = false;
        sp_image_free(&j->report->hulls[j->h->active[i]]);
    }
}

static int prepare(hull_check *h, const sp_check_params *params)
{
    sp_vec3 middle;
    double radius;
    if (!find_box(&middle, &radius, h))
        return SP_OK; // no athlete in view: nothing to say
    voxels *g = &h->grid;
    int n = params->voxels;
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
    return SP_OK;
}

int calibrate_check_hulls(sp_rig_check_report *report, bool *shifted, const sp_view *views, int count,
                          const sp_check_params *params, sp_pool *pool, const sp_progress *progress)
{
    int active[CAMERAS_MAX], step[CAMERAS_MAX], code;
    sp_image own[CAMERAS_MAX] = {{0}};
    hull_check h = {.views = views, .active = active, .own = own, .step = step};
    for (int i = 0; i < count && h.count < CAMERAS_MAX; i++)
        if (views[i].matte && measure(views[i].matte).mass >= 16)
            active[h.count++] = i;
    if (h.count < 3)
        return SP_OK;
    judging j = {.h = &h, .report = report};
    if ((code = prepare(&h, params)) || !h.grid.inside)
        goto done;
    sp_pool_run(pool, h.grid.n[2], ask_slice, &h);
    if ((code = sp_progress_step(progress, "silhouettes", 1, 3)) ||
        (code = choose_trusted(&j.trusted, &h, pool)) ||
        (code = sp_progress_step(progress, "silhouettes", 2, 3)))
        goto done;
    if (!(code = judge_all(&j, pool)) && !is_usable(&j)) {
        sp_log(SP_LOG_INFO,
               "the silhouettes fit each other nowhere, so they are not used: only what moves stands out "
               "from a plate that is estimated from the feed");
        forget(&j);
        goto done;
    }
    // A camera may be left out because its matte is poor; what speaks against its calibration is a shift.
    for (int i = 0; i < h.count && !code; i++)
        shifted[active[i]] = is_shifted(&j, i);
    if (!code)
        code = sp_progress_step(progress, "silhouettes", 3, 3);
done:
    for (int i = 0; i < h.count; i++)
        sp_image_free(&own[i]);
    free(h.grid.inside);
    free(h.grid.seen);
    return code;
}
