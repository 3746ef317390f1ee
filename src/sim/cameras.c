// Where the cameras stand, and what was wrong with their calibration.
#include "scene.h"

#include <stdio.h>
#include <string.h>

#include <stillpoint/base.h>

static double turn_of(const sim_rig_params *rig, double index)
{
    if (rig->layout == SIM_LAYOUT_ARC) {
        double step = rig->cameras > 1 ? rig->arc_deg / (rig->cameras - 1) : 0;
        return rig->azimuth_deg - rig->arc_deg / 2 + (rig->cameras > 1 ? step * index : rig->arc_deg / 2);
    }
    return rig->azimuth_deg + 360.0 * index / rig->cameras;
}

// Position of camera number `index`; halves lie between neighbours.
static sp_vec3 position_of(const sim_rig_params *rig, double index, double height)
{
    if (rig->layout != SIM_LAYOUT_STANDS) {
        double a = turn_of(rig, index) * M_PI / 180;
        return sp_v3(rig->aim_m.x + rig->radius_m * cos(a), rig->aim_m.y + rig->radius_m * sin(a), height);
    }
    // Two rows that face each other: the first half of the cameras on the side of -y.
    int near = (rig->cameras + 1) / 2, row = index < near ? near : rig->cameras - near;
    double k = index < near ? index : index - near, side = index < near ? -1 : 1;
    double f = row > 1 ? k / (row - 1) - 0.5 : 0;
    return sp_v3(rig->aim_m.x + f * rig->width_m, rig->aim_m.y + side * rig->radius_m, height);
}

static void point_camera(sp_camera *camera, const sim_rig_params *rig, sp_vec3 eye)
{
    double f = 0.5 * rig->width / tan(0.5 * rig->hfov_deg * M_PI / 180);
    camera->width = rig->width;
    camera->height = rig->height;
    camera->lens = rig->lens;
    camera->fx = camera->fy = f;
    camera->cx = 0.5 * rig->width;
    camera->cy = 0.5 * rig->height;
    for (int i = 0; i < 5 && rig->lens == SP_LENS_BROWN; i++)
        camera->distortion[i] = rig->distortion[i];
    camera->rotation = sp_look_at(eye, rig->aim_m, sp_v3(0, 0, 1));
    camera->translation = sp_v3_scale(sp_m3_apply(camera->rotation, eye), -1);
    camera->residual_px = 0;
}

// Evaluation cameras stand between inputs, spread around the rig: at mean height, then one high, one low, in
// turn.
static sp_vec3 eval_position(const sim_scene *s, int index)
{
    const sim_rig_params *rig = &s->rig;
    double low = 1e9, high = 0;
    for (int i = 0; i < rig->height_count; i++) {
        low = fmin(low, rig->heights_m[i]);
        high = fmax(high, rig->heights_m[i]);
    }
    const double heights[4] = {0.5 * (low + high), 0.35 * low + 0.65 * high, high + 2.0,
                               fmax(0.3, 0.4 * low)};
    double between = floor((index + 0.35) * rig->cameras / s->eval_cameras) + 0.5;
    if (rig->layout != SIM_LAYOUT_RING && between > rig->cameras - 1)
        between = fmax(rig->cameras - 1.5, 0);
    return position_of(rig, between, heights[index % 4]);
}

int sim_rig_build(sp_rig *out, const sim_scene *scene)
{
    const sim_rig_params *params = &scene->rig;
    sp_rig rig = {.count = params->cameras + scene->eval_cameras, .scale = 1, .up = "z"};
    rig.cameras = sp_calloc((size_t)rig.count, sizeof(*rig.cameras));
    rig.images = sp_calloc((size_t)rig.count, sizeof(*rig.images));
    rig.obtained = sp_strdup("sim");
    if (!rig.cameras || !rig.images || !rig.obtained) {
        sp_rig_free(&rig);
        return SP_ENOMEM;
    }
    for (int i = 0; i < rig.count; i++) {
        bool is_eval = i >= params->cameras;
        int k = is_eval ? i - params->cameras : i;
        snprintf(rig.cameras[i].id, SP_ID_MAX, "%s%02d", is_eval ? "eval" : "cam", k + 1);
        sp_vec3 eye = is_eval ? eval_position(scene, k)
                              : position_of(params, k, params->heights_m[k % params->height_count]);
        sim_rig_params make = *params;
        if (!is_eval && sim_is_odd(scene, i)) {
            make.width = scene->faults.odd_width;
            make.height = scene->faults.odd_height;
            make.hfov_deg = scene->faults.odd_hfov_deg;
        }
        point_camera(&rig.cameras[i], &make, eye);
    }
    *out = rig;
    return 0;
}

static sp_vec3 random_unit(sp_rng *rng)
{
    sp_vec3 d = sp_v3(sp_rng_normal(rng), sp_rng_normal(rng), sp_rng_normal(rng));
    return sp_v3_norm(d) > 0 ? sp_v3_unit(d) : sp_v3(0, 0, 1);
}

// Turn a camera about its own centre.
static void turn_camera(sp_camera *camera, sp_vec3 axis, double deg)
{
    sp_vec3 center = sp_camera_center(camera);
    sp_mat3 turn = sp_rodrigues_to_m3(sp_v3_scale(sp_v3_unit(axis), deg * M_PI / 180));
    camera->rotation = sp_m3_mul(turn, camera->rotation);
    camera->translation = sp_v3_scale(sp_m3_apply(camera->rotation, center), -1);
}

static void move_camera(sp_camera *camera, sp_vec3 by)
{
    camera->translation = sp_v3_sub(camera->translation, sp_m3_apply(camera->rotation, by));
}

void sim_camera_knock(sp_camera *camera, double deg)
{
    turn_camera(camera, sp_v3(-0.5, 1, 0), deg);
}

int sim_rig_miscalibrate(sp_rig *calibrated, sp_rig *truth, const sim_scene *scene)
{
    int rc = sp_rig_copy(calibrated, truth);
    if (rc < 0)
        return rc;
    const sim_faults *f = &scene->faults;
    calibrated->count = scene->rig.cameras;
    for (int i = 0; i < calibrated->count; i++) {
        sp_rng rng = sp_rng_seed(scene->seed, 500 + (uint64_t)i);
        sp_camera *c = &calibrated->cameras[i];
        double focal = 1 + f->lens_error * (2 * sp_rng_uniform(&rng) - 1);
        c->fx *= focal;
        c->fy *= focal;
        sp_vec3 axis = random_unit(&rng), step = random_unit(&rng);
        turn_camera(c, axis, f->pose_error_deg);
        move_camera(c, sp_v3_scale(step, f->pose_error_m));
        if (!strcmp(c->id, f->knocked))
            sim_camera_knock(&truth->cameras[i], f->knocked_deg);
    }
    return 0;
}
