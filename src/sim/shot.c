// One exposure of one camera: only blocks that hold the athlete or the shadow are cast.
#include "picture.h"

#include "mirror.h"
#include "noise.h"

#include <string.h>

enum { BLOCK = 8, HOLDS_BODY = 1, HOLDS_SHADOW = 2, HOLDS_MIRROR = 4 };

typedef struct shot {
    sim_shot_output *out;
    const sim_plate *plate;
    const sim_stage *stage;
    const sim_actor *actor;
    const sim_world *world;
    int samples;
    uint32_t seed;
    sp_vec3 forward;
} shot;

size_t sim_shot_scratch(const sp_camera *camera)
{
    return (size_t)((camera->width + BLOCK - 1) / BLOCK) * (size_t)((camera->height + BLOCK - 1) / BLOCK);
}

static void mark(uint8_t *blocks, const sp_camera *camera, sp_vec3 p, double reach_px, uint8_t what)
{
    sp_vec2 px;
    if (!sp_camera_project(&px, camera, p))
        return;
    int across = (camera->width + BLOCK - 1) / BLOCK, down = (camera->height + BLOCK - 1) / BLOCK;
    int x0 = (int)floor((px.x - reach_px) / BLOCK), x1 = (int)floor((px.x + reach_px) / BLOCK);
    int y0 = (int)floor((px.y - reach_px) / BLOCK), y1 = (int)floor((px.y + reach_px) / BLOCK);
    for (int y = y0 < 0 ? 0 : y0; y <= y1 && y < down; y++)
        for (int x = x0 < 0 ? 0 : x0; x <= x1 && x < across; x++)
            blocks[(size_t)y * (size_t)across + (size_t)x] |= what;
}

static void mark_blocks(uint8_t *blocks, const shot *s)
{
    const sp_camera *camera = &s->plate->camera;
    memset(blocks, 0, sim_shot_scratch(camera));
    const sim_mesh *mesh = &s->world->troupe;
    for (int e = 0; e < 2; e++)
        for (int v = 0; v < mesh->vertices; v++) {
            const float *p = s->actor->position[e] + 3 * (size_t)v;
            mark(blocks, camera, sp_v3(p[0], p[1], p[2]), 6, HOLDS_BODY);
            if (s->plate->mirrored)
                mark(blocks, camera, sp_v3(p[0], p[1], -p[2]), 6, HOLDS_MIRROR);
        }
    for (int i = 0; i < s->actor->shadow_points; i++)
        mark(blocks, camera, s->actor->shadow[i], 12, HOLDS_SHADOW);
    // The soft darkening under what is close to the ground.
    for (int i = 0; i < SIM_BONES * s->world->athletes; i++) {
        sp_vec3 p = s->actor->pose[i / SIM_BONES].position[i % SIM_BONES];
        for (int k = 0; k < 81 && p.z < 1.2; k++)
            mark(blocks, camera, sp_v3(p.x + 0.16 * (k % 9 - 4), p.y + 0.16 * (k / 9 - 4), 0), 12,
                 HOLDS_SHADOW);
    }
}

// Share of sky that the body hides from a point of the venue, bones as spheres; it ends at an arm's length,
// so that nothing jumps at the edge of the blocks.
double sim_actor_closes(const sim_actor *actor, sp_vec3 p)
{
    double sum = 0;
    for (int i = 0; i < SIM_BALL * actor->world->athletes; i++) {
        int bone = i % SIM_BALL;
        const sim_bone_info *b = &sim_bones[bone];
        sp_vec3 center = sim_pose_point(&actor->pose[i / SIM_BALL], bone, sp_v3_lerp(b->head, b->tail, 0.5));
        sp_vec3 d = sp_v3_sub(center, p);
        double distance = fmax(sp_v3_norm(d), 0.05), near = 1 - sim_step(0.15, 0.62, distance),
               radius = 0.075;
        sum += near * fmax(d.z, 0) / distance * radius * radius / (distance * distance);
    }
    return fmin(sum, 0.75);
}

// What the polished floor in a pixel mirrors: of the venue, and of the athlete in front of it.
static void mirrored_pixel(double rgb[3], const shot *s, int x, int y)
{
    const float *venue = s->plate->mirrored + 3 * ((size_t)y * (size_t)s->plate->camera.width + (size_t)x);
    double hidden = 0;
    uint32_t h = sim_hash4((uint32_t)x, (uint32_t)y, s->seed, 41);
    rgb[0] = rgb[1] = rgb[2] = 0;
    for (int i = 0; i < s->samples; i++) {
        uint32_t g = sim_hash(h + (uint32_t)i);
        double px = fmod(sim_unit(h) + 0.7548776662466927 * i, 1),
               py = fmod(sim_unit(sim_hash(h)) + 0.5698402909980532 * i, 1);
        sim_ray ray = {s->plate->center, sim_plate_ray(s->plate, x + px, y + py), 0.05, 1000,
                       (i + sim_unit(g)) / s->samples};
        sim_rgb c;
        if (!sim_mirror_athlete(&c, s->actor, s->stage, &ray, s->plate->camera.fx, sim_unit(sim_hash(g)),
                                sim_unit(sim_hash(g + 7))))
            continue;
        hidden += 1.0 / s->samples;
        rgb[0] += c.r / s->samples;
        rgb[1] += c.g / s->samples;
        rgb[2] += c.b / s->samples;
    }
    for (int k = 0; k < 3; k++)
        rgb[k] += (1 - hidden) * venue[k];
}

// Radiance of the plate's pixel under the athlete's shadow, his mirror image included.
static void shaded_plate(double rgb[3], const shot *s, int x, int y, bool has_mirror)
{
    size_t at = (size_t)y * (size_t)s->plate->camera.width + (size_t)x;
    const float *all = s->plate->radiance + 3 * at, *lit = s->plate->sunlit + 3 * at;
    const float none[3] = {0}, *mirrored = s->plate->mirrored ? s->plate->mirrored + 3 * at : none;
    double shown[3] = {mirrored[0], mirrored[1], mirrored[2]};
    double hidden = 0, closed = 0;
    if (s->plate->distance[at] > 0) {
        sp_vec3 p = sp_v3_add(s->plate->center,
                              sp_v3_scale(sim_plate_ray(s->plate, x + 0.5, y + 0.5), s->plate->distance[at]));
        const int rays = lit[0] + lit[1] + lit[2] > 1e-4f ? 4 : 0;
        uint32_t h = sim_hash4((uint32_t)x, (uint32_t)y, s->seed, 31);
        for (int i = 0; i < rays; i++) {
            double a = (i + sim_unit(h + (uint32_t)i * 0x9E3779B9u)) / rays,
                   b = sim_unit(sim_hash(h + (uint32_t)i));
            sim_ray ray = {p, sim_sun_sample(&s->world->venue.light, a, b), 0.01, 60, (i + 0.5) / rays};
            hidden += sim_actor_blocks(s->actor, &ray) ? 1.0 / rays : 0;
        }
        closed = sim_actor_closes(s->actor, p);
    }
    if (has_mirror)
        mirrored_pixel(shown, s, x, y);
    for (int k = 0; k < 3; k++)
        rgb[k] = (all[k] - lit[k] - mirrored[k]) * (1 - closed) + lit[k] * (1 - hidden) + shown[k];
}

typedef struct skin_point {
    sp_vec3 at, normal, rest, rest_normal;
    double openness;
    int material;
} skin_point;

static void find_skin_point(skin_point *out, const sim_actor *actor, const sim_ray *ray, const sim_hit *hit)
{
    const sim_mesh *mesh = &actor->world->troupe;
    const uint32_t *t = mesh->index + 3 * (size_t)hit->triangle;
    double w[3] = {1.0 - hit->u - hit->v, hit->u, hit->v}, rest[3] = {0}, rest_normal[3] = {0},
           normal[3] = {0};
    out->openness = 0;
    for (int i = 0; i < 3; i++) {
        size_t v = t[i];
        for (size_t k = 0; k < 3; k++) {
            rest[k] += w[i] * mesh->position[3 * v + k];
            rest_normal[k] += w[i] * mesh->normal[3 * v + k];
            normal[k] += w[i] * actor->normal[3 * v + k];
        }
        out->openness += w[i] * actor->openness[v];
    }
    out->rest = sp_v3(rest[0], rest[1], rest[2]);
    out->rest_normal = sp_v3_unit(sp_v3(rest_normal[0], rest_normal[1], rest_normal[2]));
    out->normal = sp_v3_unit(sp_v3(normal[0], normal[1], normal[2]));
    out->at = sp_v3_add(ray->from, sp_v3_scale(ray->direction, hit->distance_m));
    out->material = mesh->material[hit->triangle];
}

sim_rgb sim_skin_light(sp_vec3 *normal, const sim_actor *actor, const sim_stage *stage, const sim_ray *ray,
                       const sim_hit *hit, double footprint_m, double a, double b)
{
    skin_point p;
    find_skin_point(&p, actor, ray, hit);
    const sim_light *light = &actor->world->venue.light;
    sim_surface surface =
        sim_wardrobe_at(&actor->world->wardrobe, p.material, p.rest, p.rest_normal, footprint_m);
    double sun_open = 0;
    if (sp_v3_dot(p.normal, light->to_sun) > 0) {
        sim_ray to_sun = {sp_v3_add(p.at, sp_v3_scale(p.normal, 0.006)), sim_sun_sample(light, a, b), 0.002,
                          60, ray->shutter};
        sun_open = !sim_actor_blocks(actor, &to_sun) && !sim_stage_blocks(stage, &to_sun, false);
    }
    sim_rgb sun;
    *normal = p.normal;
    return sim_shade(&sun, light, &surface, p.normal, sp_v3_scale(ray->direction, -1), sun_open, p.openness);
}

// Whether something of the venue stands in front of the athlete: only asked where the plate is nearer around
// the pixel.
static bool is_behind_venue(const shot *s, const sim_ray *ray, const sim_hit *hit, int x, int y)
{
    const sp_camera *c = &s->plate->camera;
    for (int k = 0; k < 9; k++) {
        int nx = x + k % 3 - 1, ny = y + k / 3 - 1;
        if (nx < 0 || ny < 0 || nx >= c->width || ny >= c->height)
            continue;
        float plate = s->plate->distance[(size_t)ny * (size_t)c->width + (size_t)nx];
        if (plate > 0 && plate < hit->distance_m + 0.4) {
            sim_ray toward = *ray;
            toward.least_m = 0.05;
            toward.most_m = hit->distance_m - 1e-3;
            return sim_stage_blocks(s->stage, &toward, true);
        }
    }
    return false;
}

static bool cast_body(sim_hit *hit, sim_ray *ray, const shot *s, double px, double py, double shutter)
{
    *ray = (sim_ray){s->plate->center, sim_plate_ray(s->plate, px, py), 0.05, 1000, shutter};
    return sim_actor_hit(hit, s->actor, ray) && !is_behind_venue(s, ray, hit, (int)px, (int)py);
}

// Coverage and mean radiance of the athlete in a pixel.
static double body_pixel(double rgb[3], const shot *s, int x, int y)
{
    int covered = 0;
    rgb[0] = rgb[1] = rgb[2] = 0;
    uint32_t h = sim_hash4((uint32_t)x, (uint32_t)y, s->seed, 17);
    for (int i = 0; i < s->samples; i++) {
        uint32_t g = sim_hash(h + (uint32_t)i);
        double px = fmod(sim_unit(h) + 0.7548776662466927 * i, 1),
               py = fmod(sim_unit(sim_hash(h)) + 0.5698402909980532 * i, 1);
        sim_ray ray;
        sim_hit hit;
        if (!cast_body(&hit, &ray, s, x + px, y + py, (i + sim_unit(g)) / s->samples))
            continue;
        sp_vec3 normal;
        sim_rgb c =
            sim_skin_light(&normal, s->actor, s->stage, &ray, &hit, hit.distance_m / s->plate->camera.fx,
                           sim_unit(sim_hash(g)), sim_unit(sim_hash(g + 7)));
        rgb[0] += c.r;
        rgb[1] += c.g;
        rgb[2] += c.b;
        covered++;
    }
    for (int k = 0; k < 3 && covered; k++)
        rgb[k] /= covered;
    return (double)covered / s->samples;
}

static void cast_shot_pixel(const shot *s, int x, int y, uint8_t holds)
{
    size_t at = (size_t)y * (size_t)s->plate->camera.width + (size_t)x;
    double body[3], behind[3], coverage = holds & HOLDS_BODY ? body_pixel(body, s, x, y) : 0;
    if (coverage > 0 || holds & (HOLDS_SHADOW | HOLDS_MIRROR)) {
        shaded_plate(behind, s, x, y, holds & HOLDS_MIRROR);
        for (int k = 0; k < 3; k++) {
            double v = coverage > 0 ? coverage * body[k] + (1 - coverage) * behind[k] : behind[k];
            s->out->rgb[3 * at + (size_t)k] = sim_encode(v * s->plate->tone[k]);
        }
    }
    if (s->out->matte)
        s->out->matte[at] = (float)coverage;
    if (s->out->depth_mm && holds & HOLDS_BODY) {
        sim_hit hit;
        sim_ray ray;
        if (cast_body(&hit, &ray, s, x + 0.5, y + 0.5, 0.5))
            s->out->depth_mm[at] = (float)(1000 * hit.distance_m * sp_v3_dot(ray.direction, s->forward));
    }
}

static void venue_depth(const shot *s)
{
    const sp_camera *c = &s->plate->camera;
    for (int y = 0; y < c->height; y++)
        for (int x = 0; x < c->width; x++) {
            size_t at = (size_t)y * (size_t)c->width + (size_t)x;
            double along = sp_v3_dot(sim_plate_ray(s->plate, x + 0.5, y + 0.5), s->forward),
                   mm = 1000 * s->plate->distance[at] * along;
            s->out->depth_mm[at] = mm < 65535 ? (float)mm : 0;
        }
}

void sim_shot(sim_shot_output *out, const sim_plate *plate, const sim_stage *stage, const sim_actor *actor,
              int samples, uint32_t seed, uint8_t *scratch)
{
    const double *r = plate->camera.rotation.m;
    shot s = {out, plate, stage, actor, actor->world, samples, seed, sp_v3(r[6], r[7], r[8])};
    const sp_camera *c = &plate->camera;
    if (out->matte)
        memset(out->matte, 0, (size_t)c->width * (size_t)c->height * sizeof(float));
    if (out->depth_mm)
        venue_depth(&s);
    mark_blocks(scratch, &s);
    int across = (c->width + BLOCK - 1) / BLOCK;
    for (int y = 0; y < c->height; y++)
        for (int x = 0; x < c->width; x++) {
            uint8_t holds = scratch[(size_t)(y / BLOCK) * (size_t)across + (size_t)(x / BLOCK)];
            if (holds)
                cast_shot_pixel(&s, x, y, holds);
        }
}
