// What a person looks at first: mattes and poster.
#include "moment_job.h"

#include <stdio.h>
#include <stdlib.h>

#include "cloud.h"
#include "draw.h"
#include "folder.h"
#include "light.h"
#include "sheet.h"

// What is not athlete, darkened, so that one sees at a glance what the matte took and what it left.
static int tinted(sp_image8 *out, const sp_image8 *image, const sp_image *matte)
{
    int code = sp_image8_copy(out, image);
    for (size_t i = 0; code == SP_OK && i < (size_t)image->width * (size_t)image->height; i++) {
        float share = 0.25f + 0.75f * matte->data[i];
        for (size_t k = 0; k < 3; k++)
            out->data[i * 3 + k] = (uint8_t)((float)out->data[i * 3 + k] * share);
    }
    return code;
}

int moment_save_mattes(const moment_job *j, const replay_instant *instant)
{
    const sp_camera *first = &instant->set.frames[0].camera;
    replay_sheet sheet = {0};
    int code = replay_sheet_open(&sheet, instant->set.count, 4, (double)first->width / first->height);
    for (int i = 0; i < instant->set.count && code == SP_OK; i++) {
        const sp_frame *frame = &instant->set.frames[i];
        sp_image8 picture = {0};
        code = tinted(&picture, &frame->image, &instant->mattes[i]);
        char caption[SP_ID_MAX + 32];
        snprintf(caption, sizeof caption, "%s at %.3f s", frame->camera.id, frame->t_s);
        if (code == SP_OK)
            code = replay_sheet_add(&sheet, &picture, caption);
        sp_image8_free(&picture);
    }
    char *path = replay_path(moment_folder(j), "mattes.jpg");
    if (code == SP_OK)
        code = path ? replay_sheet_save(&sheet, path) : SP_ENOMEM;
    free(path);
    replay_sheet_close(&sheet);
    return code;
}

int moment_save_poster(const moment_job *j, const replay_instant *instant, const sp_splat_cloud *athlete,
                       const sp_floor *floor)
{
    sp_splat_cloud cloud = {0};
    sp_scene *scene = NULL;
    sp_renderer *renderer = NULL;
    sp_image8 picture = {0};
    sp_box box = {{0, 0, 0}, {0, 0, 0}};
    char *path = replay_path(moment_folder(j), "poster.jpg");
    int code = path ? SP_OK : SP_ENOMEM;
    if (code == SP_OK)
        code = j->venue ? sp_splat_load(&cloud, j->venue) : sp_splat_cloud_init(&cloud, 16, 0);
    if (code == SP_OK && instant->light)
        replay_light_cast(&cloud, instant->light);
    size_t splats = cloud.count;
    if (code == SP_OK)
        code = replay_append(&cloud, athlete);
    if (code == SP_OK)
        code = sp_scene_open(&scene, &cloud, j->is_whole ? cloud.count : splats, floor);
    int best = 0;
    sp_camera *cameras = sp_calloc((size_t)instant->set.count, sizeof *cameras);
    if (code == SP_OK && !cameras)
        code = SP_ENOMEM;
    for (int i = 0; code == SP_OK && i < instant->set.count; i++)
        cameras[i] = instant->set.frames[i].camera;
    if (code == SP_OK)
        code = (int64_t)athlete->count > floor->shadow_splats && !j->is_whole
                   ? sp_box_of_cloud(&box, athlete, floor->shadow_splats)
                   : sp_box_of_rig(&box, cameras, instant->set.count);
    if (code == SP_OK)
        best = sp_orbit_start(cameras, instant->set.count, &box);
    if (code == SP_OK)
        code = replay_renderer(&renderer, j->params->kernels, j->pool);
    if (code == SP_OK)
        code = replay_draw_scene(&picture, renderer, scene, &cameras[best], false);
    if (code == SP_OK)
        code = sp_image8_save(&picture, path);
    free(cameras);
    free(path);
    sp_image8_free(&picture);
    sp_renderer_close(&renderer);
    sp_scene_close(&scene);
    sp_splat_cloud_free(&cloud);
    return code;
}
