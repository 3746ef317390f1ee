#include "source.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

sp_source_params sp_source_params_default(void)
{
    return (sp_source_params){.image_fps = {30, 1}, .threads = 1};
}

int media_fit(sp_image8 *out, int width, int height)
{
    if (out->data && out->width == width && out->height == height && out->channels == 3)
        return 0;
    sp_image8 fresh = {0};
    int ret = sp_image8_init(&fresh, width, height, 3);
    if (ret)
        return ret;
    sp_image8_free(out);
    *out = fresh;
    return 0;
}

int media_copy(sp_image8 *out, const sp_image8 *from)
{
    int ret = media_fit(out, from->width, from->height);
    if (!ret)
        memcpy(out->data, from->data, (size_t)from->width * (size_t)from->height * 3);
    return ret;
}

static int open_file(sp_source **out, const char *path, const sp_source_params *params)
{
    media_kind kind;
    char *what = NULL;
    int ret = media_sniff(&kind, &what, path);
    if (ret)
        return ret;
    if (kind == MEDIA_KIND_PICTURE)
        ret = media_still_open(out, path);
    else if (kind == MEDIA_KIND_OTHER)
        ret = sp_error(SP_EFORMAT, "%s is %s, not a video or a picture", path, what);
    else
        ret = media_video_open(out, path, params);
    if (ret == SP_EFORMAT && kind == MEDIA_KIND_UNKNOWN)
        ret = sp_error(ret, "%s; the file is %s", sp_error_text(), what);
    free(what);
    return ret;
}

int sp_source_open(sp_source **out, const char *path, const sp_source_params *params)
{
    sp_source_params chosen = params ? *params : sp_source_params_default();
    if (!path || !*path)
        return sp_error(SP_EINVAL, "no path of a video, picture or folder of pictures was given");
    if (chosen.image_fps.num <= 0 || chosen.image_fps.den <= 0)
        return sp_error(SP_EINVAL, "image_fps %d/%d is not a frame rate", chosen.image_fps.num,
                        chosen.image_fps.den);
    struct stat st;
    if (stat(path, &st))
        return sp_error(SP_ENOENT, "%s cannot be opened: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        return sp_error(SP_EFORMAT, "%s is a device or pipe, not a video, picture or folder", path);
    char *copy = sp_strdup(path);
    if (!copy)
        return SP_ENOMEM;
    sp_source *source = NULL;
    int ret =
        S_ISDIR(st.st_mode) ? media_folder_open(&source, path, &chosen) : open_file(&source, path, &chosen);
    if (ret) {
        free(copy);
        return ret;
    }
    source->path = copy;
    *out = source;
    return 0;
}

const sp_source_info *sp_source_get_info(const sp_source *source)
{
    return &source->info;
}

int sp_source_next(sp_source *source, sp_image8 *out, double *t_s)
{
    return source->ops->next(source, out, t_s);
}

int sp_source_at(sp_source *source, double t_s, sp_image8 *out, double *true_t_s)
{
    if (!isfinite(t_s))
        return sp_error(SP_EINVAL, "%s: the instant asked for is not a number", source->path);
    return source->ops->at(source, t_s, out, true_t_s);
}

int sp_source_times(sp_source *source, double **times, int64_t *count)
{
    return source->ops->times(source, times, count);
}

void sp_source_close(sp_source **source)
{
    if (!source || !*source)
        return;
    free((*source)->path);
    (*source)->ops->close(*source);
    *source = NULL;
}
