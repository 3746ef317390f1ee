// One row: its take is made, prepared, reconstructed and scored.
#include "picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void picture_result_free(picture_result *result)
{
    free(result->why_not);
    free(result->scores);
    *result = (picture_result){0};
}

static picture_result *result_of(picture_job *job, const picture_row *row)
{
    return &job->results[row - picture_rows];
}

// ---- The take

// Tell the take the clocks that the truth knows.
static int tell_clocks(const char *folder, const char *truth)
{
    sp_take *take = NULL;
    sp_json *document = NULL;
    const sp_json *cameras = NULL;
    int code = sp_take_open(&take, folder);
    if (!code)
        code = sp_json_load(&document, truth);
    if (!code && !(cameras = sp_json_get(document, "cameras")))
        code = sp_error(SP_EFORMAT, "%s: field 'cameras' is missing", truth);
    for (int i = 0; !code && i < sp_json_length(cameras) && i < take->rig.count; i++) {
        code = sp_json_number(&take->feeds[i].offset_s, sp_json_at(cameras, i), "offset_s", truth);
        if (!code)
            code = sp_json_number(&take->feeds[i].drift, sp_json_at(cameras, i), "drift", truth);
    }
    if (!code) {
        take->has_sync = true;
        code = sp_take_save(take, folder);
    }
    sp_json_free(&document);
    sp_take_close(&take);
    return code;
}

static int make_take(picture_job *job, const picture_row *row)
{
    picture_cost cost = {0};
    const picture_row *owner = row->take ? picture_row_find(row->take) : row;
    bool *is_made = &job->is_made[owner - picture_rows];
    if (*is_made)
        return SP_OK;
    int code = picture_commands(&cost, job, owner, NULL, owner->make, NULL);
    if (!code && owner->sync) {
        char *folder = picture_take(job, owner), *truth = picture_text(job, owner, owner->sync);
        code = folder && truth ? tell_clocks(folder, truth) : SP_ENOMEM;
        free(folder);
        free(truth);
    }
    *is_made = !code;
    return code;
}

// Plates and rig are those of another row, so its background is ours.
static int take_over_venue(picture_job *job, const picture_row *row)
{
    char *here = picture_text(job, row, "{take}/background"), *there = NULL;
    const picture_row *from = picture_row_find(row->venue);
    there = picture_text(job, from, "{take}/background");
    int code = here && there ? SP_OK : SP_ENOMEM;
    if (!code && job->prepared[from - picture_rows] != from)
        code = sp_error(SP_ENOENT, "the background of the row '%s' is not there", row->venue);
    if (!code && !sp_file_exists(here) && symlink(there, here))
        code = sp_error(SP_EIO, "%s cannot be made", here);
    free(here);
    free(there);
    return code;
}

static int prepare(picture_job *job, const picture_row *row)
{
    const picture_row *owner = row->take ? picture_row_find(row->take) : row;
    const picture_row **stands = &job->prepared[owner - picture_rows];
    picture_cost cost = {0};
    if (row->venue) {
        int code = take_over_venue(job, row);
        return code || !row->clocks ? code
                                    : picture_commands(&cost, job, row, "sync {take}", row->clocks, NULL);
    }
    if (!row->prepare)
        return SP_OK;
    if (*stands && !strcmp((*stands)->prepare, row->prepare)) {
        result_of(job, row)->prepare_s = result_of(job, *stands)->prepare_s;
        return SP_OK;
    }
    int code = picture_commands(&cost, job, row, "prepare {take}", row->prepare, NULL);
    result_of(job, row)->prepare_s = cost.seconds;
    result_of(job, row)->peak_bytes = cost.peak_bytes;
    *stands = code ? NULL : row;
    return code;
}

// ---- The moment

static void add_suspects(picture_result *result, const sp_json *report)
{
    const sp_json *list = sp_json_get(report, "suspects");
    for (int i = 0; list && i < sp_json_length(list); i++) {
        const char *camera = NULL;
        size_t used = strlen(result->suspects);
        if (sp_json_string(&camera, sp_json_at(list, i), "camera", "report.json") == SP_OK &&
            !strstr(result->suspects, camera))
            snprintf(result->suspects + used, sizeof result->suspects - used, "%s%s", used ? " " : "",
                     camera);
    }
}

// The moment's report: its suspects, and a copy beside the contact sheets.
static int read_report(picture_job *job, const picture_row *row, const char *moment, int number)
{
    char *from = sp_path_join(moment, "report.json"),
         *to = job->bench->folder ? sp_format("%s/%s-%d.json", job->bench->folder, row->name, number) : NULL;
    sp_json *report = NULL;
    int code = from ? sp_json_load(&report, from) : SP_ENOMEM;
    if (!code)
        add_suspects(result_of(job, row), report);
    if (!code && to)
        code = sp_json_save(report, to);
    sp_json_free(&report);
    free(from);
    free(to);
    return code;
}

static int append_scores(picture_result *result, const sp_score *scores, int count)
{
    sp_score *grown = realloc(result->scores, (size_t)(result->score_count + count) * sizeof *result->scores);
    if (!grown)
        return sp_error(SP_ENOMEM, "memory ran out");
    memcpy(grown + result->score_count, scores, (size_t)count * sizeof *scores);
    result->scores = grown;
    result->score_count += count;
    return SP_OK;
}

// "a,b" as the NULL-terminated list that eval takes; it points into text, which is changed.
static void split(const char *list[], int most, char *text)
{
    char *rest = NULL;
    int count = 0;
    for (char *one = strtok_r(text, ",", &rest); one && count < most - 1; one = strtok_r(NULL, ",", &rest))
        list[count++] = one;
    list[count] = NULL;
}

static int score(picture_job *job, const picture_row *row, const char *folder, picture_sheet *sheet)
{
    picture_result *result = result_of(job, row);
    sp_moment *moment = NULL;
    sp_rig rig = {0};
    sp_score *scores = NULL;
    const char *only[32] = {NULL};
    int count = 0, code = sp_moment_open(&moment, folder);
    char *truth = row->truth ? picture_text(job, row, row->truth) : NULL,
         *rig_path = row->rig ? picture_text(job, row, row->rig) : NULL,
         *cameras = row->cameras ? sp_strdup(row->cameras) : NULL;
    if (cameras)
        split(only, 32, cameras);
    if (!code)
        code = sp_replay_rig(&rig, moment, rig_path);
    sp_eval_params params = {.truth = truth,
                             .rig = &rig,
                             .only = cameras ? only : NULL,
                             .see = sheet ? picture_sheet_see : NULL,
                             .context = sheet};
    if (!code)
        code = sp_replay_eval(&scores, &count, moment, &params, job->bench->pool, job->bench->progress);
    if (!code)
        code = append_scores(result, scores, count);
    free(scores);
    free(truth);
    free(rig_path);
    free(cameras);
    sp_rig_free(&rig);
    sp_moment_close(&moment);
    return code;
}

static int count_instants(picture_result *result, const char *folder)
{
    sp_moment *moment = NULL;
    int code = sp_moment_open(&moment, folder);
    if (!code)
        result->instants += moment->count;
    sp_moment_close(&moment);
    return code;
}

static int one_moment(picture_job *job, const picture_row *row, const char *arguments, int number,
                      picture_sheet *sheet)
{
    picture_result *result = result_of(job, row);
    picture_cost cost = {.peak_bytes = result->peak_bytes};
    char *folder = picture_text(job, row, "{take}/moments"),
         *moment = folder ? sp_format("%s/%s-%d", folder, row->name, number) : NULL,
         *last = sp_format("-o {take}/moments/%s-%d", row->name, number);
    int code = moment && last ? SP_OK : SP_ENOMEM;
    if (!code)
        code = picture_commands(&cost, job, row, "moment {take}", arguments, last);
    result->moment_s += cost.seconds;
    result->peak_bytes = cost.peak_bytes;
    if (!code)
        code = count_instants(result, moment);
    if (!code && !(row->truth && !*row->truth))
        code = score(job, row, moment, sheet);
    if (!code)
        code = read_report(job, row, moment, number);
    if (moment)
        sp_folder_remove(moment);
    free(folder);
    free(moment);
    free(last);
    return code;
}

static int moments(picture_job *job, const picture_row *row, picture_sheet *sheet)
{
    picture_result *result = result_of(job, row);
    char *all = sp_strdup(row->moments), *rest = NULL;
    int code = all ? SP_OK : SP_ENOMEM, count = 0;
    for (char *one = all ? strtok_r(all, ";", &rest) : NULL; one && !code; one = strtok_r(NULL, ";", &rest))
        code = one_moment(job, row, one, count++, sheet);
    free(all);
    if (count) {
        result->moment_s /= count;
        result->instants /= count;
    }
    return code;
}

// ---- All of it

static int look_for_needs(picture_job *job, const picture_row *row)
{
    if (!row->needs)
        return SP_OK;
    if (!job->bench->data)
        return sp_error(SP_ENOENT, "left out: name the folder of its set with --data");
    char *path = picture_text(job, row, row->needs);
    int code = path ? SP_OK : SP_ENOMEM;
    if (!code && !sp_file_exists(path))
        code = sp_error(SP_ENOENT, "left out: %s is not there", path);
    free(path);
    return code;
}

static int save_sheet(picture_job *job, const picture_row *row, const picture_sheet *sheet)
{
    char *path = sp_format("%s/%s.jpg", job->bench->folder, row->name);
    int code = path ? SP_OK : SP_ENOMEM;
    if (!code && sheet->count)
        code = picture_sheet_save(sheet, path);
    free(path);
    return code;
}

int picture_run(picture_job *job, const picture_row *row)
{
    picture_result *result = result_of(job, row);
    picture_sheet *sheet = job->bench->folder ? sp_calloc(1, sizeof *sheet) : NULL;
    int code = look_for_needs(job, row);
    if (!code)
        code = make_take(job, row);
    if (!code)
        code = prepare(job, row);
    if (!code)
        code = moments(job, row, sheet);
    if (!code)
        result->mean = sp_score_mean(result->scores, result->score_count);
    if (!code && sheet)
        code = save_sheet(job, row, sheet);
    if (sheet)
        picture_sheet_free(sheet);
    free(sheet);
    if (!code || code == SP_ECANCELLED || code == SP_ENOMEM)
        return code;
    result->why_not = sp_strdup(sp_error_text());
    sp_log(SP_LOG_WARN, "%s: %s", row->name, sp_error_text());
    return result->why_not ? SP_OK : SP_ENOMEM;
}
