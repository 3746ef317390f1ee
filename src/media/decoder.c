#include "decoder.h"
#include "source.h"

#include <libavutil/pixdesc.h>
#include <string.h>

// A frame larger than this is damage, not footage: 16384 x 8192.
#define PIXELS_MAX (INT64_C(1) << 27)
// Reading goes on after an error while this many in a row do not come to more.
#define READ_ERRORS_MAX 16

static int open_codec(media_decoder *decoder, int threads)
{
    const AVStream *stream = decoder->format->streams[decoder->stream];
    const AVCodec *codec = avcodec_find_decoder(stream->codecpar->codec_id);
    if (!codec)
        return sp_error(SP_ENOTSUP, "%s: this FFmpeg has no decoder for %s", decoder->path,
                        avcodec_get_name(stream->codecpar->codec_id));
    decoder->codec = avcodec_alloc_context3(codec);
    if (!decoder->codec || avcodec_parameters_to_context(decoder->codec, stream->codecpar) < 0)
        return sp_error(SP_ENOMEM, "%s: memory ran out while opening it", decoder->path);
    decoder->codec->pkt_timebase = stream->time_base;
    decoder->codec->thread_count = threads > 0 ? threads : 1;
    decoder->codec->max_pixels = PIXELS_MAX;
    if (avcodec_open2(decoder->codec, codec, NULL) < 0)
        return sp_error(SP_EFORMAT, "%s: its %s stream cannot be decoded", decoder->path, codec->name);
    enum AVFieldOrder order = stream->codecpar->field_order;
    decoder->is_interlaced = order != AV_FIELD_UNKNOWN && order != AV_FIELD_PROGRESSIVE;
    return 0;
}

int media_decoder_open(media_decoder *out, const char *path, int threads)
{
    media_decoder decoder = {
        .path = path, .last_pts = INT64_MIN, .settled_pts = INT64_MIN, .zero_pts = AV_NOPTS_VALUE};
    for (int i = 0; i < MEDIA_DAMAGED_MAX; i++)
        decoder.damaged[i] = AV_NOPTS_VALUE;
    int ret = media_demux_open(&decoder.format, &decoder.stream, path, false);
    if (ret)
        return ret;
    AVStream *stream = decoder.format->streams[decoder.stream];
    decoder.time_base = stream->time_base;
    decoder.rate = av_guess_frame_rate(decoder.format, stream, NULL);
    if (decoder.rate.num <= 0 || decoder.rate.den <= 0)
        decoder.rate = (AVRational){25, 1};
    decoder.packet = av_packet_alloc();
    decoder.raw = av_frame_alloc();
    if (!decoder.packet || !decoder.raw)
        ret = sp_error(SP_ENOMEM, "%s: memory ran out while opening it", path);
    else
        ret = open_codec(&decoder, threads);
    if (ret) {
        media_decoder_close(&decoder);
        return ret;
    }
    *out = decoder;
    return 0;
}

void media_decoder_warn(media_decoder *decoder, const char *what, int64_t pts)
{
    if (decoder->has_warned)
        return;
    decoder->has_warned = true;
    if (pts == AV_NOPTS_VALUE && decoder->last_pts != INT64_MIN)
        pts = decoder->last_pts;
    double t_s = 0;
    if (decoder->zero_pts != AV_NOPTS_VALUE && pts != AV_NOPTS_VALUE && pts > decoder->zero_pts)
        t_s = (double)(pts - decoder->zero_pts) * av_q2d(decoder->time_base);
    sp_log(SP_LOG_WARN, "%s: %s at %.3f s; the frames that decode are used", decoder->path, what, t_s);
}

// Read the next packet of the stream. 0, or SP_EEND.
static int read_packet(media_decoder *decoder)
{
    for (int errors = 0; errors < READ_ERRORS_MAX;) {
        int ret = av_read_frame(decoder->format, decoder->packet);
        if (ret == AVERROR_EOF)
            return SP_EEND;
        if (ret < 0) {
            errors++;
            continue;
        }
        if (decoder->packet->stream_index == decoder->stream && decoder->packet->size > 0)
            return 0;
        av_packet_unref(decoder->packet);
    }
    media_decoder_warn(decoder, "reading fails", AV_NOPTS_VALUE);
    return SP_EEND;
}

static void note_damage(media_decoder *decoder, int64_t pts)
{
    media_decoder_warn(decoder, "damaged", pts);
    decoder->damaged[decoder->damaged_next++ % MEDIA_DAMAGED_MAX] = pts;
}

static bool is_noted(const media_decoder *decoder, int64_t pts)
{
    for (int i = 0; i < MEDIA_DAMAGED_MAX; i++)
        if (pts != AV_NOPTS_VALUE && decoder->damaged[i] == pts)
            return true;
    return false;
}

// Whether the decoder complained since then about more than what a seek leaves out.
static bool has_complained(const media_decoder *decoder, unsigned since)
{
    bool is_settled = decoder->settled_pts == INT64_MIN || decoder->last_pts > decoder->settled_pts;
    return is_settled && media_complaints() != since;
}

// Feed one packet, or the end.
static int send_packet(media_decoder *decoder)
{
    if (!decoder->has_packet && read_packet(decoder)) {
        decoder->is_input_over = true;
        avcodec_send_packet(decoder->codec, NULL);
        return 0;
    }
    decoder->has_packet = false;
    AVPacket *packet = decoder->packet;
    if (packet->flags & AV_PKT_FLAG_CORRUPT)
        note_damage(decoder, packet->pts);
    unsigned complaints = media_complaints();
    int ret = avcodec_send_packet(decoder->codec, packet);
    if ((ret < 0 && ret != AVERROR(ENOMEM)) || has_complained(decoder, complaints))
        media_decoder_warn(decoder, "damaged", packet->pts);
    av_packet_unref(packet);
    if (ret == AVERROR(ENOMEM))
        return sp_error(SP_ENOMEM, "%s: memory ran out while decoding", decoder->path);
    return 0;
}

// Give the frame its time. False: it cannot be placed.
static bool place(media_decoder *decoder, AVFrame *frame)
{
    int64_t pts = frame->pts != AV_NOPTS_VALUE ? frame->pts : frame->best_effort_timestamp;
    bool is_first = decoder->zero_pts == AV_NOPTS_VALUE;
    if (is_first && pts == AV_NOPTS_VALUE)
        decoder->is_counted = true;
    if (decoder->is_counted)
        pts = av_rescale_q(decoder->counted++, av_inv_q(decoder->rate), decoder->time_base);
    else if (pts == AV_NOPTS_VALUE)
        pts = decoder->last_pts + av_rescale_q(1, av_inv_q(decoder->rate), decoder->time_base);
    if (pts <= decoder->last_pts) {
        media_decoder_warn(decoder, "time runs backwards", AV_NOPTS_VALUE);
        return false;
    }
    if (is_first)
        decoder->zero_pts = pts;
    decoder->last_pts = frame->pts = pts;
    return true;
}

// The next whole frame from the codec into raw. 0, or SP_EEND, or another error.
static int receive(media_decoder *decoder)
{
    for (;;) {
        unsigned complaints = media_complaints();
        int ret = avcodec_receive_frame(decoder->codec, decoder->raw);
        if (has_complained(decoder, complaints))
            media_decoder_warn(decoder, "damaged", AV_NOPTS_VALUE);
        if (ret == AVERROR_EOF || (ret < 0 && decoder->is_input_over))
            return SP_EEND;
        if (ret == AVERROR(ENOMEM))
            return sp_error(SP_ENOMEM, "%s: memory ran out while decoding", decoder->path);
        if (ret == 0) {
            const AVFrame *raw = decoder->raw;
            bool is_damaged =
                raw->decode_error_flags & (FF_DECODE_ERROR_INVALID_BITSTREAM | FF_DECODE_ERROR_DECODE_SLICES);
            if (is_damaged)
                media_decoder_warn(decoder, "damaged", raw->pts);
            if (!is_damaged && !is_noted(decoder, raw->pts) && place(decoder, decoder->raw))
                return 0;
            av_frame_unref(decoder->raw);
            continue;
        }
        if (ret != AVERROR(EAGAIN))
            media_decoder_warn(decoder, "damaged", AV_NOPTS_VALUE);
        ret = send_packet(decoder);
        if (ret)
            return ret;
    }
}

static int next_deinterlaced(media_decoder *decoder, AVFrame *out)
{
    for (;;) {
        int ret = decoder->deinterlacer ? media_deinterlacer_pull(decoder->deinterlacer, out) : 1;
        if (ret <= 0)
            return ret;
        ret = receive(decoder);
        if (ret && ret != SP_EEND)
            return ret;
        if (ret == SP_EEND && !decoder->deinterlacer)
            return ret;
        if (!decoder->deinterlacer)
            ret = media_deinterlacer_open(&decoder->deinterlacer, decoder->raw, decoder->time_base,
                                          decoder->path);
        if (!ret || ret == SP_EEND)
            ret = media_deinterlacer_push(decoder->deinterlacer, ret ? NULL : decoder->raw);
        av_frame_unref(decoder->raw);
        if (ret)
            return ret;
    }
}

int media_decoder_next(media_decoder *decoder, AVFrame *out)
{
    int ret = SP_EEND;
    if (!decoder->is_over && decoder->is_interlaced) {
        ret = next_deinterlaced(decoder, out);
    } else if (!decoder->is_over) {
        ret = receive(decoder);
        if (!ret && decoder->raw->interlaced_frame && decoder->raw->pts == decoder->zero_pts) {
            // The container did not say so, but the first frame does.
            decoder->is_interlaced = true;
            ret = media_deinterlacer_open(&decoder->deinterlacer, decoder->raw, decoder->time_base,
                                          decoder->path);
            if (!ret)
                ret = media_deinterlacer_push(decoder->deinterlacer, decoder->raw);
            av_frame_unref(decoder->raw);
            return ret ? ret : media_decoder_next(decoder, out);
        }
        if (!ret)
            av_frame_move_ref(out, decoder->raw);
    }
    if (ret == SP_EEND) {
        decoder->is_over = true;
        return sp_error(SP_EEND, "%s: no more frames", decoder->path);
    }
    return ret;
}

static void reset(media_decoder *decoder)
{
    avcodec_flush_buffers(decoder->codec);
    media_deinterlacer_close(&decoder->deinterlacer);
    av_packet_unref(decoder->packet);
    decoder->has_packet = decoder->is_input_over = decoder->is_over = false;
    decoder->last_pts = decoder->settled_pts = INT64_MIN;
    decoder->counted = 0;
}

int media_decoder_rewind(media_decoder *decoder)
{
    // Opening anew is the one way back that works for every container.
    AVFormatContext *format = NULL;
    int stream;
    int ret = media_demux_open(&format, &stream, decoder->path, true);
    if (ret)
        return ret;
    if (stream != decoder->stream) {
        avformat_close_input(&format);
        return sp_error(SP_EFORMAT, "%s changed while it was being read", decoder->path);
    }
    avformat_close_input(&decoder->format);
    decoder->format = format;
    reset(decoder);
    return 0;
}

// Read on to the wanted packet. False: it was passed, or never comes.
static bool skip_to(media_decoder *decoder, const media_index *index, int64_t wanted)
{
    while (!read_packet(decoder)) {
        int64_t pts = decoder->packet->pts;
        if (pts == index->packets[wanted].pts && (decoder->packet->flags & AV_PKT_FLAG_KEY))
            return true;
        int64_t shown = media_index_find(index, pts);
        bool is_past = shown >= 0 && index->shown[shown].packet > wanted;
        av_packet_unref(decoder->packet);
        if (is_past)
            return false;
    }
    return false;
}

int media_decoder_seek(media_decoder *decoder, const media_index *index, int64_t packet)
{
    const media_packet *key = &index->packets[packet];
    int64_t second = av_rescale_q(1, (AVRational){1, 1}, decoder->time_base);
    // Containers index by decoding time, presentation time or position, the last ones only roughly.
    int64_t guesses[3] = {key->pts, key->dts, key->pts - 2 * second};
    for (int i = 0; i < 3; i++) {
        if (guesses[i] == AV_NOPTS_VALUE ||
            av_seek_frame(decoder->format, decoder->stream, guesses[i], AVSEEK_FLAG_BACKWARD) < 0)
            continue;
        reset(decoder);
        if (skip_to(decoder, index, packet)) {
            decoder->has_packet = true;
            decoder->settled_pts = key->pts;
            return 0;
        }
    }
    return media_decoder_rewind(decoder);
}

void media_decoder_close(media_decoder *decoder)
{
    media_deinterlacer_close(&decoder->deinterlacer);
    avcodec_free_context(&decoder->codec);
    avformat_close_input(&decoder->format);
    av_packet_free(&decoder->packet);
    av_frame_free(&decoder->raw);
}
