// Pictures: float planes for arithmetic, 8-bit interleaved for storage; files, colour, resampling, metrics.
// Floor 1. Threads: functions touch only their arguments.
#ifndef STILLPOINT_IMAGE_H
#define STILLPOINT_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stillpoint/base.h>

#ifdef __cplusplus
extern "C" {
#endif

// Float planes, channel after channel: value (c, y, x) is data[(c * height + y) * width + x]. Colour is
// sRGB-encoded RGB in 0..1 unless said otherwise; a matte or an alpha is one channel in 0..1. data is 64-byte
// aligned.
typedef struct sp_image {
    int width, height, channels;
    float *data;
} sp_image;

// 8-bit, interleaved, rows packed: value (y, x, c) is data[(y * width + x) * channels + c]. channels 1, 3
// (RGB) or 4.
typedef struct sp_image8 {
    int width, height, channels;
    uint8_t *data;
} sp_image8;

// Allocate zeroed pixels; sizes must be 1..65535. End with the free function, which clears the struct.
int sp_image_init(sp_image *out, int width, int height, int channels);
void sp_image_free(sp_image *image);
int sp_image8_init(sp_image8 *out, int width, int height, int channels);
void sp_image8_free(sp_image8 *image);
int sp_image_copy(sp_image *out, const sp_image *from); // out is initialised here
int sp_image8_copy(sp_image8 *out, const sp_image8 *from);
static inline float *sp_image_plane(const sp_image *image, int channel)
{
    return image->data + (size_t)channel * (size_t)image->height * (size_t)image->width;
}

// 8 bit <-> float (x / 255; clamp, round half up). out is initialised here.
int sp_image_from8(sp_image *out, const sp_image8 *from);
int sp_image_to8(sp_image8 *out, const sp_image *from);

// Files, by content when reading (PNG, JPEG; palette, grey, 16-bit and CMYK become 8-bit RGB; with keep_alpha
// a file that has transparency becomes RGBA) and by ending when writing (.png, .jpg with quality 95 and full
// chroma). JPEG's EXIF orientation is not applied. A truncated file is SP_EFORMAT; what names the bytes in
// errors.
int sp_image8_load(sp_image8 *out, const char *path, bool keep_alpha);
int sp_image8_save(const sp_image8 *image, const char *path);
int sp_image8_decode(sp_image8 *out, const void *data, size_t size, bool keep_alpha, const char *what);
// One-channel pictures: masks (grey as 0..1 float; colours by their Rec. 601 luma) and, with raw16, depth
// (raw values, e.g. millimetres; SP_EFORMAT unless the file is 16-bit grey).
int sp_image_load_grey(sp_image *out, const char *path, bool raw16);
int sp_image_save_grey16(const sp_image *image, const char *path); // values rounded and clamped to 0..65535
// Size without decoding the pixels.
int sp_image_probe(int *width, int *height, const char *path);

// sRGB transfer function (IEC 61966-2-1) of one value.
float sp_srgb_to_linear(float v);
float sp_srgb_from_linear(float v);

// Resize to out's given size: per axis, area average when shrinking, Catmull-Rom when growing (which may
// leave the range of the values at edges). out is initialised here.
int sp_image_resize(sp_image *out, const sp_image *from, int width, int height);
// Cut a rectangle, which must lie inside. out is initialised here.
int sp_image_crop(sp_image *out, const sp_image *from, int x, int y, int width, int height);
// The same of a picture of bytes, as floats.
int sp_image_crop8(sp_image *out, const sp_image8 *from, int x, int y, int width, int height);
// Gaussian blur in place, separable, kernel cut at truncate * sigma, edges mirrored (like scipy's 'reflect').
int sp_image_blur(sp_image *image, double sigma_px, double truncate);

typedef struct sp_rect {
    int x, y, width, height;
} sp_rect;
// Bounds of mask > threshold, grown by fraction of its size plus px a side (px - 1 at the right and bottom,
// as the scores do that results are compared with), clipped; width 0 when nothing is over the threshold.
sp_rect sp_mask_bounds(const sp_image *mask, float threshold, double fraction, int px);

// Metrics over values in 0..1, all channels. PSNR is 99 for equal pictures. Both fail with SP_EINVAL on
// unequal sizes.
int sp_psnr(double *out, const sp_image *a, const sp_image *b);
// Over pixels where mask > 0.5; SP_EINVAL when there are none.
int sp_psnr_masked(double *out, const sp_image *a, const sp_image *b, const sp_image *mask);
// Gaussian SSIM (Wang et al. 2004): sigma 1.5, cut at 3.5 sigma, K1 0.01, K2 0.03, mean over pixels and
// channels.
int sp_ssim(double *out, const sp_image *a, const sp_image *b);

// 1 within radius_px (between pixels' centres) of a pixel that is over the threshold, else 0. out is
// initialised here.
int sp_mask_grow(sp_image *out, const sp_image *mask, float threshold, double radius_px);
// How well an alpha covers a true matte, as shares of the area of matte > 0.5. *debris: what alpha exceeds
// the matte by, summed over the pixels more than 2 px away from that area. *holes: pixels of that area with
// alpha below 0.5. SP_EINVAL: the sizes differ, or the area is nothing.
int sp_coverage_errors(double *debris, double *holes, const sp_image *alpha, const sp_image *matte);
// What changes between two pictures of ours and not (or otherwise) between those of the truth: RMS over the
// pixels that have no moving > 0.5 and their channels, in 1/255. SP_EINVAL: sizes differ, or all is moving.
int sp_flicker(double *out, const sp_image ours[2], const sp_image truth[2], const sp_image *moving);

#ifdef __cplusplus
}
#endif
#endif
