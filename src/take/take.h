// What the files of the take module share. Internal to take.
#ifndef TAKE_H
#define TAKE_H

#include <stillpoint/take.h>

// An open feed and the times of its frames. One thread at a time works on one feed.
typedef struct take_feed {
    char *path; // as opened: a changed sp_take_feed.feed opens anew
    sp_source *source;
    double *times; // on the feed's own clock, growing; NULL for a still
    int64_t count;
    double interval_s; // the usual distance of two frames (median)
    bool is_size_said;
} take_feed;

struct take_open_feeds {
    take_feed *feeds; // one per camera of the rig
    int count;
};

// The open feed of a camera, opened when it is not. SP_EINVAL: the camera has none. Sentences name the
// camera.
int take_feed_get(take_feed **out, sp_take *take, int camera_index);
// Make room for open feeds, before the first take_feed_get().
int take_feeds_begin(sp_take *take);
void take_feeds_close(sp_take *take);
// The rig's camera for a picture of another size. *assumed (nullable) is set to a sentence's end when
// something was assumed, else NULL; free() it.
sp_camera take_camera_for(const sp_camera *camera, int width, int height, char **assumed);
// The frame of a feed that is nearest to an instant: its index. The feed must have times.
int64_t take_nearest(const take_feed *feed, double t_feed_s);

// Clocks: t_rig = t_feed * (1 + drift) + offset_s.
double take_rig_time(const sp_take_feed *feed, double t_feed_s);
double take_feed_time(const sp_take_feed *feed, double t_rig_s);

// "fps": a number or [numerator, denominator]. fps is left alone when the field is absent.
int take_read_fps(sp_rational *fps, const sp_json *document, const char *what);
int take_write_fps(sp_json *document, sp_rational fps);

// The entry of a document's "cameras" with this id; NULL: none (also for no document).
const sp_json *take_find_entry(const sp_json *document, const char *id);

// The place of a camera in the rig, or -1.
int take_find_camera(const sp_take *take, const char *id);
// A feed without a path for each camera of the rig.
int take_feeds_for_rig(sp_take *take);

#endif
