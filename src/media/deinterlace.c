#include "deinterlace.h"

#include <stillpoint/base.h>

#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/mathematics.h>
#include <stdio.h>
#include <stdlib.h>

struct media_deinterlacer {
    AVFilterGraph *graph;
    AVFilterContext *source, *sink;
    AVRational time_base;
};

static int build(media_deinterlacer *self, const AVFrame *like)
{
    char args[160];
    snprintf(args, sizeof args, "video_size=%dx%d:pix_fmt=%d:time_base=%d/%d", like->width, like->height,
             like->format, self->time_base.num, self->time_base.den);
    AVFilterContext *bwdif = NULL;
    self->graph = avfilter_graph_alloc();
    if (!self->graph)
        return AVERROR(ENOMEM);
    self->graph->nb_threads = 1;
    int ret = avfilter_graph_create_filter(&self->source, avfilter_get_by_name("buffer"), "in", args, NULL,
                                           self->graph);
    if (ret >= 0)
        ret = avfilter_graph_create_filter(&bwdif, avfilter_get_by_name("bwdif"), "bwdif",
                                           "mode=send_frame:deint=interlaced", NULL, self->graph);
    if (ret >= 0)
        ret = avfilter_graph_create_filter(&self->sink, avfilter_get_by_name("buffersink"), "out", NULL, NULL,
                                           self->graph);
    if (ret >= 0)
        ret = avfilter_link(self->source, 0, bwdif, 0);
    if (ret >= 0)
        ret = avfilter_link(bwdif, 0, self->sink, 0);
    if (ret >= 0)
        ret = avfilter_graph_config(self->graph, NULL);
    return ret;
}

int media_deinterlacer_open(media_deinterlacer **out, const AVFrame *like, AVRational time_base,
                            const char *path)
{
    media_deinterlacer *self = sp_calloc(1, sizeof *self);
    if (!self)
        return SP_ENOMEM;
    self->time_base = time_base;
    if (build(self, like) < 0) {
        media_deinterlacer_close(&self);
        return sp_error(SP_ENOTSUP, "%s is interlaced, and this FFmpeg cannot deinterlace its %dx%d pictures",
                        path, like->width, like->height);
    }
    *out = self;
    return 0;
}

int media_deinterlacer_push(media_deinterlacer *self, AVFrame *frame)
{
    if (av_buffersrc_add_frame_flags(self->source, frame, AV_BUFFERSRC_FLAG_KEEP_REF) < 0)
        return sp_error(SP_EFORMAT, "an interlaced frame cannot be deinterlaced");
    return 0;
}

int media_deinterlacer_pull(media_deinterlacer *self, AVFrame *out)
{
    int ret = av_buffersink_get_frame(self->sink, out);
    if (ret == AVERROR(EAGAIN))
        return 1;
    if (ret < 0)
        return SP_EEND;
    // The filter counts in half frames.
    out->pts = av_rescale_q(out->pts, av_buffersink_get_time_base(self->sink), self->time_base);
    return 0;
}

void media_deinterlacer_close(media_deinterlacer **filter)
{
    if (!*filter)
        return;
    avfilter_graph_free(&(*filter)->graph);
    free(*filter);
    *filter = NULL;
}
