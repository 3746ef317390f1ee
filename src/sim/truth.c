// Truth beside a take: cameras, clocks, colours, joints as files; pictures, mattes and depth of chosen
// frames.
#include "write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stillpoint/take.h>

static int save_in(const sim_job *job, const sp_json *value, const char *name)
{
    char *path = sp_path_join(job->folder, name);
    int rc = path ? sp_json_save(value, path) : SP_ENOMEM;
    free(path);
    return rc;
}

static sp_json *document(const char *format)
{
    sp_json *root = sp_json_object();
    if (root && (sp_json_set_string(root, "format", format) < 0 || sp_json_set_int(root, "version", 1) < 0))
        sp_json_free(&root);
    return root;
}

static int add_fault(sp_json *array, const sim_job *job, int camera)
{
    const sim_fault *f = &job->faults[camera];
    sp_json *entry = sp_json_object(), *dropped = sp_json_array();
    int rc = entry && dropped ? sp_json_set_string(entry, "id", job->truth.cameras[camera].id) : SP_ENOMEM;
    if (rc >= 0)
        rc = sp_json_set_number(entry, "offset_s", f->offset_s);
    if (rc >= 0)
        rc = sp_json_set_number(entry, "drift", f->drift);
    if (rc >= 0)
        rc = sp_json_set_numbers(entry, "gain", f->gain, 3);
    for (int k = 0; k < sim_frames(job->scene, camera) && rc >= 0; k++)
        if (f->dropped[k])
            rc = sp_json_append_number(dropped, k);
    if (rc >= 0)
        rc = sp_json_set(entry, "dropped", &dropped);
    if (rc >= 0)
        rc = sp_json_append(array, &entry);
    sp_json_free(&dropped);
    sp_json_free(&entry);
    return rc;
}

static int save_faults(const sim_job *job)
{
    sp_json *root = document("stillpoint-truth-cameras"), *cameras = sp_json_array();
    int rc = root && cameras ? 0 : SP_ENOMEM;
    for (int c = 0; c < job->scene->rig.cameras && rc >= 0; c++)
        rc = add_fault(cameras, job, c);
    if (rc >= 0)
        rc = sp_json_set(root, "cameras", &cameras);
    if (rc >= 0)
        rc = save_in(job, root, "truth/cameras.json");
    sp_json_free(&cameras);
    sp_json_free(&root);
    return rc;
}

static int set_point(sp_json *object, const char *key, sp_vec3 p)
{
    const double xyz[3] = {p.x, p.y, p.z};
    return sp_json_set_numbers(object, key, xyz, 3);
}

static int add_joints(sp_json *array, const sim_job *job, int frame)
{
    double t_s = frame / sp_rational_value(job->scene->fps);
    sim_pose pose;
    sim_motion_pose(&pose, job->world->motion, sim_job_motion_time(job, t_s));
    sp_json *entry = sp_json_object(), *joints = sp_json_object();
    int rc = entry && joints ? sp_json_set_int(entry, "frame", frame) : SP_ENOMEM;
    if (rc >= 0)
        rc = sp_json_set_number(entry, "t_s", t_s);
    if (rc >= 0)
        rc = set_point(entry, "mass_center_m", sim_pose_mass_center(&pose));
    bool has_ball = job->world->body.outfit == SIM_OUTFIT_PLAYER;
    for (int i = 0; i < SIM_BONES && rc >= 0; i++) {
        if (i == SIM_BALL && !has_ball)
            continue;
        rc = set_point(joints, sim_bones[i].name, pose.position[i]);
    }
    static const struct {
        const char *name;
        int bone;
    } ends[] = {{"head_top", SIM_HEAD},
                {"fingers_r", SIM_HAND_R},
                {"fingers_l", SIM_HAND_L},
                {"toes_r", SIM_FOOT_R},
                {"toes_l", SIM_FOOT_L}};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]) && rc >= 0; i++)
        rc = set_point(joints, ends[i].name,
                       sim_pose_point(&pose, ends[i].bone, sim_bones[ends[i].bone].tail));
    if (rc >= 0)
        rc = sp_json_set(entry, "joints_m", &joints);
    if (rc >= 0)
        rc = sp_json_append(array, &entry);
    sp_json_free(&joints);
    sp_json_free(&entry);
    return rc;
}

static int save_joints(const sim_job *job)
{
    sp_json *root = document("stillpoint-truth-joints"), *frames = sp_json_array();
    int rc = root && frames ? 0 : SP_ENOMEM;
    for (int k = 0; k < job->scene->frames && rc >= 0; k++)
        rc = add_joints(frames, job, k);
    if (rc >= 0)
        rc = sp_json_set(root, "frames", &frames);
    if (rc >= 0)
        rc = save_in(job, root, "truth/joints.json");
    sp_json_free(&frames);
    sp_json_free(&root);
    return rc;
}

int sim_write_truth_files(const sim_job *job)
{
    char *folder = sp_path_join(job->folder, "truth"), *rig = sp_path_join(job->folder, "truth/rig.json");
    int rc = folder && rig ? sp_folder_make(folder) : SP_ENOMEM;
    if (rc >= 0)
        rc = sp_rig_save(&job->truth, rig);
    if (rc >= 0)
        rc = save_in(job, job->document, "truth/scene.json");
    if (rc >= 0)
        rc = save_faults(job);
    if (rc >= 0)
        rc = save_joints(job);
    free(folder);
    free(rig);
    return rc;
}

int sim_write_take_files(const sim_job *job)
{
    sp_take *take = NULL;
    int rc = sp_take_new(&take, job->scene->name, &job->calibrated, job->scene->fps);
    for (int c = 0; c < job->calibrated.count && rc >= 0; c++) {
        const char *id = job->calibrated.cameras[c].id;
        free(take->feeds[c].feed);
        free(take->feeds[c].plate);
        take->feeds[c].feed = sp_format(job->scene->feed_images ? "feeds/%s" : "feeds/%s.mp4", id);
        take->feeds[c].plate = sp_format("plates/%s.png", id);
        take->feeds[c].exposure_s = job->scene->shutter_s;
        rc = take->feeds[c].feed && take->feeds[c].plate ? 0 : SP_ENOMEM;
    }
    if (rc >= 0)
        rc = sp_take_save(take, job->folder);
    sp_take_close(&take);
    return rc;
}

// ---- Pictures

typedef struct truth_pictures {
    sim_job *job;
    const sim_plate *plate;
    int camera;  // in job->truth
    int *status; // per frame
} truth_pictures;

static int save_mask(const sp_image *matte, const char *path)
{
    sp_image8 mask = {0};
    int rc = sp_image_to8(&mask, matte);
    if (rc >= 0)
        rc = sp_image8_save(&mask, path);
    sp_image8_free(&mask);
    return rc;
}

static int save_picture(const truth_pictures *t, int frame, const sp_image8 *rgb, const sp_image *matte,
                        const sp_image *depth)
{
    const char *id = t->job->truth.cameras[t->camera].id;
    char *stem = sp_format("%s/truth/%s_%06d", t->job->folder, id, frame);
    char *picture = stem ? sp_format("%s.png", stem) : NULL,
         *mask = stem ? sp_format("%s_mask.png", stem) : NULL;
    char *depth_name = stem ? sp_format("%s_depth_mm.png", stem) : NULL;
    int rc = picture && mask && depth_name ? sp_image8_save(rgb, picture) : SP_ENOMEM;
    if (rc >= 0)
        rc = save_mask(matte, mask);
    if (rc >= 0)
        rc = sp_image_save_grey16(depth, depth_name);
    free(stem);
    free(picture);
    free(mask);
    free(depth_name);
    return rc;
}

static int cast_truth(const truth_pictures *t, int frame, int worker)
{
    sim_job *job = t->job;
    const sim_scene *scene = job->scene;
    bool is_input = t->camera < scene->rig.cameras;
    double t_s = is_input ? sim_job_rig_time(job, t->camera, frame) : frame / sp_rational_value(scene->fps);
    double middle = sim_job_motion_time(job, t_s);
    const sp_camera *c = &t->plate->camera;
    sp_image8 rgb = {0};
    sp_image matte = {0}, depth = {0};
    uint8_t *scratch = sp_calloc(sim_shot_scratch(c), 1);
    int rc = scratch ? sim_actor_pose(job->actors[worker], job->stage, middle - scene->shutter_s / 2,
                                      middle + scene->shutter_s / 2)
                     : SP_ENOMEM;
    if (rc >= 0)
        rc = sp_image8_init(&rgb, c->width, c->height, 3);
    if (rc >= 0)
        rc = sp_image_init(&matte, c->width, c->height, 1);
    if (rc >= 0)
        rc = sp_image_init(&depth, c->width, c->height, 1);
    if (rc >= 0) {
        sim_plate_encode(rgb.data, t->plate, 1, 1);
        sim_shot_output out = {rgb.data, matte.data, depth.data};
        // Truth is sampled more finely than the feeds: a mask of few steps would be a poor yardstick.
        sim_shot(&out, t->plate, job->stage, job->actors[worker], 4 * scene->samples,
                 (uint32_t)(t->camera * 131071 + frame), scratch);
        rc = save_picture(t, frame, &rgb, &matte, &depth);
    }
    free(scratch);
    sp_image8_free(&rgb);
    sp_image_free(&matte);
    sp_image_free(&depth);
    return rc;
}

static void truth_item(void *context, int64_t index, int worker)
{
    const truth_pictures *t = context;
    t->status[index] = cast_truth(t, t->job->scene->eval_frames[index], worker);
}

// The last sentence belongs to a worker's thread; when a picture fails, cast it again here so that the caller
// reads it.
static int cast_frames(sim_job *job, const sim_plate *plate, int camera)
{
    int count = job->scene->eval_frame_count, rc = 0;
    int *status = sp_calloc((size_t)count + 1, sizeof(int));
    if (!status)
        return SP_ENOMEM;
    truth_pictures t = {job, plate, camera, status};
    sp_pool_run(job->pool, count, truth_item, &t);
    for (int i = 0; i < count && rc >= 0; i++)
        if (status[i] < 0)
            rc = cast_truth(&t, job->scene->eval_frames[i], 0);
    free(status);
    job->frames_done += count;
    return rc;
}

int sim_write_truth_pictures(sim_job *job)
{
    const sim_scene *scene = job->scene;
    int rc = 0;
    for (int i = scene->eval_inputs ? 0 : scene->rig.cameras; i < job->truth.count && rc >= 0; i++) {
        rc = sp_progress_step(job->progress, "truth", i, job->truth.count);
        if (rc >= 0 && i < scene->rig.cameras) {
            rc = cast_frames(job, &job->plates[i], i);
        } else if (rc >= 0) {
            sim_plate plate = {0};
            rc = sim_plate_open(&plate, job->world, job->stage, &job->truth.cameras[i], scene->plate_samples,
                                job->pool);
            if (rc >= 0)
                rc = cast_frames(job, &plate, i);
            sim_plate_close(&plate);
        }
    }
    return rc;
}
