// Splats on the true surface. Rays through random pixels of the cameras choose the points: then a surface has
// as many splats as pixels see it, nothing that is hidden has any, and the density of the points around each
// is known from the cameras that see it.
#include "cloud.h"

#include "noise.h"
#include "picture.h"

#include <stdlib.h>

enum { BATCH = 256, ROUNDS_MOST = 200 };
#define SKY_M 400.0 // radius of the shell that the sky is painted on, beyond all hills

typedef enum point_kind { POINT_NONE, POINT_VENUE, POINT_SKY, POINT_ATHLETE } point_kind;

typedef struct surface_point {
    sim_ray ray;
    sim_hit hit;
    point_kind kind;
    int camera;
} surface_point;

typedef struct box_px {
    double x, y, width, height;
} box_px;

// Points are drawn from these pixels of each camera.
typedef struct pixel_source {
    box_px box[SIM_CAMERAS_MAX]; // without area where a camera sees nothing of it
    bool is_athlete, is_seen;
    double rays_per_camera; // that were cast; set when all points are found
} pixel_source;

typedef struct cloud_job {
    const sim_scene *scene;
    const sim_world *world;
    const sp_sim_cloud_params *params;
    const sp_rig *rig;
    sim_stage *stage;
    sim_actor *actor;
    sp_splat_cloud *cloud;
    pixel_source venue, athlete;
    const pixel_source *source; // of the round at hand
    surface_point *candidates;
    size_t round_first, round_count; // numbers of the round's candidates
    surface_point *points;
    size_t count;
} cloud_job;

// ---- Where the splats lie

static double sky_distance(const sim_ray *ray, sp_vec3 center)
{
    sp_vec3 from = sp_v3_sub(ray->from, center);
    double along = sp_v3_dot(from, ray->direction);
    return -along + sqrt(along * along + SKY_M * SKY_M - sp_v3_dot(from, from));
}

static void meet(surface_point *p, const cloud_job *job)
{
    if (job->source->is_athlete) {
        sim_ray toward = p->ray;
        if (!sim_actor_hit(&p->hit, job->actor, &p->ray))
            return;
        toward.most_m = p->hit.distance_m - 1e-3;
        if (!sim_stage_blocks(job->stage, &toward, true))
            p->kind = POINT_ATHLETE;
    } else if (sim_stage_hit(&p->hit, job->stage, &p->ray)) {
        p->kind = POINT_VENUE;
    } else {
        p->hit.distance_m = sky_distance(&p->ray, job->scene->rig.aim_m);
        p->kind = POINT_SKY;
    }
}

static double area_of(const box_px *box)
{
    return box->width * box->height;
}

// Candidate k of a source: cameras take turns, and each spreads its own over its box by the additive
// recurrence R2 (M. Roberts, "The Unreasonable Effectiveness of Quasirandom Sequences", 2018), shifted by the
// seed.
static void draw_candidate(surface_point *p, const cloud_job *job, size_t k)
{
    const double step[2] = {0.7548776662466927, 0.5698402909980532};
    size_t cameras = (size_t)job->scene->rig.cameras, c = k % cameras;
    const box_px *box = &job->source->box[c];
    const sp_camera *camera = &job->rig->cameras[c];
    double u[2];
    for (uint32_t a = 0; a < 2; a++) {
        double shift = sim_unit(sim_hash4((uint32_t)job->params->seed, a, (uint32_t)c, 0x5B));
        u[a] = shift + step[a] * (double)(k / cameras);
        u[a] -= floor(u[a]);
    }
    sp_vec3 direction;
    *p = (surface_point){.camera = (int)c};
    if (area_of(box) <= 0 ||
        !sp_camera_ray(&direction, camera,
                       (sp_vec2){box->x + u[0] * box->width, box->y + u[1] * box->height}))
        return;
    p->ray = (sim_ray){sp_camera_center(camera), sp_v3_unit(direction), 0.05, 1000, 0.5};
    meet(p, job);
}

static void draw_batch(void *context, int64_t batch, int worker)
{
    (void)worker;
    const cloud_job *job = context;
    size_t begin = (size_t)batch * BATCH, end = begin + BATCH;
    for (size_t k = begin; k < end && k < job->round_count; k++)
        draw_candidate(&job->candidates[k], job, job->round_first + k);
}

// Rounds of as many candidates as are wanted, until enough of them met something.
static int find_points(cloud_job *job, pixel_source *source, size_t wanted, sp_pool *pool,
                       const sp_progress *progress)
{
    size_t end = job->count + wanted, cast = 0;
    job->source = source;
    job->round_count = wanted;
    for (int round = 0; round < ROUNDS_MOST && job->count < end && source->is_seen; round++) {
        int rc = sp_progress_step(progress, source->is_athlete ? "athlete" : "venue",
                                  (int64_t)(wanted - (end - job->count)), (int64_t)wanted);
        if (rc < 0)
            return rc;
        job->round_first = cast;
        sp_pool_run(pool, (int64_t)((wanted + BATCH - 1) / BATCH), draw_batch, job);
        for (size_t k = 0; k < wanted && job->count < end; k++, cast++)
            if (job->candidates[k].kind != POINT_NONE)
                job->points[job->count++] = job->candidates[k];
    }
    source->rays_per_camera = (double)cast / job->scene->rig.cameras;
    return 0;
}

static void whole_pictures(pixel_source *source, const cloud_job *job)
{
    source->is_seen = true;
    for (int c = 0; c < job->scene->rig.cameras; c++)
        source->box[c] = (box_px){0, 0, job->rig->cameras[c].width, job->rig->cameras[c].height};
}

static void boxes_of_athlete(pixel_source *source, const cloud_job *job)
{
    source->is_athlete = true;
    for (int c = 0; c < job->scene->rig.cameras; c++) {
        const sp_camera *camera = &job->rig->cameras[c];
        double x0 = camera->width, y0 = camera->height, x1 = 0, y1 = 0;
        for (int v = 0; v < job->world->troupe.vertices; v++) {
            const float *p = job->actor->position[0] + 3 * (size_t)v;
            sp_vec2 px;
            if (!sp_camera_project(&px, camera, sp_v3(p[0], p[1], p[2])))
                continue;
            x0 = fmin(x0, px.x);
            y0 = fmin(y0, px.y);
            x1 = fmax(x1, px.x);
            y1 = fmax(y1, px.y);
        }
        x0 = fmax(x0, 0);
        y0 = fmax(y0, 0);
        x1 = fmin(x1, camera->width);
        y1 = fmin(y1, camera->height);
        if (x0 < x1 && y0 < y1) {
            source->box[c] = (box_px){x0, y0, x1 - x0, y1 - y0};
            source->is_seen = true;
        }
    }
}

// ---- How far apart they lie

// Pixels that a square metre at `at` covers in a camera that sees it, else 0. The lens is taken as linear.
static double pixels_per_m2(const cloud_job *job, const surface_point *point, int c, sp_vec3 at,
                            sp_vec3 normal)
{
    const sp_camera *camera = &job->rig->cameras[c];
    sp_vec2 px;
    if (!sp_camera_project(&px, camera, at) || px.x < 0 || px.y < 0 || px.x >= camera->width ||
        px.y >= camera->height)
        return 0;
    sp_vec3 eye = sp_camera_center(camera), to = sp_v3_sub(at, eye);
    double r = sp_v3_norm(to), z = sp_camera_to_cam(camera, at).z;
    sim_ray ray = {eye, sp_v3_scale(to, 1 / r), 0.05, r - 1e-3 * (1 + 0.05 * r), 0.5};
    bool is_own = c == point->camera;
    if (!is_own && point->kind != POINT_SKY && sim_stage_blocks(job->stage, &ray, true))
        return 0;
    if (!is_own && point->kind == POINT_ATHLETE && sim_actor_blocks(job->actor, &ray))
        return 0;
    // Where only grazing rays arrive the points lie far apart along the view and close across it.
    double facing = fmax(fabs(sp_v3_dot(ray.direction, normal)), 0.1);
    return camera->fx * camera->fy * facing * r / (z * z * z);
}

static double spacing_of(const cloud_job *job, const surface_point *point, sp_vec3 at, sp_vec3 normal)
{
    const pixel_source *source = point->kind == POINT_ATHLETE ? &job->athlete : &job->venue;
    double density = 0;
    for (int c = 0; c < job->scene->rig.cameras; c++)
        if (area_of(&source->box[c]) > 0)
            density +=
                source->rays_per_camera / area_of(&source->box[c]) * pixels_per_m2(job, point, c, at, normal);
    return 1 / sqrt(fmax(density, 1e-9));
}

// ---- What they look like

enum { LIGHT_SAMPLES = 8 };

static void jitter(double u[4], const cloud_job *job, size_t index, uint32_t sample)
{
    for (uint32_t k = 0; k < 4; k++)
        u[k] = sim_unit(sim_hash4((uint32_t)index, sample, k, (uint32_t)job->params->seed));
}

static sim_rgb venue_light(const cloud_job *job, const surface_point *point, const sim_spot *spot,
                           size_t index, double spacing)
{
    const sim_venue *venue = &job->world->venue;
    if (venue->paints[spot->paint].kind == SIM_PAINT_LAMP)
        return venue->paints[spot->paint].color;
    double sun_open = 0, sky_open = 0;
    for (uint32_t s = 0; s < LIGHT_SAMPLES; s++) {
        double u[4];
        jitter(u, job, index, s);
        sim_ray to_sun = {spot->off, sim_sun_sample(&venue->light, u[0], u[1]), 0.01, 60, 0.5};
        if (!(job->athlete.is_seen && sim_actor_blocks(job->actor, &to_sun)))
            sun_open += sim_spot_sun(spot, job->stage, &venue->light, u[0], u[1]) / LIGHT_SAMPLES;
        sky_open += sim_spot_sky(spot, job->stage, u[2], u[3]) / LIGHT_SAMPLES;
    }
    if (job->athlete.is_seen)
        sky_open *= 1 - sim_actor_closes(job->actor, spot->at);
    sim_surface surface = sim_venue_at(venue, spot->paint, spot->at, spot->normal, spacing);
    sim_rgb sun;
    return sim_shade(&sun, &venue->light, &surface, spot->normal, sp_v3_scale(point->ray.direction, -1),
                     sun_open, sky_open);
}

static sim_rgb skin_light(sp_vec3 *normal, const cloud_job *job, const surface_point *point, size_t index,
                          double footprint)
{
    sim_rgb sum = {0};
    for (uint32_t s = 0; s < LIGHT_SAMPLES; s++) {
        double u[4];
        jitter(u, job, index, s);
        sum = sim_rgb_add(sum, sim_skin_light(normal, job->actor, job->stage, &point->ray, &point->hit,
                                              footprint, u[0], u[1]));
    }
    return sim_rgb_scale(sum, 1.0 / LIGHT_SAMPLES);
}

static void put(sp_splat_cloud *cloud, int row, size_t i, double value)
{
    sp_splat_row(cloud, row)[i] = (float)value;
}

static void put_splat(const cloud_job *job, size_t i, sp_vec3 at, sp_vec3 normal, double spacing,
                      sim_rgb light)
{
    sp_splat_cloud *cloud = job->cloud;
    const double place[3] = {at.x, at.y, at.z}, linear[3] = {light.r, light.g, light.b};
    double size = log(job->params->overlap * spacing);
    // The rotation that takes z to the normal.
    sp_quat turn = sp_quat_unit((sp_quat){1 + normal.z, -normal.y, normal.x, 0});
    const double rotation[4] = {turn.w, turn.x, turn.y, turn.z};
    for (int k = 0; k < 3; k++) {
        put(cloud, SP_ROW_POSITION + k, i, place[k]);
        put(cloud, SP_ROW_LOG_SCALE + k, i, k < 2 ? size : size + log(0.1));
        double color = (double)sp_srgb_from_linear((float)sim_clamp(linear[k], 0, 1));
        put(cloud, SP_ROW_SH + k, i, (color - 0.5) / SP_SH_C0);
    }
    for (int k = 0; k < 4; k++)
        put(cloud, SP_ROW_ROTATION + k, i, rotation[k]);
    put(cloud, SP_ROW_OPACITY, i, log(job->params->opacity / (1 - job->params->opacity)));
}

static void paint_point(const cloud_job *job, size_t i)
{
    const surface_point *p = &job->points[i];
    sp_vec3 at = sp_v3_add(p->ray.from, sp_v3_scale(p->ray.direction, p->hit.distance_m)), normal;
    sim_rgb light;
    double spacing;
    if (p->kind == POINT_SKY) {
        normal = sp_v3_unit(sp_v3_sub(job->scene->rig.aim_m, at));
        spacing = spacing_of(job, p, at, normal);
        light = sim_venue_sky(&job->world->venue, p->ray.direction);
    } else if (p->kind == POINT_VENUE) {
        sim_spot spot;
        sim_spot_find(&spot, &job->world->venue, &p->ray, &p->hit);
        normal = spot.normal;
        spacing = spacing_of(job, p, at, normal);
        light = venue_light(job, p, &spot, i, spacing);
    } else {
        double pixel = p->hit.distance_m / job->rig->cameras[p->camera].fx;
        light = skin_light(&normal, job, p, i, pixel);
        spacing = spacing_of(job, p, at, normal);
    }
    put_splat(job, i, at, normal, spacing, light);
}

static void paint_batch(void *context, int64_t batch, int worker)
{
    (void)worker;
    const cloud_job *job = context;
    size_t begin = (size_t)batch * BATCH, end = begin + BATCH;
    for (size_t i = begin; i < end && i < job->count; i++)
        paint_point(job, i);
}

// ---- All of it

static int fill_cloud(cloud_job *job, sp_pool *pool, const sp_progress *progress)
{
    size_t count = job->params->count, on_athlete = 0;
    whole_pictures(&job->venue, job);
    if (job->params->athlete > 0)
        boxes_of_athlete(&job->athlete, job);
    if (job->athlete.is_seen)
        on_athlete = (size_t)(job->params->athlete * (double)count + 0.5);
    int rc = find_points(job, &job->venue, count - on_athlete, pool, progress);
    if (rc >= 0)
        rc = find_points(job, &job->athlete, on_athlete, pool, progress);
    if (rc >= 0)
        rc = sp_progress_step(progress, "light", 0, 1);
    if (rc < 0)
        return rc;
    job->cloud->count = job->count;
    sp_pool_run(pool, (int64_t)((job->count + BATCH - 1) / BATCH), paint_batch, job);
    return 0;
}

int sim_cloud_build(sp_splat_cloud *out, const sim_scene *scene, const sim_world *world,
                    const sp_sim_cloud_params *params, sp_pool *pool, const sp_progress *progress)
{
    sp_rig rig = {0};
    sp_splat_cloud cloud = {0};
    cloud_job job = {.scene = scene, .world = world, .params = params, .rig = &rig, .cloud = &cloud};
    double t_s = scene->begin_s + params->t_s;
    job.candidates = sp_calloc(params->count, sizeof *job.candidates);
    job.points = sp_calloc(params->count, sizeof *job.points);
    int rc = job.candidates && job.points ? sim_stage_open(&job.stage, &world->venue) : SP_ENOMEM;
    if (rc >= 0)
        rc = sim_actor_open(&job.actor, world);
    if (rc >= 0)
        rc = sim_actor_pose(job.actor, job.stage, t_s, t_s);
    if (rc >= 0)
        rc = sim_rig_build(&rig, scene);
    if (rc >= 0)
        rc = sp_splat_cloud_init(&cloud, params->count, 0);
    if (rc >= 0)
        rc = fill_cloud(&job, pool, progress);
    free(job.candidates);
    free(job.points);
    sim_actor_close(&job.actor);
    sim_stage_close(&job.stage);
    sp_rig_free(&rig);
    if (rc < 0)
        sp_splat_cloud_free(&cloud);
    else
        *out = cloud;
    return rc;
}
