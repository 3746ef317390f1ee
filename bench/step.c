// A step of the optimiser: drawing, loss, gradient, Adam, and what is left, on views of the venue.
#include "bench.h"

#include "../src/recon/optimise/optimise.h"

#include <stdlib.h>

enum { VIEWS = 4, STEPS = 2 * VIEWS };

typedef struct step_scene {
    const bench_scene *scene;
    sp_splat_cloud cloud; // as trained so far
    sp_image wanted[VIEWS];
    recon_target targets[VIEWS];
} step_scene;

static void end_scene(step_scene *s)
{
    for (int v = 0; v < VIEWS; v++)
        sp_image_free(&s->wanted[v]);
    sp_splat_cloud_free(&s->cloud);
}

// What the orbit's cameras see of the truth, from all around.
static int open_scene(step_scene *s, bench_context *c)
{
    const sp_splat_cloud *truth = NULL;
    sp_renderer *renderer = NULL;
    sp_camera camera;
    int code = bench_scene_open(&s->cloud, &camera, c, s->scene);
    if (!code)
        code = bench_truth(&truth, c);
    if (!code)
        code = sp_renderer_open(&renderer, NULL, c->pool);
    for (int v = 0; v < VIEWS && !code; v++) {
        sp_camera at = bench_venue_orbit(camera.width, camera.height, 0.6 + 2 * M_PI * v / VIEWS);
        sp_render_target target = {.rgb = &s->wanted[v]};
        code = sp_image_init(&s->wanted[v], at.width, at.height, 3);
        if (!code)
            code = sp_renderer_draw(renderer, truth, &at, &target);
        s->targets[v] = (recon_target){.camera = at, .rgb = &s->wanted[v], .gains = {1, 1, 1, 0, 0, 0}};
    }
    sp_renderer_close(&renderer);
    return code;
}

static double rest_of(const recon_step_times *t)
{
    return t->all_s - t->forward_s - t->loss_s - t->backward_s - t->adam_s;
}

// The fastest run of some steps, each from the same cloud; seconds of one step.
static int measure(recon_step_times *best, step_scene *s, bench_context *c, int sh_degree)
{
    recon_optimise_params params = recon_optimise_params_default();
    params.iterations = STEPS;
    params.levels = 1;
    params.grow_every = 0;
    params.sh_from = sh_degree ? 0 : 2; // from the start, or not at all
    *best = (recon_step_times){.all_s = 1e9};
    int code = 0;
    for (int k = 0; k < c->repeats && !code; k++) {
        sp_splat_cloud cloud = {0};
        recon_optimise_report report = {0};
        code = sp_splat_cloud_copy(&cloud, &s->cloud);
        if (!code)
            code = recon_optimise(&cloud, &report, s->targets, VIEWS, &params, c->pool, NULL);
        if (!code && report.times.all_s < best->all_s)
            *best = report.times;
        sp_splat_cloud_free(&cloud);
    }
    double *const seconds[] = {&best->forward_s, &best->loss_s, &best->backward_s, &best->adam_s,
                               &best->all_s};
    for (int k = 0; k < 5; k++)
        *seconds[k] /= STEPS;
    return code;
}

static int add_step(bench_context *c, sp_json *result, int sh_degree, const recon_step_times *t)
{
    bench_say(c, "  %-6d %12.2f %8.2f %9.2f %8.2f %8.2f %8.2f %13.2f\n", sh_degree, 1e3 * t->forward_s,
              1e3 * t->loss_s, 1e3 * t->backward_s, 1e3 * t->adam_s, 1e3 * rest_of(t), 1e3 * t->all_s,
              t->all_s / t->forward_s);
    const struct {
        const char *key;
        double value;
    } numbers[] = {{"forward_s", t->forward_s},
                   {"loss_s", t->loss_s},
                   {"backward_s", t->backward_s},
                   {"adam_s", t->adam_s},
                   {"rest_s", rest_of(t)},
                   {"step_s", t->all_s},
                   {"step_over_forward", t->all_s / t->forward_s}};
    sp_json *row = sp_json_object();
    if (!row)
        return SP_ENOMEM;
    for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++)
        sp_json_set_number(row, numbers[k].key, numbers[k].value);
    return sp_json_set(result, sh_degree ? "degree_3" : "degree_0", &row);
}

int bench_step(bench_context *c, sp_json *result)
{
    step_scene s = {.scene = &bench_scenes[BENCH_TRAINING]};
    int code = open_scene(&s, c);
    if (!code)
        bench_say(c,
                  "step of the optimiser: %zu splats, %dx%d, %d threads, vector code %s; ms a step\n"
                  "  degree      forward     loss  backward     Adam     rest     step  step/forward\n",
                  s.cloud.count, s.targets[0].camera.width, s.targets[0].camera.height,
                  sp_pool_threads(c->pool), sp_cpu_name(sp_cpu_detect()));
    for (int degree = SP_SH_DEGREE_MAX; degree >= 0 && !code; degree -= SP_SH_DEGREE_MAX) {
        recon_step_times times;
        code = sp_progress_step(c->progress, "step", SP_SH_DEGREE_MAX - degree, 2 * SP_SH_DEGREE_MAX);
        if (!code)
            code = measure(&times, &s, c, degree);
        if (!code)
            code = add_step(c, result, degree, &times);
    }
    end_scene(&s);
    return code;
}
