#include "source.h"

#include <libavutil/log.h>
#include <pthread.h>
#include <string.h>

// Demuxers skip over damage and decoders patch it up with no other sign than a message.
static _Thread_local unsigned complaints;

static void count_complaint(void *context, int level)
{
    const AVClass *class = context ? *(const AVClass **)context : NULL;
    if (!class)
        return;
    AVClassCategory category = class->get_category ? class->get_category(context) : class->category;
    if (category == AV_CLASS_CATEGORY_DEMUXER ||
        (category == AV_CLASS_CATEGORY_DECODER && level <= AV_LOG_ERROR))
        complaints++;
}

unsigned media_complaints(void)
{
    return complaints;
}

static void to_log(void *context, int level, const char *format, va_list args)
{
    // Warnings and worse only: the rest is chatter for people who work on FFmpeg.
    if (level > AV_LOG_WARNING)
        return;
    count_complaint(context, level);
    char line[512];
    int print_prefix = 1;
    av_log_format_line2(context, level, format, args, line, sizeof line, &print_prefix);
    line[strcspn(line, "\r\n")] = 0;
    if (line[0])
        sp_log(SP_LOG_DEBUG, "FFmpeg: %s", line);
}

static void install(void)
{
    av_log_set_callback(to_log);
}

void media_quiet_ffmpeg(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install);
}
