#include "pick.h"

#include <stdlib.h>
#include <string.h>

#include "folder.h"

static int unknown(const sp_rig *rig, const char *id)
{
    char known[400] = "";
    for (int i = 0; i < rig->count && strlen(known) + strlen(rig->cameras[i].id) + 8 < sizeof known; i++) {
        strcat(known, i ? ", " : "");
        strcat(known, rig->cameras[i].id);
    }
    return sp_error(SP_EINVAL, "there is no camera '%s' in the rig; it has %s", id, known);
}

int replay_pick(bool **picked, const sp_rig *rig, const char *const *only)
{
    bool *list = sp_calloc((size_t)rig->count, sizeof *list);
    if (!list)
        return SP_ENOMEM;
    for (int i = 0; i < rig->count; i++)
        list[i] = !only;
    for (; only && *only; only++) {
        const sp_camera *camera = sp_rig_find(rig, *only);
        if (!camera) {
            free(list);
            return unknown(rig, *only);
        }
        list[camera - rig->cameras] = true;
    }
    *picked = list;
    return SP_OK;
}

int replay_rig_from(sp_rig *out, const char *path, const sp_rig *own)
{
    if (sp_is_folder(path)) {
        char *file = replay_path(path, "rig.json");
        bool is_take = file && sp_file_exists(file);
        int code = is_take ? sp_rig_load(out, file) : file ? SP_OK : SP_ENOMEM;
        free(file);
        if (is_take || code < 0)
            return code;
    } else if (strcmp(sp_path_name(path), "rig.json") == 0) {
        return sp_rig_load(out, path);
    }
    if (!sp_file_exists(path))
        return sp_error(SP_ENOENT, "%s: there is no such camera file or take", path);
    sp_import_params params = sp_import_params_default();
    if (own->obtained) {
        params.scale = own->scale;
        params.up = own->up;
    }
    return sp_rig_import(out, NULL, path, &params);
}
