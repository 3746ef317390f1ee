// H.264 and HEVC in MP4. The file grows aside under another name and is renamed when it is whole.
#include "source.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Encoders cut the work differently for each number of threads, and the bytes with it. A fixed number keeps a
// clip the same on every machine.
#define ENCODER_THREADS 4

struct sp_writer {
    sp_writer_params params;
    char *path, *aside;
    AVFormatContext *format;
    AVCodecContext *codec;
    AVStream *stream; // borrowed from format
    AVPacket *packet;
    AVFrame *rgb, *yuv;
    struct SwsContext *scaler;
    int64_t frame_count;
    bool is_finished, has_failed;
};

typedef struct quality_row {
    const char *preset;
    int crf_h264, crf_hevc;
} quality_row;

// HEVC looks the same as H.264 at a factor about 3 higher.
static const quality_row qualities[] = {
    [SP_QUALITY_DRAFT] = {"veryfast", 24, 27},
    [SP_QUALITY_GOOD] = {"medium", 18, 21},
    [SP_QUALITY_BEST] = {"slow", 14, 17},
};

sp_writer_params sp_writer_params_default(void)
{
    return (sp_writer_params){.fps = {30, 1}, .quality = SP_QUALITY_GOOD, .keyframe_s = 1};
}

static int check_params(const char *path, const sp_writer_params *params)
{
    if (!path || !*path)
        return sp_error(SP_EINVAL, "no path was given to write a video to");
    if (!params || params->width < 1 || params->height < 1 || params->width > 16384 || params->height > 16384)
        return sp_error(SP_EINVAL, "%s: a video has 1 to 16384 pixels a side, not %dx%d", path,
                        params ? params->width : 0, params ? params->height : 0);
    if (params->fps.num <= 0 || params->fps.den <= 0)
        return sp_error(SP_EINVAL, "%s: %d/%d is not a frame rate", path, params->fps.num, params->fps.den);
    if (params->quality < SP_QUALITY_DRAFT || params->quality > SP_QUALITY_BEST)
        return sp_error(SP_EINVAL, "%s: %d is not a quality", path, (int)params->quality);
    if (!isfinite(params->keyframe_s) || params->keyframe_s <= 0)
        return sp_error(SP_EINVAL, "%s: a keyframe every %g s is not possible", path, params->keyframe_s);
    return 0;
}

static int file_failed(sp_writer *writer, int code)
{
    char text[AV_ERROR_MAX_STRING_SIZE] = "";
    writer->has_failed = true;
    av_strerror(code, text, sizeof text);
    return sp_error(code == AVERROR(ENOMEM) ? SP_ENOMEM : SP_EIO, "%s cannot be written: %s", writer->path,
                    text);
}

static int open_encoder(sp_writer *writer)
{
    const sp_writer_params *params = &writer->params;
    const quality_row *quality = &qualities[params->quality];
    const char *name = params->is_hevc ? "libx265" : "libx264";
    const AVCodec *encoder = avcodec_find_encoder_by_name(name);
    if (!encoder)
        return sp_error(SP_ENOTSUP, "%s: this FFmpeg has no %s to encode with", writer->path, name);
    AVCodecContext *codec = writer->codec = avcodec_alloc_context3(encoder);
    if (!codec)
        return sp_error(SP_ENOMEM, "%s: memory ran out while opening it", writer->path);
    codec->width = (params->width + 1) & ~1;
    codec->height = (params->height + 1) & ~1;
    codec->pix_fmt = AV_PIX_FMT_YUV420P;
    codec->time_base = (AVRational){params->fps.den, params->fps.num};
    codec->framerate = (AVRational){params->fps.num, params->fps.den};
    codec->sample_aspect_ratio = (AVRational){1, 1};
    codec->gop_size = (int)fmin(fmax(floor(params->keyframe_s * sp_rational_value(params->fps)), 1), 10000);
    codec->color_range = AVCOL_RANGE_MPEG;
    codec->colorspace = AVCOL_SPC_BT709;
    codec->color_primaries = AVCOL_PRI_BT709;
    codec->color_trc = AVCOL_TRC_BT709;
    // The scaler averages four pixels; the tag says so.
    codec->chroma_sample_location = AVCHROMA_LOC_CENTER;
    codec->thread_count = params->threads > 0 ? params->threads : ENCODER_THREADS;
    codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    av_opt_set(codec->priv_data, "preset", quality->preset, 0);
    av_opt_set_double(codec->priv_data, "crf", params->is_hevc ? quality->crf_hevc : quality->crf_h264, 0);
    if (params->is_hevc) {
        // x265 prints by itself unless told not to. Players know HEVC in MP4 as hvc1.
        char options[96];
        snprintf(options, sizeof options, "log-level=none:pools=%d:frame-threads=2", codec->thread_count);
        av_opt_set(codec->priv_data, "x265-params", options, 0);
        codec->codec_tag = MKTAG('h', 'v', 'c', '1');
    }
    if (avcodec_open2(codec, encoder, NULL) < 0)
        return sp_error(SP_ENOTSUP, "%s: %s refuses %dx%d at %d/%d frames per second", writer->path, name,
                        codec->width, codec->height, params->fps.num, params->fps.den);
    return 0;
}

static int open_file(sp_writer *writer)
{
    char *url = sp_format("file:%s", writer->aside);
    if (!url)
        return SP_ENOMEM;
    // The muxer opens the file a second time, by this name, to move the index to its front.
    int ret = avformat_alloc_output_context2(&writer->format, NULL, "mp4", url);
    if (ret >= 0)
        ret = avio_open(&writer->format->pb, url, AVIO_FLAG_WRITE);
    free(url);
    if (ret < 0)
        return file_failed(writer, ret);
    writer->stream = avformat_new_stream(writer->format, NULL);
    if (!writer->stream)
        return file_failed(writer, AVERROR(ENOMEM));
    ret = avcodec_parameters_from_context(writer->stream->codecpar, writer->codec);
    if (ret < 0)
        return file_failed(writer, ret);
    writer->stream->time_base = writer->codec->time_base;
    writer->stream->avg_frame_rate = writer->codec->framerate;
    AVDictionary *options = NULL;
    av_dict_set(&options, "movflags", "+faststart", 0);
    ret = avformat_write_header(writer->format, &options);
    av_dict_free(&options);
    if (ret < 0)
        return file_failed(writer, ret);
    return 0;
}

static AVFrame *make_frame(int format, int width, int height)
{
    AVFrame *frame = av_frame_alloc();
    if (!frame)
        return NULL;
    frame->format = format;
    frame->width = width;
    frame->height = height;
    if (av_frame_get_buffer(frame, 0) < 0)
        av_frame_free(&frame);
    return frame;
}

static int open_converter(sp_writer *writer)
{
    int width = writer->codec->width, height = writer->codec->height;
    writer->packet = av_packet_alloc();
    writer->rgb = make_frame(AV_PIX_FMT_RGB24, width, height);
    writer->yuv = make_frame(AV_PIX_FMT_YUV420P, width, height);
    struct SwsContext *scaler = writer->scaler = sws_alloc_context();
    if (!writer->packet || !writer->rgb || !writer->yuv || !scaler)
        return sp_error(SP_ENOMEM, "%s: memory ran out while opening it", writer->path);
    writer->yuv->color_range = AVCOL_RANGE_MPEG;
    writer->yuv->colorspace = AVCOL_SPC_BT709;
    writer->yuv->color_primaries = AVCOL_PRI_BT709;
    writer->yuv->color_trc = AVCOL_TRC_BT709;
    writer->yuv->chroma_location = AVCHROMA_LOC_CENTER;
    av_opt_set_int(scaler, "srcw", width, 0);
    av_opt_set_int(scaler, "srch", height, 0);
    av_opt_set_int(scaler, "src_format", AV_PIX_FMT_RGB24, 0);
    av_opt_set_int(scaler, "dstw", width, 0);
    av_opt_set_int(scaler, "dsth", height, 0);
    av_opt_set_int(scaler, "dst_format", AV_PIX_FMT_YUV420P, 0);
    av_opt_set_int(scaler, "dst_h_chr_pos", 128, 0);
    av_opt_set_int(scaler, "dst_v_chr_pos", 128, 0);
    av_opt_set_int(scaler, "sws_flags", SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INP, 0);
    const int *bt709 = sws_getCoefficients(SWS_CS_ITU709);
    sws_setColorspaceDetails(scaler, bt709, 1, bt709, 0, 0, 1 << 16, 1 << 16);
    if (sws_init_context(scaler, NULL, NULL) < 0)
        return sp_error(SP_ENOTSUP, "%s: pictures of %dx%d cannot be converted", writer->path, width, height);
    return 0;
}

int sp_writer_open(sp_writer **out, const char *path, const sp_writer_params *params)
{
    int ret = check_params(path, params);
    if (ret)
        return ret;
    media_quiet_ffmpeg();
    sp_writer *writer = sp_calloc(1, sizeof *writer);
    if (!writer)
        return SP_ENOMEM;
    writer->params = *params;
    writer->path = sp_strdup(path);
    writer->aside = writer->path ? sp_file_aside(path) : NULL;
    ret = writer->aside ? open_encoder(writer) : SP_ENOMEM;
    if (!ret)
        ret = open_converter(writer);
    if (!ret)
        ret = open_file(writer);
    if (ret) {
        sp_writer_close(&writer);
        return ret;
    }
    *out = writer;
    return 0;
}

// Hand a frame (NULL: no more) to the encoder and what it gives back to the file.
static int encode(sp_writer *writer, AVFrame *frame)
{
    int ret = avcodec_send_frame(writer->codec, frame);
    while (ret >= 0) {
        ret = avcodec_receive_packet(writer->codec, writer->packet);
        if (ret == AVERROR(EAGAIN) || ret == AVERROR_EOF)
            return 0;
        if (ret < 0)
            break;
        writer->packet->duration = 1;
        writer->packet->stream_index = 0;
        av_packet_rescale_ts(writer->packet, writer->codec->time_base, writer->stream->time_base);
        ret = av_interleaved_write_frame(writer->format, writer->packet);
        if (ret >= 0 && writer->format->pb->error < 0)
            ret = writer->format->pb->error;
    }
    return file_failed(writer, ret);
}

// Copy the picture in, repeating its last column and row where the even size asks for one more.
static void fill(AVFrame *frame, const sp_image8 *rgb)
{
    size_t row = (size_t)rgb->width * 3;
    for (int y = 0; y < frame->height; y++) {
        int from_y = y < rgb->height ? y : rgb->height - 1;
        uint8_t *to = frame->data[0] + (ptrdiff_t)y * frame->linesize[0];
        memcpy(to, rgb->data + (size_t)from_y * row, row);
        if (frame->width > rgb->width)
            memcpy(to + row, to + row - 3, 3);
    }
}

int sp_writer_write(sp_writer *writer, const sp_image8 *rgb)
{
    if (writer->has_failed || writer->is_finished)
        return sp_error(SP_EINVAL, "%s: no more frames can be written after %s", writer->path,
                        writer->has_failed ? "an error" : "it was finished");
    if (rgb->channels != 3 || rgb->width != writer->params.width || rgb->height != writer->params.height)
        return sp_error(SP_EINVAL, "%s: a frame of %dx%d with %d channels does not fit a video of %dx%d RGB",
                        writer->path, rgb->width, rgb->height, rgb->channels, writer->params.width,
                        writer->params.height);
    if (av_frame_make_writable(writer->yuv) < 0)
        return file_failed(writer, AVERROR(ENOMEM));
    fill(writer->rgb, rgb);
    sws_scale(writer->scaler, (const uint8_t *const *)writer->rgb->data, writer->rgb->linesize, 0,
              writer->rgb->height, writer->yuv->data, writer->yuv->linesize);
    writer->yuv->pts = writer->frame_count++;
    return encode(writer, writer->yuv);
}

int sp_writer_finish(sp_writer *writer)
{
    if (writer->has_failed || writer->is_finished)
        return sp_error(SP_EINVAL, "%s: it cannot be finished after %s", writer->path,
                        writer->has_failed ? "an error" : "it was finished");
    if (writer->frame_count == 0) {
        writer->has_failed = true;
        return sp_error(SP_EINVAL, "%s: a video needs at least one frame", writer->path);
    }
    int ret = encode(writer, NULL);
    if (ret)
        return ret;
    ret = av_write_trailer(writer->format);
    if (ret < 0)
        return file_failed(writer, ret);
    avio_flush(writer->format->pb);
    ret = writer->format->pb->error;
    int closed = avio_closep(&writer->format->pb);
    if (ret < 0 || closed < 0)
        return file_failed(writer, ret < 0 ? ret : closed);
    ret = sp_file_commit(writer->aside, writer->path);
    writer->has_failed = ret != 0;
    writer->is_finished = !ret;
    return ret;
}

void sp_writer_close(sp_writer **writer)
{
    if (!writer || !*writer)
        return;
    sp_writer *self = *writer;
    avcodec_free_context(&self->codec);
    if (self->format) {
        avio_closep(&self->format->pb);
        avformat_free_context(self->format);
    }
    if (self->aside && !self->is_finished)
        sp_file_discard(self->aside);
    sws_freeContext(self->scaler);
    av_frame_free(&self->rgb);
    av_frame_free(&self->yuv);
    av_packet_free(&self->packet);
    free(self->path);
    free(self->aside);
    free(self);
    *writer = NULL;
}
