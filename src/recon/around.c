#include "around.h"

#include <string.h>

int recon_around_open(recon_around *out, const sp_view *views, int count, int before, sp_pool *pool,
                      const sp_progress *progress)
{
    if (before < 0 || before > count)
        return sp_error(SP_EINVAL, "%d of %d neighbours are before the instant; give 0 to %d", before, count,
                        count);
    recon_around around = {.views = views, .begin = {0, before, count}};
    int rc = recon_scene_open(&around.scene, views, count, pool, progress);
    if (!rc)
        *out = around;
    return rc;
}

void recon_around_close(recon_around *around)
{
    recon_scene_close(&around->scene);
    for (int side = 0; side < 2; side++) {
        recon_shadow_free(&around->shadow[side]);
        recon_reflection_free(&around->reflection[side]);
    }
    *around = (recon_around){0};
}

void recon_around_drop(recon_around *around, const recon_scene *scene, const sp_view *views)
{
    for (int n = 0; n < around->scene.count; n++)
        for (int v = 0; v < scene->count; v++)
            if (!scene->views[v].used && !strcmp(views[v].camera.id, around->views[n].camera.id))
                around->scene.views[n].used = false;
}

// The views of one side, which are still those of the scene of all.
static recon_scene scene_of(const recon_around *around, int side)
{
    return (recon_scene){.views = around->scene.views + around->begin[side],
                         .count = around->begin[side + 1] - around->begin[side],
                         .shadow = &around->shadow[side],
                         .reflection = around->reflection[side].gloss > 0 ? &around->reflection[side] : NULL};
}

int recon_around_clear_shadows(recon_around *around, sp_pool *pool)
{
    int rc = SP_OK;
    for (int side = 0; side < 2 && !rc; side++) {
        recon_scene scene = scene_of(around, side);
        const sp_view *views = around->views + around->begin[side];
        if (!scene.count)
            continue;
        rc = recon_shadow_measure(&around->shadow[side], &scene, views, scene.count, pool);
        if (!rc)
            rc = recon_shadow_clear(&scene, &around->shadow[side], views, pool);
    }
    return rc;
}

int recon_around_clear_reflections(recon_around *around, const sp_splat_cloud *body, sp_kernels kernels,
                                   sp_pool *pool)
{
    int rc = SP_OK;
    for (int side = 0; side < 2 && !rc; side++) {
        recon_scene scene = scene_of(around, side);
        const sp_view *views = around->views + around->begin[side];
        recon_reflection *reflection = &around->reflection[side];
        if (!scene.count)
            continue;
        rc = recon_reflection_measure(reflection, body, &scene, views, kernels, pool);
        if (!rc && reflection->gloss > 0)
            rc = recon_reflection_clear(&scene, reflection, views, pool);
    }
    return rc;
}

int recon_around_cut(recon_around *around, const double low[3], const double high[3], int margin_px,
                     sp_pool *pool)
{
    int rc = SP_OK;
    for (int side = 0; side < 2 && !rc; side++) {
        recon_scene scene = scene_of(around, side);
        if (scene.count)
            rc = recon_scene_cut(&scene, around->views + around->begin[side], low, high, margin_px, pool);
    }
    return rc;
}
