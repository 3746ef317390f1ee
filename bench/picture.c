// How good the picture is, row by row; see picture.h.
#include "picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_MOST = 4096 };

static const char *const group_names[PICTURE_GROUPS] = {"sets", "sim", "faults", "crowd", "curves", "trial"};

// ---- Which rows

static void choose(picture_job *job, int index)
{
    const picture_row *row = &picture_rows[index];
    const char *const needed[] = {row->take, row->venue, row->clean};
    job->is_chosen[index] = true;
    for (int k = 0; k < 3; k++) {
        const picture_row *other = needed[k] ? picture_row_find(needed[k]) : NULL;
        bool is_used = k > 0; // a take is made without its row being measured
        if (other && is_used && !job->is_chosen[other - picture_rows])
            choose(job, (int)(other - picture_rows));
    }
}

static int choose_named(picture_job *job, const char *name)
{
    bool is_known = false;
    for (int k = 0; k < picture_row_count; k++)
        if (!strcmp(picture_rows[k].name, name) || !strcmp(group_names[picture_rows[k].group], name)) {
            choose(job, k);
            is_known = true;
        }
    return is_known ? SP_OK
                    : sp_error(SP_EINVAL,
                               "there is no row '%s' of the bench 'picture'; groups are sets, sim, faults, "
                               "crowd, curves",
                               name);
}

static int choose_rows(picture_job *job)
{
    char *names = job->bench->only ? sp_strdup(job->bench->only) : NULL, *rest = NULL;
    int code = job->bench->only && !names ? SP_ENOMEM : SP_OK;
    for (int k = 0; k < picture_row_count && !job->bench->only; k++)
        job->is_chosen[k] = picture_rows[k].group != PICTURE_TRIAL;
    for (char *one = names ? strtok_r(names, ",", &rest) : NULL; one && !code;
         one = strtok_r(NULL, ",", &rest))
        code = choose_named(job, one);
    free(names);
    return code;
}

// ---- Where takes lie

static int open_job(picture_job *job)
{
    char program[PATH_MOST];
    const char *place = getenv("TMPDIR");
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length <= 0)
        return sp_error(SP_ENOTSUP, "this system does not say where the program lies, which 'picture' runs");
    program[length] = '\0';
    char *beside = sp_path_join(place && *place ? place : "/tmp", "stillpoint-picture");
    job->program = sp_strdup(program);
    job->folder = beside ? sp_file_aside(beside) : NULL;
    job->log = job->folder ? sp_path_join(job->folder, "log") : NULL;
    free(beside);
    return job->program && job->log ? sp_folder_make(job->folder) : SP_ENOMEM;
}

static void close_job(picture_job *job)
{
    if (job->folder)
        sp_folder_remove(job->folder);
    for (int k = 0; k < picture_row_count; k++)
        picture_result_free(&job->results[k]);
    free(job->program);
    free(job->folder);
    free(job->log);
}

// Whether a row from index on still needs the take that the row `owner` made.
static bool is_needed(const picture_job *job, int owner, int index)
{
    const char *name = picture_rows[owner].name;
    for (int k = index; k < picture_row_count; k++) {
        const picture_row *row = &picture_rows[k];
        const char *const used[] = {row->take, row->venue, row->clean};
        for (int u = 0; u < 3 && job->is_chosen[k]; u++)
            if (used[u] && !strcmp(used[u], name))
                return true;
    }
    return false;
}

static void drop_takes(picture_job *job, int next)
{
    for (int k = 0; k < picture_row_count; k++) {
        char *take = job->is_made[k] && !is_needed(job, k, next) ? picture_take(job, &picture_rows[k]) : NULL;
        if (take)
            sp_folder_remove(take);
        job->is_made[k] = job->is_made[k] && !take;
        free(take);
    }
}

// ---- Results

static int save_text(const picture_job *job, const char *name, const char *text)
{
    char *path = sp_path_join(job->bench->folder, name);
    int code = path ? sp_file_write(path, text, strlen(text)) : SP_ENOMEM;
    free(path);
    return code;
}

static int report(picture_job *job, sp_json *result)
{
    const bench_context *context = job->bench;
    char *table = picture_tables(job, false), *markdown = picture_tables(job, true), *lines = NULL, *whole,
         *plot = context->folder ? sp_path_join(context->folder, "picture.png") : NULL;
    int code = table && markdown ? picture_json(result, job) : SP_ENOMEM;
    if (!code)
        code = picture_curves(&lines, job, plot);
    if (!code)
        bench_say(context, "%s%s", table, lines);
    if (!code && context->folder) {
        whole = sp_format("%s%s", markdown, lines);
        code = whole ? save_text(job, "table.md", whole) : SP_ENOMEM;
        free(whole);
        char *text = code ? NULL : sp_json_text(result);
        if (!code)
            code = text ? save_text(job, "picture.json", text) : SP_ENOMEM;
        free(text);
    }
    free(table);
    free(markdown);
    free(lines);
    free(plot);
    return code;
}

static int run_rows(picture_job *job)
{
    int code = SP_OK;
    for (int k = 0; k < picture_row_count; k++)
        job->count += job->is_chosen[k];
    for (int k = 0; k < picture_row_count && !code; k++) {
        if (!job->is_chosen[k])
            continue;
        snprintf(job->stage, sizeof job->stage, "picture %s", picture_rows[k].name);
        code = sp_progress_step(job->bench->progress, job->stage, job->done, job->count);
        if (!code)
            code = picture_run(job, &picture_rows[k]);
        drop_takes(job, k + 1);
        job->done++;
    }
    return code;
}

int bench_picture(bench_context *context, sp_json *result)
{
    picture_job *job = sp_calloc(1, sizeof *job);
    if (!job)
        return SP_ENOMEM;
    job->bench = context;
    int code = choose_rows(job);
    if (!code)
        code = open_job(job);
    if (!code)
        code = run_rows(job);
    if (!code)
        code = report(job, result);
    close_job(job);
    free(job);
    return code;
}
