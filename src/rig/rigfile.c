// rig.json: load and save. docs/formats.md describes the fields.
#include <stdlib.h>
#include <string.h>

#include "rig.h"

#define RIG_FORMAT "stillpoint-rig"
#define RIG_VERSION 1
#define RIG_FILE_MAX ((size_t)64 << 20)

// Coefficient names per lens model, in the order of sp_camera.distortion.
static const struct {
    const char *model;
    int count;
    const char *names[5];
} LENSES[] = {
    [SP_LENS_PINHOLE] = {"pinhole", 0, {NULL}},
    [SP_LENS_BROWN] = {"brown", 5, {"k1", "k2", "p1", "p2", "k3"}},
    [SP_LENS_FISHEYE] = {"fisheye", 4, {"k1", "k2", "k3", "k4"}},
};
enum { LENS_COUNT = sizeof LENSES / sizeof *LENSES };

const char *rig_lens_name(sp_lens lens)
{
    return LENSES[lens].model;
}

// ---- Load -------------------------------------------------------------------------------------------------

// Some writers put bare NaN and Infinity, which JSON does not know. Quoted, they pass the parser, and the
// typed reads can then name camera and field. The copy is the caller's.
static char *quote_bare_nonfinite(const char *text, size_t size, size_t *quoted_size)
{
    static const char *const WORDS[] = {"-Infinity", "Infinity", "-NaN", "NaN", "-nan", "nan", "-inf", "inf"};
    char *out = sp_calloc(2 * size + 1, 1);
    if (!out)
        return NULL;
    size_t n = 0;
    bool is_quoted = false;
    for (size_t i = 0; i < size;) {
        size_t length = 0;
        for (size_t w = 0; !is_quoted && w < sizeof WORDS / sizeof *WORDS && !length; w++)
            if (size - i >= strlen(WORDS[w]) && !memcmp(text + i, WORDS[w], strlen(WORDS[w])))
                length = strlen(WORDS[w]);
        if (length) {
            out[n++] = '"';
            memcpy(out + n, text + i, length);
            n += length;
            out[n++] = '"';
            i += length;
            continue;
        }
        if (text[i] == '\\' && is_quoted && i + 1 < size)
            out[n++] = text[i++];
        else if (text[i] == '"')
            is_quoted = !is_quoted;
        out[n++] = text[i++];
    }
    *quoted_size = n;
    return out;
}

static int parse_document(sp_json **out, const char *text, size_t size, const char *what)
{
    int code = sp_json_parse(out, text, size, what);
    if (code != SP_EFORMAT)
        return code;
    char *first_error = sp_strdup(sp_error_text());
    size_t quoted_size;
    char *quoted = quote_bare_nonfinite(text, size, &quoted_size);
    if (first_error && quoted && sp_json_parse(out, quoted, quoted_size, what) == SP_OK)
        code = SP_OK;
    else if (first_error)
        code = sp_error(code, "%s", first_error);
    free(first_error);
    free(quoted);
    return code;
}

static int read_rotation(sp_mat3 *out, const sp_json *pose, const char *id, const char *what)
{
    const sp_json *rotation = sp_json_get(pose, "rotation");
    if (!rotation || !sp_json_is_array(rotation) ||
        (sp_json_length(rotation) != 4 && sp_json_length(rotation) != 3))
        return sp_error(SP_EFORMAT,
                        "%s: field 'rotation' must be a quaternion [w, x, y, z] or three rows of three",
                        what);
    if (sp_json_length(rotation) == 3) {
        int code = sp_json_numbers(out->m, 9, pose, "rotation", what);
        return code ? code : rig_clean_rotation(out, id, what);
    }
    double q[4];
    int code = sp_json_numbers(q, 4, pose, "rotation", what);
    if (code)
        return code;
    double norm = sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]);
    if (!(fabs(norm - 1) <= 1e-3))
        return sp_error(SP_EINVAL, "%s: field 'rotation' is not a unit quaternion (length %.6g)", what, norm);
    *out = sp_quat_to_m3((sp_quat){q[0], q[1], q[2], q[3]});
    return SP_OK;
}

static int read_lens(sp_camera *camera, const sp_json *lens, const char *what)
{
    const char *model;
    int code = sp_json_string(&model, lens, "model", what);
    if (code)
        return code;
    int kind = 0;
    while (kind < LENS_COUNT && strcmp(LENSES[kind].model, model))
        kind++;
    if (kind == LENS_COUNT)
        return sp_error(SP_EFORMAT,
                        "%s: field 'model' is '%s'; known lens models are pinhole, brown, fisheye", what,
                        model);
    camera->lens = (sp_lens)kind;
    if ((code = sp_json_number(&camera->fx, lens, "fx", what)) ||
        (code = sp_json_number(&camera->fy, lens, "fy", what)) ||
        (code = sp_json_number(&camera->cx, lens, "cx", what)) ||
        (code = sp_json_number(&camera->cy, lens, "cy", what)))
        return code;
    for (int i = 0; i < LENSES[kind].count; i++)
        if ((code = sp_json_number_or(&camera->distortion[i], lens, LENSES[kind].names[i], 0, what)))
            return code;
    return SP_OK;
}

static int object_member(const sp_json **out, const sp_json *object, const char *key, const char *what)
{
    const sp_json *value = sp_json_get(object, key);
    if (!value || !sp_json_is_object(value))
        return sp_error(SP_EFORMAT, "%s: field '%s' is missing or not an object", what, key);
    *out = value;
    return SP_OK;
}

static int read_camera(sp_camera *camera, char **image, const sp_json *node, const char *what)
{
    const sp_json *lens = NULL, *pose = NULL;
    double size[2], translation[3];
    const char *picture;
    int code;
    if ((code = sp_json_numbers(size, 2, node, "size_px", what)))
        return code;
    if (!(size[0] >= 1 && size[0] <= 65535 && size[1] >= 1 && size[1] <= 65535) ||
        size[0] != floor(size[0]) || size[1] != floor(size[1]))
        return sp_error(SP_EINVAL, "%s: field 'size_px' [%g, %g] is not a picture's size (whole, 1 to 65535)",
                        what, size[0], size[1]);
    camera->width = (int)size[0];
    camera->height = (int)size[1];
    if ((code = object_member(&lens, node, "lens", what)) || (code = read_lens(camera, lens, what)) ||
        (code = object_member(&pose, node, "pose", what)) ||
        (code = read_rotation(&camera->rotation, pose, camera->id, what)) ||
        (code = sp_json_numbers(translation, 3, pose, "translation_m", what)) ||
        (code = sp_json_number_or(&camera->residual_px, node, "residual_px", -1, what)) ||
        (code = sp_json_string_or(&picture, node, "image", NULL, what)))
        return code;
    camera->translation = sp_v3(translation[0], translation[1], translation[2]);
    if (picture && !(*image = sp_strdup(picture)))
        return SP_ENOMEM;
    return SP_OK;
}

static int read_cameras(sp_rig *rig, const sp_json *list, const char *path)
{
    for (int i = 0; i < rig->count; i++) {
        const sp_json *node = sp_json_at(list, i);
        sp_camera *camera = &rig->cameras[i];
        const char *id;
        char *what = sp_format("%s: camera %d", path, i + 1);
        if (!what)
            return SP_ENOMEM;
        int code = sp_json_is_object(node) ? sp_json_string(&id, node, "id", what)
                                           : sp_error(SP_EFORMAT, "%s is not an object", what);
        if (!code && strlen(id) >= SP_ID_MAX)
            code = sp_error(SP_EINVAL, "%s: id '%s' is longer than %d bytes", what, id, SP_ID_MAX - 1);
        free(what);
        if (code)
            return code;
        memcpy(camera->id, id, strlen(id) + 1);
        if (!(what = sp_format("%s: camera '%s'", path, id)))
            return SP_ENOMEM;
        code = read_camera(camera, &rig->images[i], node, what);
        free(what);
        if (code)
            return code;
    }
    return SP_OK;
}

int rig_parse(sp_rig *out, const char *text, size_t size, const char *path)
{
    sp_json *document = NULL;
    sp_rig rig = {0};
    const sp_json *cameras;
    const char *up, *obtained;
    int code;
    if ((code = parse_document(&document, text, size, path)))
        return code;
    if ((code = sp_json_check_format(document, RIG_FORMAT, RIG_VERSION, path)))
        goto done;
    cameras = sp_json_get(document, "cameras");
    if (!cameras || !sp_json_is_array(cameras)) {
        code = sp_error(SP_EFORMAT, "%s: field 'cameras' is missing or not a list", path);
        goto done;
    }
    if ((code = rig_init(&rig, sp_json_length(cameras))) ||
        (code = sp_json_number_or(&rig.scale, document, "scale", 1, path)) ||
        (code = sp_json_string_or(&up, document, "up", "z", path)) ||
        (code = sp_json_string_or(&obtained, document, "obtained", NULL, path)) ||
        (code = read_cameras(&rig, cameras, path)))
        goto done;
    if (!rig_up_is_valid(up)) {
        code = sp_error(SP_EINVAL, "%s: field 'up' is '%s', not one of x, y, z, -x, -y, -z", path, up);
        goto done;
    }
    memset(rig.up, 0, sizeof rig.up);
    memcpy(rig.up, up, strlen(up));
    if (obtained && !(rig.obtained = sp_strdup(obtained))) {
        code = SP_ENOMEM;
        goto done;
    }
    rig.extra = document;
    document = NULL;
    if ((code = sp_rig_validate(&rig, path)))
        goto done;
    *out = rig;
    memset(&rig, 0, sizeof rig);
done:
    sp_rig_free(&rig);
    sp_json_free(&document);
    return code;
}

int sp_rig_load(sp_rig *out, const char *path)
{
    char *text;
    size_t size;
    int code = sp_file_read(&text, &size, path, RIG_FILE_MAX);
    if (code)
        return code;
    code = rig_parse(out, text, size, path);
    free(text);
    return code;
}

// ---- Save -------------------------------------------------------------------------------------------------

// The camera of that id in the document the rig came from.
static const sp_json *loaded_camera(const sp_rig *rig, const char *id)
{
    const sp_json *list = rig->extra ? sp_json_get(rig->extra, "cameras") : NULL;
    for (int i = 0; list && i < sp_json_length(list); i++) {
        const char *other = NULL;
        const sp_json *node = sp_json_at(list, i);
        if (sp_json_is_object(node) && !sp_json_string(&other, node, "id", "rig") && !strcmp(other, id))
            return node;
    }
    return NULL;
}

static int keep_unknown(sp_json *into, const sp_json *loaded, const char *key)
{
    const sp_json *from = key && loaded ? sp_json_get(loaded, key) : loaded;
    return from && sp_json_is_object(from) ? sp_json_merge_missing(into, from) : SP_OK;
}

static sp_json *write_lens(const sp_camera *camera, const sp_json *loaded)
{
    sp_json *lens = sp_json_object();
    int code = lens ? SP_OK : SP_ENOMEM;
    const double values[4] = {camera->fx, camera->fy, camera->cx, camera->cy};
    static const char *const NAMES[4] = {"fx", "fy", "cx", "cy"};
    if (!code)
        code = sp_json_set_string(lens, "model", LENSES[camera->lens].model);
    for (int i = 0; !code && i < 4; i++)
        code = sp_json_set_number(lens, NAMES[i], values[i]);
    for (int i = 0; !code && i < LENSES[camera->lens].count; i++)
        code = sp_json_set_number(lens, LENSES[camera->lens].names[i], camera->distortion[i]);
    // Coefficients of another model are not unknown fields: they would come back as lies.
    sp_json *kept =
        loaded ? sp_json_get(loaded, "lens") ? sp_json_copy(sp_json_get(loaded, "lens")) : NULL : NULL;
    for (int l = 0; kept && l < LENS_COUNT; l++)
        for (int i = 0; i < LENSES[l].count; i++)
            sp_json_remove(kept, LENSES[l].names[i]);
    if (!code)
        code = keep_unknown(lens, kept, NULL);
    sp_json_free(&kept);
    if (code)
        sp_json_free(&lens);
    return lens;
}

static sp_json *write_pose(const sp_camera *camera, const sp_json *loaded)
{
    sp_json *pose = sp_json_object();
    sp_quat q = sp_quat_from_m3(camera->rotation);
    const double rotation[4] = {q.w, q.x, q.y, q.z};
    const double translation[3] = {camera->translation.x, camera->translation.y, camera->translation.z};
    if (!pose || sp_json_set_numbers(pose, "rotation", rotation, 4) ||
        sp_json_set_numbers(pose, "translation_m", translation, 3) || keep_unknown(pose, loaded, "pose"))
        sp_json_free(&pose);
    return pose;
}

static sp_json *write_camera(const sp_rig *rig, int index)
{
    const sp_camera *camera = &rig->cameras[index];
    const sp_json *loaded = loaded_camera(rig, camera->id);
    sp_json *node = sp_json_object(), *lens = write_lens(camera, loaded), *pose = write_pose(camera, loaded);
    const double size[2] = {camera->width, camera->height};
    bool has_image = rig->images && rig->images[index];
    int code = node && lens && pose ? SP_OK : SP_ENOMEM;
    if (!code)
        code = sp_json_set_string(node, "id", camera->id);
    if (!code)
        code = sp_json_set_numbers(node, "size_px", size, 2);
    if (!code)
        code = sp_json_set(node, "lens", &lens);
    if (!code)
        code = sp_json_set(node, "pose", &pose);
    if (!code && camera->residual_px >= 0)
        code = sp_json_set_number(node, "residual_px", camera->residual_px);
    if (!code && has_image)
        code = sp_json_set_string(node, "image", rig->images[index]);
    if (!code && loaded) {
        sp_json *kept = sp_json_copy(loaded);
        sp_json_remove(kept, "residual_px");
        sp_json_remove(kept, "image");
        code = kept ? keep_unknown(node, kept, NULL) : SP_ENOMEM;
        sp_json_free(&kept);
    }
    sp_json_free(&lens);
    sp_json_free(&pose);
    if (code)
        sp_json_free(&node);
    return node;
}

int sp_rig_save(const sp_rig *rig, const char *path)
{
    int code = sp_rig_validate(rig, path);
    if (code)
        return code;
    sp_json *document = sp_json_object(), *cameras = sp_json_array();
    code = document && cameras ? SP_OK : SP_ENOMEM;
    for (int i = 0; !code && i < rig->count; i++) {
        sp_json *node = write_camera(rig, i);
        code = node ? sp_json_append(cameras, &node) : SP_ENOMEM;
    }
    if (!code)
        code = sp_json_set_string(document, "format", RIG_FORMAT);
    if (!code)
        code = sp_json_set_int(document, "version", RIG_VERSION);
    if (!code && rig->obtained)
        code = sp_json_set_string(document, "obtained", rig->obtained);
    if (!code)
        code = sp_json_set_number(document, "scale", rig->scale);
    if (!code)
        code = sp_json_set_string(document, "up", rig->up);
    if (!code)
        code = sp_json_set(document, "cameras", &cameras);
    if (!code)
        code = keep_unknown(document, rig->extra, NULL);
    if (!code)
        code = sp_json_save(document, path);
    sp_json_free(&cameras);
    sp_json_free(&document);
    return code;
}
