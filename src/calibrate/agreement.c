// Do the corners agree? Each view is matched with its neighbours; what three or more see is triangulated from
// the others and must fall where the camera saw it. Two views only say how far a corner is off its epipolar
// line, which a turn along that line hides.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "matching.h"
#include "parts.h"

#define NEIGHBOUR_MIN_RAD (3 * M_PI / 180)   // nearer views tell little about each other
#define NEIGHBOUR_MAX_RAD (100 * M_PI / 180) // farther ones see other sides
#define TRACK_ANGLE_RAD (2 * M_PI / 180)     // rays of the others must cross at least so steeply

enum { TRACKS_MIN = 12, MATCHES_MIN = 12, DENSE_MIN = 8, TRACK_VIEWS_MAX = 16 };

typedef struct pair_job {
    int from, to;
    matching_pair *pairs;
    int count;
} pair_job;

typedef struct agreement {
    const sp_view *views;
    matching_view *looks;
    int count;
    pair_job *jobs;
    int job_count;
    const int *active; // views with a picture
    int active_count, features;
    double tolerance, *reach;
} agreement;

double calibrate_median(double *values, int count)
{
    if (count == 0)
        return NAN;
    // Insertion into halves would do; lists are short and this is not where time goes.
    for (int gap = count / 2; gap > 0; gap /= 2)
        for (int i = gap; i < count; i++) {
            double value = values[i];
            int k = i;
            for (; k >= gap && values[k - gap] > value; k -= gap)
                values[k] = values[k - gap];
            values[k] = value;
        }
    return count % 2 ? values[count / 2] : 0.5 * (values[count / 2 - 1] + values[count / 2]);
}

// ---- Neighbours -------------------------------------------------------------------------------------------

static double angle_between(sp_vec3 a, sp_vec3 b)
{
    return atan2(sp_v3_norm(sp_v3_cross(a, b)), sp_v3_dot(a, b));
}

typedef struct neighbour {
    int view;
    double penalty;
} neighbour;

static int compare_neighbours(const void *a, const void *b)
{
    const neighbour *p = a, *q = b;
    if (p->penalty != q->penalty)
        return p->penalty < q->penalty ? -1 : 1;
    return p->view - q->view;
}

// The views that see the focus from the most similar direction, but not from the same place.
static int find_neighbours(neighbour *list, const agreement *a, int from, sp_vec3 focus)
{
    int n = 0;
    sp_vec3 eye = sp_v3_sub(sp_camera_center(&a->views[from].camera), focus);
    for (int i = 0; i < a->active_count; i++) {
        int to = a->active[i];
        sp_vec3 other = sp_v3_sub(sp_camera_center(&a->views[to].camera), focus);
        double angle = angle_between(eye, other);
        if (to == from || angle > NEIGHBOUR_MAX_RAD)
            continue;
        double scale = fabs(log(fmax(sp_v3_norm(eye), 1e-9) / fmax(sp_v3_norm(other), 1e-9)));
        list[n++] = (neighbour){to, angle + 0.3 * scale + (angle < NEIGHBOUR_MIN_RAD ? 1 : 0)};
    }
    qsort(list, (size_t)n, sizeof *list, compare_neighbours);
    return n;
}

static int plan(agreement *a, int neighbours)
{
    sp_camera *cameras = sp_calloc((size_t)a->active_count, sizeof *cameras);
    neighbour *list = sp_calloc((size_t)a->active_count, sizeof *list);
    a->jobs = sp_calloc((size_t)a->active_count * (size_t)neighbours, sizeof *a->jobs);
    if (!cameras || !list || !a->jobs) {
        free(cameras);
        free(list);
        return SP_ENOMEM;
    }
    for (int i = 0; i < a->active_count; i++)
        cameras[i] = a->views[a->active[i]].camera;
    sp_vec3 focus = sp_rig_focus(&(sp_rig){.cameras = cameras, .count = a->active_count});
    for (int i = 0; i < a->active_count; i++) {
        int from = a->active[i], n = find_neighbours(list, a, from, focus);
        a->reach[from] = sp_v3_norm(sp_v3_sub(focus, sp_camera_center(&a->views[from].camera)));
        for (int k = 0; k < n && k < neighbours; k++)
            a->jobs[a->job_count++] = (pair_job){.from = from, .to = list[k].view};
    }
    free(cameras);
    free(list);
    return SP_OK;
}

// ---- Work of the pool
// ---------------------------------------------------------------------------------------

static void look(void *context, int64_t i, int worker)
{
    (void)worker;
    agreement *a = context;
    int view = a->active[i];
    // A failure leaves the view without corners; memory is asked for again by what follows.
    if (matching_view_init(&a->looks[view], &a->views[view], a->features))
        memset(&a->looks[view], 0, sizeof a->looks[view]);
}

// How far from its epipolar line a corner is looked for, pixels of the camera's own picture: so wide that a
// knocked camera still finds its matches, not so wide that chance finds many.
static double band_of(const sp_camera *camera, double tolerance_px)
{
    return fmax(8 * tolerance_px, 0.03 * camera->width);
}

static int compare_distances(const void *a, const void *b)
{
    double p = ((const matching_pair *)a)->distance, q = ((const matching_pair *)b)->distance;
    return (p > q) - (p < q);
}

// True matches lie at one distance from their lines (0, or what a wrong calibration makes of it), chance ones
// anywhere in the band. Keep those around the densest place when it holds more than chance does: its
// expectation and three deviations more. Otherwise the pair of views says nothing.
static int keep_dense(matching_pair *pairs, int count, double band, double width)
{
    int most = 0, first = 0;
    qsort(pairs, (size_t)count, sizeof *pairs, compare_distances);
    for (int i = 0, j = 0; i < count; i++) {
        while (j < count && pairs[j].distance <= pairs[i].distance + width)
            j++;
        if (j - i > most)
            most = j - i, first = i;
    }
    double chance = (count - most) * width / fmax(2 * band - width, width);
    if (most < DENSE_MIN || most < chance + 3 * sqrt(chance + 1))
        return 0;
    memmove(pairs, pairs + first, sizeof *pairs * (size_t)most);
    return most;
}

static void match(void *context, int64_t i, int worker)
{
    (void)worker;
    agreement *a = context;
    pair_job *job = &a->jobs[i];
    const matching_view *from = &a->looks[job->from], *to = &a->looks[job->to];
    job->pairs = sp_calloc((size_t)from->count + 1, sizeof *job->pairs);
    if (!job->pairs || !from->count || !to->count)
        return;
    double band = band_of(&a->views[job->to].camera, a->tolerance) / to->px;
    int found = matching_find(job->pairs, from, to, band, a->reach[job->from], a->reach[job->to]);
    job->count = keep_dense(job->pairs, found, band, 2.5 * a->tolerance / to->px);
}

// ---- Judgement
// ----------------------------------------------------------------------------------------------

static sp_vec2 original_px(const matching_view *look, const sp_view *view, sp_vec2 p)
{
    sp_vec3 d;
    sp_vec2 out = {NAN, NAN};
    if (sp_camera_ray(&d, &look->camera, p))
        sp_camera_project(&out, &view->camera, sp_v3_add(sp_camera_center(&view->camera), d));
    return out;
}

static int gather_matches(sp_rig_check_report *report, const agreement *a)
{
    int n = 0;
    for (int j = 0; j < a->job_count; j++)
        n += a->jobs[j].count;
    if (!(report->matches = sp_calloc((size_t)n + 1, sizeof *report->matches)))
        return SP_ENOMEM;
    for (int j = 0; j < a->job_count; j++) {
        const pair_job *job = &a->jobs[j];
        const matching_view *from = &a->looks[job->from], *to = &a->looks[job->to];
        for (int k = 0; k < job->count; k++) {
            const matching_pair *pair = &job->pairs[k];
            report->matches[report->match_count++] = (sp_check_match){
                .from = job->from,
                .to = job->to,
                .at = original_px(from, &a->views[job->from], from->corners[pair->from_corner]),
                .other = original_px(to, &a->views[job->to], pair->other),
                .distance_px = pair->distance * to->px,
            };
        }
    }
    return SP_OK;
}

// A corner and what its neighbours saw of it.
typedef struct track {
    int count, views[TRACK_VIEWS_MAX];
    sp_vec2 px[TRACK_VIEWS_MAX];
    sp_vec3 rays[TRACK_VIEWS_MAX];
} track;

// The k-th view's error against what the other trusted ones say; NaN when they say nothing.
static double track_error(const track *t, int k, const sp_view *views, const bool *flagged)
{
    sp_vec3 origins[TRACK_VIEWS_MAX], rays[TRACK_VIEWS_MAX], point;
    int n = 0;
    double widest = 0;
    for (int i = 0; i < t->count; i++) {
        if (i == k || flagged[t->views[i]])
            continue;
        for (int j = 0; j < n; j++)
            widest = fmax(widest, angle_between(rays[j], t->rays[i]));
        origins[n] = sp_camera_center(&views[t->views[i]].camera);
        rays[n++] = t->rays[i];
    }
    sp_vec2 px;
    if (n < 2 || widest < TRACK_ANGLE_RAD || !sp_triangulate_rays(&point, origins, rays, n) ||
        !sp_camera_project(&px, &views[t->views[k]].camera, point))
        return NAN;
    return hypot(px.x - t->px[k].x, px.y - t->px[k].y);
}

// Matches of one corner stand apart, one in each job of its view: jobs of a view follow each other.
static void collect_track(track *t, const agreement *a, int first_job, int last_job, int corner)
{
    t->count = 0;
    for (int j = first_job; j < last_job; j++) {
        const pair_job *job = &a->jobs[j];
        for (int k = 0; k < job->count && t->count + 1 < TRACK_VIEWS_MAX; k++) {
            if (job->pairs[k].from_corner != corner)
                continue;
            if (t->count == 0) {
                t->views[0] = job->from;
                t->px[0] = original_px(&a->looks[job->from], &a->views[job->from],
                                       a->looks[job->from].corners[corner]);
                t->count = 1;
            }
            t->views[t->count] = job->to;
            t->px[t->count++] = original_px(&a->looks[job->to], &a->views[job->to], job->pairs[k].other);
            break;
        }
    }
    for (int i = 0; i < t->count; i++)
        if (!sp_camera_ray(&t->rays[i], &a->views[t->views[i]].camera, t->px[i]))
            t->count = 0;
}

static int gather_tracks(track **out, int *count, const agreement *a)
{
    int n = 0, room = 0;
    track *list = NULL;
    for (int first = 0, last; first < a->job_count; first = last) {
        int from = a->jobs[first].from;
        for (last = first; last < a->job_count && a->jobs[last].from == from; last++)
            ;
        for (int corner = 0; corner < a->looks[from].count; corner++) {
            track t;
            collect_track(&t, a, first, last, corner);
            if (t.count < 3)
                continue;
            if (n == room) {
                room = room ? 2 * room : 256;
                track *grown = realloc(list, (size_t)room * sizeof *list);
                if (!grown) {
                    free(list);
                    return sp_error(SP_ENOMEM, "out of memory for %d corners", room);
                }
                list = grown;
            }
            list[n++] = t;
        }
    }
    *out = list;
    *count = n;
    return SP_OK;
}

// One camera's values against those that are not flagged.
static void measure(sp_check_camera *out, const sp_rig_check_report *report, const track *tracks,
                    int track_count, const sp_view *views, const bool *flagged, int view, double *scratch)
{
    int n = 0, near = 0;
    for (int i = 0; i < report->match_count; i++) {
        const sp_check_match *m = &report->matches[i];
        if ((m->from != view && m->to != view) || flagged[m->from == view ? m->to : m->from])
            continue;
        scratch[n++] = fabs(m->distance_px);
        near += fabs(m->distance_px) <= report->tolerance_px;
    }
    out->matches = n;
    out->epipolar_share = n > 0 ? (double)near / n : NAN;
    out->epipolar_px = n >= MATCHES_MIN ? calibrate_median(scratch, n) : NAN;
    n = 0;
    // What is farther off than a match may be from its line is no error of the calibration but a wrong match.
    double farthest = 2 * band_of(&views[view].camera, report->tolerance_px);
    for (int i = 0; i < track_count; i++)
        for (int k = 0; k < tracks[i].count; k++) {
            double error = tracks[i].views[k] == view ? track_error(&tracks[i], k, views, flagged) : NAN;
            if (error <= farthest) // not for NaN
                scratch[n++] = error;
        }
    // Repeated patterns (seats, boards) give chains of wrong matches that each lie on their lines. They spoil
    // some of a camera's tracks; a wrong calibration spoils all of them: hence the lower third.
    calibrate_median(scratch, n); // sorts
    out->track_px = n >= TRACKS_MIN ? scratch[n / 3] : NAN;
}

static double error_of(const sp_check_camera *c)
{
    return isnan(c->track_px) ? c->epipolar_px : c->track_px;
}

typedef struct jury {
    sp_rig_check_report *report;
    const agreement *a;
    const track *tracks;
    int track_count;
    double *scratch, *errors; // room for all samples, for a value per view
    bool *flagged;
} jury;

// Measure all against those not flagged. Returns the sum of the errors of the latter, and what is too much.
static double hear(const jury *j, double *limit)
{
    int n = 0;
    double sum = 0;
    for (int i = 0; i < j->a->active_count; i++) {
        int view = j->a->active[i];
        sp_check_camera *c = &j->report->cameras[view];
        measure(c, j->report, j->tracks, j->track_count, j->a->views, j->flagged, view, j->scratch);
        if (isnan(error_of(c)) || j->flagged[view])
            continue;
        j->errors[n++] = error_of(c);
        sum += error_of(c);
    }
    double middle = n > 0 ? calibrate_median(j->errors, n) : 0;
    *limit = n < 3 ? INFINITY : fmax(j->report->tolerance_px, 2 * middle);
    return sum;
}

// A wrong camera spoils its neighbours' values too, and sometimes more than its own. Of those over the limit
// the one is flagged without which the others agree best.
static int accuse(const jury *j, double limit)
{
    int culprit = -1, suspects = 0;
    double least = INFINITY, unused;
    int *suspect = sp_calloc((size_t)j->a->count, sizeof *suspect);
    for (int i = 0; suspect && i < j->a->active_count; i++) {
        int view = j->a->active[i];
        if (!j->flagged[view] && error_of(&j->report->cameras[view]) > limit)
            suspect[suspects++] = view;
    }
    for (int i = 0; i < suspects; i++) {
        j->flagged[suspect[i]] = true;
        double rest = hear(j, &unused);
        j->flagged[suspect[i]] = false;
        if (rest < least)
            least = rest, culprit = suspect[i];
    }
    free(suspect);
    return culprit;
}

static int judge(sp_rig_check_report *report, const agreement *a, const track *tracks, int track_count)
{
    int samples = report->match_count + 1;
    for (int i = 0; i < track_count; i++)
        samples += tracks[i].count;
    jury j = {.report = report, .a = a, .tracks = tracks, .track_count = track_count};
    j.scratch = sp_calloc((size_t)samples, sizeof *j.scratch);
    j.errors = sp_calloc((size_t)a->count, sizeof *j.errors);
    j.flagged = sp_calloc((size_t)a->count, sizeof *j.flagged);
    int code = j.scratch && j.errors && j.flagged ? SP_OK : SP_ENOMEM;
    for (int left = a->active_count; !code; left--) {
        double limit;
        hear(&j, &limit);
        int culprit = left > 3 && 2 * left > a->active_count ? accuse(&j, limit) : -1;
        if (culprit < 0) {
            hear(&j, &limit);
            break;
        }
        j.flagged[culprit] = true;
    }
    for (int i = 0; i < a->count && !code; i++) {
        sp_check_camera *c = &report->cameras[i];
        c->is_suspect = c->is_suspect || j.flagged[i];
        c->is_checked = c->is_checked || !isnan(error_of(c));
    }
    free(j.scratch);
    free(j.errors);
    free(j.flagged);
    return code;
}

int calibrate_check_corners(sp_rig_check_report *report, const sp_view *views, int count,
                            const sp_check_params *params, sp_pool *pool, const sp_progress *progress)
{
    int *active = sp_calloc((size_t)count, sizeof *active), code = SP_OK, track_count = 0;
    track *tracks = NULL;
    agreement a = {.views = views,
                   .count = count,
                   .active = active,
                   .features = params->features,
                   .tolerance = report->tolerance_px};
    a.looks = sp_calloc((size_t)count, sizeof *a.looks);
    a.reach = sp_calloc((size_t)count, sizeof *a.reach);
    if (!active || !a.looks || !a.reach) {
        code = SP_ENOMEM;
        goto done;
    }
    for (int i = 0; i < count; i++)
        if (views[i].image)
            active[a.active_count++] = i;
    if (a.active_count < 2 || (code = plan(&a, params->neighbours)))
        goto done;
    sp_pool_run(pool, a.active_count, look, &a);
    if ((code = sp_progress_step(progress, "corners", 1, 3)))
        goto done;
    sp_pool_run(pool, a.job_count, match, &a);
    if ((code = sp_progress_step(progress, "corners", 2, 3)) || (code = gather_matches(report, &a)) ||
        (code = gather_tracks(&tracks, &track_count, &a)) || (code = judge(report, &a, tracks, track_count)))
        goto done;
    code = sp_progress_step(progress, "corners", 3, 3);
done:
    for (int i = 0; a.looks && i < count; i++)
        matching_view_free(&a.looks[i]);
    for (int j = 0; j < a.job_count; j++)
        free(a.jobs[j].pairs);
    free(a.jobs);
    free(a.looks);
    free(a.reach);
    free(active);
    free(tracks);
    return code;
}
