// Curves: the picture against seconds, and what a moment costs against what it grows with.
#include "picture.h"

#include "fit.h"
#include "plot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_POINTS = 3 };

typedef struct curve {
    const char *name, *title, *x_label;
    bool is_cost; // seconds of a moment; else PSNR of box and mask against its seconds
} curve;

static const curve curves[] = {
    {"seconds", "picture", "seconds of moment, start to files", false},
    {"cameras", "cameras", "cameras", true},
    {"megapixels", "size", "megapixels of all cameras", true},
    {"instants", "instants", "instants", true},
    {"athletes", "athletes", "athletes", true},
};
enum { CURVES = sizeof curves / sizeof *curves };

static const sp_color blue = {0.13, 0.4, 0.75, 1}, orange = {0.85, 0.45, 0.1, 1};

// In the order of x: who has more seconds may still be done sooner.
static void add_point(bench_plot_series *series, double x, double y)
{
    if (series->count == BENCH_PLOT_POINTS || !isfinite(x) || !isfinite(y))
        return;
    int at = series->count++;
    for (; at > 0 && series->x[at - 1] > x; at--) {
        series->x[at] = series->x[at - 1];
        series->y[at] = series->y[at - 1];
    }
    series->x[at] = x;
    series->y[at] = y;
}

static double least_of(const bench_plot_panel *panel)
{
    double least = INFINITY;
    for (int s = 0; s < panel->count; s++)
        for (int k = 0; k < panel->series[s].count; k++)
            least = fmin(least, panel->series[s].y[k]);
    return isfinite(least) ? floor(least) : 0;
}

static void collect(bench_plot_panel *panel, const curve *c, const picture_job *job)
{
    *panel =
        (bench_plot_panel){.title = c->title,
                           .x_label = c->x_label,
                           .y_label = c->is_cost ? "seconds of moment" : "PSNR, dB",
                           .count = c->is_cost ? 1 : 2,
                           .series = {{.name = c->is_cost ? "measured, nearest line" : "athlete's box",
                                       .color = blue,
                                       .is_joined = !c->is_cost},
                                      {.name = "athlete's mask", .color = orange, .is_joined = !c->is_cost}}};
    for (int k = 0; k < picture_row_count; k++) {
        const picture_row *row = &picture_rows[k];
        const picture_result *r = &job->results[k];
        if (!job->is_chosen[k] || !row->curve || strcmp(row->curve, c->name) || r->why_not)
            continue;
        if (c->is_cost) {
            add_point(&panel->series[0], row->x, r->moment_s);
        } else {
            add_point(&panel->series[0], r->moment_s, r->mean.psnr_box);
            add_point(&panel->series[1], r->moment_s, r->mean.psnr_mask);
        }
    }
    if (!c->is_cost)
        panel->least_y = least_of(panel) - 1;
}

// "cameras 4 .. 32: 1.2 + 0.3 each s (r2 0.99); cost grows as its power 0.8: no worse than linear"
static void describe(FILE *out, const curve *c, bench_plot_panel *panel)
{
    bench_plot_series *s = &panel->series[0];
    if (!c->is_cost) {
        fprintf(out, "- box PSNR against seconds of `moment`:");
        for (int k = 0; k < s->count; k++)
            fprintf(out, "%s %.1f s %.2f dB", k ? "," : "", s->x[k], s->y[k]);
        fprintf(out, "\n");
        return;
    }
    bench_line line = bench_fit_line(s->x, s->y, s->count);
    double least = s->x[0], most = s->x[0];
    for (int k = 1; k < s->count; k++) {
        least = fmin(least, s->x[k]);
        most = fmax(most, s->x[k]);
    }
    s->at_zero = line.at_zero;
    s->slope = line.slope;
    fprintf(
        out,
        "- seconds of `moment` against %s, %.3g to %.3g: %.2f + %.3f for each (r2 %.3f); exponent %.2f, %s\n",
        c->x_label, least, most, line.at_zero, line.slope, line.r2, line.exponent,
        line.exponent <= 1.05 ? "no worse than linear" : "worse than linear");
}

int picture_curves(char **lines, const picture_job *job, const char *plot)
{
    bench_plot_panel panels[CURVES];
    char *text = NULL;
    size_t size = 0;
    int count = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return sp_error(SP_ENOMEM, "memory ran out");
    for (int k = 0; k < CURVES; k++) {
        collect(&panels[count], &curves[k], job);
        if (panels[count].series[0].count < LEAST_POINTS)
            continue;
        describe(out, &curves[k], &panels[count]);
        count++;
    }
    if (fclose(out)) {
        free(text);
        return sp_error(SP_ENOMEM, "memory ran out");
    }
    int code = plot && count ? bench_plot_save(plot, panels, count, count < 3 ? count : 3) : SP_OK;
    if (code)
        free(text);
    else
        *lines = text;
    return code;
}
