// Foreign formats: the table, recognising, turning the world.
#include <fnmatch.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import.h"

// Recognising goes in this order; the last TOML row takes what the ones before leave.
static const rig_importer *const IMPORTERS[] = {
    &rig_import_colmap,    &rig_import_nerfstudio, &rig_import_qualisys,
    &rig_import_caliscope, &rig_import_freemocap,  &rig_import_pose2sim,
    &rig_import_matrices,  &rig_import_opencv,     &rig_import_stillpoint,
};
enum { IMPORTER_COUNT = sizeof IMPORTERS / sizeof *IMPORTERS };

#define HEAD_SIZE ((size_t)64 << 10)

sp_import_params sp_import_params_default(void)
{
    return (sp_import_params){0};
}

const char *const *sp_rig_import_formats(void)
{
    static const char *const NAMES[] = {"colmap",    "nerfstudio", "opencv",   "pose2sim",   "caliscope",
                                        "freemocap", "qualisys",   "matrices", "stillpoint", NULL};
    return NAMES;
}

// ---- Our own files ----------------------------------------------------------------------------------------

static bool recognise_stillpoint(const char *path, const char *text)
{
    (void)path;
    return text && strstr(text, "stillpoint-rig");
}

const rig_importer rig_import_stillpoint = {
    .name = "stillpoint",
    .scale = 1,
    .patterns = "rig.json",
    .recognise = recognise_stillpoint,
    .load = sp_rig_load,
};

// ---- Finding the file -------------------------------------------------------------------------------------

// The one file in the folder that fits the best pattern. *out is the caller's; NULL when none fits.
static int find_file(char **out, const char *folder, const rig_importer *importer)
{
    char **names, pattern[64];
    int count, code = sp_folder_list(&names, &count, folder);
    if (code)
        return code;
    *out = NULL;
    for (const char *at = importer->patterns; *at && !*out && !code;) {
        size_t length = strcspn(at, "|");
        snprintf(pattern, sizeof pattern, "%.*s", (int)length, at);
        at += length + (at[length] == '|');
        const char *found = NULL;
        for (int i = 0; i < count && !code; i++) {
            if (fnmatch(pattern, names[i], 0))
                continue;
            if (found)
                code =
                    sp_error(SP_EINVAL, "%s: both '%s' and '%s' could be the %s calibration; name the file",
                             folder, found, names[i], importer->name);
            found = names[i];
        }
        if (found && !code && !(*out = sp_path_join(folder, found)))
            code = SP_ENOMEM;
    }
    sp_names_free(&names, count);
    return code;
}

// The first part of a file, to recognise it by; NULL for folders and what cannot be read. Free with free().
static char *head_of(const char *path)
{
    FILE *file = sp_is_folder(path) ? NULL : fopen(path, "rb");
    char *text = file ? sp_calloc(HEAD_SIZE + 1, 1) : NULL;
    size_t size = text ? fread(text, 1, HEAD_SIZE, file) : 0;
    for (size_t i = 0; i < size; i++)
        if (!text[i])
            text[i] = ' ';
    if (file)
        fclose(file);
    return text;
}

static bool recognised(const rig_importer *importer, const char *path)
{
    char *text = head_of(path);
    bool is_it = importer->recognise(path, text);
    free(text);
    return is_it;
}

// Which importer takes path, and the file it will read (path itself unless a pattern found one in a folder).
static int choose(const rig_importer **importer, char **file, const char *format, const char *path)
{
    bool is_folder = sp_is_folder(path);
    for (int i = 0; i < IMPORTER_COUNT; i++) {
        const rig_importer *candidate = IMPORTERS[i];
        if (format && strcmp(format, candidate->name))
            continue;
        char *found = NULL;
        int code = is_folder && candidate->patterns ? find_file(&found, path, candidate) : SP_OK;
        if (code && format)
            return code;
        if (format && is_folder && candidate->patterns && !found)
            return sp_error(SP_ENOENT, "%s: no %s calibration there (looked for %s)", path, format,
                            candidate->patterns);
        if (!format && (code || (is_folder && candidate->patterns && !found) ||
                        !recognised(candidate, found ? found : path))) {
            free(found);
            continue;
        }
        if (!found && !(found = sp_strdup(path)))
            return SP_ENOMEM;
        *importer = candidate;
        *file = found;
        return SP_OK;
    }
    if (format)
        return sp_error(
            SP_EINVAL,
            "the format '%s' is not known; known are colmap, nerfstudio, opencv, pose2sim, caliscope, "
            "freemocap, qualisys, matrices, stillpoint",
            format);
    return sp_error(SP_EFORMAT, "%s: no calibration of a known format was recognised; name the format", path);
}

// ---- Import -----------------------------------------------------------------------------------------------

// Numbers in files have a decimal point, whatever the user's locale: while this is held, the calling thread
// reads and writes them so.
typedef struct plain_locale {
    locale_t plain, before;
} plain_locale;

static plain_locale locale_begin(void)
{
    plain_locale l = {.plain = newlocale(LC_NUMERIC_MASK, "C", duplocale(LC_GLOBAL_LOCALE))};
    if (l.plain)
        l.before = uselocale(l.plain);
    return l;
}

static void locale_end(plain_locale *l)
{
    if (!l->plain)
        return;
    uselocale(l->before);
    freelocale(l->plain);
}

static int check_params(const sp_import_params *params)
{
    if (!isfinite(params->scale) || params->scale < 0)
        return sp_error(SP_EINVAL, "scale %g has to be positive metres per unit", params->scale);
    if (params->up && !rig_up_is_valid(params->up))
        return sp_error(SP_EINVAL, "up '%s' is not one of x, y, z, -x, -y, -z", params->up);
    return SP_OK;
}

static int turn(sp_rig *rig, const rig_importer *importer, const sp_import_params *params, bool is_named)
{
    bool is_ours = importer == &rig_import_stillpoint;
    // A rig of ours that was merely recognised is in our world already, whatever scale goes with the request.
    if (is_ours && (!is_named || (params->scale == 0 && !params->up)))
        return SP_OK;
    double before = is_ours ? rig->scale : 1;
    rig_turn_world(rig, params->scale > 0 ? params->scale : importer->scale, params->up ? params->up : "z");
    rig->scale *= before;
    if (!rig->obtained && !(rig->obtained = sp_strdup(importer->name)))
        return SP_ENOMEM;
    sp_log(SP_LOG_INFO, "%s: %d cameras, %g metres per unit%s, axis %s is up%s", importer->name, rig->count,
           rig->scale, params->scale > 0 ? "" : " (assumed)", rig->up, params->up ? "" : " (assumed)");
    return SP_OK;
}

static int import_from(sp_rig *out, const char *format, const char *path, const sp_import_params *params)
{
    const rig_importer *importer = NULL;
    char *file = NULL;
    sp_rig rig;
    int code = choose(&importer, &file, format, path);
    if (code)
        return code;
    code = importer->load(&rig, file);
    if (!code &&
        ((code = turn(&rig, importer, params, format != NULL)) || (code = sp_rig_validate(&rig, file))))
        sp_rig_free(&rig);
    free(file);
    if (!code)
        *out = rig;
    return code;
}

int sp_rig_import(sp_rig *out, const char *format, const char *path, const sp_import_params *params)
{
    sp_import_params defaults = sp_import_params_default();
    if (!params)
        params = &defaults;
    int code = check_params(params);
    if (code)
        return code;
    if (!sp_file_exists(path) && !sp_is_folder(path))
        return sp_error(SP_ENOENT, "%s: there is no such file or folder", path);
    plain_locale locale = locale_begin();
    code = import_from(out, format, path, params);
    locale_end(&locale);
    return code;
}

sp_vec3 sp_import_point(const sp_import_params *params, sp_vec3 theirs)
{
    bool has_scale = params && params->scale > 0, has_up = params && params->up;
    return rig_turn_point(theirs, has_scale ? params->scale : 1, has_up ? params->up : "z");
}

int sp_colmap_points(double **xyz, uint8_t **rgb, int64_t *count, const char *path,
                     const sp_import_params *params)
{
    sp_import_params defaults = sp_import_params_default();
    if (!params)
        params = &defaults;
    int code = check_params(params);
    if (code)
        return code;
    plain_locale locale = locale_begin();
    double *points = NULL;
    code = rig_colmap_load_points(&points, rgb, count, path);
    locale_end(&locale);
    for (int64_t i = 0; !code && i < *count; i++) {
        double *p = points + 3 * i;
        sp_vec3 ours = sp_import_point(params, sp_v3(p[0], p[1], p[2]));
        p[0] = ours.x, p[1] = ours.y, p[2] = ours.z;
    }
    if (!code)
        *xyz = points;
    return code;
}

int sp_rig_export(const sp_rig *rig, const char *format, const char *path)
{
    int code = sp_rig_validate(rig, path);
    if (code)
        return code;
    plain_locale locale = locale_begin();
    if (!strcmp(format, "colmap"))
        code = rig_export_colmap(rig, path);
    else if (!strcmp(format, "nerfstudio"))
        code = rig_export_nerfstudio(rig, path);
    else
        code = sp_error(SP_EINVAL, "the format '%s' cannot be exported; colmap and nerfstudio can", format);
    locale_end(&locale);
    return code;
}
