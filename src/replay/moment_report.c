// report.json of a moment: instants, and when what was on disk.
#include "moment_job.h"

#include <math.h>

#include "report.h"
#include "suspects.h"

static int make_row(sp_json **out, const moment_job *j, const replay_instant *instant)
{
    const sp_recon_report *report = &instant->report;
    sp_json *row = sp_json_object(), *agreement = sp_json_object(), *covered = sp_json_object();
    int code = row && agreement && covered ? sp_json_set_int(row, "frame", instant->frame) : SP_ENOMEM;
    const struct {
        const char *key;
        double value;
    } numbers[] = {{"t_s", instant->t_s},
                   {"clean_s", report->clean_s},
                   {"hull_s", report->hull_s},
                   {"seed_s", report->seed_s},
                   {"optimise_s", report->optimise_s},
                   {"iterations", report->iterations},
                   {"splats", (double)instant->cloud.count},
                   {"loss_first", report->loss_first},
                   {"loss_last", report->loss_last}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers && code == SP_OK; i++)
        if (isfinite(numbers[i].value))
            code = sp_json_set_number(row, numbers[i].key, numbers[i].value);
    if (code == SP_OK)
        code = sp_json_set_numbers(row, "bounds_min_m", report->bounds_min, 3);
    if (code == SP_OK)
        code = sp_json_set_numbers(row, "bounds_max_m", report->bounds_max, 3);
    for (int i = 0; code == SP_OK && report->agreement && i < report->view_count && i < instant->set.count;
         i++) {
        const char *id = j->take->rig.cameras[instant->set.frames[i].camera_index].id;
        code = sp_json_set_number(agreement, id, report->agreement[i]);
        if (code == SP_OK)
            code = sp_json_set_number(covered, id, report->covered[i]);
    }
    if (code == SP_OK)
        code = sp_json_set(row, "agreement", &agreement);
    if (code == SP_OK)
        code = sp_json_set(row, "covered", &covered);
    sp_json *stands = code == SP_OK ? replay_stands_json(instant->stands, &j->plates) : NULL;
    if (code == SP_OK)
        code = stands ? sp_json_set(row, "stands", &stands) : SP_ENOMEM;
    sp_json_free(&agreement);
    sp_json_free(&covered);
    if (code < 0)
        sp_json_free(&row);
    else
        *out = row;
    return code;
}

int moment_report_row(moment_job *j, int index, const replay_instant *instant)
{
    sp_json *suspects = NULL;
    int code = make_row(&j->rows[index], j, instant);
    if (code == SP_OK)
        code = replay_suspects(&suspects, j->rows, j->moment->count, &j->take->rig);
    if (code < 0)
        return code;
    sp_json_free(&j->suspects);
    j->suspects = suspects;
    return SP_OK;
}

int moment_report_update(moment_job *j, sp_moment_state state, int64_t frame, int iterations)
{
    sp_json *row = sp_json_object();
    int code =
        row ? sp_json_set_number(row, "seconds", round((sp_time_s() - j->begin_s) * 1000) / 1000) : SP_ENOMEM;
    if (code == SP_OK)
        code = sp_json_set_string(row, "state", sp_moment_state_name(state));
    if (code == SP_OK)
        code = sp_json_set_int(row, "frame", frame);
    if (code == SP_OK)
        code = sp_json_set_int(row, "iterations", iterations);
    if (code == SP_OK)
        code = sp_json_append(j->updates, &row);
    sp_json_free(&row);
    return code;
}

int moment_report_save(const moment_job *j)
{
    sp_json *report = replay_report_new("moment"), *rows = sp_json_array(),
            *updates = sp_json_copy(j->updates), *suspects = sp_json_copy(j->suspects);
    int code = report && rows && updates && suspects ? SP_OK : SP_ENOMEM;
    for (int i = 0; i < j->moment->count && code == SP_OK; i++) {
        sp_json *row = j->rows[i] ? sp_json_copy(j->rows[i]) : NULL;
        if (j->rows[i])
            code = row ? sp_json_append(rows, &row) : SP_ENOMEM;
        sp_json_free(&row);
    }
    if (code == SP_OK)
        code = sp_json_set(report, "instants", &rows);
    if (code == SP_OK && j->moment->is_whole_scene)
        code = sp_json_set_bool(report, "whole_scene", true);
    if (code == SP_OK)
        code = sp_json_set(report, "updates", &updates);
    if (code == SP_OK)
        code = sp_json_set(report, "suspects", &suspects);
    if (code == SP_OK)
        code = replay_report_save(&report, j->ledger, moment_folder(j));
    sp_json_free(&report);
    sp_json_free(&rows);
    sp_json_free(&updates);
    sp_json_free(&suspects);
    return code;
}

int moment_report_warn(const moment_job *j)
{
    int code = SP_OK;
    for (int i = 0; code == SP_OK && i < sp_json_length(j->suspects); i++) {
        const char *camera, *reason;
        const sp_json *row = sp_json_at(j->suspects, i);
        code = sp_json_string(&camera, row, "camera", "suspects");
        if (code == SP_OK)
            code = sp_json_string(&reason, row, "reason", "suspects");
        if (code == SP_OK)
            sp_log(SP_LOG_WARN, "camera %s: %s", camera, reason);
    }
    return code;
}
