#include "convert.h"
#include "source.h"

#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <math.h>

bool media_turn_from_matrix(media_turn *out, const int32_t *matrix)
{
    *out = (media_turn){0};
    if (!matrix)
        return true;
    // A displayed point is (x, y) = (a p + c q, b p + d q) of a stored one (p, q), the matrix being a b u c d
    // v x y w.
    double a = matrix[0], b = matrix[1], c = matrix[3], d = matrix[4];
    double size = fmax(fmax(fabs(a), fabs(b)), fmax(fabs(c), fabs(d)));
    if (size == 0)
        return false;
    bool is_straight = fabs(b) < 0.02 * size && fabs(c) < 0.02 * size;
    bool is_crossed = fabs(a) < 0.02 * size && fabs(d) < 0.02 * size;
    if (is_straight)
        *out = (media_turn){false, a < 0, d < 0};
    else if (is_crossed)
        *out = (media_turn){true, c < 0, b < 0};
    return is_straight || is_crossed;
}

int media_converter_init(media_converter *out, const AVFrame *first, AVRational pixel_aspect, media_turn turn)
{
    *out = (media_converter){.turn = turn};
    double aspect = pixel_aspect.num > 0 && pixel_aspect.den > 0 ? av_q2d(pixel_aspect) : 1;
    // Pixels are widened or heightened, never narrowed, so that no detail is lost; absurd aspects are damage.
    double width = first->width, height = first->height;
    if (aspect > 1 && aspect <= 4)
        width *= aspect;
    else if (aspect < 1 && aspect >= 0.25)
        height /= aspect;
    if (width < 1 || height < 1 || width > 65535 || height > 65535)
        return sp_error(SP_EFORMAT, "pictures of %dx%d are too large", first->width, first->height);
    out->width = (int)lrint(turn.is_transposed ? height : width);
    out->height = (int)lrint(turn.is_transposed ? width : height);
    return 0;
}

// The matrix that a stream without a tag means: by custom 709 for HD sizes, 601 below.
static int matrix_of(const AVFrame *frame)
{
    switch (frame->colorspace) {
    case AVCOL_SPC_BT709:
        return SWS_CS_ITU709;
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M:
        return SWS_CS_ITU601;
    case AVCOL_SPC_FCC:
        return SWS_CS_FCC;
    case AVCOL_SPC_SMPTE240M:
        return SWS_CS_SMPTE240M;
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
        return SWS_CS_BT2020;
    default:
        return frame->width >= 1280 || frame->height >= 720 ? SWS_CS_ITU709 : SWS_CS_ITU601;
    }
}

static bool is_full_range(const AVFrame *frame, const AVPixFmtDescriptor *format)
{
    switch (frame->format) {
    case AV_PIX_FMT_YUVJ411P:
    case AV_PIX_FMT_YUVJ420P:
    case AV_PIX_FMT_YUVJ422P:
    case AV_PIX_FMT_YUVJ440P:
    case AV_PIX_FMT_YUVJ444P:
        return true;
    default:
        break;
    }
    if (frame->color_range == AVCOL_RANGE_UNSPECIFIED)
        return format->flags & AV_PIX_FMT_FLAG_RGB;
    return frame->color_range == AVCOL_RANGE_JPEG;
}

// Where chroma samples lie, in 1/256 luma pixels from the first. "Left" is what H.264 and HEVC streams
// without a tag count as, but most of what is found in practice averaged four pixels (FFmpeg's scaler does),
// so that is taken for the centre: on rendered footage with known pictures 33.1 dB instead of 32.2. The other
// tags are only ever set on purpose.
static void set_siting(struct SwsContext *scaler, const AVFrame *frame, const AVPixFmtDescriptor *format)
{
    bool is_left =
        frame->chroma_location == AVCHROMA_LOC_TOPLEFT || frame->chroma_location == AVCHROMA_LOC_BOTTOMLEFT;
    bool is_top =
        frame->chroma_location == AVCHROMA_LOC_TOPLEFT || frame->chroma_location == AVCHROMA_LOC_TOP;
    bool is_bottom =
        frame->chroma_location == AVCHROMA_LOC_BOTTOMLEFT || frame->chroma_location == AVCHROMA_LOC_BOTTOM;
    if (format->log2_chroma_w == 1)
        av_opt_set_int(scaler, "src_h_chr_pos", is_left ? 0 : 128, 0);
    if (format->log2_chroma_h == 1)
        av_opt_set_int(scaler, "src_v_chr_pos", is_top ? 0 : is_bottom ? 256 : 128, 0);
}

static int make_scaler(media_converter *converter, const AVFrame *frame, const char *path)
{
    const AVPixFmtDescriptor *format = av_pix_fmt_desc_get(frame->format);
    if (!format || !sws_isSupportedInput(frame->format))
        return sp_error(SP_ENOTSUP, "%s: pixel format %s is not supported", path,
                        format ? format->name : "?");
    int matrix = matrix_of(frame), range = is_full_range(frame, format);
    if (converter->scaler && converter->from_width == frame->width &&
        converter->from_height == frame->height && converter->from_format == frame->format &&
        converter->from_matrix == matrix && converter->from_range == range &&
        converter->from_siting == (int)frame->chroma_location)
        return 0;
    sws_freeContext(converter->scaler);
    struct SwsContext *scaler = converter->scaler = sws_alloc_context();
    if (!scaler)
        return sp_error(SP_ENOMEM, "%s: memory ran out while converting colours", path);
    av_opt_set_int(scaler, "srcw", frame->width, 0);
    av_opt_set_int(scaler, "srch", frame->height, 0);
    av_opt_set_int(scaler, "src_format", frame->format, 0);
    av_opt_set_int(scaler, "dstw", converter->scaled->width, 0);
    av_opt_set_int(scaler, "dsth", converter->scaled->height, 0);
    av_opt_set_int(scaler, "dst_format", AV_PIX_FMT_GBRP, 0);
    av_opt_set_int(scaler, "sws_flags",
                   SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP, 0);
    set_siting(scaler, frame, format);
    const int *coefficients = sws_getCoefficients(matrix);
    sws_setColorspaceDetails(scaler, coefficients, range, coefficients, 1, 0, 1 << 16, 1 << 16);
    if (sws_init_context(scaler, NULL, NULL) < 0) {
        sws_freeContext(scaler);
        converter->scaler = NULL;
        return sp_error(SP_ENOTSUP, "%s: pixel format %s at %dx%d cannot be converted", path, format->name,
                        frame->width, frame->height);
    }
    converter->from_width = frame->width;
    converter->from_height = frame->height;
    converter->from_format = frame->format;
    converter->from_matrix = matrix;
    converter->from_range = range;
    converter->from_siting = (int)frame->chroma_location;
    return 0;
}

static int make_target(media_converter *converter)
{
    if (converter->scaled)
        return 0;
    AVFrame *frame = av_frame_alloc();
    if (frame) {
        frame->format = AV_PIX_FMT_GBRP;
        frame->width = converter->turn.is_transposed ? converter->height : converter->width;
        frame->height = converter->turn.is_transposed ? converter->width : converter->height;
    }
    if (!frame || av_frame_get_buffer(frame, 0) < 0) {
        av_frame_free(&frame);
        return sp_error(SP_ENOMEM, "memory ran out for a picture of %dx%d", converter->width,
                        converter->height);
    }
    converter->scaled = frame;
    return 0;
}

// Interleave the planes, turning on the way: stored (p, q) goes to displayed (x, y).
static void turn_into(sp_image8 *out, const AVFrame *from, media_turn turn)
{
    for (int q = 0; q < from->height; q++) {
        const uint8_t *g = from->data[0] + (ptrdiff_t)q * from->linesize[0];
        const uint8_t *b = from->data[1] + (ptrdiff_t)q * from->linesize[1];
        const uint8_t *r = from->data[2] + (ptrdiff_t)q * from->linesize[2];
        int x = turn.is_transposed ? q : 0, y = turn.is_transposed ? 0 : q;
        ptrdiff_t step = turn.is_transposed ? 3 * (ptrdiff_t)out->width : 3;
        if (turn.is_flipped_x) {
            x = out->width - 1 - x;
            step = turn.is_transposed ? step : -step;
        }
        if (turn.is_flipped_y) {
            y = out->height - 1 - y;
            step = turn.is_transposed ? -step : step;
        }
        uint8_t *to = out->data + ((ptrdiff_t)y * out->width + x) * 3;
        for (int p = 0; p < from->width; p++, to += step) {
            to[0] = r[p];
            to[1] = g[p];
            to[2] = b[p];
        }
    }
}

int media_convert(media_converter *converter, const AVFrame *frame, sp_image8 *out, const char *path)
{
    int ret = make_target(converter);
    if (!ret)
        ret = make_scaler(converter, frame, path);
    if (!ret)
        ret = media_fit(out, converter->width, converter->height);
    if (ret)
        return ret;
    sws_scale(converter->scaler, (const uint8_t *const *)frame->data, frame->linesize, 0, frame->height,
              converter->scaled->data, converter->scaled->linesize);
    turn_into(out, converter->scaled, converter->turn);
    return 0;
}

void media_converter_free(media_converter *converter)
{
    sws_freeContext(converter->scaler);
    av_frame_free(&converter->scaled);
    *converter = (media_converter){0};
}
