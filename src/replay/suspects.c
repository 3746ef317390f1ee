#include "suspects.h"
#include "median.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define DEVIATIONS 4.0
#define NORMAL_MAD 1.4826 // of a normal distribution's deviation to its median absolute one
#define LEAST_DROP 0.1    // of agreement
enum { LEAST_CAMERAS = 4 };
// A matte that covers this share of what half of the others' cover of the hull, or more, has all of the
// athlete: what is wrong with it is what it has beside him.
#define HAS_ALL 0.9

void replay_judge(bool *is_suspect, double *median, const double *agreement, int count)
{
    double *sorted = sp_calloc((size_t)count + 1, sizeof *sorted);
    int known = 0;
    *median = NAN;
    for (int i = 0; i < count; i++) {
        is_suspect[i] = false;
        if (sorted && !isnan(agreement[i]))
            sorted[known++] = agreement[i];
    }
    if (known >= LEAST_CAMERAS) {
        *median = replay_median(sorted, known);
        for (int i = 0; i < known; i++)
            sorted[i] = fabs(sorted[i] - *median);
        double limit = *median - fmax(DEVIATIONS * NORMAL_MAD * replay_median(sorted, known), LEAST_DROP);
        for (int i = 0; i < count; i++)
            is_suspect[i] = agreement[i] < limit; // false of NaN
    }
    free(sorted);
}

// Each camera's mean over the rows.
static void means_of(double *mean, const char *key, sp_json *const *rows, int count, const sp_rig *rig)
{
    for (int c = 0; c < rig->count; c++) {
        double sum = 0;
        int seen = 0;
        for (int i = 0; i < count; i++) {
            const sp_json *shares = rows[i] ? sp_json_get(rows[i], key) : NULL;
            const sp_json *value = shares ? sp_json_get(shares, rig->cameras[c].id) : NULL;
            if (value && sp_json_is_number(value)) {
                sum += sp_json_value(value);
                seen++;
            }
        }
        mean[c] = seen ? sum / seen : NAN;
    }
}

static int append(sp_json *list, const char *camera, const char *reason)
{
    sp_json *row = sp_json_object();
    int code = row ? sp_json_set_string(row, "camera", camera) : SP_ENOMEM;
    if (code == SP_OK)
        code = sp_json_set_string(row, "reason", reason);
    if (code == SP_OK)
        code = sp_json_append(list, &row);
    sp_json_free(&row);
    return code;
}

static int append_matte(sp_json *list, const char *camera, double agreement, double others, bool has_all)
{
    char reason[256];
    if (has_all)
        snprintf(
            reason, sizeof reason,
            "%.0f%% of its matte is something that this camera alone sees, which is left out; keep it out "
            "of the picture, or let another camera see it too",
            100 * (1 - agreement));
    else
        snprintf(reason, sizeof reason,
                 "its matte has %.0f%% in common with the hull of all, where half of the cameras have %.0f%% "
                 "or more; look at it with rig check",
                 100 * agreement, 100 * others);
    return append(list, camera, reason);
}

// Whether the matte has all of what half of the cameras have.
static bool has_all(const double *covered, int camera, int count)
{
    double *sorted = sp_calloc((size_t)count, sizeof *sorted);
    int known = 0;
    for (int c = 0; sorted && c < count; c++)
        if (!isnan(covered[c]))
            sorted[known++] = covered[c];
    bool all = known > 0 && covered[camera] >= HAS_ALL * replay_median(sorted, known); // false of NaN
    free(sorted);
    return all;
}

static double number_of(const sp_json *object, const char *key)
{
    const sp_json *value = sp_json_get(object, key);
    return value && sp_json_is_number(value) ? sp_json_value(value) : 0;
}

// A camera that does not stand as it stood for its plate, at the first instant that shows it.
static int append_stand(sp_json *list, sp_json *const *rows, int count, const char *camera)
{
    char reason[160];
    for (int i = 0; i < count; i++) {
        const sp_json *stands = rows[i] ? sp_json_get(rows[i], "stands") : NULL;
        const sp_json *stand = stands ? sp_json_get(stands, camera) : NULL;
        if (!stand)
            continue;
        if (sp_json_get(stand, "borrowed") && sp_json_get(stand, "left_out"))
            snprintf(
                reason, sizeof reason,
                "its picture has %.0f%% in common with its plate, so what is athlete in it was told by the "
                "other cameras; give a plate of now",
                100 * number_of(stand, "alike"));
        else if (sp_json_get(stand, "borrowed"))
            snprintf(reason, sizeof reason,
                     "its estimated plate does not tell athlete from venue, so the other cameras did; give a "
                     "plate of its own");
        else if (sp_json_get(stand, "left_out"))
            snprintf(reason, sizeof reason,
                     "its picture has %.0f%% in common with its plate, so it is left out: covered, or moved?",
                     100 * number_of(stand, "alike"));
        else if (number_of(stand, "moved_px") > 0)
            snprintf(reason, sizeof reason,
                     "it has turned by %.2f degrees (%.1f px) since its plate was taken, which was undone "
                     "here; calibrate again",
                     number_of(stand, "turned_deg"), number_of(stand, "moved_px"));
        else
            continue;
        return append(list, camera, reason);
    }
    return SP_OK;
}

int replay_suspects(sp_json **out, sp_json *const *rows, int count, const sp_rig *rig)
{
    sp_json *list = sp_json_array();
    double *mean = sp_calloc((size_t)rig->count, sizeof *mean), median;
    double *covered = sp_calloc((size_t)rig->count, sizeof *covered);
    bool *is_suspect = sp_calloc((size_t)rig->count, sizeof *is_suspect);
    int code = list && mean && covered && is_suspect ? SP_OK : SP_ENOMEM;
    if (code == SP_OK) {
        means_of(mean, "agreement", rows, count, rig);
        means_of(covered, "covered", rows, count, rig);
        replay_judge(is_suspect, &median, mean, rig->count);
    }
    for (int c = 0; c < rig->count && code == SP_OK; c++)
        if (is_suspect[c])
            code = append_matte(list, rig->cameras[c].id, mean[c], median, has_all(covered, c, rig->count));
    for (int c = 0; c < rig->count && code == SP_OK; c++)
        code = append_stand(list, rows, count, rig->cameras[c].id);
    free(mean);
    free(covered);
    free(is_suspect);
    if (code < 0)
        sp_json_free(&list);
    else
        *out = list;
    return code;
}
