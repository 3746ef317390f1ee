// Calibrations in TOML: Pose2Sim and FreeMoCap (aniposelib's layout: a table per camera) and Caliscope's
// camera_array.toml. All state OpenCV's intrinsics and x_cam = R x_world + t.
#include <stdlib.h>
#include <string.h>

#include "import.h"

// Caliscope writes the text "null" for what is not there yet.
static bool has(const sp_json *table, const char *key)
{
    const sp_json *value = sp_json_get(table, key);
    return value && !(sp_json_is_string(value));
}

static int read_lens(sp_camera *camera, const sp_json *table, const char *what)
{
    double matrix[9], coefficients[14];
    int count = 0;
    bool is_fisheye;
    int code = sp_json_numbers(matrix, 9, table, "matrix", what);
    if (!code)
        code = sp_json_bool_or(&is_fisheye, table, "fisheye", false, what);
    if (!code && has(table, "distortions"))
        code = rig_read_numbers(coefficients, 14, &count, table, "distortions", what);
    return code ? code : rig_set_opencv_lens(camera, matrix, coefficients, count, is_fisheye, what);
}

static int read_camera(sp_rig *rig, const sp_json *table, const char *id, const char *what)
{
    sp_camera camera = {.residual_px = -1};
    int64_t turns;
    bool is_ignored;
    int code;
    if ((code = rig_set_id(&camera, id, strlen(id), what)) ||
        (code = sp_json_bool_or(&is_ignored, table, "ignore", false, what)))
        return code;
    if (is_ignored || !has(table, "rotation") || !has(table, "translation")) {
        sp_log(SP_LOG_WARN, "%s is left out: %s", what,
               is_ignored ? "it says ignore = true" : "it has no pose");
        return SP_OK;
    }
    if ((code = rig_read_size(&camera, table, "size", what)) || (code = read_lens(&camera, table, what)) ||
        (code = rig_read_pose(&camera, table, "rotation", "translation", what)) ||
        (code = sp_json_int_or(&turns, table, "rotation_count", 0, what)))
        return code;
    if (has(table, "error") && (code = sp_json_number(&camera.residual_px, table, "error", what)))
        return code;
    if (turns)
        sp_log(
            SP_LOG_WARN,
            "%s: rotation_count %lld is taken as a turn for display only; if the footage was turned before "
            "calibration, turn the video files the same way",
            what, (long long)turns);
    return rig_append(rig, &camera, NULL);
}

// Each member of `list` that is a table with a matrix.
static int read_tables(sp_rig *rig, const sp_json *list, bool is_caliscope, const char *file)
{
    int code = SP_OK;
    for (int i = 0; i < sp_json_length(list) && !code; i++) {
        const sp_json *table;
        const char *key = sp_json_key_at(list, i, &table), *name;
        if (!table || !sp_json_is_object(table) || !has(table, "matrix"))
            continue;
        char *what = sp_format("%s: camera '%s'", file, key), *id = NULL;
        int64_t number;
        if (!what)
            return SP_ENOMEM;
        if (is_caliscope && has(table, "cam_id"))
            code = sp_json_int(&number, table, "cam_id", what);
        if (!code && is_caliscope)
            id = has(table, "cam_id") ? sp_format("cam_%lld", (long long)number)
                                      : sp_format("%s%s", strncmp(key, "cam_", 4) ? "cam_" : "", key);
        else if (!code && !(code = sp_json_string_or(&name, table, "name", key, what)))
            id = sp_strdup(name);
        if (!code)
            code = id ? read_camera(rig, table, id, what) : SP_ENOMEM;
        free(id);
        free(what);
    }
    return code;
}

int rig_toml_parse_cameras(sp_rig *out, const char *text, size_t size, bool is_caliscope, const char *what)
{
    sp_json *document;
    sp_rig rig;
    int code = rig_toml_parse(&document, text, size, what);
    if (code)
        return code;
    if ((code = rig_init(&rig, 0))) {
        sp_json_free(&document);
        return code;
    }
    const sp_json *cameras = is_caliscope ? sp_json_get(document, "cameras") : NULL;
    code = read_tables(&rig, cameras && sp_json_is_object(cameras) ? cameras : document, is_caliscope, what);
    if (!code && rig.count == 0)
        code =
            sp_error(SP_EFORMAT, "%s: no camera in it (a table with matrix, rotation and translation)", what);
    sp_json_free(&document);
    if (code)
        sp_rig_free(&rig);
    else
        *out = rig;
    return code;
}

static int load(sp_rig *out, const char *path, bool is_caliscope)
{
    char *text;
    size_t size;
    int code = sp_file_read(&text, &size, path, RIG_IMPORT_FILE_MAX);
    if (code)
        return code;
    code = rig_toml_parse_cameras(out, text, size, is_caliscope, path);
    free(text);
    const char *name = sp_path_name(path);
    char *folder = name > path ? sp_format("%.*s", (int)(name - path), path) : sp_strdup(".");
    if (!code) {
        // Beside the file, and where Caliscope and Pose2Sim keep footage.
        static const char *const PLACES[] = {"", "calibration/extrinsic", "../videos", NULL};
        code = folder ? rig_find_feeds(out, folder, PLACES) : SP_ENOMEM;
        if (code)
            sp_rig_free(out);
    }
    free(folder);
    return code;
}

static int load_caliscope(sp_rig *out, const char *path)
{
    return load(out, path, true);
}

static int load_anipose(sp_rig *out, const char *path)
{
    return load(out, path, false);
}

static bool is_toml(const char *path, const char *text)
{
    const char *dot = strrchr(path, '.');
    return text && dot && !strcmp(dot, ".toml") && strstr(text, "matrix");
}

static bool is_caliscope(const char *path, const char *text)
{
    return is_toml(path, text) && (strstr(text, "[cameras.") || strstr(text, "rotation_count"));
}

static bool is_freemocap(const char *path, const char *text)
{
    return is_toml(path, text) &&
           (strstr(text, "charuco_square_size") || strstr(text, "path_to_recorded_videos"));
}

const rig_importer rig_import_caliscope = {
    .name = "caliscope",
    .scale = 1,
    .patterns = "camera_array.toml|config.toml",
    .recognise = is_caliscope,
    .load = load_caliscope,
};
const rig_importer rig_import_freemocap = {
    .name = "freemocap",
    .scale = 0.001,
    .patterns = "*camera_calibration*.toml|*calibration*.toml|*.toml",
    .recognise = is_freemocap,
    .load = load_anipose,
};
const rig_importer rig_import_pose2sim = {
    .name = "pose2sim",
    .scale = 1,
    .patterns = "Calib*.toml|*.toml",
    .recognise = is_toml,
    .load = load_anipose,
};
