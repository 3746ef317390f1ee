// Qualisys Track Manager's calibration (XML). Intrinsics are in 1/64 pixel with the first pixel's centre at
// (0, 0) (sensorMax is the last pixel's index times 64), positions in millimetres, the rotation's rows point
// along the camera's x, -y and -z: x_cam = diag(1, -1, -1) M (X - C).
#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import.h"

typedef struct reader {
    XML_Parser parser;
    sp_rig *rig;
    const char *what;
    int code;
    int number; // of the camera being read, from 1
    bool is_in_camera, is_active, has_view, has_transform, has_intrinsic;
    char id[128];
    double view[4]; // left, top, right, bottom of the video picture on the sensor, pixels, inclusive
    double center[3], rows[9];
    double focal[2], principal[2], sensor[4], coefficients[5], skew, turn;
} reader;

static const char *attribute(const char **attributes, const char *name)
{
    for (int i = 0; attributes[i]; i += 2)
        if (!strcmp(attributes[i], name))
            return attributes[i + 1];
    return NULL;
}

static void stop(reader *r, int code)
{
    r->code = code;
    XML_StopParser(r->parser, XML_FALSE);
}

static bool number(reader *r, double *out, const char **attributes, const char *element, const char *name,
                   bool is_needed)
{
    const char *text = attribute(attributes, name);
    if (r->code)
        return false;
    if (!text && !is_needed)
        return true;
    double value;
    if (!text || !rig_text_number(&value, text)) {
        stop(r, sp_error(SP_EFORMAT, "%s: camera '%s': <%s> has %s '%s'", r->what, r->id, element,
                         text ? "no finite number in" : "no attribute", name));
        return false;
    }
    *out = value;
    return true;
}

static void numbers(reader *r, double *out, int count, const char **attributes, const char *element,
                    const char *const *names, bool is_needed)
{
    for (int i = 0; i < count; i++)
        number(r, &out[i], attributes, element, names[i], is_needed);
}

static void begin_camera(reader *r, const char **attributes)
{
    const char *serial = attribute(attributes, "serial"), *active = attribute(attributes, "active");
    r->number++;
    r->is_in_camera = true;
    r->is_active = !active || strcmp(active, "0");
    r->has_view = r->has_transform = r->has_intrinsic = false;
    if (serial && *serial)
        snprintf(r->id, sizeof r->id, "%s", serial);
    else
        snprintf(r->id, sizeof r->id, "cam%02d", r->number);
    memset(r->coefficients, 0, sizeof r->coefficients);
    r->skew = r->turn = 0;
    number(r, &r->turn, attributes, "camera", "viewrotation", false);
}

static void XMLCALL begin_element(void *user, const char *name, const char **attributes)
{
    static const char *const VIEW[] = {"left", "top", "right", "bottom"};
    static const char *const CENTER[] = {"x", "y", "z"};
    static const char *const ROWS[] = {"r11", "r12", "r13", "r21", "r22", "r23", "r31", "r32", "r33"};
    static const char *const FOCAL[] = {"focalLengthU", "focalLengthV"};
    static const char *const PRINCIPAL[] = {"centerPointU", "centerPointV"};
    static const char *const SENSOR[] = {"sensorMinU", "sensorMinV", "sensorMaxU", "sensorMaxV"};
    static const char *const COEFFICIENTS[] = {"radialDistortion1", "radialDistortion2",
                                               "tangentalDistortion1", "tangentalDistortion2",
                                               "radialDistortion3"};
    reader *r = user;
    if (r->code)
        return;
    if (!strcmp(name, "camera")) {
        begin_camera(r, attributes);
    } else if (r->is_in_camera && !strcmp(name, "fov_video")) {
        numbers(r, r->view, 4, attributes, name, VIEW, true);
        r->has_view = true;
    } else if (r->is_in_camera && !strcmp(name, "transform")) {
        numbers(r, r->center, 3, attributes, name, CENTER, true);
        numbers(r, r->rows, 9, attributes, name, ROWS, true);
        r->has_transform = true;
    } else if (r->is_in_camera && !strcmp(name, "intrinsic")) {
        memset(r->sensor, 0, sizeof r->sensor);
        numbers(r, r->focal, 2, attributes, name, FOCAL, true);
        numbers(r, r->principal, 2, attributes, name, PRINCIPAL, true);
        numbers(r, r->sensor, 4, attributes, name, SENSOR, false);
        numbers(r, r->coefficients, 5, attributes, name, COEFFICIENTS, false);
        number(r, &r->skew, attributes, name, "skew", false);
        r->has_intrinsic = true;
    }
}

static int finish_camera(reader *r)
{
    char *what = sp_format("%s: camera '%s'", r->what, r->id);
    sp_camera camera = {.residual_px = -1}; // the file's residual is in millimetres
    if (!what)
        return SP_ENOMEM;
    int code = rig_set_id(&camera, r->id, strlen(r->id), r->what);
    if (code || !r->is_active || !r->has_transform || !r->has_intrinsic) {
        if (!code)
            sp_log(SP_LOG_WARN, "%s is left out: it is %s", what,
                   r->is_active ? "not calibrated" : "not active");
        free(what);
        return code;
    }
    double view[4];
    for (int i = 0; i < 4; i++)
        view[i] = r->has_view ? r->view[i] : r->sensor[i] / 64;
    double width = view[2] - view[0] + 1, height = view[3] - view[1] + 1;
    const double matrix[9] = {r->focal[0] / 64,
                              r->skew / 64,
                              r->principal[0] / 64 - view[0],
                              0,
                              r->focal[1] / 64,
                              r->principal[1] / 64 - view[1],
                              0,
                              0,
                              1};
    if (!(width >= 1 && width <= 65535 && height >= 1 && height <= 65535) || width != floor(width) ||
        height != floor(height))
        code = sp_error(SP_EINVAL, "%s: <fov_video> gives the size %g x %g, not a picture's", what, width,
                        height);
    if (!code)
        code = rig_set_opencv_lens(&camera, matrix, r->coefficients, 5, false, what);
    for (int i = 0; i < 9; i++)
        camera.rotation.m[i] = i < 3 ? r->rows[i] : -r->rows[i];
    if (!code)
        code = rig_clean_rotation(&camera.rotation, camera.id, r->what);
    if (!code) {
        camera.width = (int)width;
        camera.height = (int)height;
        camera.translation =
            sp_v3_scale(sp_m3_apply(camera.rotation, sp_v3(r->center[0], r->center[1], r->center[2])), -1);
        if (r->turn != 0)
            sp_log(SP_LOG_WARN, "%s: viewrotation %g is taken as a turn for display only", what, r->turn);
        code = rig_append(r->rig, &camera, NULL);
    }
    free(what);
    return code;
}

static void XMLCALL end_element(void *user, const char *name)
{
    reader *r = user;
    if (r->code || strcmp(name, "camera"))
        return;
    r->is_in_camera = false;
    int code = finish_camera(r);
    if (code)
        stop(r, code);
}

// Expat knows US-ASCII and Latin-1 but neither 'ASCII' nor Windows' names. What matters here is ASCII, and
// these agree on it; other bytes are read as Latin-1.
static int XMLCALL unknown_encoding(void *user, const char *name, XML_Encoding *encoding)
{
    (void)user;
    bool is_single_byte = !strncasecmp(name, "ascii", 5) || !strncasecmp(name, "windows-125", 11) ||
                          !strncasecmp(name, "cp125", 5);
    for (int i = 0; i < 256; i++)
        encoding->map[i] = i;
    encoding->data = NULL;
    encoding->convert = NULL;
    encoding->release = NULL;
    return is_single_byte ? XML_STATUS_OK : XML_STATUS_ERROR;
}

int rig_qualisys_parse(sp_rig *out, const char *text, size_t size, const char *what)
{
    sp_rig rig;
    int code = rig_init(&rig, 0);
    if (code)
        return code;
    reader r = {.parser = XML_ParserCreate(NULL), .rig = &rig, .what = what};
    if (!r.parser) {
        sp_rig_free(&rig);
        return sp_error(SP_ENOMEM, "out of memory for %s", what);
    }
    XML_SetUserData(r.parser, &r);
    XML_SetUnknownEncodingHandler(r.parser, unknown_encoding, NULL);
    XML_SetElementHandler(r.parser, begin_element, end_element);
    // The parser counts in int: long texts go in pieces.
    for (size_t at = 0; at <= size && !r.code;) {
        size_t piece = size - at < (1 << 20) ? size - at : 1 << 20;
        bool is_last = at + piece == size;
        if (XML_Parse(r.parser, text + at, (int)piece, is_last) != XML_STATUS_OK && !r.code)
            r.code = sp_error(SP_EFORMAT, "%s: line %lu: %s", what,
                              (unsigned long)XML_GetCurrentLineNumber(r.parser),
                              XML_ErrorString(XML_GetErrorCode(r.parser)));
        if (is_last)
            break;
        at += piece;
    }
    XML_ParserFree(r.parser);
    if (!r.code && rig.count == 0)
        r.code = sp_error(SP_EFORMAT, "%s: no calibrated <camera> in it", what);
    if (r.code)
        sp_rig_free(&rig);
    else
        *out = rig;
    return r.code;
}

static bool recognise(const char *path, const char *text)
{
    (void)path;
    return text && strstr(text, "<calibration") && strstr(text, "<camera");
}

static int load(sp_rig *out, const char *path)
{
    char *text;
    size_t size;
    int code = sp_file_read(&text, &size, path, RIG_IMPORT_FILE_MAX);
    if (code)
        return code;
    code = rig_qualisys_parse(out, text, size, path);
    free(text);
    const char *name = sp_path_name(path);
    char *folder = name > path ? sp_format("%.*s", (int)(name - path), path) : sp_strdup(".");
    if (!code) {
        static const char *const PLACES[] = {"", "../videos", NULL}; // beside the file, and Pose2Sim's place
        code = folder ? rig_find_feeds(out, folder, PLACES) : SP_ENOMEM;
        if (code)
            sp_rig_free(out);
    }
    free(folder);
    return code;
}

const rig_importer rig_import_qualisys = {
    .name = "qualisys",
    .scale = 0.001,
    .patterns = "*.qca.txt|*.qca.xml|*.qca|*.xml",
    .recognise = recognise,
    .load = load,
};
