#include "draw.h"

int replay_renderer(sp_renderer **out, sp_kernels kernels, sp_pool *pool)
{
    sp_render_params params = sp_render_params_default();
    params.kernels = kernels;
    return sp_renderer_open(out, &params, pool);
}

static int join_alpha(sp_image8 *out, const sp_image *rgb, const sp_image *alpha)
{
    int code = sp_image8_init(out, rgb->width, rgb->height, 4);
    size_t count = (size_t)rgb->width * (size_t)rgb->height;
    for (size_t i = 0; code == SP_OK && i < count; i++) {
        float a = fminf(fmaxf(alpha->data[i], 0), 1), scale = a > 0 ? 255 / a : 0;
        for (size_t k = 0; k < 3; k++)
            out->data[i * 4 + k] = (uint8_t)(fminf(fmaxf(rgb->data[k * count + i] * scale, 0), 255) + 0.5f);
        out->data[i * 4 + 3] = (uint8_t)(a * 255 + 0.5f);
    }
    return code;
}

static int draw(sp_image8 *out, sp_renderer *renderer, const sp_splat_cloud *cloud, sp_scene *scene,
                const sp_camera *camera, bool has_alpha)
{
    sp_image rgb = {0}, alpha = {0};
    int code = sp_image_init(&rgb, camera->width, camera->height, 3);
    if (code == SP_OK && has_alpha)
        code = sp_image_init(&alpha, camera->width, camera->height, 1);
    sp_render_target target = {.rgb = &rgb, .alpha = has_alpha ? &alpha : NULL};
    if (code == SP_OK)
        code = scene ? sp_scene_draw(scene, renderer, camera, &rgb, target.alpha)
                     : sp_renderer_draw(renderer, cloud, camera, &target);
    if (code == SP_OK)
        code = has_alpha ? join_alpha(out, &rgb, &alpha) : sp_image_to8(out, &rgb);
    sp_image_free(&rgb);
    sp_image_free(&alpha);
    return code;
}

int replay_draw(sp_image8 *out, sp_renderer *renderer, const sp_splat_cloud *cloud, const sp_camera *camera,
                bool has_alpha)
{
    return draw(out, renderer, cloud, NULL, camera, has_alpha);
}

int replay_draw_scene(sp_image8 *out, sp_renderer *renderer, sp_scene *scene, const sp_camera *camera,
                      bool has_alpha)
{
    return draw(out, renderer, NULL, scene, camera, has_alpha);
}
