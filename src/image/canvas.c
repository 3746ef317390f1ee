// Vector drawing on Cairo: one set of calls, a raster or an SVG surface below.
#include "canvas_pixels.h"
#include "codec.h"

#include <stillpoint/canvas.h>

#include <cairo-svg.h>
#include <cairo.h>
#include <math.h>
#include <stdlib.h>

#define SIDE_MAX_PX 32767 // Cairo's limit for raster surfaces
#define FONT_FAMILY "DejaVu Sans"

struct sp_canvas {
    cairo_surface_t *surface;
    cairo_t *cairo;
    char *svg_path;  // NULL: raster
    image_bytes svg; // the file, until it is complete
    bool is_finished;
};

static cairo_status_t on_write(void *closure, const unsigned char *data, unsigned size)
{
    return image_bytes_append(closure, data, size) ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_NO_MEMORY;
}

static int check_surface(const sp_canvas *canvas)
{
    cairo_status_t status = cairo_surface_status(canvas->surface);
    if (status == CAIRO_STATUS_SUCCESS)
        status = cairo_status(canvas->cairo);
    if (status == CAIRO_STATUS_SUCCESS)
        return 0;
    return sp_error(status == CAIRO_STATUS_NO_MEMORY ? SP_ENOMEM : SP_EINVAL, "%s: drawing failed: %s",
                    canvas->svg_path ? canvas->svg_path : "canvas", cairo_status_to_string(status));
}

int sp_canvas_open(sp_canvas **out, double width_px, double height_px, const char *svg_path)
{
    if (!(width_px >= 1 && width_px <= SIDE_MAX_PX && height_px >= 1 && height_px <= SIDE_MAX_PX))
        return sp_error(SP_EINVAL, "a canvas cannot be %g x %g pixels: each side must be 1 to %d", width_px,
                        height_px, SIDE_MAX_PX);
    sp_canvas *canvas = sp_calloc(1, sizeof *canvas);
    if (!canvas)
        return SP_ENOMEM;
    if (svg_path && !(canvas->svg_path = sp_strdup(svg_path))) {
        free(canvas);
        return SP_ENOMEM;
    }
    if (svg_path) {
        canvas->surface = cairo_svg_surface_create_for_stream(on_write, &canvas->svg, width_px, height_px);
        cairo_svg_surface_set_document_unit(canvas->surface, CAIRO_SVG_UNIT_PX);
    } else {
        canvas->surface =
            cairo_image_surface_create(CAIRO_FORMAT_ARGB32, (int)ceil(width_px), (int)ceil(height_px));
    }
    canvas->cairo = cairo_create(canvas->surface);
    int rc = check_surface(canvas);
    if (rc) {
        sp_canvas_close(&canvas);
        return rc;
    }
    cairo_set_line_cap(canvas->cairo, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_join(canvas->cairo, CAIRO_LINE_JOIN_ROUND);
    *out = canvas;
    return 0;
}

static void use_color(sp_canvas *canvas, sp_color color)
{
    cairo_set_source_rgba(canvas->cairo, color.r, color.g, color.b, color.a);
}

// Fill the current path, or stroke it when the line has a width.
static void paint_path(sp_canvas *canvas, double width_px, sp_color color)
{
    use_color(canvas, color);
    if (width_px > 0) {
        cairo_set_line_width(canvas->cairo, width_px);
        cairo_stroke(canvas->cairo);
    } else {
        cairo_fill(canvas->cairo);
    }
}

void sp_canvas_fill_all(sp_canvas *canvas, sp_color color)
{
    use_color(canvas, color);
    cairo_paint(canvas->cairo);
}

void sp_canvas_line(sp_canvas *canvas, double x0, double y0, double x1, double y1, double width_px,
                    sp_color color)
{
    cairo_move_to(canvas->cairo, x0, y0);
    cairo_line_to(canvas->cairo, x1, y1);
    use_color(canvas, color);
    cairo_set_line_width(canvas->cairo, width_px);
    cairo_stroke(canvas->cairo);
}

void sp_canvas_polygon(sp_canvas *canvas, const double *xy, int count, double width_px, sp_color color)
{
    if (count < 1)
        return;
    cairo_move_to(canvas->cairo, xy[0], xy[1]);
    for (int i = 1; i < count; i++)
        cairo_line_to(canvas->cairo, xy[2 * i], xy[2 * i + 1]);
    if (!(width_px > 0))
        cairo_close_path(canvas->cairo);
    paint_path(canvas, width_px, color);
}

void sp_canvas_circle(sp_canvas *canvas, double x, double y, double radius_px, double width_px,
                      sp_color color)
{
    cairo_new_sub_path(canvas->cairo);
    cairo_arc(canvas->cairo, x, y, radius_px, 0, 2 * M_PI);
    cairo_close_path(canvas->cairo);
    paint_path(canvas, width_px, color);
}

static void use_font(sp_canvas *canvas, double size_px, bool bold)
{
    cairo_select_font_face(canvas->cairo, FONT_FAMILY, CAIRO_FONT_SLANT_NORMAL,
                           bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(canvas->cairo, size_px);
}

double sp_canvas_text_width(sp_canvas *canvas, double size_px, bool bold, const char *text)
{
    cairo_text_extents_t extents;
    use_font(canvas, size_px, bold);
    cairo_text_extents(canvas->cairo, text, &extents);
    return extents.x_advance;
}

void sp_canvas_text(sp_canvas *canvas, double x, double y, double size_px, double align, bool bold,
                    const char *text, sp_color color)
{
    double width = sp_canvas_text_width(canvas, size_px, bold, text);
    cairo_move_to(canvas->cairo, x - align * width, y);
    use_color(canvas, color);
    cairo_show_text(canvas->cairo, text);
}

int sp_canvas_image(sp_canvas *canvas, const sp_image8 *image, double x, double y, double width,
                    double height)
{
    cairo_surface_t *picture = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, image->width, image->height);
    cairo_status_t status = cairo_surface_status(picture);
    if (status != CAIRO_STATUS_SUCCESS) {
        cairo_surface_destroy(picture);
        return sp_error(SP_EINVAL, "a picture of %d x %d cannot be drawn: %s", image->width, image->height,
                        cairo_status_to_string(status));
    }
    canvas_pixels_from_image(cairo_image_surface_get_data(picture), cairo_image_surface_get_stride(picture),
                             image);
    cairo_surface_mark_dirty(picture);
    cairo_t *cairo = canvas->cairo;
    cairo_save(cairo);
    cairo_translate(cairo, x, y);
    cairo_scale(cairo, width / image->width, height / image->height);
    cairo_set_source_surface(cairo, picture, 0, 0);
    // Without padding the picture's border would fade into transparency when it is scaled.
    cairo_pattern_set_extend(cairo_get_source(cairo), CAIRO_EXTEND_PAD);
    cairo_rectangle(cairo, 0, 0, image->width, image->height);
    cairo_fill(cairo);
    cairo_restore(cairo);
    cairo_surface_destroy(picture);
    return check_surface(canvas);
}

static int finish_svg(sp_canvas *canvas)
{
    cairo_surface_finish(canvas->surface);
    cairo_status_t status = cairo_surface_status(canvas->surface);
    if (status != CAIRO_STATUS_SUCCESS)
        return sp_error(SP_EIO, "%s: the drawing could not be completed: %s", canvas->svg_path,
                        cairo_status_to_string(status));
    return sp_file_write(canvas->svg_path, canvas->svg.data, canvas->svg.size);
}

static int finish_raster(sp_canvas *canvas, sp_image8 *out)
{
    cairo_surface_flush(canvas->surface);
    sp_image8 image;
    int rc = sp_image8_init(&image, cairo_image_surface_get_width(canvas->surface),
                            cairo_image_surface_get_height(canvas->surface), 4);
    if (rc)
        return rc;
    canvas_pixels_to_image(&image, cairo_image_surface_get_data(canvas->surface),
                           cairo_image_surface_get_stride(canvas->surface));
    *out = image;
    return 0;
}

int sp_canvas_finish(sp_canvas *canvas, sp_image8 *out)
{
    if (canvas->is_finished)
        return sp_error(SP_EINVAL, "a canvas can be finished once only");
    if (!canvas->svg_path && !out)
        return sp_error(SP_EINVAL, "a raster canvas needs a picture to finish into");
    int rc = check_surface(canvas);
    if (rc)
        return rc;
    canvas->is_finished = true;
    return canvas->svg_path ? finish_svg(canvas) : finish_raster(canvas, out);
}

void sp_canvas_close(sp_canvas **canvas)
{
    if (!canvas || !*canvas)
        return;
    cairo_destroy((*canvas)->cairo);
    cairo_surface_destroy((*canvas)->surface);
    free((*canvas)->svg.data);
    free((*canvas)->svg_path);
    free(*canvas);
    *canvas = NULL;
}
