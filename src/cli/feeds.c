#include "feeds.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

// What lies beside footage and is none.
static bool is_other(const char *name)
{
    static const char *const endings[] = {".json", ".txt",  ".toml", ".csv", ".md",
                                          ".xml",  ".yaml", ".yml",  ".tmp"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++)
        if (strcasecmp(dot, endings[i]) == 0)
            return true;
    return name[0] == '.';
}

// Ids as a sentence has them: "cam01, cam02, cam03 ...".
static void list_ids(char out[120], const sp_rig *rig)
{
    out[0] = '\0';
    for (int i = 0; i < rig->count; i++) {
        if (i == 4 || strlen(out) + strlen(rig->cameras[i].id) > 100) {
            strcat(out, " ...");
            return;
        }
        strcat(out, i ? ", " : "");
        strcat(out, rig->cameras[i].id);
    }
}

// Names without ending; NULL-padded like the entries they come from.
static int stems_of(char ***stems, char **names, int *count)
{
    char **list = sp_calloc((size_t)*count + 1, sizeof *list);
    int used = 0;
    if (!list)
        return SP_ENOMEM;
    for (int i = 0; i < *count; i++) {
        if (is_other(names[i]))
            continue;
        char *name = names[used];
        names[used] = names[i];
        names[i] = name;
        list[used] = sp_path_stem(names[used]);
        if (!list[used++]) {
            cli_paths_free(&list, used);
            return SP_ENOMEM;
        }
    }
    *count = used;
    *stems = list;
    return SP_OK;
}

static int match(char **paths, const sp_rig *rig, const char *folder, char **names, char **stems, int count,
                 const char *what)
{
    int *index = sp_calloc((size_t)rig->count, sizeof *index);
    if (!index)
        return SP_ENOMEM;
    int code = SP_OK;
    if (sp_rig_match_names(index, rig, (const char *const *)stems, count) == SP_MATCH_NONE) {
        char ids[120];
        list_ids(ids, rig);
        code = sp_error(SP_ENOENT, "%s: no %s there: of its %d entries none is named after a camera (%s)",
                        folder, what, count, ids);
    }
    for (int i = 0; i < rig->count && code == SP_OK; i++)
        if (index[i] >= 0 && !(paths[i] = sp_path_join(folder, names[index[i]])))
            code = SP_ENOMEM;
    free(index);
    return code;
}

int cli_match_folder(char ***paths, const sp_rig *rig, const char *folder, const char *what)
{
    if (!sp_is_folder(folder))
        return sp_error(SP_ENOENT, "%s: there is no such folder of %s", folder, what);
    char **names, **stems = NULL, **list = sp_calloc((size_t)rig->count + 1, sizeof *list);
    int total, count;
    if (!list)
        return SP_ENOMEM;
    int code = sp_folder_list(&names, &total, folder);
    if (code < 0) {
        free(list);
        return code;
    }
    count = total;
    code = stems_of(&stems, names, &count);
    if (code == SP_OK)
        code = match(list, rig, folder, names, stems, count, what);
    cli_paths_free(&stems, count);
    sp_names_free(&names, total);
    if (code < 0)
        cli_paths_free(&list, rig->count);
    else
        *paths = list;
    return code;
}

int cli_match_one(char **paths, const sp_rig *rig, const char *assignment)
{
    const char *equals = strchr(assignment, '=');
    if (!equals || equals == assignment || !equals[1])
        return sp_error(SP_EINVAL, "--feed is CAMERA=PATH, not '%s'", assignment);
    for (int i = 0; i < rig->count; i++) {
        const char *id = rig->cameras[i].id;
        if (strlen(id) != (size_t)(equals - assignment) || strncmp(id, assignment, strlen(id)) != 0)
            continue;
        char *path = sp_strdup(equals + 1);
        if (!path)
            return SP_ENOMEM;
        free(paths[i]);
        paths[i] = path;
        return SP_OK;
    }
    char ids[120];
    list_ids(ids, rig);
    return sp_error(SP_EINVAL, "--feed %s: there is no such camera; the calibration has %s", assignment, ids);
}

void cli_paths_free(char ***paths, int count)
{
    for (int i = 0; *paths && i < count; i++)
        free((*paths)[i]);
    free(*paths);
    *paths = NULL;
}
