// Which frames a video file holds, from its packets. Internal to media.
#ifndef MEDIA_INDEX_H
#define MEDIA_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include <libavformat/avformat.h>

typedef struct media_packet {
    int64_t pts, dts; // stream time base
    int64_t key; // decode order of the keyframe to begin at, to show this packet's frame and all later ones
    bool is_key;
    bool is_shown; // not cut away by an edit list, not hidden, not damaged
} media_packet;

typedef struct media_shown {
    int64_t pts;
    int64_t packet; // in decode order
} media_shown;

typedef struct media_index {
    media_packet *packets; // in decode order
    int64_t packet_count;
    media_shown *shown; // presented frames in order of time
    int64_t shown_count;
    int64_t end;         // where the last presented frame ends
    bool is_timed;       // every packet has a time of its own, so that frames can be told apart by it
    bool is_damaged;     // it ends before the end that the file declares, or reading it met damage,
    int64_t damaged_pts; // near here
} media_index;

// Open a file's demuxer and choose its video stream. SP_EFORMAT: FFmpeg finds no video in it. is_again: this
// file was opened before, so that what takes decoding to find out can be left out where packets do not depend
// on it.
int media_demux_open(AVFormatContext **out, int *stream, const char *path, bool is_again);

// Read all packets of the stream through a demuxer that stands at the beginning (and then stands at the end).
int media_index_scan(media_index *out, AVFormatContext *format, int stream);
// Forget presented frames earlier than pts: they proved undecodable.
void media_index_trim(media_index *index, int64_t pts);
// The presented frame nearest to pts; the earlier one of two. The index must not be empty.
int64_t media_index_nearest(const media_index *index, int64_t pts);
// The presented frame with exactly this time, or -1.
int64_t media_index_find(const media_index *index, int64_t pts);
void media_index_free(media_index *index);

#endif
