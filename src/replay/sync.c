// The clocks of a take's cameras, from an athlete who moves.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "choose.h"
#include "instant.h"

// Matched pictures say where he is to about this, so that whoever crosses a picture at 300 px/s tells the
// time to a millisecond.
#define MATCH_PX 0.3
// An athlete who crosses a picture more slowly says nothing about its clock.
#define LEAST_SPEED_PX_S 60.0
// Outlines alone, in which limbs go their own ways, are believed beyond this, and pictures are compared so
// often.
#define OUTLINE_PX 2.0
#define FINE_PASSES 2
#define LEAST_CAMERAS 3
// Clocks can be told apart by half a frame: beyond, it is another frame that fits.
#define REACH_FRAMES 0.5

typedef struct sync_job {
    sp_take *take;
    bool *chosen;
    replay_plates plates;
    double (*gains)[6];
    bool is_fine;           // pictures are compared, not only outlines
    double *sums, *weights; // per camera of the rig, of this pass
    sp_pool *pool;
    const sp_progress *progress;
} sync_job;

static int compare_clocks(sync_job *j, const replay_instant *instant)
{
    int count = instant->set.count, neighbour_count = 0, before_count = 0;
    if (count < LEAST_CAMERAS)
        return SP_OK; // two clocks that differ could as well be one that is right
    sp_view *views = sp_calloc((size_t)count, sizeof *views), *neighbours = NULL;
    double *offset_s = sp_calloc((size_t)count, sizeof *offset_s);
    double *speed_px_s = sp_calloc((size_t)count, sizeof *speed_px_s);
    int code = views && offset_s && speed_px_s ? SP_OK : SP_ENOMEM;
    for (int i = 0; i < count && code == SP_OK; i++) {
        const sp_frame *frame = &instant->set.frames[i];
        views[i] = replay_view(frame, &frame->camera, &j->plates.plates[frame->camera_index],
                               &instant->stands[frame->camera_index], &instant->mattes[i], j->gains[i],
                               instant->t_s);
    }
    if (code == SP_OK)
        code = replay_around_views(&neighbours, &neighbour_count, &before_count, &instant->around,
                                   &instant->set, &j->plates, instant->stands);
    double reach_s = REACH_FRAMES / sp_rational_value(j->take->fps);
    if (code == SP_OK && neighbour_count > 0 && j->is_fine)
        code = sp_recon_clocks_refine(offset_s, speed_px_s, views, count, neighbours, neighbour_count,
                                      before_count, j->pool, j->progress);
    else if (code == SP_OK && neighbour_count > 0)
        code = sp_recon_clocks(offset_s, speed_px_s, views, count, neighbours, neighbour_count, reach_s,
                               j->pool, j->progress);
    for (int i = 0; i < count && code == SP_OK; i++) {
        int camera = instant->set.frames[i].camera_index;
        if (speed_px_s[i] < LEAST_SPEED_PX_S)
            continue;
        double weight = speed_px_s[i] * speed_px_s[i];
        j->sums[camera] += weight * offset_s[i];
        j->weights[camera] += weight;
    }
    free(views);
    free(neighbours);
    free(offset_s);
    free(speed_px_s);
    return code;
}

static int see_instant(sync_job *j, double t_s)
{
    replay_instant instant = {.t_s = t_s, .needs_around = true};
    int code =
        replay_instant_see(&instant, j->take, j->chosen, &j->plates, j->gains, NULL, j->pool, j->progress);
    if (code == SP_OK)
        code = compare_clocks(j, &instant);
    replay_instant_free(&instant);
    return code;
}

// A pass over all instants with the clocks as they are by now.
static int look(sync_job *j, const double *times_s, int count)
{
    size_t cameras = (size_t)j->take->rig.count;
    memset(j->sums, 0, cameras * sizeof *j->sums);
    memset(j->weights, 0, cameras * sizeof *j->weights);
    int code = SP_OK;
    for (int i = 0; i < count && code == SP_OK; i++)
        code = see_instant(j, times_s[i]);
    return code;
}

// Outlines tell large errors and none that are smaller than their own.
static void set_roughly(sync_job *j)
{
    for (int i = 0; i < j->take->rig.count; i++) {
        double off_s = j->weights[i] > 0 ? j->sums[i] / j->weights[i] : 0;
        if (fabs(off_s) * sqrt(j->weights[i]) > OUTLINE_PX)
            j->take->feeds[i].offset_s += off_s;
    }
}

static void set_finely(sync_job *j)
{
    for (int i = 0; i < j->take->rig.count; i++)
        if (j->weights[i] > 0) {
            j->take->feeds[i].offset_s += j->sums[i] / j->weights[i];
            j->take->feeds[i].uncertainty_s = MATCH_PX / sqrt(j->weights[i]);
        }
}

static int solve(sync_job *j, const double *times_s, int count)
{
    int code = look(j, times_s, count);
    if (code == SP_OK)
        set_roughly(j);
    j->is_fine = true;
    for (int pass = 0; pass < FINE_PASSES && code == SP_OK; pass++) {
        code = look(j, times_s, count);
        if (code == SP_OK)
            set_finely(j);
    }
    return code;
}

// A clock as the take has it.
typedef struct take_clock {
    double offset_s, uncertainty_s;
} take_clock;

static void keep_clocks(take_clock *out, const sp_take *take)
{
    for (int i = 0; i < take->rig.count; i++)
        out[i] = (take_clock){take->feeds[i].offset_s, take->feeds[i].uncertainty_s};
}

static void restore_clocks(sp_take *take, const take_clock *clocks)
{
    for (int i = 0; i < take->rig.count; i++) {
        take->feeds[i].offset_s = clocks[i].offset_s;
        take->feeds[i].uncertainty_s = clocks[i].uncertainty_s;
    }
}

// What was found, against the clocks that the take began with.
static int report_clocks(sp_sync_report *report, sync_job *j, const take_clock *begin)
{
    for (int i = 0; i < j->take->rig.count; i++)
        if (j->weights[i] > 0) {
            report->cameras++;
            report->widest_s = fmax(report->widest_s, fabs(j->take->feeds[i].offset_s - begin[i].offset_s));
        }
    if (report->cameras == 0)
        return sp_error(SP_EINVAL,
                        "at these instants nobody moves fast enough to tell the clocks by; name others");
    j->take->has_sync = true;
    return SP_OK;
}

int sp_replay_sync(sp_sync_report *report, sp_take *take, const double *times_s, int count,
                   const sp_replay_params *params, sp_pool *pool, const sp_progress *progress)
{
    int used;
    size_t cameras = (size_t)take->rig.count + 1;
    sync_job j = {.take = take, .pool = pool, .progress = progress};
    sp_sync_report found = {0};
    int code = replay_choose(&j.chosen, &used, take, &params->cameras, LEAST_CAMERAS);
    if (code == SP_OK)
        code = sp_take_open_feeds(take, j.chosen, pool);
    if (code == SP_OK)
        code = replay_check_times(times_s, count, take, j.chosen);
    if (code == SP_OK)
        code = replay_plates_load(&j.plates, take, j.chosen, pool);
    j.gains = sp_calloc(cameras, sizeof *j.gains);
    j.sums = sp_calloc(cameras, sizeof *j.sums);
    j.weights = sp_calloc(cameras, sizeof *j.weights);
    take_clock *begin = sp_calloc(cameras, sizeof *begin);
    if (code == SP_OK && (!j.gains || !j.sums || !j.weights || !begin))
        code = SP_ENOMEM;
    if (code == SP_OK) {
        keep_clocks(begin, take);
        code = solve(&j, times_s, count);
        if (code == SP_OK)
            code = report_clocks(&found, &j, begin);
        if (code != SP_OK)
            restore_clocks(take, begin);
    }
    if (code == SP_OK && report)
        *report = found;
    replay_plates_free(&j.plates);
    free(j.chosen);
    free(j.gains);
    free(j.sums);
    free(j.weights);
    free(begin);
    return code;
}
