// What the kinds of source share. Internal to media.
#ifndef MEDIA_SOURCE_H
#define MEDIA_SOURCE_H

#include <stillpoint/media.h>

typedef struct media_ops {
    int (*next)(sp_source *source, sp_image8 *out, double *t_s);
    int (*at)(sp_source *source, double t_s, sp_image8 *out, double *true_t_s);
    int (*times)(sp_source *source, double **times, int64_t *count);
    void (*close)(sp_source *source); // frees the whole struct, not the path
} media_ops;

// The first member of each kind of source.
struct sp_source {
    const media_ops *ops;
    sp_source_info info;
    char *path;
};

// A folder of numbered images; one picture; a video file. Each makes a source whose path is still to be set.
int media_folder_open(sp_source **out, const char *path, const sp_source_params *params);
int media_still_open(sp_source **out, const char *path);
// A still from a picture in memory, which is taken over (also on failure).
int media_still_wrap(sp_source **out, sp_image8 *image, const char *codec);
int media_video_open(sp_source **out, const char *path, const sp_source_params *params);

// Make *out a picture of this size, keeping its memory when it is one already.
int media_fit(sp_image8 *out, int width, int height);
// The same with the pixels of an RGB picture.
int media_copy(sp_image8 *out, const sp_image8 *from);
// Name the codec after a picture file's ending.
void media_name_codec(sp_source_info *info, const char *path);

// Send FFmpeg's own messages to the log (debug) instead of the terminal. Safe to call often.
void media_quiet_ffmpeg(void);
// How often, in this thread, a demuxer has warned or a decoder reported an error: what else says that data
// are damaged.
unsigned media_complaints(void);

typedef enum media_kind {
    MEDIA_KIND_UNKNOWN, // let FFmpeg look
    MEDIA_KIND_PICTURE, // PNG or JPEG
    MEDIA_KIND_OTHER,   // certainly neither picture nor video
} media_kind;

// Look at the first bytes. *what is set to a phrase for "FILE is ...", such as "text (it begins with ...)",
// that says what the file looks like; free() it.
int media_sniff(media_kind *kind, char **what, const char *path);

#endif
