// Cameras for other programs: COLMAP's text model and nerfstudio's transforms.json.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import.h"

// Text that grows; the first failure sticks.
typedef struct writer {
    char *text;
    size_t size;
    FILE *file;
} writer;

static int begin(writer *w)
{
    *w = (writer){0};
    w->file = open_memstream(&w->text, &w->size);
    return w->file ? SP_OK : sp_error(SP_ENOMEM, "out of memory for an export");
}

static int finish(writer *w, const char *folder, const char *name)
{
    bool is_whole = fclose(w->file) == 0;
    char *path = sp_path_join(folder, name);
    int code = !is_whole ? sp_error(SP_ENOMEM, "out of memory for an export")
               : path    ? sp_file_write(path, w->text, w->size)
                         : SP_ENOMEM;
    free(path);
    free(w->text);
    return code;
}

// The picture's name without folders, when it gives the camera's id; else the id with an ending.
static char *picture_name(const sp_rig *rig, int index)
{
    const char *id = rig->cameras[index].id, *image = rig->images ? rig->images[index] : NULL;
    const char *name = image ? sp_path_name(image) : NULL;
    size_t length = strlen(id);
    if (name && !strncmp(name, id, length) && (name[length] == '.' || !name[length]))
        return sp_strdup(name);
    return sp_format("%s.png", id);
}

// ---- COLMAP -----------------------------------------------------------------------------------------------

static void write_colmap_camera(FILE *f, int number, const sp_camera *c)
{
    const double *d = c->distortion;
    bool is_full = c->lens == SP_LENS_BROWN && d[4] != 0;
    const char *model = c->lens == SP_LENS_PINHOLE   ? "PINHOLE"
                        : c->lens == SP_LENS_FISHEYE ? "OPENCV_FISHEYE"
                        : is_full                    ? "FULL_OPENCV"
                                                     : "OPENCV";
    fprintf(f, "%d %s %d %d %.17g %.17g %.17g %.17g", number, model, c->width, c->height, c->fx, c->fy, c->cx,
            c->cy);
    if (c->lens != SP_LENS_PINHOLE)
        fprintf(f, " %.17g %.17g %.17g %.17g", d[0], d[1], d[2], d[3]);
    if (is_full)
        fprintf(f, " %.17g 0 0 0", d[4]);
    fputc('\n', f);
}

int rig_export_colmap(const sp_rig *rig, const char *path)
{
    writer cameras, images, points;
    int code = sp_folder_make(path);
    if (code || (code = begin(&cameras)))
        return code;
    fputs("# CAMERA_ID, MODEL, WIDTH, HEIGHT, PARAMS[]\n", cameras.file);
    for (int i = 0; i < rig->count; i++)
        write_colmap_camera(cameras.file, i + 1, &rig->cameras[i]);
    if ((code = finish(&cameras, path, "cameras.txt")) || (code = begin(&images)))
        return code;
    fputs("# IMAGE_ID, QW, QX, QY, QZ, TX, TY, TZ, CAMERA_ID, NAME (second line of each: no 2D points)\n",
          images.file);
    for (int i = 0; i < rig->count; i++) {
        sp_quat q = sp_quat_from_m3(rig->cameras[i].rotation);
        sp_vec3 t = rig->cameras[i].translation;
        char *name = picture_name(rig, i);
        fprintf(images.file, "%d %.17g %.17g %.17g %.17g %.17g %.17g %.17g %d %s\n\n", i + 1, q.w, q.x, q.y,
                q.z, t.x, t.y, t.z, i + 1, name ? name : rig->cameras[i].id);
        free(name);
    }
    if ((code = finish(&images, path, "images.txt")) || (code = begin(&points)))
        return code;
    fputs("# POINT3D_ID, X, Y, Z, R, G, B, ERROR, TRACK[]\n", points.file);
    return finish(&points, path, "points3D.txt");
}

// ---- nerfstudio -------------------------------------------------------------------------------------------

static int write_matrix(sp_json *frame, const sp_camera *c)
{
    sp_json *matrix = sp_json_array();
    sp_vec3 center = sp_camera_center(c);
    const double position[3] = {center.x, center.y, center.z};
    int code = matrix ? SP_OK : SP_ENOMEM;
    for (int row = 0; row < 4 && !code; row++) {
        sp_json *line = sp_json_array();
        code = line ? SP_OK : SP_ENOMEM;
        for (int col = 0; col < 4 && !code; col++) {
            double value = row == 3 ? col == 3 : col == 3 ? position[row] : c->rotation.m[3 * col + row];
            // OpenGL's y and z axes point the other way.
            code = sp_json_append_number(line, row < 3 && (col == 1 || col == 2) ? -value : value);
        }
        if (!code)
            code = sp_json_append(matrix, &line);
        sp_json_free(&line);
    }
    if (!code)
        code = sp_json_set(frame, "transform_matrix", &matrix);
    sp_json_free(&matrix);
    return code;
}

static int write_frame(sp_json *frame, const sp_rig *rig, int index)
{
    static const char *const BROWN[] = {"k1", "k2", "p1", "p2", "k3"}, *const FISHEYE[] = {"k1", "k2", "k3",
                                                                                           "k4"};
    const sp_camera *c = &rig->cameras[index];
    const char *const *names = c->lens == SP_LENS_FISHEYE ? FISHEYE : BROWN;
    int code, coefficients = c->lens == SP_LENS_PINHOLE ? 0 : c->lens == SP_LENS_FISHEYE ? 4 : 5;
    char *name = picture_name(rig, index);
    if (!name)
        return SP_ENOMEM;
    code = sp_json_set_string(frame, "file_path", name);
    free(name);
    if (code ||
        (code = sp_json_set_string(frame, "camera_model",
                                   c->lens == SP_LENS_FISHEYE ? "OPENCV_FISHEYE" : "OPENCV")) ||
        (code = sp_json_set_int(frame, "w", c->width)) || (code = sp_json_set_int(frame, "h", c->height)) ||
        (code = sp_json_set_number(frame, "fl_x", c->fx)) ||
        (code = sp_json_set_number(frame, "fl_y", c->fy)) ||
        (code = sp_json_set_number(frame, "cx", c->cx)) || (code = sp_json_set_number(frame, "cy", c->cy)))
        return code;
    for (int i = 0; i < coefficients && !code; i++)
        code = sp_json_set_number(frame, names[i], c->distortion[i]);
    return code ? code : write_matrix(frame, c);
}

int rig_export_nerfstudio(const sp_rig *rig, const char *path)
{
    sp_json *document = sp_json_object(), *frames = sp_json_array();
    int code = document && frames ? SP_OK : SP_ENOMEM;
    // nerfstudio reads the model once, at the top; the frames say it too, for rigs of both kinds.
    bool is_fisheye = rig->cameras[0].lens == SP_LENS_FISHEYE;
    if (!code)
        code = sp_json_set_string(document, "camera_model", is_fisheye ? "OPENCV_FISHEYE" : "OPENCV");
    for (int i = 0; i < rig->count && !code; i++) {
        sp_json *frame = sp_json_object();
        code = frame ? write_frame(frame, rig, i) : SP_ENOMEM;
        if (!code)
            code = sp_json_append(frames, &frame);
        sp_json_free(&frame);
    }
    if (!code)
        code = sp_json_set(document, "frames", &frames);
    if (!code)
        code = sp_json_save(document, path);
    sp_json_free(&frames);
    sp_json_free(&document);
    return code;
}
