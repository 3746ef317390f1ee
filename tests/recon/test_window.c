// The stereo's window against its definition in double precision, and the same bits at every level of vector
// code.
#include "../../src/recon/stereo/window.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WIDTH 61
#define HEIGHT 43
#define FLOOR (2e-5 * 255 * 255)

static const char *const levels[] = {"baseline", "avx2", "avx512"};
// Whole inside, turned and shrunk, partly outside, hardly inside, outside, not a number.
static const recon_affine places[] = {{30.3f, 20.6f, 1, 0, 0, 1},
                                      {25.5f, 19.25f, 0.7f, 0.3f, -0.4f, 0.9f},
                                      {1.5f, 20, 1, 0, 0, 1},
                                      {30, -3.2f, 1, 0, 0, 1},
                                      {-40, 12, 1, 0, 0, 1},
                                      {NAN, 12, 1, 0, 0, 1},
                                      {57.5f, 40.5f, 1.3f, 0, 0, 1.3f},
                                      {33, 22, 0, 0, 0, 0}};
#define PLACES (sizeof places / sizeof *places)

typedef struct pictures {
    sp_image rgb, grey;
    recon_quads quads;
} pictures;

static void make_pictures(pictures *p)
{
    sp_rng rng = sp_rng_seed(5, 0);
    assert_int_equal(sp_image_init(&p->rgb, WIDTH, HEIGHT, 3), 0);
    assert_int_equal(sp_image_init(&p->grey, WIDTH, HEIGHT, 1), 0);
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        p->grey.data[i] = (float)(sp_rng_u32(&rng) % 256) / 255;
        for (int c = 0; c < 3; c++)
            p->rgb.data[c * WIDTH * HEIGHT + i] = 0.5f + 0.2f * (float)sp_rng_uniform(&rng);
    }
    assert_int_equal(recon_quads_init(&p->quads, &p->grey), 0);
}

static void free_pictures(pictures *p)
{
    sp_image_free(&p->rgb);
    sp_image_free(&p->grey);
    recon_quads_free(&p->quads);
}

static double grey_at(const pictures *p, double u, double v)
{
    int x = (int)u, y = (int)v;
    double a = u - x, b = v - y;
    const float *at = p->grey.data + y * WIDTH + x;
    return 255 * ((1 - b) * ((1 - a) * at[0] + a * at[1]) + b * ((1 - a) * at[WIDTH] + a * at[WIDTH + 1]));
}

// 1 - NCC of the samples around (px, py) that come to lie inside, weighted by likeness to the middle.
static double expected(const pictures *p, int px, int py, const recon_affine *to)
{
    double w[25], a[25], b[25], all = 0, sum = 0, inside = 0, mean_a = 0, mean_b = 0;
    bool is_in[25];
    int n = 0;
    for (int dy = -4; dy <= 4; dy += 2)
        for (int dx = -4; dx <= 4; dx += 2, n++) {
            int at = (py + dy) * WIDTH + px + dx, centre = py * WIDTH + px;
            double square = 0, u = to->u + to->ux * dx + to->uy * dy, v = to->v + to->vx * dx + to->vy * dy;
            for (int c = 0; c < 3; c++)
                square += pow(
                    (p->rgb.data[c * WIDTH * HEIGHT + at] - p->rgb.data[c * WIDTH * HEIGHT + centre]) / 0.1,
                    2);
            w[n] = exp(-0.5 * square / 3);
            a[n] = 255 * (double)p->grey.data[at];
            all += w[n];
            mean_a += w[n] * a[n];
            is_in[n] = u >= 0 && v >= 0 && u < WIDTH - 1 && v < HEIGHT - 1;
            b[n] = is_in[n] ? grey_at(p, u, v) : 0;
            inside += is_in[n] ? w[n] : 0;
            mean_b += is_in[n] ? w[n] * b[n] : 0;
        }
    if (inside < 0.5 * all)
        return RECON_COST_NOTHING;
    mean_a /= all;
    mean_b /= inside;
    double var_a = 0, var_b = 0;
    for (int i = 0; i < n; i++) {
        var_a += w[i] * pow(a[i] - mean_a, 2) / all;
        if (!is_in[i])
            continue;
        var_b += w[i] * pow(b[i] - mean_b, 2) / inside;
        sum += w[i] * (a[i] - mean_a) * (b[i] - mean_b) / inside;
    }
    return 1 - sum / sqrt((var_a + FLOOR) * (var_b + FLOOR));
}

static void costs_are_those_of_the_definition(void **state)
{
    (void)state;
    pictures p;
    make_pictures(&p);
    recon_window window;
    recon_window_at(&window, &p.grey, &p.rgb, 30, 20);
    recon_window_cost *cost = recon_window_cost_best();
    for (size_t i = 0; i < PLACES; i++)
        assert_true(fabs(cost(&window, &p.quads, &places[i]) - expected(&p, 30, 20, &places[i])) < 1e-3);
    recon_affine here = {30, 20, 1, 0, 0, 1};
    assert_true(cost(&window, &p.quads, &here) < 1e-3);
    free_pictures(&p);
}

static void all_levels_give_the_same_bits(void **state)
{
    (void)state;
    pictures p;
    make_pictures(&p);
    recon_window window;
    float first[PLACES];
    for (size_t level = 0; level < sizeof levels / sizeof *levels; level++) {
        setenv("STILLPOINT_CPU", levels[level], 1);
        recon_window_cost *cost = recon_window_cost_best();
        for (size_t i = 0; i < PLACES; i++) {
            recon_window_at(&window, &p.grey, &p.rgb, 7 + 5 * (int)i, 6 + 4 * (int)i);
            float c = cost(&window, &p.quads, &places[i]);
            first[i] = level ? first[i] : c;
            assert_memory_equal(&c, &first[i], sizeof c);
        }
    }
    unsetenv("STILLPOINT_CPU");
    free_pictures(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(costs_are_those_of_the_definition),
        cmocka_unit_test(all_levels_give_the_same_bits),
    };
    return cmocka_run_group_tests_name("window", tests, NULL, NULL);
}
