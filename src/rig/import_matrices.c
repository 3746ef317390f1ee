// Projection matrices, as data sets of multi-view stereo come: a folder with NAME_P.txt or NAME.P beside the
// picture NAME.jpg or NAME.png, twelve numbers row by row that take the world to pixels, whose (0, 0) is the
// picture's corner; the word CONTOUR may stand before them, as PMVS writes it. Each is taken apart into K [R
// | t] (Hartley & Zisserman, "Multiple View Geometry", 2nd ed., 6.2.4), by orthonormalising its rows from
// below.
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include <stillpoint/image.h>

#include "import.h"

// Skew, as a share of the focal length: below the first it is rounding; above the second no lens model here
// is near.
#define SKEW_WORTH_SAYING 1e-3
#define SKEW_MOST 0.01

static sp_vec3 row_of(const double *p)
{
    return sp_v3(p[0], p[1], p[2]);
}

int rig_matrix_split(sp_camera *camera, const double matrix[12], const char *what)
{
    double p[12];
    sp_vec3 m1 = row_of(matrix), m2 = row_of(matrix + 4), m3 = row_of(matrix + 8);
    double sizes = sp_v3_norm(m1) * sp_v3_norm(m2) * sp_v3_norm(m3);
    double volume = sp_v3_dot(sp_v3_cross(m1, m2), m3);
    // The matrix is known up to its scale and sign.
    if (!isfinite(sizes) || !(fabs(volume) > 1e-9 * sizes) || !(sizes > 1e-200))
        return sp_error(SP_EINVAL, "%s: no camera projects like this matrix (its left 3x3 part is singular)",
                        what);
    for (int k = 0; k < 12; k++)
        p[k] = volume < 0 ? -matrix[k] : matrix[k];
    m1 = row_of(p), m2 = row_of(p + 4), m3 = row_of(p + 8);
    double k33 = sp_v3_norm(m3);
    sp_vec3 r3 = sp_v3_scale(m3, 1 / k33);
    double k23 = sp_v3_dot(m2, r3);
    sp_vec3 rest = sp_v3_sub(m2, sp_v3_scale(r3, k23));
    double k22 = sp_v3_norm(rest);
    sp_vec3 r2 = sp_v3_scale(rest, 1 / k22);
    double k13 = sp_v3_dot(m1, r3), k12 = sp_v3_dot(m1, r2);
    rest = sp_v3_sub(sp_v3_sub(m1, sp_v3_scale(r3, k13)), sp_v3_scale(r2, k12));
    double k11 = sp_v3_norm(rest), skew = k12 / k11;
    sp_vec3 r1 = sp_v3_scale(rest, 1 / k11);
    if (!(fabs(skew) <= SKEW_MOST))
        return sp_error(SP_ENOTSUP, "%s: its skew is %.3g of the focal length, which no lens model here has",
                        what, skew);
    if (fabs(skew) > SKEW_WORTH_SAYING)
        sp_log(SP_LOG_WARN, "%s: a skew of %.2g of the focal length is left out", what, skew);
    double t3 = p[11] / k33, t2 = (p[7] - k23 * t3) / k22, t1 = (p[3] - k12 * t2 - k13 * t3) / k11;
    camera->lens = SP_LENS_PINHOLE;
    camera->fx = k11 / k33;
    camera->fy = k22 / k33;
    camera->cx = k13 / k33;
    camera->cy = k23 / k33;
    camera->rotation = (sp_mat3){{r1.x, r1.y, r1.z, r2.x, r2.y, r2.z, r3.x, r3.y, r3.z}};
    camera->translation = sp_v3(t1, t2, t3);
    return rig_clean_rotation(&camera->rotation, camera->id, what);
}

int rig_matrix_parse(sp_camera *camera, const char *text, size_t size, const char *what)
{
    rig_text all = {.at = text, .end = text + size}, line;
    double matrix[12];
    int count = 0;
    while (rig_text_line(&all, &line)) {
        char word[64];
        while (rig_text_word(&line, word, sizeof word)) {
            double value;
            if (count == 0 && !strcmp(word, "CONTOUR"))
                continue;
            if (!rig_text_number(&value, word))
                return sp_error(SP_EFORMAT, "%s: line %d: '%s' is not a finite number", what, line.line,
                                word);
            if (count < 12)
                matrix[count] = value;
            count++;
        }
        if (line.at < line.end)
            return sp_error(SP_EFORMAT, "%s: line %d: a word of more than 63 letters, not a number", what,
                            line.line);
    }
    if (count != 12)
        return sp_error(SP_EFORMAT, "%s: a projection matrix has 12 numbers, but %d are here", what, count);
    return rig_matrix_split(camera, matrix, what);
}

// ---- The folder

// The length of the camera's name, 0 when the file is none of ours.
static size_t name_length(const char *file)
{
    size_t length = strlen(file);
    if (!fnmatch("?*_P.txt", file, FNM_PERIOD))
        return length - strlen("_P.txt");
    return !fnmatch("?*.P", file, FNM_PERIOD) ? length - strlen(".P") : 0;
}

static bool recognise(const char *path, const char *text)
{
    char **names;
    int count;
    bool is_it = false;
    if (text || !sp_is_folder(path) || sp_folder_list(&names, &count, path) < 0)
        return false;
    for (int i = 0; i < count && !is_it; i++)
        is_it = name_length(names[i]) > 0;
    sp_names_free(&names, count);
    return is_it;
}

// The matrix says nothing about the picture's size; the picture does.
static int find_picture(char **out, sp_camera *camera, const char *folder, const char *name)
{
    static const char *const ENDINGS[] = {"jpg", "png", "jpeg", "JPG", "PNG"};
    for (size_t i = 0; i < sizeof ENDINGS / sizeof *ENDINGS; i++) {
        char *path = sp_format("%s/%s.%s", folder, name, ENDINGS[i]);
        if (!path)
            return SP_ENOMEM;
        if (sp_file_exists(path)) {
            *out = path;
            return sp_image_probe(&camera->width, &camera->height, path);
        }
        free(path);
    }
    return sp_error(SP_ENOENT, "%s: camera '%s' has a matrix but no picture %s.jpg or %s.png beside it",
                    folder, camera->id, name, name);
}

static int add_camera(sp_rig *rig, const char *folder, const char *file)
{
    sp_camera camera = {.residual_px = -1};
    char *path = sp_path_join(folder, file), *picture = NULL, *text = NULL;
    char *name = sp_format("%.*s", (int)name_length(file), file);
    size_t size = 0;
    int code = path && name ? rig_set_id(&camera, name, strlen(name), folder) : SP_ENOMEM;
    if (!code)
        code = sp_file_read(&text, &size, path, RIG_IMPORT_FILE_MAX);
    if (!code)
        code = rig_matrix_parse(&camera, text, size, path);
    if (!code)
        code = find_picture(&picture, &camera, folder, name);
    if (!code)
        code = rig_append(rig, &camera, picture);
    free(text);
    free(picture);
    free(name);
    free(path);
    return code;
}

static int load(sp_rig *out, const char *path)
{
    char **names;
    int count;
    if (!sp_is_folder(path))
        return sp_error(SP_EINVAL, "%s: name the folder of the matrices (NAME_P.txt beside NAME.jpg)", path);
    int code = sp_folder_list(&names, &count, path);
    if (code)
        return code;
    sp_rig rig;
    code = rig_init(&rig, 0);
    for (int i = 0; i < count && !code; i++)
        if (name_length(names[i]))
            code = add_camera(&rig, path, names[i]);
    sp_names_free(&names, count);
    if (!code && !rig.count)
        code =
            sp_error(SP_ENOENT, "%s: no projection matrices there (looked for NAME_P.txt and NAME.P)", path);
    if (code)
        sp_rig_free(&rig);
    else
        *out = rig;
    return code;
}

const rig_importer rig_import_matrices = {
    .name = "matrices",
    .scale = 1,
    .recognise = recognise,
    .load = load,
};
