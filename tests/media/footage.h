// Footage made by the ffmpeg program, and what it and ffprobe say about a file: the truth of these tests.
#ifndef STILLPOINT_TESTS_FOOTAGE_H
#define STILLPOINT_TESTS_FOOTAGE_H

#include "../support.h"

#include <stillpoint/media.h>

#include <math.h>
#include <string.h>

#define FOOTAGE_FRAMES_MAX 1000

typedef struct footage {
    char *folder;
    char warnings[8][512];
    int warning_count;
} footage;

static inline void footage_sink(void *user, sp_log_level level, const char *message)
{
    footage *f = user;
    if (level == SP_LOG_WARN && f->warning_count < 8)
        snprintf(f->warnings[f->warning_count++], sizeof f->warnings[0], "%s", message);
}

static inline int footage_setup(void **state)
{
    footage *f = calloc(1, sizeof *f);
    f->folder = support_folder();
    sp_log_set_sink(footage_sink, f);
    *state = f;
    return 0;
}

static inline int footage_teardown(void **state)
{
    footage *f = *state;
    sp_log_set_sink(NULL, NULL);
    support_folder_end(f->folder);
    free(f);
    return 0;
}

static inline bool footage_has_ffmpeg(void)
{
    static int answer = -1;
    if (answer < 0)
        answer = system("ffmpeg -version >/dev/null 2>&1 && ffprobe -version >/dev/null 2>&1") == 0;
    return answer;
}

// Run a command inside the folder; it has to succeed.
static inline void footage_shell(const footage *f, const char *command)
{
    char *line = sp_format("cd '%s' && %s", f->folder, command);
    int status = system(line);
    if (status)
        print_error("%s\n", line);
    free(line);
    assert_int_equal(status, 0);
}

static inline void footage_make(const footage *f, const char *arguments)
{
    if (!footage_has_ffmpeg())
        skip();
    char *command = sp_format("ffmpeg -v error -nostdin -y %s", arguments);
    footage_shell(f, command);
    free(command);
}

// A path in the folder, valid until the eighth call after this one.
static inline const char *footage_path(const footage *f, const char *name)
{
    static char paths[8][512];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", f->folder, name);
    return path;
}

static inline sp_source *footage_open(const footage *f, const char *name)
{
    sp_source *source = NULL;
    int ret = sp_source_open(&source, footage_path(f, name), NULL);
    if (ret)
        print_error("%s\n", sp_error_text());
    assert_int_equal(ret, SP_OK);
    return source;
}

// Opening has to fail with this code and a sentence that holds the file's name and this text.
static inline void footage_refuse(const footage *f, const char *name, int code, const char *text)
{
    sp_source *source = NULL;
    assert_int_equal(sp_source_open(&source, footage_path(f, name), NULL), code);
    assert_null(source);
    if (!strstr(sp_error_text(), name) || !strstr(sp_error_text(), text))
        fail_msg("'%s' does not hold '%s' and '%s'", sp_error_text(), name, text);
}

// Read numbers, one a line, from a command's output.
static inline int footage_numbers(const footage *f, double *out, const char *command)
{
    char *line = sp_format("cd '%s' && %s", f->folder, command);
    FILE *pipe = popen(line, "r");
    free(line);
    assert_non_null(pipe);
    int count = 0;
    char text[256];
    while (count < FOOTAGE_FRAMES_MAX && fgets(text, sizeof text, pipe)) {
        char *end;
        double value = strtod(text, &end);
        if (end != text)
            out[count++] = value;
    }
    pclose(pipe);
    return count;
}

// Times of the frames that ffprobe decodes, from the first.
static inline int footage_true_times(const footage *f, const char *name, double *out)
{
    char *command =
        sp_format("ffprobe -v quiet -select_streams v:0 -show_entries frame=best_effort_timestamp_time "
                  "-of csv=p=0 '%s'",
                  name);
    int count = footage_numbers(f, out, command);
    free(command);
    for (int i = count - 1; i >= 0; i--)
        out[i] -= out[0];
    return count;
}

static inline uint64_t footage_hash(const sp_image8 *image)
{
    uint64_t hash = 1469598103934665603u; // FNV-1a
    size_t size = (size_t)image->width * (size_t)image->height * (size_t)image->channels;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ image->data[i]) * 1099511628211u;
    return hash;
}

typedef struct footage_sequence {
    double times[FOOTAGE_FRAMES_MAX];
    uint64_t hashes[FOOTAGE_FRAMES_MAX];
    int count;
} footage_sequence;

// All frames in order, to the end.
static inline void footage_read_all(sp_source *source, footage_sequence *out)
{
    sp_image8 image = {0};
    double t_s;
    int ret;
    out->count = 0;
    while ((ret = sp_source_next(source, &image, &t_s)) == SP_OK) {
        assert_in_range(out->count, 0, FOOTAGE_FRAMES_MAX - 1);
        out->times[out->count] = t_s;
        out->hashes[out->count++] = footage_hash(&image);
    }
    assert_int_equal(ret, SP_EEND);
    sp_image8_free(&image);
}

static inline int footage_nearest(const footage_sequence *s, double t_s)
{
    int best = 0;
    for (int i = 1; i < s->count; i++)
        if (fabs(s->times[i] - t_s) < fabs(s->times[best] - t_s))
            best = i;
    return best;
}

// The colour at a place.
static inline void footage_pixel(double rgb[3], const sp_image8 *image, int x, int y)
{
    for (int c = 0; c < 3; c++)
        rgb[c] = image->data[((size_t)y * (size_t)image->width + (size_t)x) * 3 + (size_t)c];
}

static inline void footage_assert_rgb(const sp_image8 *image, int x, int y, double r, double g, double b,
                                      double tolerance)
{
    double rgb[3], want[3] = {r, g, b};
    footage_pixel(rgb, image, x, y);
    for (int c = 0; c < 3; c++)
        if (fabs(rgb[c] - want[c]) > tolerance)
            fail_msg("pixel (%d, %d) is %g %g %g, not %g %g %g", x, y, rgb[0], rgb[1], rgb[2], r, g, b);
}

#endif
