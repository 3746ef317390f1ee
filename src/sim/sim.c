// A simulation: open a scene, write its take.
#include <stillpoint/sim.h>

#include "cloud.h"
#include "write.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct sp_sim {
    sp_json *document;
    sim_scene scene;
};

// A scene file names its motion; the built-in scene of that motion fills in what the file leaves out.
static int load_file(sp_json **out, const char *path)
{
    sp_json *file = NULL, *base = NULL;
    const char *motion = NULL;
    int rc = sp_json_load(&file, path);
    if (rc >= 0)
        rc = sp_json_check_format(file, "stillpoint-scene", SIM_SCENE_VERSION, path);
    if (rc >= 0)
        rc = sp_json_string_or(&motion, sp_json_get(file, "athlete") ? sp_json_get(file, "athlete") : file,
                               "motion", "aerials", path);
    if (rc >= 0) {
        rc = sim_scene_builtin(&base, motion);
        if (rc < 0)
            rc =
                sp_error(SP_EINVAL, "%s: field 'athlete.motion' is '%s'; use aerials or court", path, motion);
    }
    if (rc >= 0)
        rc = sim_scene_merge(out, base, file, false, path);
    sp_json_free(&base);
    sp_json_free(&file);
    return rc;
}

static int load_document(sp_json **out, const char *scene, const sp_json *overrides)
{
    sp_json *document = NULL;
    bool is_file = sp_file_exists(scene) && !sp_is_folder(scene);
    int rc = is_file ? load_file(&document, scene) : sim_scene_builtin(&document, scene);
    if (rc >= 0 && overrides) {
        sp_json *changed = NULL;
        rc = sim_scene_merge(&changed, document, overrides, true, "scene settings");
        sp_json_free(&document);
        document = changed;
    }
    if (rc >= 0)
        *out = document;
    else
        sp_json_free(&document);
    return rc;
}

int sp_sim_open(sp_sim **out, const char *scene, const sp_json *overrides)
{
    sp_sim *sim = sp_calloc(1, sizeof(*sim));
    if (!sim)
        return SP_ENOMEM;
    int rc = load_document(&sim->document, scene, overrides);
    if (rc >= 0)
        rc = sim_scene_read(&sim->scene, sim->document, scene);
    if (rc < 0) {
        sp_sim_close(&sim);
        return rc;
    }
    *out = sim;
    return 0;
}

void sp_sim_close(sp_sim **sim)
{
    if (!sim || !*sim)
        return;
    sp_json_free(&(*sim)->document);
    free(*sim);
    *sim = NULL;
}

sp_json *sp_sim_settings(const sp_sim *sim)
{
    return sp_json_copy(sim->document);
}

static int build_world(sim_world *world, const sim_scene *scene)
{
    sim_outfit outfit = scene->motion == SIM_MOTION_AERIALS ? SIM_OUTFIT_SKIER : SIM_OUTFIT_PLAYER;
    int rc = sim_venue_build(&world->venue, &scene->venue);
    if (rc >= 0)
        rc = sim_body_build(&world->body, outfit);
    world->athletes = scene->athletes;
    world->spacing_m = scene->spacing_m;
    if (rc >= 0)
        rc = sim_troupe_build(world);
    if (rc >= 0)
        rc = sim_wardrobe_open(&world->wardrobe, outfit, &scene->look);
    if (rc >= 0)
        rc = sim_motion_open(&world->motion, scene->motion);
    if (rc >= 0 && scene->in_place)
        sim_motion_stay(world->motion);
    return rc;
}

static void free_world(sim_world *world)
{
    sim_venue_free(&world->venue);
    sim_body_free(&world->body);
    sim_mesh_free(&world->troupe);
    sim_wardrobe_close(&world->wardrobe);
    sim_motion_close(&world->motion);
}

static int open_job(sim_job *job, const sim_world *world)
{
    const sim_scene *scene = job->scene;
    int workers = sp_pool_threads(job->pool);
    job->world = world;
    job->plates = sp_calloc((size_t)scene->rig.cameras, sizeof(*job->plates));
    job->encoded = sp_calloc((size_t)scene->rig.cameras, sizeof(*job->encoded));
    job->actors = sp_calloc((size_t)workers, sizeof(sim_actor *));
    int rc =
        job->plates && job->encoded && job->actors ? sim_stage_open(&job->stage, &world->venue) : SP_ENOMEM;
    for (int w = 0; w < workers && rc >= 0; w++)
        rc = sim_actor_open(&job->actors[w], world);
    if (rc >= 0)
        rc = sim_rig_build(&job->truth, scene);
    if (rc >= 0)
        rc = sim_rig_miscalibrate(&job->calibrated, &job->truth, scene);
    return rc < 0 ? rc : sim_faults_draw(&job->faults, scene);
}

static void close_job(sim_job *job)
{
    int cameras = job->scene->rig.cameras;
    for (int c = 0; c < cameras; c++) {
        if (job->plates)
            sim_plate_close(&job->plates[c]);
        if (job->encoded)
            sp_image8_free(&job->encoded[c]);
    }
    for (int w = 0; job->actors && w < sp_pool_threads(job->pool); w++)
        sim_actor_close(&job->actors[w]);
    sim_plate_close(&job->turned);
    sp_image8_free(&job->turned_encoded);
    free(job->plates);
    free(job->encoded);
    free(job->actors);
    sim_faults_free(&job->faults, cameras);
    sp_rig_free(&job->truth);
    sp_rig_free(&job->calibrated);
    sim_stage_close(&job->stage);
}

static int write_all(sim_job *job)
{
    int rc = sim_write_truth_files(job);
    if (rc >= 0)
        rc = sim_write_plates(job);
    if (rc >= 0)
        rc = sim_write_feeds(job);
    if (rc >= 0)
        rc = sim_write_truth_pictures(job);
    return rc < 0 ? rc : sim_write_take_files(job);
}

// Only a folder that a simulation made before is replaced.
static int check_target(const char *folder)
{
    char *scene = sp_path_join(folder, "truth/scene.json");
    if (!scene)
        return SP_ENOMEM;
    char **names = NULL;
    int count = 0, rc = 0;
    if (sp_file_exists(folder) && !sp_is_folder(folder))
        rc = sp_error(SP_EINVAL, "%s is a file; give the folder of a new take", folder);
    else if (sp_is_folder(folder) && !sp_file_exists(scene) && sp_folder_list(&names, &count, folder) >= 0 &&
             count > 0)
        rc = sp_error(SP_EINVAL,
                      "%s holds something that no simulation made; give a new folder, or remove it first",
                      folder);
    sp_names_free(&names, count);
    free(scene);
    return rc;
}

static double cpu_seconds(void)
{
    struct timespec t;
    return clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == 0 ? (double)t.tv_sec + 1e-9 * (double)t.tv_nsec : 0;
}

int sp_sim_write_take(sp_sim *sim, const char *folder, sp_sim_report *report, sp_pool *pool,
                      const sp_progress *progress)
{
    double begin = sp_time_s(), cpu = cpu_seconds();
    sim_world world = {0};
    sim_job job = {.scene = &sim->scene, .document = sim->document, .pool = pool, .progress = progress};
    int rc = check_target(folder);
    if (rc < 0)
        return rc;
    char *aside = sp_file_aside(folder);
    rc = aside ? sp_folder_make(aside) : SP_ENOMEM;
    job.folder = aside;
    if (rc >= 0)
        rc = sp_progress_step(progress, "scene", 0, 1);
    if (rc >= 0)
        rc = build_world(&world, &sim->scene);
    if (rc >= 0)
        rc = open_job(&job, &world);
    if (rc >= 0)
        rc = write_all(&job);
    close_job(&job);
    free_world(&world);
    if (rc >= 0)
        rc = sp_file_commit(aside, folder);
    else if (aside)
        sp_file_discard(aside);
    free(aside);
    if (rc >= 0 && report) {
        report->frames = job.frames_done;
        report->seconds = sp_time_s() - begin;
        report->frames_per_s_core = (double)job.frames_done / fmax(cpu_seconds() - cpu, 1e-9);
    }
    return rc;
}

sp_sim_cloud_params sp_sim_cloud_params_default(void)
{
    return (sp_sim_cloud_params){
        .count = 300000, .athlete = 0.15, .overlap = 0.6, .opacity = 0.95, .seed = 1};
}

static int check_cloud(const sp_sim_cloud_params *p)
{
    if (!isfinite(p->t_s))
        return sp_error(SP_EINVAL, "t_s must be a number");
    if (p->count < 1 || p->count > SIM_CLOUD_MAX)
        return sp_error(SP_EINVAL, "count is %zu, it must lie in 1..%d", p->count, SIM_CLOUD_MAX);
    if (!(p->athlete >= 0 && p->athlete <= 1))
        return sp_error(SP_EINVAL, "athlete is %g, it must lie in 0..1", p->athlete);
    if (!(p->overlap > 0 && p->overlap <= 100))
        return sp_error(SP_EINVAL, "overlap is %g, it must lie in (0, 100]", p->overlap);
    if (!(p->opacity > 0 && p->opacity < 1))
        return sp_error(SP_EINVAL, "opacity is %g, it must lie in (0, 1)", p->opacity);
    return 0;
}

int sp_sim_cloud(sp_splat_cloud *out, const sp_sim *sim, const sp_sim_cloud_params *params, sp_pool *pool,
                 const sp_progress *progress)
{
    sp_sim_cloud_params defaults = sp_sim_cloud_params_default();
    sim_world world = {0};
    if (!params)
        params = &defaults;
    int rc = check_cloud(params);
    if (rc < 0)
        return rc;
    rc = sp_progress_step(progress, "scene", 0, 1);
    if (rc >= 0)
        rc = build_world(&world, &sim->scene);
    if (rc >= 0)
        rc = sim_cloud_build(out, &sim->scene, &world, params, pool, progress);
    free_world(&world);
    return rc;
}
