#include "index.h"
#include "source.h"

#include <libavutil/opt.h>
#include <stdlib.h>
#include <string.h>

static int open_failed(int code, const char *path)
{
    char text[AV_ERROR_MAX_STRING_SIZE] = "";
    if (code == AVERROR(ENOMEM))
        return sp_error(SP_ENOMEM, "%s: memory ran out while opening it", path);
    av_strerror(code, text, sizeof text);
    return sp_error(SP_EFORMAT, "%s cannot be opened as video (%s)", path, text);
}

static bool is_matroska(const AVFormatContext *format)
{
    return !strncmp(format->iformat->name, "matroska", 8);
}

static bool is_mp4(const AVFormatContext *format)
{
    return !strncmp(format->iformat->name, "mov,mp4", 7);
}

// These containers store each packet's time and kind; others learn them by parsing the stream.
static bool has_exact_packets(const AVFormatContext *format)
{
    return is_matroska(format) || is_mp4(format);
}

int media_demux_open(AVFormatContext **out, int *stream, const char *path, bool is_again)
{
    media_quiet_ffmpeg();
    // "file:" keeps names with a colon from being taken for a network address; the whitelist keeps a playlist
    // from reaching out to one.
    char *url = sp_format("file:%s", path);
    if (!url)
        return SP_ENOMEM;
    AVDictionary *options = NULL;
    av_dict_set(&options, "protocol_whitelist", "file,crypto,data", 0);
    AVFormatContext *format = NULL;
    int ret = avformat_open_input(&format, url, NULL, &options);
    av_dict_free(&options);
    free(url);
    if (ret >= 0 && !(is_again && has_exact_packets(format)))
        ret = avformat_find_stream_info(format, NULL);
    if (ret >= 0)
        ret = av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    if (ret < 0) {
        bool has_streams = format && ret == AVERROR_STREAM_NOT_FOUND;
        avformat_close_input(&format);
        return has_streams ? sp_error(SP_EFORMAT, "%s holds no video stream", path) : open_failed(ret, path);
    }
    for (unsigned i = 0; i < format->nb_streams; i++)
        if ((int)i != ret)
            format->streams[i]->discard = AVDISCARD_ALL;
    *out = format;
    *stream = ret;
    return 0;
}

// VP8 keeps frames that are never shown (alternate references) as packets of their own; bit 4 of the frame
// tag tells (RFC 6386, 9.1). Other codecs pack them with a shown frame.
static bool is_hidden(const AVPacket *packet, enum AVCodecID codec)
{
    return codec == AV_CODEC_ID_VP8 && packet->size > 0 && !(packet->data[0] & 0x10);
}

typedef struct growing {
    media_packet *packets;
    int64_t count, capacity;
} growing;

static int append(growing *list, const AVPacket *packet, enum AVCodecID codec)
{
    if (list->count == list->capacity) {
        int64_t capacity = list->capacity ? 2 * list->capacity : 256;
        media_packet *more = realloc(list->packets, (size_t)capacity * sizeof *more);
        if (!more)
            return sp_error(SP_ENOMEM, "memory ran out while listing %lld frames", (long long)list->count);
        list->packets = more;
        list->capacity = capacity;
    }
    list->packets[list->count++] = (media_packet){
        .pts = packet->pts,
        .dts = packet->dts,
        .is_key = packet->flags & AV_PKT_FLAG_KEY,
        .is_shown =
            !(packet->flags & (AV_PKT_FLAG_DISCARD | AV_PKT_FLAG_CORRUPT)) && !is_hidden(packet, codec),
    };
    return 0;
}

static int by_pts(const void *a, const void *b)
{
    const media_shown *x = a, *y = b;
    if (x->pts != y->pts)
        return x->pts < y->pts ? -1 : 1;
    return (x->packet > y->packet) - (x->packet < y->packet);
}

static int list_shown(media_index *index)
{
    index->shown = sp_calloc((size_t)index->packet_count + 1, sizeof *index->shown);
    if (!index->shown)
        return SP_ENOMEM;
    index->is_timed = true;
    for (int64_t i = 0; i < index->packet_count; i++) {
        if (!index->packets[i].is_shown)
            continue;
        index->is_timed &= index->packets[i].pts != AV_NOPTS_VALUE;
        index->shown[index->shown_count++] = (media_shown){index->packets[i].pts, i};
    }
    qsort(index->shown, (size_t)index->shown_count, sizeof *index->shown, by_pts);
    for (int64_t i = 1; i < index->shown_count; i++)
        index->is_timed &= index->shown[i].pts != index->shown[i - 1].pts;
    return 0;
}

// Decoding may begin for a packet at the last keyframe before it (in decode order) that is not presented
// later: what follows a keyframe in the file but is shown before it may need pictures from before it (an open
// group).
static void link_keys(media_index *index)
{
    int64_t last = 0, one_before = 0;
    for (int64_t i = 0; i < index->packet_count; i++) {
        media_packet *packet = &index->packets[i];
        if (packet->is_key) {
            one_before = last;
            last = i;
        }
        packet->key = packet->pts >= index->packets[last].pts ? last : one_before;
    }
}

// Whether the file promises more than was found: MP4 by its index (what an edit list cuts away is not in it
// any more), Matroska by the duration in its header, MPEG-TS only by whole packets.
static bool is_cut_short(const AVFormatContext *format, AVStream *stream, int64_t packet_count,
                         int64_t latest_us)
{
    int64_t packet_bytes = 0;
    if (is_mp4(format))
        return avformat_index_get_entries_count(stream) > packet_count;
    if (!strcmp(format->iformat->name, "mpegts") &&
        av_opt_get_int(format->priv_data, "ts_packetsize", 0, &packet_bytes) >= 0 && packet_bytes > 0)
        return avio_size(format->pb) % packet_bytes != 0;
    // A quarter second allows for tracks of unequal length.
    return is_matroska(format) && format->duration != AV_NOPTS_VALUE && latest_us + 250000 < format->duration;
}

int media_index_scan(media_index *out, AVFormatContext *format, int stream)
{
    AVPacket *packet = av_packet_alloc();
    if (!packet)
        return sp_error(SP_ENOMEM, "memory ran out while reading a video's packets");
    media_index index = {0};
    growing list = {0};
    AVStream *video = format->streams[stream];
    int64_t seen = 0, latest_us = 0, last_duration = 0, last_pts = INT64_MIN;
    unsigned complaints = media_complaints();
    int ret = 0, read;
    // Matroska's duration counts all tracks, so all must be seen to tell whether the end is missing.
    for (unsigned i = 0; i < format->nb_streams; i++)
        format->streams[i]->discard = AVDISCARD_DEFAULT;
    while ((read = av_read_frame(format, packet)) >= 0 && !ret) {
        const AVStream *of = format->streams[packet->stream_index];
        if (packet->pts != AV_NOPTS_VALUE) {
            int64_t end_us = av_rescale_q(packet->pts + packet->duration, of->time_base, AV_TIME_BASE_Q);
            if (end_us > latest_us)
                latest_us = end_us;
        }
        seen += packet->stream_index == stream;
        if (packet->stream_index == stream && packet->size > 0) {
            ret = append(&list, packet, video->codecpar->codec_id);
            if (packet->pts != AV_NOPTS_VALUE && packet->pts > last_pts) {
                last_pts = packet->pts;
                last_duration = packet->duration;
            }
        }
        av_packet_unref(packet);
        if (!index.is_damaged && is_matroska(format) && media_complaints() != complaints) {
            index.is_damaged = true;
            index.damaged_pts = last_pts;
        }
    }
    av_packet_free(&packet);
    index.packets = list.packets;
    index.packet_count = list.count;
    if (!ret)
        ret = list_shown(&index);
    if (ret) {
        media_index_free(&index);
        return ret;
    }
    link_keys(&index);
    if (index.shown_count > 0 && index.is_timed) {
        index.end = index.shown[index.shown_count - 1].pts + last_duration;
        if (last_duration <= 0 && index.shown_count > 1)
            index.end += index.shown[index.shown_count - 1].pts - index.shown[index.shown_count - 2].pts;
    }
    if (!index.is_damaged && (read != AVERROR_EOF || is_cut_short(format, video, seen, latest_us))) {
        index.is_damaged = true;
        index.damaged_pts = index.end;
    }
    *out = index;
    return 0;
}

void media_index_trim(media_index *index, int64_t pts)
{
    int64_t first = 0;
    while (first < index->shown_count && index->shown[first].pts < pts)
        first++;
    memmove(index->shown, index->shown + first, (size_t)(index->shown_count - first) * sizeof *index->shown);
    index->shown_count -= first;
}

// The first presented frame later than pts.
static int64_t upper_bound(const media_index *index, int64_t pts)
{
    int64_t low = 0, high = index->shown_count;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (index->shown[middle].pts <= pts)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int64_t media_index_nearest(const media_index *index, int64_t pts)
{
    int64_t after = upper_bound(index, pts);
    if (after == 0)
        return 0;
    if (after == index->shown_count)
        return after - 1;
    return pts - index->shown[after - 1].pts <= index->shown[after].pts - pts ? after - 1 : after;
}

int64_t media_index_find(const media_index *index, int64_t pts)
{
    int64_t after = upper_bound(index, pts);
    return after > 0 && index->shown[after - 1].pts == pts ? after - 1 : -1;
}

void media_index_free(media_index *index)
{
    free(index->packets);
    free(index->shown);
    *index = (media_index){0};
}
