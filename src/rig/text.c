// Small readers that the importers share: lines and words, and typed fields of documents.
#include <stdlib.h>
#include <string.h>

#include "import.h"

bool rig_text_line(rig_text *text, rig_text *line)
{
    if (text->at >= text->end)
        return false;
    const char *newline = memchr(text->at, '\n', (size_t)(text->end - text->at));
    const char *stop = newline ? newline : text->end;
    *line = (rig_text){.at = text->at, .end = stop > text->at && stop[-1] == '\r' ? stop - 1 : stop};
    line->line = ++text->line;
    text->at = newline ? newline + 1 : text->end;
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

bool rig_text_word(rig_text *line, char *word, size_t size)
{
    while (line->at < line->end && is_blank(*line->at))
        line->at++;
    const char *begin = line->at;
    while (line->at < line->end && !is_blank(*line->at))
        line->at++;
    size_t length = (size_t)(line->at - begin);
    if (length == 0 || length >= size)
        return false;
    memcpy(word, begin, length);
    word[length] = 0;
    return true;
}

bool rig_text_number(double *out, const char *word)
{
    char *end;
    double value = strtod(word, &end);
    if (end == word || *end || !isfinite(value))
        return false;
    *out = value;
    return true;
}

static bool flatten(double *out, int max, int *count, const sp_json *value, int depth)
{
    if (sp_json_is_number(value)) {
        if (*count >= max || !isfinite(sp_json_value(value)))
            return false;
        out[(*count)++] = sp_json_value(value);
        return true;
    }
    if (!sp_json_is_array(value) || depth > 4)
        return false;
    for (int i = 0; i < sp_json_length(value); i++)
        if (!flatten(out, max, count, sp_json_at(value, i), depth + 1))
            return false;
    return true;
}

int rig_read_numbers(double *out, int max, int *count, const sp_json *object, const char *key,
                     const char *what)
{
    const sp_json *value = sp_json_get(object, key);
    if (!value)
        return sp_error(SP_EFORMAT, "%s: field '%s' is missing", what, key);
    int n = 0;
    if (!flatten(out, max, &n, value, 0))
        return sp_error(SP_EFORMAT, "%s: field '%s' has to hold at most %d finite numbers", what, key, max);
    *count = n;
    return SP_OK;
}

int rig_read_size(sp_camera *camera, const sp_json *object, const char *key, const char *what)
{
    double size[2];
    int code = sp_json_numbers(size, 2, object, key, what);
    if (code)
        return code;
    for (int i = 0; i < 2; i++)
        if (!(size[i] >= 1 && size[i] <= 65535) || size[i] != floor(size[i]))
            return sp_error(SP_EINVAL, "%s: field '%s' is [%g, %g], not a picture's size (whole, 1 to 65535)",
                            what, key, size[0], size[1]);
    camera->width = (int)size[0];
    camera->height = (int)size[1];
    return SP_OK;
}

int rig_read_pose(sp_camera *camera, const sp_json *object, const char *rotation, const char *translation,
                  const char *what)
{
    double r[9], t[3];
    int count, code = rig_read_numbers(r, 9, &count, object, rotation, what);
    if (code)
        return code;
    if (count == 3)
        camera->rotation = sp_rodrigues_to_m3(sp_v3(r[0], r[1], r[2]));
    else if (count == 9)
        memcpy(camera->rotation.m, r, sizeof r);
    else
        return sp_error(SP_EFORMAT,
                        "%s: field '%s' has to hold 3 numbers (Rodrigues) or 9 (rows), but holds %d", what,
                        rotation, count);
    if ((code = rig_clean_rotation(&camera->rotation, camera->id, what)) ||
        (code = sp_json_numbers(t, 3, object, translation, what)))
        return code;
    camera->translation = sp_v3(t[0], t[1], t[2]);
    return SP_OK;
}
