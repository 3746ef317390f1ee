// Vector drawing for maps, textures and overlays, on Cairo. Floor 1, part of image.
// Threads: a canvas serves one thread at a time.
#ifndef STILLPOINT_CANVAS_H
#define STILLPOINT_CANVAS_H

#include <stillpoint/image.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sp_canvas sp_canvas;
typedef struct sp_color {
    double r, g, b, a; // sRGB, 0..1, not premultiplied
} sp_color;

// A raster canvas (path NULL) or one that writes an SVG file (whole or not at all) when finished. The caller
// owns *out.
int sp_canvas_open(sp_canvas **out, double width_px, double height_px, const char *svg_path);
void sp_canvas_fill_all(sp_canvas *canvas, sp_color color);
void sp_canvas_line(sp_canvas *canvas, double x0, double y0, double x1, double y1, double width_px,
                    sp_color color);
// count points as x, y pairs; closed and filled, or stroked when width_px > 0.
void sp_canvas_polygon(sp_canvas *canvas, const double *xy, int count, double width_px, sp_color color);
void sp_canvas_circle(sp_canvas *canvas, double x, double y, double radius_px, double width_px,
                      sp_color color);
// A line of text; align 0 left, 0.5 centre, 1 right of x; y is the baseline. size_px is the font size.
void sp_canvas_text(sp_canvas *canvas, double x, double y, double size_px, double align, bool bold,
                    const char *text, sp_color color);
double sp_canvas_text_width(sp_canvas *canvas, double size_px, bool bold, const char *text);
// Paint a picture (1, 3 or 4 channels) into a rectangle.
int sp_canvas_image(sp_canvas *canvas, const sp_image8 *image, double x, double y, double width,
                    double height);
// Raster: *out receives RGBA (not premultiplied) and is the caller's. SVG: out may be NULL; the file is put
// in place.
int sp_canvas_finish(sp_canvas *canvas, sp_image8 *out);
void sp_canvas_close(sp_canvas **canvas);

#ifdef __cplusplus
}
#endif
#endif
