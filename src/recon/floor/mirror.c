#include "mirror.h"

#include <math.h>

// Rays that meet the floor more flatly than this do so too far away.
#define LEAST_SINE 0.01

sp_camera recon_mirrored(const sp_camera *camera)
{
    sp_camera mirrored = *camera;
    for (int row = 0; row < 3; row++)
        mirrored.rotation.m[3 * row + 2] = -camera->rotation.m[3 * row + 2];
    return mirrored;
}

double recon_mirror_share(double sine)
{
    return 0.04 + 0.96 * pow(1 - fmin(fmax(sine, 0), 1), 5);
}

double recon_floor_sine(const sp_camera *camera, int x, int y)
{
    sp_vec3 d;
    bool is_above = sp_camera_center(camera).z > 0;
    return is_above && sp_camera_ray(&d, camera, (sp_vec2){x + 0.5, y + 0.5}) && d.z < -LEAST_SINE ? -d.z : 0;
}

float recon_add_light(float value, float light)
{
    return sp_srgb_from_linear(fmaxf(sp_srgb_to_linear(fmaxf(value, 0)) + light, 0));
}

sp_rect recon_mirror_window(const sp_camera *camera, const double low[3], const double high[3])
{
    double x0 = INFINITY, y0 = INFINITY, x1 = -INFINITY, y1 = -INFINITY;
    for (int corner = 0; corner < 8; corner++) {
        sp_vec2 px;
        sp_vec3 p = sp_v3(corner & 1 ? high[0] : low[0], corner & 2 ? high[1] : low[1],
                          -(corner & 4 ? high[2] : low[2]));
        if (!sp_camera_project(&px, camera, p)) // beside or behind the camera: it fills the view
            return (sp_rect){0, 0, camera->width, camera->height};
        x0 = fmin(x0, px.x);
        x1 = fmax(x1, px.x);
        y0 = fmin(y0, px.y);
        y1 = fmax(y1, px.y);
    }
    int left = (int)floor(fmin(fmax(x0, 0), camera->width) / 4) * 4,
        top = (int)floor(fmin(fmax(y0, 0), camera->height) / 4) * 4;
    int right = (int)fmin(ceil(fmax(x1, 0) / 4) * 4, camera->width),
        bottom = (int)fmin(ceil(fmax(y1, 0) / 4) * 4, camera->height);
    sp_rect none = {0, 0, 0, 0};
    return right <= left || bottom <= top ? none : (sp_rect){left, top, right - left, bottom - top};
}
