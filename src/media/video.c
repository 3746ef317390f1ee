// A video file as a source: exact access to any frame through the index of its packets.
#include "convert.h"
#include "decoder.h"
#include "index.h"
#include "source.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

// Files up to this size are indexed when opened, larger ones when an instant of them is asked for: an index
// takes reading the whole file once.
#define INDEX_AT_ONCE_BYTES (INT64_C(256) << 20)

typedef struct video {
    sp_source base;
    media_decoder decoder;
    media_converter converter;
    media_index index;
    bool has_index;
    AVFrame *previous, *current, *spare; // the last two frames decoded, in order; without data: none
    int64_t emitted;                     // time of the frame given out last; INT64_MIN: none
} video;

static bool holds(const AVFrame *frame)
{
    return frame->buf[0] != NULL;
}

// Frames can be found by their times without decoding from the start.
static bool can_seek(const video *self)
{
    return self->has_index && self->index.is_timed && !self->decoder.is_counted &&
           self->index.shown_count > 0;
}

static double seconds(const video *self, int64_t pts)
{
    return (double)(pts - self->decoder.zero_pts) * av_q2d(self->decoder.time_base);
}

static int index_file(video *self)
{
    if (self->has_index)
        return 0;
    AVFormatContext *format = NULL;
    int stream;
    int ret = media_demux_open(&format, &stream, self->decoder.path, true);
    if (ret)
        return ret;
    ret = media_index_scan(&self->index, format, stream);
    avformat_close_input(&format);
    if (ret)
        return ret;
    self->has_index = true;
    if (self->decoder.zero_pts != AV_NOPTS_VALUE && self->index.is_timed)
        media_index_trim(&self->index, self->decoder.zero_pts);
    return 0;
}

// ---- Moving through the frames

static int step(video *self)
{
    int ret = media_decoder_next(&self->decoder, self->spare);
    if (ret)
        return ret;
    AVFrame *oldest = self->previous;
    self->previous = self->current;
    self->current = self->spare;
    self->spare = oldest;
    av_frame_unref(self->spare);
    return 0;
}

static void forget(video *self)
{
    av_frame_unref(self->previous);
    av_frame_unref(self->current);
}

// Whether the frame nearest to `wanted` is one of the two at hand, because nothing lies between them and it.
static bool is_bracketed(const video *self, int64_t wanted)
{
    if (!holds(self->current))
        return false;
    int64_t pts = self->current->pts;
    if (pts == wanted || (pts < wanted && self->decoder.is_over))
        return true;
    if (pts > wanted && pts == self->decoder.zero_pts)
        return true;
    return holds(self->previous) && self->previous->pts <= wanted && wanted < pts;
}

static int run_to(video *self, int64_t wanted)
{
    int ret = 0;
    while (!ret && (!holds(self->current) || self->current->pts < wanted))
        ret = step(self);
    return ret == SP_EEND ? 0 : ret;
}

// The keyframe from which to decode for a presented frame. Deinterlacing looks at the frame before as well.
static int64_t key_for(const video *self, int64_t wanted)
{
    int64_t shown = media_index_nearest(&self->index, wanted);
    if (self->decoder.is_interlaced && shown > 0)
        shown--;
    return self->index.packets[self->index.shown[shown].packet].key;
}

static int approach_by_index(video *self, int64_t wanted)
{
    const media_packet *packets = self->index.packets;
    int64_t key = key_for(self, wanted), back = 1;
    bool is_on_the_way =
        holds(self->current) && self->current->pts < wanted && packets[key].pts <= self->current->pts;
    int ret = 0;
    for (;;) {
        if (!is_on_the_way) {
            forget(self);
            ret = media_decoder_seek(&self->decoder, &self->index, key);
        }
        if (!ret)
            ret = run_to(self, wanted);
        if (ret || is_bracketed(self, wanted) || key == 0)
            return ret;
        // The keyframe is damaged, or one of those after which the picture builds up slowly: begin further
        // ahead.
        is_on_the_way = false;
        int64_t earlier = key > back ? packets[key - back].key : 0;
        key = earlier < key ? earlier : 0;
        back *= 4;
    }
}

static int approach(video *self, int64_t wanted)
{
    if (is_bracketed(self, wanted))
        return 0;
    if (can_seek(self))
        return approach_by_index(self, wanted);
    if (holds(self->current) && self->current->pts > wanted) {
        forget(self);
        int ret = media_decoder_rewind(&self->decoder);
        if (ret)
            return ret;
    }
    return run_to(self, wanted);
}

// ---- Operations

static int emit(video *self, const AVFrame *frame, sp_image8 *out, double *t_s)
{
    int ret = media_convert(&self->converter, frame, out, self->decoder.path);
    if (ret)
        return ret;
    if (t_s)
        *t_s = seconds(self, frame->pts);
    self->emitted = frame->pts;
    return 0;
}

static int video_next(sp_source *source, sp_image8 *out, double *t_s)
{
    video *self = (video *)source;
    if (!holds(self->current) || self->current->pts <= self->emitted) {
        int ret = step(self);
        if (ret)
            return ret;
    }
    return emit(self, self->current, out, t_s);
}

static int video_at(sp_source *source, double t_s, sp_image8 *out, double *true_t_s)
{
    video *self = (video *)source;
    int ret = index_file(self);
    if (ret)
        return ret;
    double limit_s = 1e9; // 30 years; keeps the product below within 64 bits
    double ticks = fmin(fmax(t_s, -limit_s), limit_s) / av_q2d(self->decoder.time_base);
    int64_t wanted = self->decoder.zero_pts + (int64_t)fmin(fmax(rint(ticks), -0x1p61), 0x1p61);
    if (can_seek(self))
        wanted = self->index.shown[media_index_nearest(&self->index, wanted)].pts;
    ret = approach(self, wanted);
    if (ret)
        return ret;
    if (!holds(self->current))
        return sp_error(SP_EEND, "%s: no frame can be decoded any more", self->decoder.path);
    const AVFrame *nearest = self->current;
    if (holds(self->previous) &&
        t_s - seconds(self, self->previous->pts) <= seconds(self, self->current->pts) - t_s)
        nearest = self->previous;
    return emit(self, nearest, out, true_t_s);
}

static int video_times(sp_source *source, double **times, int64_t *count)
{
    video *self = (video *)source;
    int ret = index_file(self);
    if (ret)
        return ret;
    int64_t n = self->index.shown_count;
    double *list = sp_calloc((size_t)n + 1, sizeof *list);
    if (!list)
        return SP_ENOMEM;
    bool is_counted = self->decoder.is_counted || !self->index.is_timed;
    for (int64_t i = 0; i < n; i++)
        list[i] =
            is_counted ? (double)i / av_q2d(self->decoder.rate) : seconds(self, self->index.shown[i].pts);
    *times = list;
    *count = n;
    return 0;
}

static void video_close(sp_source *source)
{
    video *self = (video *)source;
    char *path = (char *)self->decoder.path;
    media_decoder_close(&self->decoder);
    media_converter_free(&self->converter);
    media_index_free(&self->index);
    av_frame_free(&self->previous);
    av_frame_free(&self->current);
    av_frame_free(&self->spare);
    free(path);
    free(self);
}

static const media_ops video_ops = {video_next, video_at, video_times, video_close};

// ---- Opening

static int open_converter(video *self)
{
    AVStream *stream = self->decoder.format->streams[self->decoder.stream];
    const int32_t *matrix = (const int32_t *)av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, NULL);
    media_turn turn;
    if (!media_turn_from_matrix(&turn, matrix))
        sp_log(SP_LOG_WARN, "%s: its rotation is no multiple of 90 degrees and is not applied",
               self->decoder.path);
    AVRational aspect = av_guess_sample_aspect_ratio(self->decoder.format, stream, self->current);
    int ret = media_converter_init(&self->converter, self->current, aspect, turn);
    if (ret)
        return sp_error_context(ret, "%s", self->decoder.path);
    self->base.info.width = self->converter.width;
    self->base.info.height = self->converter.height;
    int width = turn.is_transposed ? self->current->height : self->current->width;
    int height = turn.is_transposed ? self->current->width : self->current->height;
    if (width != self->converter.width || height != self->converter.height)
        sp_log(SP_LOG_INFO, "%s: its pixels are not square; %dx%d are shown as %dx%d", self->decoder.path,
               width, height, self->converter.width, self->converter.height);
    return 0;
}

// Curves for high dynamic range would need tone mapping.
static void say_what_is_assumed(const video *self)
{
    enum AVColorTransferCharacteristic curve = self->current->color_trc;
    if (curve == AVCOL_TRC_SMPTE2084 || curve == AVCOL_TRC_ARIB_STD_B67)
        sp_log(SP_LOG_WARN, "%s: high dynamic range (%s) is shown without tone mapping: record in SDR",
               self->decoder.path, curve == AVCOL_TRC_SMPTE2084 ? "PQ" : "HLG");
    if (self->decoder.is_interlaced)
        sp_log(SP_LOG_INFO, "%s: interlaced; deinterlaced to one frame per frame", self->decoder.path);
}

static void describe(video *self)
{
    sp_source_info *info = &self->base.info;
    const AVStream *stream = self->decoder.format->streams[self->decoder.stream];
    double rate = av_q2d(self->decoder.rate);
    info->fps = (sp_rational){self->decoder.rate.num, self->decoder.rate.den};
    snprintf(info->codec, sizeof info->codec, "%s", avcodec_get_name(stream->codecpar->codec_id));
    if (self->has_index) {
        info->frame_count = self->index.shown_count;
        info->duration_s =
            can_seek(self) ? seconds(self, self->index.end) : (double)self->index.shown_count / rate;
        return;
    }
    if (stream->duration > 0)
        info->duration_s = (double)stream->duration * av_q2d(stream->time_base);
    else if (self->decoder.format->duration > 0)
        info->duration_s = (double)self->decoder.format->duration / AV_TIME_BASE;
    info->frame_count = stream->nb_frames > 0 ? stream->nb_frames : llrint(info->duration_s * rate);
}

// FFmpeg reads pictures (BMP, TIFF, WebP ...) as videos of one frame.
static bool is_picture(const video *self)
{
    const char *name = self->decoder.format->iformat->name;
    size_t length = strlen(name);
    return self->has_index && self->index.packet_count == 1 && length > 5 &&
           !strcmp(name + length - 5, "_pipe");
}

static int become_still(sp_source **out, video *self)
{
    sp_image8 image = {0};
    char codec[sizeof self->base.info.codec];
    int ret = emit(self, self->current, &image, NULL);
    memcpy(codec, self->base.info.codec, sizeof codec);
    video_close(&self->base);
    return ret ? ret : media_still_wrap(out, &image, codec);
}

static int prepare(video *self, int threads)
{
    self->previous = av_frame_alloc();
    self->current = av_frame_alloc();
    self->spare = av_frame_alloc();
    if (!self->previous || !self->current || !self->spare)
        return sp_error(SP_ENOMEM, "%s: memory ran out while opening it", self->decoder.path);
    const char *path = self->decoder.path;
    int ret = media_decoder_open(&self->decoder, path, threads);
    if (ret)
        return ret;
    struct stat st;
    if (stat(path, &st) == 0 && st.st_size <= INDEX_AT_ONCE_BYTES)
        ret = index_file(self);
    if (!ret)
        ret = step(self);
    if (ret == SP_EEND)
        ret = sp_error(SP_EFORMAT, "%s: no frame of its %s video can be decoded", path,
                       avcodec_get_name(self->decoder.codec->codec_id));
    if (ret)
        return ret;
    if (self->has_index && self->index.is_timed)
        media_index_trim(&self->index, self->decoder.zero_pts);
    return open_converter(self);
}

int media_video_open(sp_source **out, const char *path, const sp_source_params *params)
{
    video *self = sp_calloc(1, sizeof *self);
    if (!self)
        return SP_ENOMEM;
    self->base.ops = &video_ops;
    self->emitted = INT64_MIN;
    self->decoder.path = sp_strdup(path);
    int ret = self->decoder.path ? prepare(self, params->threads) : SP_ENOMEM;
    if (ret) {
        video_close(&self->base);
        return ret;
    }
    describe(self);
    if (is_picture(self))
        return become_still(out, self);
    say_what_is_assumed(self);
    if (self->has_index && self->index.is_damaged)
        media_decoder_warn(&self->decoder, "cut off or damaged", self->index.damaged_pts);
    *out = &self->base;
    return 0;
}
