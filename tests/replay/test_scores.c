// The ledger adds up; scores and their means against closed forms.
#include "../support.h"

#include <stillpoint/replay.h>

#include <string.h>

static void a_stage_that_runs_again_adds_to_its_row(void **state)
{
    (void)state;
    sp_ledger ledger = {0};
    sp_ledger_begin(NULL, "nothing");
    for (int i = 0; i < 20; i++) {
        char name[16];
        snprintf(name, sizeof name, "stage %d", i % 10);
        sp_ledger_begin(&ledger, name);
    }
    sp_ledger_end(&ledger);
    sp_ledger_end(&ledger);
    assert_int_equal(ledger.count, 10);
    double sum = 0;
    for (int i = 0; i < 10; i++) {
        assert_int_equal(ledger.stages[i].runs, 2);
        assert_true(ledger.stages[i].seconds >= 0 && ledger.stages[i].peak_bytes >= 0);
        sum += ledger.stages[i].seconds;
    }
    assert_true(sp_ledger_seconds(&ledger) == sum);
    sp_json *rows = sp_ledger_json(&ledger);
    assert_int_equal(sp_json_length(rows), 10);
    const char *name;
    assert_int_equal(sp_json_string(&name, sp_json_at(rows, 3), "stage", "ledger"), SP_OK);
    assert_string_equal(name, "stage 3");
    sp_json_free(&rows);
    sp_ledger_free(&ledger);
}

// Truth is grey; ours is off by 0.1 inside the mask and by 0.01 elsewhere.
static void mask_box_and_frame_are_told_apart(void **state)
{
    (void)state;
    sp_image ours, truth, mask;
    assert_int_equal(sp_image_init(&ours, 100, 80, 3), SP_OK);
    assert_int_equal(sp_image_init(&truth, 100, 80, 3), SP_OK);
    assert_int_equal(sp_image_init(&mask, 100, 80, 1), SP_OK);
    for (int y = 0; y < 80; y++) {
        for (int x = 0; x < 100; x++) {
            bool is_inside = x >= 40 && x < 60 && y >= 20 && y < 60;
            mask.data[y * 100 + x] = is_inside ? 128 / 255.0f : 127 / 255.0f;
            for (int k = 0; k < 3; k++) {
                sp_image_plane(&truth, k)[y * 100 + x] = 0.5f;
                sp_image_plane(&ours, k)[y * 100 + x] = is_inside ? 0.6f : 0.51f;
            }
        }
    }
    sp_score score = {.camera = "cam01", .frame = 4};
    assert_int_equal(sp_score_pictures(&score, &ours, &truth, &mask), SP_OK);
    assert_true(fabs(score.psnr_mask - 20) < 1e-3);
    // 20x40 px grown by 1 + 2 and 3 + 2 px, one less on the far side: 25 x 49.
    double box = (800 * 0.01 + (25 * 49 - 800) * 0.0001) / (25 * 49);
    assert_true(fabs(score.psnr_box + 10 * log10(box)) < 1e-3);
    double whole = (800 * 0.01 + (8000 - 800) * 0.0001) / 8000;
    assert_true(fabs(score.psnr + 10 * log10(whole)) < 1e-3);
    assert_true(score.ssim > 0 && score.ssim < 1 && score.ssim_box < score.ssim);
    assert_string_equal(score.camera, "cam01");

    sp_score bare = {.camera = "cam02"};
    assert_int_equal(sp_score_pictures(&bare, &truth, &truth, NULL), SP_OK);
    assert_true(bare.psnr == 99 && isnan(bare.psnr_box) && isnan(bare.psnr_mask));
    const sp_score both[] = {score, bare};
    sp_score mean = sp_score_mean(both, 2);
    assert_true(fabs(mean.psnr - (score.psnr + 99) / 2) < 1e-9); // a picture without a mask counts here
    assert_true(mean.psnr_box == score.psnr_box);                // and not here
    assert_string_equal(mean.camera, "mean");

    sp_image small;
    assert_int_equal(sp_image_init(&small, 50, 80, 3), SP_OK);
    assert_int_equal(sp_score_pictures(&bare, &small, &truth, NULL), SP_EINVAL);
    sp_image_free(&small);
    sp_image_free(&ours);
    sp_image_free(&truth);
    sp_image_free(&mask);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stage_that_runs_again_adds_to_its_row),
        cmocka_unit_test(mask_box_and_frame_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
