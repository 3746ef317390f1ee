#include "scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stillpoint/base.h>

// A section of the document being read; the first error sticks.
typedef struct reader {
    const sp_json *object;
    const char *what;
    char section[32];
    int rc;
} reader;

static void enter(reader *r, const sp_json *document, const char *section)
{
    snprintf(r->section, sizeof(r->section), "%s%s", section, *section ? "." : "");
    r->object = *section ? sp_json_get(document, section) : document;
    if (r->rc >= 0 && (!r->object || !sp_json_is_object(r->object)))
        r->rc = sp_error(SP_EFORMAT, "%s: field '%s' must be an object", r->what, section);
}

static void refuse_range(reader *r, const char *key, double value, double low, double high)
{
    if (r->rc >= 0 && !(value >= low && value <= high))
        r->rc = sp_error(SP_EINVAL, "%s: field '%s%s' is %g; use %g to %g", r->what, r->section, key, value,
                         low, high);
}

static double number(reader *r, const char *key, double low, double high)
{
    double value = low;
    if (r->rc >= 0)
        r->rc = sp_json_number(&value, r->object, key, r->what);
    refuse_range(r, key, value, low, high);
    return value;
}

static int integer(reader *r, const char *key, int low, int high)
{
    int64_t value = low;
    if (r->rc >= 0)
        r->rc = sp_json_int(&value, r->object, key, r->what);
    refuse_range(r, key, (double)value, low, high);
    return r->rc >= 0 ? (int)value : low;
}

static void numbers(reader *r, const char *key, double *out, int count, double low, double high)
{
    if (r->rc >= 0)
        r->rc = sp_json_numbers(out, count, r->object, key, r->what);
    for (int i = 0; i < count && r->rc >= 0; i++)
        refuse_range(r, key, out[i], low, high);
}

// A list of 1..most numbers (0.. where it may be empty); returns how many.
static int list(reader *r, const char *key, double *out, int least, int most, double low, double high)
{
    const sp_json *array = r->rc >= 0 ? sp_json_get(r->object, key) : NULL;
    if (r->rc < 0)
        return 0;
    int count = array && sp_json_is_array(array) ? sp_json_length(array) : -1;
    if (count < least || count > most) {
        r->rc = sp_error(SP_EFORMAT, "%s: field '%s%s' must be a list of %d to %d numbers", r->what,
                         r->section, key, least, most);
        return 0;
    }
    if (count)
        numbers(r, key, out, count, low, high);
    return count;
}

static int choice(reader *r, const char *key, const char *const *names)
{
    const char *text = NULL;
    if (r->rc >= 0)
        r->rc = sp_json_string(&text, r->object, key, r->what);
    for (int i = 0; names[i] && r->rc >= 0; i++)
        if (!strcmp(names[i], text))
            return i;
    if (r->rc >= 0) {
        char known[160] = "";
        for (int i = 0; names[i]; i++)
            snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s", i ? ", " : "", names[i]);
        r->rc = sp_error(SP_EINVAL, "%s: field '%s%s' is '%s'; use one of %s", r->what, r->section, key, text,
                         known);
    }
    return 0;
}

static void text_field(reader *r, const char *key, char *out, size_t size)
{
    const char *text = "";
    if (r->rc >= 0)
        r->rc = sp_json_string(&text, r->object, key, r->what);
    if (r->rc >= 0 && strlen(text) >= size)
        r->rc = sp_error(SP_EINVAL, "%s: field '%s%s' is longer than %zu characters", r->what, r->section,
                         key, size - 1);
    if (r->rc >= 0)
        snprintf(out, size, "%s", text);
}

static bool boolean(reader *r, const char *key)
{
    bool value = false;
    if (r->rc >= 0)
        r->rc = sp_json_bool_or(&value, r->object, key, false, r->what);
    return value;
}

static sp_rational rate(reader *r, const char *key)
{
    double fps[2] = {30, 1};
    numbers(r, key, fps, 2, 1, 240000);
    sp_rational out = {(int)fps[0], (int)fps[1]};
    if (r->rc >= 0 &&
        (fps[0] != out.num || fps[1] != out.den || fps[0] / fps[1] < 1 || fps[0] / fps[1] > 1000))
        r->rc = sp_error(
            SP_EINVAL, "%s: field '%s%s' must be two whole numbers whose ratio is 1 to 1000, such as [30, 1]",
            r->what, r->section, key);
    return out;
}

static void read_top(reader *r, sim_scene *s)
{
    text_field(r, "name", s->name, sizeof(s->name));
    s->seed = (uint64_t)integer(r, "seed", 0, 1 << 30);
    s->fps = rate(r, "fps");
    s->begin_s = number(r, "begin_s", -4, 10);
    s->frames = integer(r, "frames", 1, SIM_FRAMES_MAX);
    s->shutter_s = number(r, "shutter_s", 1e-5, 1);
    s->samples = integer(r, "samples", 1, 256);
    s->plate_samples = integer(r, "plate_samples", 1, 256);
    if (r->rc >= 0 && s->shutter_s > 1 / sp_rational_value(s->fps))
        r->rc = sp_error(SP_EINVAL, "%s: field 'shutter_s' is longer than a frame", r->what);
}

static void read_rig(reader *r, sim_rig_params *rig)
{
    static const char *const layouts[] = {"ring", "arc", "stands", NULL}, *const lenses[] = {"pinhole",
                                                                                             "brown", NULL};
    rig->layout = (sim_layout)choice(r, "layout", layouts);
    rig->cameras = integer(r, "cameras", 1, SIM_CAMERAS_MAX);
    rig->radius_m = number(r, "radius_m", 2, 60);
    rig->width_m = number(r, "width_m", 0, 100);
    rig->height_count = list(r, "heights_m", rig->heights_m, 1, SIM_HEIGHTS_MAX, 0.1, 60);
    double aim[3] = {0}, size[2] = {0};
    numbers(r, "aim_m", aim, 3, -50, 50);
    rig->aim_m = sp_v3(aim[0], aim[1], aim[2]);
    rig->azimuth_deg = number(r, "azimuth_deg", -360, 360);
    rig->arc_deg = number(r, "arc_deg", 1, 360);
    rig->hfov_deg = number(r, "hfov_deg", 1, 150);
    numbers(r, "size_px", size, 2, 16, 16384);
    rig->width = (int)size[0];
    rig->height = (int)size[1];
    rig->lens = choice(r, "lens", lenses) ? SP_LENS_BROWN : SP_LENS_PINHOLE;
    numbers(r, "distortion", rig->distortion, 5, -2, 2);
}

static void read_evaluation(reader *r, sim_scene *s)
{
    double frames[SIM_EVAL_FRAMES_MAX];
    s->eval_cameras = integer(r, "cameras", 0, SIM_CAMERAS_MAX);
    int count = list(r, "frames", frames, 0, SIM_EVAL_FRAMES_MAX, 0, SIM_FRAMES_MAX);
    for (int i = 0; i < count && r->rc >= 0; i++)
        if (frames[i] < s->frames) // a shorter take has fewer of the usual ones
            s->eval_frames[s->eval_frame_count++] = (int)frames[i];
    s->eval_inputs = boolean(r, "inputs");
}

static void read_faults(reader *r, sim_faults *f)
{
    f->clock_offset_s = number(r, "clock_offset_s", 0, 1);
    f->clock_drift_ppm = number(r, "clock_drift_ppm", 0, 1e4);
    f->dropped = number(r, "dropped", 0, 0.9);
    f->exposure_stops = number(r, "exposure_stops", 0, 4);
    f->white_balance = number(r, "white_balance", 0, 0.5);
    f->noise = number(r, "noise", 0, 64);
    f->lens_error = number(r, "lens_error", 0, 0.2);
    f->pose_error_deg = number(r, "pose_error_deg", 0, 20);
    f->pose_error_m = number(r, "pose_error_m", 0, 2);
    text_field(r, "knocked", f->knocked, sizeof(f->knocked));
    f->knocked_deg = number(r, "knocked_deg", 0, 30);
    text_field(r, "bumped", f->bumped, sizeof(f->bumped));
    f->bumped_deg = number(r, "bumped_deg", 0, 30);
    f->bumped_frame = integer(r, "bumped_frame", 0, SIM_FRAMES_MAX);
    f->plate_light = number(r, "plate_light", 0.01, 10);
    f->plate_sun = number(r, "plate_sun", 0, 10);
    text_field(r, "odd", f->odd, sizeof(f->odd));
    double size[2] = {0};
    numbers(r, "odd_size_px", size, 2, 16, 16384);
    f->odd_width = (int)size[0];
    f->odd_height = (int)size[1];
    f->odd_hfov_deg = number(r, "odd_hfov_deg", 1, 150);
    f->odd_fps = rate(r, "odd_fps");
}

// ---- The odd one among the cameras

bool sim_is_odd(const sim_scene *scene, int camera)
{
    int number_of = 0;
    return sscanf(scene->faults.odd, "cam%d", &number_of) == 1 && number_of == camera + 1;
}

sp_rational sim_fps(const sim_scene *scene, int camera)
{
    return sim_is_odd(scene, camera) ? scene->faults.odd_fps : scene->fps;
}

// How many frames of a rate the scene lasts.
static double frames_at(const sim_scene *scene, sp_rational fps)
{
    return ceil(scene->frames / sp_rational_value(scene->fps) * sp_rational_value(fps) - 1e-6);
}

int sim_frames(const sim_scene *scene, int camera)
{
    return (int)frames_at(scene, sim_fps(scene, camera));
}

// ---- What fields say together

static void check_camera(reader *r, const sim_scene *s, const char *key, const char *id)
{
    int number_of = 0;
    if (r->rc < 0 || !*id)
        return;
    if (sscanf(id, "cam%d", &number_of) != 1 || number_of < 1 || number_of > s->rig.cameras)
        r->rc = sp_error(SP_EINVAL, "%s: field 'faults.%s' is '%s'; use one of cam01 to cam%02d, or \"\"",
                         r->what, key, id, s->rig.cameras);
}

static void check_odd(reader *r, const sim_scene *s)
{
    const sim_faults *f = &s->faults;
    check_camera(r, s, "odd", f->odd);
    if (r->rc < 0 || !*f->odd)
        return;
    if (s->shutter_s > 1 / sp_rational_value(f->odd_fps))
        r->rc =
            sp_error(SP_EINVAL, "%s: field 'shutter_s' is longer than a frame of camera %s", r->what, f->odd);
    else if (s->feed_images && sp_rational_value(f->odd_fps) != sp_rational_value(s->fps))
        r->rc =
            sp_error(SP_EINVAL,
                     "%s: field 'faults.odd_fps' differs from 'fps', which numbered images cannot say; use "
                     "feed.kind video",
                     r->what);
    else if (frames_at(s, f->odd_fps) > SIM_FRAMES_MAX)
        r->rc =
            sp_error(SP_EINVAL,
                     "%s: at field 'faults.odd_fps', camera %s would have %.0f frames; %d are the most: use "
                     "fewer 'frames' or a lower rate",
                     r->what, f->odd, frames_at(s, f->odd_fps), SIM_FRAMES_MAX);
}

int sim_scene_read(sim_scene *out, const sp_json *document, const char *what)
{
    static const char *const motions[] = {"aerials", "court", NULL}, *const feeds[] = {"video", "images",
                                                                                       NULL};
    static const char *const qualities[] = {"draft", "good", "best", NULL};
    int rc = sp_json_check_format(document, "stillpoint-scene", SIM_SCENE_VERSION, what);
    if (rc < 0)
        return rc;
    sim_scene *s = sp_calloc(1, sizeof(*s));
    if (!s)
        return SP_ENOMEM;
    reader r = {.what = what};
    enter(&r, document, "");
    read_top(&r, s);
    enter(&r, document, "athlete");
    s->motion = (sim_motion_kind)choice(&r, "motion", motions);
    s->in_place = boolean(&r, "in_place");
    s->athletes = integer(&r, "count", 1, SIM_ATHLETES_MAX);
    s->spacing_m = number(&r, "spacing_m", 0, 20);
    text_field(&r, "bib", s->look.bib, sizeof(s->look.bib));
    numbers(&r, "suit_rgb", s->look.suit_rgb, 3, 0, 1);
    numbers(&r, "accent_rgb", s->look.accent_rgb, 3, 0, 1);
    enter(&r, document, "venue");
    s->venue.kind = (sim_venue_kind)choice(&r, "kind", motions);
    s->venue.crowd = number(&r, "crowd", 0, 1);
    s->venue.floor_gloss = number(&r, "floor_gloss", 0, 1);
    s->venue.sun_azimuth_deg = number(&r, "sun_azimuth_deg", -360, 360);
    s->venue.sun_elevation_deg = number(&r, "sun_elevation_deg", 5, 90);
    s->venue.seed = (uint32_t)s->seed;
    enter(&r, document, "rig");
    read_rig(&r, &s->rig);
    enter(&r, document, "evaluation");
    read_evaluation(&r, s);
    enter(&r, document, "feed");
    s->feed_images = choice(&r, "kind", feeds) == 1;
    static const sp_quality quality[] = {SP_QUALITY_DRAFT, SP_QUALITY_GOOD, SP_QUALITY_BEST};
    s->feed_quality = quality[choice(&r, "quality", qualities)];
    enter(&r, document, "faults");
    read_faults(&r, &s->faults);
    check_camera(&r, s, "knocked", s->faults.knocked);
    check_camera(&r, s, "bumped", s->faults.bumped);
    check_odd(&r, s);
    if (r.rc >= 0)
        *out = *s;
    free(s);
    return r.rc;
}
