#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "choose.h"
#include "cloud.h"
#include "folder.h"

void sp_replay_report_free(sp_replay_report *report)
{
    free(report->moment);
    free(report->poster);
    *report = (sp_replay_report){0};
}

// The instant of the moment in a folder that is the wanted frame, or -1 when there is no such moment, or
// none that is final and of the wanted kind.
static int find_instant(sp_moment **out, const char *folder, int64_t frame, bool is_whole_scene)
{
    char *mark = replay_path(folder, "moment.json");
    bool is_there = mark && sp_file_exists(mark);
    free(mark);
    if (!is_there || sp_moment_open(out, folder) < 0)
        return -1;
    bool is_fit = (*out)->state == SP_MOMENT_FINAL && (!is_whole_scene || (*out)->is_whole_scene);
    for (int i = 0; i < (*out)->count && is_fit; i++)
        if ((*out)->instants[i].frame == frame)
            return i;
    sp_moment_close(out);
    return -1;
}

// clip.mp4 -> clip.jpg
static char *poster_path(const char *clip)
{
    const char *name = sp_path_name(clip), *dot = strrchr(name, '.');
    size_t length = dot && dot != name ? (size_t)(dot - clip) : strlen(clip);
    return sp_format("%.*s.jpg", (int)length, clip);
}

static char *moment_path(const sp_take *take, const char *given, int64_t frame)
{
    if (given)
        return sp_strdup(given);
    return replay_path(take->folder, "moments/%06lld", (long long)frame);
}

// A moment that holds the instant, made if it is missing; *index is the instant's.
static int have_moment(sp_moment **out, int *index, sp_replay_report *report, sp_take *take, double t_s,
                       const sp_replay_params *params, sp_ledger *ledger, sp_pool *pool,
                       const sp_progress *progress)
{
    int64_t frame = llround(t_s * sp_rational_value(take->fps));
    *index = params->is_refresh ? -1 : find_instant(out, report->moment, frame, params->is_whole_scene);
    if (*index >= 0)
        return SP_OK;
    int code = SP_OK;
    if (params->is_refresh || !sp_replay_is_prepared(take, params)) {
        report->did_prepare = true;
        code = sp_replay_prepare(NULL, take, params, ledger, pool, progress);
    }
    if (code == SP_OK) {
        report->did_moment = true;
        code = sp_replay_moment(report->moment, take, &t_s, 1, params, ledger, pool, progress);
    }
    if (code == SP_OK)
        code = sp_moment_open(out, report->moment);
    *index = 0;
    return code;
}

// What the viewpoint circles: the athlete, or where a whole scene is one cloud, what the cameras look at.
static int centre_of_interest(sp_box *out, const sp_splat_cloud *athlete, sp_take *take, const bool *chosen,
                              const sp_moment *moment, int instant, double t_s)
{
    int64_t shadow = moment->instants[instant].shadow_splats;
    if ((int64_t)athlete->count > shadow && !moment->is_whole_scene)
        return sp_box_of_cloud(out, athlete, shadow);
    if (!moment->is_whole_scene)
        return sp_error(SP_EINVAL,
                        "at %.3f s no athlete was seen, so there is nothing to orbit; choose another instant",
                        t_s);
    sp_camera *cameras = sp_calloc((size_t)take->rig.count, sizeof *cameras);
    int count = 0, code = cameras ? SP_OK : SP_ENOMEM;
    for (int i = 0; i < take->rig.count && code == SP_OK; i++)
        if (chosen[i])
            code = sp_take_camera(&cameras[count++], take, i);
    if (code == SP_OK)
        code = sp_box_of_rig(out, cameras, count);
    free(cameras);
    return code;
}

static int first_camera(int *out, sp_take *take, const bool *chosen, const sp_box *box)
{
    sp_camera *cameras = sp_calloc((size_t)take->rig.count, sizeof *cameras);
    int *indices = sp_calloc((size_t)take->rig.count, sizeof *indices), count = 0;
    int code = cameras && indices ? SP_OK : SP_ENOMEM;
    for (int i = 0; i < take->rig.count && code == SP_OK; i++) {
        if (!chosen[i])
            continue;
        code = sp_take_camera(&cameras[count], take, i);
        indices[count++] = i;
    }
    if (code == SP_OK)
        *out = indices[sp_orbit_start(cameras, count, box)];
    free(cameras);
    free(indices);
    return code;
}

static int make_clip(sp_replay_report *report, const char *path, sp_take *take, const bool *chosen,
                     double t_s, const sp_moment *moment, int instant, const sp_replay_params *params,
                     sp_pool *pool, const sp_progress *progress)
{
    sp_splat_cloud athlete = {0};
    sp_scene *scene = NULL;
    sp_box box;
    int camera = 0;
    int code = sp_moment_cloud(&athlete, moment, instant);
    if (code == SP_OK)
        code = sp_replay_scene(&scene, moment, instant, SP_LAYER_ALL);
    if (code == SP_OK)
        code = centre_of_interest(&box, &athlete, take, chosen, moment, instant, t_s);
    if (code == SP_OK)
        code = first_camera(&camera, take, chosen, &box);
    if (code == SP_OK) {
        report->athlete_splats = (int64_t)athlete.count;
        report->background_splats = (int64_t)(sp_scene_cloud(scene)->count - athlete.count);
        strcpy(report->start_camera, take->rig.cameras[camera].id);
        sp_clip_params clip = params->clip;
        clip.kernels = params->kernels;
        code = sp_clip_write(&report->clip, path, report->poster, take, chosen, camera, t_s, scene, &box,
                             &clip, pool, progress);
    }
    sp_splat_cloud_free(&athlete);
    sp_scene_close(&scene);
    return code;
}

static int check_folder(const char *path)
{
    const char *name = sp_path_name(path);
    char *folder = name > path ? sp_format("%.*s", (int)(name - path), path) : sp_strdup(".");
    if (!folder)
        return SP_ENOMEM;
    int code = sp_is_folder(folder)
                   ? SP_OK
                   : sp_error(SP_EIO, "%s cannot be written: %s is no folder; make it first", path, folder);
    free(folder);
    return code;
}

// A path that cannot be written is better known before the reconstruction than after it.
static int check_writable(const char *path)
{
    const char *dot = strrchr(sp_path_name(path), '.');
    if (!dot || strcasecmp(dot, ".mp4") != 0)
        return sp_error(SP_EINVAL, "%s: a clip is an MP4, so its name ends in .mp4", path);
    int code = check_folder(path);
    char *aside = code == SP_OK ? sp_file_aside(path) : NULL;
    if (code == SP_OK)
        code = aside ? sp_file_write(aside, "", 0) : SP_ENOMEM;
    if (aside)
        sp_file_discard(aside);
    free(aside);
    return code;
}

int sp_replay_clip(sp_replay_report *report, const char *path, sp_take *take, double t_s,
                   const char *moment_folder, const sp_replay_params *params, sp_ledger *ledger,
                   sp_pool *pool, const sp_progress *progress)
{
    sp_replay_report made = {0};
    bool *chosen = NULL;
    sp_moment *moment = NULL;
    int count, instant = 0;
    int code = replay_choose(&chosen, &count, take, &params->cameras, 2);
    if (code == SP_OK)
        code = replay_check_times(&t_s, 1, take, chosen);
    if (code == SP_OK)
        code = check_writable(path);
    if (code == SP_OK) {
        made.moment = moment_path(take, moment_folder, llround(t_s * sp_rational_value(take->fps)));
        made.poster = poster_path(path);
        code = made.moment && made.poster ? SP_OK : SP_ENOMEM;
    }
    if (code == SP_OK)
        code = have_moment(&moment, &instant, &made, take, t_s, params, ledger, pool, progress);
    if (code == SP_OK) {
        sp_ledger_begin(ledger, "clip");
        code = make_clip(&made, path, take, chosen, t_s, moment, instant, params, pool, progress);
    }
    sp_ledger_end(ledger);
    sp_moment_close(&moment);
    free(chosen);
    if (code == SP_OK && report)
        *report = made;
    else
        sp_replay_report_free(&made);
    return code;
}
