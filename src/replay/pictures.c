#include <stdlib.h>
#include <string.h>

#include "draw.h"
#include "folder.h"
#include "pick.h"

int sp_replay_rig(sp_rig *out, const sp_moment *moment, const char *path)
{
    char *folder = sp_path_join(moment->folder, moment->take);
    char *file = folder ? replay_path(folder, "rig.json") : NULL;
    sp_rig own = {0};
    int code = file ? sp_rig_load(&own, file) : SP_ENOMEM;
    if (code == SP_OK && path) {
        code = replay_rig_from(out, path, &own);
        sp_rig_free(&own);
    } else if (code == SP_OK) {
        *out = own;
    }
    free(file);
    free(folder);
    return code;
}

typedef struct job {
    const sp_moment *moment;
    const sp_rig *rig;
    const bool *picked;
    const sp_pictures_params *params;
    sp_renderer *renderer;
    const char *folder;
    int done, total;
    const sp_progress *progress;
} job;

static int write_picture(job *j, sp_scene *scene, const sp_camera *camera, int64_t frame)
{
    sp_image8 picture = {0};
    char *path = replay_path(j->folder, "%s_%06lld.png", camera->id, (long long)frame);
    int code =
        path ? replay_draw_scene(&picture, j->renderer, scene, camera, j->params->has_alpha) : SP_ENOMEM;
    if (code == SP_OK)
        code = sp_image8_save(&picture, path);
    sp_image8_free(&picture);
    free(path);
    if (code == SP_OK)
        code = sp_progress_step(j->progress, "pictures", ++j->done, j->total);
    return code;
}

static int write_instant(job *j, int instant)
{
    sp_scene *scene;
    int code = sp_replay_scene(&scene, j->moment, instant, j->params->layer);
    if (code < 0)
        return code;
    for (int i = 0; i < j->rig->count && code == SP_OK; i++)
        if (j->picked[i])
            code = write_picture(j, scene, &j->rig->cameras[i], j->moment->instants[instant].frame);
    sp_scene_close(&scene);
    return code;
}

static int write_all(job *j)
{
    int first = j->params->instant < 0 ? 0 : j->params->instant;
    int last = j->params->instant < 0 ? j->moment->count - 1 : j->params->instant;
    for (int i = 0; i < j->rig->count; i++)
        j->total += j->picked[i] * (last - first + 1);
    int code = sp_progress_step(j->progress, "pictures", 0, j->total);
    for (int i = first; i <= last && code == SP_OK; i++)
        code = write_instant(j, i);
    return code;
}

int sp_replay_pictures(int *written, const char *folder, const sp_moment *moment, const sp_rig *rig,
                       const sp_pictures_params *params, sp_pool *pool, const sp_progress *progress)
{
    if (params->instant >= moment->count || moment->count == 0)
        return sp_error(SP_EINVAL, "%s has no such instant", moment->folder);
    bool *picked;
    char *aside = NULL;
    sp_renderer *renderer = NULL;
    int code = replay_pick(&picked, rig, params->only);
    if (code < 0)
        return code;
    job j = {.moment = moment, .rig = rig, .picked = picked, .params = params, .progress = progress};
    code = replay_renderer(&renderer, params->kernels, pool);
    if (code == SP_OK)
        code = replay_folder_begin(&aside, folder);
    if (code == SP_OK) {
        j.renderer = renderer;
        j.folder = aside;
        code = write_all(&j);
    }
    if (code == SP_OK)
        code = replay_folder_merge(aside, folder);
    if (code < 0)
        replay_folder_discard(aside);
    else if (written)
        *written = j.total;
    sp_renderer_close(&renderer);
    free(aside);
    free(picked);
    return code;
}
