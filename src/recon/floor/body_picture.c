#include "body_picture.h"

int recon_body_picture(sp_image *rgb, sp_image *alpha, const sp_splat_cloud *body, const sp_camera *camera,
                       double dt_s, sp_kernels kernels)
{
    sp_render_params params = sp_render_params_default();
    params.kernels = kernels;
    sp_renderer *renderer = NULL;
    int rc = sp_image_init(alpha, camera->width, camera->height, 1);
    if (!rc && rgb)
        rc = sp_image_init(rgb, camera->width, camera->height, 3);
    if (!rc)
        rc = sp_renderer_open(&renderer, &params, NULL);
    sp_render_target target = {.rgb = rgb, .alpha = alpha, .velocity = body->velocity, .dt_s = dt_s};
    if (!rc)
        rc = sp_renderer_draw(renderer, body, camera, &target);
    sp_renderer_close(&renderer);
    return rc;
}
