// nerfstudio's (and instant-ngp's) transforms.json: intrinsics per frame or for all, camera-to-world matrices
// with OpenGL axes (x right, y up, z back).
#include <stdlib.h>
#include <string.h>

#include <stillpoint/image.h>

#include "import.h"

typedef struct reader {
    const sp_json *document, *frame;
    const char *folder, *what;
} reader;

// The frame's own field, or the document's.
static const sp_json *holder(const reader *r, const char *key)
{
    return sp_json_get(r->frame, key) ? r->frame : r->document;
}

static bool has(const reader *r, const char *key)
{
    return sp_json_get(holder(r, key), key) != NULL;
}

static int number_or(double *out, const reader *r, const char *key, double fallback)
{
    return sp_json_number_or(out, holder(r, key), key, fallback, r->what);
}

static int read_size(sp_camera *camera, const reader *r, const char *picture)
{
    double w, h;
    int code;
    if ((code = number_or(&w, r, "w", 0)) || (code = number_or(&h, r, "h", 0)))
        return code;
    if (has(r, "w") && has(r, "h")) {
        if (!(w >= 1 && w <= 65535 && h >= 1 && h <= 65535))
            return sp_error(SP_EINVAL, "%s: fields 'w', 'h' are %g x %g, not a picture's size", r->what, w,
                            h);
        camera->width = (int)w;
        camera->height = (int)h;
        return SP_OK;
    }
    char *path = r->folder ? sp_path_join(r->folder, picture) : NULL;
    code = path ? sp_image_probe(&camera->width, &camera->height, path) : SP_ENOENT;
    if (code && path) { // the original NeRF data sets leave the ending away
        char *with_ending = sp_format("%s.png", path);
        code = with_ending ? sp_image_probe(&camera->width, &camera->height, with_ending) : SP_ENOMEM;
        free(with_ending);
    }
    free(path);
    return code ? sp_error(SP_EFORMAT,
                           "%s: fields 'w' and 'h' are missing and the picture '%s' cannot be read instead",
                           r->what, picture)
                : SP_OK;
}

static int read_focal(sp_camera *camera, const reader *r)
{
    double angle_x, angle_y;
    int code;
    if ((code = number_or(&camera->fx, r, "fl_x", 0)) || (code = number_or(&camera->fy, r, "fl_y", 0)) ||
        (code = number_or(&angle_x, r, "camera_angle_x", 0)) ||
        (code = number_or(&angle_y, r, "camera_angle_y", 0)))
        return code;
    if (!has(r, "fl_x")) {
        if (!(angle_x > 0 && angle_x < M_PI))
            return sp_error(SP_EFORMAT, "%s: needs 'fl_x' or 'camera_angle_x'", r->what);
        camera->fx = 0.5 * camera->width / tan(0.5 * angle_x);
    }
    if (!has(r, "fl_y"))
        camera->fy = angle_y > 0 && angle_y < M_PI && !has(r, "fl_x")
                         ? 0.5 * camera->height / tan(0.5 * angle_y)
                         : camera->fx;
    if ((code = number_or(&camera->cx, r, "cx", 0.5 * camera->width)))
        return code;
    return number_or(&camera->cy, r, "cy", 0.5 * camera->height);
}

static int read_lens(sp_camera *camera, const reader *r)
{
    static const char *const KNOWN[] = {"OPENCV",        "PINHOLE", "SIMPLE_PINHOLE",
                                        "SIMPLE_RADIAL", "RADIAL",  "perspective"};
    const char *model;
    bool is_fisheye = false, is_known = false;
    double k1, k2, k3, k4, p1, p2;
    int code;
    if ((code = sp_json_string_or(&model, holder(r, "camera_model"), "camera_model", "OPENCV", r->what)) ||
        (code = sp_json_bool_or(&is_fisheye, holder(r, "is_fisheye"), "is_fisheye", false, r->what)) ||
        (code = number_or(&k1, r, "k1", 0)) || (code = number_or(&k2, r, "k2", 0)) ||
        (code = number_or(&k3, r, "k3", 0)) || (code = number_or(&k4, r, "k4", 0)) ||
        (code = number_or(&p1, r, "p1", 0)) || (code = number_or(&p2, r, "p2", 0)))
        return code;
    is_fisheye = is_fisheye || !strcmp(model, "OPENCV_FISHEYE");
    for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++)
        is_known = is_known || !strcmp(model, KNOWN[i]);
    if (!is_known && !is_fisheye)
        return sp_error(SP_ENOTSUP,
                        "%s: camera_model '%s' is not supported; OPENCV, OPENCV_FISHEYE and PINHOLE are",
                        r->what, model);
    if (is_fisheye) {
        if (p1 != 0 || p2 != 0)
            return sp_error(SP_ENOTSUP, "%s: a fisheye with p1, p2 (%g, %g) is not supported", r->what, p1,
                            p2);
        camera->lens = SP_LENS_FISHEYE;
        memcpy(camera->distortion, (double[5]){k1, k2, k3, k4, 0}, sizeof camera->distortion);
        return SP_OK;
    }
    if (k4 != 0)
        return sp_error(SP_ENOTSUP, "%s: lens coefficient k4 is %g; only k1 k2 p1 p2 k3 are supported",
                        r->what, k4);
    camera->lens = k1 != 0 || k2 != 0 || k3 != 0 || p1 != 0 || p2 != 0 ? SP_LENS_BROWN : SP_LENS_PINHOLE;
    memcpy(camera->distortion, (double[5]){k1, k2, p1, p2, k3}, sizeof camera->distortion);
    return SP_OK;
}

static int read_pose(sp_camera *camera, const reader *r, const char *name)
{
    double m[16];
    int count, code = rig_read_numbers(m, 16, &count, r->frame, "transform_matrix", r->what);
    if (code)
        return code;
    if (count != 16 && count != 12)
        return sp_error(SP_EFORMAT, "%s: field 'transform_matrix' has to be 4x4 or 3x4, but holds %d numbers",
                        r->what, count);
    if (count == 16 && (m[12] != 0 || m[13] != 0 || m[14] != 0 || m[15] != 1))
        return sp_error(SP_EFORMAT, "%s: the last row of 'transform_matrix' has to be 0 0 0 1", r->what);
    // Columns are the camera's axes in the world; OpenGL's y and z point the other way. Transposed they are
    // rows.
    for (int row = 0; row < 3; row++)
        for (int col = 0; col < 3; col++)
            camera->rotation.m[3 * col + row] = (col == 0 ? 1 : -1) * m[4 * row + col];
    if ((code = rig_clean_rotation(&camera->rotation, name, r->what)))
        return code;
    camera->translation = sp_v3_scale(sp_m3_apply(camera->rotation, sp_v3(m[3], m[7], m[11])), -1);
    return SP_OK;
}

static int read_frame(sp_rig *rig, const reader *r)
{
    const char *file, *video;
    sp_camera camera = {.residual_px = -1};
    int code;
    if ((code = sp_json_string_or(&video, r->frame, "video_path", NULL, r->what)) ||
        (code = sp_json_string_or(&file, r->frame, "file_path", video, r->what)))
        return code;
    if (!file)
        return sp_error(SP_EFORMAT, "%s: field 'file_path' is missing", r->what);
    if ((code = read_size(&camera, r, file)) || (code = read_focal(&camera, r)) ||
        (code = read_lens(&camera, r)) || (code = read_pose(&camera, r, file)))
        return code;
    return rig_append(rig, &camera, video ? video : file);
}

static int read_frames(sp_rig *rig, const sp_json *document, const char *folder, const char *what)
{
    const sp_json *frames = sp_json_get(document, "frames");
    if (!frames || !sp_json_is_array(frames) || sp_json_length(frames) == 0)
        return sp_error(SP_EFORMAT, "%s: field 'frames' is missing, empty or not a list", what);
    for (int i = 0; i < sp_json_length(frames); i++) {
        reader r = {.document = document, .frame = sp_json_at(frames, i), .folder = folder};
        char *name = sp_format("%s: frame %d", what, i);
        if (!name)
            return SP_ENOMEM;
        r.what = name;
        int code = sp_json_is_object(r.frame) ? read_frame(rig, &r)
                                              : sp_error(SP_EFORMAT, "%s is not an object", name);
        free(name);
        if (code)
            return code;
    }
    return SP_OK;
}

int rig_nerfstudio_parse(sp_rig *out, const char *text, size_t size, const char *folder, const char *what)
{
    sp_json *document = NULL;
    sp_rig rig = {0};
    int code;
    if ((code = sp_json_parse(&document, text, size, what)))
        return code;
    if (!sp_json_is_object(document))
        code = sp_error(SP_EFORMAT, "%s: expected an object with 'frames'", what);
    if (!code && !(code = rig_init(&rig, 0)) && !(code = read_frames(&rig, document, folder, what)))
        code = rig_ids_from_images(&rig, what);
    if (!code && sp_json_get(document, "applied_transform"))
        sp_log(
            SP_LOG_INFO,
            "%s: the world was turned by 'applied_transform' when it was written; it is taken as it stands",
            what);
    sp_json_free(&document);
    if (code)
        sp_rig_free(&rig);
    else
        *out = rig;
    return code;
}

static bool recognise(const char *path, const char *text)
{
    (void)path;
    return text && strstr(text, "\"frames\"") &&
           (strstr(text, "\"transform_matrix\"") || strstr(text, "\"fl_x\""));
}

static int load(sp_rig *out, const char *path)
{
    char *text;
    size_t size;
    int code = sp_file_read(&text, &size, path, RIG_IMPORT_FILE_MAX);
    if (code)
        return code;
    const char *name = sp_path_name(path);
    char *folder = name > path ? sp_format("%.*s", (int)(name - path), path) : sp_strdup(".");
    code = folder ? rig_nerfstudio_parse(out, text, size, folder, path) : SP_ENOMEM;
    if (!code) {
        static const char *const PLACES[] = {"", NULL};
        if ((code = rig_find_images(out, folder, PLACES)))
            sp_rig_free(out);
    }
    free(folder);
    free(text);
    return code;
}

const rig_importer rig_import_nerfstudio = {
    .name = "nerfstudio",
    .scale = 1,
    .patterns = "transforms.json|transforms_train.json|*.json",
    .recognise = recognise,
    .load = load,
};
