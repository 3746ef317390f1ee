// Cameras around an ellipsoid, and what they see of it in closed form: ground truth for recon's tests.
#ifndef TESTS_RECON_RING_H
#define TESTS_RECON_RING_H

#include <stillpoint/image.h>
#include <stillpoint/rig.h>

#include <math.h>
#include <stdio.h>

typedef struct ellipsoid {
    sp_vec3 centre, radii;
} ellipsoid;

static inline sp_camera ring_camera(int index, int count, double distance, int width, int height)
{
    double angle = 2 * M_PI * index / count + 0.1;
    sp_vec3 eye = sp_v3(distance * cos(angle), distance * sin(angle), index % 2 ? 2.4 : 1.0);
    sp_camera c = {
        .width = width, .height = height, .cx = width / 2.0, .cy = height / 2.0, .residual_px = -1};
    c.fx = c.fy = 1.6 * height;
    snprintf(c.id, sizeof c.id, "cam%02d", index + 1);
    c.rotation = sp_look_at(eye, sp_v3(0, 0, 1), sp_v3(0, 0, 1));
    c.translation = sp_v3_scale(sp_m3_apply(c.rotation, eye), -1);
    return c;
}

// First hit of a pixel's ray with the ellipsoid; false when it passes.
static inline bool ring_hit(sp_vec3 *hit, const ellipsoid *e, const sp_camera *camera, double px, double py)
{
    sp_vec3 d, c = sp_v3_sub(sp_camera_center(camera), e->centre);
    if (!sp_camera_ray(&d, camera, (sp_vec2){px, py}))
        return false;
    sp_vec3 o = sp_v3(c.x / e->radii.x, c.y / e->radii.y, c.z / e->radii.z);
    sp_vec3 v = sp_v3(d.x / e->radii.x, d.y / e->radii.y, d.z / e->radii.z);
    double a = sp_v3_dot(v, v), b = sp_v3_dot(o, v), q = b * b - a * (sp_v3_dot(o, o) - 1);
    if (q < 0)
        return false;
    *hit = sp_v3_add(sp_camera_center(camera), sp_v3_scale(d, (-b - sqrt(q)) / a));
    return true;
}

// Coverage of a pixel from 4x4 samples. Most pixels are far from the outline: a ray through the middle that
// passes a body larger by a pixel and more says so, and what is convex holds all samples when it holds the
// outer four.
static inline int ring_coverage(const ellipsoid *e, const ellipsoid *larger, const sp_camera *camera, int x,
                                int y)
{
    sp_vec3 hit;
    int hits = 0;
    if (!ring_hit(&hit, larger, camera, x + 0.5, y + 0.5))
        return 0;
    for (int s = 0; s < 4; s++)
        hits += ring_hit(&hit, e, camera, x + (s & 1 ? 0.875 : 0.125), y + (s & 2 ? 0.875 : 0.125));
    if (hits == 4)
        return 16;
    hits = 0;
    for (int s = 0; s < 16; s++)
        hits += ring_hit(&hit, e, camera, x + (s % 4 + 0.5) / 4, y + (s / 4 + 0.5) / 4);
    return hits;
}

// out is initialised here.
static inline int ring_matte(sp_image *out, const ellipsoid *e, const sp_camera *camera)
{
    double by = 0.01 * sp_v3_norm(sp_v3_sub(sp_camera_center(camera), e->centre));
    const ellipsoid larger = {e->centre, sp_v3_add(e->radii, sp_v3(by, by, by))};
    int rc = sp_image_init(out, camera->width, camera->height, 1);
    for (int y = 0; !rc && y < camera->height; y++)
        for (int x = 0; x < camera->width; x++)
            out->data[(size_t)y * (size_t)camera->width + (size_t)x] =
                (float)ring_coverage(e, &larger, camera, x, y) / 16;
    return rc;
}

// A texture that sticks to space: smooth in 10 cm, different in every direction.
static inline void ring_texture(float rgb[3], sp_vec3 p)
{
    rgb[0] = (float)(0.5 + 0.25 * sin(23 * p.x + 11 * p.z) + 0.2 * sin(31 * p.y));
    rgb[1] = (float)(0.5 + 0.25 * sin(19 * p.y - 13 * p.z) + 0.2 * sin(37 * p.x + 2));
    rgb[2] = (float)(0.5 + 0.25 * sin(29 * p.z + 7 * p.x) + 0.2 * sin(27 * p.y + 1));
}

#endif
