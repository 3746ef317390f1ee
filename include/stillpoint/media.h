// Video in and out through FFmpeg. Floor 2.
// Threads: a source or a writer serves one thread at a time; several may be open side by side.
#ifndef STILLPOINT_MEDIA_H
#define STILLPOINT_MEDIA_H

#include <stillpoint/image.h>

#ifdef __cplusplus
extern "C" {
#endif

// Pictures come out upright (display matrix applied, multiples of 90 degrees), with square pixels, as 8-bit
// RGB, converted by the matrix and range that the stream is tagged with; without a tag by BT.709 from 1280
// wide or 720 high, else BT.601, and as limited range. Interlaced video is deinterlaced (bwdif) to one frame
// per frame, at the time of its first field.
//
// A damaged or cut off file yields the frames that decode, and one warning in the log that names the file and
// the time. A frame that the decoder had to patch up for lack of data is left out.
typedef struct sp_source sp_source;

typedef struct sp_source_params {
    sp_rational image_fps; // rate of a folder of numbered images (default 30/1)
    int threads;           // decoder threads (default 1: parallelism is across feeds)
} sp_source_params;
sp_source_params sp_source_params_default(void);

typedef struct sp_source_info {
    int width, height;   // as shown: rotation applied, square pixels
    sp_rational fps;     // nominal rate; 0/1 for a still
    int64_t frame_count; // presented frames: counted where cheap, else estimated; 1 for a still
    double duration_s;   // from the first presented frame to the end of the last
    bool is_still, is_folder;
    char codec[32]; // "h264", "png", ...
} sp_source_info;

// Open a video file, a folder of numbered images, or a still. The caller owns *out. The number of an image is
// the last one in its name that tells the images apart; the lowest number is at time 0, and a missing number
// is a missing frame. SP_ENOENT: nothing there. SP_EFORMAT: no picture in it (the sentence says what it is
// instead).
int sp_source_open(sp_source **out, const char *path, const sp_source_params *params);
const sp_source_info *sp_source_get_info(const sp_source *source);

// The next frame in presentation order, as RGB, with its true time in seconds from the first presented frame.
// *out is initialised (or reused when it has the right size). SP_EEND after the last one.
int sp_source_next(sp_source *source, sp_image8 *out, double *t_s);

// The frame whose time is nearest to t_s, whatever the order of calls; keyframe seek and decode only what is
// needed. A still answers any time with t_s as its time. SP_EEND when the footage yields no frame at all.
int sp_source_at(sp_source *source, double t_s, sp_image8 *out, double *true_t_s);

// Times of all presented frames (from packets, no pixels decoded). *times is the caller's to free().
int sp_source_times(sp_source *source, double **times, int64_t *count);
void sp_source_close(sp_source **source);

typedef enum sp_quality { SP_QUALITY_DRAFT, SP_QUALITY_GOOD, SP_QUALITY_BEST } sp_quality;
typedef struct sp_writer_params {
    int width, height; // odd sizes are padded to even by repeating the edge
    sp_rational fps;
    bool is_hevc;       // H.265 instead of H.264 (default false)
    sp_quality quality; // default GOOD
    double keyframe_s;  // a keyframe at least this often (default 1)
    int threads; // encoder threads; 0: four on every machine, so that the bytes are the same everywhere
} sp_writer_params;
sp_writer_params sp_writer_params_default(void);

typedef struct sp_writer sp_writer;
// Begin an MP4 (yuv420p, BT.709 limited, centred chroma, tagged so, fast start), written aside. The caller
// owns *out. SP_EIO: the file cannot be made, or later written (full disk); nothing is left then.
int sp_writer_open(sp_writer **out, const char *path, const sp_writer_params *params);
int sp_writer_write(sp_writer *writer, const sp_image8 *rgb);
// Finish the file and rename it into place. Without it, close leaves nothing behind.
int sp_writer_finish(sp_writer *writer);
void sp_writer_close(sp_writer **writer);

#ifdef __cplusplus
}
#endif
#endif
