// Frames of a video stream one after another, from any keyframe. Internal to media.
#ifndef MEDIA_DECODER_H
#define MEDIA_DECODER_H

#include "deinterlace.h"
#include "index.h"

#include <libavcodec/avcodec.h>

#define MEDIA_DAMAGED_MAX 32

typedef struct media_decoder {
    const char *path; // borrowed
    AVFormatContext *format;
    int stream;
    AVRational time_base;
    AVRational rate; // nominal frames per second
    AVCodecContext *codec;
    AVPacket *packet;
    AVFrame *raw;
    bool has_packet; // packet waits to be sent: a seek found it
    media_deinterlacer *deinterlacer;
    bool is_interlaced;
    bool is_counted;     // the stream has no times: frame k is at k / rate
    int64_t counted;     // frames so far in a counted stream
    int64_t last_pts;    // of the frame that came last; INT64_MIN: none
    int64_t settled_pts; // after a seek the decoder may miss references up to here; INT64_MIN: from the start
    int64_t zero_pts;    // time of the first presented frame; AV_NOPTS_VALUE until known
    int64_t damaged[MEDIA_DAMAGED_MAX]; // times of packets known to be damaged, a ring
    int damaged_next;
    bool is_input_over, is_over;
    bool has_warned;
} media_decoder;

// The path stays the caller's and must outlive the decoder.
int media_decoder_open(media_decoder *out, const char *path, int threads);
// The next frame in presentation order; its pts is its time, which only grows. Frames that the decoder had to
// patch up for missing data are left out. SP_EEND after the last.
int media_decoder_next(media_decoder *decoder, AVFrame *out);
// Go on from this packet of the index, a keyframe.
int media_decoder_seek(media_decoder *decoder, const media_index *index, int64_t packet);
int media_decoder_rewind(media_decoder *decoder);
// Say once per file that it is damaged; pts AV_NOPTS_VALUE: near the frame that came last.
void media_decoder_warn(media_decoder *decoder, const char *what, int64_t pts);
void media_decoder_close(media_decoder *decoder);

#endif
