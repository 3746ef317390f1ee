// A take in memory, and which of its cameras take part.
#include "take.h"

#include <stdlib.h>
#include <string.h>

int take_find_camera(const sp_take *take, const char *id)
{
    for (int i = 0; i < take->rig.count; i++)
        if (!strcmp(take->rig.cameras[i].id, id))
            return i;
    return -1;
}

int take_feeds_for_rig(sp_take *take)
{
    take->feeds = sp_calloc((size_t)take->rig.count + 1, sizeof *take->feeds);
    if (!take->feeds)
        return SP_ENOMEM;
    for (int i = 0; i < take->rig.count; i++)
        memcpy(take->feeds[i].id, take->rig.cameras[i].id, SP_ID_MAX);
    return 0;
}

int sp_take_new(sp_take **out, const char *name, const sp_rig *rig, sp_rational fps)
{
    if (fps.num <= 0 || fps.den <= 0)
        return sp_error(SP_EINVAL, "take %s: %d/%d is not a frame rate", name ? name : "", fps.num, fps.den);
    sp_take *take = sp_calloc(1, sizeof *take);
    if (!take)
        return SP_ENOMEM;
    take->fps = fps;
    take->name = sp_strdup(name ? name : "take");
    int ret = take->name ? sp_rig_copy(&take->rig, rig) : SP_ENOMEM;
    if (!ret)
        ret = take_feeds_for_rig(take);
    if (ret) {
        sp_take_close(&take);
        return ret;
    }
    *out = take;
    return 0;
}

void sp_take_close(sp_take **take)
{
    if (!take || !*take)
        return;
    sp_take *self = *take;
    take_feeds_close(self);
    for (int i = 0; self->feeds && i < self->rig.count; i++) {
        free(self->feeds[i].feed);
        free(self->feeds[i].plate);
    }
    free(self->feeds);
    sp_rig_free(&self->rig);
    sp_json_free(&self->extra);
    sp_json_free(&self->sync_extra);
    free(self->folder);
    free(self->name);
    free(self);
    *take = NULL;
}

char *sp_take_path(const sp_take *take, const char *path)
{
    if (!path)
        return NULL;
    return take->folder ? sp_path_join(take->folder, path) : sp_strdup(path);
}

// ---- Choice

static bool is_listed(const char *const *list, const char *id)
{
    for (; list && *list; list++)
        if (!strcmp(*list, id))
            return true;
    return false;
}

static int check_list(const sp_take *take, const char *const *list, bool needs_feed)
{
    for (; list && *list; list++) {
        int index = take_find_camera(take, *list);
        if (index < 0)
            return sp_error(SP_EINVAL, "camera '%s' is not in the take %s", *list, take->name);
        if (needs_feed && !take->feeds[index].feed)
            return sp_error(SP_EINVAL, "camera '%s' has no feed in the take %s", *list, take->name);
    }
    return 0;
}

int sp_take_choose(bool *chosen, const sp_take *take, const sp_camera_choice *choice)
{
    sp_camera_choice all = {0};
    if (!choice)
        choice = &all;
    int ret = check_list(take, choice->only, true);
    if (!ret)
        ret = check_list(take, choice->without, false);
    if (ret)
        return ret;
    bool has_feed = false, has_chosen = false;
    for (int i = 0; i < take->rig.count; i++) {
        const char *id = take->rig.cameras[i].id;
        has_feed |= take->feeds[i].feed != NULL;
        has_chosen |= take->feeds[i].feed && (!choice->only || is_listed(choice->only, id)) &&
                      !is_listed(choice->without, id);
    }
    if (!has_feed)
        return sp_error(SP_EINVAL, "no camera of the take %s has a feed; import it with a folder of feeds",
                        take->name);
    if (!has_chosen)
        return sp_error(SP_EINVAL, "no camera of the take %s is left to take part", take->name);
    for (int i = 0; i < take->rig.count; i++) {
        const char *id = take->rig.cameras[i].id;
        chosen[i] = take->feeds[i].feed && (!choice->only || is_listed(choice->only, id)) &&
                    !is_listed(choice->without, id);
    }
    return 0;
}
