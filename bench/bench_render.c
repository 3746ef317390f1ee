// Renderer and gradient against the plain reference: same picture, same threads, one run.
//   bench_render [threads [repeats]]
#include "render_scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct scene {
    const char *name;
    size_t splats;
    int width, height;
    double density;
} scene;

static const scene scenes[] = {
    {"playback", 300000, 1920, 1080, 0.75},
    {"training", 50000, 800, 532, 1.5},
    {"athlete crop", 30000, 200, 300, 1.0},
};

typedef struct timing {
    double forward_s, backward_s;
    sp_render_stats stats;
} timing;

static void fail_if(int code, const char *what)
{
    if (!code)
        return;
    fprintf(stderr, "%s: %s\n", what, sp_error_text());
    exit(1);
}

// The best of several runs after one to warm up.
static timing measure(const scene *s, const sp_splat_cloud *cloud, sp_kernels kernels, sp_pool *pool,
                      int repeats, const char *save)
{
    sp_render_params params = sp_render_params_default();
    params.kernels = kernels;
    sp_renderer *renderer = NULL;
    fail_if(sp_renderer_open(&renderer, &params, pool), "open");
    sp_camera camera = bench_camera(s->width, s->height, 0.6);
    sp_image rgb, d_rgb;
    sp_splat_cloud gradient;
    fail_if(sp_image_init(&rgb, s->width, s->height, 3), "picture");
    fail_if(sp_image_init(&d_rgb, s->width, s->height, 3), "picture");
    fail_if(sp_splat_cloud_init(&gradient, cloud->count, cloud->sh_degree), "gradient");
    gradient.count = cloud->count;
    sp_rng rng = sp_rng_seed(5, 0);
    for (size_t k = 0; k < 3 * (size_t)s->width * (size_t)s->height; k++)
        d_rgb.data[k] = (float)sp_rng_normal(&rng);
    sp_render_target target = {.rgb = &rgb};
    timing best = {.forward_s = 1e9, .backward_s = 1e9};
    for (int k = 0; k <= repeats; k++) {
        double t0 = sp_time_s();
        fail_if(sp_renderer_draw(renderer, cloud, &camera, &target), "draw");
        double t1 = sp_time_s();
        sp_render_stats stats;
        sp_renderer_stats(renderer, &stats);
        fail_if(sp_renderer_backward(renderer, cloud, &d_rgb, NULL, &gradient, NULL, NULL), "backward");
        double t2 = sp_time_s();
        if (t1 - t0 < best.forward_s) {
            best.forward_s = t1 - t0;
            best.stats = stats;
        }
        best.backward_s = t2 - t1 < best.backward_s ? t2 - t1 : best.backward_s;
    }
    if (save) {
        sp_image8 bytes;
        fail_if(sp_image_to8(&bytes, &rgb), "picture");
        fail_if(sp_image8_save(&bytes, save), "picture");
        sp_image8_free(&bytes);
    }
    sp_image_free(&rgb);
    sp_image_free(&d_rgb);
    sp_splat_cloud_free(&gradient);
    sp_renderer_close(&renderer);
    return best;
}

static void print_timing(const char *name, const timing *t, const timing *reference)
{
    const sp_render_stats *s = &t->stats;
    printf("  %-10s forward %8.2f ms (project %.2f sort %.2f bin %.2f blend %.2f)  backward %8.2f ms\n", name,
           1e3 * t->forward_s, 1e3 * s->project_s, 1e3 * s->sort_s, 1e3 * s->bin_s, 1e3 * s->blend_s,
           1e3 * t->backward_s);
    printf("             visible %lld, pairs with tiles %.2f M, tested %.1f M, contributing %.1f M, %.2f G/s "
           "in blend\n",
           (long long)s->visible, 1e-6 * (double)s->pairs_binned, 1e-6 * (double)s->pairs_tested,
           1e-6 * (double)s->pairs_blended, 1e-9 * (double)s->pairs_blended / s->blend_s);
    printf("             reference : this = forward %.1f, backward %.1f, step %.1f\n",
           reference->forward_s / t->forward_s, reference->backward_s / t->backward_s,
           (reference->forward_s + reference->backward_s) / (t->forward_s + t->backward_s));
}

int main(int argc, char **argv)
{
    int threads = argc > 1 ? atoi(argv[1]) : 0, repeats = argc > 2 ? atoi(argv[2]) : 5;
    const char *save = argc > 3 ? argv[3] : NULL;
    sp_pool *pool = NULL;
    fail_if(sp_pool_open(&pool, threads), "threads");
    for (size_t k = 0; k < sizeof scenes / sizeof *scenes; k++) {
        const scene *s = &scenes[k];
        sp_splat_cloud cloud;
        fail_if(bench_venue(&cloud, s->splats, 3, s->density, 1), "scene");
        printf("%s: %zu splats, %dx%d, %d threads\n", s->name, s->splats, s->width, s->height,
               sp_pool_threads(pool));
        timing reference =
            measure(s, &cloud, SP_KERNELS_REFERENCE, pool, repeats > 2 ? 2 : repeats, save ? save : NULL);
        print_timing("reference", &reference, &reference);
        sp_cpu_level best = sp_cpu_detect();
        for (int level = 0; level <= (int)best; level++) {
            char path[300] = "";
            if (save)
                snprintf(path, sizeof path, "%s_%zu_%d.png", save, k, level);
            timing t = measure(s, &cloud, (sp_kernels)(SP_KERNELS_BASELINE + level), pool, repeats,
                               save ? path : NULL);
            print_timing(sp_cpu_name((sp_cpu_level)level), &t, &reference);
        }
        sp_splat_cloud_free(&cloud);
    }
    sp_pool_close(&pool);
    return 0;
}
