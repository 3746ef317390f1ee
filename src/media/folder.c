// A folder of numbered pictures as a source.
#include "source.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

// PNG and JPEG by the image module; everything else through FFmpeg.
static int load_picture(sp_image8 *out, const char *path)
{
    sp_image8 image = {0};
    media_kind kind;
    char *what = NULL;
    int ret = media_sniff(&kind, &what, path);
    if (ret)
        return ret;
    free(what);
    if (kind == MEDIA_KIND_PICTURE) {
        ret = sp_image8_load(&image, path, false);
    } else {
        sp_source *source = NULL;
        double t_s;
        sp_source_params params = sp_source_params_default();
        ret = sp_source_open(&source, path, &params);
        if (!ret)
            ret = sp_source_next(source, &image, &t_s);
        sp_source_close(&source);
    }
    if (!ret)
        *out = image;
    return ret;
}

typedef struct numbered {
    char *path;
    int64_t number;
} numbered;

typedef struct folder {
    sp_source base;
    numbered *frames; // by number
    int64_t count, next;
    sp_image8 cached;
    int64_t cached_index; // -1: none
    bool has_warned;
} folder;

static bool is_picture_name(const char *name)
{
    static const char *const endings[] = {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".ppm"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof endings / sizeof endings[0]; i++)
        if (!strcasecmp(dot, endings[i]))
            return name[0] != '.';
    return false;
}

// The last (or first) run of digits before the ending; -1: there is none. Numbers of more than 18 digits
// count by their last 18.
static int64_t number_in(const char *name, bool is_first)
{
    const char *end = strrchr(name, '.');
    const char *start = NULL, *stop = NULL;
    for (const char *p = name; p < end; p++) {
        if (!isdigit((unsigned char)*p) || (is_first && start))
            continue;
        start = p;
        while (p < end && isdigit((unsigned char)*p))
            p++;
        stop = p;
    }
    if (!start)
        return -1;
    if (stop - start > 18)
        start = stop - 18;
    int64_t number = 0;
    for (const char *p = start; p < stop; p++)
        number = number * 10 + (*p - '0');
    return number;
}

static int by_number(const void *a, const void *b)
{
    const numbered *x = a, *y = b;
    return (x->number > y->number) - (x->number < y->number);
}

static const numbered *find_twin(const numbered *frames, int64_t count)
{
    for (int64_t i = 1; i < count; i++)
        if (frames[i].number == frames[i - 1].number)
            return &frames[i];
    return NULL;
}

static int number_frames(folder *self, const char *path, bool is_first)
{
    for (int64_t i = 0; i < self->count; i++)
        self->frames[i].number = number_in(sp_path_name(self->frames[i].path), is_first);
    qsort(self->frames, (size_t)self->count, sizeof *self->frames, by_number);
    const numbered *twin = find_twin(self->frames, self->count);
    if (twin)
        return sp_error(SP_EFORMAT,
                        "%s: %s and %s carry the same frame number; a folder holds the frames of one camera, "
                        "each with its own number",
                        path, sp_path_name(twin[-1].path), sp_path_name(twin->path));
    return 0;
}

static int collect(folder *self, const char *path, char **names, int name_count)
{
    self->frames = sp_calloc((size_t)name_count + 1, sizeof *self->frames);
    if (!self->frames)
        return SP_ENOMEM;
    int unnumbered = 0;
    for (int i = 0; i < name_count; i++) {
        if (!is_picture_name(names[i]))
            continue;
        if (number_in(names[i], false) < 0 && unnumbered++ > 0)
            continue;
        char *file = sp_path_join(path, names[i]);
        if (!file)
            return SP_ENOMEM;
        self->frames[self->count++].path = file;
    }
    if (self->count == 0)
        return sp_error(SP_EFORMAT, "%s: no pictures (PNG, JPEG) in this folder", path);
    if (unnumbered > 1 || (unnumbered == 1 && self->count > 1))
        return sp_error(
            SP_EFORMAT,
            "%s: a picture has no number in its name; a feed's pictures are numbered like 000012.jpg", path);
    // The number is the last one in the name, unless that is the same everywhere (0012_v2.png).
    if (number_frames(self, path, false))
        return number_frames(self, path, true);
    return 0;
}

static int64_t frame_index(const folder *self, int64_t i)
{
    return self->frames[i].number - self->frames[0].number;
}

static double frame_time(const folder *self, int64_t i)
{
    return (double)frame_index(self, i) * self->base.info.fps.den / self->base.info.fps.num;
}

static int folder_load(folder *self, int64_t i)
{
    if (self->cached_index == i)
        return 0;
    sp_image8 image = {0};
    int ret = load_picture(&image, self->frames[i].path);
    if (ret)
        return ret;
    if (image.width != self->base.info.width || image.height != self->base.info.height) {
        ret =
            sp_error(SP_EFORMAT, "%s is %dx%d, but the folder's first picture is %dx%d", self->frames[i].path,
                     image.width, image.height, self->base.info.width, self->base.info.height);
        sp_image8_free(&image);
        return ret;
    }
    sp_image8_free(&self->cached);
    self->cached = image;
    self->cached_index = i;
    return 0;
}

// A picture that does not load counts as a missing frame.
static int load_or_warn(folder *self, int64_t i)
{
    int ret = folder_load(self, i);
    if (ret && ret != SP_ENOMEM && !self->has_warned) {
        self->has_warned = true;
        sp_log(SP_LOG_WARN, "%s: damaged at %.3f s, frame left out: %s", self->base.path, frame_time(self, i),
               sp_error_text());
    }
    return ret;
}

static int folder_emit(folder *self, sp_image8 *out, double *t_s)
{
    int ret = media_copy(out, &self->cached);
    if (ret)
        return ret;
    if (t_s)
        *t_s = frame_time(self, self->cached_index);
    self->next = self->cached_index + 1;
    return 0;
}

static int folder_next(sp_source *source, sp_image8 *out, double *t_s)
{
    folder *self = (folder *)source;
    while (self->next < self->count) {
        int ret = load_or_warn(self, self->next);
        if (ret == SP_ENOMEM)
            return ret;
        if (!ret)
            return folder_emit(self, out, t_s);
        self->next++;
    }
    return sp_error(SP_EEND, "%s: no more frames", source->path);
}

static int folder_at(sp_source *source, double t_s, sp_image8 *out, double *true_t_s)
{
    folder *self = (folder *)source;
    int64_t after = 0;
    for (int64_t size = self->count; size > 0;) { // the first frame later than t_s
        int64_t half = size / 2;
        if (frame_time(self, after + half) <= t_s) {
            after += half + 1;
            size -= half + 1;
        } else {
            size = half;
        }
    }
    int64_t before = after - 1;
    while (before >= 0 || after < self->count) {
        bool is_before = after >= self->count ||
                         (before >= 0 && t_s - frame_time(self, before) <= frame_time(self, after) - t_s);
        int ret = load_or_warn(self, is_before ? before-- : after++);
        if (ret == SP_ENOMEM)
            return ret;
        if (!ret)
            return folder_emit(self, out, true_t_s);
    }
    return sp_error(SP_EEND, "%s: none of its %lld pictures can be read", source->path,
                    (long long)self->count);
}

static int folder_times(sp_source *source, double **times, int64_t *count)
{
    folder *self = (folder *)source;
    double *list = sp_calloc((size_t)self->count, sizeof *list);
    if (!list)
        return SP_ENOMEM;
    for (int64_t i = 0; i < self->count; i++)
        list[i] = frame_time(self, i);
    *times = list;
    *count = self->count;
    return 0;
}

static void folder_close(sp_source *source)
{
    folder *self = (folder *)source;
    for (int64_t i = 0; self->frames && i < self->count; i++)
        free(self->frames[i].path);
    free(self->frames);
    sp_image8_free(&self->cached);
    free(self);
}

static const media_ops folder_ops = {folder_next, folder_at, folder_times, folder_close};

// The first picture that loads gives the size.
static int measure(folder *self)
{
    int ret = 0;
    for (int64_t i = 0; i < self->count; i++) {
        ret = load_picture(&self->cached, self->frames[i].path);
        if (ret == SP_ENOMEM)
            return ret;
        if (!ret) {
            self->cached_index = i;
            self->base.info.width = self->cached.width;
            self->base.info.height = self->cached.height;
            media_name_codec(&self->base.info, self->frames[i].path);
            return 0;
        }
    }
    return ret;
}

int media_folder_open(sp_source **out, const char *path, const sp_source_params *params)
{
    char **names = NULL;
    int name_count = 0;
    int ret = sp_folder_list(&names, &name_count, path);
    if (ret)
        return ret;
    folder *self = sp_calloc(1, sizeof *self);
    if (!self) {
        sp_names_free(&names, name_count);
        return SP_ENOMEM;
    }
    self->base.ops = &folder_ops;
    self->base.info = (sp_source_info){.fps = params->image_fps, .is_folder = true};
    self->cached_index = -1;
    ret = collect(self, path, names, name_count);
    sp_names_free(&names, name_count);
    if (!ret)
        ret = measure(self);
    if (ret) {
        folder_close(&self->base);
        return ret;
    }
    self->base.info.frame_count = self->count;
    self->base.info.duration_s = frame_time(self, self->count - 1) + 1 / sp_rational_value(params->image_fps);
    *out = &self->base;
    return 0;
}
