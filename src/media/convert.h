// A decoded frame as upright RGB with square pixels. Internal to media.
#ifndef MEDIA_CONVERT_H
#define MEDIA_CONVERT_H

#include <stillpoint/media.h>

#include <libavutil/frame.h>
#include <libswscale/swscale.h>

// A symmetry of the square: first transpose, then mirror.
typedef struct media_turn {
    bool is_transposed, is_flipped_x, is_flipped_y;
} media_turn;

typedef struct media_converter {
    int width, height; // as shown
    media_turn turn;
    struct SwsContext *scaler;
    AVFrame *scaled; // planar RGB before turning
    int from_width, from_height, from_format, from_matrix, from_range,
        from_siting; // what scaler was made for
} media_converter;

// The display matrix (nullable) as a symmetry. False: it is another angle, *out is then no turn.
bool media_turn_from_matrix(media_turn *out, const int32_t *matrix);

// Fix the size in which all frames are shown, from the first one.
int media_converter_init(media_converter *out, const AVFrame *first, AVRational pixel_aspect,
                         media_turn turn);
int media_convert(media_converter *converter, const AVFrame *frame, sp_image8 *out, const char *path);
void media_converter_free(media_converter *converter);

#endif
