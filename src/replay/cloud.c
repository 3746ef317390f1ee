#include "cloud.h"
#include "light.h"

#include <stdlib.h>

int replay_append(sp_splat_cloud *cloud, const sp_splat_cloud *from)
{
    if (from->count == 0)
        return SP_OK;
    int degree = from->sh_degree > cloud->sh_degree ? from->sh_degree : cloud->sh_degree;
    sp_splat_cloud joined;
    int code = sp_splat_cloud_init(&joined, cloud->count + from->count, degree);
    if (code < 0)
        return code;
    code = cloud->count > 0 ? sp_splat_cloud_append(&joined, cloud) : SP_OK;
    if (code == SP_OK)
        code = sp_splat_cloud_append(&joined, from);
    if (code < 0) {
        sp_splat_cloud_free(&joined);
        return code;
    }
    sp_splat_cloud_free(cloud);
    *cloud = joined;
    return SP_OK;
}

// The layer's cloud, and how many splats of it are the venue's.
static int join(sp_splat_cloud *out, size_t *venue, const sp_moment *moment, int instant, sp_layer layer)
{
    if (instant < 0 || instant >= moment->count)
        return sp_error(SP_EINVAL, "%s has no instant number %d", moment->folder, instant);
    sp_splat_cloud cloud = {0}, athlete = {0};
    int code =
        layer == SP_LAYER_ATHLETE ? sp_splat_cloud_init(&cloud, 16, 0) : sp_moment_background(&cloud, moment);
    if (code == SP_OK && !cloud.data)
        code = sp_splat_cloud_init(&cloud, 16, 0);
    *venue = cloud.count;
    if (code == SP_OK && moment->instants[instant].has_light)
        replay_light_cast(&cloud, moment->instants[instant].light);
    if (code == SP_OK && layer != SP_LAYER_BACKGROUND) {
        code = sp_moment_cloud(&athlete, moment, instant);
        if (code == SP_OK)
            code = replay_append(&cloud, &athlete);
        sp_splat_cloud_free(&athlete);
    }
    if (code < 0)
        sp_splat_cloud_free(&cloud);
    else
        *out = cloud;
    return code;
}

int sp_replay_cloud(sp_splat_cloud *out, const sp_moment *moment, int instant, sp_layer layer)
{
    size_t venue;
    return join(out, &venue, moment, instant, layer);
}

int replay_drop_shadow(sp_splat_cloud *athlete, int64_t shadow_splats)
{
    uint8_t *keep = sp_calloc(athlete->count + 1, 1);
    if (!keep)
        return SP_ENOMEM;
    for (size_t i = 0; i < athlete->count; i++)
        keep[i] = (int64_t)i >= shadow_splats;
    sp_splat_cloud_filter(athlete, keep);
    free(keep);
    return SP_OK;
}

sp_floor replay_floor(const sp_moment_instant *instant)
{
    return (sp_floor){.shadow_splats = instant->shadow_splats, .gloss = instant->floor_gloss};
}

int sp_replay_scene(sp_scene **out, const sp_moment *moment, int instant, sp_layer layer)
{
    sp_splat_cloud cloud;
    size_t venue = 0;
    int code = join(&cloud, &venue, moment, instant, layer);
    if (code < 0)
        return code;
    if (moment->is_whole_scene && layer == SP_LAYER_ALL)
        venue = cloud.count;
    sp_floor floor = replay_floor(&moment->instants[instant]);
    code = sp_scene_open(out, &cloud, venue, layer == SP_LAYER_BACKGROUND ? NULL : &floor);
    return code < 0 ? sp_error_context(code, "%s", moment->instants[instant].file) : code;
}
