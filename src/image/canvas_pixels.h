// Inside image: our pixels <-> Cairo's premultiplied 32-bit words (alpha in the top byte, host order).
#ifndef IMAGE_CANVAS_PIXELS_H
#define IMAGE_CANVAS_PIXELS_H

#include <stillpoint/image.h>

// words: image->height rows of stride bytes. Grey and RGB count as opaque.
void canvas_pixels_from_image(uint8_t *words, int stride, const sp_image8 *image);

// image is RGBA and sets the size.
void canvas_pixels_to_image(sp_image8 *image, const uint8_t *words, int stride);

#endif
