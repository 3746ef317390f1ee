// The frame set at an instant: each feed's nearest frame, decoded side by side.
#include "take.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Nearer than half an interval counts, with one percent of grace: time bases round, and an instant in the
// middle between two frames must find both feeds of a pair.
#define HALF_INTERVAL 0.505

typedef struct pick {
    bool is_wanted, is_present;
    sp_image8 image;
    double t_s;             // rig clock
    double first_s, last_s; // the feed's footage on the rig clock
    int error;
    char sentence[512]; // errors belong to the thread that met them
} pick;

typedef struct job {
    sp_take *take;
    double t_s;
    pick *picks;
} job;

static bool is_near(const sp_take_feed *clock, const take_feed *feed, double t_feed_s, double wanted_s)
{
    double reach_s = HALF_INTERVAL * feed->interval_s * (1 + clock->drift) + 1e-6;
    return fabs(take_rig_time(clock, t_feed_s) - wanted_s) <= reach_s;
}

static int decode(pick *pick_, const sp_take_feed *clock, take_feed *feed, double wanted_s)
{
    double t_feed = take_feed_time(clock, wanted_s);
    if (!feed->times) {
        double same;
        pick_->is_present = true;
        pick_->t_s = wanted_s;
        return sp_source_at(feed->source, t_feed, &pick_->image, &same);
    }
    pick_->first_s = take_rig_time(clock, feed->times[0]);
    pick_->last_s = take_rig_time(clock, feed->times[feed->count - 1]);
    if (!is_near(clock, feed, feed->times[take_nearest(feed, t_feed)], wanted_s))
        return 0;
    int ret = sp_source_at(feed->source, t_feed, &pick_->image, &t_feed);
    if (ret)
        return ret == SP_EEND ? 0 : ret;
    // A frame that proves damaged gives way to its neighbour, which may be too far.
    pick_->is_present = is_near(clock, feed, t_feed, wanted_s);
    pick_->t_s = take_rig_time(clock, t_feed);
    return 0;
}

static void work(void *context, int64_t index, int worker)
{
    (void)worker;
    job *self = context;
    pick *one = &self->picks[index];
    if (!one->is_wanted)
        return;
    take_feed *feed = NULL;
    one->error = take_feed_get(&feed, self->take, (int)index);
    if (!one->error) {
        one->error = decode(one, &self->take->feeds[index], feed, self->t_s);
        if (one->error)
            sp_error_context(one->error, "feed of camera '%s'", self->take->feeds[index].id);
    }
    if (one->error)
        snprintf(one->sentence, sizeof one->sentence, "%s", sp_error_text());
}

static int first_error(const job *self)
{
    for (int i = 0; i < self->take->rig.count; i++)
        if (self->picks[i].error)
            return sp_error(self->picks[i].error, "%s", self->picks[i].sentence);
    return 0;
}

static int nobody(const job *self)
{
    double begin = INFINITY, end = -INFINITY;
    for (int i = 0; i < self->take->rig.count; i++) {
        if (!self->picks[i].is_wanted)
            continue;
        begin = fmin(begin, self->picks[i].first_s);
        end = fmax(end, self->picks[i].last_s);
    }
    if (self->t_s >= begin && self->t_s <= end)
        return sp_error(SP_EEND,
                        "no camera has a frame at %.3f s, though the footage goes from %.3f s to %.3f s",
                        self->t_s, begin, end);
    return sp_error(SP_EEND, "the instant %.3f s is outside the footage, which goes from %.3f s to %.3f s",
                    self->t_s, begin, end);
}

static void name_absent(const job *self)
{
    char names[400] = "";
    size_t length = 0;
    int absent = 0;
    for (int i = 0; i < self->take->rig.count; i++) {
        if (!self->picks[i].is_wanted || self->picks[i].is_present)
            continue;
        if (length < sizeof names)
            length += (size_t)snprintf(names + length, sizeof names - length, "%s'%s'", absent ? ", " : "",
                                       self->take->feeds[i].id);
        absent++;
    }
    if (absent)
        sp_log(SP_LOG_WARN, "no frame within half a frame interval of %.3f s, left out: camera%s %s",
               self->t_s, absent == 1 ? "" : "s", names);
}

static int gather(sp_frame_set *out, job *self)
{
    int count = 0;
    for (int i = 0; i < self->take->rig.count; i++)
        count += self->picks[i].is_present;
    if (count == 0)
        return nobody(self);
    name_absent(self);
    sp_frame_set set = {.t_s = self->t_s, .frames = sp_calloc((size_t)count, sizeof *set.frames)};
    if (!set.frames)
        return SP_ENOMEM;
    for (int i = 0; i < self->take->rig.count; i++) {
        if (!self->picks[i].is_present)
            continue;
        sp_frame *frame = &set.frames[set.count++];
        frame->camera_index = i;
        frame->t_s = self->picks[i].t_s;
        frame->exposure_s = self->take->feeds[i].exposure_s;
        frame->image = self->picks[i].image;
        self->picks[i].image = (sp_image8){0};
        int ret = sp_take_camera(&frame->camera, self->take, i);
        if (ret) {
            sp_frame_set_free(&set);
            return ret;
        }
    }
    *out = set;
    return 0;
}

int sp_take_frame_set(sp_frame_set *out, sp_take *take, const bool *chosen, double t_s, sp_pool *pool)
{
    if (!isfinite(t_s))
        return sp_error(SP_EINVAL, "the instant asked for is not a number");
    int ret = take_feeds_begin(take);
    if (ret)
        return ret;
    job self = {take, t_s, sp_calloc((size_t)take->rig.count + 1, sizeof *self.picks)};
    if (!self.picks)
        return SP_ENOMEM;
    int wanted = 0;
    for (int i = 0; i < take->rig.count; i++) {
        self.picks[i].is_wanted = take->feeds[i].feed && (!chosen || chosen[i]);
        wanted += self.picks[i].is_wanted;
    }
    if (wanted == 0)
        ret = sp_error(SP_EINVAL, "no chosen camera of the take %s has a feed", take->name);
    else
        sp_pool_run(pool, take->rig.count, work, &self);
    if (!ret)
        ret = first_error(&self);
    if (!ret)
        ret = gather(out, &self);
    for (int i = 0; i < take->rig.count; i++)
        sp_image8_free(&self.picks[i].image);
    free(self.picks);
    return ret;
}

void sp_frame_set_free(sp_frame_set *set)
{
    if (!set)
        return;
    for (int i = 0; i < set->count; i++)
        sp_image8_free(&set->frames[i].image);
    free(set->frames);
    *set = (sp_frame_set){0};
}
