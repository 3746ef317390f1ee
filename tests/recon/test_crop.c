// Random crops: every pixel comes up as often as it should, and what a crop says about its inner pixels is
// what the whole picture says.
#include "../../src/recon/optimise/crop.h"
#include "../../src/recon/optimise/loss.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define WIDTH 160
#define HEIGHT 120
#define REACH 5 // of SSIM's windows

static void pixels_come_up_as_often_as_they_should(void **state)
{
    (void)state;
    enum { DRAWS = 20000 };
    int corner = 0, edge = 0, middle = 0;
    sp_camera camera = {.width = WIDTH, .height = HEIGHT};
    sp_rng rng = sp_rng_seed(3, 1);
    for (int k = 0; k < DRAWS; k++) {
        sp_rect r = recon_crop_choose(&camera, 0.5, &rng);
        assert_true(r.x >= 0 && r.y >= 0 && r.x + r.width <= WIDTH && r.y + r.height <= HEIGHT);
        assert_true(r.width >= WIDTH / 4 - 1 && r.height >= HEIGHT / 4 - 1);
        bool has_left = r.x == 0, has_top = r.y == 0;
        bool has_x = r.x <= WIDTH / 2 && r.x + r.width > WIDTH / 2;
        bool has_y = r.y <= HEIGHT / 2 && r.y + r.height > HEIGHT / 2;
        corner += has_left && has_top;
        edge += has_left && has_y;
        middle += has_x && has_y;
    }
    // A place is seen when the crop's middle is within a quarter of the picture a side: for the middle that
    // is half of the places along each axis, for the edge a quarter.
    assert_true(fabs((double)middle / DRAWS - 0.25) < 0.02);
    assert_true(fabs((double)edge / DRAWS - 0.125) < 0.02);
    assert_true(fabs((double)corner / DRAWS - 0.0625) < 0.02);
    sp_camera small = {.width = 20, .height = 40};
    sp_rect r = recon_crop_choose(&small, 0.1, &rng);
    assert_true(r.width == 20 && r.height >= 15);
}

static void fill(sp_image *image, int channels, uint64_t seed)
{
    sp_rng rng = sp_rng_seed(seed, 0);
    assert_int_equal(sp_image_init(image, WIDTH, HEIGHT, channels), SP_OK);
    for (int i = 0; i < channels * WIDTH * HEIGHT; i++)
        image->data[i] = (float)(0.2 + 0.6 * sp_rng_uniform(&rng));
}

// Gradients of the whole picture's loss, with the weights that a crop has, and of the crop's: equal once both
// are scaled to a sum over pixels.
static void inner_gradients_are_the_whole_pictures(void **state)
{
    (void)state;
    recon_level whole = {.camera = {.width = WIDTH, .height = HEIGHT, .fx = 100, .fy = 100}}, part;
    sp_image seen, part_seen, d_whole, d_part;
    recon_loss *loss;
    fill(&whole.rgb, 3, 1);
    fill(&whole.under, 3, 2);
    fill(&whole.weight, 1, 3);
    fill(&seen, 3, 4);
    fill(&d_whole, 3, 5);
    const sp_rect r = {30, 0, 70, 60}; // its upper edge is the picture's own
    assert_int_equal(recon_crop(&part, &whole, r), SP_OK);
    assert_int_equal(sp_image_crop(&part_seen, &seen, r.x, r.y, r.width, r.height), SP_OK);
    assert_int_equal(sp_image_init(&d_part, r.width, r.height, 3), SP_OK);
    assert_true(part.camera.width == r.width && part.camera.cx == whole.camera.cx - r.x);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            bool counts = x >= r.x + REACH && x < r.x + r.width - REACH && y < r.height - REACH;
            float *weight = &whole.weight.data[y * WIDTH + x];
            *weight = counts ? *weight : 0;
            if (x >= r.x && x < r.x + r.width && y < r.height)
                assert_true(part.weight.data[y * r.width + x - r.x] == *weight);
        }
    assert_int_equal(recon_loss_open(&loss, WIDTH, HEIGHT, NULL), SP_OK);
    double all = recon_loss_rgb(loss, &d_whole, &seen, &whole.rgb, &whole.weight, 0.2, NULL);
    double some = recon_loss_rgb(loss, &d_part, &part_seen, &part.rgb, &part.weight, 0.2, NULL);
    double ratio = (double)(r.width * r.height) / (WIDTH * HEIGHT);
    assert_true(fabs(some * ratio / all - 1) < 1e-5);
    double most = 0, off = 0;
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < r.height; y++)
            for (int x = 0; x < r.width; x++) {
                double a = (double)sp_image_plane(&d_whole, c)[y * WIDTH + x + r.x];
                double b = ratio * (double)sp_image_plane(&d_part, c)[y * r.width + x];
                most = fmax(most, fabs(a));
                off = fmax(off, fabs(a - b));
            }
    assert_true(most > 0 && off < 1e-4 * most);
    recon_loss_close(&loss);
    recon_crop_free(&part);
    sp_image *images[] = {&whole.rgb, &whole.under, &whole.weight, &seen, &part_seen, &d_whole, &d_part};
    for (size_t i = 0; i < sizeof images / sizeof *images; i++)
        sp_image_free(images[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pixels_come_up_as_often_as_they_should),
        cmocka_unit_test(inner_gradients_are_the_whole_pictures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
