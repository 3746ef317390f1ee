// A frame and its gradient, at every level of vector code, against the plain reference with as many threads.
#include "bench.h"
#include "render_measure.h"

#include <stdio.h>
#include <stdlib.h>

static sp_kernels kernels_of(int level)
{
    return level < 0 ? SP_KERNELS_REFERENCE : (sp_kernels)((int)SP_KERNELS_BASELINE + level);
}

static const char *name_of(int level)
{
    return level < 0 ? "reference" : sp_cpu_name((sp_cpu_level)level);
}

typedef struct row {
    const char *kernels;
    bench_timing timing;
    double other_s;                 // of a frame, in no step
    double sort_share;              // of a frame
    double pairs_per_s;             // that contribute, in the blend
    double forward, backward, step; // reference : this
    double psnr;                    // of the pictures
} row;

static void compare(row *r, const bench_timing *reference)
{
    const bench_timing *t = &r->timing;
    const sp_render_stats *s = &t->stats;
    r->other_s = t->forward_s - s->cull_s - s->project_s - s->sort_s - s->bin_s - s->blend_s;
    r->sort_share = s->sort_s / t->forward_s;
    r->pairs_per_s = (double)s->pairs_blended / s->blend_s;
    r->forward = reference->forward_s / t->forward_s;
    r->backward = reference->backward_s / t->backward_s;
    r->step = (reference->forward_s + reference->backward_s) / (t->forward_s + t->backward_s);
    sp_psnr(&r->psnr, &reference->rgb, &t->rgb);
}

static void print_scene(const bench_context *c, const bench_scene *scene, const sp_camera *camera,
                        size_t splats, const sp_render_stats *s)
{
    bench_say(c,
              "\n%s: %zu splats (%lld visible), %dx%d px, %.1f M pairs contribute (%.1f a pixel)\n"
              "             frame  frames   cull project   sort    bin  blend  other  sort   tested   blend "
              "gradient  frame  grad.   both   PSNR\n"
              "                ms     1/s     ms      ms     ms     ms     ms     ms     %%        M     G/s "
              "      ms      x      x      x     dB\n",
              scene->name, splats, (long long)s->visible, camera->width, camera->height,
              1e-6 * (double)s->pairs_blended, (double)s->pairs_blended / camera->width / camera->height);
}

static void print_row(const bench_context *c, const row *r)
{
    const bench_timing *t = &r->timing;
    const sp_render_stats *s = &t->stats;
    bench_say(c,
              "  %-9s %7.2f %7.1f %6.2f %7.2f %6.2f %6.2f %6.1f %6.2f %5.1f %8.1f %7.2f %8.1f %6.1f %6.1f "
              "%6.1f %6.1f\n",
              r->kernels, 1e3 * t->forward_s, 1 / t->forward_s, 1e3 * s->cull_s, 1e3 * s->project_s,
              1e3 * s->sort_s, 1e3 * s->bin_s, 1e3 * s->blend_s, 1e3 * r->other_s, 100 * r->sort_share,
              1e-6 * (double)s->pairs_tested, 1e-9 * r->pairs_per_s, 1e3 * t->backward_s, r->forward,
              r->backward, r->step, r->psnr);
}

static int add_row(sp_json *rows, const bench_scene *scene, const row *r)
{
    const bench_timing *t = &r->timing;
    const sp_render_stats *s = &t->stats;
    sp_json *out = sp_json_object();
    if (!out)
        return SP_ENOMEM;
    sp_json_set_string(out, "scene", scene->name);
    sp_json_set_string(out, "kernels", r->kernels);
    const struct {
        const char *key;
        double value;
    } numbers[] = {{"forward_s", t->forward_s},
                   {"backward_s", t->backward_s},
                   {"cull_s", s->cull_s},
                   {"project_s", s->project_s},
                   {"sort_s", s->sort_s},
                   {"bin_s", s->bin_s},
                   {"blend_s", s->blend_s},
                   {"sort_share", r->sort_share},
                   {"splats_visible", (double)s->visible},
                   {"pairs_binned", (double)s->pairs_binned},
                   {"pairs_tested", (double)s->pairs_tested},
                   {"pairs_blended", (double)s->pairs_blended},
                   {"pairs_blended_per_s", r->pairs_per_s},
                   {"reference_over_forward", r->forward},
                   {"reference_over_backward", r->backward},
                   {"reference_over_step", r->step},
                   {"psnr_to_reference", r->psnr}};
    for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++)
        sp_json_set_number(out, numbers[k].key, numbers[k].value);
    return sp_json_append(rows, &out);
}

static int save_picture(const bench_context *c, const bench_scene *scene, const row *r)
{
    char *path = sp_format("%s/%s_%s.png", c->folder, scene->name, r->kernels);
    sp_image8 bytes = {0};
    int code = path ? sp_image_to8(&bytes, &r->timing.rgb) : SP_ENOMEM;
    if (!code)
        code = sp_image8_save(&bytes, path);
    sp_image8_free(&bytes);
    free(path);
    return code;
}

// What the gradient costs, and AVX2 beside AVX-512 where the processor has both.
static void print_levels(const bench_context *c, const double *frame_s, const double *both_s)
{
    sp_cpu_level best = sp_cpu_detect();
    bench_say(c, "  with its gradient a frame takes %.2f times as long", both_s[best] / frame_s[best]);
    if (best >= SP_CPU_AVX512)
        bench_say(c, "; avx2 takes %.2f times as long as avx512, with the gradient %.2f times",
                  frame_s[SP_CPU_AVX2] / frame_s[best], both_s[SP_CPU_AVX2] / both_s[best]);
    bench_say(c, "\n");
}

static int run_scene(bench_context *c, const bench_scene *scene, sp_json *rows)
{
    sp_splat_cloud cloud = {0};
    sp_camera camera;
    bench_timing reference = {0};
    double frame_s[SP_CPU_AVX512 + 1] = {0}, both_s[SP_CPU_AVX512 + 1] = {0};
    int code = bench_scene_open(&cloud, &camera, c, scene), levels = (int)sp_cpu_detect() + 1;
    for (int level = -1; level < levels && !code; level++) {
        row r = {.kernels = name_of(level)};
        code = sp_progress_step(c->progress, scene->name, level + 1, levels + 1);
        if (!code) // the reference is slow
            code = bench_measure(&r.timing, &camera, &cloud, kernels_of(level), c->pool,
                                 level < 0 ? (c->repeats + 4) / 5 : c->repeats);
        if (!code) {
            if (level < 0)
                print_scene(c, scene, &camera, cloud.count, &r.timing.stats);
            compare(&r, level < 0 ? &r.timing : &reference);
            print_row(c, &r);
            code = add_row(rows, scene, &r);
        }
        if (!code && c->folder)
            code = save_picture(c, scene, &r);
        if (level < 0) {
            reference = r.timing;
            continue;
        }
        frame_s[level] = r.timing.forward_s;
        both_s[level] = r.timing.forward_s + r.timing.backward_s;
        sp_image_free(&r.timing.rgb);
    }
    if (!code)
        print_levels(c, frame_s, both_s);
    sp_image_free(&reference.rgb);
    sp_splat_cloud_free(&cloud);
    return code;
}

int bench_render(bench_context *c, sp_json *result)
{
    sp_json *rows = sp_json_array();
    int code = rows ? 0 : SP_ENOMEM;
    bench_say(c,
              "render, %d threads. x: how many times as fast as the plain reference with as many threads; "
              "PSNR: to its picture\n",
              sp_pool_threads(c->pool));
    for (int k = 0; k < BENCH_SCENES && !code; k++)
        code = run_scene(c, &bench_scenes[k], rows);
    if (!code)
        code = sp_json_set(result, "runs", &rows);
    sp_json_free(&rows);
    return code;
}
