// Plates and feeds of the input cameras.
#include "noise.h"
#include "write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

double sim_job_rig_time(const sim_job *job, int camera, int frame)
{
    const sim_fault *f = &job->faults[camera];
    return frame / sp_rational_value(sim_fps(job->scene, camera)) * (1 + f->drift) + f->offset_s;
}

double sim_job_motion_time(const sim_job *job, double rig_time_s)
{
    return job->scene->begin_s + rig_time_s;
}

// What the bumped camera sees afterwards.
static int open_turned(sim_job *job)
{
    const sim_faults *faults = &job->scene->faults;
    job->bumped = -1;
    for (int c = 0; c < job->scene->rig.cameras; c++)
        if (!strcmp(job->truth.cameras[c].id, faults->bumped))
            job->bumped = c;
    if (job->bumped < 0)
        return 0;
    sp_camera camera = job->truth.cameras[job->bumped];
    sim_camera_knock(&camera, faults->bumped_deg);
    int rc =
        sim_plate_open(&job->turned, job->world, job->stage, &camera, job->scene->plate_samples, job->pool);
    if (rc >= 0)
        rc = sp_image8_init(&job->turned_encoded, camera.width, camera.height, 3);
    for (int k = 0; k < 3 && rc >= 0; k++)
        job->turned.tone[k] = (float)job->faults[job->bumped].gain[k];
    if (rc >= 0)
        sim_plate_encode(job->turned_encoded.data, &job->turned, 1, 1);
    return rc;
}

int sim_write_plates(sim_job *job)
{
    char *folder = sp_path_join(job->folder, "plates");
    int rc = folder ? sp_folder_make(folder) : SP_ENOMEM;
    for (int c = 0; c < job->scene->rig.cameras && rc >= 0; c++) {
        const sp_camera *camera = &job->truth.cameras[c];
        rc = sp_progress_step(job->progress, "plates", c, job->scene->rig.cameras);
        if (rc >= 0)
            rc = sim_plate_open(&job->plates[c], job->world, job->stage, camera, job->scene->plate_samples,
                                job->pool);
        if (rc >= 0)
            rc = sp_image8_init(&job->encoded[c], camera->width, camera->height, 3);
        if (rc < 0)
            break;
        for (int k = 0; k < 3; k++)
            job->plates[c].tone[k] = (float)job->faults[c].gain[k];
        const sim_faults *faults = &job->scene->faults;
        sim_plate_encode(job->encoded[c].data, &job->plates[c], faults->plate_light, faults->plate_sun);
        char *path = sp_format("%s/%s.png", folder, camera->id);
        rc = path ? sp_image8_save(&job->encoded[c], path) : SP_ENOMEM;
        free(path);
        sim_plate_encode(job->encoded[c].data, &job->plates[c], 1, 1); // what the feeds are painted on
    }
    free(folder);
    return rc < 0 ? rc : open_turned(job);
}

// ---- Feeds: some frames of all cameras are cast, then every camera writes them in order.

typedef struct feeds {
    sim_job *job;
    int cameras, first, count, room; // frames of this batch
    sp_image8 *image;                // room per camera
    uint8_t **scratch;               // per worker
    sp_writer **writer;              // per camera; NULL entries when writing pictures
    sp_image8 *last;                 // per camera: what a dropped frame repeats
    int *status;                     // per item of the running stage
    char **sentence;                 // per item: what went wrong
} feeds;

// A worker's sentence would be lost with its thread.
static void keep_failure(feeds *f, int64_t item, int rc)
{
    f->status[item] = rc;
    if (rc < 0)
        f->sentence[item] = sp_strdup(sp_error_text());
}

static int take_failure(feeds *f, int64_t items)
{
    int rc = 0;
    for (int64_t i = 0; i < items; i++) {
        if (f->status[i] < 0 && rc >= 0)
            rc = sp_error(f->status[i], "%s", f->sentence[i] ? f->sentence[i] : "memory ran out");
        free(f->sentence[i]);
        f->sentence[i] = NULL;
        f->status[i] = 0;
    }
    return rc;
}

static void cast_frame(void *context, int64_t index, int worker)
{
    feeds *f = context;
    const sim_scene *scene = f->job->scene;
    int frame = f->first + (int)index, rc = 0;
    for (int c = 0; c < f->cameras && rc >= 0; c++) {
        if (frame >= sim_frames(scene, c) || f->job->faults[c].dropped[frame])
            continue;
        sp_image8 *image = &f->image[c * f->room + (int)index];
        double middle = sim_job_motion_time(f->job, sim_job_rig_time(f->job, c, frame));
        rc = sim_actor_pose(f->job->actors[worker], f->job->stage, middle - scene->shutter_s / 2,
                            middle + scene->shutter_s / 2);
        if (rc < 0)
            break;
        bool is_turned = c == f->job->bumped && frame >= scene->faults.bumped_frame;
        const sp_image8 *plate = is_turned ? &f->job->turned_encoded : &f->job->encoded[c];
        memcpy(image->data, plate->data, 3 * (size_t)plate->width * (size_t)plate->height);
        sim_shot_output out = {image->data, NULL, NULL};
        sim_shot(&out, is_turned ? &f->job->turned : &f->job->plates[c], f->job->stage,
                 f->job->actors[worker], scene->samples, (uint32_t)(c * 131071 + frame), f->scratch[worker]);
    }
    keep_failure(f, index, rc);
}

// Nearly Gaussian noise: the sum of the four bytes of a hash per value.
static void add_noise(sp_image8 *image, double deviation, uint32_t seed)
{
    size_t values = 3 * (size_t)image->width * (size_t)image->height;
    // Four independent 8-bit uniforms: mean 4 * 127.5, variance 4 * (256^2 - 1) / 12.
    const double scale = deviation / sqrt(4 * 65535.0 / 12);
    for (size_t i = 0; i < values; i++) {
        uint32_t h = sim_hash((uint32_t)i + sim_hash(seed));
        double sum = (double)(h & 255) + (h >> 8 & 255) + (h >> 16 & 255) + (h >> 24) - 510;
        image->data[i] = (uint8_t)sim_clamp(image->data[i] + scale * sum + 0.5, 0, 255);
    }
}

static int write_frame(feeds *f, int camera, int frame, const sp_image8 *image)
{
    if (f->writer[camera])
        return sp_writer_write(f->writer[camera], image);
    char *path = sp_format("%s/feeds/%s/%06d.png", f->job->folder, f->job->truth.cameras[camera].id, frame);
    int rc = path ? sp_image8_save(image, path) : SP_ENOMEM;
    free(path);
    return rc;
}

static void write_camera(void *context, int64_t camera, int worker)
{
    feeds *f = context;
    (void)worker;
    int rc = 0, c = (int)camera;
    int frames = sim_frames(f->job->scene, c);
    for (int i = 0; i < f->count && f->first + i < frames && rc >= 0; i++) {
        int frame = f->first + i;
        sp_image8 *image = &f->image[c * f->room + i];
        size_t bytes = 3 * (size_t)image->width * (size_t)image->height;
        if (f->job->faults[c].dropped[frame]) {
            memcpy(image->data, f->last[c].data, bytes);
        } else {
            if (f->job->scene->faults.noise > 0)
                add_noise(image, f->job->scene->faults.noise,
                          sim_hash4((uint32_t)c, (uint32_t)frame, (uint32_t)f->job->scene->seed, 3));
            memcpy(f->last[c].data, image->data, bytes);
        }
        rc = write_frame(f, c, frame, image);
    }
    keep_failure(f, camera, rc);
}

static int open_writer(feeds *f, int camera)
{
    const sim_scene *scene = f->job->scene;
    const char *id = f->job->truth.cameras[camera].id;
    char *path = sp_format(scene->feed_images ? "%s/feeds/%s" : "%s/feeds/%s.mp4", f->job->folder, id);
    int rc = path ? 0 : SP_ENOMEM;
    if (rc >= 0 && scene->feed_images) {
        rc = sp_folder_make(path);
    } else if (rc >= 0) {
        sp_writer_params params = sp_writer_params_default();
        params.width = f->job->truth.cameras[camera].width;
        params.height = f->job->truth.cameras[camera].height;
        params.fps = sim_fps(scene, camera);
        params.quality = scene->feed_quality;
        params.threads = 1;
        rc = sp_writer_open(&f->writer[camera], path, &params);
    }
    free(path);
    return rc;
}

static int open_feeds(feeds *f)
{
    int workers = sp_pool_threads(f->job->pool), items = f->room > f->cameras ? f->room : f->cameras;
    f->image = sp_calloc((size_t)f->cameras * (size_t)f->room, sizeof(*f->image));
    f->last = sp_calloc((size_t)f->cameras, sizeof(*f->last));
    f->scratch = sp_calloc((size_t)workers, sizeof(*f->scratch));
    f->writer = sp_calloc((size_t)f->cameras, sizeof(sp_writer *));
    f->status = sp_calloc((size_t)items, sizeof(int));
    f->sentence = sp_calloc((size_t)items, sizeof(char *));
    if (!f->image || !f->last || !f->scratch || !f->writer || !f->status || !f->sentence)
        return SP_ENOMEM;
    int rc = 0;
    size_t scratch = 0;
    for (int c = 0; c < f->cameras; c++) {
        size_t bytes = sim_shot_scratch(&f->job->truth.cameras[c]);
        scratch = bytes > scratch ? bytes : scratch;
    }
    for (int w = 0; w < workers && rc >= 0; w++) {
        f->scratch[w] = sp_calloc(scratch, 1);
        rc = f->scratch[w] ? 0 : SP_ENOMEM;
    }
    for (int c = 0; c < f->cameras && rc >= 0; c++) {
        const sp_camera *camera = &f->job->truth.cameras[c];
        for (int i = 0; i < f->room && rc >= 0; i++)
            rc = sp_image8_init(&f->image[c * f->room + i], camera->width, camera->height, 3);
        if (rc >= 0)
            rc = sp_image8_init(&f->last[c], camera->width, camera->height, 3);
        if (rc >= 0)
            rc = open_writer(f, c);
    }
    return rc;
}

static void close_feeds(feeds *f)
{
    for (int i = 0; f->image && i < f->cameras * f->room; i++)
        sp_image8_free(&f->image[i]);
    for (int c = 0; c < f->cameras; c++) {
        if (f->last)
            sp_image8_free(&f->last[c]);
        if (f->writer && f->writer[c])
            sp_writer_close(&f->writer[c]);
    }
    for (int w = 0; f->scratch && w < sp_pool_threads(f->job->pool); w++)
        free(f->scratch[w]);
    free(f->image);
    free(f->last);
    free(f->scratch);
    free(f->writer);
    free(f->status);
    free(f->sentence);
}

int sim_write_feeds(sim_job *job)
{
    feeds f = {.job = job, .cameras = job->scene->rig.cameras, .room = sp_pool_threads(job->pool)};
    char *folder = sp_path_join(job->folder, "feeds");
    int rc = folder ? sp_folder_make(folder) : SP_ENOMEM;
    free(folder);
    if (rc >= 0)
        rc = open_feeds(&f);
    int frames = 0;
    for (int c = 0; c < f.cameras; c++)
        frames = sim_frames(job->scene, c) > frames ? sim_frames(job->scene, c) : frames;
    for (f.first = 0; f.first < frames && rc >= 0; f.first += f.room) {
        f.count = frames - f.first < f.room ? frames - f.first : f.room;
        rc = sp_progress_step(job->progress, "feeds", f.first, frames);
        if (rc < 0)
            break;
        sp_pool_run(job->pool, f.count, cast_frame, &f);
        rc = take_failure(&f, f.count);
        if (rc < 0)
            break;
        sp_pool_run(job->pool, f.cameras, write_camera, &f);
        rc = take_failure(&f, f.cameras);
        job->frames_done += (int64_t)f.count * f.cameras;
    }
    for (int c = 0; c < f.cameras && rc >= 0; c++)
        if (f.writer[c])
            rc = sp_writer_finish(f.writer[c]);
    close_feeds(&f);
    return rc;
}
