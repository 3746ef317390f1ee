// OpenCV's FileStorage, YAML or JSON. Three layouts are met in practice:
//   one file per camera in a folder, named by it: camera_matrix, distortion_coefficients, image_width ...;
//   one file with a map per camera that holds the same fields;
//   EasyMocap's pair intri.yml, extri.yml: K_ID, dist_ID, H_ID, W_ID; R_ID or Rot_ID, T_ID.
#include <stdlib.h>
#include <string.h>

#include "import.h"

// The first of several customary names that the object has; the last name when it has none.
static const char *first_of(const sp_json *object, const char *const *names)
{
    int i = 0;
    while (names[i + 1] && !sp_json_get(object, names[i]))
        i++;
    return names[i];
}
#define FIRST_OF(object, ...) first_of(object, (const char *const[]){__VA_ARGS__, NULL})

// Numbers of a member that is a list or an opencv-matrix { rows, cols, dt, data }.
static int read_matrix(double *out, int max, int *count, const sp_json *object, const char *key,
                       const char *what)
{
    const sp_json *value = sp_json_get(object, key);
    if (!value || !sp_json_is_object(value))
        return rig_read_numbers(out, max, count, object, key, what);
    char *inner = sp_format("%s: field '%s'", what, key);
    if (!inner)
        return SP_ENOMEM;
    int64_t rows, cols;
    int code;
    if (!(code = sp_json_int(&rows, value, "rows", inner)) &&
        !(code = sp_json_int(&cols, value, "cols", inner)) &&
        !(code = rig_read_numbers(out, max, count, value, "data", inner)) &&
        (rows < 0 || cols < 0 || rows > max || cols > max || rows * cols != *count))
        code = sp_error(SP_EFORMAT, "%s says %lld x %lld, but holds %d numbers", inner, (long long)rows,
                        (long long)cols, *count);
    free(inner);
    return code;
}

static int exactly(double *out, int want, const sp_json *object, const char *key, const char *what)
{
    int count, code = read_matrix(out, want, &count, object, key, what);
    if (!code && count != want)
        code = sp_error(SP_EFORMAT, "%s: field '%s' has to hold %d numbers, but holds %d", what, key, want,
                        count);
    return code;
}

static int read_size(sp_camera *camera, const sp_json *node, const char *what)
{
    const char *pair = FIRST_OF(node, "image_size", "imageSize", "size", "img_size", "");
    if (*pair)
        return rig_read_size(camera, node, pair, what);
    int64_t w, h;
    int code;
    if ((code = sp_json_int(&w, node, FIRST_OF(node, "image_Width", "width", "image_width"), what)) ||
        (code = sp_json_int(&h, node, FIRST_OF(node, "image_Height", "height", "image_height"), what)))
        return code;
    if (w < 1 || w > 65535 || h < 1 || h > 65535)
        return sp_error(SP_EINVAL, "%s: image size %lld x %lld is not a picture's", what, (long long)w,
                        (long long)h);
    camera->width = (int)w;
    camera->height = (int)h;
    return SP_OK;
}

// Rotation of 3 (Rodrigues) or 9 numbers and translation, under the given names.
static int read_pose(sp_camera *camera, const sp_json *node, const char *rotation, const char *translation,
                     const char *what)
{
    double r[9], t[3];
    int count, code = read_matrix(r, 9, &count, node, rotation, what);
    if (code)
        return code;
    if (count != 3 && count != 9)
        return sp_error(SP_EFORMAT, "%s: field '%s' has to hold 3 or 9 numbers, but holds %d", what, rotation,
                        count);
    if (count == 3)
        camera->rotation = sp_rodrigues_to_m3(sp_v3(r[0], r[1], r[2]));
    else
        memcpy(camera->rotation.m, r, sizeof r);
    if ((code = rig_clean_rotation(&camera->rotation, camera->id, what)) ||
        (code = exactly(t, 3, node, translation, what)))
        return code;
    camera->translation = sp_v3(t[0], t[1], t[2]);
    return SP_OK;
}

static int read_camera(sp_rig *rig, const sp_json *node, const char *id, const char *what)
{
    sp_camera camera = {.residual_px = -1};
    double matrix[9], coefficients[14];
    int count = 0, code;
    const char *distortion = FIRST_OF(node, "distortion_coefficients", "dist_coeffs", "distCoeffs",
                                      "distortion", "dist_coeff", "D", "dist", "");
    const char *model;
    if ((code = rig_set_id(&camera, id, strlen(id), what)) || (code = read_size(&camera, node, what)) ||
        (code = exactly(matrix, 9, node,
                        FIRST_OF(node, "K", "cameraMatrix", "intrinsic_matrix", "camera_matrix"), what)) ||
        (*distortion && (code = read_matrix(coefficients, 14, &count, node, distortion, what))) ||
        (code = sp_json_string_or(&model, node, FIRST_OF(node, "distortion_model", "camera_model", "model"),
                                  "", what)))
        return code;
    // OpenCV's calibration sample writes fisheye_model: 1.
    const sp_json *flag = sp_json_get(node, "fisheye_model");
    bool is_fisheye =
        strstr(model, "fisheye") || !strcmp(model, "equidistant") || (flag && sp_json_value(flag) == 1);
    if ((code = rig_set_opencv_lens(&camera, matrix, coefficients, count, is_fisheye, what)) ||
        (code = read_pose(&camera, node, FIRST_OF(node, "rvec", "R", "rotation", "rotation_matrix", "rvec"),
                          FIRST_OF(node, "tvec", "T", "t", "translation", "tvec"), what)))
        return code;
    if (sp_json_get(node, "avg_reprojection_error") &&
        (code = sp_json_number(&camera.residual_px, node, "avg_reprojection_error", what)))
        return code;
    return rig_append(rig, &camera, NULL);
}

// ---- EasyMocap's pair -------------------------------------------------------------------------------------

// A member named PREFIX_ID.
static int named(char **key, const char *prefix, const char *id)
{
    return (*key = sp_format("%s_%s", prefix, id)) ? SP_OK : SP_ENOMEM;
}

// A map for one camera as read_camera() wants it, gathered from the pair's members.
static int gather(sp_json *node, const sp_json *document, const char *id)
{
    static const char *const FIELDS[][2] = {{"K", "K"},     {"dist", "D"},       {"H", "height"},
                                            {"W", "width"}, {"Rot", "rotation"}, {"R", "R"},
                                            {"T", "T"}};
    for (size_t i = 0; i < sizeof FIELDS / sizeof *FIELDS; i++) {
        char *key;
        int code = named(&key, FIELDS[i][0], id);
        if (code)
            return code;
        const sp_json *value = sp_json_get(document, key);
        free(key);
        sp_json *copy = value ? sp_json_copy(value) : NULL;
        if (value && (!copy || (code = sp_json_set(node, FIELDS[i][1], &copy))))
            return code ? code : SP_ENOMEM;
    }
    return SP_OK;
}

static int read_pair(sp_rig *rig, const sp_json *document, const char *what)
{
    const sp_json *names = sp_json_get(document, "names");
    int code = SP_OK;
    for (int i = 0; i < sp_json_length(names) && !code; i++) {
        const sp_json *one = sp_json_at(names, i);
        // Names such as 01 come as numbers from YAML; they are written unquoted only when they are words.
        sp_json *holder = sp_json_object();
        const char *id = NULL;
        code = holder && sp_json_is_string(one) ? SP_OK
               : holder ? sp_error(SP_EFORMAT, "%s: field 'names' has to hold quoted names", what)
                        : SP_ENOMEM;
        sp_json *copy = code ? NULL : sp_json_copy(one);
        if (!code && !(code = copy ? sp_json_set(holder, "id", &copy) : SP_ENOMEM) &&
            !(code = sp_json_string(&id, holder, "id", what))) {
            sp_json *node = sp_json_object();
            char *inner = sp_format("%s: camera '%s'", what, id);
            code = node && inner ? gather(node, document, id) : SP_ENOMEM;
            if (!code)
                code = read_camera(rig, node, id, inner);
            free(inner);
            sp_json_free(&node);
        }
        sp_json_free(&copy);
        sp_json_free(&holder);
    }
    return code;
}

// ---- Files ------------------------------------------------------------------------------------------------

static bool is_camera(const sp_json *node)
{
    return node && sp_json_is_object(node) &&
           (sp_json_get(node, "camera_matrix") || sp_json_get(node, "K") ||
            sp_json_get(node, "cameraMatrix") || sp_json_get(node, "intrinsic_matrix"));
}

static int read_any(sp_rig *rig, const sp_json *document, const char *id, const char *what)
{
    if (is_camera(document))
        return read_camera(rig, document, id, what);
    if (sp_json_get(document, "names"))
        return read_pair(rig, document, what);
    int code = SP_OK;
    for (int i = 0; i < sp_json_length(document) && !code; i++) {
        const sp_json *node;
        const char *key = sp_json_key_at(document, i, &node);
        if (!is_camera(node))
            continue;
        char *inner = sp_format("%s: camera '%s'", what, key);
        code = inner ? read_camera(rig, node, key, inner) : SP_ENOMEM;
        free(inner);
    }
    return code;
}

static int finish(sp_rig *out, sp_rig *rig, int code, const char *what)
{
    if (!code && rig->count == 0)
        code = sp_error(SP_EFORMAT, "%s: no camera in it (a map with camera_matrix, size, and pose)", what);
    if (code)
        sp_rig_free(rig);
    else
        *out = *rig;
    return code;
}

int rig_opencv_parse(sp_rig *out, const char *text, size_t size, const char *id, const char *what)
{
    sp_json *document;
    sp_rig rig;
    int code = rig_yaml_parse(&document, text, size, what);
    if (code)
        return code;
    if (!(code = rig_init(&rig, 0)))
        code = finish(out, &rig, read_any(&rig, document, id, what), what);
    sp_json_free(&document);
    return code;
}

static int load_document(sp_json **out, const char *folder, const char *name)
{
    char *path = sp_path_join(folder, name), *text = NULL;
    size_t size;
    int code = path ? sp_file_read(&text, &size, path, RIG_IMPORT_FILE_MAX) : SP_ENOMEM;
    if (!code)
        code = rig_yaml_parse(out, text, size, path);
    free(text);
    free(path);
    return code;
}

static int load_pair(sp_rig *out, const char *folder)
{
    sp_json *intrinsics = NULL, *extrinsics = NULL;
    sp_rig rig = {0};
    int code;
    if (!(code = load_document(&intrinsics, folder, "intri.yml")) &&
        !(code = load_document(&extrinsics, folder, "extri.yml")) &&
        !(code = sp_json_merge_missing(intrinsics, extrinsics)) && !(code = rig_init(&rig, 0)))
        code = finish(out, &rig, read_pair(&rig, intrinsics, folder), folder);
    sp_json_free(&intrinsics);
    sp_json_free(&extrinsics);
    return code;
}

static bool is_document(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && dot > name && (!strcmp(dot, ".yml") || !strcmp(dot, ".yaml") || !strcmp(dot, ".json"));
}

// One file per camera.
static int load_folder(sp_rig *out, const char *folder)
{
    char **names;
    int count, code = sp_folder_list(&names, &count, folder);
    sp_rig rig = {0};
    if (code)
        return code;
    code = rig_init(&rig, 0);
    for (int i = 0; i < count && !code; i++) {
        if (!is_document(names[i]))
            continue;
        sp_json *document = NULL;
        char *id = sp_path_stem(names[i]), *what = sp_path_join(folder, names[i]);
        code = id && what ? load_document(&document, folder, names[i]) : SP_ENOMEM;
        if (!code)
            code = read_any(&rig, document, id, what);
        sp_json_free(&document);
        free(id);
        free(what);
    }
    sp_names_free(&names, count);
    return finish(out, &rig, code, folder);
}

static bool has_pair(const char *folder)
{
    char *intrinsics = sp_path_join(folder, "intri.yml"), *extrinsics = sp_path_join(folder, "extri.yml");
    bool is_there = intrinsics && extrinsics && sp_file_exists(intrinsics) && sp_file_exists(extrinsics);
    free(intrinsics);
    free(extrinsics);
    return is_there;
}

static int load_file(sp_rig *out, const char *path)
{
    char *text = NULL, *id = sp_path_stem(sp_path_name(path));
    size_t size;
    int code = id ? sp_file_read(&text, &size, path, RIG_IMPORT_FILE_MAX) : SP_ENOMEM;
    if (!code)
        code = rig_opencv_parse(out, text, size, id, path);
    free(text);
    free(id);
    return code;
}

static int load(sp_rig *out, const char *path)
{
    bool is_folder = sp_is_folder(path);
    const char *name = sp_path_name(path);
    char *folder = is_folder     ? sp_strdup(path)
                   : name > path ? sp_format("%.*s", (int)(name - path), path)
                                 : sp_strdup(".");
    if (!folder)
        return SP_ENOMEM;
    bool is_pair =
        has_pair(folder) && (is_folder || !strcmp(name, "intri.yml") || !strcmp(name, "extri.yml"));
    int code = is_pair ? load_pair(out, folder) : is_folder ? load_folder(out, path) : load_file(out, path);
    static const char *const PLACES[] = {"", NULL};
    if (!code && (code = rig_find_feeds(out, folder, PLACES)))
        sp_rig_free(out);
    free(folder);
    return code;
}

static bool recognise(const char *path, const char *text)
{
    if (sp_is_folder(path))
        return has_pair(path);
    return text && is_document(path) &&
           (strstr(text, "opencv-matrix") || strstr(text, "camera_matrix") || strstr(text, "cameraMatrix"));
}

const rig_importer rig_import_opencv = {.name = "opencv", .scale = 1, .recognise = recognise, .load = load};
