#include "points.h"

#include <stillpoint/json.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CALIBRATION_MAX ((size_t)1 << 30)

static int from_colmap(sp_points *out, const char *path, const sp_import_params *params)
{
    sp_points points = {0};
    int code = sp_colmap_points(&points.xyz, &points.rgb, &points.count, path, params);
    if (code == SP_ENOENT)
        return SP_OK; // a model without points
    if (code == SP_OK)
        *out = points;
    return code;
}

// The calibration's own file, where a folder was given.
static char *nerfstudio_file(const char *path)
{
    return sp_is_folder(path) ? sp_path_join(path, "transforms.json") : sp_strdup(path);
}

static int named_by_nerfstudio(char **out, const char *path)
{
    char *file = nerfstudio_file(path), *text = NULL;
    size_t size;
    sp_json *document = NULL;
    const char *name = NULL;
    *out = NULL;
    int code = file ? SP_OK : SP_ENOMEM;
    if (code == SP_OK && sp_file_exists(file)) {
        code = sp_file_read(&text, &size, file, CALIBRATION_MAX);
        if (code == SP_OK)
            code = sp_json_parse(&document, text, size, file);
        if (code == SP_OK)
            code = sp_json_string_or(&name, document, "ply_file_path", NULL, file);
        if (code == SP_OK && name) {
            *out = name[0] == '/' ? sp_strdup(name)
                                  : sp_format("%.*s%s", (int)(sp_path_name(file) - file), file, name);
            code = *out ? SP_OK : SP_ENOMEM;
        }
    }
    sp_json_free(&document);
    free(text);
    free(file);
    return code;
}

static int from_nerfstudio(sp_points *out, const char *path, const sp_import_params *params)
{
    char *file;
    int code = named_by_nerfstudio(&file, path);
    if (code == SP_OK && file && !sp_file_exists(file))
        sp_log(SP_LOG_WARN, "%s, which the calibration names as its points, is not there", file);
    else if (code == SP_OK && file)
        code = sp_points_load(out, file);
    for (int64_t i = 0; code == SP_OK && i < out->count; i++) {
        double *p = out->xyz + 3 * i;
        sp_vec3 ours = sp_import_point(params, sp_v3(p[0], p[1], p[2]));
        p[0] = ours.x, p[1] = ours.y, p[2] = ours.z;
    }
    free(file);
    return code;
}

int cli_import_points(sp_points *out, const char *format, const char *path, const sp_import_params *params)
{
    *out = (sp_points){0};
    if (strcmp(format, "colmap") == 0)
        return from_colmap(out, path, params);
    if (strcmp(format, "nerfstudio") == 0)
        return from_nerfstudio(out, path, params);
    return SP_OK;
}

int cli_write_points(const sp_points *points, const char *folder)
{
    char *path = sp_path_join(folder, "points.ply");
    int code = path ? SP_OK : SP_ENOMEM;
    if (code == SP_OK && points->count)
        code = sp_points_save(points, path);
    else if (code == SP_OK && remove(path) != 0 && errno != ENOENT)
        code = sp_error(SP_EIO, "%s, which belongs to an older calibration, cannot be removed", path);
    free(path);
    return code;
}
