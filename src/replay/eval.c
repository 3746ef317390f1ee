// Evaluation against truth: the same figures as a table of papers would have them.
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"
#include "folder.h"
#include "pick.h"

// ---- One picture

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
    score.psnr_box = score.ssim_box = score.psnr_mask = NAN;
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
    double sums[5] = {0};
    int counts[5] = {0};
    for (int i = 0; i < count; i++) {
        const double values[5] = {scores[i].psnr, scores[i].ssim, scores[i].psnr_box, scores[i].ssim_box,
                                  scores[i].psnr_mask};
        for (int k = 0; k < 5; k++) {
            if (isnan(values[k]))
                continue;
            sums[k] += values[k];
            counts[k]++;
        }
    }
    double *fields[5] = {&mean.psnr, &mean.ssim, &mean.psnr_box, &mean.ssim_box, &mean.psnr_mask};
    for (int k = 0; k < 5; k++)
        *fields[k] = counts[k] ? sums[k] / counts[k] : NAN;
    return mean;
}

// ---- The truth's pictures

typedef struct truth_picture {
    char *path, *mask; // mask may be NULL
    int camera;        // in the rig
    int instant;       // in the moment
} truth_picture;

// "cam01_0009.png" -> camera "cam01", frame 9. False for masks, depths and everything else.
static bool parse_name(char id[SP_ID_MAX], int64_t *frame, const char *name)
{
    const char *dot = strrchr(name, '.');
    if (!dot || strcmp(dot, ".png") != 0)
        return false;
    const char *digits = dot;
    while (digits > name && isdigit((unsigned char)digits[-1]))
        digits--;
    size_t length = (size_t)(digits - name);
    if (digits == dot || dot - digits > 15 || length < 2 || length > SP_ID_MAX || name[length - 1] != '_')
        return false;
    snprintf(id, SP_ID_MAX, "%.*s", (int)length - 1, name);
    *frame = strtoll(digits, NULL, 10);
    return true;
}

static int instant_of(const sp_moment *moment, int64_t frame)
{
    for (int i = 0; i < moment->count; i++)
        if (moment->instants[i].frame == frame)
            return i;
    return -1;
}

static void pictures_free(truth_picture *pictures, int count)
{
    for (int i = 0; i < count; i++) {
        free(pictures[i].path);
        free(pictures[i].mask);
    }
    free(pictures);
}

static int add_picture(truth_picture *out, const char *folder, const char *name)
{
    char *stem = sp_path_stem(name);
    out->path = replay_path(folder, "%s", name);
    out->mask = stem ? replay_path(folder, "%s_mask.png", stem) : NULL;
    free(stem);
    if (!out->path || !out->mask)
        return SP_ENOMEM;
    if (!sp_file_exists(out->mask)) {
        free(out->mask);
        out->mask = NULL;
    }
    return SP_OK;
}

static int find_pictures(truth_picture **out, int *count, const char *folder, const sp_moment *moment,
                         const sp_rig *rig, const bool *picked)
{
    char **names;
    int name_count, found = 0;
    int code = sp_folder_list(&names, &name_count, folder);
    if (code < 0)
        return code;
    truth_picture *pictures = sp_calloc((size_t)name_count + 1, sizeof *pictures);
    if (!pictures)
        code = SP_ENOMEM;
    for (int i = 0; i < name_count && code == SP_OK; i++) {
        char id[SP_ID_MAX];
        int64_t frame;
        if (!parse_name(id, &frame, names[i]))
            continue;
        const sp_camera *camera = sp_rig_find(rig, id);
        int instant = instant_of(moment, frame);
        if (!camera || !picked[camera - rig->cameras] || instant < 0)
            continue;
        pictures[found].camera = (int)(camera - rig->cameras);
        pictures[found].instant = instant;
        code = add_picture(&pictures[found++], folder, names[i]);
    }
    sp_names_free(&names, name_count);
    if (code == SP_OK && found == 0)
        code =
            sp_error(SP_ENOENT,
                     "%s: no picture CAMERA_FRAME.png there belongs to a chosen camera and an instant of %s",
                     folder, moment->folder);
    if (code < 0) {
        pictures_free(pictures, found);
        return code;
    }
    *out = pictures;
    *count = found;
    return SP_OK;
}

// ---- All of them

// Through 8 bits, as a picture that is stored would be.
static int draw_quantised(sp_image *out, sp_renderer *renderer, const sp_splat_cloud *cloud,
                          const sp_camera *camera)
{
    sp_image8 picture = {0};
    int code = replay_draw(&picture, renderer, cloud, camera, false);
    if (code == SP_OK)
        code = sp_image_from8(out, &picture);
    sp_image8_free(&picture);
    return code;
}

static int score_one(sp_score *out, const truth_picture *picture, const sp_camera *camera,
                     const sp_splat_cloud *cloud, sp_renderer *renderer)
{
    sp_image8 truth8 = {0};
    sp_image truth = {0}, ours = {0}, mask = {0};
    int code = sp_image8_load(&truth8, picture->path, false);
    if (code == SP_OK && (truth8.width != camera->width || truth8.height != camera->height))
        code = sp_error(SP_EFORMAT, "%s: %dx%d, but camera %s of the rig has %dx%d", picture->path,
                        truth8.width, truth8.height, camera->id, camera->width, camera->height);
    if (code == SP_OK)
        code = sp_image_from8(&truth, &truth8);
    if (code == SP_OK && picture->mask)
        code = sp_image_load_grey(&mask, picture->mask, false);
    if (code == SP_OK)
        code = draw_quantised(&ours, renderer, cloud, camera);
    if (code == SP_OK)
        code = sp_score_pictures(out, &ours, &truth, picture->mask ? &mask : NULL);
    sp_image8_free(&truth8);
    sp_image_free(&truth);
    sp_image_free(&ours);
    sp_image_free(&mask);
    return code;
}

static int score_all(sp_score *scores, const truth_picture *pictures, int count, const sp_moment *moment,
                     const sp_rig *rig, sp_renderer *renderer, const sp_progress *progress)
{
    sp_splat_cloud cloud = {0};
    int loaded = -1, code = sp_progress_step(progress, "eval", 0, count);
    for (int i = 0; i < count && code == SP_OK; i++) {
        if (pictures[i].instant != loaded) {
            sp_splat_cloud_free(&cloud);
            loaded = pictures[i].instant;
            code = sp_replay_cloud(&cloud, moment, loaded, SP_LAYER_ALL);
        }
        const sp_camera *camera = &rig->cameras[pictures[i].camera];
        scores[i] = (sp_score){.frame = moment->instants[pictures[i].instant].frame};
        memcpy(scores[i].camera, camera->id, sizeof scores[i].camera);
        if (code == SP_OK)
            code = score_one(&scores[i], &pictures[i], camera, &cloud, renderer);
        if (code == SP_OK)
            code = sp_progress_step(progress, "eval", i + 1, count);
    }
    sp_splat_cloud_free(&cloud);
    return code;
}

int sp_replay_eval(sp_score **scores, int *count, const sp_moment *moment, const char *truth,
                   const sp_rig *rig, const char *const *only, sp_kernels kernels, sp_pool *pool,
                   const sp_progress *progress)
{
    char *inner = replay_path(truth, "truth"), *mark = replay_path(truth, "take.json");
    if (!inner || !mark) {
        free(inner);
        free(mark);
        return SP_ENOMEM;
    }
    const char *folder = sp_file_exists(mark) ? inner : truth;
    bool *picked = NULL;
    truth_picture *pictures = NULL;
    sp_renderer *renderer = NULL;
    sp_score *list = NULL;
    int found = 0;
    int code = sp_is_folder(folder)
                   ? SP_OK
                   : sp_error(SP_ENOENT, "%s: there is no such folder of true pictures", folder);
    if (code == SP_OK)
        code = replay_pick(&picked, rig, only);
    if (code == SP_OK)
        code = find_pictures(&pictures, &found, folder, moment, rig, picked);
    if (code == SP_OK)
        code = (list = sp_calloc((size_t)found, sizeof *list)) ? SP_OK : SP_ENOMEM;
    if (code == SP_OK)
        code = replay_renderer(&renderer, kernels, pool);
    if (code == SP_OK)
        code = score_all(list, pictures, found, moment, rig, renderer, progress);
    sp_renderer_close(&renderer);
    pictures_free(pictures, found);
    free(picked);
    free(inner);
    free(mark);
    if (code < 0) {
        free(list);
        return code;
    }
    *scores = list;
    *count = found;
    return SP_OK;
}
