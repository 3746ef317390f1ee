#include "clip_frames.h"

#include <stillpoint/recon.h>

#include <stdlib.h>

// Everything one clip needs while it is being written.
typedef struct clip {
    sp_clip_params params;
    sp_take *take;
    sp_scene *scene;
    const sp_progress *progress;
    sp_pool *pool;
    bool *chosen; // the one camera whose footage runs in and out
    sp_box athlete;
    double freeze_s, fps;
    int run_in, hold, turn, run_out, written, total;
    sp_camera feed_camera;
    sp_camera view; // what the drawing buffer was made for
    sp_orbit *orbit;
    direct_warp warp; // feed picture to the first view of the orbit
    sp_renderer *renderer;
    sp_writer *writer;
    sp_image drawn;
    sp_image8 frozen_feed, frozen_drawn, frame;
    double render_s, encode_s;
} clip;

sp_clip_params sp_clip_params_default(void)
{
    return (sp_clip_params){.run_in_s = 1,
                            .run_out_s = 1,
                            .hold_s = 0.3,
                            .orbit = sp_orbit_params_default(),
                            .quality = SP_QUALITY_GOOD,
                            .kernels = SP_KERNELS_AUTO};
}

// ---- Choices that follow from the footage

// The nominal rate halved while it is over 30 (nobody sees more in a slow orbit, and it costs twice), doubled
// while it is too low for smooth motion.
static sp_rational clip_rate(sp_rational fps, sp_rational wanted)
{
    if (wanted.num > 0 && wanted.den > 0)
        return wanted;
    if (fps.num <= 0 || fps.den <= 0)
        return (sp_rational){30, 1};
    while (fps.num > 30.01 * fps.den)
        fps.den *= 2;
    while (fps.num < 16.0 * fps.den)
        fps.num *= 2;
    return fps;
}

static void clip_size(int *width, int *height, const sp_camera *feed)
{
    if (*width > 0 && *height > 0)
        return;
    bool is_upright = feed->height > feed->width;
    double limit_x = is_upright ? 1080 : 1920, limit_y = is_upright ? 1920 : 1080;
    double scale = fmin(1, fmin(limit_x / feed->width, limit_y / feed->height));
    *width = (int)lround(feed->width * scale / 2) * 2;
    *height = (int)lround(feed->height * scale / 2) * 2;
}

// Frames of footage before and after the freeze: as wanted, but no more than there is.
static int count_frames(clip *c)
{
    double begin, end;
    int code = sp_take_span(&begin, &end, c->take, c->chosen);
    if (code < 0)
        return code;
    double before = fmin(c->params.run_in_s, fmax(0, c->freeze_s - begin));
    double after = fmin(c->params.run_out_s, fmax(0, end - c->freeze_s));
    c->run_in = (int)floor(before * c->fps + 1e-6);
    c->run_out = (int)floor(after * c->fps + 1e-6);
    c->hold = (int)lround(c->params.hold_s * c->fps);
    c->turn = (int)lround(c->params.orbit.duration_s * c->fps);
    c->total = c->run_in + 2 * c->hold + c->turn + c->run_out + 1;
    return SP_OK;
}

// ---- Frames

static int write_frame(clip *c, const sp_image8 *frame)
{
    double begin = sp_time_s();
    int code = sp_writer_write(c->writer, frame);
    c->encode_s += sp_time_s() - begin;
    if (code < 0)
        return code;
    c->written++;
    return sp_progress_step(c->progress, "clip", c->written, c->total);
}

// The footage at an instant, through the first view of the orbit. A moment without a frame (a dropped one)
// keeps what the picture held.
static int feed_frame(clip *c, double t_s, sp_image8 *out)
{
    sp_frame_set set = {0};
    int code = sp_take_frame_set(&set, c->take, c->chosen, t_s, c->pool);
    if (code < 0)
        return code;
    if (set.count > 0)
        code = direct_warp_picture(out, &c->warp, &set.frames[0].image, c->pool);
    sp_frame_set_free(&set);
    return code;
}

static int write_footage(clip *c, int first, int count)
{
    for (int i = 0; i < count; i++) {
        int code = feed_frame(c, c->freeze_s + (first + i) / c->fps, &c->frame);
        if (code == SP_OK)
            code = write_frame(c, &c->frame);
        if (code < 0)
            return code;
    }
    return SP_OK;
}

static int draw(clip *c, double t_s, sp_image8 *out)
{
    double begin = sp_time_s();
    sp_orbit_at(&c->view, c->orbit, t_s);
    int code = sp_scene_draw(c->scene, c->renderer, &c->view, &c->drawn, NULL);
    if (code == SP_OK)
        direct_to8(out, &c->drawn, c->pool);
    c->render_s += sp_time_s() - begin;
    return code;
}

// Stand still while the footage dissolves into the splats, or back.
static int write_hold(clip *c, bool is_back)
{
    for (int i = 0; i < c->hold; i++) {
        double share = (i + 1.0) / (c->hold + 1.0);
        direct_mix(&c->frame, &c->frozen_feed, &c->frozen_drawn, is_back ? 1 - share : share);
        int code = write_frame(c, &c->frame);
        if (code < 0)
            return code;
    }
    return SP_OK;
}

static int write_turn(clip *c, const char *poster_path)
{
    // The picture to remember is taken where the lens has nearly closed in and the viewpoint has just set
    // off.
    int poster = (int)(0.6 * c->params.orbit.ease * c->turn);
    for (int i = 0; i < c->turn; i++) {
        int code = draw(c, i / c->fps, &c->frame);
        if (code == SP_OK && i == poster && poster_path)
            code = sp_image8_save(&c->frame, poster_path);
        if (code == SP_OK)
            code = write_frame(c, &c->frame);
        if (code < 0)
            return code;
    }
    return SP_OK;
}

static int write_all(clip *c, const char *poster_path)
{
    int code = write_footage(c, -c->run_in, c->run_in);
    if (code == SP_OK)
        code = feed_frame(c, c->freeze_s, &c->frozen_feed);
    if (code == SP_OK)
        code = draw(c, 0, &c->frozen_drawn);
    if (code == SP_OK)
        code = write_frame(c, &c->frozen_feed);
    if (code == SP_OK)
        code = write_hold(c, false);
    if (code == SP_OK)
        code = write_turn(c, poster_path);
    if (code == SP_OK)
        code = write_hold(c, true);
    if (code == SP_OK)
        code = write_footage(c, 1, c->run_out);
    return code;
}

// ---- Set-up and end

// The cameras that shape the orbit, as the footage sees them; *start is where camera_index stands among them.
static int gather_cameras(sp_camera **out, int *count, int *start, clip *c, const bool *chosen,
                          int camera_index)
{
    sp_camera *cameras = sp_calloc((size_t)c->take->rig.count, sizeof *cameras);
    if (!cameras)
        return SP_ENOMEM;
    *count = 0;
    for (int i = 0; i < c->take->rig.count; i++) {
        if (!chosen[i] && i != camera_index)
            continue;
        int code = sp_take_camera(&cameras[*count], c->take, i);
        if (code < 0) {
            free(cameras);
            return code;
        }
        if (i == camera_index)
            *start = *count;
        (*count)++;
    }
    *out = cameras;
    return SP_OK;
}

static int plan(clip *c, const bool *chosen, int camera_index, const sp_box *athlete)
{
    sp_camera *cameras;
    int count, start = 0;
    int code = gather_cameras(&cameras, &count, &start, c, chosen, camera_index);
    if (code < 0)
        return code;
    c->feed_camera = cameras[start];
    clip_size(&c->params.width, &c->params.height, &c->feed_camera);
    c->params.orbit.width = c->params.width;
    c->params.orbit.height = c->params.height;
    code = sp_orbit_open(&c->orbit, cameras, count, start, athlete, &c->params.orbit);
    free(cameras);
    if (code < 0)
        return code;
    sp_orbit_at(&c->view, c->orbit, 0);
    return count_frames(c);
}

// The rig sees the athlete, so what the venue's cloud has close to the viewpoint is stray: the first part of
// the way is kept free of it. The path's nearest point decides, for the whole clip.
static float free_distance(const clip *c)
{
    enum { SAMPLES = 64 };
    const double share = 0.4;
    double nearest = INFINITY, reach = 0.5 * sp_v3_norm(sp_v3_sub(c->athlete.max, c->athlete.min));
    for (int i = 0; i <= SAMPLES; i++) {
        sp_camera view;
        sp_orbit_at(&view, c->orbit, c->params.orbit.duration_s * i / SAMPLES);
        nearest = fmin(nearest, sp_v3_norm(sp_v3_sub(sp_camera_center(&view), sp_box_center(&c->athlete))));
    }
    return (float)fmax(share * (nearest - reach), 0);
}

static int open_buffers(clip *c, const char *path)
{
    int width = c->params.width, height = c->params.height;
    int code = direct_warp_init(&c->warp, &c->view, &c->feed_camera);
    if (code == SP_OK)
        code = sp_image_init(&c->drawn, width, height, 3);
    sp_image8 *pictures[] = {&c->frozen_feed, &c->frozen_drawn, &c->frame};
    for (int i = 0; i < 3 && code == SP_OK; i++)
        code = sp_image8_init(pictures[i], width, height, 3);
    if (code < 0)
        return code;
    sp_render_params render = sp_render_params_default();
    render.kernels = c->params.kernels;
    render.near_m = fmaxf(render.near_m, free_distance(c));
    code = sp_renderer_open(&c->renderer, &render, c->pool);
    if (code < 0)
        return code;
    sp_writer_params writer = sp_writer_params_default();
    writer.width = width;
    writer.height = height;
    writer.fps = c->params.fps;
    writer.quality = c->params.quality;
    writer.threads = sp_pool_threads(c->pool);
    return sp_writer_open(&c->writer, path, &writer);
}

static void clip_free(clip *c)
{
    sp_writer_close(&c->writer);
    sp_renderer_close(&c->renderer);
    sp_orbit_close(&c->orbit);
    direct_warp_free(&c->warp);
    sp_image_free(&c->drawn);
    sp_image8_free(&c->frozen_feed);
    sp_image8_free(&c->frozen_drawn);
    sp_image8_free(&c->frame);
    free(c->chosen);
}

static sp_clip_report report_of(const clip *c)
{
    return (sp_clip_report){.width = c->params.width,
                            .height = c->params.height,
                            .frames = c->written,
                            .fps = c->fps,
                            .duration_s = c->written / c->fps,
                            .coverage_rad = sp_orbit_coverage(c->orbit),
                            .render_s = c->render_s,
                            .encode_s = c->encode_s,
                            .run_in_frames = c->run_in,
                            .run_out_frames = c->run_out};
}

// Video and poster in place together, or neither.
static int finish(clip *c, const char *poster_aside, const char *poster_path)
{
    double begin = sp_time_s();
    int code = sp_writer_finish(c->writer);
    c->encode_s += sp_time_s() - begin;
    if (code == SP_OK && poster_aside)
        code = sp_file_commit(poster_aside, poster_path);
    return code;
}

int sp_clip_write(sp_clip_report *report, const char *path, const char *poster_path, sp_take *take,
                  const bool *chosen, int camera_index, double freeze_s, sp_scene *scene,
                  const sp_box *athlete, const sp_clip_params *params, sp_pool *pool,
                  const sp_progress *progress)
{
    if (camera_index < 0 || camera_index >= take->rig.count)
        return sp_error(SP_EINVAL, "the clip has no camera to run in from");
    clip c = {.params = *params,
              .take = take,
              .scene = scene,
              .progress = progress,
              .pool = pool,
              .athlete = *athlete,
              .freeze_s = freeze_s};
    c.params.fps = clip_rate(take->fps, params->fps);
    c.fps = sp_rational_value(c.params.fps);
    c.chosen = sp_calloc((size_t)take->rig.count, sizeof *c.chosen);
    char *poster_aside = poster_path ? sp_file_aside(poster_path) : NULL;
    int code = !c.chosen || (poster_path && !poster_aside) ? SP_ENOMEM : SP_OK;
    if (code == SP_OK) {
        c.chosen[camera_index] = true;
        code = plan(&c, chosen, camera_index, athlete);
    }
    if (code == SP_OK)
        code = open_buffers(&c, path);
    if (code == SP_OK)
        code = write_all(&c, poster_aside);
    if (code == SP_OK)
        code = finish(&c, poster_aside, poster_path);
    if (code == SP_OK && report)
        *report = report_of(&c);
    if (code < 0 && poster_aside)
        sp_file_discard(poster_aside);
    free(poster_aside);
    clip_free(&c);
    return code;
}
