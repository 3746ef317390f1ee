// The report as a document.
#include <math.h>
#include <stdlib.h>

#include "parts.h"

// NaN is what could not be measured: left out.
static int set(sp_json *object, const char *key, double value)
{
    return isnan(value) ? SP_OK : sp_json_set_number(object, key, value);
}

static int add_silhouette(sp_json *row, const sp_check_camera *c)
{
    if (isnan(c->agreement))
        return SP_OK;
    sp_json *part = sp_json_object();
    const double shift[2] = {c->shift_x, c->shift_y};
    int code = part ? SP_OK : SP_ENOMEM;
    if (!code && !(code = set(part, "agreement", c->agreement)) &&
        !(code = set(part, "agreement_shifted", c->agreement_shifted)) &&
        !(code = set(part, "explained", c->explained)) &&
        !(code = sp_json_set_numbers(part, "shift_px", shift, 2)))
        code = sp_json_set(row, "silhouette", &part);
    sp_json_free(&part);
    return code;
}

static int add_corners(sp_json *row, const sp_check_camera *c)
{
    if (c->matches == 0)
        return SP_OK;
    sp_json *part = sp_json_object();
    int code = part ? SP_OK : SP_ENOMEM;
    if (!code && !(code = sp_json_set_int(part, "matches", c->matches)) &&
        !(code = set(part, "epipolar_px", c->epipolar_px)) &&
        !(code = set(part, "within_tolerance", c->epipolar_share)) &&
        !(code = set(part, "track_px", c->track_px)))
        code = sp_json_set(row, "corners", &part);
    sp_json_free(&part);
    return code;
}

static sp_json *camera_row(const sp_check_camera *c, const char *id)
{
    sp_json *row = sp_json_object();
    if (!row || sp_json_set_string(row, "id", id) || sp_json_set_bool(row, "is_checked", c->is_checked) ||
        sp_json_set_bool(row, "is_suspect", c->is_suspect) || add_silhouette(row, c) || add_corners(row, c))
        sp_json_free(&row);
    return row;
}

sp_json *sp_rig_check_json(const sp_rig_check_report *report, const sp_view *views)
{
    sp_json *document = sp_json_object(), *list = sp_json_array();
    int code = document && list ? SP_OK : SP_ENOMEM;
    for (int i = 0; i < report->count && !code; i++) {
        sp_json *row = camera_row(&report->cameras[i], views[i].camera.id);
        code = row ? sp_json_append(list, &row) : SP_ENOMEM;
    }
    if (code || (code = sp_json_set_string(document, "format", "stillpoint-rig-check")) ||
        (code = sp_json_set_int(document, "version", 1)) ||
        (code = sp_json_set_string(document, "verdict", report->verdict)) ||
        (report->worst >= 0 &&
         ((code = sp_json_set_string(document, "worst", views[report->worst].camera.id)) ||
          (code = set(document, "worst_px", report->worst_px)))) ||
        (code = set(document, "tolerance_px", report->tolerance_px)) ||
        (code = sp_json_set(document, "cameras", &list)))
        sp_json_free(&document);
    sp_json_free(&list);
    return document;
}
