// take.json, rig.json and sync.json. rig.json is the rig module's; the others look like this, and fields that
// are not listed survive a round trip:
//
//   {"format": "stillpoint-take", "version": 1, "name": "jump 3", "fps": [30000, 1001],
//    "cameras": [{"id": "cam01", "feed": "feeds/cam01.mp4", "plate": "plates/cam01.png", "exposure_s":
//    0.002},
//                 {"id": "cam02"}]}
//
//   {"format": "stillpoint-sync", "version": 1,
//    "cameras": [{"id": "cam01", "offset_s": 0.0123, "drift": 1.5e-5, "uncertainty_s": 0.001}]}
//
// Paths are absolute or relative to the take. A camera that is not listed has no feed, or an offset of 0.
#include "take.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TAKE_VERSION 1
#define SYNC_VERSION 1
#define MOST_EXPOSURE_S 1.0

// ---- Open

// Call read for every entry of the document's camera list; each must name a camera of the rig, once.
typedef int (*read_entry)(sp_take_feed *feed, const sp_json *entry, const char *what);

static int read_cameras(sp_take *take, const sp_json *document, read_entry read, const char *path)
{
    const sp_json *list = sp_json_get(document, "cameras");
    if (!list || !sp_json_is_array(list))
        return sp_error(SP_EFORMAT, "%s: field 'cameras' is missing or not a list", path);
    bool *is_seen = sp_calloc((size_t)take->rig.count + 1, sizeof *is_seen);
    if (!is_seen)
        return SP_ENOMEM;
    int ret = 0;
    for (int i = 0; !ret && i < sp_json_length(list); i++) {
        const char *id = NULL;
        const sp_json *entry = sp_json_at(list, i);
        char *what = sp_format("%s: entry %d of 'cameras'", path, i);
        if (!what)
            ret = SP_ENOMEM;
        else if (!entry || !sp_json_is_object(entry))
            ret = sp_error(SP_EFORMAT, "%s is not an object", what);
        else
            ret = sp_json_string(&id, entry, "id", what);
        int index = ret ? -1 : take_find_camera(take, id);
        if (!ret && index < 0)
            ret = sp_error(SP_EFORMAT, "%s: camera '%s' is not in the take's rig.json", path, id);
        else if (!ret && is_seen[index])
            ret = sp_error(SP_EFORMAT, "%s: camera '%s' is listed twice", path, id);
        free(what);
        if (ret)
            break;
        is_seen[index] = true;
        what = sp_format("%s: camera '%s'", path, id);
        ret = what ? read(&take->feeds[index], entry, what) : SP_ENOMEM;
        free(what);
    }
    free(is_seen);
    return ret;
}

static int read_path(char **out, const sp_json *entry, const char *key, const char *what)
{
    const char *path = NULL;
    int ret = sp_json_string_or(&path, entry, key, NULL, what);
    if (ret || !path)
        return ret;
    if (!*path)
        return sp_error(SP_EFORMAT, "%s: field '%s' is empty; leave it out when there is none", what, key);
    *out = sp_strdup(path);
    return *out ? 0 : SP_ENOMEM;
}

static int read_feed(sp_take_feed *feed, const sp_json *entry, const char *what)
{
    int ret = read_path(&feed->feed, entry, "feed", what);
    if (!ret)
        ret = read_path(&feed->plate, entry, "plate", what);
    if (!ret)
        ret = sp_json_number_or(&feed->exposure_s, entry, "exposure_s", 0, what);
    if (!ret && !(feed->exposure_s >= 0 && feed->exposure_s <= MOST_EXPOSURE_S))
        ret = sp_error(SP_EFORMAT, "%s: field 'exposure_s' is %g; it is seconds, from 0 to %g", what,
                       feed->exposure_s, MOST_EXPOSURE_S);
    return ret;
}

static int read_sync(sp_take_feed *feed, const sp_json *entry, const char *what)
{
    int ret = sp_json_number_or(&feed->offset_s, entry, "offset_s", 0, what);
    if (!ret)
        ret = sp_json_number_or(&feed->drift, entry, "drift", 0, what);
    if (!ret)
        ret = sp_json_number_or(&feed->uncertainty_s, entry, "uncertainty_s", 0, what);
    if (!ret && fabs(feed->drift) > 0.1)
        ret =
            sp_error(SP_EFORMAT, "%s: field 'drift' %g is no clock's; it is seconds per second, such as 2e-5",
                     what, feed->drift);
    return ret;
}

static int load_document(sp_json **out, const char *path, const char *format, int version)
{
    sp_json *document = NULL;
    int ret = sp_json_load(&document, path);
    if (!ret)
        ret = sp_json_check_format(document, format, version, path);
    if (ret) {
        sp_json_free(&document);
        return ret;
    }
    *out = document;
    return 0;
}

static int load_take(sp_take *take, const char *path)
{
    int ret = load_document(&take->extra, path, "stillpoint-take", TAKE_VERSION);
    if (ret)
        return ret;
    const char *name = NULL;
    ret = sp_json_string_or(&name, take->extra, "name", sp_path_name(take->folder), path);
    if (ret)
        return ret;
    take->name = sp_strdup(name);
    if (!take->name)
        return SP_ENOMEM;
    take->fps = (sp_rational){30, 1};
    ret = take_read_fps(&take->fps, take->extra, path);
    return ret ? ret : read_cameras(take, take->extra, read_feed, path);
}

static int load_sync(sp_take *take, const char *path)
{
    if (!sp_file_exists(path))
        return 0;
    int ret = load_document(&take->sync_extra, path, "stillpoint-sync", SYNC_VERSION);
    if (!ret)
        ret = read_cameras(take, take->sync_extra, read_sync, path);
    take->has_sync = !ret;
    return ret;
}

// Call load with the path of a file of the take.
static int with_path(sp_take *take, const char *folder, const char *name,
                     int (*call)(sp_take *, const char *))
{
    char *path = sp_path_join(folder, name);
    int ret = path ? call(take, path) : SP_ENOMEM;
    free(path);
    return ret;
}

static int load_rig(sp_take *take, const char *path)
{
    int ret = sp_rig_load(&take->rig, path);
    return ret ? ret : take_feeds_for_rig(take);
}

int sp_take_open(sp_take **out, const char *folder)
{
    if (!folder || !*folder)
        return sp_error(SP_EINVAL, "no take folder was given");
    if (!sp_is_folder(folder))
        return sp_error(SP_ENOENT, "%s is not a folder; a take is a folder with a take.json", folder);
    sp_take *take = sp_calloc(1, sizeof *take);
    if (!take)
        return SP_ENOMEM;
    take->folder = sp_strdup(folder);
    char *file = sp_path_join(folder, "take.json");
    int ret = take->folder && file ? 0 : SP_ENOMEM;
    if (!ret && !sp_file_exists(file))
        ret = sp_error(SP_ENOENT, "%s is not a take: it has no take.json", folder);
    free(file);
    if (!ret)
        ret = with_path(take, folder, "rig.json", load_rig);
    if (!ret)
        ret = with_path(take, folder, "take.json", load_take);
    if (!ret)
        ret = with_path(take, folder, "sync.json", load_sync);
    if (ret) {
        sp_take_close(&take);
        return ret;
    }
    *out = take;
    return 0;
}

// ---- Save

// The path to keep in a take at folder (absolute, links resolved): relative for what lies inside, else
// absolute. A relative path that leads nowhere yet stays as it is.
static int keep_path(char **path, const sp_take *take, const char *folder)
{
    if (!*path)
        return 0;
    char *inside = sp_path_join(folder, *path);
    char *given = sp_take_path(take, *path);
    if (!inside || !given) {
        free(inside);
        free(given);
        return SP_ENOMEM;
    }
    bool is_inside_first = !take->folder && sp_file_exists(inside);
    char *real = realpath(is_inside_first ? inside : given, NULL);
    free(inside);
    free(given);
    if (!real)
        return 0;
    size_t length = strlen(folder);
    bool is_inside = !strncmp(real, folder, length) && real[length] == '/' && real[length + 1];
    char *kept = sp_strdup(is_inside ? real + length + 1 : real);
    free(real);
    if (!kept)
        return SP_ENOMEM;
    free(*path);
    *path = kept;
    return 0;
}

static int set_path(sp_json *entry, const char *key, const char *path)
{
    if (path)
        return sp_json_set_string(entry, key, path);
    sp_json_remove(entry, key);
    return 0;
}

static int write_feed(sp_json *entry, const sp_take_feed *feed)
{
    int ret = set_path(entry, "feed", feed->feed);
    if (!ret)
        ret = set_path(entry, "plate", feed->plate);
    if (feed->exposure_s > 0)
        return ret ? ret : sp_json_set_number(entry, "exposure_s", feed->exposure_s);
    sp_json_remove(entry, "exposure_s");
    return ret;
}

static int write_sync(sp_json *entry, const sp_take_feed *feed)
{
    int ret = sp_json_set_number(entry, "offset_s", feed->offset_s);
    if (!ret)
        ret = sp_json_set_number(entry, "drift", feed->drift);
    return ret ? ret : sp_json_set_number(entry, "uncertainty_s", feed->uncertainty_s);
}

typedef int (*write_entry)(sp_json *entry, const sp_take_feed *feed);

static int write_cameras(sp_json *document, const sp_json *old, const sp_take *take, write_entry write)
{
    sp_json *list = sp_json_array();
    int ret = list ? 0 : SP_ENOMEM;
    for (int i = 0; !ret && i < take->rig.count; i++) {
        const char *id = take->rig.cameras[i].id;
        const sp_json *known = take_find_entry(old, id);
        sp_json *entry = known ? sp_json_copy(known) : sp_json_object();
        ret = entry ? sp_json_set_string(entry, "id", id) : SP_ENOMEM;
        if (!ret)
            ret = write(entry, &take->feeds[i]);
        if (!ret)
            ret = sp_json_append(list, &entry);
        sp_json_free(&entry);
    }
    if (!ret)
        ret = sp_json_set(document, "cameras", &list);
    sp_json_free(&list);
    return ret;
}

// The old document's copy with the fields of ours set anew.
static int begin_document(sp_json **out, const sp_json *old, const char *format, int version)
{
    *out = old ? sp_json_copy(old) : sp_json_object();
    int ret = *out ? sp_json_set_string(*out, "format", format) : SP_ENOMEM;
    return ret ? ret : sp_json_set_int(*out, "version", version);
}

static int save_take(sp_take *take, const char *path)
{
    sp_json *document = NULL;
    int ret = begin_document(&document, take->extra, "stillpoint-take", TAKE_VERSION);
    if (!ret)
        ret = sp_json_set_string(document, "name", take->name);
    if (!ret)
        ret = take_write_fps(document, take->fps);
    if (!ret)
        ret = write_cameras(document, take->extra, take, write_feed);
    if (!ret)
        ret = sp_json_save(document, path);
    if (!ret) {
        sp_json_free(&take->extra);
        take->extra = document;
        document = NULL;
    }
    sp_json_free(&document);
    return ret;
}

static int save_sync(sp_take *take, const char *path)
{
    if (!take->has_sync) {
        unlink(path); // a clock that was solved for other feeds would be taken for theirs
        return 0;
    }
    sp_json *document = NULL;
    int ret = begin_document(&document, take->sync_extra, "stillpoint-sync", SYNC_VERSION);
    if (!ret)
        ret = write_cameras(document, take->sync_extra, take, write_sync);
    if (!ret)
        ret = sp_json_save(document, path);
    if (!ret) {
        sp_json_free(&take->sync_extra);
        take->sync_extra = document;
        document = NULL;
    }
    sp_json_free(&document);
    return ret;
}

static int save_rig(sp_take *take, const char *path)
{
    return sp_rig_save(&take->rig, path);
}

static int save_into(sp_take *take, const char *folder)
{
    char *real = realpath(folder, NULL);
    if (!real)
        return sp_error(SP_EIO, "%s cannot be reached after making it", folder);
    int ret = 0;
    for (int i = 0; !ret && i < take->rig.count; i++) {
        ret = keep_path(&take->feeds[i].feed, take, real);
        if (!ret)
            ret = keep_path(&take->feeds[i].plate, take, real);
    }
    free(real);
    // take.json comes last: a folder without it is no take.
    if (!ret)
        ret = with_path(take, folder, "rig.json", save_rig);
    if (!ret)
        ret = with_path(take, folder, "sync.json", save_sync);
    return ret ? ret : with_path(take, folder, "take.json", save_take);
}

int sp_take_save(sp_take *take, const char *folder)
{
    if (!folder || !*folder)
        return sp_error(SP_EINVAL, "no folder was given to save the take in");
    bool is_new = !sp_is_folder(folder);
    char *kept = sp_strdup(folder);
    int ret = kept ? sp_folder_make(folder) : SP_ENOMEM;
    if (!ret) {
        ret = save_into(take, folder);
        if (ret && is_new) {
            char *sentence = sp_strdup(sp_error_text());
            sp_folder_remove(folder);
            ret = sentence ? sp_error(ret, "%s", sentence) : SP_ENOMEM;
            free(sentence);
        }
    }
    if (ret) {
        free(kept);
        return ret;
    }
    free(take->folder);
    take->folder = kept;
    return 0;
}
