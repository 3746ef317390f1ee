#include "cli.h"

#include "../../bench/render_measure.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const positionals[] = {NULL};
static const cli_usage usage = {
    "bench",
    "The speed of drawing and of its gradient at every level of vector code that this\n"
    "processor has, against the plain reference with as many threads.",
    positionals, 0};

static sp_kernels kernels_of(int level)
{
    return level < 0 ? SP_KERNELS_REFERENCE : (sp_kernels)((int)SP_KERNELS_BASELINE + level);
}

static const char *name_of(int level)
{
    return level < 0 ? "reference" : sp_cpu_name((sp_cpu_level)level);
}

typedef struct ratios {
    double forward, backward, step; // reference : this
    double psnr;                    // of the pictures
} ratios;

static ratios compare(const bench_timing *reference, const bench_timing *t)
{
    ratios r = {.forward = reference->forward_s / t->forward_s,
                .backward = reference->backward_s / t->backward_s,
                .step = (reference->forward_s + reference->backward_s) / (t->forward_s + t->backward_s)};
    sp_psnr(&r.psnr, &reference->rgb, &t->rgb);
    return r;
}

static void print_row(const char *name, const bench_timing *t, const ratios *r)
{
    const sp_render_stats *s = &t->stats;
    printf("  %-10s %9.2f %8.2f %6.2f %6.2f %8.2f %9.2f %7.1f %7.2f %6.1fx %6.1fx %6.1fx %6.1f\n", name,
           1e3 * t->forward_s, 1e3 * s->project_s, 1e3 * s->sort_s, 1e3 * s->bin_s, 1e3 * s->blend_s,
           1e3 * t->backward_s, 1e-6 * (double)s->pairs_tested, 1e-9 * (double)s->pairs_blended / s->blend_s,
           r->forward, r->backward, r->step, r->psnr);
}

static int add_row(sp_json *rows, const bench_scene *scene, const char *name, const bench_timing *t,
                   const ratios *r)
{
    const sp_render_stats *s = &t->stats;
    sp_json *row = sp_json_object();
    if (!row)
        return SP_ENOMEM;
    sp_json_set_string(row, "scene", scene->name);
    sp_json_set_string(row, "kernels", name);
    const struct {
        const char *key;
        double value;
    } numbers[] = {{"forward_s", t->forward_s},
                   {"backward_s", t->backward_s},
                   {"project_s", s->project_s},
                   {"sort_s", s->sort_s},
                   {"bin_s", s->bin_s},
                   {"blend_s", s->blend_s},
                   {"splats_visible", (double)s->visible},
                   {"pairs_binned", (double)s->pairs_binned},
                   {"pairs_tested", (double)s->pairs_tested},
                   {"pairs_blended", (double)s->pairs_blended},
                   {"reference_over_forward", r->forward},
                   {"reference_over_backward", r->backward},
                   {"reference_over_step", r->step},
                   {"psnr_to_reference", r->psnr}};
    for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++)
        sp_json_set_number(row, numbers[k].key, numbers[k].value);
    return sp_json_append(rows, &row);
}

static int save_picture(const char *folder, const bench_scene *scene, const char *name, const sp_image *rgb)
{
    char file[120];
    snprintf(file, sizeof file, "%s_%s.png", scene->name, name);
    char *path = sp_path_join(folder, file);
    sp_image8 bytes = {0};
    int code = path ? sp_folder_make(folder) : SP_ENOMEM;
    if (!code)
        code = sp_image_to8(&bytes, rgb);
    if (!code)
        code = sp_image8_save(&bytes, path);
    sp_image8_free(&bytes);
    free(path);
    return code;
}

// rows is NULL when a table is printed instead.
static int bench_one(cli *c, const bench_scene *scene, int repeats, const char *folder, sp_json *rows)
{
    sp_splat_cloud cloud = {0};
    bench_timing reference = {0};
    int code = bench_venue(&cloud, scene->splats, SP_SH_DEGREE_MAX, scene->density, (uint64_t)c->seed);
    int levels = (int)sp_cpu_detect() + 1;
    for (int level = -1; level < levels && !code; level++) {
        code = sp_progress_step(&c->progress, scene->name, level + 1, levels + 1);
        bench_timing t = {0};
        if (!code)
            code = bench_measure(&t, scene, &cloud, kernels_of(level), c->pool,
                                 level < 0 ? (repeats + 1) / 2 : repeats);
        if (!code) {
            ratios r = compare(level < 0 ? &t : &reference, &t);
            if (!rows && level < 0)
                printf("%s: %zu splats (%lld visible), %dx%d, %.1f M contributions\n"
                       "  kernels     drawn ms  project   sort    bin    blend  gradient  tested      G/s    "
                       "draw   grad.    step   PSNR\n",
                       scene->name, scene->splats, (long long)t.stats.visible, scene->width, scene->height,
                       1e-6 * (double)t.stats.pairs_blended);
            if (rows)
                code = add_row(rows, scene, name_of(level), &t, &r);
            else
                print_row(name_of(level), &t, &r);
        }
        if (!code && folder)
            code = save_picture(folder, scene, name_of(level), &t.rgb);
        if (level < 0)
            reference = t;
        else
            sp_image_free(&t.rgb);
    }
    sp_image_free(&reference.rgb);
    sp_splat_cloud_free(&cloud);
    return code;
}

int cmd_bench(cli *c, int argc, char **argv)
{
    int64_t repeats = 10;
    const char *folder = NULL;
    cli_option options[] = {
        {.name = "repeats",
         .kind = CLI_INTEGER,
         .value = &repeats,
         .argument = "N",
         .help = "the best of N runs counts (half as many of the reference)",
         .min = 1,
         .max = 1000},
        {.name = "output",
         .letter = 'o',
         .kind = CLI_TEXT,
         .value = &folder,
         .argument = "DIR",
         .help = "keep what was drawn"},
    };
    int status = cli_parse(c, &usage, options, sizeof options / sizeof *options, NULL, argc, argv);
    if (status == CLI_GO_ON)
        status = cli_settle(c, NULL);
    if (status != CLI_GO_ON)
        return status;
    int code = cli_pool(c);
    sp_json *rows = NULL;
    if (!code && c->is_json && !(rows = sp_json_array()))
        code = SP_ENOMEM;
    if (!code && !rows)
        printf("%d threads; draw, grad. and step: how many times as fast as the reference; PSNR: to its "
               "picture\n",
               sp_pool_threads(c->pool));
    for (int k = 0; k < BENCH_SCENES && !code; k++)
        code = bench_one(c, &bench_scenes[k], (int)repeats, folder, rows);
    if (!code && rows) {
        sp_json_set_int(cli_result(c), "threads", sp_pool_threads(c->pool));
        code = sp_json_set(cli_result(c), "runs", &rows);
    }
    sp_json_free(&rows);
    return code ? cli_fail(c, code) : CLI_DONE;
}
