#include "mattes.h"

#include <stillpoint/matte.h>

#include <stdio.h>
#include <stdlib.h>

typedef struct matte_job {
    sp_image *mattes;
    double (*gains)[6];
    const sp_frame_set *set;
    const replay_plates *plates;
    const replay_stand *stands;
    struct matted {
        int code;
        char sentence[512]; // errors belong to the thread that met them
    } * matted;
} matte_job;

static int matte_frame(sp_image *out, double gains[6], const sp_frame *frame, const replay_plate *plate,
                       const replay_stand *stand)
{
    sp_matte_params params = sp_matte_params_default();
    if (plate->is_still) { // the plate is this very picture
        for (int k = 0; k < 6; k++)
            gains[k] = k < 3;
        return sp_image_init(out, frame->image.width, frame->image.height, 1);
    }
    if (frame->image.width != plate->image.width || frame->image.height != plate->image.height)
        return sp_error(SP_EFORMAT,
                        "camera %s: a frame of %dx%d, but its plate is %dx%d; a feed must keep its size",
                        plate->camera.id, frame->image.width, frame->image.height, plate->image.width,
                        plate->image.height);
    const sp_image *spread = plate->spread.data ? &plate->spread : NULL;
    int code = stand->plate.data
                   ? sp_matte(out, gains, &frame->image, &stand->plate, &stand->spread, &params, NULL)
                   : sp_matte(out, gains, &frame->image, &plate->image, spread, &params, NULL);
    return code < 0 ? sp_error_context(code, "camera %s", plate->camera.id) : code;
}

static void matte_work(void *context, int64_t i, int worker)
{
    (void)worker;
    matte_job *job = context;
    const sp_frame *frame = &job->set->frames[i];
    const replay_stand *stand = &job->stands[frame->camera_index];
    struct matted *matted = &job->matted[i];
    if (stand->is_left_out || job->mattes[i].data)
        return;
    matted->code =
        matte_frame(&job->mattes[i], job->gains[i], frame, &job->plates->plates[frame->camera_index], stand);
    if (matted->code < 0)
        snprintf(matted->sentence, sizeof matted->sentence, "%s", sp_error_text());
}

// The steps of one camera depend on each other, those of several do not.
int replay_mattes(sp_image *mattes, double (*gains)[6], const sp_frame_set *set, const replay_plates *plates,
                  const replay_stand *stands, sp_pool *pool)
{
    int code = SP_OK;
    matte_job job = {mattes, gains,  set,
                     plates, stands, sp_calloc((size_t)set->count + 1, sizeof *job.matted)};
    if (!job.matted)
        return SP_ENOMEM;
    sp_pool_run(pool, set->count, matte_work, &job);
    for (int i = 0; i < set->count && code == SP_OK; i++)
        if (job.matted[i].code < 0)
            code = sp_error(job.matted[i].code, "%s", job.matted[i].sentence);
    free(job.matted);
    return code;
}
