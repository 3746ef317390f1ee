// COLMAP models, text and binary: cameras, images, points3D. Layout as in COLMAP's format documentation; rigs
// and frames files are not needed, because images carry complete poses.
#include <stdlib.h>
#include <string.h>

#include "colmap.h"

#define NONE -1, -1, -1, -1, -1
const colmap_model COLMAP_MODELS[COLMAP_MODEL_COUNT] = {
    {"SIMPLE_PINHOLE", 3, SP_LENS_PINHOLE, {0, 0}, {1, 2}, {NONE}, true},
    {"PINHOLE", 4, SP_LENS_PINHOLE, {0, 1}, {2, 3}, {NONE}, true},
    {"SIMPLE_RADIAL", 4, SP_LENS_BROWN, {0, 0}, {1, 2}, {3, -1, -1, -1, -1}, true},
    {"RADIAL", 5, SP_LENS_BROWN, {0, 0}, {1, 2}, {3, 4, -1, -1, -1}, true},
    {"OPENCV", 8, SP_LENS_BROWN, {0, 1}, {2, 3}, {4, 5, 6, 7, -1}, true},
    {"OPENCV_FISHEYE", 8, SP_LENS_FISHEYE, {0, 1}, {2, 3}, {4, 5, 6, 7, -1}, true},
    {"FULL_OPENCV", 12, SP_LENS_BROWN, {0, 1}, {2, 3}, {4, 5, 6, 7, 8}, true}, // k4 k5 k6 must be 0
    {"FOV", 5, SP_LENS_PINHOLE, {0, 1}, {2, 3}, {NONE}, false},
    {"SIMPLE_RADIAL_FISHEYE", 4, SP_LENS_FISHEYE, {0, 0}, {1, 2}, {3, -1, -1, -1, -1}, true},
    {"RADIAL_FISHEYE", 5, SP_LENS_FISHEYE, {0, 0}, {1, 2}, {3, 4, -1, -1, -1}, true},
    {"THIN_PRISM_FISHEYE", 12, SP_LENS_FISHEYE, {0, 1}, {2, 3}, {NONE}, false},
    {"RAD_TAN_THIN_PRISM_FISHEYE", 16, SP_LENS_FISHEYE, {0, 1}, {2, 3}, {NONE}, false},
    {"SIMPLE_DIVISION", 4, SP_LENS_PINHOLE, {0, 0}, {1, 2}, {NONE}, false},
    {"DIVISION", 5, SP_LENS_PINHOLE, {0, 1}, {2, 3}, {NONE}, false},
    {"SIMPLE_FISHEYE", 3, SP_LENS_FISHEYE, {0, 0}, {1, 2}, {NONE}, true},
    {"FISHEYE", 4, SP_LENS_FISHEYE, {0, 1}, {2, 3}, {NONE}, true},
    {"EUCM", 6, SP_LENS_PINHOLE, {0, 1}, {2, 3}, {NONE}, false},
    {"EQUIRECTANGULAR", 2, SP_LENS_PINHOLE, {0, 1}, {0, 1}, {NONE}, false},
};
#undef NONE

static void free_images(colmap_images *images)
{
    for (size_t i = 0; i < images->count; i++)
        free(images->list[i].name);
    free(images->list);
}

int colmap_add_image(colmap_images *images, colmap_image image)
{
    if (images->count == images->room) {
        size_t room = images->room ? 2 * images->room : 64;
        colmap_image *list = realloc(images->list, room * sizeof *list);
        if (!list) {
            free(image.name);
            return sp_error(SP_ENOMEM, "out of memory for %zu images", room);
        }
        images->list = list;
        images->room = room;
    }
    image.order = images->count;
    images->list[images->count++] = image;
    return SP_OK;
}

int colmap_add_camera(colmap_cameras *cameras, const colmap_camera *camera)
{
    int n = cameras->count;
    if ((n & (n - 1)) == 0) { // room is the next power of two
        colmap_camera *list = realloc(cameras->list, (n > 0 ? 2 * (size_t)n : 1) * sizeof *list);
        if (!list)
            return sp_error(SP_ENOMEM, "out of memory for %d cameras", n + 1);
        cameras->list = list;
    }
    cameras->list[cameras->count++] = *camera;
    return SP_OK;
}

int colmap_add_point(colmap_points *p, const double xyz[3], const double rgb[3])
{
    if (p->count == p->room) {
        int64_t room = p->room ? 2 * p->room : 1024;
        double *new_xyz = realloc(p->xyz, (size_t)room * 3 * sizeof *new_xyz);
        if (new_xyz)
            p->xyz = new_xyz;
        uint8_t *new_rgb = realloc(p->rgb, (size_t)room * 3);
        if (new_rgb)
            p->rgb = new_rgb;
        if (!new_xyz || !new_rgb)
            return sp_error(SP_ENOMEM, "out of memory for %lld points", (long long)room);
        p->room = room;
    }
    for (int i = 0; i < 3; i++) {
        p->xyz[3 * p->count + i] = xyz[i];
        p->rgb[3 * p->count + i] = (uint8_t)fmin(fmax(rgb[i], 0), 255);
    }
    p->count++;
    return SP_OK;
}

// ---- To our cameras ---------------------------------------------------------------------------------------

static int convert_lens(sp_camera *out, const colmap_camera *from, const char *what)
{
    const colmap_model *model = &COLMAP_MODELS[from->model];
    const double *p = from->params;
    if (!model->is_supported)
        return sp_error(SP_ENOTSUP,
                        "%s: camera %lld has the lens model %s, which is not supported; undistort the images "
                        "or calibrate as OPENCV or OPENCV_FISHEYE",
                        what, (long long)from->number, model->name);
    if (!strcmp(model->name, "FULL_OPENCV") && (p[9] != 0 || p[10] != 0 || p[11] != 0))
        return sp_error(SP_ENOTSUP,
                        "%s: camera %lld: FULL_OPENCV with k4 k5 k6 = %g %g %g is not supported (only 0)",
                        what, (long long)from->number, p[9], p[10], p[11]);
    if (!(from->width >= 1 && from->width <= 65535 && from->height >= 1 && from->height <= 65535))
        return sp_error(SP_EINVAL, "%s: camera %lld: size %g x %g is not a picture's size", what,
                        (long long)from->number, from->width, from->height);
    out->width = (int)from->width;
    out->height = (int)from->height;
    out->fx = p[model->focal[0]];
    out->fy = p[model->focal[1]];
    out->cx = p[model->center[0]];
    out->cy = p[model->center[1]];
    bool is_straight = model->lens != SP_LENS_FISHEYE;
    for (int i = 0; i < 5; i++) {
        out->distortion[i] = model->coefficients[i] < 0 ? 0 : p[model->coefficients[i]];
        is_straight = is_straight && out->distortion[i] == 0;
    }
    out->lens = is_straight ? SP_LENS_PINHOLE : model->lens;
    return SP_OK;
}

static int compare_images(const void *a, const void *b)
{
    const colmap_image *x = a, *y = b;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static int convert(sp_rig *out, const colmap_cameras *cameras, colmap_images *images, const char *what)
{
    sp_rig rig;
    int code = rig_init(&rig, 0);
    if (code)
        return code;
    // COLMAP writes images in the order of a hash table.
    if (images->count > 1)
        qsort(images->list, images->count, sizeof *images->list, compare_images);
    for (size_t i = 0; i < images->count && !code; i++) {
        const colmap_image *image = &images->list[i];
        const colmap_camera *from = NULL;
        for (int c = 0; c < cameras->count && !from; c++)
            if (cameras->list[c].number == image->camera)
                from = &cameras->list[c];
        if (!from) {
            code = sp_error(SP_EFORMAT, "%s: image '%s' refers to camera %lld, which the cameras file lacks",
                            what, image->name, (long long)image->camera);
            break;
        }
        const double *q = image->q;
        double norm = sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]);
        if (!(fabs(norm - 1) <= 1e-2)) {
            code = sp_error(SP_EINVAL, "%s: image '%s': rotation is not a unit quaternion (length %g)", what,
                            image->name, norm);
            break;
        }
        sp_camera camera = {.residual_px = -1,
                            .rotation = sp_quat_to_m3((sp_quat){q[0], q[1], q[2], q[3]}),
                            .translation = sp_v3(image->t[0], image->t[1], image->t[2])};
        if (!(code = convert_lens(&camera, from, what)))
            code = rig_append(&rig, &camera, image->name);
    }
    if (!code && rig.count == 0)
        code = sp_error(SP_EINVAL, "%s: the model has no images", what);
    if (!code)
        code = rig_ids_from_images(&rig, what);
    if (code)
        sp_rig_free(&rig);
    else
        *out = rig;
    return code;
}

// ---- Parsers ----------------------------------------------------------------------------------------------

// Free both lists, having made a rig of them unless a reader failed with code.
static int finish(sp_rig *out, colmap_cameras *cameras, colmap_images *images, int code, const char *what)
{
    if (!code)
        code = convert(out, cameras, images, what);
    free(cameras->list);
    free_images(images);
    return code;
}

int rig_colmap_parse_text(sp_rig *out, const char *cameras_text, size_t cameras_size, const char *images_text,
                          size_t images_size, const char *what)
{
    colmap_cameras cameras = {0};
    colmap_images images = {0};
    rig_text text = {.at = cameras_text, .end = cameras_text + cameras_size};
    int code = colmap_read_cameras_text(&cameras, text, what);
    text = (rig_text){.at = images_text, .end = images_text + images_size};
    if (!code)
        code = colmap_read_images_text(&images, text, what);
    return finish(out, &cameras, &images, code, what);
}

int rig_colmap_parse_binary(sp_rig *out, const void *cameras_data, size_t cameras_size,
                            const void *images_data, size_t images_size, const char *what)
{
    colmap_cameras cameras = {0};
    colmap_images images = {0};
    int code = colmap_read_cameras_binary(&cameras, cameras_data, cameras_size, what);
    if (!code)
        code = colmap_read_images_binary(&images, images_data, images_size, what);
    return finish(out, &cameras, &images, code, what);
}

int rig_colmap_parse_points(double **xyz, uint8_t **rgb, int64_t *count, const void *data, size_t size,
                            bool is_binary, const char *what)
{
    colmap_points p = {0};
    const char *text = data;
    int code = is_binary ? colmap_read_points_binary(&p, data, size, what)
                         : colmap_read_points_text(&p, (rig_text){.at = text, .end = text + size}, what);
    if (code) {
        free(p.xyz);
        free(p.rgb);
        return code;
    }
    *xyz = p.xyz;
    *rgb = p.rgb;
    *count = p.count;
    return SP_OK;
}

// ---- Files ------------------------------------------------------------------------------------------------

static bool has_file(const char *folder, const char *name)
{
    char *path = sp_path_join(folder, name);
    bool is_there = path && sp_file_exists(path);
    free(path);
    return is_there;
}

static bool has_model(const char *folder)
{
    return (has_file(folder, "cameras.bin") && has_file(folder, "images.bin")) ||
           (has_file(folder, "cameras.txt") && has_file(folder, "images.txt"));
}

// The folder that holds the model: path itself, where COLMAP usually puts it below, or where a given file
// lies.
static char *model_folder(const char *path)
{
    static const char *const PLACES[] = {"sparse/0", "sparse", "colmap", "colmap/sparse/0", "0"};
    if (!sp_is_folder(path)) {
        const char *name = sp_path_name(path);
        char *folder = name > path ? sp_format("%.*s", (int)(name - path), path) : sp_strdup(".");
        if (folder && has_model(folder))
            return folder;
        free(folder);
        return NULL;
    }
    if (has_model(path))
        return sp_strdup(path);
    for (size_t i = 0; i < sizeof PLACES / sizeof *PLACES; i++) {
        char *folder = sp_path_join(path, PLACES[i]);
        if (folder && has_model(folder))
            return folder;
        free(folder);
    }
    return NULL;
}

static bool recognise(const char *path, const char *text)
{
    (void)text;
    char *folder = sp_is_folder(path) || !strncmp(sp_path_name(path), "cameras.", 8) ||
                           !strncmp(sp_path_name(path), "images.", 7)
                       ? model_folder(path)
                       : NULL;
    bool is_there = folder != NULL;
    free(folder);
    return is_there;
}

static int read_in(char **out, size_t *size, const char *folder, const char *name)
{
    char *path = sp_path_join(folder, name);
    int code = path ? sp_file_read(out, size, path, RIG_IMPORT_FILE_MAX) : SP_ENOMEM;
    free(path);
    return code;
}

static int load(sp_rig *out, const char *path)
{
    char *folder = model_folder(path), *cameras = NULL, *images = NULL;
    size_t cameras_size, images_size;
    if (!folder)
        return sp_error(
            SP_ENOENT,
            "%s: no COLMAP model there (cameras and images, .bin or .txt; also looked in sparse/0)", path);
    bool is_binary = has_file(folder, "cameras.bin") && has_file(folder, "images.bin");
    int code = read_in(&cameras, &cameras_size, folder, is_binary ? "cameras.bin" : "cameras.txt");
    if (!code)
        code = read_in(&images, &images_size, folder, is_binary ? "images.bin" : "images.txt");
    if (!code)
        code = is_binary ? rig_colmap_parse_binary(out, cameras, cameras_size, images, images_size, folder)
                         : rig_colmap_parse_text(out, cameras, cameras_size, images, images_size, folder);
    if (!code) {
        static const char *const PLACES[] = {"images", "../images", "../../images", "..", "../..", "", NULL};
        code = rig_find_images(out, folder, PLACES);
        if (code)
            sp_rig_free(out);
    }
    free(cameras);
    free(images);
    free(folder);
    return code;
}

int rig_colmap_load_points(double **xyz, uint8_t **rgb, int64_t *count, const char *path)
{
    char *folder = model_folder(path), *data = NULL;
    size_t size;
    if (!folder)
        return sp_error(SP_ENOENT, "%s: no COLMAP model there", path);
    bool is_binary = has_file(folder, "points3D.bin");
    int code = read_in(&data, &size, folder, is_binary ? "points3D.bin" : "points3D.txt");
    if (!code)
        code = rig_colmap_parse_points(xyz, rgb, count, data, size, is_binary, folder);
    free(data);
    free(folder);
    return code;
}

const rig_importer rig_import_colmap = {.name = "colmap", .scale = 1, .recognise = recognise, .load = load};
