// The check as a whole: silhouettes, corners, and one sentence about the worst camera.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "parts.h"

sp_check_params sp_check_params_default(void)
{
    return (sp_check_params){.features = 300, .neighbours = 4, .voxels = 128};
}

void sp_rig_check_report_free(sp_rig_check_report *report)
{
    if (!report)
        return;
    for (int i = 0; report->hulls && i < report->count; i++)
        sp_image_free(&report->hulls[i]);
    free(report->hulls);
    free(report->cameras);
    free(report->matches);
    free(report->verdict);
    memset(report, 0, sizeof *report);
}

static double corners_of(const sp_check_camera *c)
{
    double value = isnan(c->track_px) ? c->epipolar_px : c->track_px;
    return isnan(value) ? 0 : value;
}

// A shifted silhouette makes suspect, unless corners clear the camera: a matte may be wrong by itself. The
// other way round does not hold: an athlete in the middle of the picture hides a roll.
static void weigh_silhouettes(sp_rig_check_report *report, const bool *shifted)
{
    for (int i = 0; i < report->count; i++) {
        sp_check_camera *c = &report->cameras[i];
        bool is_cleared = !isnan(c->track_px) && c->track_px <= report->tolerance_px;
        c->is_suspect = c->is_suspect || (shifted[i] && !is_cleared);
    }
}

static void find_worst(sp_rig_check_report *report, const char **evidence)
{
    double highest = -1;
    for (int i = 0; i < report->count; i++) {
        const sp_check_camera *c = &report->cameras[i];
        double corners = corners_of(c), shift = calibrate_shift(c), error = fmax(corners, shift);
        if (!c->is_checked)
            continue;
        // Suspects come before all others.
        double rank = error + (c->is_suspect ? 1e9 : 0);
        if (rank > highest) {
            highest = rank;
            report->worst = i;
            report->worst_px = error;
            *evidence = shift > corners          ? "its silhouette against the hull of the others"
                        : !isnan(c->track_px)    ? "corners that other cameras see too"
                        : !isnan(c->epipolar_px) ? "distance of matched corners from epipolar lines"
                                                 : "its silhouette against the hull of the others";
        }
    }
}

static int write_verdict(sp_rig_check_report *report, const sp_view *views)
{
    const char *evidence = "";
    int suspects = 0, checked = 0;
    report->worst = -1;
    find_worst(report, &evidence);
    for (int i = 0; i < report->count; i++) {
        suspects += report->cameras[i].is_suspect;
        checked += report->cameras[i].is_checked;
    }
    if (report->worst < 0)
        report->verdict =
            sp_format("nothing could be measured: the cameras share neither an athlete nor enough "
                      "corners");
    else if (suspects > 0)
        report->verdict = sp_format("%s disagrees with the others by %.1f px (%s; tolerance %.1f px)%s",
                                    views[report->worst].camera.id, report->worst_px, evidence,
                                    report->tolerance_px, suspects > 1 ? "; so do other cameras" : "");
    else if (report->worst_px > report->tolerance_px)
        report->verdict =
            sp_format("no camera stands out, but agreement is poor: the worst is %s with %.1f px (%s; "
                      "tolerance %.1f px)",
                      views[report->worst].camera.id, report->worst_px, evidence, report->tolerance_px);
    else
        report->verdict = sp_format(
            "%d of %d cameras agree within %.1f px; the worst is %s with %.1f px (%s)", checked,
            report->count, report->tolerance_px, views[report->worst].camera.id, report->worst_px, evidence);
    return report->verdict ? SP_OK : SP_ENOMEM;
}

static int check_views(const sp_view *views, int count, const sp_check_params *params)
{
    if (count < 2)
        return sp_error(
            SP_EINVAL, "a rig is checked by what its cameras have in common: at least two are needed, not %d",
            count);
    if (params->features < 1 || params->neighbours < 1 || params->voxels < 8 || params->voxels > 512 ||
        !(params->tolerance_px >= 0))
        return sp_error(SP_EINVAL,
                        "check: features, neighbours and tolerance_px must be positive, voxels 8 to 512");
    for (int i = 0; i < count; i++) {
        const sp_view *v = &views[i];
        if (v->image && (v->image->width != v->camera.width || v->image->height != v->camera.height ||
                         v->image->channels != 3))
            return sp_error(SP_EINVAL, "camera '%s': its picture is %d x %d, but the camera says %d x %d",
                            v->camera.id, v->image->width, v->image->height, v->camera.width,
                            v->camera.height);
        if (v->matte && (v->matte->width != v->camera.width || v->matte->height != v->camera.height))
            return sp_error(SP_EINVAL, "camera '%s': its matte is %d x %d, but the camera says %d x %d",
                            v->camera.id, v->matte->width, v->matte->height, v->camera.width,
                            v->camera.height);
    }
    return SP_OK;
}

int sp_rig_check(sp_rig_check_report *out, const sp_view *views, int count, const sp_check_params *params,
                 sp_pool *pool, const sp_progress *progress)
{
    sp_check_params defaults = sp_check_params_default();
    if (!params)
        params = &defaults;
    int code = check_views(views, count, params);
    if (code)
        return code;
    sp_rig_check_report report = {.count = count, .worst = -1};
    report.cameras = sp_calloc((size_t)count, sizeof *report.cameras);
    report.hulls = sp_calloc((size_t)count, sizeof *report.hulls);
    bool *shifted = sp_calloc((size_t)count, sizeof *shifted);
    double width = 0;
    if (!report.cameras || !report.hulls || !shifted) {
        code = SP_ENOMEM;
        goto done;
    }
    for (int i = 0; i < count; i++) {
        report.cameras[i] = (sp_check_camera){.agreement = NAN,
                                              .agreement_shifted = NAN,
                                              .shift_x = NAN,
                                              .shift_y = NAN,
                                              .explained = NAN,
                                              .epipolar_px = NAN,
                                              .epipolar_share = NAN,
                                              .track_px = NAN};
        width = fmax(width, views[i].camera.width);
    }
    report.tolerance_px = params->tolerance_px > 0 ? params->tolerance_px : fmax(2, width / 400);
    if ((code = calibrate_check_hulls(&report, shifted, views, count, params, pool, progress)) ||
        (code = calibrate_check_corners(&report, views, count, params, pool, progress)))
        goto done;
    weigh_silhouettes(&report, shifted);
    if ((code = write_verdict(&report, views)))
        goto done;
    *out = report;
    memset(&report, 0, sizeof report);
done:
    sp_rig_check_report_free(&report);
    free(shifted);
    return code;
}
