#include "picture.h"

#include "noise.h"

#include <stdlib.h>
#include <string.h>

void sim_plate_close(sim_plate *plate)
{
    free(plate->ray);
    free(plate->radiance);
    free(plate->sunlit);
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

// Radiance along one ray; jitter are four numbers in [0, 1).
static sim_rgb venue_radiance(sim_rgb *sun, const plate_job *job, sp_vec3 from, sp_vec3 direction,
                              const double jitter[4])
{
    const sim_venue *venue = &job->world->venue;
    sim_ray ray = {from, direction, 0.05, 1000, 0};
    sim_hit hit;
    *sun = (sim_rgb){0};
    if (!sim_stage_hit(&hit, job->stage, &ray))
        return sim_venue_sky(venue, direction);
    const sim_mesh *mesh = hit.is_overhead ? &venue->overhead : &venue->mesh;
    sp_vec3 normal = hit_normal(mesh, &hit), p = sp_v3_add(from, sp_v3_scale(direction, hit.distance_m));
    sp_vec3 to_eye = sp_v3_scale(direction, -1);
    if (sp_v3_dot(normal, to_eye) < 0)
        normal = sp_v3_scale(normal, -1);
    int paint = mesh->material[hit.triangle];
    if (venue->paints[paint].kind == SIM_PAINT_LAMP)
        return venue->paints[paint].color;
    // A grazing pixel covers more ground; full anisotropy would blur along the other direction too.
    double footprint = hit.distance_m * job->pixel_rad * 0.7 / sqrt(fmax(sp_v3_dot(normal, to_eye), 0.08));
    sim_surface surface = sim_venue_at(venue, paint, p, normal, footprint);
    sp_vec3 off = sp_v3_add(p, sp_v3_scale(normal, 1e-3 * (1 + 0.05 * hit.distance_m)));
    double sun_open = 0;
    if (sp_v3_dot(normal, venue->light.to_sun) > 0) {
        sim_ray to_sun = {off, sim_sun_sample(&venue->light, jitter[0], jitter[1]), 0, 200, 0};
        sun_open = !sim_stage_blocks(job->stage, &to_sun, false);
    }
    sim_ray to_sky = {off, sim_cosine_sample(normal, jitter[2], jitter[3]), 0.001, 1.6, 0};
    double sky_open = sim_stage_blocks(job->stage, &to_sky, true) ? 0.25 : 1;
    return sim_shade(sun, &venue->light, &surface, normal, to_eye, sun_open, sky_open);
}

static void cast_pixel(const plate_job *job, int x, int y)
{
    sim_plate *plate = job->plate;
    size_t at = (size_t)y * (size_t)plate->camera.width + (size_t)x;
    int first = job->busy ? job->samples : 0, count = job->busy ? 3 * job->samples : job->samples;
    sim_rgb sum = {0}, sun_sum = {0};
    for (int s = first; s < first + count; s++) {
        // R2 sequence (Roberts 2018) over the pixel, shifted by a hash per pixel; two more dimensions from
        // the hash.
        uint32_t h = sim_hash4((uint32_t)x, (uint32_t)y, 0x51, 0),
                 g = sim_hash4((uint32_t)x, (uint32_t)y, (uint32_t)s, 1);
        double px = fmod(sim_unit(h) + 0.7548776662466927 * s, 1),
               py = fmod(sim_unit(sim_hash(h)) + 0.5698402909980532 * s, 1);
        double jitter[4] = {sim_unit(g), sim_unit(sim_hash(g)), py, sim_unit(sim_hash(g + 1))};
        sim_rgb sun,
            c = venue_radiance(&sun, job, plate->center, sim_plate_ray(plate, x + px, y + py), jitter);
        sum = sim_rgb_add(sum, c);
        sun_sum = sim_rgb_add(sun_sum, sun);
    }
    float *out = plate->radiance + 3 * at, *lit = plate->sunlit + 3 * at;
    double keep = (double)first / (first + count), scale = 1.0 / (first + count);
    const double c[3] = {sum.r, sum.g, sum.b}, d[3] = {sun_sum.r, sun_sum.g, sun_sum.b};
    for (int k = 0; k < 3; k++) {
        out[k] = (float)(keep * out[k] + scale * c[k]);
        lit[k] = (float)(keep * lit[k] + scale * d[k]);
    }
    if (job->busy)
        return;
    sim_hit hit;
    sim_ray middle = {plate->center, sim_plate_ray(plate, x + 0.5, y + 0.5), 0.05, 1000, 0};
    plate->distance[at] = sim_stage_hit(&hit, job->stage, &middle) ? (float)hit.distance_m : 0;
}

static void cast_row(void *context, int64_t row, int worker)
{
    const plate_job *job = context;
    (void)worker;
    for (int x = 0; x < job->plate->camera.width; x++)
        if (!job->busy || job->busy[(size_t)row * (size_t)job->plate->camera.width + (size_t)x])
            cast_pixel(job, x, (int)row);
}

static double luma(const float *rgb)
{
    return sqrt(fmax(0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2], 0));
}

// Pixels that differ from a neighbour get more samples.
static void find_busy(uint8_t *busy, const sim_plate *plate)
{
    int w = plate->camera.width, h = plate->camera.height;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            double low = 1e9, high = 0;
            for (int k = 0; k < 5; k++) {
                int nx = x + (k == 1) - (k == 2), ny = y + (k == 3) - (k == 4);
                if (nx < 0 || ny < 0 || nx >= w || ny >= h)
                    continue;
                double v = luma(plate->radiance + 3 * ((size_t)ny * (size_t)w + (size_t)nx));
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
    uint8_t *busy = sp_calloc(pixels, 1);
    int rc =
        plate.ray && plate.radiance && plate.sunlit && plate.distance && busy ? fill_rays(&plate) : SP_ENOMEM;
    if (rc >= 0) {
        plate_job job = {&plate, world, stage, samples, NULL, 1 / camera->fx};
        sp_pool_run(pool, camera->height, cast_row, &job);
        find_busy(busy, &plate);
        job.busy = busy;
        sp_pool_run(pool, camera->height, cast_row, &job);
    }
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

void sim_plate_encode(uint8_t *rgb, const sim_plate *plate)
{
    size_t values = 3 * (size_t)plate->camera.width * (size_t)plate->camera.height;
    for (size_t i = 0; i < values; i++)
        rgb[i] = sim_encode(plate->radiance[i] * plate->tone[i % 3]);
}
