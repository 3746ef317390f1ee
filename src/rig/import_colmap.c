// COLMAP models, text and binary (little-endian): cameras, images, points3D. Layout as in COLMAP's format
// documentation; rigs and frames files are not needed, because images carry complete poses.
#include <stdlib.h>
#include <string.h>

#include "import.h"

// COLMAP's lens models by number, and where our parameters stand in theirs (-1: none).
typedef struct colmap_model {
    const char *name;
    int count; // parameters
    sp_lens lens;
    signed char focal[2], center[2], coefficients[5];
    bool is_supported;
} colmap_model;

#define NONE -1, -1, -1, -1, -1
static const colmap_model MODELS[] = {
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
enum { MODEL_COUNT = sizeof MODELS / sizeof *MODELS, PARAMS_MAX = 16 };

typedef struct colmap_camera {
    int64_t number;
    int model;
    double width, height, params[PARAMS_MAX];
} colmap_camera;

typedef struct colmap_cameras {
    colmap_camera *list;
    int count;
} colmap_cameras;

typedef struct colmap_image {
    int64_t number, camera;
    double q[4], t[3];
    char *name;
    size_t order;
} colmap_image;

typedef struct colmap_images {
    colmap_image *list;
    size_t count, room;
} colmap_images;

static void free_images(colmap_images *images)
{
    for (size_t i = 0; i < images->count; i++)
        free(images->list[i].name);
    free(images->list);
}

// Takes name over.
static int add_image(colmap_images *images, colmap_image image)
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

static int add_camera(colmap_cameras *cameras, const colmap_camera *camera)
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

// ---- To our cameras ---------------------------------------------------------------------------------------

static int convert_lens(sp_camera *out, const colmap_camera *from, const char *what)
{
    const colmap_model *model = &MODELS[from->model];
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

// ---- Text -------------------------------------------------------------------------------------------------

static bool numbers(double *out, int count, rig_text *line)
{
    char word[64];
    for (int i = 0; i < count; i++)
        if (!rig_text_word(line, word, sizeof word) || !rig_text_number(&out[i], word))
            return false;
    return true;
}

static bool is_comment(rig_text line)
{
    const char *at = line.at;
    while (at < line.end && (*at == ' ' || *at == '\t'))
        at++;
    return at == line.end || *at == '#';
}

static int parse_camera_line(colmap_camera *out, rig_text line, const char *what)
{
    char word[64];
    double number[1], size[2];
    if (!numbers(number, 1, &line) || !rig_text_word(&line, word, sizeof word))
        return sp_error(SP_EFORMAT, "%s: cameras.txt line %d: expected CAMERA_ID MODEL WIDTH HEIGHT PARAMS",
                        what, line.line);
    int model = 0;
    while (model < MODEL_COUNT && strcmp(MODELS[model].name, word))
        model++;
    if (model == MODEL_COUNT)
        return sp_error(SP_ENOTSUP, "%s: cameras.txt line %d: the lens model %s is not known", what,
                        line.line, word);
    *out = (colmap_camera){.number = (int64_t)number[0], .model = model};
    if (!numbers(size, 2, &line) || !numbers(out->params, MODELS[model].count, &line))
        return sp_error(SP_EFORMAT,
                        "%s: cameras.txt line %d: camera %lld needs a size and %d parameters of %s", what,
                        line.line, (long long)out->number, MODELS[model].count, word);
    out->width = size[0];
    out->height = size[1];
    return SP_OK;
}

static int parse_image_line(colmap_image *out, rig_text line, const char *what)
{
    double v[9];
    if (!numbers(v, 9, &line))
        return sp_error(SP_EFORMAT,
                        "%s: images.txt line %d: expected IMAGE_ID QW QX QY QZ TX TY TZ CAMERA_ID NAME", what,
                        line.line);
    // The name is the rest of the line: it may hold blanks.
    while (line.at < line.end && (*line.at == ' ' || *line.at == '\t'))
        line.at++;
    while (line.end > line.at && (line.end[-1] == ' ' || line.end[-1] == '\t'))
        line.end--;
    if (line.at == line.end)
        return sp_error(SP_EFORMAT, "%s: images.txt line %d: the image has no name", what, line.line);
    *out = (colmap_image){.number = (int64_t)v[0], .camera = (int64_t)v[8]};
    memcpy(out->q, v + 1, sizeof out->q);
    memcpy(out->t, v + 5, sizeof out->t);
    out->name = sp_format("%.*s", (int)(line.end - line.at), line.at);
    return out->name ? SP_OK : SP_ENOMEM;
}

// The second line of an image holds X Y POINT3D_ID triples, or nothing. A file that lacks these lines would
// lose every other camera in silence: what is not triples is refused.
static int check_points_line(rig_text line, const char *what)
{
    char word[256];
    int words = 0;
    while (rig_text_word(&line, word, sizeof word))
        words++;
    if (words % 3)
        return sp_error(
            SP_EFORMAT,
            "%s: images.txt line %d: expected the 2D points (X Y POINT3D_ID ...) of the image above, or an "
            "empty line",
            what, line.line);
    return SP_OK;
}

int rig_colmap_parse_text(sp_rig *out, const char *cameras_text, size_t cameras_size, const char *images_text,
                          size_t images_size, const char *what)
{
    colmap_cameras cameras = {0};
    colmap_images images = {0};
    rig_text text = {.at = cameras_text, .end = cameras_text + cameras_size}, line;
    int code = SP_OK;
    while (!code && rig_text_line(&text, &line)) {
        colmap_camera camera;
        if (!is_comment(line) && !(code = parse_camera_line(&camera, line, what)))
            code = add_camera(&cameras, &camera);
    }
    text = (rig_text){.at = images_text, .end = images_text + images_size};
    while (!code && rig_text_line(&text, &line)) {
        colmap_image image;
        if (is_comment(line))
            continue;
        if (!(code = parse_image_line(&image, line, what)))
            code = add_image(&images, image);
        if (!code && rig_text_line(&text, &line))
            code = check_points_line(line, what);
    }
    if (!code)
        code = convert(out, &cameras, &images, what);
    free(cameras.list);
    free_images(&images);
    return code;
}

// ---- Binary -----------------------------------------------------------------------------------------------

typedef struct bytes {
    const unsigned char *at, *end;
    bool is_short; // read past the end
} bytes;

static uint64_t read_u(bytes *b, int size)
{
    if (b->end - b->at < size) {
        b->is_short = true;
        b->at = b->end;
        return 0;
    }
    uint64_t value = 0;
    for (int i = size - 1; i >= 0; i--)
        value = value << 8 | b->at[i];
    b->at += size;
    return value;
}

static double read_f64(bytes *b)
{
    uint64_t bits = read_u(b, 8);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static bool skip(bytes *b, uint64_t count, uint64_t size)
{
    uint64_t left = (uint64_t)(b->end - b->at);
    if (size > 0 && count > left / size) {
        b->is_short = true;
        return false;
    }
    b->at += count * size;
    return true;
}

static int too_short(const char *what, const char *file)
{
    return sp_error(SP_EFORMAT, "%s: %s ends too early", what, file);
}

static int read_cameras(colmap_cameras *out, bytes b, const char *what)
{
    uint64_t count = read_u(&b, 8);
    for (uint64_t i = 0; i < count; i++) {
        colmap_camera camera = {0};
        camera.number = (int64_t)read_u(&b, 4);
        uint64_t model = read_u(&b, 4);
        camera.width = (double)read_u(&b, 8);
        camera.height = (double)read_u(&b, 8);
        if (b.is_short)
            break;
        if (model >= MODEL_COUNT)
            return sp_error(SP_ENOTSUP, "%s: cameras.bin: camera %lld has the unknown lens model number %lld",
                            what, (long long)camera.number, (long long)(int32_t)(uint32_t)model);
        camera.model = (int)model;
        for (int p = 0; p < MODELS[model].count; p++)
            camera.params[p] = read_f64(&b);
        if (b.is_short)
            break;
        int code = add_camera(out, &camera);
        if (code)
            return code;
    }
    return b.is_short ? too_short(what, "cameras.bin") : SP_OK;
}

static int read_images(colmap_images *out, bytes b, const char *what)
{
    uint64_t count = read_u(&b, 8);
    for (uint64_t i = 0; i < count; i++) {
        colmap_image image = {.number = (int64_t)read_u(&b, 4)};
        for (int k = 0; k < 4; k++)
            image.q[k] = read_f64(&b);
        for (int k = 0; k < 3; k++)
            image.t[k] = read_f64(&b);
        image.camera = (int64_t)read_u(&b, 4);
        const unsigned char *zero = b.at < b.end ? memchr(b.at, 0, (size_t)(b.end - b.at)) : NULL;
        if (b.is_short || !zero)
            return too_short(what, "images.bin");
        if (zero == b.at)
            return sp_error(SP_EFORMAT, "%s: images.bin: image %lld has no name", what,
                            (long long)image.number);
        const char *name = (const char *)b.at;
        b.at = zero + 1;
        if (!skip(&b, read_u(&b, 8), 24))
            return too_short(what, "images.bin");
        if (!(image.name = sp_strdup(name)))
            return SP_ENOMEM;
        int code = add_image(out, image);
        if (code)
            return code;
    }
    return b.is_short ? too_short(what, "images.bin") : SP_OK;
}

int rig_colmap_parse_binary(sp_rig *out, const void *cameras_data, size_t cameras_size,
                            const void *images_data, size_t images_size, const char *what)
{
    colmap_cameras cameras = {0};
    colmap_images images = {0};
    const unsigned char *c = cameras_data, *i = images_data;
    int code = read_cameras(&cameras, (bytes){.at = c, .end = c + cameras_size}, what);
    if (!code)
        code = read_images(&images, (bytes){.at = i, .end = i + images_size}, what);
    if (!code)
        code = convert(out, &cameras, &images, what);
    free(cameras.list);
    free_images(&images);
    return code;
}

// ---- Points -----------------------------------------------------------------------------------------------

typedef struct points {
    double *xyz;
    uint8_t *rgb;
    int64_t count, room;
} points;

static int add_point(points *p, const double xyz[3], const double rgb[3])
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

static int read_points_text(points *out, rig_text text, const char *what)
{
    rig_text line;
    while (rig_text_line(&text, &line)) {
        double v[7];
        if (is_comment(line))
            continue;
        if (!numbers(v, 7, &line))
            return sp_error(SP_EFORMAT,
                            "%s: points3D.txt line %d: expected POINT3D_ID X Y Z R G B ERROR TRACK", what,
                            line.line);
        int code = add_point(out, v + 1, v + 4);
        if (code)
            return code;
    }
    return SP_OK;
}

static int read_points_binary(points *out, bytes b, const char *what)
{
    uint64_t count = read_u(&b, 8);
    for (uint64_t i = 0; i < count; i++) {
        double xyz[3], rgb[3];
        read_u(&b, 8);
        for (int k = 0; k < 3; k++)
            xyz[k] = read_f64(&b);
        for (int k = 0; k < 3; k++)
            rgb[k] = (double)read_u(&b, 1);
        read_f64(&b);
        if (!skip(&b, read_u(&b, 8), 8) || b.is_short)
            return too_short(what, "points3D.bin");
        if (!isfinite(xyz[0]) || !isfinite(xyz[1]) || !isfinite(xyz[2]))
            return sp_error(SP_EFORMAT, "%s: points3D.bin: point %llu is not finite", what,
                            (unsigned long long)i + 1);
        int code = add_point(out, xyz, rgb);
        if (code)
            return code;
    }
    return b.is_short ? too_short(what, "points3D.bin") : SP_OK;
}

int rig_colmap_parse_points(double **xyz, uint8_t **rgb, int64_t *count, const void *data, size_t size,
                            bool is_binary, const char *what)
{
    points p = {0};
    const char *text = data;
    const unsigned char *raw = data;
    int code = is_binary ? read_points_binary(&p, (bytes){.at = raw, .end = raw + size}, what)
                         : read_points_text(&p, (rig_text){.at = text, .end = text + size}, what);
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
