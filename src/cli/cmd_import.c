#include "feeds.h"
#include "points.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const positionals[] = {"FORMAT", "PATH", NULL};
static const cli_usage usage = {
    "import FORMAT PATH [--feeds DIR] [--plates DIR] -o TAKE",
    "Make a take from a calibration and its feeds. FORMAT is colmap, nerfstudio, opencv, pose2sim, "
    "caliscope,\n"
    "freemocap, qualisys or matrices. Feeds and plates are files or folders named after the cameras; they "
    "are "
    "referenced\n"
    "where they lie unless --copy is given. A camera without a feed stays in the rig and takes no part.",
    positionals, 2};
static const char *const axes[] = {"x", "y", "z", "-x", "-y", "-z", NULL};

typedef struct request {
    const char *format, *path, *feeds, *plates, *output, *up;
    cli_texts feed;
    double scale, fps, exposure_s;
    bool is_copy;
    sp_points points; // that came with the calibration
} request;

// What a feed turned out to be.
typedef struct feed_info {
    int width, height;
    sp_rational fps;
    bool is_still;
} feed_info;

// ---- Paths

// What the calibration names, where it exists.
static int paths_of_rig(char ***paths, const sp_rig *rig)
{
    char **list = sp_calloc((size_t)rig->count + 1, sizeof *list);
    if (!list)
        return SP_ENOMEM;
    for (int i = 0; i < rig->count; i++)
        if (rig->images && rig->images[i] && sp_file_exists(rig->images[i]) &&
            !(list[i] = sp_strdup(rig->images[i]))) {
            cli_paths_free(&list, rig->count);
            return SP_ENOMEM;
        }
    *paths = list;
    return SP_OK;
}

static int find_paths(char ***feeds, char ***plates, const request *r, const sp_rig *rig)
{
    int code = r->feeds ? cli_match_folder(feeds, rig, r->feeds, "feeds") : paths_of_rig(feeds, rig);
    for (int i = 0; i < r->feed.count && code == SP_OK; i++)
        code = cli_match_one(*feeds, rig, r->feed.items[i]);
    if (code == SP_OK && r->plates)
        code = cli_match_folder(plates, rig, r->plates, "plates");
    // A camera that takes no part has no use for a plate.
    for (int i = 0; i < rig->count && code == SP_OK && *plates; i++) {
        if ((*feeds)[i])
            continue;
        free((*plates)[i]);
        (*plates)[i] = NULL;
    }
    return code;
}

// ---- Looking into the feeds

static int probe(feed_info *out, const char *path, const char *id, double fps)
{
    sp_source_params params = sp_source_params_default();
    if (fps > 0)
        params.image_fps = (sp_rational){(int)lround(fps * 1000), 1000};
    sp_source *source;
    int code = sp_source_open(&source, path, &params);
    if (code < 0)
        return sp_error_context(code, "camera %s", id);
    const sp_source_info *info = sp_source_get_info(source);
    *out = (feed_info){info->width, info->height, info->fps, info->is_still};
    sp_source_close(&source);
    return SP_OK;
}

// The rate that most feeds have; what differs is said.
static sp_rational nominal_rate(const feed_info *infos, char **feeds, const sp_rig *rig, double given)
{
    if (given > 0)
        return (sp_rational){(int)lround(given * 1000), 1000};
    sp_rational best = {30, 1};
    int most = 0;
    for (int i = 0; i < rig->count; i++) {
        int same = 0;
        for (int k = 0; feeds[i] && !infos[i].is_still && k < rig->count; k++)
            same += feeds[k] && !infos[k].is_still &&
                    fabs(sp_rational_value(infos[k].fps) - sp_rational_value(infos[i].fps)) < 0.01;
        if (same > most) {
            most = same;
            best = infos[i].fps;
        }
    }
    for (int i = 0; i < rig->count && most > 0; i++)
        if (feeds[i] && !infos[i].is_still &&
            fabs(sp_rational_value(infos[i].fps) - sp_rational_value(best)) > 0.01)
            sp_log(SP_LOG_WARN, "camera %s has %.4g frames per second, most have %.4g", rig->cameras[i].id,
                   sp_rational_value(infos[i].fps), sp_rational_value(best));
    return best;
}

// ---- Writing

static int copy_file(const char *from, const char *to)
{
    FILE *in = fopen(from, "rb");
    if (!in)
        return sp_error(SP_ENOENT, "%s cannot be read", from);
    FILE *out = fopen(to, "wb");
    char *block = sp_calloc(1, 1 << 20);
    bool is_good = out && block;
    size_t size;
    while (is_good && (size = fread(block, 1, 1 << 20, in)) > 0)
        is_good = fwrite(block, 1, size, out) == size;
    is_good = is_good && !ferror(in);
    fclose(in);
    if (out && fclose(out) != 0)
        is_good = false;
    free(block);
    return is_good ? SP_OK : sp_error(SP_EIO, "%s: the copy of %s could not be written", to, from);
}

static int copy_folder(const char *from, const char *to)
{
    char **names;
    int count, code = sp_folder_make(to);
    if (code == SP_OK)
        code = sp_folder_list(&names, &count, from);
    if (code < 0)
        return code;
    for (int i = 0; i < count && code == SP_OK; i++) {
        char *a = sp_path_join(from, names[i]), *b = sp_path_join(to, names[i]);
        if (a && b && !sp_is_folder(a))
            code = copy_file(a, b);
        free(a);
        free(b);
    }
    sp_names_free(&names, count);
    return code;
}

// Put a feed or plate into the take as TAKE/kind/ID.ending, or refer to where it lies.
static int place(char **out, const char *path, const char *id, const char *kind, const char *folder,
                 bool is_copy)
{
    if (!is_copy) {
        *out = realpath(path, NULL);
        return *out ? SP_OK : sp_error(SP_ENOENT, "%s: there is no such file", path);
    }
    const char *dot = sp_is_folder(path) ? NULL : strrchr(sp_path_name(path), '.');
    *out = sp_format("%s/%s%s", kind, id, dot ? dot : "");
    char *parent = sp_path_join(folder, kind), *to = *out ? sp_path_join(folder, *out) : NULL;
    int code = parent && to ? sp_folder_make(parent) : SP_ENOMEM;
    if (code == SP_OK)
        code = sp_is_folder(path) ? copy_folder(path, to) : copy_file(path, to);
    free(parent);
    free(to);
    return code;
}

static int fill(sp_take *take, char **feeds, char **plates, const char *folder, cli *c, const request *r)
{
    int code = sp_folder_make(folder);
    for (int i = 0; i < take->rig.count && code == SP_OK; i++) {
        const char *id = take->rig.cameras[i].id;
        code = sp_progress_step(&c->progress, r->is_copy ? "copy" : "feeds", i, take->rig.count);
        if (code == SP_OK && feeds[i])
            code = place(&take->feeds[i].feed, feeds[i], id, "feeds", folder, r->is_copy);
        if (code == SP_OK && plates && plates[i])
            code = place(&take->feeds[i].plate, plates[i], id, "plates", folder, r->is_copy);
        if (feeds[i])
            take->feeds[i].exposure_s = r->exposure_s;
    }
    if (code == SP_OK)
        code = cli_write_points(&r->points, folder);
    return code == SP_OK ? sp_take_save(take, folder) : code;
}

// A new take appears whole; in a folder that is there already only the take's own files are replaced.
static int write_take(cli *c, sp_take *take, char **feeds, char **plates, const request *r)
{
    if (sp_file_exists(r->output) && !sp_is_folder(r->output))
        return sp_error(SP_EIO, "%s is a file, so no take can be written there", r->output);
    if (sp_is_folder(r->output))
        return fill(take, feeds, plates, r->output, c, r);
    char *aside = sp_file_aside(r->output);
    int code = aside ? fill(take, feeds, plates, aside, c, r) : SP_ENOMEM;
    if (code == SP_OK)
        code = sp_file_commit(aside, r->output);
    if (code < 0 && aside)
        sp_folder_remove(aside);
    free(aside);
    return code;
}

// ---- Saying what came of it

static int camera_json(sp_json *list, const sp_camera *camera, const char *feed, const char *plate,
                       const feed_info *info)
{
    sp_json *row = sp_json_object();
    double size[2] = {info->width, info->height};
    int code = row ? sp_json_set_string(row, "id", camera->id) : SP_ENOMEM;
    if (code == SP_OK && feed)
        code = sp_json_set_string(row, "feed", feed);
    if (code == SP_OK && plate)
        code = sp_json_set_string(row, "plate", plate);
    if (code == SP_OK && feed)
        code = sp_json_set_numbers(row, "feed_size_px", size, 2);
    if (code == SP_OK && feed)
        code = sp_json_set_number(row, "fps", sp_rational_value(info->fps));
    if (code == SP_OK)
        code = sp_json_append(list, &row);
    sp_json_free(&row);
    return code;
}

static void print(cli *c, const sp_rig *rig, char **feeds, char **plates, const feed_info *infos,
                  const request *r)
{
    if (c->is_json) {
        sp_json *list = sp_json_array();
        for (int i = 0; list && i < rig->count; i++)
            camera_json(list, &rig->cameras[i], feeds[i], plates ? plates[i] : NULL, &infos[i]);
        sp_json_set_string(cli_result(c), "take", r->output);
        sp_json_set_int(cli_result(c), "points", r->points.count);
        if (list)
            sp_json_set(cli_result(c), "cameras", &list);
        return;
    }
    if (c->is_quiet)
        return;
    printf("%-12s %-12s %-11s %7s  %s\n", "camera", "calibrated", "feed", "fps", "plate");
    for (int i = 0; i < rig->count; i++) {
        char size[32], calibrated[32];
        snprintf(calibrated, sizeof calibrated, "%dx%d", rig->cameras[i].width, rig->cameras[i].height);
        snprintf(size, sizeof size, "%dx%d", infos[i].width, infos[i].height);
        printf("%-12s %-12s %-11s", rig->cameras[i].id, calibrated, feeds[i] ? size : "none");
        if (feeds[i] && !infos[i].is_still)
            printf(" %7.4g", sp_rational_value(infos[i].fps));
        else
            printf(" %7s", feeds[i] ? "still" : "-");
        printf("  %s\n", !feeds[i] ? "-" : plates && plates[i] ? "given" : "estimated");
    }
    if (r->points.count)
        printf("points %lld\n", (long long)r->points.count);
    printf("take  %s\n", r->output);
}

// ---- The command

static int import(cli *c, const request *r, const sp_rig *rig)
{
    char **feeds = NULL, **plates = NULL;
    feed_info *infos = sp_calloc((size_t)rig->count + 1, sizeof *infos);
    sp_take *take = NULL;
    int with_feed = 0, status = CLI_DONE, code = infos ? find_paths(&feeds, &plates, r, rig) : SP_ENOMEM;
    if (code < 0)
        status = cli_fail_request(c, code);
    for (int i = 0; i < rig->count && code == SP_OK; i++) {
        if (!feeds[i])
            continue;
        with_feed++;
        code = probe(&infos[i], feeds[i], rig->cameras[i].id, r->fps);
        if (code < 0)
            status = cli_fail_input(c, code);
    }
    if (code == SP_OK && with_feed == 0)
        sp_log(SP_LOG_WARN,
               "no feeds: the calibration names none that exists; give --feeds DIR to make more than a rig");
    if (code == SP_OK) {
        char *name = sp_path_stem(r->output);
        code = name ? sp_take_new(&take, name, rig, nominal_rate(infos, feeds, rig, r->fps)) : SP_ENOMEM;
        free(name);
        if (code == SP_OK)
            code = write_take(c, take, feeds, plates, r);
        if (code < 0)
            status = cli_fail(c, code);
    }
    if (code == SP_OK)
        print(c, rig, feeds, plates, infos, r);
    sp_take_close(&take);
    cli_paths_free(&feeds, rig->count);
    cli_paths_free(&plates, rig->count);
    free(infos);
    return status;
}

static int check_format(cli *c, const char *format)
{
    const char *const *formats = sp_rig_import_formats();
    int count = 0;
    for (; formats[count]; count++)
        if (strcmp(formats[count], format) == 0)
            return CLI_GO_ON;
    const char *near = cli_suggest(format, formats, count);
    if (near)
        return cli_misuse(c, "there is no format '%s'; did you mean %s?", format, near);
    return cli_misuse(
        c,
        "there is no format '%s'; there are colmap, nerfstudio, opencv, pose2sim, caliscope, freemocap, "
        "qualisys and matrices",
        format);
}

int cmd_import(cli *c, int argc, char **argv)
{
    const char *args[2];
    request r = {0};
    cli_option options[] = {
        {.name = "feeds",
         .kind = CLI_TEXT,
         .value = &r.feeds,
         .argument = "DIR",
         .help = "files or folders named after the cameras"},
        {.name = "plates",
         .kind = CLI_TEXT,
         .value = &r.plates,
         .argument = "DIR",
         .help = "likewise, of the empty venue"},
        {.name = "feed",
         .kind = CLI_REPEAT,
         .value = &r.feed,
         .argument = "ID=PATH",
         .help = "the feed of one camera"},
        {.name = "copy",
         .kind = CLI_FLAG,
         .value = &r.is_copy,
         .help = "copy feeds and plates into the take"},
        {.name = "scale",
         .kind = CLI_NUMBER,
         .value = &r.scale,
         .argument = "M",
         .help = "metres per unit; 0: the format's own",
         .min = 0,
         .max = 1e6},
        {.name = "up",
         .kind = CLI_TEXT,
         .value = &r.up,
         .argument = "AXIS",
         .help = "which axis is up: x, y, z, -x, -y, -z",
         .words = axes},
        {.name = "fps",
         .kind = CLI_NUMBER,
         .value = &r.fps,
         .argument = "F",
         .help = "nominal rate, also of numbered images; 0: from the feeds",
         .min = 0,
         .max = 1000},
        {.name = "exposure",
         .kind = CLI_NUMBER,
         .value = &r.exposure_s,
         .argument = "S",
         .help = "how long each frame was exposed, such as 0.002, in all feeds; 0: not known",
         .min = 0,
         .max = 1},
        {.name = "output",
         .letter = 'o',
         .kind = CLI_TEXT,
         .value = &r.output,
         .argument = "TAKE",
         .help = "the take's folder"},
    };
    int status = cli_parse(c, &usage, options, sizeof options / sizeof *options, args, argc, argv);
    if (status == CLI_GO_ON)
        status = cli_settle(c, NULL);
    if (status == CLI_GO_ON && !r.output)
        status = cli_misuse(c, "-o TAKE is missing");
    if (status == CLI_GO_ON)
        status = check_format(c, args[0]);
    if (status != CLI_GO_ON)
        return status;
    r.format = args[0];
    r.path = args[1];
    if (!sp_file_exists(r.path)) {
        sp_error(SP_ENOENT, "%s: there is no such calibration", r.path);
        return cli_fail(c, SP_ENOENT);
    }
    sp_import_params params = sp_import_params_default();
    params.scale = r.scale;
    params.up = r.up;
    sp_rig rig = {0};
    int code = sp_rig_import(&rig, r.format, r.path, &params);
    if (code == SP_OK)
        code = sp_rig_validate(&rig, r.path);
    if (code == SP_OK)
        code = cli_import_points(&r.points, r.format, r.path, &params);
    status = code < 0 ? cli_fail_input(c, code) : import(c, &r, &rig);
    sp_points_free(&r.points);
    sp_rig_free(&rig);
    return status;
}
