#include "plot.h"

#include <math.h>
#include <stdio.h>

enum { WIDTH = 440, HEIGHT = 320, LEFT = 62, RIGHT = 16, TOP = 34, BOTTOM = 50 };

static const sp_color white = {1, 1, 1, 1}, ink = {0.13, 0.14, 0.16, 1}, grid = {0.88, 0.89, 0.91, 1};

// The nearest of 1, 2, 5 times a power of ten that gives about five steps.
static double step_of(double most)
{
    double rough = most / 5, power = pow(10, floor(log10(rough))), digit = rough / power;
    return power * (digit < 1.5 ? 1 : digit < 3.5 ? 2 : digit < 7.5 ? 5 : 10);
}

typedef struct frame {
    double x0, y0; // of the origin, px
    double px_x, px_y;
    double least_y, most_x, most_y, step_x, step_y;
} frame;

static frame frame_of(const bench_plot_panel *panel, double left, double top)
{
    frame f = {.x0 = left + LEFT, .y0 = top + HEIGHT - BOTTOM, .least_y = panel->least_y};
    for (int s = 0; s < panel->count; s++)
        for (int k = 0; k < panel->series[s].count; k++) {
            f.most_x = fmax(f.most_x, panel->series[s].x[k]);
            f.most_y = fmax(f.most_y, panel->series[s].y[k]);
        }
    f.most_x *= 1.04;
    f.most_y += 0.18 * (f.most_y - f.least_y); // room for the legend
    f.step_x = step_of(f.most_x);
    f.step_y = step_of(f.most_y - f.least_y);
    f.px_x = (WIDTH - LEFT - RIGHT) / f.most_x;
    f.px_y = (HEIGHT - TOP - BOTTOM) / (f.most_y - f.least_y);
    return f;
}

static double y_of(const frame *f, double value)
{
    return f->y0 - (value - f->least_y) * f->px_y;
}

static void draw_axes(sp_canvas *canvas, const frame *f, const bench_plot_panel *panel)
{
    char text[32];
    double right = f->x0 + f->most_x * f->px_x, top = y_of(f, f->most_y);
    for (int k = 0; k * f->step_x <= f->most_x; k++) {
        double x = f->x0 + k * f->step_x * f->px_x;
        sp_canvas_line(canvas, x, f->y0, x, top, 1, grid);
        snprintf(text, sizeof text, "%g", k * f->step_x);
        sp_canvas_text(canvas, x, f->y0 + 17, 13, 0.5, false, text, ink);
    }
    for (int k = (int)ceil(f->least_y / f->step_y); k * f->step_y <= f->most_y; k++) {
        double y = y_of(f, k * f->step_y);
        sp_canvas_line(canvas, f->x0, y, right, y, 1, grid);
        snprintf(text, sizeof text, "%g", k * f->step_y);
        sp_canvas_text(canvas, f->x0 - 7, y + 4.5, 13, 1, false, text, ink);
    }
    sp_canvas_line(canvas, f->x0, f->y0, right, f->y0, 1.5, ink);
    sp_canvas_line(canvas, f->x0, f->y0, f->x0, top, 1.5, ink);
    sp_canvas_text(canvas, 0.5 * (f->x0 + right), f->y0 + 37, 14, 0.5, false, panel->x_label, ink);
    sp_canvas_text(canvas, f->x0 - LEFT + 8, top - 14, 14, 0, false, panel->y_label, ink);
    sp_canvas_text(canvas, right, top - 14, 15, 1, true, panel->title, ink);
}

static void draw_lines(sp_canvas *canvas, const frame *f, const bench_plot_series *s)
{
    if (!s->is_joined) {
        double from = s->at_zero < 0 ? -s->at_zero / s->slope : 0, to = f->most_x / 1.02;
        sp_canvas_line(canvas, f->x0 + from * f->px_x, y_of(f, s->at_zero + s->slope * from),
                       f->x0 + to * f->px_x, y_of(f, s->at_zero + s->slope * to), 1.5, s->color);
        return;
    }
    for (int k = 1; k < s->count; k++)
        sp_canvas_line(canvas, f->x0 + s->x[k - 1] * f->px_x, y_of(f, s->y[k - 1]), f->x0 + s->x[k] * f->px_x,
                       y_of(f, s->y[k]), 1.5, s->color);
}

static void draw_series(sp_canvas *canvas, const frame *f, const bench_plot_series *s)
{
    draw_lines(canvas, f, s);
    for (int k = 0; k < s->count; k++)
        sp_canvas_circle(canvas, f->x0 + s->x[k] * f->px_x, y_of(f, s->y[k]), 4, 0, s->color);
}

// In the corner where there is room: what grows leaves the upper left free, what saturates the lower right.
static void draw_legend(sp_canvas *canvas, const frame *f, const bench_plot_panel *panel)
{
    bool is_low = panel->series[0].is_joined;
    double x = is_low ? f->x0 + 0.62 * (WIDTH - LEFT - RIGHT) : f->x0 + 16,
           y = is_low ? f->y0 - 14 - 19 * (panel->count - 1) : y_of(f, f->most_y) + 16;
    for (int s = 0; s < panel->count; s++, y += 19) {
        sp_canvas_circle(canvas, x, y - 4.5, 4, 0, panel->series[s].color);
        sp_canvas_text(canvas, x + 11, y, 13, 0, false, panel->series[s].name, ink);
    }
}

int bench_plot_save(const char *path, const bench_plot_panel *panels, int count, int columns)
{
    sp_canvas *canvas = NULL;
    sp_image8 picture = {0};
    int rows = (count + columns - 1) / columns;
    int code = sp_canvas_open(&canvas, columns * WIDTH, rows * HEIGHT, NULL);
    if (code)
        return code;
    sp_canvas_fill_all(canvas, white);
    for (int p = 0; p < count; p++) {
        frame f = frame_of(&panels[p], p % columns * WIDTH, p / columns * HEIGHT);
        draw_axes(canvas, &f, &panels[p]);
        for (int s = 0; s < panels[p].count; s++)
            draw_series(canvas, &f, &panels[p].series[s]);
        draw_legend(canvas, &f, &panels[p]);
    }
    code = sp_canvas_finish(canvas, &picture);
    sp_canvas_close(&canvas);
    if (!code)
        code = sp_image8_save(&picture, path);
    sp_image8_free(&picture);
    return code;
}
