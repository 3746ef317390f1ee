// moment.json: what was reconstructed. Fields that are not listed survive a round trip:
//
//   {"format": "stillpoint-moment", "version": 1, "state": "final", "fps": [30, 1], "seed": 1,
//    "take": "../..", "background": "../../background/venue.ply",
//    "instants": [{"frame": 14, "t_s": 0.4667, "file": "athlete/000014.ply",
//                  "floor": {"shadow_splats": 812, "gloss": 0.4},
//                  "light": {"gain": [0.8, 0.8, 0.8], "offset": [0, 0, 0]}}],
//    "cameras": [{"id": "cam01", "gain": [1.01, 1, 0.98], "offset": [0, 0, 0.004]}],
//    "settings": {...}}
//
// An instant has light where the venue's differs from when it was prepared: gain * prepared + offset.
// Paths are absolute or relative to the moment. Colour as a camera sees it is gain * ours + offset, values
// 0..1.
#include "take.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOMENT_VERSION 1
#define LIGHT_MOST 1000.0 // beyond this a gain is a slip of the pen

static const char *const states[] = {
    [SP_MOMENT_COARSE] = "coarse", [SP_MOMENT_REFINING] = "refining", [SP_MOMENT_FINAL] = "final"};

const char *sp_moment_state_name(sp_moment_state state)
{
    return states[state];
}

void sp_moment_close(sp_moment **moment)
{
    if (!moment || !*moment)
        return;
    sp_moment *self = *moment;
    for (int i = 0; self->instants && i < self->count; i++)
        free(self->instants[i].file);
    for (int i = 0; self->cameras && i < self->camera_count; i++)
        free(self->cameras[i]);
    free(self->instants);
    free(self->cameras);
    free(self->gains);
    free(self->folder);
    free(self->take);
    free(self->background);
    sp_json_free(&self->settings);
    sp_json_free(&self->extra);
    free(self);
    *moment = NULL;
}

// ---- Open

static int read_text(char **out, const sp_json *document, const char *key, const char *what)
{
    const char *text = NULL;
    int ret = sp_json_string_or(&text, document, key, NULL, what);
    if (ret || !text)
        return ret;
    *out = sp_strdup(text);
    return *out ? 0 : SP_ENOMEM;
}

// The list under key. *count is its length, and *out has room for it, zeroed.
static int begin_list(const sp_json **list, void **out, int *count, size_t size, const sp_json *document,
                      const char *key, const char *what)
{
    *list = sp_json_get(document, key);
    if (!*list || !sp_json_is_array(*list))
        return sp_error(SP_EFORMAT, "%s: field '%s' is missing or not a list", what, key);
    int length = sp_json_length(*list);
    *out = sp_calloc((size_t)length + 1, size);
    if (!*out)
        return SP_ENOMEM;
    *count = length;
    return 0;
}

static int read_colour(double colour[6], bool *has_any, const sp_json *entry, const char *what)
{
    for (int k = 0; k < 6; k++)
        colour[k] = k < 3 ? 1 : 0;
    int ret = 0;
    if (sp_json_get(entry, "gain")) {
        *has_any = true;
        ret = sp_json_numbers(colour, 3, entry, "gain", what);
    }
    if (!ret && sp_json_get(entry, "offset")) {
        *has_any = true;
        ret = sp_json_numbers(colour + 3, 3, entry, "offset", what);
    }
    return ret;
}

static int read_light(sp_moment_instant *instant, const sp_json *entry, const char *what)
{
    const sp_json *light = sp_json_get(entry, "light");
    if (!light)
        return 0;
    if (!sp_json_is_object(light))
        return sp_error(SP_EFORMAT, "%s: field 'light' is not an object", what);
    int ret = read_colour(instant->light, &instant->has_light, light, what);
    for (int k = 0; !ret && k < 6; k++)
        if (!(fabs(instant->light[k]) <= LIGHT_MOST) || (k < 3 && instant->light[k] < 0))
            ret =
                sp_error(SP_EFORMAT, "%s: field 'light' has %g, which is no light", what, instant->light[k]);
    return ret;
}

static int read_floor(sp_moment_instant *instant, const sp_json *entry, const char *what)
{
    const sp_json *floor = sp_json_get(entry, "floor");
    if (!floor)
        return 0;
    if (!sp_json_is_object(floor))
        return sp_error(SP_EFORMAT, "%s: field 'floor' is not an object", what);
    int ret = sp_json_int_or(&instant->shadow_splats, floor, "shadow_splats", 0, what);
    if (!ret)
        ret = sp_json_number_or(&instant->floor_gloss, floor, "gloss", 0, what);
    if (!ret && instant->shadow_splats < 0)
        ret = sp_error(SP_EFORMAT, "%s: field 'shadow_splats' is negative", what);
    if (!ret && !(instant->floor_gloss >= 0 && instant->floor_gloss <= 1))
        ret = sp_error(SP_EFORMAT, "%s: field 'gloss' is %g; use 0 to 1", what, instant->floor_gloss);
    return ret;
}

static int read_instants(sp_moment *moment, const sp_json *document, const char *path)
{
    const sp_json *list;
    void *room = NULL;
    int ret = begin_list(&list, &room, &moment->count, sizeof *moment->instants, document, "instants", path);
    moment->instants = room;
    if (!ret && moment->count == 0)
        ret = sp_error(SP_EFORMAT, "%s: field 'instants' is empty; a moment has at least one instant", path);
    for (int i = 0; !ret && i < moment->count; i++) {
        sp_moment_instant *instant = &moment->instants[i];
        const sp_json *entry = sp_json_at(list, i);
        char *what = sp_format("%s: entry %d of 'instants'", path, i);
        const char *file = NULL;
        if (!what)
            return SP_ENOMEM;
        ret = sp_json_is_object(entry) ? 0 : sp_error(SP_EFORMAT, "%s is not an object", what);
        if (!ret)
            ret = sp_json_int(&instant->frame, entry, "frame", what);
        if (!ret)
            ret = sp_json_number(&instant->t_s, entry, "t_s", what);
        if (!ret)
            ret = sp_json_string(&file, entry, "file", what);
        if (!ret)
            ret = read_light(instant, entry, what);
        if (!ret)
            ret = read_floor(instant, entry, what);
        if (!ret && i > 0 && instant->t_s <= instant[-1].t_s)
            ret = sp_error(SP_EFORMAT, "%s: field 't_s' %g does not come after the one before", what,
                           instant->t_s);
        if (!ret) {
            instant->file = sp_strdup(file);
            ret = instant->file ? 0 : SP_ENOMEM;
        }
        free(what);
    }
    return ret;
}

static int read_cameras(sp_moment *moment, const sp_json *document, const char *path)
{
    const sp_json *list;
    void *room = NULL;
    int ret =
        begin_list(&list, &room, &moment->camera_count, sizeof *moment->cameras, document, "cameras", path);
    moment->cameras = room;
    if (ret)
        return ret;
    moment->gains = sp_calloc((size_t)moment->camera_count + 1, 6 * sizeof *moment->gains);
    if (!moment->gains)
        return SP_ENOMEM;
    bool has_colour = false;
    for (int i = 0; !ret && i < moment->camera_count; i++) {
        const sp_json *entry = sp_json_at(list, i);
        const char *id = NULL;
        char *what = sp_format("%s: entry %d of 'cameras'", path, i);
        if (!what)
            return SP_ENOMEM;
        ret = sp_json_is_object(entry) ? sp_json_string(&id, entry, "id", what)
                                       : sp_error(SP_EFORMAT, "%s is not an object", what);
        if (!ret) {
            moment->cameras[i] = sp_strdup(id);
            ret =
                moment->cameras[i] ? read_colour(moment->gains + 6 * i, &has_colour, entry, what) : SP_ENOMEM;
        }
        free(what);
    }
    if (!has_colour) {
        free(moment->gains);
        moment->gains = NULL;
    }
    return ret;
}

static int read_state(sp_moment_state *out, const sp_json *document, const char *path)
{
    const char *name = NULL;
    int ret = sp_json_string(&name, document, "state", path);
    if (ret)
        return ret;
    for (int i = 0; i < 3; i++) {
        if (!strcmp(name, states[i])) {
            *out = (sp_moment_state)i;
            return 0;
        }
    }
    return sp_error(SP_EFORMAT, "%s: field 'state' is '%s', not coarse, refining or final", path, name);
}

static int read_moment(sp_moment *moment, const char *path)
{
    int64_t seed = 0;
    int ret = sp_json_load(&moment->extra, path);
    if (ret)
        return ret;
    const sp_json *document = moment->extra;
    moment->fps = (sp_rational){30, 1};
    if ((ret = sp_json_check_format(document, "stillpoint-moment", MOMENT_VERSION, path)) ||
        (ret = take_read_fps(&moment->fps, document, path)) ||
        (ret = read_state(&moment->state, document, path)) ||
        (ret = sp_json_int_or(&seed, document, "seed", 0, path)) ||
        (ret = sp_json_bool_or(&moment->is_whole_scene, document, "whole_scene", false, path)) ||
        (ret = read_text(&moment->take, document, "take", path)) ||
        (ret = read_text(&moment->background, document, "background", path)) ||
        (ret = read_instants(moment, document, path)) || (ret = read_cameras(moment, document, path)))
        return ret;
    moment->seed = (uint64_t)seed;
    const sp_json *settings = sp_json_get(document, "settings");
    if (settings && !sp_json_is_object(settings))
        return sp_error(SP_EFORMAT, "%s: field 'settings' is not an object", path);
    if (settings && !(moment->settings = sp_json_copy(settings)))
        return SP_ENOMEM;
    return 0;
}

int sp_moment_open(sp_moment **out, const char *folder)
{
    if (!folder || !*folder)
        return sp_error(SP_EINVAL, "no moment folder was given");
    char *path = sp_path_join(folder, "moment.json");
    sp_moment *moment = path ? sp_calloc(1, sizeof *moment) : NULL;
    int ret = moment ? 0 : SP_ENOMEM;
    if (!ret) {
        moment->folder = sp_strdup(folder);
        ret = moment->folder ? 0 : SP_ENOMEM;
    }
    if (!ret && !sp_file_exists(path))
        ret = sp_error(SP_ENOENT, "%s is not a moment: it has no moment.json", folder);
    if (!ret)
        ret = read_moment(moment, path);
    free(path);
    if (ret) {
        sp_moment_close(&moment);
        return ret;
    }
    *out = moment;
    return 0;
}

// ---- Save

static int write_colour(sp_json *entry, const double colour[6])
{
    int ret = sp_json_set_numbers(entry, "gain", colour, 3);
    return ret ? ret : sp_json_set_numbers(entry, "offset", colour + 3, 3);
}

static int write_light(sp_json *entry, const sp_moment_instant *instant)
{
    if (!instant->has_light)
        return 0;
    sp_json *light = sp_json_object();
    int ret = light ? write_colour(light, instant->light) : SP_ENOMEM;
    if (!ret)
        ret = sp_json_set(entry, "light", &light);
    sp_json_free(&light);
    return ret;
}

static int write_floor(sp_json *entry, const sp_moment_instant *instant)
{
    if (!instant->shadow_splats && instant->floor_gloss <= 0)
        return 0;
    sp_json *floor = sp_json_object();
    int ret = floor ? sp_json_set_int(floor, "shadow_splats", instant->shadow_splats) : SP_ENOMEM;
    if (!ret && instant->floor_gloss > 0)
        ret = sp_json_set_number(floor, "gloss", instant->floor_gloss);
    if (!ret)
        ret = sp_json_set(entry, "floor", &floor);
    sp_json_free(&floor);
    return ret;
}

static int write_instants(sp_json *document, const sp_moment *moment)
{
    sp_json *list = sp_json_array();
    int ret = list ? 0 : SP_ENOMEM;
    for (int i = 0; !ret && i < moment->count; i++) {
        const sp_moment_instant *instant = &moment->instants[i];
        sp_json *entry = sp_json_object();
        ret = entry ? sp_json_set_int(entry, "frame", instant->frame) : SP_ENOMEM;
        if (!ret)
            ret = sp_json_set_number(entry, "t_s", instant->t_s);
        if (!ret)
            ret = sp_json_set_string(entry, "file", instant->file);
        if (!ret)
            ret = write_light(entry, instant);
        if (!ret)
            ret = write_floor(entry, instant);
        if (!ret)
            ret = sp_json_append(list, &entry);
        sp_json_free(&entry);
    }
    if (!ret)
        ret = sp_json_set(document, "instants", &list);
    sp_json_free(&list);
    return ret;
}

static int write_cameras(sp_json *document, const sp_moment *moment)
{
    sp_json *list = sp_json_array();
    int ret = list ? 0 : SP_ENOMEM;
    for (int i = 0; !ret && i < moment->camera_count; i++) {
        const sp_json *known = take_find_entry(moment->extra, moment->cameras[i]);
        sp_json *entry = known ? sp_json_copy(known) : sp_json_object();
        ret = entry ? sp_json_set_string(entry, "id", moment->cameras[i]) : SP_ENOMEM;
        if (!ret && moment->gains)
            ret = write_colour(entry, moment->gains + 6 * i);
        if (!ret)
            ret = sp_json_append(list, &entry);
        sp_json_free(&entry);
    }
    if (!ret)
        ret = sp_json_set(document, "cameras", &list);
    sp_json_free(&list);
    return ret;
}

static int write_text(sp_json *document, const char *key, const char *text)
{
    if (text)
        return sp_json_set_string(document, key, text);
    sp_json_remove(document, key);
    return 0;
}

static int write_settings(sp_json *document, const sp_moment *moment)
{
    if (!moment->settings) {
        sp_json_remove(document, "settings");
        return 0;
    }
    sp_json *copy = sp_json_copy(moment->settings);
    return copy ? sp_json_set(document, "settings", &copy) : SP_ENOMEM;
}

static int write_moment(sp_json *document, const sp_moment *moment)
{
    int ret;
    if ((ret = sp_json_set_string(document, "format", "stillpoint-moment")) ||
        (ret = sp_json_set_int(document, "version", MOMENT_VERSION)) ||
        (ret = sp_json_set_string(document, "state", states[moment->state])) ||
        (ret = take_write_fps(document, moment->fps)) ||
        (ret = sp_json_set_int(document, "seed", (int64_t)moment->seed)) ||
        (ret = write_text(document, "take", moment->take)) ||
        (ret = write_text(document, "background", moment->background)) ||
        (ret = write_instants(document, moment)) || (ret = write_cameras(document, moment)))
        return ret;
    if (!moment->is_whole_scene)
        sp_json_remove(document, "whole_scene");
    else if ((ret = sp_json_set_bool(document, "whole_scene", true)))
        return ret;
    return write_settings(document, moment);
}

int sp_moment_save(const sp_moment *moment)
{
    if (!moment->folder)
        return sp_error(SP_EINVAL, "the moment has no folder to be saved in");
    int ret = sp_folder_make(moment->folder);
    if (ret)
        return ret;
    char *path = sp_path_join(moment->folder, "moment.json");
    sp_json *document = moment->extra ? sp_json_copy(moment->extra) : sp_json_object();
    ret = path && document ? write_moment(document, moment) : SP_ENOMEM;
    if (!ret)
        ret = sp_json_save(document, path);
    sp_json_free(&document);
    free(path);
    return ret;
}

// ---- Clouds

static int load_cloud(sp_splat_cloud *out, const sp_moment *moment, const char *file)
{
    char *path = moment->folder ? sp_path_join(moment->folder, file) : sp_strdup(file);
    int ret = path ? sp_splat_load(out, path) : SP_ENOMEM;
    free(path);
    return ret;
}

int sp_moment_cloud(sp_splat_cloud *out, const sp_moment *moment, int index)
{
    if (index < 0 || index >= moment->count)
        return sp_error(SP_EINVAL, "moment %s has %d instants, there is no number %d",
                        moment->folder ? moment->folder : "", moment->count, index);
    return load_cloud(out, moment, moment->instants[index].file);
}

int sp_moment_background(sp_splat_cloud *out, const sp_moment *moment)
{
    if (!moment->background)
        return sp_splat_cloud_init(out, 16, 0);
    return load_cloud(out, moment, moment->background);
}
