// Do the silhouettes agree? Each camera's matte against the hull of those that can be trusted.
#include <math.h>

#include "silhouettes.h"

// Below this, mattes are too poor or hulls too fat to tell a shift by.
#define AGREEMENT_MIN 0.2
// Half of the cameras below this: there is no athlete that the mattes have in common.
#define USABLE_MIN 0.08

// ---- Whom to trust ----------------------------------------------------------------------------------------

// How much of their own mattes the cameras in `who` find covered by their common hull, on average. A camera
// that stands wrong carves the hull away for everybody.
static int coverage(double *out, const hull_check *h, uint64_t who)
{
    double sum = 0;
    int n = 0, code = SP_OK;
    for (int i = 0; i < h->count && !code; i++) {
        if (!(who >> i & 1))
            continue;
        sp_image hull;
        if ((code = sp_image_init(&hull, h->own[i].width, h->own[i].height, 1)))
            break;
        silhouette_draw_hull(&hull, h, i, who);
        silhouette_fit fit = silhouette_compare(&h->own[i], &hull, false);
        sp_image_free(&hull);
        if (fit.own_area > 0)
            sum += fit.both / fit.own_area, n++;
    }
    *out = n > 0 ? sum / n : 0;
    return code;
}

typedef struct removal {
    const hull_check *h;
    uint64_t who;
    double gain[CAMERAS_MAX];
    int code[CAMERAS_MAX];
} removal;

static void try_removal(void *context, int64_t i, int worker)
{
    (void)worker;
    removal *r = context;
    if (r->who >> i & 1)
        r->code[i] = coverage(&r->gain[i], r->h, r->who & ~((uint64_t)1 << i));
}

// Drop cameras while leaving one out lets the others agree much better: by 3 points, by twice as much as
// leaving out the next best (fewer cameras always explain a little more), and so that half of what they see
// is explained.
static int choose_trusted(uint64_t *trusted, const hull_check *h, sp_pool *pool)
{
    uint64_t who = h->count == 64 ? ~(uint64_t)0 : ((uint64_t)1 << h->count) - 1;
    double now;
    int left = h->count, code = coverage(&now, h, who);
    while (!code && left > 3 && 2 * left > h->count) {
        removal r = {.h = h, .who = who};
        sp_pool_run(pool, h->count, try_removal, &r);
        int best = -1, second = -1;
        for (int i = 0; i < h->count && !code; i++) {
            if (!(who >> i & 1))
                continue;
            code = r.code[i];
            r.gain[i] -= now;
            if (best < 0 || r.gain[i] > r.gain[best])
                second = best, best = i;
            else if (second < 0 || r.gain[i] > r.gain[second])
                second = i;
        }
        if (code || r.gain[best] < 0.03 || r.gain[best] < 2 * r.gain[second] || now + r.gain[best] < 0.5)
            break;
        who &= ~((uint64_t)1 << best);
        now += r.gain[best];
        left--;
    }
    *trusted = who;
    return code;
}

// ---- The check --------------------------------------------------------------------------------------------

typedef struct judging {
    const hull_check *h;
    sp_rig_check_report *report;
    uint64_t trusted;
    int code[CAMERAS_MAX];
} judging;

static void judge(void *context, int64_t index, int worker)
{
    (void)worker;
    judging *j = context;
    int i = (int)index, view = j->h->active[i];
    sp_check_camera *out = &j->report->cameras[view];
    sp_image *hull = &j->report->hulls[view];
    const sp_image *own = &j->h->own[i];
    sp_image_free(hull);
    if ((j->code[i] = sp_image_init(hull, own->width, own->height, 1)))
        return;
    silhouette_draw_hull(hull, j->h, i, j->trusted & ~((uint64_t)1 << i));
    silhouette_fit fit = silhouette_compare(own, hull, true);
    if (fit.own_area < 16 || fit.hull_area < 16) { // nothing to compare
        sp_image_free(hull);
        return;
    }
    out->explained = fit.both / fit.own_area;
    out->agreement = fit.agreement;
    out->agreement_shifted = fit.agreement_shifted;
    out->shift_x = fit.shift_x * j->h->step[i];
    out->shift_y = fit.shift_y * j->h->step[i];
    out->is_checked = out->agreement_shifted >= AGREEMENT_MIN;
}

double calibrate_shift(const sp_check_camera *c)
{
    if (isnan(c->agreement) || c->agreement_shifted < AGREEMENT_MIN ||
        c->agreement_shifted - c->agreement < 0.02 || c->agreement_shifted < 1.08 * c->agreement)
        return 0;
    return hypot(c->shift_x, c->shift_y);
}

static double shift_at(const judging *j, int i)
{
    return calibrate_shift(&j->report->cameras[j->h->active[i]]);
}

// More than the tolerance and twice what is usual among the trusted cameras but i: few views make a fat hull,
// in which everybody sits a little off.
static bool is_shifted(const judging *j, int i)
{
    double shifts[CAMERAS_MAX];
    int n = 0;
    for (int k = 0; k < j->h->count; k++)
        if ((j->trusted >> k & 1) && k != i)
            shifts[n++] = shift_at(j, k);
    return n >= 2 && shift_at(j, i) > j->report->tolerance_px + 2 * calibrate_median(shifts, n);
}

// The trusted camera whose silhouette is shifted most, when that is too much; else -1.
static int find_shifted(const judging *j)
{
    int worst = -1;
    for (int i = 0; i < j->h->count; i++)
        if ((j->trusted >> i & 1) && (worst < 0 || shift_at(j, i) > shift_at(j, worst)))
            worst = i;
    return worst >= 0 && is_shifted(j, worst) ? worst : -1;
}

// Judge all, and again without the one that stands out, as long as one does and enough are left.
static int judge_all(judging *j, sp_pool *pool)
{
    for (int left = __builtin_popcountll(j->trusted);; left--) {
        sp_pool_run(pool, j->h->count, judge, j);
        for (int i = 0; i < j->h->count; i++)
            if (j->code[i])
                return j->code[i];
        int shifted = left > 3 && 2 * left > j->h->count ? find_shifted(j) : -1;
        if (shifted < 0)
            return SP_OK;
        j->trusted &= ~((uint64_t)1 << shifted);
    }
}

// Whether mattes and hulls have to do with each other at all.
static bool is_usable(const judging *j)
{
    double agreements[CAMERAS_MAX];
    int n = 0;
    for (int i = 0; i < j->h->count; i++) {
        double agreement = j->report->cameras[j->h->active[i]].agreement;
        agreements[n++] = isnan(agreement) ? 0 : agreement;
    }
    return calibrate_median(agreements, n) >= USABLE_MIN;
}

static void forget(judging *j)
{
    for (int i = 0; i < j->h->count; i++) {
        sp_check_camera *c = &j->report->cameras[j->h->active[i]];
        c->agreement = c->agreement_shifted = c->shift_x = c->shift_y = c->explained = NAN;
        c->is_checked = false;
        sp_image_free(&j->report->hulls[j->h->active[i]]);
    }
}

int calibrate_check_hulls(sp_rig_check_report *report, bool *shifted, const sp_view *views, int count,
                          const sp_check_params *params, sp_pool *pool, const sp_progress *progress)
{
    int active[CAMERAS_MAX], step[CAMERAS_MAX], code;
    sp_image own[CAMERAS_MAX] = {{0}};
    hull_check h = {.views = views, .active = active, .own = own, .step = step};
    for (int i = 0; i < count && h.count < CAMERAS_MAX; i++)
        if (views[i].matte && silhouette_area(views[i].matte) >= 16)
            active[h.count++] = i;
    if (h.count < 3)
        return SP_OK;
    judging j = {.h = &h, .report = report};
    if ((code = silhouettes_prepare(&h, params->voxels, pool)) || !h.grid.inside)
        goto done;
    if ((code = sp_progress_step(progress, "silhouettes", 1, 3)) ||
        (code = choose_trusted(&j.trusted, &h, pool)) ||
        (code = sp_progress_step(progress, "silhouettes", 2, 3)))
        goto done;
    if (!(code = judge_all(&j, pool)) && !is_usable(&j)) {
        sp_log(SP_LOG_INFO,
               "the silhouettes fit each other nowhere, so they are not used: only what moves stands out "
               "from a plate that is estimated from the feed");
        forget(&j);
        goto done;
    }
    // A camera may be left out because its matte is poor; what speaks against its calibration is a shift.
    for (int i = 0; i < h.count && !code; i++)
        shifted[active[i]] = is_shifted(&j, i);
    if (!code)
        code = sp_progress_step(progress, "silhouettes", 3, 3);
done:
    silhouettes_free(&h);
    return code;
}
