// Matching two views of known geometry. The geometry says how a small patch of a surface looks from the other
// camera, so that patches can be compared across wide baselines; the line it predicts is only used loosely (a
// band), because it is what is to be checked.
#include "matching.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LONG_SIDE = 960, PATCH = 6, SAMPLES = (2 * PATCH + 1) * (2 * PATCH + 1) };
#define WIDEST_RAD 2.2
#define LIKENESS_MIN 0.82   // correlation of a match
#define CONTRAST_MIN 0.015f // deviation of a patch that is more than noise
#define RIVAL_RATIO 0.75    // how much nearer to 1 than the next best it has to be

static float luma(const uint8_t *rgb)
{
    return (0.2126f * rgb[0] + 0.7152f * rgb[1] + 0.0722f * rgb[2]) / 255;
}

// Average of a square of side `side` pixels around (x, y): what one pixel of a smaller picture covers.
static float sample_box(const sp_image8 *image, double x, double y, double side)
{
    int n = side < 1.5 ? 2 : (int)ceil(side);
    float sum = 0;
    for (int j = 0; j < n; j++)
        for (int i = 0; i < n; i++) {
            double u = x + ((i + 0.5) / n - 0.5) * side, v = y + ((j + 0.5) / n - 0.5) * side;
            int a = (int)fmin(fmax(floor(u), 0), image->width - 1),
                b = (int)fmin(fmax(floor(v), 0), image->height - 1);
            sum += luma(image->data + 3 * ((size_t)b * (size_t)image->width + (size_t)a));
        }
    return sum / (float)(n * n);
}

int matching_view_init(matching_view *out, const sp_view *view, int features)
{
    matching_view v = {0};
    sp_camera flat = sp_camera_undistorted(&view->camera, WIDEST_RAD);
    double shrink = fmin(1, (double)LONG_SIDE / (flat.width > flat.height ? flat.width : flat.height));
    v.camera = sp_camera_resized(&flat, (int)fmax(1, round(flat.width * shrink)),
                                 (int)fmax(1, round(flat.height * shrink)));
    v.px = view->camera.fx / v.camera.fx;
    size_t pixels = (size_t)v.camera.width * (size_t)v.camera.height;
    float *map = sp_calloc(2 * pixels, sizeof *map);
    v.valid = sp_calloc(pixels, 1);
    v.corners = sp_calloc((size_t)features, sizeof *v.corners);
    int code =
        map && v.valid && v.corners ? sp_image_init(&v.grey, v.camera.width, v.camera.height, 1) : SP_ENOMEM;
    if (!code) {
        sp_camera_warp_map(map, &v.camera, &view->camera);
        for (size_t i = 0; i < pixels; i++) {
            v.valid[i] = !isnan(map[i]);
            if (v.valid[i])
                v.grey.data[i] = sample_box(view->image, map[i], map[pixels + i], v.px);
        }
        if (!(code = sp_image_blur(&v.grey, 0.7, 3)))
            code = calibrate_corners(v.corners, &v.count, features, &v.grey, v.valid);
    }
    free(map);
    if (code)
        matching_view_free(&v);
    else
        *out = v;
    return code;
}

void matching_view_free(matching_view *view)
{
    sp_image_free(&view->grey);
    free(view->valid);
    free(view->corners);
    memset(view, 0, sizeof *view);
}

// ---- Patches ----------------------------------------------------------------------------------------------

// Values around p, the offsets turned by a 2x2 matrix, with mean 0 and length 1. False outside of the picture
// or on a plain surface.
static bool take_patch(float out[SAMPLES], const matching_view *v, sp_vec2 p, const double turn[4])
{
    double reach_x = PATCH * (fabs(turn[0]) + fabs(turn[1])) + 1,
           reach_y = PATCH * (fabs(turn[2]) + fabs(turn[3])) + 1;
    int w = v->grey.width, h = v->grey.height, n = 0;
    if (!(p.x - reach_x > 0.5 && p.y - reach_y > 0.5 && p.x + reach_x < w - 1.5 && p.y + reach_y < h - 1.5))
        return false;
    float mean = 0, square = 0;
    for (int dy = -PATCH; dy <= PATCH; dy++)
        for (int dx = -PATCH; dx <= PATCH; dx++, n++) {
            double x = p.x + turn[0] * dx + turn[1] * dy - 0.5, y = p.y + turn[2] * dx + turn[3] * dy - 0.5;
            int ix = (int)x, iy = (int)y;
            float fx = (float)(x - ix), fy = (float)(y - iy);
            const float *at = v->grey.data + (size_t)iy * (size_t)w + (size_t)ix;
            out[n] = (1 - fy) * ((1 - fx) * at[0] + fx * at[1]) + fy * ((1 - fx) * at[w] + fx * at[w + 1]);
            mean += out[n];
        }
    mean /= SAMPLES;
    for (int i = 0; i < SAMPLES; i++) {
        out[i] -= mean;
        square += out[i] * out[i];
    }
    if (square < SAMPLES * CONTRAST_MIN * CONTRAST_MIN)
        return false;
    float scale = 1 / sqrtf(square);
    for (int i = 0; i < SAMPLES; i++)
        out[i] *= scale;
    return true;
}

static double likeness(const float *a, const float *b)
{
    float sum = 0;
    for (int i = 0; i < SAMPLES; i++)
        sum += a[i] * b[i];
    return (double)sum;
}

// How offsets around p in a become offsets in b, for a surface through point with the given normal.
static bool turn_of_patch(double turn[4], const matching_view *a, const matching_view *b, sp_vec2 p,
                          sp_vec3 point, sp_vec3 normal)
{
    sp_vec3 eye = sp_camera_center(&a->camera), d;
    sp_vec2 at[3];
    const double h = 2;
    for (int k = 0; k < 3; k++) {
        sp_vec2 px = {p.x + (k == 1 ? h : 0), p.y + (k == 2 ? h : 0)};
        if (!sp_camera_ray(&d, &a->camera, px))
            return false;
        double facing = sp_v3_dot(normal, d), along = sp_v3_dot(normal, sp_v3_sub(point, eye)) / facing;
        if (!(fabs(facing) > 0.1) || !(along > 0) ||
            !sp_camera_project(&at[k], &b->camera, sp_v3_add(eye, sp_v3_scale(d, along))))
            return false;
    }
    turn[0] = (at[1].x - at[0].x) / h, turn[1] = (at[2].x - at[0].x) / h;
    turn[2] = (at[1].y - at[0].y) / h, turn[3] = (at[2].y - at[0].y) / h;
    double det = turn[0] * turn[3] - turn[1] * turn[2],
           size = turn[0] * turn[0] + turn[1] * turn[1] + turn[2] * turn[2] + turn[3] * turn[3];
    // Surfaces seen too obliquely, or much nearer by one camera, look like nothing.
    return det > 0.08 && det < 9 && size < 18 * det;
}

// The best likeness of b's patch at `other` with a's patch, over the ways the surface may stand there: facing
// both cameras, or level like a floor. turn receives the winner's.
static double compare_at(double turn[4], const matching_view *a, const matching_view *b, const float *patch,
                         sp_vec2 p, sp_vec2 other)
{
    sp_vec3 origins[2] = {sp_camera_center(&a->camera), sp_camera_center(&b->camera)}, rays[2], point;
    if (!sp_camera_ray(&rays[0], &a->camera, p) || !sp_camera_ray(&rays[1], &b->camera, other) ||
        !sp_triangulate_rays(&point, origins, rays, 2) ||
        sp_v3_dot(sp_v3_sub(point, origins[0]), rays[0]) <= 0 ||
        sp_v3_dot(sp_v3_sub(point, origins[1]), rays[1]) <= 0)
        return -1;
    const sp_vec3 normals[2] = {sp_v3_unit(sp_v3_add(rays[0], rays[1])), {0, 0, 1}};
    double best = -1;
    for (int k = 0; k < 2; k++) {
        double way[4];
        float seen[SAMPLES];
        if (!turn_of_patch(way, a, b, p, point, normals[k]) || !take_patch(seen, b, other, way))
            continue;
        double value = likeness(patch, seen);
        if (value > best) {
            best = value;
            memcpy(turn, way, sizeof way);
        }
    }
    return best;
}

// ---- Epipolar lines
// -----------------------------------------------------------------------------------------

typedef struct line {
    sp_vec2 from, along; // along is unit
    double length;
} line;

// The picture in b of the ray through p from near to far, cut where it passes behind b.
static bool epipolar_line(line *out, const matching_view *a, const matching_view *b, sp_vec2 p, double reach)
{
    sp_vec3 eye = sp_camera_center(&a->camera), d;
    if (!sp_camera_ray(&d, &a->camera, p))
        return false;
    double near = 0.12 * reach, far = 30 * reach;
    double z0 = sp_camera_to_cam(&b->camera, eye).z,
           dz =
               sp_v3_dot(d, sp_v3(b->camera.rotation.m[6], b->camera.rotation.m[7], b->camera.rotation.m[8]));
    double least = 0.02 * reach; // in front of b
    if (z0 + near * dz < least) {
        if (!(dz > 0))
            return false;
        near = (least - z0) / dz;
    }
    if (z0 + far * dz < least)
        far = (least - z0) / dz;
    sp_vec2 first, last;
    if (!(far > near) || !sp_camera_project(&first, &b->camera, sp_v3_add(eye, sp_v3_scale(d, near))) ||
        !sp_camera_project(&last, &b->camera, sp_v3_add(eye, sp_v3_scale(d, far))))
        return false;
    double dx = last.x - first.x, dy = last.y - first.y, length = hypot(dx, dy);
    if (!(length > 1))
        return false;
    *out = (line){.from = first, .along = {dx / length, dy / length}, .length = length};
    return true;
}

static double distance_from(const line *l, sp_vec2 p)
{
    return (p.x - l->from.x) * -l->along.y + (p.y - l->from.y) * l->along.x;
}

// ---- Matches
// ------------------------------------------------------------------------------------------------

// Move the match to where the patches fit best, by parabolas of the likeness one pixel around.
static sp_vec2 settle(const matching_view *b, const float *patch, sp_vec2 at, const double turn[4],
                      double here)
{
    float seen[SAMPLES];
    double around[4];
    for (int k = 0; k < 4; k++) {
        sp_vec2 p = {at.x + (k == 0) - (k == 1), at.y + (k == 2) - (k == 3)};
        if (!take_patch(seen, b, p, turn))
            return at;
        around[k] = likeness(patch, seen);
    }
    double curve_x = around[0] - 2 * here + around[1], curve_y = around[2] - 2 * here + around[3];
    if (curve_x < -1e-6)
        at.x += fmin(fmax(0.5 * (around[1] - around[0]) / curve_x, -1), 1);
    if (curve_y < -1e-6)
        at.y += fmin(fmax(0.5 * (around[3] - around[2]) / curve_y, -1), 1);
    return at;
}

typedef struct candidate {
    int corner;
    double likeness, turn[4];
    line epipolar;
} candidate;

// The corner of b that looks most like a's corner, when it stands out.
static bool find_best(candidate *out, float patch[SAMPLES], const matching_view *a, const matching_view *b,
                      int index, double band, double reach)
{
    static const double STRAIGHT[4] = {1, 0, 0, 1};
    sp_vec2 p = a->corners[index];
    if (!take_patch(patch, a, p, STRAIGHT) || !epipolar_line(&out->epipolar, a, b, p, reach))
        return false;
    const line *l = &out->epipolar;
    double second = -1;
    out->likeness = -1;
    for (int i = 0; i < b->count; i++) {
        sp_vec2 q = b->corners[i];
        double along = (q.x - l->from.x) * l->along.x + (q.y - l->from.y) * l->along.y, turn[4];
        if (fabs(distance_from(l, q)) > band || along < -band || along > l->length + band)
            continue;
        double value = compare_at(turn, a, b, patch, p, q);
        if (value > out->likeness) {
            second = out->likeness;
            out->likeness = value;
            out->corner = i;
            memcpy(out->turn, turn, sizeof turn);
        } else if (value > second) {
            second = value;
        }
    }
    return out->likeness >= LIKENESS_MIN && 1 - out->likeness <= RIVAL_RATIO * (1 - second);
}

// Found both ways: b's corner has to choose a's again.
static bool find_one(matching_pair *out, const matching_view *a, const matching_view *b, int index,
                     double band, double reach, double reach_back)
{
    candidate there, back;
    float patch[SAMPLES], patch_back[SAMPLES];
    if (!find_best(&there, patch, a, b, index, band, reach) ||
        !find_best(&back, patch_back, b, a, there.corner, band, reach_back) || back.corner != index)
        return false;
    out->from_corner = index;
    out->other = settle(b, patch, b->corners[there.corner], there.turn, there.likeness);
    out->distance = distance_from(&there.epipolar, out->other);
    return true;
}

int matching_find(matching_pair *pairs, const matching_view *a, const matching_view *b, double band,
                  double reach, double reach_back)
{
    int n = 0;
    for (int i = 0; i < a->count; i++)
        n += find_one(&pairs[n], a, b, i, band, reach, reach_back);
    return n;
}
