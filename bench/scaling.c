// How the time of a frame and its gradient grows: with threads (and what Amdahl's law makes of it on larger
// machines), and with splats, pixels and overdraw.
#include "bench.h"
#include "fit.h"
#include "plot.h"
#include "render_measure.h"

#include <stdio.h>
#include <stdlib.h>

// ---- Threads

enum { FRAME = 5, STEPS = 8, THREADS_MOST = 8 };
static const char *const step_names[STEPS] = {"cull",  "project", "sort",     "bin",
                                              "blend", "frame",   "gradient", "both"};

typedef struct thread_run {
    sp_pool *pool;
    int threads;
    bench_work work;
    bench_timing timing; // for its picture
    double best_s[STEPS];
} thread_run;

static int open_thread_run(thread_run *r, int threads, const sp_camera *camera, const sp_splat_cloud *cloud)
{
    r->threads = threads;
    for (int s = 0; s < STEPS; s++)
        r->best_s[s] = 1e9;
    int code = sp_pool_open(&r->pool, threads);
    return code ? code : bench_work_open(&r->work, &r->timing, camera, cloud, SP_KERNELS_AUTO, r->pool);
}

static void end_thread_run(thread_run *r)
{
    bench_work_end(&r->work);
    sp_image_free(&r->timing.rgb);
    sp_pool_close(&r->pool);
}

// Each step's own best, as steps differ in how much other programs disturb them.
static int run_threads(thread_run *r)
{
    bench_work_restart(&r->timing);
    int code = bench_work_run(&r->work, &r->timing);
    const sp_render_stats *s = &r->timing.stats;
    const double seconds[STEPS] = {s->cull_s,
                                   s->project_s,
                                   s->sort_s,
                                   s->bin_s,
                                   s->blend_s,
                                   r->timing.forward_s,
                                   r->timing.backward_s,
                                   r->timing.forward_s + r->timing.backward_s};
    for (int k = 0; k < STEPS; k++)
        r->best_s[k] = fmin(r->best_s[k], seconds[k]);
    return code;
}

// 1, 2, 4... and as many as the pool has.
static int thread_counts(int *out, int most)
{
    int count = 0;
    for (int n = 1; n < most && count < THREADS_MOST - 1; n *= 2)
        out[count++] = n;
    out[count++] = most;
    return count;
}

static int add_threads(sp_json *result, const thread_run *runs, int count, const bench_amdahl *fits)
{
    sp_json *rows = sp_json_array();
    int code = rows ? 0 : SP_ENOMEM;
    for (int s = 0; s < STEPS && !code; s++) {
        sp_json *row = sp_json_object();
        double threads[THREADS_MOST], seconds[THREADS_MOST];
        for (int k = 0; k < count; k++) {
            threads[k] = runs[k].threads;
            seconds[k] = runs[k].best_s[s];
        }
        if (!row)
            code = SP_ENOMEM;
        if (!code)
            code = sp_json_set_string(row, "step", step_names[s]);
        if (!code)
            code = sp_json_set_numbers(row, "threads", threads, count);
        if (!code)
            code = sp_json_set_numbers(row, "seconds", seconds, count);
        if (!code)
            code = sp_json_set_number(row, "serial_s", fits[s].serial_s);
        if (!code)
            code = sp_json_set_number(row, "predicted_8_s", bench_amdahl_at(&fits[s], 8));
        if (!code)
            code = sp_json_set_number(row, "predicted_32_s", bench_amdahl_at(&fits[s], 32));
        if (!code)
            code = sp_json_append(rows, &row);
        sp_json_free(&row);
    }
    if (!code)
        code = sp_json_set(result, "threads", &rows);
    sp_json_free(&rows);
    return code;
}

static void print_threads(const bench_context *c, const thread_run *runs, int count, const bench_amdahl *fits)
{
    bench_say(c, "  ms      ");
    for (int k = 0; k < count; k++)
        bench_say(c, " %3d thr.", runs[k].threads);
    bench_say(c, "  speed-up  serial share   8 cores  32 cores (predicted)\n");
    for (int s = 0; s < STEPS; s++) {
        double one = bench_amdahl_at(&fits[s], 1);
        bench_say(c, "  %-8s", step_names[s]);
        for (int k = 0; k < count; k++)
            bench_say(c, " %8.2f", 1e3 * runs[k].best_s[s]);
        bench_say(c, "  %8.2f  %10.1f %%  %8.2f  %8.2f\n", runs[0].best_s[s] / runs[count - 1].best_s[s],
                  100 * fits[s].serial_s / one, 1e3 * bench_amdahl_at(&fits[s], 8),
                  1e3 * bench_amdahl_at(&fits[s], 32));
    }
    const bench_amdahl *frame = &fits[FRAME];
    bench_say(c, "  frames/s: %.1f on %d threads, predicted %.0f on 8 cores and %.0f on 32\n",
              1 / runs[count - 1].best_s[FRAME], runs[count - 1].threads, 1 / bench_amdahl_at(frame, 8),
              1 / bench_amdahl_at(frame, 32));
}

static int measure_threads(bench_context *c, sp_json *result)
{
    int counts[THREADS_MOST], most = sp_pool_threads(c->pool), count = thread_counts(counts, most);
    thread_run runs[THREADS_MOST] = {0};
    bench_amdahl fits[STEPS];
    sp_splat_cloud cloud = {0};
    sp_camera camera;
    int code = bench_scene_open(&cloud, &camera, c, &bench_scenes[BENCH_PLAYBACK]);
    for (int k = 0; k < count && !code; k++)
        code = open_thread_run(&runs[k], counts[k], &camera, &cloud);
    // In turn, so that whatever else the machine does falls on all of them; first runs warm up.
    for (int repeat = 0; repeat <= c->repeats && !code; repeat++)
        for (int k = 0; k < count && !code; k++) {
            code = run_threads(&runs[k]);
            for (int s = 0; s < STEPS && repeat == 0; s++)
                runs[k].best_s[s] = 1e9;
        }
    for (int s = 0; s < STEPS && !code; s++) {
        double seconds[THREADS_MOST];
        for (int k = 0; k < count; k++)
            seconds[k] = runs[k].best_s[s];
        fits[s] = bench_fit_amdahl(counts, seconds, count);
    }
    if (!code) {
        bench_say(c, "\nthreads: the scene '%s', %s\n", bench_scenes[BENCH_PLAYBACK].name,
                  sp_renderer_kernels(runs[0].work.renderer));
        print_threads(c, runs, count, fits);
        code = add_threads(result, runs, count, fits);
    }
    for (int k = 0; k < count; k++)
        end_thread_run(&runs[k]);
    sp_splat_cloud_free(&cloud);
    return code;
}

// ---- Splats, pixels, overdraw

// What is varied; everything else stays.
typedef struct sweep {
    const char *key, *title, *x_label;
    bench_scene scene; // of each point, but for what is varied
    int count;
    double at[BENCH_PLOT_POINTS]; // the share of the scene's splats, of its pixels, or of its splats' size
    enum { VARY_SPLATS, VARY_SPLATS_OF_A_SIZE, VARY_PIXELS, VARY_SIZE } vary;
} sweep;

// Nearly transparent splats hide nothing, so that contributions grow as coverage does.
#define CLEAR_LOGIT (-3)

static const sweep sweeps[] = {
    {"splats",
     "splats, same coverage",
     "thousand splats",
     {"", 400000, 1280, 720, {0.8, 0, 1.5}, false},
     6,
     {0.0625, 0.125, 0.25, 0.5, 0.75, 1},
     VARY_SPLATS},
    {"splats_of_a_size",
     "splats, same size",
     "thousand splats",
     {"", 400000, 1280, 720, {0.8, CLEAR_LOGIT, 0.5}, false},
     6,
     {0.0625, 0.125, 0.25, 0.5, 0.75, 1},
     VARY_SPLATS_OF_A_SIZE},
    {"pixels",
     "pixels, same overdraw",
     "million pixels",
     {"", 100000, 1920, 1080, {0.8, 0, 1.5}, false},
     6,
     {0.0625, 0.125, 0.25, 0.5, 0.75, 1},
     VARY_PIXELS},
    {"overdraw",
     "overdraw",
     "contributions a pixel",
     {"", 100000, 1280, 720, {2, CLEAR_LOGIT, 0.5}, false},
     6,
     {0.25, 0.4, 0.55, 0.7, 0.85, 1},
     VARY_SIZE},
};
enum { SWEEPS = sizeof sweeps / sizeof *sweeps, FORWARD = 0, GRADIENT = 1 };

static bench_scene point_of(const sweep *s, int k)
{
    bench_scene scene = s->scene;
    double at = s->at[k];
    if (s->vary == VARY_SPLATS || s->vary == VARY_SPLATS_OF_A_SIZE)
        scene.splats = (size_t)(at * (double)scene.splats);
    if (s->vary == VARY_SPLATS_OF_A_SIZE) // fewer splats would grow to cover the same
        scene.look.overlap *= sqrt(at);
    if (s->vary == VARY_PIXELS) {
        scene.width = (int)(sqrt(at) * scene.width);
        scene.height = (int)(sqrt(at) * scene.height);
    }
    if (s->vary == VARY_SIZE)
        scene.look.overlap *= at;
    return scene;
}

// A point of a sweep, ready to be measured.
typedef struct sweep_point {
    sp_splat_cloud cloud;
    bench_work work;
    bench_timing timing;
} sweep_point;

static int open_point(sweep_point *p, bench_context *c, const bench_scene *scene)
{
    sp_camera camera;
    int code = bench_scene_open(&p->cloud, &camera, c, scene);
    return code ? code : bench_work_open(&p->work, &p->timing, &camera, &p->cloud, SP_KERNELS_AUTO, c->pool);
}

static void end_point(sweep_point *p)
{
    bench_work_end(&p->work);
    sp_image_free(&p->timing.rgb);
    sp_splat_cloud_free(&p->cloud);
}

// The points in turn, so that whatever else the machine does falls on all of them; first runs warm up.
static int measure_points(sweep_point *points, bench_context *c, const sweep *s)
{
    int code = 0;
    for (int k = 0; k < s->count && !code; k++) {
        bench_scene scene = point_of(s, k);
        code = sp_progress_step(c->progress, s->title, k, s->count);
        if (!code)
            code = open_point(&points[k], c, &scene);
    }
    for (int repeat = 0; repeat <= c->repeats && !code; repeat++)
        for (int k = 0; k < s->count && !code; k++) {
            if (repeat == 1)
                bench_work_restart(&points[k].timing);
            code = bench_work_run(&points[k].work, &points[k].timing);
        }
    return code;
}

static void note_point(bench_plot_panel *panel, const bench_context *c, const sweep *s, int k,
                       const sweep_point *p)
{
    const bench_timing *t = &p->timing;
    double pixels = (double)p->work.camera.width * p->work.camera.height;
    double x = s->vary == VARY_PIXELS ? 1e-6 * pixels
               : s->vary == VARY_SIZE ? (double)t->stats.pairs_blended / pixels
                                      : 1e-3 * (double)p->cloud.count;
    for (int j = FORWARD; j <= GRADIENT; j++)
        panel->series[j].x[k] = x;
    panel->series[FORWARD].y[k] = 1e3 * t->forward_s;
    panel->series[GRADIENT].y[k] = 1e3 * t->backward_s;
    bench_say(c, "  %12.4g %-22s %9.2f %9.2f %13.1f\n", x, s->x_label, 1e3 * t->forward_s,
              1e3 * t->backward_s, 1e-6 * (double)t->stats.pairs_blended);
}

static int add_sweep(sp_json *result, const sweep *s, const bench_plot_panel *panel,
                     const bench_line lines[2])
{
    sp_json *out = sp_json_object();
    if (!out)
        return SP_ENOMEM;
    sp_json_set_numbers(out, "x", panel->series[0].x, s->count);
    sp_json_set_string(out, "x_unit", s->x_label);
    sp_json_set_numbers(out, "forward_ms", panel->series[FORWARD].y, s->count);
    sp_json_set_numbers(out, "gradient_ms", panel->series[GRADIENT].y, s->count);
    sp_json_set_number(out, "forward_r2", lines[FORWARD].r2);
    sp_json_set_number(out, "gradient_r2", lines[GRADIENT].r2);
    sp_json_set_number(out, "forward_exponent", lines[FORWARD].exponent);
    sp_json_set_number(out, "gradient_exponent", lines[GRADIENT].exponent);
    return sp_json_set(result, s->key, &out);
}

static int run_sweep(bench_plot_panel *panel, bench_context *c, const sweep *s, sp_json *result)
{
    static const struct {
        const char *name;
        sp_color color;
    } looks[2] = {{"frame", {0.10, 0.38, 0.70, 1}}, {"gradient", {0.82, 0.36, 0.10, 1}}};
    bench_line lines[2];
    *panel = (bench_plot_panel){.title = s->title, .x_label = s->x_label, .y_label = "ms", .count = 2};
    bench_say(c, "\ncost against %s\n  %35s %9s %9s %13s\n", s->title, "", "frame ms", "grad. ms",
              "M contribute");
    sweep_point points[BENCH_PLOT_POINTS] = {0};
    int code = measure_points(points, c, s);
    for (int k = 0; k < s->count; k++) {
        if (!code)
            note_point(panel, c, s, k, &points[k]);
        end_point(&points[k]);
    }
    for (int j = 0; j < 2 && !code; j++) {
        bench_plot_series *series = &panel->series[j];
        series->count = s->count;
        series->name = looks[j].name;
        series->color = looks[j].color;
        lines[j] = bench_fit_line(series->x, series->y, s->count);
        series->at_zero = lines[j].at_zero;
        series->slope = lines[j].slope;
        bench_say(c, "  %-8s %.3g ms + %.3g ms per %s: r2 %.4f; exponent of a power law %.2f\n", series->name,
                  lines[j].at_zero, lines[j].slope, s->x_label, lines[j].r2, lines[j].exponent);
    }
    return code ? code : add_sweep(result, s, panel, lines);
}

int bench_scaling(bench_context *c, sp_json *result)
{
    bench_plot_panel panels[SWEEPS];
    bench_say(c, "scaling\n");
    int code = measure_threads(c, result);
    for (int k = 0; k < SWEEPS && !code; k++)
        code = run_sweep(&panels[k], c, &sweeps[k], result);
    if (code || !c->folder)
        return code;
    char *path = sp_path_join(c->folder, "scaling.png");
    code = path ? bench_plot_save(path, panels, SWEEPS, 2) : SP_ENOMEM;
    if (!code)
        bench_say(c, "\nplot     %s\n", path);
    free(path);
    return code;
}
