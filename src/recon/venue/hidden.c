#include "hidden.h"

int recon_hidden(uint8_t **out, const sp_view *view, const sp_camera *at)
{
    *out = NULL;
    if (!view->matte)
        return SP_OK;
    size_t width = (size_t)at->width, pixels = width * (size_t)at->height;
    uint8_t *hidden = sp_calloc(pixels, 1);
    if (!hidden)
        return SP_ENOMEM;
    const sp_image *matte = view->matte;
    sp_vec3 eye = sp_camera_center(at);
    for (size_t i = 0; i < pixels; i++) {
        sp_vec2 px = {(double)(i % width) + 0.5, (double)(i / width) + 0.5}, there;
        sp_vec3 ray;
        if (!sp_camera_ray(&ray, at, px) || !sp_camera_project(&there, &view->camera, sp_v3_add(eye, ray)) ||
            !(there.x >= 0 && there.y >= 0 && there.x < matte->width && there.y < matte->height))
            continue;
        hidden[i] = matte->data[(size_t)there.y * (size_t)matte->width + (size_t)there.x] > 0.5f;
    }
    *out = hidden;
    return SP_OK;
}
