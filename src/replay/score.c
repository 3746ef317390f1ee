// How like two pictures are: the same figures as a table of papers would have them.
#include <stillpoint/replay.h>

enum { VALUES = 8 };

// A score's values, for what treats them alike.
static void values_of(double *out[VALUES], sp_score *score)
{
    double *all[VALUES] = {&score->psnr,      &score->ssim,   &score->psnr_box, &score->ssim_box,
                           &score->psnr_mask, &score->debris, &score->holes,    &score->flicker};
    for (int k = 0; k < VALUES; k++)
        out[k] = all[k];
}

// Bounds of the mask as the project's rule has them: 8% + 2 px a side.
static int score_box(sp_score *out, const sp_image *ours, const sp_image *truth, const sp_image *mask)
{
    sp_rect box = sp_mask_bounds(mask, 127.5f / 255, 0.08, 2);
    if (box.width == 0)
        return SP_OK;
    sp_image a = {0}, b = {0};
    int code = sp_image_crop(&a, ours, box.x, box.y, box.width, box.height);
    if (code == SP_OK)
        code = sp_image_crop(&b, truth, box.x, box.y, box.width, box.height);
    if (code == SP_OK)
        code = sp_psnr(&out->psnr_box, &a, &b);
    if (code == SP_OK)
        code = sp_ssim(&out->ssim_box, &a, &b);
    if (code == SP_OK)
        code = sp_psnr_masked(&out->psnr_mask, ours, truth, mask);
    sp_image_free(&a);
    sp_image_free(&b);
    return code;
}

int sp_score_pictures(sp_score *out, const sp_image *ours, const sp_image *truth, const sp_image *mask)
{
    sp_score score = *out;
    double *values[VALUES];
    values_of(values, &score);
    for (int k = 0; k < VALUES; k++)
        *values[k] = NAN;
    int code = sp_psnr(&score.psnr, ours, truth);
    if (code == SP_OK)
        code = sp_ssim(&score.ssim, ours, truth);
    if (code == SP_OK && mask)
        code = score_box(&score, ours, truth, mask);
    if (code == SP_OK)
        *out = score;
    return code;
}

sp_score sp_score_mean(const sp_score *scores, int count)
{
    sp_score mean = {.camera = "mean", .frame = -1};
    double *sums[VALUES];
    int counts[VALUES] = {0};
    values_of(sums, &mean);
    for (int i = 0; i < count; i++) {
        sp_score one = scores[i];
        double *values[VALUES];
        values_of(values, &one);
        for (int k = 0; k < VALUES; k++) {
            if (isnan(*values[k]))
                continue;
            *sums[k] += *values[k];
            counts[k]++;
        }
    }
    for (int k = 0; k < VALUES; k++)
        *sums[k] = counts[k] ? *sums[k] / counts[k] : NAN;
    return mean;
}

sp_json *sp_score_json(const sp_score *score)
{
    static const char *const keys[VALUES] = {"psnr_db",       "ssim",         "psnr_box_db",
                                             "ssim_box",      "psnr_mask_db", "debris_percent",
                                             "holes_percent", "flicker_255"};
    sp_score shown = *score;
    double *values[VALUES];
    shown.debris *= 100;
    shown.holes *= 100;
    values_of(values, &shown);
    sp_json *out = sp_json_object();
    int code = out ? sp_json_set_string(out, "camera", score->camera) : SP_ENOMEM;
    if (code == SP_OK && score->frame >= 0)
        code = sp_json_set_int(out, "frame", score->frame);
    for (int k = 0; k < VALUES && code == SP_OK; k++)
        if (!isnan(*values[k]))
            code = sp_json_set_number(out, keys[k], *values[k]);
    if (code < 0)
        sp_json_free(&out);
    return out;
}
