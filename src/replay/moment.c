// A moment: instants in the order in which an operator wants them, each better on disk as soon as it is.
#include "moment_job.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "choose.h"
#include "cloud.h"
#include "folder.h"
#include "light.h"
#include "whole.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

// An instant further away than this says nothing about how the athlete stands now.
#define NEAR_S 0.1
// What an instant after the first takes of the seconds of the first: it starts from its neighbour.
#define LATER_SHARE 0.2
// Between two updates of the first instant.
#define UPDATES 20.0
#define LEAST_UPDATE_S 0.5
// What remains to be written when an instant is solved, in seconds.
#define LAST_WORDS_S 0.1

static int by_time(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// ---- The moment being made

static int moment_begin(moment_job *j, const double *times, int count)
{
    sp_moment *moment = sp_calloc(1, sizeof *moment);
    if (!moment)
        return SP_ENOMEM;
    j->moment = moment;
    const sp_take *take = j->take;
    moment->fps = take->fps;
    moment->seed = j->params->seed;
    moment->take = replay_path_between(j->folder, take->folder);
    moment->settings = sp_replay_params_json(j->params);
    moment->instants = sp_calloc((size_t)count, sizeof *moment->instants);
    if (!moment->take || !moment->settings || !moment->instants)
        return SP_ENOMEM;
    char *venue = replay_path(take->folder, "background/venue.ply");
    int code = venue ? SP_OK : SP_ENOMEM;
    if (code == SP_OK && !j->is_whole && sp_file_exists(venue)) {
        j->venue = venue;
        code = (moment->background = replay_path_between(j->folder, venue)) ? SP_OK : SP_ENOMEM;
    } else {
        free(venue);
    }
    double fps = sp_rational_value(take->fps);
    for (int i = 0; i < count && code == SP_OK; i++) {
        sp_moment_instant *instant = &moment->instants[moment->count];
        int64_t frame = llround(times[i] * fps);
        if (moment->count > 0 && frame == instant[-1].frame)
            continue; // two instants of one frame would share a file
        instant->frame = frame;
        instant->t_s = times[i];
        instant->file = sp_format("athlete/%06lld.ply", (long long)frame);
        code = instant->file ? SP_OK : SP_ENOMEM;
        moment->count += code == SP_OK;
    }
    return code;
}

static void add_gains(moment_job *j, const replay_instant *instant)
{
    const sp_recon_report *report = &instant->report;
    if (instant->cloud.count == 0)
        return; // nothing was solved
    for (int i = 0; i < instant->set.count && i < report->view_count; i++) {
        double *sums = j->gain_sums + 7 * instant->set.frames[i].camera_index;
        for (int k = 0; k < 6; k++)
            sums[k] += report->gains[6 * i + k];
        sums[6]++;
    }
}

// ---- One instant

// Stages below know nothing of other instants: put "2/5 " before what they report.
static bool forward_step(void *user, const char *stage, double done, double total)
{
    moment_job *j = user;
    char label[96];
    snprintf(label, sizeof label, "%s%s", j->label, stage);
    return j->progress->step(j->progress->user, label, done, total);
}

// Right before moment.json, which says how many of its splats are shadow.
static int save_cloud(const moment_job *j, int index, const sp_splat_cloud *cloud, const sp_floor *floor)
{
    char *path = replay_path(moment_folder(j), "%s", j->moment->instants[index].file);
    int code = path ? sp_splat_save(cloud, path) : SP_ENOMEM;
    free(path);
    if (code == SP_OK) {
        j->moment->instants[index].shadow_splats = floor->shadow_splats;
        j->moment->instants[index].floor_gloss = floor->gloss;
    }
    return code;
}

// The instant that is being solved, as those see it who look at it.
typedef struct looker {
    moment_job *job;
    const replay_instant *instant;
    int index;
} looker;

// A better cloud of the first instant: the first one makes the moment's folder.
static int look(void *context, const sp_splat_cloud *cloud, const sp_floor *floor, double seconds,
                int iterations)
{
    (void)seconds;
    looker *l = context;
    moment_job *j = l->job;
    sp_moment_state state = j->looks++ ? SP_MOMENT_REFINING : SP_MOMENT_COARSE;
    int code = SP_OK;
    if (state == SP_MOMENT_COARSE)
        code = moment_save_mattes(j, l->instant);
    if (code == SP_OK && state == SP_MOMENT_COARSE)
        code = moment_save_poster(j, l->instant, cloud, floor);
    if (code == SP_OK)
        code = save_cloud(j, l->index, cloud, floor);
    j->is_there[l->index] = true;
    return code == SP_OK ? moment_folder_publish(j, state, l->instant->frame, iterations) : code;
}

static void note_seen(moment_job *j, const replay_instant *instant)
{
    for (int i = 0; i < instant->set.count; i++)
        j->has_seen[instant->set.frames[i].camera_index] = true;
}

static int see(moment_job *j, int index, replay_instant *instant, const sp_progress *progress)
{
    sp_moment_instant *row = &j->moment->instants[index];
    instant->t_s = row->t_s;
    instant->frame = row->frame;
    if (j->is_whole) {
        int seen =
            replay_whole_see(instant, j->take, j->chosen, &j->plates, j->gains, j->ledger, j->pool, progress);
        note_seen(j, instant);
        return seen;
    }
    instant->venue = j->venue;
    int code =
        replay_instant_see(instant, j->take, j->chosen, &j->plates, j->gains, j->ledger, j->pool, progress);
    if (code < 0)
        return code;
    row->has_light = replay_light_measure(row->light, j->gains, instant->set.count);
    instant->light = row->has_light ? row->light : NULL;
    note_seen(j, instant);
    return SP_OK;
}

// Since the first look, cameras had other mattes, or came back.
static bool has_borrowed(const replay_instant *instant)
{
    for (int i = 0; instant->stands && i < instant->camera_count; i++)
        if (instant->stands[i].is_borrowed)
            return true;
    return false;
}

static int keep(moment_job *j, int index, bool is_first, bool is_last, const replay_instant *instant)
{
    j->is_there[index] = true;
    note_seen(j, instant); // with those that came back
    add_gains(j, instant);
    int code = moment_report_row(j, index, instant);
    bool is_empty = instant->cloud.count == 0, is_guess = replay_plates_are_guesses(&j->plates);
    j->moment->is_whole_scene =
        j->is_whole || (is_empty && is_guess && (is_first || j->moment->is_whole_scene));
    if (is_empty && is_guess)
        sp_log(SP_LOG_INFO,
               "at %.3f s nothing differs from the rest of the footage: the background is the whole scene",
               instant->t_s);
    else if (is_empty)
        sp_log(SP_LOG_WARN, "at %.3f s no athlete was seen; the cloud is empty", instant->t_s);
    sp_ledger_begin(j->ledger, "preview");
    if (code == SP_OK && is_first && (j->looks == 0 || has_borrowed(instant)))
        code = moment_save_mattes(j, instant);
    if (code == SP_OK && is_first)
        code = moment_save_poster(j, instant, &instant->cloud, &instant->report.floor);
    if (code == SP_OK)
        code = save_cloud(j, index, &instant->cloud, &instant->report.floor);
    sp_ledger_end(j->ledger);
    if (code == SP_OK && is_last)
        code = moment_report_warn(j);
    sp_moment_state state = is_last ? SP_MOMENT_FINAL : SP_MOMENT_REFINING;
    return code == SP_OK ? moment_folder_publish(j, state, instant->frame, instant->report.iterations) : code;
}

static int make_instant(moment_job *j, int index, bool is_first, bool is_last, replay_instant *instant,
                        const replay_instant *warm, const sp_progress *progress)
{
    looker l = {j, instant, index};
    double seconds = j->params->instant_s, begin_s = is_first ? j->begin_s : sp_time_s();
    sp_athlete_watch watch = {look, &l, fmax(seconds / UPDATES, LEAST_UPDATE_S)};
    instant->deadline_s = begin_s + seconds * (is_first ? 1 : LATER_SHARE) - LAST_WORDS_S;
    instant->watch = is_first ? &watch : NULL;
    int code = see(j, index, instant, progress);
    if (code == SP_OK && j->is_whole)
        code = replay_whole_solve(instant, j->params, j->ledger, j->pool, progress);
    else if (code == SP_OK)
        code = replay_instant_solve(instant, &j->plates, j->gains, warm ? &warm->cloud : NULL,
                                    warm ? warm->t_s - instant->t_s : 0, j->params, j->ledger, j->pool,
                                    progress);
    instant->watch = NULL;
    return code == SP_OK ? keep(j, index, is_first, is_last, instant) : code;
}

// ---- All of them

// The instant to start from: the nearer of those at hand, if it is near enough.
static const replay_instant *warm_of(const replay_instant *a, const replay_instant *b, double t_s)
{
    const replay_instant *nearer = fabs(a->t_s - t_s) <= fabs(b->t_s - t_s) ? a : b;
    return nearer->cloud.count > 0 && fabs(nearer->t_s - t_s) <= NEAR_S ? nearer : NULL;
}

// The allocator keeps what an instant's pictures left behind, in pieces that the next one's do not fit into:
// of sixteen pictures of 1920x1080, 200 MiB.
static void release_memory(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

// The instant named first comes first; from it on forwards, then backwards, so that each has a neighbour.
static int index_of(int k, int first, int count)
{
    return first + k < count ? first + k : count - 1 - k;
}

static int make_instants(moment_job *j, int first)
{
    sp_progress forward = {forward_step, j};
    const sp_progress *progress = j->progress ? &forward : NULL;
    replay_instant start = {.t_s = INFINITY}, before = {.t_s = INFINITY}, next = {0};
    int code = SP_OK, count = j->moment->count;
    for (int k = 0; k < count && code == SP_OK; k++) {
        int index = index_of(k, first, count);
        if (count > 1)
            snprintf(j->label, sizeof j->label, "%d/%d ", k + 1, count);
        replay_instant instant = next;
        next = (replay_instant){0};
        const replay_instant *warm = warm_of(&before, &start, j->moment->instants[index].t_s);
        code = make_instant(j, index, k == 0, k == count - 1, &instant, warm, progress);
        if (code == SP_OK && k + 1 < count && !j->is_whole) {
            next.t_s = j->moment->instants[index_of(k + 1, first, count)].t_s;
            code = replay_instant_hand_on(&next, &instant, j->gains, 1 / sp_rational_value(j->take->fps));
        }
        replay_instant_forget(&instant);
        if (code == SP_OK) // the next one begins with his body
            code = replay_drop_shadow(&instant.cloud, instant.report.floor.shadow_splats);
        release_memory();
        replay_instant *slot = k == 0 ? &start : &before;
        replay_instant_free(slot);
        *slot = instant;
    }
    replay_instant_free(&start);
    replay_instant_free(&before);
    replay_instant_free(&next);
    return code;
}

// Before anything is told apart: can it be?
static void choose_whole(moment_job *j)
{
    bool is_useless = replay_plates_are_useless(&j->plates);
    j->is_whole = j->params->is_whole_scene || is_useless;
    if (!j->is_whole)
        return;
    sp_log(is_useless ? SP_LOG_WARN : SP_LOG_INFO,
           "%s: each instant is the whole scene, athlete and venue at once, and takes up to %.0f s",
           is_useless ? "no plate of any camera tells who stands there from the venue" : "as was asked for",
           j->params->background_s > 0 ? j->params->background_s : j->params->instant_s);
}

static int make_moment(moment_job *j, const double *times, int count, double first_s)
{
    sp_ledger_begin(j->ledger, "load");
    int code = replay_plates_load(&j->plates, j->take, j->chosen, j->pool);
    if (code == SP_OK)
        choose_whole(j);
    char *athlete = replay_path(j->aside, "athlete");
    if (code == SP_OK)
        code = athlete ? sp_folder_make(athlete) : SP_ENOMEM;
    free(athlete);
    if (code == SP_OK)
        code = moment_begin(j, times, count);
    int first = 0, instants = code == SP_OK ? j->moment->count : 0;
    for (int i = 1; i < instants; i++)
        if (fabs(j->moment->instants[i].t_s - first_s) < fabs(j->moment->instants[first].t_s - first_s))
            first = i;
    if (code == SP_OK)
        code = make_instants(j, first);
    sp_ledger_end(j->ledger);
    return code;
}

static int job_begin(moment_job *j, int count)
{
    size_t cameras = (size_t)j->take->rig.count, instants = (size_t)count;
    j->gains = sp_calloc(cameras, sizeof *j->gains);
    j->gain_sums = sp_calloc(cameras, 7 * sizeof *j->gain_sums);
    j->has_seen = sp_calloc(cameras, sizeof *j->has_seen);
    j->is_there = sp_calloc(instants, sizeof *j->is_there);
    j->rows = sp_calloc(instants, sizeof *j->rows);
    j->updates = sp_json_array();
    j->suspects = sp_json_array();
    if (!j->gains || !j->gain_sums || !j->has_seen || !j->is_there || !j->rows || !j->updates || !j->suspects)
        return SP_ENOMEM;
    return replay_folder_begin(&j->aside, j->folder);
}

static void job_end(moment_job *j, int count)
{
    replay_plates_free(&j->plates);
    sp_moment_close(&j->moment);
    for (int i = 0; j->rows && i < count; i++)
        sp_json_free(&j->rows[i]);
    sp_json_free(&j->updates);
    sp_json_free(&j->suspects);
    free(j->rows);
    free(j->gains);
    free(j->gain_sums);
    free(j->has_seen);
    free(j->is_there);
    free(j->chosen);
    free(j->aside);
    free(j->venue);
}

int sp_replay_moment(const char *folder, sp_take *take, const double *times_s, int count,
                     const sp_replay_params *params, sp_ledger *ledger, sp_pool *pool,
                     const sp_progress *progress)
{
    if (count < 1)
        return sp_error(SP_EINVAL, "a moment needs an instant");
    int used, code = moment_folder_check(folder);
    moment_job j = {.folder = folder,
                    .take = take,
                    .params = params,
                    .begin_s = params->begin_s > 0 ? params->begin_s : sp_time_s(),
                    .ledger = ledger,
                    .pool = pool,
                    .progress = progress};
    double *times = sp_calloc((size_t)count, sizeof *times);
    if (code == SP_OK && !times)
        code = SP_ENOMEM;
    if (code == SP_OK) {
        memcpy(times, times_s, (size_t)count * sizeof *times);
        qsort(times, (size_t)count, sizeof *times, by_time);
        code = replay_choose(&j.chosen, &used, take, &params->cameras, 2);
    }
    if (code == SP_OK)
        code = sp_take_open_feeds(take, j.chosen, pool);
    if (code == SP_OK)
        code = replay_check_times(times, count, take, j.chosen);
    if (code == SP_OK)
        code = job_begin(&j, count);
    if (code == SP_OK)
        code = make_moment(&j, times, count, times_s[0]);
    if (code < 0 && j.aside)
        replay_folder_discard(j.aside);
    else if (code < 0 && j.moment)
        sp_log(SP_LOG_INFO, "%s holds what there was until then", folder);
    job_end(&j, count);
    free(times);
    return code;
}
