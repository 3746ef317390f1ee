// Feeds: opened when first needed, kept open, and put on the rig's clock.
#include "take.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double take_rig_time(const sp_take_feed *feed, double t_feed_s)
{
    return t_feed_s * (1 + feed->drift) + feed->offset_s;
}

double take_feed_time(const sp_take_feed *feed, double t_rig_s)
{
    return (t_rig_s - feed->offset_s) / (1 + feed->drift);
}

static void close_feed(take_feed *feed)
{
    sp_source_close(&feed->source);
    free(feed->times);
    free(feed->path);
    *feed = (take_feed){0};
}

void take_feeds_close(sp_take *take)
{
    if (!take->open_feeds)
        return;
    for (int i = 0; i < take->open_feeds->count; i++)
        close_feed(&take->open_feeds->feeds[i]);
    free(take->open_feeds->feeds);
    free(take->open_feeds);
    take->open_feeds = NULL;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// The median of the distances: dropped frames and jitter do not move it.
static int usual_interval(double *out, const take_feed *feed)
{
    const sp_source_info *info = sp_source_get_info(feed->source);
    double nominal = info->fps.num > 0 ? 1 / sp_rational_value(info->fps) : 0;
    if (feed->count < 3) {
        *out = nominal;
        return 0;
    }
    size_t n = (size_t)feed->count - 1;
    double *steps = sp_calloc(n, sizeof *steps);
    if (!steps)
        return SP_ENOMEM;
    for (size_t i = 0; i < n; i++)
        steps[i] = feed->times[i + 1] - feed->times[i];
    qsort(steps, n, sizeof *steps, by_value);
    *out = steps[n / 2];
    free(steps);
    return 0;
}

static int open_feed(take_feed *feed, const sp_take *take, const char *feed_path)
{
    sp_source_params params = sp_source_params_default();
    params.image_fps = take->fps;
    params.threads = 1;
    char *path = sp_take_path(take, feed_path);
    feed->path = sp_strdup(feed_path);
    int ret = path && feed->path ? sp_source_open(&feed->source, path, &params) : SP_ENOMEM;
    free(path);
    if (ret || sp_source_get_info(feed->source)->is_still)
        return ret;
    ret = sp_source_times(feed->source, &feed->times, &feed->count);
    if (!ret && feed->count == 0)
        ret = sp_error(SP_EFORMAT, "%s holds no frame", feed_path);
    return ret ? ret : usual_interval(&feed->interval_s, feed);
}

int take_feed_get(take_feed **out, sp_take *take, int camera_index)
{
    const sp_take_feed *wanted = &take->feeds[camera_index];
    if (!wanted->feed)
        return sp_error(SP_EINVAL, "camera '%s' has no feed", wanted->id);
    take_feed *feed = &take->open_feeds->feeds[camera_index];
    if (feed->source && strcmp(feed->path, wanted->feed))
        close_feed(feed);
    if (!feed->source) {
        int ret = open_feed(feed, take, wanted->feed);
        if (ret) {
            close_feed(feed);
            return sp_error_context(ret, "feed of camera '%s'", wanted->id);
        }
    }
    *out = feed;
    return 0;
}

int take_feeds_begin(sp_take *take)
{
    if (take->open_feeds)
        return 0;
    struct take_open_feeds *open = sp_calloc(1, sizeof *open);
    if (open)
        open->feeds = sp_calloc((size_t)take->rig.count + 1, sizeof *open->feeds);
    if (!open || !open->feeds) {
        free(open);
        return SP_ENOMEM;
    }
    open->count = take->rig.count;
    take->open_feeds = open;
    return 0;
}

typedef struct opening {
    sp_take *take;
    const bool *chosen;
} opening;

static void open_one(void *context, int64_t i, int worker)
{
    (void)worker;
    opening *job = context;
    take_feed *feed;
    // What fails here fails again where it matters, with a sentence there.
    if (job->take->feeds[i].feed && (!job->chosen || job->chosen[i]))
        take_feed_get(&feed, job->take, (int)i);
}

int sp_take_open_feeds(sp_take *take, const bool *chosen, sp_pool *pool)
{
    opening job = {take, chosen};
    int ret = take_feeds_begin(take);
    if (!ret)
        sp_pool_run(pool, take->rig.count, open_one, &job);
    return ret;
}

int64_t take_nearest(const take_feed *feed, double t_feed_s)
{
    int64_t low = 0, high = feed->count; // the first frame later than t_feed_s
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (feed->times[middle] <= t_feed_s)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return 0;
    if (low == feed->count)
        return low - 1;
    return t_feed_s - feed->times[low - 1] <= feed->times[low] - t_feed_s ? low - 1 : low;
}

// ---- Sizes

sp_camera take_camera_for(const sp_camera *camera, int width, int height, char **assumed)
{
    if (assumed)
        *assumed = NULL;
    if (width == camera->width && height == camera->height)
        return *camera;
    // The same aspect, as far as whole pixels can have it.
    double fitting_width = (double)camera->width * height / camera->height;
    double fitting_height = (double)camera->height * width / camera->width;
    if (fabs(fitting_width - width) <= 1 || fabs(fitting_height - height) <= 1) {
        if (assumed)
            *assumed = sp_format("the intrinsics are scaled to it");
        return sp_camera_resized(camera, width, height);
    }
    sp_camera cut = *camera;
    cut.width = width;
    cut.height = height;
    if (assumed)
        *assumed =
            sp_format("another aspect, so it counts as cut at the right and bottom%s",
                      (width > height) != (camera->width > camera->height)
                          ? " (it looks turned by 90 degrees: calibrate the pictures as they are shown)"
                          : "");
    return cut;
}

static int picture_size(int *width, int *height, sp_take *take, int camera_index)
{
    const sp_take_feed *feed = &take->feeds[camera_index];
    if (feed->feed) {
        take_feed *open = NULL;
        int ret = take_feed_get(&open, take, camera_index);
        if (ret)
            return ret;
        *width = sp_source_get_info(open->source)->width;
        *height = sp_source_get_info(open->source)->height;
        return 0;
    }
    if (feed->plate) {
        char *path = sp_take_path(take, feed->plate);
        int ret = path ? sp_image_probe(width, height, path) : SP_ENOMEM;
        free(path);
        return ret ? sp_error_context(ret, "plate of camera '%s'", feed->id) : 0;
    }
    *width = take->rig.cameras[camera_index].width;
    *height = take->rig.cameras[camera_index].height;
    return 0;
}

int sp_take_camera(sp_camera *out, sp_take *take, int camera_index)
{
    if (camera_index < 0 || camera_index >= take->rig.count)
        return sp_error(SP_EINVAL, "the take %s has no camera number %d", take->name, camera_index);
    int width, height;
    int ret = take_feeds_begin(take);
    if (!ret)
        ret = picture_size(&width, &height, take, camera_index);
    if (ret)
        return ret;
    const sp_camera *camera = &take->rig.cameras[camera_index];
    take_feed *feed = &take->open_feeds->feeds[camera_index];
    char *assumed = NULL;
    *out = take_camera_for(camera, width, height, &assumed);
    if (assumed && !feed->is_size_said)
        sp_log(SP_LOG_INFO, "camera '%s': calibrated at %dx%d, its pictures are %dx%d: %s", camera->id,
               camera->width, camera->height, width, height, assumed);
    feed->is_size_said |= assumed != NULL;
    free(assumed);
    return 0;
}

// ---- Span and samples

int sp_take_span(double *begin_s, double *end_s, sp_take *take, const bool *chosen)
{
    int ret = take_feeds_begin(take);
    if (ret)
        return ret;
    double begin = -INFINITY, end = INFINITY;
    const char *latest = "", *earliest = "";
    bool has_any = false;
    for (int i = 0; i < take->rig.count; i++) {
        const sp_take_feed *clock = &take->feeds[i];
        if (!clock->feed || (chosen && !chosen[i]))
            continue;
        take_feed *feed = NULL;
        ret = take_feed_get(&feed, take, i);
        if (ret)
            return ret;
        has_any = true;
        if (!feed->times)
            continue;
        double first = take_rig_time(clock, feed->times[0]);
        double last = take_rig_time(clock, feed->times[feed->count - 1]);
        if (first > begin) {
            begin = first;
            latest = clock->id;
        }
        if (last < end) {
            end = last;
            earliest = clock->id;
        }
    }
    if (!has_any)
        return sp_error(SP_EINVAL, "no chosen camera of the take %s has a feed", take->name);
    if (begin == -INFINITY)
        begin = end = 0; // stills only: a static scene has one instant
    if (begin > end)
        return sp_error(
            SP_EINVAL,
            "the feeds have no instant in common: camera '%s' starts at %.3f s, after camera '%s' ends "
            "at %.3f s",
            latest, begin, earliest, end);
    *begin_s = begin;
    *end_s = end;
    return 0;
}

static int read_samples(sp_image8 *images, int *count, take_feed *feed, int want)
{
    for (int i = 0; i < want; i++) {
        // The middle of each of `want` equal parts.
        int64_t frame = feed->times ? (int64_t)((2 * i + 1) * (double)feed->count / (2.0 * want)) : 0;
        double t_s;
        int ret = sp_source_at(feed->source, feed->times ? feed->times[frame] : 0, &images[*count], &t_s);
        if (ret == SP_EEND)
            continue;
        if (ret)
            return ret;
        (*count)++;
    }
    return 0;
}

int sp_take_samples(sp_image8 **out, int *count, sp_camera *camera, sp_take *take, int camera_index, int want)
{
    if (want < 1)
        return sp_error(SP_EINVAL, "%d samples of a feed are not possible", want);
    sp_camera adjusted;
    int ret = sp_take_camera(&adjusted, take, camera_index);
    take_feed *feed = NULL;
    if (!ret)
        ret = take_feed_get(&feed, take, camera_index);
    if (ret)
        return ret;
    int64_t available = feed->times ? feed->count : 1;
    if (want > available)
        want = (int)available;
    sp_image8 *images = sp_calloc((size_t)want, sizeof *images);
    if (!images)
        return SP_ENOMEM;
    int found = 0;
    ret = read_samples(images, &found, feed, want);
    if (!ret && found == 0)
        ret = sp_error(SP_EFORMAT, "%s holds no frame that decodes", feed->path);
    if (ret) {
        for (int i = 0; i < want; i++)
            sp_image8_free(&images[i]);
        free(images);
        return sp_error_context(ret, "feed of camera '%s'", take->feeds[camera_index].id);
    }
    *out = images;
    *count = found;
    if (camera)
        *camera = adjusted;
    return 0;
}
