// Panels of points and lines, drawn as a picture.
#ifndef BENCH_PLOT_H
#define BENCH_PLOT_H

#include <stillpoint/canvas.h>

enum { BENCH_PLOT_SERIES = 4, BENCH_PLOT_POINTS = 16 };

typedef struct bench_plot_series {
    const char *name;
    sp_color color;
    double x[BENCH_PLOT_POINTS], y[BENCH_PLOT_POINTS];
    int count;
    double at_zero, slope; // of the line that is drawn with them ...
    bool is_joined;        // ... or from point to point
} bench_plot_series;

typedef struct bench_plot_panel {
    const char *title, *x_label, *y_label;
    bench_plot_series series[BENCH_PLOT_SERIES];
    int count;
    double least_y; // where the axis of y begins; that of x begins at 0
} bench_plot_panel;

// A PNG with the panels side by side, so many a row.
int bench_plot_save(const char *path, const bench_plot_panel *panels, int count, int columns);

#endif
