// Cameras as geometry: world to pixel and back, other pictures of the same view.
#include "lens.h"

sp_vec3 sp_camera_center(const sp_camera *camera)
{
    return sp_v3_scale(sp_m3_apply_transposed(camera->rotation, camera->translation), -1);
}

sp_vec3 sp_camera_to_cam(const sp_camera *camera, sp_vec3 world)
{
    return sp_v3_add(sp_m3_apply(camera->rotation, world), camera->translation);
}

bool sp_camera_project(sp_vec2 *px, const sp_camera *camera, sp_vec3 world)
{
    double d[2];
    if (!rig_lens_project(d, NULL, camera, sp_camera_to_cam(camera, world)))
        return false;
    *px = (sp_vec2){camera->fx * d[0] + camera->cx, camera->fy * d[1] + camera->cy};
    return true;
}

bool sp_camera_project_jacobian(sp_vec2 *px, double jacobian[6], const sp_camera *camera, sp_vec3 world)
{
    double d[2], j[6];
    if (!rig_lens_project(d, j, camera, sp_camera_to_cam(camera, world)))
        return false;
    *px = (sp_vec2){camera->fx * d[0] + camera->cx, camera->fy * d[1] + camera->cy};
    const double *r = camera->rotation.m; // d(cam)/d(world)
    for (int row = 0; row < 2; row++) {
        double f = row == 0 ? camera->fx : camera->fy;
        for (int col = 0; col < 3; col++)
            jacobian[3 * row + col] =
                f * (j[3 * row] * r[col] + j[3 * row + 1] * r[3 + col] + j[3 * row + 2] * r[6 + col]);
    }
    return true;
}

static bool ray_in_camera(sp_vec3 *direction, const sp_camera *camera, sp_vec2 px)
{
    return rig_lens_unproject(direction, camera, (px.x - camera->cx) / camera->fx,
                              (px.y - camera->cy) / camera->fy);
}

bool sp_camera_ray(sp_vec3 *direction, const sp_camera *camera, sp_vec2 px)
{
    sp_vec3 d;
    if (!ray_in_camera(&d, camera, px))
        return false;
    *direction = sp_v3_unit(sp_m3_apply_transposed(camera->rotation, d));
    return true;
}

// ---- Other pictures of the same view ----------------------------------------------------------------------

// Grow the bounds (of x/z, y/z) by what the distorted picture shows at px; what lies beyond the limit, or
// where the lens model has no inverse, counts as at the limit on that side.
static void cover(double low[2], double high[2], const sp_camera *camera, sp_vec2 px, double limit)
{
    double away[2] = {px.x - camera->cx, px.y - camera->cy}, at[2];
    sp_vec3 d;
    bool has_plane = ray_in_camera(&d, camera, px) && d.z > 0;
    for (int i = 0; i < 2; i++) {
        if (has_plane)
            at[i] = i == 0 ? d.x / d.z : d.y / d.z;
        else
            at[i] = away[i] > 0 ? limit : away[i] < 0 ? -limit : 0;
        at[i] = fmin(fmax(at[i], -limit), limit);
        low[i] = fmin(low[i], at[i]);
        high[i] = fmax(high[i], at[i]);
    }
}

sp_camera sp_camera_undistorted(const sp_camera *camera, double max_fov_rad)
{
    sp_camera out = *camera;
    if (camera->lens == SP_LENS_PINHOLE)
        return out;
    double limit = tan(0.5 * fmin(fmax(max_fov_rad, 1e-3), 0.999 * M_PI));
    double low[2] = {limit, limit}, high[2] = {-limit, -limit};
    enum { STEPS = 64 };
    for (int i = 0; i <= STEPS; i++) {
        double x = (double)i / STEPS * camera->width, y = (double)i / STEPS * camera->height;
        cover(low, high, camera, (sp_vec2){x, 0}, limit);
        cover(low, high, camera, (sp_vec2){x, camera->height}, limit);
        cover(low, high, camera, (sp_vec2){0, y}, limit);
        cover(low, high, camera, (sp_vec2){camera->width, y}, limit);
    }
    out.lens = SP_LENS_PINHOLE;
    for (int i = 0; i < 5; i++)
        out.distortion[i] = 0;
    // Whole pixels on both sides of the axis, so that the principal point keeps its fraction of a pixel.
    double left = ceil(-low[0] * camera->fx - camera->cx);
    double top = ceil(-low[1] * camera->fy - camera->cy);
    out.cx = camera->cx + left;
    out.cy = camera->cy + top;
    out.width = (int)fmin(fmax(ceil(high[0] * camera->fx + out.cx), 1), 65535);
    out.height = (int)fmin(fmax(ceil(high[1] * camera->fy + out.cy), 1), 65535);
    return out;
}

void sp_camera_warp_map(float *out, const sp_camera *to, const sp_camera *from)
{
    size_t pixels = (size_t)to->width * (size_t)to->height;
    float *out_x = out, *out_y = out + pixels;
    for (int y = 0; y < to->height; y++) {
        for (int x = 0; x < to->width; x++, out_x++, out_y++) {
            sp_vec3 d;
            double n[2];
            *out_x = *out_y = NAN;
            if (!ray_in_camera(&d, to, (sp_vec2){x + 0.5, y + 0.5}) || !rig_lens_project(n, NULL, from, d))
                continue;
            double u = from->fx * n[0] + from->cx, v = from->fy * n[1] + from->cy;
            if (u < -0.5 || v < -0.5 || u > from->width + 0.5 || v > from->height + 0.5)
                continue;
            *out_x = (float)u;
            *out_y = (float)v;
        }
    }
}

sp_camera sp_camera_resized(const sp_camera *camera, int width, int height)
{
    sp_camera out = *camera;
    double sx = (double)width / camera->width, sy = (double)height / camera->height;
    out.width = width;
    out.height = height;
    out.fx *= sx;
    out.cx *= sx;
    out.fy *= sy;
    out.cy *= sy;
    if (out.residual_px > 0)
        out.residual_px *= sqrt(sx * sy);
    return out;
}

sp_camera sp_camera_cropped(const sp_camera *camera, int x, int y, int width, int height)
{
    sp_camera out = *camera;
    out.width = width;
    out.height = height;
    out.cx -= x;
    out.cy -= y;
    return out;
}

// ---- Rays -------------------------------------------------------------------------------------------------

bool sp_triangulate_rays(sp_vec3 *out, const sp_vec3 *origins, const sp_vec3 *directions, int count)
{
    // Minimise the sum of squared distances to the rays: sum (I - d d^T) x = sum (I - d d^T) o.
    sp_mat3 a = {{0}};
    sp_vec3 b = {0};
    for (int i = 0; i < count; i++) {
        sp_vec3 d = directions[i], o = origins[i];
        double v[3] = {d.x, d.y, d.z};
        for (int row = 0; row < 3; row++)
            for (int col = 0; col < 3; col++)
                a.m[3 * row + col] += (row == col) - v[row] * v[col];
        b = sp_v3_add(b, sp_v3_sub(o, sp_v3_scale(d, sp_v3_dot(d, o))));
    }
    // For two rays at angle w the determinant is about w^2: refuse below about 1e-5 rad.
    double mean = (a.m[0] + a.m[4] + a.m[8]) / 3;
    if (count < 2 || !(sp_m3_det(a) > 1e-10 * mean * mean * mean))
        return false;
    sp_mat3 inverse;
    if (!sp_m3_inverse(&inverse, a))
        return false;
    *out = sp_m3_apply(inverse, b);
    return true;
}
