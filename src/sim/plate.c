#include "picture.h"

#include "mirror.h"
#include "noise.h"

#include <stdlib.h>
#include <string.h>

void sim_plate_close(sim_plate *plate)
{
    free(plate->ray);
    free(plate->radiance);
    free(plate->sunlit);
    free(plate->mirrored);
    free(plate->distance);
    *plate = (sim_plate){0};
}

sp_vec3 sim_plate_ray(const sim_plate *plate, double x, double y)
{
    int w = plate->camera.width, h = plate->camera.height;
    int ix = (int)sim_clamp(floor(x), 0, w - 1), iy = (int)sim_clamp(floor(y), 0, h - 1);
    double fx = x - ix, fy = y - iy;
    const float *a = plate->ray + 3 * ((size_t)iy * (size_t)(w + 1) + (size_t)ix),
                *b = a + 3 * (size_t)(w + 1);
    double d[3];
    for (int k = 0; k < 3; k++)
        d[k] = (1 - fy) * ((1 - fx) * a[k] + fx * a[k + 3]) + fy * ((1 - fx) * b[k] + fx * b[k + 3]);
    return sp_v3_unit(sp_v3(d[0], d[1], d[2]));
}

// The lens model is inverted once per pixel corner; within a pixel directions are bilinear.
static int fill_rays(sim_plate *plate)
{
    const sp_camera *c = &plate->camera;
    for (int y = 0; y <= c->height; y++)
        for (int x = 0; x <= c->width; x++) {
            sp_vec3 d;
            if (!sp_camera_ray(&d, c, (sp_vec2){x, y}))
                return sp_error(
                    SP_EINVAL,
                    "camera %s: its lens distortion folds over inside the picture; use smaller coefficients",
                    c->id);
            float *r = plate->ray + 3 * ((size_t)y * (size_t)(c->width + 1) + (size_t)x);
            r[0] = (float)d.x;
            r[1] = (float)d.y;
            r[2] = (float)d.z;
        }
    return 0;
}

sim_rgb sim_shade(sim_rgb *sun, const sim_light *light, const sim_surface *surface, sp_vec3 normal,
                  sp_vec3 to_eye, double sun_open, double sky_open)
{
    double facing = fmax(sp_v3_dot(normal, light->to_sun), 0);
    sim_rgb direct = sim_rgb_scale(sim_rgb_mul(surface->albedo, light->sun), facing * sun_open);
    if (surface->gloss > 0 && sun_open > 0 && facing > 0) {
        sp_vec3 half = sp_v3_unit(sp_v3_add(light->to_sun, to_eye));
        double highlight = surface->gloss * pow(fmax(sp_v3_dot(half, normal), 0), surface->shine) * sun_open;
        direct = sim_rgb_add(direct, sim_rgb_scale(light->sun, highlight));
    }
    sim_rgb ambient = sim_rgb_scale(sim_rgb_mul(surface->albedo, sim_light_ambient(light, normal)), sky_open);
    if (surface->gloss > 0) {
        // The sky in a coat of varnish: Schlick's Fresnel term, scaled by how glossy the coat is.
        double grazing = 1 - fmax(sp_v3_dot(normal, to_eye), 0),
               fresnel = surface->gloss * (0.06 + 0.94 * pow(grazing, 5));
        sp_vec3 mirrored = sp_v3_sub(sp_v3_scale(normal, 2 * sp_v3_dot(normal, to_eye)), to_eye);
        ambient = sim_rgb_add(ambient, sim_rgb_scale(sim_light_ambient(light, mirrored), fresnel * sky_open));
    }
    *sun = direct;
    return sim_rgb_add(direct, ambient);
}

typedef struct plate_job {
    sim_plate *plate;
    const sim_world *world;
    const sim_stage *stage;
    int samples;
    const uint8_t *busy; // per pixel: deserves more samples; NULL in the first round
    double pixel_rad;
    float *sky, *open; // light of the unoccluded sky (RGB), and the share of it that arrives
} plate_job;

static sp_vec3 hit_normal(const sim_mesh *mesh, const sim_hit *hit)
{
    const uint32_t *t = mesh->index + 3 * (size_t)hit->triangle;
    double w[3] = {1.0 - hit->u - hit->v, hit->u, hit->v}, n[3] = {0};
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++)
            n[k] += w[i] * mesh->normal[3 * (size_t)t[i] + (size_t)k];
    return sp_v3_unit(sp_v3(n[0], n[1], n[2]));
}

void sim_spot_find(sim_spot *out, const sim_venue *venue, const sim_ray *ray, const sim_hit *hit)
{
    const sim_mesh *mesh = hit->is_overhead ? &venue->overhead : &venue->mesh;
    sp_vec3 normal = hit_normal(mesh, hit);
    if (sp_v3_dot(normal, ray->direction) > 0)
        normal = sp_v3_scale(normal, -1);
    out->at = sp_v3_add(ray->from, sp_v3_scale(ray->direction, hit->distance_m));
    out->normal = normal;
    out->off = sp_v3_add(out->at, sp_v3_scale(normal, 1e-3 * (1 + 0.05 * hit->distance_m)));
    out->paint = mesh->material[hit->triangle];
}

double sim_spot_sun(const sim_spot *spot, const sim_stage *stage, const sim_light *light, double a, double b)
{
    if (sp_v3_dot(spot->normal, light->to_sun) <= 0)
        return 0;
    sim_ray to_sun = {spot->off, sim_sun_sample(light, a, b), 0, 200, 0};
    return !sim_stage_blocks(stage, &to_sun, false);
}

double sim_spot_sky(const sim_spot *spot, const sim_stage *stage, double a, double b)
{
    sim_ray to_sky = {spot->off, sim_cosine_sample(spot->normal, a, b), 0.001, 1.6, 0};
    return sim_stage_blocks(stage, &to_sky, true) ? 0.25 : 1;
}

// What arrives along one ray, its sky light still unoccluded.
typedef struct venue_light {
    sim_rgb sun, sky, own; // own: of lamps and of the sky itself
    sim_rgb mirrored;      // by a polished surface
} venue_light;

static sim_rgb whole_light(venue_light light, double sky_open)
{
    sim_rgb direct = sim_rgb_add(sim_rgb_add(light.own, light.sun), light.mirrored);
    return sim_rgb_add(direct, sim_rgb_scale(light.sky, sky_open));
}

// jitter are four numbers in [0, 1). *sky_open passes from sample to sample of a pixel.
static venue_light cast_venue(double *sky_open, const plate_job *job, sp_vec3 from, sp_vec3 direction,
                              int sample, const double jitter[4])
{
    const sim_venue *venue = &job->world->venue;
    sim_ray ray = {from, direction, 0.05, 1000, 0};
    sim_hit hit;
    sim_spot spot;
    if (!sim_stage_hit(&hit, job->stage, &ray))
        return (venue_light){.own = sim_venue_sky(venue, direction)};
    sim_spot_find(&spot, venue, &ray, &hit);
    if (venue->paints[spot.paint].kind == SIM_PAINT_LAMP)
        return (venue_light){.own = venue->paints[spot.paint].color};
    // A grazing pixel covers more ground; full anisotropy would blur along the other direction too.
    sp_vec3 to_eye = sp_v3_scale(direction, -1);
    double footprint =
        hit.distance_m * job->pixel_rad * 0.7 / sqrt(fmax(sp_v3_dot(spot.normal, to_eye), 0.08));
    sim_surface surface = sim_venue_at(venue, spot.paint, spot.at, spot.normal, footprint);
    double sun_open = sim_spot_sun(&spot, job->stage, &venue->light, jitter[0], jitter[1]);
    // Contact shade is soft: every other sample asks, the next one takes the answer over.
    if (!(sample & 1))
        *sky_open = sim_spot_sky(&spot, job->stage, jitter[2], jitter[3]);
    venue_light light = {.own = {0, 0, 0}};
    sim_rgb all = sim_shade(&light.sun, &venue->light, &surface, spot.normal, to_eye, sun_open, 1);
    light.sky = sim_rgb_add(all, sim_rgb_scale(light.sun, -1));
    double share = sim_mirror_share(&surface, spot.normal, direction);
    if (share > 0 && job->plate->mirrored) {
        double open = 1;
        sp_vec3 away = sim_mirror_direction(spot.normal, direction);
        sim_rgb seen = whole_light(cast_venue(&open, job, spot.off, away, 1, jitter), open);
        light.sun = sim_rgb_scale(light.sun, 1 - share);
        light.sky = sim_rgb_scale(light.sky, 1 - share);
        light.mirrored = sim_rgb_scale(seen, share);
    }
    return light;
}

static void keep_mean(float *mean, double keep, double scale, sim_rgb sum)
{
    mean[0] = (float)(keep * mean[0] + scale * sum.r);
    mean[1] = (float)(keep * mean[1] + scale * sum.g);
    mean[2] = (float)(keep * mean[2] + scale * sum.b);
}

static void cast_pixel(const plate_job *job, int x, int y)
{
    sim_plate *plate = job->plate;
    size_t at = (size_t)y * (size_t)plate->camera.width + (size_t)x;
    int first = job->busy ? job->samples : 0, count = job->busy ? 4 * job->samples : job->samples;
    sim_rgb own = {0}, sun = {0}, sky = {0}, mirrored = {0};
    // Additive recurrences (M. Roberts, "The Unreasonable Effectiveness of Quasirandom Sequences", 2018), R2
    // over the pixel and R4 over sun and sky, each shifted by a hash of the pixel.
    const double step[6] = {0.7548776662466927, 0.5698402909980532, 0.8566748838545029,
                            0.7338918566271260, 0.6287067210378087, 0.5385972572236101};
    double shift[6], sky_open = 1, open_sum = 0;
    for (uint32_t k = 0; k < 6; k++)
        shift[k] = sim_unit(sim_hash4((uint32_t)x, (uint32_t)y, k, 0x51));
    for (int s = first; s < first + count; s++) {
        double j[6];
        for (int k = 0; k < 6; k++) {
            j[k] = shift[k] + step[k] * s;
            j[k] -= floor(j[k]);
        }
        sp_vec3 direction = sim_plate_ray(plate, x + j[0], y + j[1]);
        venue_light light = cast_venue(&sky_open, job, plate->center, direction, s, j + 2);
        own = sim_rgb_add(own, light.own);
        sun = sim_rgb_add(sun, light.sun);
        sky = sim_rgb_add(sky, light.sky);
        mirrored = sim_rgb_add(mirrored, light.mirrored);
        open_sum += sky_open;
    }
    double keep = (double)first / (first + count), scale = 1.0 / (first + count);
    keep_mean(plate->radiance + 3 * at, keep, scale, own);
    keep_mean(plate->sunlit + 3 * at, keep, scale, sun);
    keep_mean(job->sky + 3 * at, keep, scale, sky);
    if (plate->mirrored)
        keep_mean(plate->mirrored + 3 * at, keep, scale, mirrored);
    job->open[at] = (float)(keep * job->open[at] + scale * open_sum);
    if (job->busy)
        return;
    sim_hit hit;
    sim_ray middle = {plate->center, sim_plate_ray(plate, x + 0.5, y + 0.5), 0.05, 1000, 0};
    plate->distance[at] = sim_stage_hit(&hit, job->stage, &middle) ? (float)hit.distance_m : 0;
}

// Contact shade from few rays is grainy; it is smooth over a surface, so neighbours at the same distance
// share theirs.
static double smooth_open(const plate_job *job, int x, int y)
{
    enum { REACH = 3 };
    int w = job->plate->camera.width, h = job->plate->camera.height;
    const float *distance = job->plate->distance;
    double here = distance[(size_t)y * (size_t)w + (size_t)x], sum = 0, weight = 0;
    for (int ny = y > REACH ? y - REACH : 0; ny <= y + REACH && ny < h; ny++)
        for (int nx = x > REACH ? x - REACH : 0; nx <= x + REACH && nx < w; nx++) {
            size_t at = (size_t)ny * (size_t)w + (size_t)nx;
            if (fabs(distance[at] - here) > 0.012 * here)
                continue;
            sum += job->open[at];
            weight += 1;
        }
    return weight > 0 ? sum / weight : 1;
}

static void join_row(void *context, int64_t row, int worker)
{
    const plate_job *job = context;
    (void)worker;
    int w = job->plate->camera.width;
    for (int x = 0; x < w; x++) {
        size_t at = (size_t)row * (size_t)w + (size_t)x;
        double open = smooth_open(job, x, (int)row);
        for (size_t k = 0; k < 3; k++)
            job->plate->radiance[3 * at + k] += job->plate->sunlit[3 * at + k] +
                                                (float)(open * job->sky[3 * at + k]) +
                                                (job->plate->mirrored ? job->plate->mirrored[3 * at + k] : 0);
    }
}

static void cast_row(void *context, int64_t row, int worker)
{
    const plate_job *job = context;
    (void)worker;
    for (int x = 0; x < job->plate->camera.width; x++)
        if (!job->busy || job->busy[(size_t)row * (size_t)job->plate->camera.width + (size_t)x])
            cast_pixel(job, x, (int)row);
}

static double luma(const plate_job *job, size_t at)
{
    const float *own = job->plate->radiance + 3 * at, *sun = job->plate->sunlit + 3 * at,
                *sky = job->sky + 3 * at;
    const double weight[3] = {0.2126, 0.7152, 0.0722};
    double sum = 0;
    for (size_t k = 0; k < 3; k++)
        sum += weight[k] * (own[k] + sun[k] + job->open[at] * sky[k] +
                            (job->plate->mirrored ? job->plate->mirrored[3 * at + k] : 0));
    return sqrt(fmax(sum, 0));
}

// Pixels that differ from a neighbour get more samples.
static void find_busy(uint8_t *busy, const plate_job *job)
{
    int w = job->plate->camera.width, h = job->plate->camera.height;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            double low = 1e9, high = 0;
            for (int k = 0; k < 5; k++) {
                int nx = x + (k == 1) - (k == 2), ny = y + (k == 3) - (k == 4);
                if (nx < 0 || ny < 0 || nx >= w || ny >= h)
                    continue;
                double v = luma(job, (size_t)ny * (size_t)w + (size_t)nx);
                low = fmin(low, v);
                high = fmax(high, v);
            }
            busy[(size_t)y * (size_t)w + (size_t)x] = high - low > 0.09;
        }
}

int sim_plate_open(sim_plate *out, const sim_world *world, const sim_stage *stage, const sp_camera *camera,
                   int samples, sp_pool *pool)
{
    sim_plate plate = {.camera = *camera, .center = sp_camera_center(camera), .tone = {1, 1, 1}};
    size_t pixels = (size_t)camera->width * (size_t)camera->height;
    plate.ray = sp_calloc((size_t)(camera->width + 1) * (size_t)(camera->height + 1), 3 * sizeof(float));
    plate.radiance = sp_calloc(pixels, 3 * sizeof(float));
    plate.sunlit = sp_calloc(pixels, 3 * sizeof(float));
    plate.distance = sp_calloc(pixels, sizeof(float));
    bool is_polished = world->venue.floor_gloss > 0;
    plate.mirrored = is_polished ? sp_calloc(pixels, 3 * sizeof(float)) : NULL;
    uint8_t *busy = sp_calloc(pixels, 1);
    plate_job job = {&plate, world, stage, samples, NULL, 1 / camera->fx, NULL, NULL};
    job.sky = sp_calloc(pixels, 3 * sizeof(float));
    job.open = sp_calloc(pixels, sizeof(float));
    bool is_ready = (plate.mirrored || !is_polished) && plate.ray && plate.radiance && plate.sunlit &&
                    plate.distance && busy && job.sky && job.open;
    int rc = is_ready ? fill_rays(&plate) : SP_ENOMEM;
    if (rc >= 0) {
        sp_pool_run(pool, camera->height, cast_row, &job);
        find_busy(busy, &job);
        job.busy = busy;
        sp_pool_run(pool, camera->height, cast_row, &job);
        sp_pool_run(pool, camera->height, join_row, &job);
    }
    free(job.sky);
    free(job.open);
    free(busy);
    if (rc < 0) {
        sim_plate_close(&plate);
        return rc;
    }
    *out = plate;
    return 0;
}

uint8_t sim_encode(double linear)
{
    float v = sp_srgb_from_linear((float)sim_clamp(linear, 0, 1));
    return (uint8_t)(v * 255 + 0.5f);
}

void sim_plate_encode(uint8_t *rgb, const sim_plate *plate, double light, double sun)
{
    size_t values = 3 * (size_t)plate->camera.width * (size_t)plate->camera.height;
    for (size_t i = 0; i < values; i++)
        rgb[i] = sim_encode(light * (plate->radiance[i] + (sun - 1) * plate->sunlit[i]) * plate->tone[i % 3]);
}
