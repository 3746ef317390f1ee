// Evaluation: a moment drawn for cameras that took no part in it, and compared with what they saw.
#include "eval.h"

#include <stdlib.h>
#include <string.h>

#include "cloud.h"
#include "draw.h"
#include "folder.h"

// Nothing moves where the truth changes by no more than this, and so far from the athlete.
#define STILL (2.5f / 255)
#define STILL_PX 2.0

// The picture of one camera and what belongs to it.
typedef struct shot {
    sp_image ours, truth, mask, alpha; // mask: empty where there is none
} shot;

typedef struct job {
    const sp_moment *moment;
    const sp_eval_params *params;
    sp_take *take; // whose feeds are the truth; NULL: files are
    sp_renderer *renderer;
    sp_scene *all;
    sp_splat_cloud athlete; // without his shadow; both of the instant `loaded`
    int loaded;
    sp_pool *pool;
} job;

static void shot_free(shot *s)
{
    sp_image_free(&s->ours);
    sp_image_free(&s->truth);
    sp_image_free(&s->mask);
    sp_image_free(&s->alpha);
}

// ---- Drawing

static int load_clouds(job *j, int instant)
{
    if (j->loaded == instant)
        return SP_OK;
    sp_scene_close(&j->all);
    sp_splat_cloud_free(&j->athlete);
    j->loaded = -1;
    int code = sp_replay_scene(&j->all, j->moment, instant, SP_LAYER_ALL);
    if (code == SP_OK)
        code = sp_replay_cloud(&j->athlete, j->moment, instant, SP_LAYER_ATHLETE);
    if (code == SP_OK)
        code = replay_drop_shadow(&j->athlete, j->moment->instants[instant].shadow_splats);
    if (code == SP_OK)
        j->loaded = instant;
    return code;
}

// Through 8 bits, as a picture that is stored would be.
static int draw_quantised(sp_image *out, job *j, const sp_camera *camera)
{
    sp_image8 picture = {0};
    int code = replay_draw_scene(&picture, j->renderer, j->all, camera, false);
    if (code == SP_OK)
        code = sp_image_from8(out, &picture);
    sp_image8_free(&picture);
    return code;
}

static int draw_alpha(sp_image *out, job *j, const sp_camera *camera)
{
    int code = sp_image_init(out, camera->width, camera->height, 1);
    sp_render_target target = {.alpha = out};
    return code == SP_OK ? sp_renderer_draw(j->renderer, &j->athlete, camera, &target) : code;
}

// ---- Scores

static bool is_any(const sp_image *mask)
{
    return sp_mask_bounds(mask, 0.5f, 0, 0).width > 0;
}

// Where the truth itself changes, or the athlete is or was.
static int find_moving(sp_image *out, const shot *before, const shot *now)
{
    sp_image grown = {0};
    size_t count = (size_t)now->mask.width * (size_t)now->mask.height;
    int code = sp_mask_grow(out, &before->mask, 0, STILL_PX);
    if (code == SP_OK)
        code = sp_mask_grow(&grown, &now->mask, 0, STILL_PX);
    for (size_t i = 0; code == SP_OK && i < count; i++)
        for (size_t at = i; at < 3 * count; at += count)
            if (grown.data[i] > 0 || fabsf(now->truth.data[at] - before->truth.data[at]) > STILL)
                out->data[i] = 1;
    sp_image_free(&grown);
    return code;
}

static int score_flicker(sp_score *out, const shot *before, const shot *now)
{
    sp_image moving = {0};
    const sp_image ours[] = {before->ours, now->ours}, truth[] = {before->truth, now->truth};
    int code = find_moving(&moving, before, now);
    if (code == SP_OK && sp_flicker(&out->flicker, ours, truth, &moving) < 0)
        out->flicker = NAN; // everything moves
    sp_image_free(&moving);
    return code;
}

static int score_shot(sp_score *out, const job *j, const shot *now, const shot *before)
{
    bool has_mask = now->mask.data;
    int code = sp_score_pictures(out, &now->ours, &now->truth, has_mask ? &now->mask : &now->alpha);
    if (!has_mask)
        out->psnr_mask = NAN; // what is drawn of the athlete says where he is, not which pixels are his
    bool is_apart = !j->moment->is_whole_scene; // else the athlete's layer is everything
    if (code == SP_OK && has_mask && is_apart && is_any(&now->mask))
        code = sp_coverage_errors(&out->debris, &out->holes, &now->alpha, &now->mask);
    if (code == SP_OK && has_mask && before)
        code = score_flicker(out, before, now);
    return code;
}

// *now is what was seen, also on failure; its truth is empty where there is no picture to compare with.
static int score_item(sp_score *out, shot *now, job *j, const eval_item *item, const shot *before)
{
    *out = (sp_score){.frame = j->moment->instants[item->instant].frame};
    memcpy(out->camera, item->camera.id, sizeof out->camera);
    int code = load_clouds(j, item->instant);
    if (code == SP_OK)
        code = eval_load(&now->truth, &now->mask, item, j->take, j->moment, j->pool);
    if (code == SP_OK && !now->truth.data)
        return SP_OK;
    if (code == SP_OK)
        code = draw_quantised(&now->ours, j, &item->camera);
    if (code == SP_OK)
        code = draw_alpha(&now->alpha, j, &item->camera);
    if (code == SP_OK)
        code = score_shot(out, j, now, before);
    sp_eval_picture picture = {out, &now->ours, &now->truth, now->mask.data ? &now->mask : NULL, &now->alpha};
    if (code == SP_OK && j->params->see)
        code = j->params->see(j->params->context, &picture);
    return code;
}

static bool is_next_frame(const job *j, const eval_item *item, const eval_item *before)
{
    return before && !strcmp(item->camera.id, before->camera.id) &&
           j->moment->instants[item->instant].frame == j->moment->instants[before->instant].frame + 1;
}

static int score_all(sp_score *scores, int *scored, job *j, const eval_item *items, int count,
                     const sp_progress *progress)
{
    shot before = {0};
    *scored = 0;
    int code = sp_progress_step(progress, "eval", 0, count);
    for (int i = 0; i < count && code == SP_OK; i++) {
        shot now = {0};
        bool is_next = is_next_frame(j, &items[i], i ? &items[i - 1] : NULL) && before.mask.data;
        code = score_item(&scores[*scored], &now, j, &items[i], is_next ? &before : NULL);
        *scored += code == SP_OK && now.truth.data;
        shot_free(&before);
        before = now;
        if (code == SP_OK)
            code = sp_progress_step(progress, "eval", i + 1, count);
    }
    shot_free(&before);
    if (code == SP_OK && !*scored)
        code = sp_error(SP_ENOENT, "%s: no camera that took no part has a frame at its instants",
                        j->moment->folder);
    return code;
}

static int find_items(eval_item **items, int *count, job *j)
{
    const sp_eval_params *p = j->params;
    if (!p->truth)
        return eval_find_frames(items, count, &j->take, j->moment, p->only);
    char *inner = replay_path(p->truth, "truth"), *mark = replay_path(p->truth, "take.json");
    int code = inner && mark ? SP_OK : SP_ENOMEM;
    if (code == SP_OK)
        code = eval_find_files(items, count, sp_file_exists(mark) ? inner : p->truth, j->moment, p->rig,
                               p->only);
    free(inner);
    free(mark);
    return code;
}

int sp_replay_eval(sp_score **scores, int *count, const sp_moment *moment, const sp_eval_params *params,
                   sp_pool *pool, const sp_progress *progress)
{
    job j = {.moment = moment, .params = params, .loaded = -1, .pool = pool};
    eval_item *items = NULL;
    sp_score *list = NULL;
    int found = 0, scored = 0, code = find_items(&items, &found, &j);
    if (code == SP_OK)
        code = (list = sp_calloc((size_t)found, sizeof *list)) ? SP_OK : SP_ENOMEM;
    if (code == SP_OK)
        code = replay_renderer(&j.renderer, params->kernels, pool);
    if (code == SP_OK)
        code = score_all(list, &scored, &j, items, found, progress);
    sp_renderer_close(&j.renderer);
    sp_scene_close(&j.all);
    sp_splat_cloud_free(&j.athlete);
    eval_items_free(items, found);
    sp_take_close(&j.take);
    if (code < 0) {
        free(list);
        return code;
    }
    *scores = list;
    *count = scored;
    return SP_OK;
}
