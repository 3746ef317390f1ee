// The rig as a set of cameras: copy, look up, check, where it looks.
#include <stillpoint/rig.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rig.h"

void sp_rig_free(sp_rig *rig)
{
    if (!rig)
        return;
    for (int i = 0; rig->images && i < rig->count; i++)
        free(rig->images[i]);
    free(rig->images);
    free(rig->cameras);
    free(rig->obtained);
    sp_json_free(&rig->extra);
    memset(rig, 0, sizeof *rig);
}

int rig_init(sp_rig *out, int count)
{
    sp_rig rig = {.count = count, .scale = 1, .up = "z"};
    rig.cameras = sp_calloc((size_t)(count > 0 ? count : 1), sizeof *rig.cameras);
    rig.images = sp_calloc((size_t)(count > 0 ? count : 1), sizeof *rig.images);
    if (!rig.cameras || !rig.images) {
        free(rig.cameras);
        free(rig.images);
        return SP_ENOMEM;
    }
    for (int i = 0; i < count; i++) {
        rig.cameras[i].rotation = sp_m3_identity();
        rig.cameras[i].residual_px = -1;
    }
    *out = rig;
    return SP_OK;
}

int sp_rig_copy(sp_rig *out, const sp_rig *from)
{
    sp_rig rig;
    int code = rig_init(&rig, from->count);
    if (code)
        return code;
    if (from->count > 0)
        memcpy(rig.cameras, from->cameras, sizeof *rig.cameras * (size_t)from->count);
    rig.scale = from->scale;
    memcpy(rig.up, from->up, sizeof rig.up);
    bool is_complete = true;
    for (int i = 0; from->images && i < from->count; i++)
        if (from->images[i])
            is_complete = (rig.images[i] = sp_strdup(from->images[i])) && is_complete;
    if (from->obtained)
        is_complete = (rig.obtained = sp_strdup(from->obtained)) && is_complete;
    if (from->extra)
        is_complete = (rig.extra = sp_json_copy(from->extra)) && is_complete;
    if (!is_complete) {
        sp_rig_free(&rig);
        return SP_ENOMEM;
    }
    *out = rig;
    return SP_OK;
}

const sp_camera *sp_rig_find(const sp_rig *rig, const char *id)
{
    for (int i = 0; i < rig->count; i++)
        if (!strcmp(rig->cameras[i].id, id))
            return &rig->cameras[i];
    return NULL;
}

// ---- Validation -------------------------------------------------------------------------------------------

bool rig_id_char_is_safe(char c)
{
    // Refused: what separates paths or list entries, and what some file system cannot store.
    return (unsigned char)c >= 0x20 && c != 0x7f && !strchr("/\\:*?\"<>|,=", c);
}

static const char *id_fault(const char *id)
{
    if (!*id)
        return "is empty";
    if (*id == '.' || *id == '-' || *id == ' ')
        return "begins with a dot, dash or blank";
    for (const char *c = id; *c; c++)
        if (!rig_id_char_is_safe(*c))
            return "has a character that file names or lists cannot hold (/ \\ : * ? \" < > | , = or a "
                   "control "
                   "character)";
    return NULL;
}

static bool all_finite(const double *values, int count)
{
    for (int i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return false;
    return true;
}

static int check_camera(const sp_camera *camera, const char *what)
{
    const char *id = camera->id;
    if (camera->width < 1 || camera->height < 1 || camera->width > 65535 || camera->height > 65535)
        return sp_error(SP_EINVAL, "%s: camera '%s': size_px %d x %d is not a picture's size (1 to 65535)",
                        what, id, camera->width, camera->height);
    if (!isfinite(camera->fx) || !isfinite(camera->fy) || camera->fx <= 0 || camera->fy <= 0)
        return sp_error(SP_EINVAL, "%s: camera '%s': focal length fx %g, fy %g must be positive pixels", what,
                        id, camera->fx, camera->fy);
    if (!isfinite(camera->cx) || !isfinite(camera->cy))
        return sp_error(SP_EINVAL, "%s: camera '%s': principal point cx %g, cy %g must be finite pixels",
                        what, id, camera->cx, camera->cy);
    if (camera->lens != SP_LENS_PINHOLE && camera->lens != SP_LENS_BROWN && camera->lens != SP_LENS_FISHEYE)
        return sp_error(SP_EINVAL, "%s: camera '%s': lens model %d is unknown", what, id, (int)camera->lens);
    if (!all_finite(camera->distortion, 5))
        return sp_error(SP_EINVAL, "%s: camera '%s': a lens coefficient is not a finite number", what, id);
    if (!all_finite(camera->rotation.m, 9))
        return sp_error(SP_EINVAL, "%s: camera '%s': rotation holds a number that is not finite", what, id);
    double error = sp_m3_rotation_error(camera->rotation);
    if (!(error <= 1e-6))
        return sp_error(
            SP_EINVAL,
            "%s: camera '%s': rotation is not a rotation (rows must be orthonormal and right-handed; "
            "off by %.2g)",
            what, id, error);
    if (!all_finite(&camera->translation.x, 3))
        return sp_error(SP_EINVAL, "%s: camera '%s': translation_m holds a number that is not finite", what,
                        id);
    if (isnan(camera->residual_px))
        return sp_error(SP_EINVAL, "%s: camera '%s': residual_px is not a number", what, id);
    return SP_OK;
}

int sp_rig_validate(const sp_rig *rig, const char *what)
{
    if (rig->count < 1)
        return sp_error(SP_EINVAL, "%s: no cameras in it", what);
    if (!isfinite(rig->scale) || rig->scale <= 0)
        return sp_error(SP_EINVAL, "%s: scale %g must be positive metres per unit", what, rig->scale);
    if (!rig_up_is_valid(rig->up))
        return sp_error(SP_EINVAL, "%s: up '%.3s' is none of x, y, z, -x, -y, -z", what, rig->up);
    for (int i = 0; i < rig->count; i++) {
        const sp_camera *camera = &rig->cameras[i];
        const char *fault = id_fault(camera->id);
        if (fault)
            return sp_error(SP_EINVAL, "%s: camera %d: id '%s' %s", what, i + 1, camera->id, fault);
        for (int j = 0; j < i; j++)
            if (!strcmp(rig->cameras[j].id, camera->id))
                return sp_error(SP_EINVAL, "%s: cameras %d and %d: both have the id '%s'", what, j + 1, i + 1,
                                camera->id);
        int code = check_camera(camera, what);
        if (code)
            return code;
    }
    return SP_OK;
}

int rig_clean_rotation(sp_mat3 *rotation, const char *id, const char *what)
{
    // Files carry few digits: what is off by rounding is put right, anything else is a mistake worth telling.
    double error = sp_m3_rotation_error(*rotation);
    if (!(error <= 2e-3))
        return sp_error(
            SP_EINVAL,
            "%s: camera '%s': rotation is not a rotation (rows must be orthonormal and right-handed; "
            "off by %.2g)",
            what, id, error);
    if (error > 1e-12)
        *rotation = sp_m3_nearest_rotation(*rotation);
    return SP_OK;
}

// ---- World ------------------------------------------------------------------------------------------------

static const struct {
    const char *up;
    sp_mat3 turn; // ours_from_theirs
} UPS[] = {
    {"z", {{1, 0, 0, 0, 1, 0, 0, 0, 1}}},  {"-z", {{1, 0, 0, 0, -1, 0, 0, 0, -1}}},
    {"y", {{1, 0, 0, 0, 0, -1, 0, 1, 0}}}, {"-y", {{1, 0, 0, 0, 0, 1, 0, -1, 0}}},
    {"x", {{0, 0, -1, 0, 1, 0, 1, 0, 0}}}, {"-x", {{0, 0, 1, 0, 1, 0, -1, 0, 0}}},
};

static const sp_mat3 *turn_of(const char *up)
{
    for (size_t i = 0; i < sizeof UPS / sizeof *UPS; i++)
        if (!strcmp(UPS[i].up, up))
            return &UPS[i].turn;
    return NULL;
}

bool rig_up_is_valid(const char *up)
{
    return turn_of(up) != NULL;
}

sp_vec3 rig_turn_point(sp_vec3 theirs, double scale, const char *up)
{
    return sp_v3_scale(sp_m3_apply(*turn_of(up), theirs), scale);
}

void rig_turn_world(sp_rig *rig, double scale, const char *up)
{
    sp_mat3 theirs_from_ours = sp_m3_transpose(*turn_of(up));
    for (int i = 0; i < rig->count; i++) {
        sp_camera *camera = &rig->cameras[i];
        camera->rotation = sp_m3_mul(camera->rotation, theirs_from_ours);
        camera->translation = sp_v3_scale(camera->translation, scale);
    }
    rig->scale = scale;
    memset(rig->up, 0, sizeof rig->up);
    memcpy(rig->up, up, strlen(up)); // at most two letters: it was found in the table
}

sp_vec3 sp_rig_focus(const sp_rig *rig)
{
    sp_vec3 middle = {0}, forward = {0}, focus;
    sp_vec3 *centers = sp_calloc((size_t)(rig->count > 0 ? 2 * rig->count : 1), sizeof *centers);
    if (!centers || rig->count < 1) {
        free(centers);
        return middle;
    }
    sp_vec3 *axes = centers + rig->count;
    for (int i = 0; i < rig->count; i++) {
        const double *m = rig->cameras[i].rotation.m;
        centers[i] = sp_camera_center(&rig->cameras[i]);
        axes[i] = sp_v3(m[6], m[7], m[8]);
        middle = sp_v3_add(middle, sp_v3_scale(centers[i], 1.0 / rig->count));
        forward = sp_v3_add(forward, axes[i]);
    }
    double spread = 0;
    for (int i = 0; i < rig->count; i++)
        spread = fmax(spread, sp_v3_norm(sp_v3_sub(centers[i], middle)));
    bool is_in_front = sp_triangulate_rays(&focus, centers, axes, rig->count);
    int in_front = 0;
    for (int i = 0; is_in_front && i < rig->count; i++)
        in_front += sp_v3_dot(sp_v3_sub(focus, centers[i]), axes[i]) > 0;
    // Parallel or diverging axes meet nowhere in front: then some way along the common direction.
    if (!is_in_front || 2 * in_front <= rig->count)
        focus = sp_v3_add(middle, sp_v3_scale(sp_v3_unit(forward), spread > 0 ? 2 * spread : 1));
    free(centers);
    return focus;
}
