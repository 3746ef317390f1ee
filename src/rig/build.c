// Building a rig from a foreign calibration: growing it, naming cameras, finding their pictures.
#include <stdlib.h>
#include <string.h>

#include "import.h"

int rig_append(sp_rig *rig, const sp_camera *camera, const char *image)
{
    int n = rig->count;
    // Room doubles at every power of two; rig_init() made room for one.
    if (n > 0 && (n & (n - 1)) == 0) {
        size_t room = 2 * (size_t)n;
        sp_camera *cameras = realloc(rig->cameras, room * sizeof *cameras);
        if (!cameras)
            return sp_error(SP_ENOMEM, "out of memory for %zu cameras", room);
        rig->cameras = cameras;
        char **images = realloc(rig->images, room * sizeof *images);
        if (!images)
            return sp_error(SP_ENOMEM, "out of memory for %zu cameras", room);
        rig->images = images;
    }
    rig->images[n] = NULL;
    if (image && !(rig->images[n] = sp_strdup(image)))
        return SP_ENOMEM;
    rig->cameras[n] = *camera;
    rig->count = n + 1;
    return SP_OK;
}

int rig_set_id(sp_camera *camera, const char *name, size_t length, const char *what)
{
    while (length > 0 && (*name == ' ' || *name == '.' || *name == '-'))
        name++, length--;
    while (length > 0 && name[length - 1] == ' ')
        length--;
    if (length == 0 || length >= SP_ID_MAX)
        return sp_error(SP_EINVAL, "%s: the camera name '%.*s' is %s", what, (int)(length < 80 ? length : 80),
                        name, length ? "longer than 63 bytes; shorten it" : "empty");
    memset(camera->id, 0, sizeof camera->id);
    for (size_t i = 0; i < length; i++)
        camera->id[i] = rig_id_char_is_safe(name[i]) && name[i] ? name[i] : '_';
    return SP_OK;
}

// ---- Ids from pictures ------------------------------------------------------------------------------------

typedef struct name_parts {
    const char *folder; // last folder, not terminated
    size_t folder_length;
    const char *stem;
    size_t stem_length;
    bool is_number; // the stem is digits only
} name_parts;

static name_parts split_name(const char *path)
{
    name_parts parts = {.stem = path};
    const char *slash = NULL, *before = NULL;
    for (const char *c = path; *c; c++)
        if (*c == '/' || *c == '\\')
            before = slash, slash = c;
    if (slash) {
        parts.stem = slash + 1;
        parts.folder = before ? before + 1 : path;
        parts.folder_length = (size_t)(slash - parts.folder);
    }
    const char *dot = strrchr(parts.stem, '.');
    parts.stem_length = dot && dot > parts.stem ? (size_t)(dot - parts.stem) : strlen(parts.stem);
    parts.is_number = parts.stem_length > 0;
    for (size_t i = 0; i < parts.stem_length; i++)
        parts.is_number = parts.is_number && parts.stem[i] >= '0' && parts.stem[i] <= '9';
    return parts;
}

static bool same_folder(const name_parts *a, const name_parts *b)
{
    return a->folder_length == b->folder_length &&
           (a->folder_length == 0 || !memcmp(a->folder, b->folder, a->folder_length));
}

// Two registrations of one static camera differ by the solver's noise only: half a degree, and a hundredth of
// the distance to the middle of the rig.
static bool same_pose(const sp_camera *a, const sp_camera *b, sp_vec3 focus)
{
    sp_mat3 difference = sp_m3_mul(a->rotation, sp_m3_transpose(b->rotation));
    sp_vec3 at = sp_camera_center(a), other = sp_camera_center(b);
    double cosine = (difference.m[0] + difference.m[4] + difference.m[8] - 1) / 2;
    return cosine > cos(0.5 * M_PI / 180) &&
           sp_v3_norm(sp_v3_sub(at, other)) <= 0.01 * sp_v3_norm(sp_v3_sub(at, focus));
}

// How many pictures share each one's folder, whether they are one static camera's, and which comes first.
static void folder_facts(int *first, bool *is_one_camera, const sp_rig *rig, const name_parts *parts)
{
    sp_vec3 focus = sp_rig_focus(rig);
    for (int i = 0; i < rig->count; i++) {
        first[i] = i;
        is_one_camera[i] = parts[i].folder_length > 0 && parts[i].is_number;
        for (int j = 0; j < i; j++) {
            if (!same_folder(&parts[i], &parts[j]))
                continue;
            first[i] = first[j];
            bool is_same = parts[i].is_number && same_pose(&rig->cameras[i], &rig->cameras[first[i]], focus);
            is_one_camera[first[i]] = is_one_camera[first[i]] && is_same;
            break;
        }
    }
    for (int i = 0; i < rig->count; i++)
        is_one_camera[i] = is_one_camera[first[i]];
}

static void drop_camera(sp_rig *rig, int index)
{
    free(rig->images[index]);
    for (int i = index + 1; i < rig->count; i++) {
        rig->cameras[i - 1] = rig->cameras[i];
        rig->images[i - 1] = rig->images[i];
    }
    rig->count--;
}

static int disambiguate(sp_rig *rig, const name_parts *parts, const char *what)
{
    // The same name in several folders: the folder's name goes in front.
    bool *is_double = sp_calloc((size_t)rig->count, sizeof *is_double);
    if (!is_double)
        return SP_ENOMEM;
    for (int i = 0; i < rig->count; i++)
        for (int j = 0; j < i; j++)
            if (!strcmp(rig->cameras[i].id, rig->cameras[j].id))
                is_double[i] = is_double[j] = true;
    int code = SP_OK;
    for (int i = 0; i < rig->count && !code; i++) {
        if (!is_double[i] || parts[i].folder_length == 0)
            continue;
        char *name = sp_format("%.*s_%.*s", (int)parts[i].folder_length, parts[i].folder,
                               (int)parts[i].stem_length, parts[i].stem);
        code = name ? rig_set_id(&rig->cameras[i], name, strlen(name), what) : SP_ENOMEM;
        free(name);
    }
    free(is_double);
    return code;
}

int rig_ids_from_images(sp_rig *rig, const char *what)
{
    int n = rig->count, folders = 0, code = SP_OK;
    if (n == 0)
        return SP_OK;
    name_parts *parts = sp_calloc((size_t)n, sizeof *parts);
    int *first = sp_calloc((size_t)n, sizeof *first);
    bool *is_one_camera = sp_calloc((size_t)n, sizeof *is_one_camera);
    if (!parts || !first || !is_one_camera) {
        code = SP_ENOMEM;
        goto done;
    }
    for (int i = 0; i < n; i++)
        parts[i] = split_name(rig->images[i]);
    folder_facts(first, is_one_camera, rig, parts);
    for (int i = 0; i < n; i++)
        folders += first[i] == i;
    // A single folder of numbered pictures is a set of views, not a camera.
    bool by_folder = folders > 1;
    for (int i = 0; i < n && !code; i++) {
        bool is_folder = by_folder && is_one_camera[i];
        code = is_folder ? rig_set_id(&rig->cameras[i], parts[i].folder, parts[i].folder_length, what)
                         : rig_set_id(&rig->cameras[i], parts[i].stem, parts[i].stem_length, what);
    }
    if (code)
        goto done;
    int dropped = 0;
    for (int i = n - 1; by_folder && i >= 0; i--) {
        if (!is_one_camera[i] || first[i] == i)
            continue;
        drop_camera(rig, i);
        memmove(&parts[i], &parts[i + 1], sizeof *parts * (size_t)(n - dropped - i - 1));
        dropped++;
    }
    if (dropped)
        sp_log(SP_LOG_INFO, "%s: %d further pictures of the same static cameras were merged into %d cameras",
               what, dropped, rig->count);
    code = disambiguate(rig, parts, what);
done:
    free(parts);
    free(first);
    free(is_one_camera);
    return code;
}

// ---- Pictures ---------------------------------------------------------------------------------------------

int rig_find_images(sp_rig *rig, const char *folder, const char *const *places)
{
    for (int i = 0; i < rig->count; i++) {
        for (int p = 0; rig->images[i] && places[p]; p++) {
            char *place = sp_path_join(folder, places[p]);
            char *path = place ? sp_path_join(*places[p] ? place : folder, rig->images[i]) : NULL;
            free(place);
            if (!path)
                return SP_ENOMEM;
            if (sp_file_exists(path)) {
                free(rig->images[i]);
                rig->images[i] = path;
                break;
            }
            free(path);
        }
    }
    return SP_OK;
}

static bool is_footage(const char *name)
{
    static const char *const ENDINGS[] = {".mp4", ".mov", ".avi", ".mkv", ".webm",
                                          ".m4v", ".png", ".jpg", ".jpeg"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof ENDINGS / sizeof *ENDINGS; i++)
        if (!strcasecmp(dot, ENDINGS[i]))
            return true;
    return false;
}

static int find_feeds_in(sp_rig *rig, const char *folder)
{
    char **names;
    int count, code = sp_folder_list(&names, &count, folder);
    if (code)
        return code;
    for (int i = 0; i < rig->count && !code; i++) {
        for (int n = 0; n < count && !rig->images[i]; n++) {
            size_t length = strlen(rig->cameras[i].id);
            if (strncmp(names[n], rig->cameras[i].id, length) || names[n][length] != '.' ||
                !is_footage(names[n]))
                continue;
            if (!(rig->images[i] = sp_path_join(folder, names[n])))
                code = SP_ENOMEM;
        }
    }
    sp_names_free(&names, count);
    return code;
}

int rig_find_feeds(sp_rig *rig, const char *folder, const char *const *places)
{
    int code = SP_OK;
    for (int p = 0; places[p] && !code; p++) {
        char *place = *places[p] ? sp_path_join(folder, places[p]) : sp_strdup(folder);
        if (!place)
            return SP_ENOMEM;
        if (sp_is_folder(place))
            code = find_feeds_in(rig, place);
        free(place);
    }
    return code;
}

// ---- OpenCV's intrinsics ----------------------------------------------------------------------------------

int rig_set_opencv_lens(sp_camera *camera, const double matrix[9], const double *coefficients, int count,
                        bool is_fisheye, const char *what)
{
    camera->fx = matrix[0];
    camera->fy = matrix[4];
    camera->cx = matrix[2] + 0.5; // OpenCV's pixel (0, 0) is the centre of the first pixel, ours its corner
    camera->cy = matrix[5] + 0.5;
    if (fabs(matrix[1]) > 1e-4 * fabs(matrix[0]))
        return sp_error(SP_ENOTSUP,
                        "%s: the camera matrix has a skew of %g px, which no lens model here describes", what,
                        matrix[1]);
    static const char *const EXTRA[] = {"k4", "k5", "k6", "s1", "s2", "s3", "s4", "tau_x", "tau_y"};
    bool is_known = is_fisheye
                        ? count == 0 || count == 4
                        : count <= 2 || count == 4 || count == 5 || count == 8 || count == 12 || count == 14;
    if (!is_known)
        return sp_error(SP_EFORMAT, "%s: %d %slens coefficients; expected %s", what, count,
                        is_fisheye ? "fisheye " : "",
                        is_fisheye ? "4 (k1 k2 k3 k4)" : "4, 5, 8, 12 or 14 (k1 k2 p1 p2 k3 ...)");
    for (int i = 5; i < count; i++)
        if (coefficients[i] != 0)
            return sp_error(SP_ENOTSUP, "%s: lens coefficient %s is %g; only k1 k2 p1 p2 k3 are supported",
                            what, EXTRA[i - 5], coefficients[i]);
    bool is_straight = true;
    memset(camera->distortion, 0, sizeof camera->distortion);
    for (int i = 0; i < count && i < 5; i++) {
        camera->distortion[i] = coefficients[i];
        is_straight = is_straight && coefficients[i] == 0;
    }
    camera->lens = is_fisheye ? SP_LENS_FISHEYE : is_straight ? SP_LENS_PINHOLE : SP_LENS_BROWN;
    return SP_OK;
}
