#include "report.h"

#include <stdlib.h>

#include "folder.h"

sp_json *replay_report_new(const char *stage)
{
    sp_json *report = sp_json_object();
    if (!report)
        return NULL;
    if (sp_json_set_string(report, "format", "stillpoint-report") < 0 ||
        sp_json_set_int(report, "version", 1) < 0 || sp_json_set_string(report, "stage", stage) < 0)
        sp_json_free(&report);
    return report;
}

int replay_report_save(sp_json **report, const sp_ledger *ledger, const char *folder)
{
    int code = SP_OK;
    if (ledger) {
        sp_json *stages = sp_ledger_json(ledger);
        code = stages ? sp_json_set(*report, "stages", &stages) : SP_ENOMEM;
    }
    char *path = replay_path(folder, "report.json");
    if (code == SP_OK)
        code = path ? sp_json_save(*report, path) : SP_ENOMEM;
    free(path);
    sp_json_free(report);
    return code;
}

// ---- What prepare held out

void sp_prepare_report_free(sp_prepare_report *report)
{
    free(report->scores);
    free(report->curve);
    *report = (sp_prepare_report){0};
}

static int set_score(sp_json *row, const sp_score *score)
{
    int code = sp_json_set_number(row, "psnr_db", score->psnr);
    return code == SP_OK ? sp_json_set_number(row, "ssim", score->ssim) : code;
}

static int add_scores(sp_json *out, const sp_prepare_report *report)
{
    sp_json *cameras = sp_json_array(), *mean = sp_json_object();
    int code = cameras && mean ? SP_OK : SP_ENOMEM;
    for (int i = 0; i < report->score_count && code == SP_OK; i++) {
        sp_json *row = sp_json_object();
        code = row ? sp_json_set_string(row, "camera", report->scores[i].camera) : SP_ENOMEM;
        if (code == SP_OK)
            code = set_score(row, &report->scores[i]);
        if (code == SP_OK)
            code = sp_json_append(cameras, &row);
        sp_json_free(&row);
    }
    sp_score all = sp_score_mean(report->scores, report->score_count);
    if (code == SP_OK)
        code = sp_json_set(out, "cameras", &cameras);
    if (code == SP_OK)
        code = set_score(mean, &all);
    if (code == SP_OK)
        code = sp_json_set(out, "mean", &mean);
    sp_json_free(&cameras);
    sp_json_free(&mean);
    return code;
}

static int add_curve(sp_json *out, const sp_prepare_report *report)
{
    sp_json *curve = sp_json_array();
    int code = curve ? SP_OK : SP_ENOMEM;
    for (int i = 0; i < report->curve_count && code == SP_OK; i++) {
        const sp_curve_point *point = &report->curve[i];
        sp_json *row = sp_json_object();
        code = row ? sp_json_set_number(row, "seconds", point->seconds) : SP_ENOMEM;
        if (code == SP_OK)
            code = sp_json_set_int(row, "iterations", point->iterations);
        if (code == SP_OK)
            code = sp_json_set_int(row, "splats", point->splats);
        if (code == SP_OK)
            code = sp_json_set_number(row, "psnr_db", point->psnr);
        if (code == SP_OK)
            code = sp_json_append(curve, &row);
        sp_json_free(&row);
    }
    if (code == SP_OK)
        code = sp_json_set(out, "curve", &curve);
    sp_json_free(&curve);
    return code;
}

sp_json *sp_prepare_report_json(const sp_prepare_report *report)
{
    sp_json *out = sp_json_object();
    int code = out ? add_scores(out, report) : SP_ENOMEM;
    if (code == SP_OK)
        code = add_curve(out, report);
    if (code < 0)
        sp_json_free(&out);
    return out;
}
