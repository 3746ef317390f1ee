// Interlaced frames made whole by libavfilter's bwdif: one frame per frame, at the time of its first field.
// Internal to media.
#ifndef MEDIA_DEINTERLACE_H
#define MEDIA_DEINTERLACE_H

#include <libavutil/frame.h>

typedef struct media_deinterlacer media_deinterlacer;

// Made for frames like this one; their pts count in time_base.
int media_deinterlacer_open(media_deinterlacer **out, const AVFrame *like, AVRational time_base,
                            const char *path);
// Hand a frame in (NULL: there are no more). The frame stays the caller's.
int media_deinterlacer_push(media_deinterlacer *filter, AVFrame *frame);
// Take a finished frame. 1: another must be pushed first. SP_EEND: after the last.
int media_deinterlacer_pull(media_deinterlacer *filter, AVFrame *out);
void media_deinterlacer_close(media_deinterlacer **filter);

#endif
