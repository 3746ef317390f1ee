// PSNR and SSIM against closed forms, FFmpeg's psnr filter and the scores of tools/score.py.
#include "helpers.h"

#include <math.h>

static void save_pair(sp_image *a, sp_image *b, int width, int height)
{
    sp_image8 bytes;
    assert_ok(sp_image_init(a, width, height, 3));
    assert_ok(sp_image_init(b, width, height, 3));
    fill_pattern(a, 1, 0.2);
    fill_pattern(b, 2, 0.3);
    for (int i = 0; i < 2; i++) {
        sp_image *image = i ? b : a;
        assert_ok(sp_image_to8(&bytes, image));
        assert_ok(sp_image8_save(&bytes, in_scratch(i ? "truth_cam_00.png" : "pred_cam_00.png")));
        sp_image_free(image);
        assert_ok(sp_image_from8(image, &bytes));
        sp_image8_free(&bytes);
    }
}

static void test_psnr_closed_forms(void **state)
{
    (void)state;
    sp_image a, b, mask;
    assert_ok(sp_image_init(&a, 10, 10, 3));
    assert_ok(sp_image_init(&b, 10, 10, 3));
    assert_ok(sp_image_init(&mask, 10, 10, 1));
    double value = 0;
    assert_ok(sp_psnr(&value, &a, &b));
    assert_true(value == 99.0);
    for (int i = 0; i < 300; i++)
        b.data[i] = 0.1f;
    assert_ok(sp_psnr(&value, &a, &b));
    assert_float_equal(value, 20, 1e-5);
    // Half of the masked pixels are off by 0.1: mean square 0.005.
    for (int i = 0; i < 20; i++)
        mask.data[i] = 1;
    for (int c = 0; c < 3; c++)
        memset(sp_image_plane(&b, c), 0, 10 * sizeof(float));
    assert_ok(sp_psnr_masked(&value, &a, &b, &mask));
    assert_float_equal(value, -10 * log10(0.005), 1e-5);
    memset(mask.data, 0, 100 * sizeof(float));
    assert_int_equal(sp_psnr_masked(&value, &a, &b, &mask), SP_EINVAL);
    sp_image_free(&mask);
    assert_ok(sp_image_init(&mask, 10, 9, 3));
    assert_int_equal(sp_psnr(&value, &a, &mask), SP_EINVAL);
    assert_int_equal(sp_ssim(&value, &a, &mask), SP_EINVAL);
    assert_int_equal(sp_psnr_masked(&value, &a, &b, &mask), SP_EINVAL);
    sp_image_free(&a);
    sp_image_free(&b);
    sp_image_free(&mask);
}

// Constant pictures have no structure: only the luminance term is left.
static void test_ssim_closed_forms(void **state)
{
    (void)state;
    const int sizes[][2] = {{40, 30}, {3, 3}, {1, 1}, {100, 2}};
    for (int s = 0; s < 4; s++) {
        sp_image a, b;
        assert_ok(sp_image_init(&a, sizes[s][0], sizes[s][1], 2));
        assert_ok(sp_image_init(&b, sizes[s][0], sizes[s][1], 2));
        for (int i = 0; i < a.width * a.height * 2; i++) {
            a.data[i] = 0.5f;
            b.data[i] = 0.7f;
        }
        double value = 0;
        assert_ok(sp_ssim(&value, &a, &b));
        assert_float_equal(value, (2 * 0.5 * 0.7 + 1e-4) / (0.25 + 0.49 + 1e-4), 2e-4);
        assert_ok(sp_ssim(&value, &a, &a));
        assert_float_equal(value, 1, 1e-6);
        sp_image_free(&a);
        sp_image_free(&b);
    }
}

static void test_psnr_is_ffmpegs(void **state)
{
    (void)state;
    sp_image a, b;
    save_pair(&a, &b, 320, 180);
    double ours = 0;
    assert_ok(sp_psnr(&ours, &a, &b));
    sp_image_free(&a);
    sp_image_free(&b);
    // The filter works on planes; from RGB files it takes G, B, R and averages the squares of all three.
    if (!run_shell("ffmpeg -v info -i pred_cam_00.png -i truth_cam_00.png -lavfi "
                   "'[0:v]format=gbrp[a];[1:v]format=gbrp[b];[a][b]psnr=stats_file=psnr.txt' -f null -"))
        skip();
    char *text = NULL;
    assert_ok(sp_file_read(&text, NULL, in_scratch("psnr.txt"), 1 << 16));
    const char *field = strstr(text, "psnr_avg:");
    assert_non_null(field);
    assert_float_equal(ours, atof(field + strlen("psnr_avg:")), 0.0051); // printed with two decimals
    free(text);
}

// The number after "key": in text, or NaN.
static double number_of(const char *text, const char *key)
{
    char pattern[32];
    snprintf(pattern, sizeof pattern, "'%s':", key);
    const char *field = strstr(text, pattern);
    return field ? atof(field + strlen(pattern)) : NAN;
}

// Save a mask whose athlete spans x0..x1, y0..y1 (inclusive), with a hole and with grey edges around 127.
static void save_mask(sp_image *mask, int width, int height, const int box[4])
{
    sp_image8 bytes;
    assert_ok(sp_image8_init(&bytes, width, height, 1));
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            bool is_inside = x >= box[0] && x <= box[1] && y >= box[2] && y <= box[3];
            bool is_hole = x > box[0] + 3 && x < box[1] - 3 && y > box[2] + 2 && (x + y) % 5 == 0;
            bytes.data[y * width + x] = is_inside && !is_hole ? ((x + y) % 2 ? 128 : 255) : 127;
        }
    assert_ok(sp_image8_save(&bytes, in_scratch("truth_cam_00_mask.png")));
    assert_ok(sp_image_load_grey(mask, in_scratch("truth_cam_00_mask.png"), false));
    sp_image8_free(&bytes);
}

static const char score_command[] =
    "mkdir -p pred truth && cp pred_cam_00.png pred/cam_00.png && cp truth_cam_00.png truth/cam_00.png && "
    "cp truth_cam_00_mask.png truth/cam_00_mask.png && " PYTHON
    " \"$STILLPOINT_SHARED/tools/score.py\" --pred pred --truth truth --mask truth cam:0 > score.txt";

static void compare_with_score(const sp_image *a, const sp_image *b, const int box[4])
{
    sp_image mask, cut_a, cut_b;
    save_mask(&mask, a->width, a->height, box);
    assert_true(run_shell(score_command));
    char *text = NULL;
    assert_ok(sp_file_read(&text, NULL, in_scratch("score.txt"), 1 << 16));

    double value = 0;
    assert_ok(sp_psnr(&value, a, b));
    assert_float_equal(value, number_of(text, "psnr"), 6e-4);
    assert_ok(sp_ssim(&value, a, b));
    assert_float_equal(value, number_of(text, "ssim"), 6e-4);
    assert_ok(sp_psnr_masked(&value, a, b, &mask));
    assert_float_equal(value, number_of(text, "psnr_mask"), 6e-4);
    sp_rect bounds = sp_mask_bounds(&mask, 127.0f / 255.0f, 0.08, 2);
    assert_ok(sp_image_crop(&cut_a, a, bounds.x, bounds.y, bounds.width, bounds.height));
    assert_ok(sp_image_crop(&cut_b, b, bounds.x, bounds.y, bounds.width, bounds.height));
    assert_ok(sp_psnr(&value, &cut_a, &cut_b));
    assert_float_equal(value, number_of(text, "psnr_box"), 6e-4);
    assert_ok(sp_ssim(&value, &cut_a, &cut_b));
    assert_float_equal(value, number_of(text, "ssim_box"), 6e-4);
    sp_image_free(&cut_a);
    sp_image_free(&cut_b);
    sp_image_free(&mask);
    free(text);
}

static void test_scores_are_score_pys(void **state)
{
    (void)state;
    if (!run_shell("test -f \"$STILLPOINT_SHARED/tools/score.py\" && " PYTHON
                   " -c 'import numpy, PIL, scipy'"))
        skip();
    const int boxes[][4] = {{100, 160, 40, 139}, {0, 12, 100, 179}, {300, 319, 0, 5}, {7, 7, 9, 9}};
    sp_image a, b;
    save_pair(&a, &b, 320, 180);
    for (int i = 0; i < 4; i++)
        compare_with_score(&a, &b, boxes[i]);
    sp_image_free(&a);
    sp_image_free(&b);
}

// By hand from the rule: near side minus grow, far side plus grow, exclusive, clipped.
static void test_mask_bounds(void **state)
{
    (void)state;
    sp_image mask;
    assert_ok(sp_image_init(&mask, 200, 100, 1));
    sp_rect none = sp_mask_bounds(&mask, 0.5f, 0.08, 2);
    assert_int_equal(none.width, 0);
    mask.data[20 * 200 + 50] = 1;
    mask.data[69 * 200 + 149] = 1; // 100 x 50 pixels: grows by 8 + 2 and 4 + 2
    sp_rect grown = sp_mask_bounds(&mask, 0.5f, 0.08, 2);
    assert_int_equal(grown.x, 40);
    assert_int_equal(grown.y, 14);
    assert_int_equal(grown.width, 119);
    assert_int_equal(grown.height, 61);
    mask.data[0] = mask.data[200 * 100 - 1] = 1;
    sp_rect all = sp_mask_bounds(&mask, 0.5f, 0.08, 2);
    assert_int_equal(all.x, 0);
    assert_int_equal(all.y, 0);
    assert_int_equal(all.width, 200);
    assert_int_equal(all.height, 100);
    sp_image_free(&mask);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_psnr_closed_forms), cmocka_unit_test(test_ssim_closed_forms),
        cmocka_unit_test(test_psnr_is_ffmpegs),   cmocka_unit_test(test_scores_are_score_pys),
        cmocka_unit_test(test_mask_bounds),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
