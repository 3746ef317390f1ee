#include "pyramid.h"

#include <stdlib.h>
#include <string.h>

#define LEAST_SIDE 16

static int reduce(sp_image *out, const sp_image *from, int width, int height)
{
    return from && from->data ? sp_image_resize(out, from, width, height) : SP_OK;
}

static int make_level(recon_level *out, const recon_target *target, int level)
{
    out->camera = target->camera;
    int w = target->camera.width >> level, h = target->camera.height >> level;
    int rc = SP_OK;
    if (level == 0) {
        const sp_image none = {0};
        out->rgb = *target->rgb;
        out->under = target->under ? *target->under : none;
        out->weight = target->weight ? *target->weight : none;
        out->matte = target->matte ? *target->matte : none;
        out->matte_weight = target->matte_weight ? *target->matte_weight : none;
    } else {
        out->owned = true;
        out->camera = sp_camera_resized(&target->camera, w, h);
        rc = reduce(&out->rgb, target->rgb, w, h);
        if (!rc)
            rc = reduce(&out->under, target->under, w, h);
        if (!rc)
            rc = reduce(&out->weight, target->weight, w, h);
        if (!rc)
            rc = reduce(&out->matte, target->matte, w, h);
        if (!rc)
            rc = reduce(&out->matte_weight, target->matte_weight, w, h);
    }
    return rc;
}

typedef struct pyramid_job {
    recon_pyramid *pyramid;
    const recon_target *targets;
} pyramid_job;

static int make_view(void *context, int64_t v, int worker)
{
    (void)worker;
    pyramid_job *job = context;
    int rc = SP_OK;
    for (int l = 0; l < job->pyramid->count && !rc; l++)
        rc = make_level(&job->pyramid->levels[l * job->pyramid->views + v], &job->targets[v], l);
    return rc ? sp_error_context(rc, "pictures of camera %s", job->targets[v].camera.id) : SP_OK;
}

int recon_pyramid_init(recon_pyramid *out, const recon_target *targets, int views, int levels, sp_pool *pool)
{
    recon_pyramid pyramid = {.views = views, .count = levels < 1 ? 1 : levels};
    if (pyramid.count > RECON_MOST_LEVELS)
        pyramid.count = RECON_MOST_LEVELS;
    for (int v = 0; v < views; v++) {
        const sp_camera *c = &targets[v].camera;
        while (pyramid.count > 1 &&
               (c->width < c->height ? c->width : c->height) >> (pyramid.count - 1) < LEAST_SIDE)
            pyramid.count--;
        size_t pixels = (size_t)c->width * (size_t)c->height;
        pyramid.most_pixels = pixels > pyramid.most_pixels ? pixels : pyramid.most_pixels;
        pyramid.most_width = c->width > pyramid.most_width ? c->width : pyramid.most_width;
        pyramid.most_height = c->height > pyramid.most_height ? c->height : pyramid.most_height;
    }
    pyramid.levels = sp_calloc((size_t)views * (size_t)pyramid.count, sizeof *pyramid.levels);
    pyramid_job job = {&pyramid, targets};
    int rc = pyramid.levels ? sp_pool_try(pool, views, make_view, &job) : SP_ENOMEM;
    if (rc) {
        recon_pyramid_free(&pyramid);
        return rc;
    }
    *out = pyramid;
    return SP_OK;
}

void recon_pyramid_free(recon_pyramid *pyramid)
{
    for (int i = 0; pyramid->levels && i < pyramid->views * pyramid->count; i++) {
        recon_level *level = &pyramid->levels[i];
        if (!level->owned)
            continue;
        sp_image_free(&level->rgb);
        sp_image_free(&level->under);
        sp_image_free(&level->weight);
        sp_image_free(&level->matte);
        sp_image_free(&level->matte_weight);
    }
    free(pyramid->levels);
    *pyramid = (recon_pyramid){0};
}
