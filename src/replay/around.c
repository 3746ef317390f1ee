#include "around.h"

#include <math.h>
#include <stdlib.h>

#include "instant.h"
#include "mattes.h"

// A hand or foot at this speed, m/s, is blurred by so much where it matters: below, the blur is hardly more
// than that of the pixels themselves, or than a viewer sees of a whole picture, and three times the frames
// to decode and matte would buy nothing.
#define HAND_SPEED 8.0
#define LEAST_BLUR_PX 2.0
#define LEAST_BLUR_SHARE 0.004 // of the picture's height
#define NEAREST_M 0.1

bool replay_around_matters(const sp_take *take, const bool *chosen)
{
    sp_vec3 focus = sp_rig_focus(&take->rig);
    for (int i = 0; i < take->rig.count; i++) {
        const sp_camera *camera = &take->rig.cameras[i];
        double away = fmax(sp_v3_norm(sp_v3_sub(sp_camera_center(camera), focus)), NEAREST_M);
        double blur_px = take->feeds[i].exposure_s * HAND_SPEED * camera->fx / away;
        if (chosen[i] && blur_px > fmax(LEAST_BLUR_PX, LEAST_BLUR_SHARE * camera->height))
            return true;
    }
    return false;
}

int replay_around_frames(replay_around *around, int side, sp_take *take, const bool *chosen, double t_s,
                         sp_pool *pool)
{
    double begin_s, end_s, then_s = t_s + (side ? 1 : -1) / sp_rational_value(take->fps);
    if (around->sets[side].frames)
        return SP_OK;
    int code = sp_take_span(&begin_s, &end_s, take, chosen);
    if (code < 0 || then_s < begin_s || then_s > end_s)
        return code;
    code = sp_take_frame_set(&around->sets[side], take, chosen, then_s, pool);
    return code == SP_EEND ? SP_OK : code; // a gap in all of them
}

int replay_around_matte(replay_around *around, const replay_plates *plates, const replay_stand *stands,
                        sp_pool *pool)
{
    int code = SP_OK;
    for (int side = 0; side < 2 && code == SP_OK; side++) {
        if (around->mattes[side])
            continue;
        size_t n = (size_t)around->sets[side].count + 1;
        around->mattes[side] = sp_calloc(n, sizeof *around->mattes[side]);
        around->gains[side] = sp_calloc(n, sizeof *around->gains[side]);
        code = around->mattes[side] && around->gains[side]
                   ? replay_mattes(around->mattes[side], around->gains[side], &around->sets[side], plates,
                                   stands, pool)
                   : SP_ENOMEM;
        if (code < 0)
            code = sp_error_context(code, "%s the instant", side ? "after" : "before");
    }
    return code;
}

static const sp_frame *frame_of(const sp_frame_set *set, int camera_index)
{
    for (int i = 0; i < set->count; i++)
        if (set->frames[i].camera_index == camera_index)
            return &set->frames[i];
    return NULL;
}

int replay_around_views(sp_view **out, int *count, int *before, const replay_around *around,
                        const sp_frame_set *set, const replay_plates *plates, const replay_stand *stands)
{
    size_t most = (size_t)around->sets[0].count + (size_t)around->sets[1].count;
    sp_view *views = sp_calloc(most + 1, sizeof *views);
    if (!views)
        return SP_ENOMEM;
    *count = *before = 0;
    for (int side = 0; side < 2; side++) {
        *before = side ? *count : 0;
        for (int i = 0; i < around->sets[side].count; i++) {
            const sp_frame *frame = &around->sets[side].frames[i], *own = frame_of(set, frame->camera_index);
            // The matte of who borrows was worth nothing, and its plate is another one since.
            if (!own || !around->mattes[side][i].data || stands[frame->camera_index].is_borrowed)
                continue;
            views[(*count)++] = replay_view(frame, &own->camera, &plates->plates[frame->camera_index],
                                            &stands[frame->camera_index], &around->mattes[side][i],
                                            around->gains[side][i], set->t_s);
        }
    }
    *out = views;
    return SP_OK;
}

void replay_around_free(replay_around *around)
{
    for (int side = 0; side < 2; side++) {
        for (int i = 0; around->mattes[side] && i < around->sets[side].count; i++)
            sp_image_free(&around->mattes[side][i]);
        free(around->mattes[side]);
        free(around->gains[side]);
        sp_frame_set_free(&around->sets[side]);
    }
    *around = (replay_around){0};
}
