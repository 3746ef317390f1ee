#include "canvas_pixels.h"

static uint32_t multiply(uint32_t value, uint32_t alpha)
{
    return (value * alpha + 127) / 255;
}

void canvas_pixels_from_image(uint8_t *words, int stride, const sp_image8 *image)
{
    int green = image->channels == 1 ? 0 : 1, blue = image->channels == 1 ? 0 : 2;
    for (int y = 0; y < image->height; y++) {
        const uint8_t *from = image->data + (size_t)y * (size_t)image->width * (size_t)image->channels;
        uint32_t *to = (uint32_t *)(void *)(words + (size_t)y * (size_t)stride);
        for (int x = 0; x < image->width; x++, from += image->channels) {
            uint32_t a = image->channels == 4 ? from[3] : 255;
            to[x] = a << 24 | multiply(from[0], a) << 16 | multiply(from[green], a) << 8 |
                    multiply(from[blue], a);
        }
    }
}

void canvas_pixels_to_image(sp_image8 *image, const uint8_t *words, int stride)
{
    for (int y = 0; y < image->height; y++) {
        const uint32_t *from = (const uint32_t *)(const void *)(words + (size_t)y * (size_t)stride);
        uint8_t *to = image->data + (size_t)y * (size_t)image->width * 4;
        for (int x = 0; x < image->width; x++, to += 4) {
            uint32_t a = from[x] >> 24;
            for (int c = 0; c < 3 && a; c++) {
                uint32_t value = ((from[x] >> (16 - 8 * c) & 255) * 255 + a / 2) / a;
                to[c] = (uint8_t)(value < 255 ? value : 255);
            }
            to[3] = (uint8_t)a;
        }
    }
}
