// Pictures drawn once for the athlete: bib, face, top sheet of the skis.
#include "wardrobe.h"

#include <math.h>

#include <stillpoint/canvas.h>

#define PI 3.14159265358979323846

static const sp_color white = {0.97, 0.97, 0.96, 1}, black = {0.06, 0.06, 0.08, 1};

static int finish(sim_texture *out, sp_canvas **canvas)
{
    sp_image8 picture = {0};
    int rc = sp_canvas_finish(*canvas, &picture);
    if (rc >= 0)
        rc = sim_texture_from(out, &picture);
    sp_image8_free(&picture);
    sp_canvas_close(canvas);
    return rc;
}

static void rectangle(sp_canvas *canvas, double x, double y, double width, double height, sp_color color)
{
    double xy[8] = {x, y, x + width, y, x + width, y + height, x, y + height};
    sp_canvas_polygon(canvas, xy, 4, 0, color);
}

// The number as large as the width allows.
static void number(sp_canvas *canvas, const char *text, double x, double baseline, double width,
                   double height, sp_color color)
{
    double size = height / 0.73, wide = sp_canvas_text_width(canvas, size, true, text);
    if (wide > width)
        size *= width / wide;
    sp_canvas_text(canvas, x, baseline, size, 0.5, true, text, color);
}

int sim_draw_bib(sim_texture *out, const sim_look *look, sim_outfit outfit, bool is_front)
{
    sp_canvas *canvas;
    int rc = sp_canvas_open(&canvas, 512, 608, NULL);
    if (rc < 0)
        return rc;
    sp_color accent = {look->accent_rgb[0], look->accent_rgb[1], look->accent_rgb[2], 1};
    sp_color suit = {look->suit_rgb[0], look->suit_rgb[1], look->suit_rgb[2], 1};
    if (outfit == SIM_OUTFIT_SKIER) {
        sp_canvas_fill_all(canvas, white);
        rectangle(canvas, 0, 0, 512, 128, suit);
        sp_canvas_text(canvas, 256, 92, 66, 0.5, true, "STILLPOINT", white);
        number(canvas, look->bib, 256, 460, 330, 270, black);
        rectangle(canvas, 0, 520, 512, 88, accent);
        sp_canvas_text(canvas, 256, 580, 58, 0.5, true, is_front ? "WORLD TOUR" : "LINDQVIST", black);
    } else {
        sp_canvas_fill_all(canvas, suit);
        rectangle(canvas, 0, 500, 512, 34, accent);
        rectangle(canvas, 0, 552, 512, 16, white);
        number(canvas, look->bib, 256, is_front ? 430 : 440, 330, is_front ? 210 : 270, white);
        sp_canvas_text(canvas, 256, is_front ? 190 : 140, is_front ? 52 : 62, 0.5, true,
                       is_front ? "STILLPOINT" : "OKAFOR", white);
    }
    return finish(out, &canvas);
}

static void ellipse(sp_canvas *canvas, double x, double y, double rx, double ry, sp_color color)
{
    double xy[64];
    for (int i = 0; i < 32; i++) {
        xy[2 * i] = x + rx * cos(2 * PI * i / 32);
        xy[2 * i + 1] = y + ry * sin(2 * PI * i / 32);
    }
    sp_canvas_polygon(canvas, xy, 32, 0, color);
}

static void eye(sp_canvas *canvas, double x, double y, double side)
{
    sp_color shade = {0.45, 0.27, 0.20, 0.45}, sclera = {0.96, 0.95, 0.93, 1}, iris = {0.22, 0.36, 0.48, 1};
    sp_color lash = {0.13, 0.08, 0.06, 1}, brow = {0.20, 0.12, 0.07, 1};
    ellipse(canvas, x, y, 40, 24, shade);
    ellipse(canvas, x, y, 31, 15, sclera);
    ellipse(canvas, x, y, 13.5, 13.5, iris);
    ellipse(canvas, x, y, 6.5, 6.5, black);
    ellipse(canvas, x - 4, y - 5, 3, 3, white);
    for (int i = 0; i < 8; i++) {
        double a0 = PI + PI * i / 8, a1 = PI + PI * (i + 1) / 8;
        sp_canvas_line(canvas, x + 32 * cos(a0), y + 16 * sin(a0), x + 32 * cos(a1), y + 16 * sin(a1), 6,
                       lash);
    }
    double brows[10] = {x - side * 38, y - 26,        x - side * 10, y - 40,        x + side * 40,
                        y - 36,        x + side * 42, y - 30,        x - side * 36, y - 16};
    sp_canvas_polygon(canvas, brows, 5, 0, brow);
}

// Covers x in -0.1..0.1 m (the athlete's right to the left of the picture, as one sees it) and z
// in 1.53..1.78 m.
int sim_draw_face(sim_texture *out)
{
    sp_canvas *canvas;
    int rc = sp_canvas_open(&canvas, 512, 640, NULL);
    if (rc < 0)
        return rc;
    sp_canvas_fill_all(canvas, (sp_color){0.83, 0.62, 0.50, 1});
    sp_color blush = {0.84, 0.45, 0.38, 0.20}, lip = {0.70, 0.33, 0.31, 1}, dark = {0.42, 0.17, 0.15, 1};
    for (int i = 0; i < 4; i++) {
        ellipse(canvas, 150, 410, 44 - 9 * i, 36 - 7 * i, blush);
        ellipse(canvas, 362, 410, 44 - 9 * i, 36 - 7 * i, blush);
    }
    eye(canvas, 256 - 79, 352, -1);
    eye(canvas, 256 + 79, 352, 1);
    sp_color shadow = {0.45, 0.25, 0.18, 0.55};
    ellipse(canvas, 256 - 15, 437, 10, 6, shadow);
    ellipse(canvas, 256 + 15, 437, 10, 6, shadow);
    ellipse(canvas, 256, 502, 62, 17, lip);
    ellipse(canvas, 256, 520, 48, 15, lip);
    sp_canvas_line(canvas, 198, 508, 314, 508, 6, dark);
    ellipse(canvas, 256, 552, 40, 6, (sp_color){0.55, 0.34, 0.26, 0.35});
    return finish(out, &canvas);
}

// Covers the ski's length downwards from the tip and its width.
int sim_draw_ski(sim_texture *out, const sim_look *look)
{
    sp_canvas *canvas;
    int rc = sp_canvas_open(&canvas, 1620, 110, NULL);
    if (rc < 0)
        return rc;
    sp_color accent = {look->accent_rgb[0], look->accent_rgb[1], look->accent_rgb[2], 1};
    sp_canvas_fill_all(canvas, (sp_color){0.10, 0.13, 0.30, 1});
    for (int i = 0; i < 9; i++) {
        double x = 20 + 34 * i, xy[8] = {x, 0, x + 16, 0, x + 56, 110, x + 40, 110};
        sp_canvas_polygon(canvas, xy, 4, 0, i % 2 ? white : accent);
    }
    sp_canvas_text(canvas, 520, 84, 84, 0.5, true, "TERN", white);
    sp_canvas_text(canvas, 1330, 82, 78, 0.5, true, "AERO 160", accent);
    rectangle(canvas, 1130, 0, 26, 110, accent);
    rectangle(canvas, 1500, 0, 60, 110, white);
    return finish(out, &canvas);
}
