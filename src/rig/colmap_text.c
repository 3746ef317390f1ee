// COLMAP's text files: cameras.txt, images.txt, points3D.txt.
#include <string.h>

#include "colmap.h"

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
    while (model < COLMAP_MODEL_COUNT && strcmp(COLMAP_MODELS[model].name, word))
        model++;
    if (model == COLMAP_MODEL_COUNT)
        return sp_error(SP_ENOTSUP, "%s: cameras.txt line %d: the lens model %s is not known", what,
                        line.line, word);
    *out = (colmap_camera){.number = (int64_t)number[0], .model = model};
    if (!numbers(size, 2, &line) || !numbers(out->params, COLMAP_MODELS[model].count, &line))
        return sp_error(SP_EFORMAT,
                        "%s: cameras.txt line %d: camera %lld needs a size and %d parameters of %s", what,
                        line.line, (long long)out->number, COLMAP_MODELS[model].count, word);
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

int colmap_read_cameras_text(colmap_cameras *out, rig_text text, const char *what)
{
    rig_text line;
    int code = SP_OK;
    while (!code && rig_text_line(&text, &line)) {
        colmap_camera camera;
        if (!is_comment(line) && !(code = parse_camera_line(&camera, line, what)))
            code = colmap_add_camera(out, &camera);
    }
    return code;
}

int colmap_read_images_text(colmap_images *out, rig_text text, const char *what)
{
    rig_text line;
    int code = SP_OK;
    while (!code && rig_text_line(&text, &line)) {
        colmap_image image;
        if (is_comment(line))
            continue;
        if (!(code = parse_image_line(&image, line, what)))
            code = colmap_add_image(out, image);
        if (!code && rig_text_line(&text, &line))
            code = check_points_line(line, what);
    }
    return code;
}

int colmap_read_points_text(colmap_points *out, rig_text text, const char *what)
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
        int code = colmap_add_point(out, v + 1, v + 4);
        if (code)
            return code;
    }
    return SP_OK;
}
