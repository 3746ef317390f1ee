// Inside image: what the file decoders hand to load.c, and the encoders it calls.
#ifndef IMAGE_CODEC_H
#define IMAGE_CODEC_H

#include <stillpoint/image.h>

// Decoded as the file has it, palettes and bit depths below 8 expanded: interleaved rows of 1 grey, 2 grey
// and alpha, 3 RGB or 4 RGBA channels, each an uint8_t or, when is_16bit, an uint16_t in host order.
typedef struct image_pixels {
    int width, height, channels;
    bool is_16bit;
    uint8_t *data;
} image_pixels;

// Bytes that grow as an encoder writes. Free data with free().
typedef struct image_bytes {
    uint8_t *data;
    size_t size, capacity;
} image_bytes;

// False when memory ran out; what is there stays.
bool image_bytes_append(image_bytes *bytes, const void *data, size_t size);

// Refuse sizes that we do not handle, and sizes that a file of file_size bytes cannot hold when one byte
// yields at most pixels_per_byte pixels: nobody's header makes us allocate more than its file justifies.
int image_check_size(const char *what, double width, double height, size_t file_size, double pixels_per_byte);

bool image_png_matches(const uint8_t *data, size_t size);
bool image_jpeg_matches(const uint8_t *data, size_t size);

// out NULL reads the header only; width and height are set in both cases. what names the source in errors.
int image_png_decode(image_pixels *out, int *width, int *height, const uint8_t *data, size_t size,
                     const char *what);
int image_jpeg_decode(image_pixels *out, int *width, int *height, const uint8_t *data, size_t size,
                      const char *what);

// Encode rows of 8-bit samples (1, 3 or 4 channels; 16-bit grey when is_16bit) into empty bytes.
int image_png_encode(image_bytes *out, const image_pixels *pixels, const char *what);
int image_jpeg_encode(image_bytes *out, const image_pixels *pixels, const char *what);

#endif
