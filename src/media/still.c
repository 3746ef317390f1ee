// One picture as a source: a static scene, the same at any instant.
#include "source.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void media_name_codec(sp_source_info *info, const char *path)
{
    const char *dot = strrchr(sp_path_name(path), '.');
    for (size_t i = 0; dot && dot[i + 1] && i + 1 < sizeof info->codec; i++)
        info->codec[i] = (char)tolower((unsigned char)dot[i + 1]);
    if (!strcmp(info->codec, "jpg"))
        strcpy(info->codec, "jpeg");
}

typedef struct still {
    sp_source base;
    sp_image8 image;
    bool is_done;
} still;

static int still_at(sp_source *source, double t_s, sp_image8 *out, double *true_t_s)
{
    int ret = media_copy(out, &((still *)source)->image);
    if (!ret && true_t_s)
        *true_t_s = t_s;
    return ret;
}

static int still_next(sp_source *source, sp_image8 *out, double *t_s)
{
    still *self = (still *)source;
    if (self->is_done)
        return sp_error(SP_EEND, "%s: a still has one frame", source->path);
    int ret = still_at(source, 0, out, t_s);
    self->is_done = !ret;
    return ret;
}

static int still_times(sp_source *source, double **times, int64_t *count)
{
    (void)source;
    double *zero = sp_calloc(1, sizeof *zero);
    if (!zero)
        return SP_ENOMEM;
    *times = zero;
    *count = 1;
    return 0;
}

static void still_close(sp_source *source)
{
    still *self = (still *)source;
    sp_image8_free(&self->image);
    free(self);
}

static const media_ops still_ops = {still_next, still_at, still_times, still_close};

int media_still_wrap(sp_source **out, sp_image8 *image, const char *codec)
{
    still *self = sp_calloc(1, sizeof *self);
    if (!self) {
        sp_image8_free(image);
        return SP_ENOMEM;
    }
    self->base.ops = &still_ops;
    self->base.info = (sp_source_info){
        .width = image->width, .height = image->height, .fps = {0, 1}, .frame_count = 1, .is_still = true};
    snprintf(self->base.info.codec, sizeof self->base.info.codec, "%s", codec);
    self->image = *image;
    *image = (sp_image8){0};
    *out = &self->base;
    return 0;
}

int media_still_open(sp_source **out, const char *path)
{
    sp_image8 image = {0};
    sp_source_info info = {0};
    int ret = sp_image8_load(&image, path, false);
    if (ret)
        return ret;
    media_name_codec(&info, path);
    return media_still_wrap(out, &image, info.codec);
}
