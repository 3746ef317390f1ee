#include "render_scene.h"

#include <stdio.h>

static void put(sp_splat_cloud *cloud, int row, size_t i, double value)
{
    sp_splat_row(cloud, row)[i] = (float)value;
}

typedef struct surface {
    sp_vec3 point, normal;
    double spacing; // between neighbouring splats, metres
    double color[3];
} surface;

static sp_vec3 random_direction(sp_rng *rng)
{
    sp_vec3 v = {sp_rng_normal(rng), sp_rng_normal(rng), sp_rng_normal(rng)};
    return sp_v3_unit(v);
}

static surface floor_point(sp_rng *rng, double n)
{
    double x = 40 * sp_rng_uniform(rng) - 20, y = 40 * sp_rng_uniform(rng) - 20;
    double line = fmod(fabs(x), 4) < 0.1 || fmod(fabs(y), 4) < 0.1 ? 0.4 : 0;
    return (surface){{x, y, 0}, {0, 0, 1}, sqrt(1600 / n), {0.25 + line, 0.45 + line, 0.3 + line}};
}

// A ring of stands, and a wall above it.
static surface shell_point(sp_rng *rng, double n)
{
    double angle = 2 * M_PI * sp_rng_uniform(rng), h = 14 * sp_rng_uniform(rng);
    double radius = 20 + (h < 6 ? h : 6);
    double shade = 0.3 + 0.4 * sp_rng_uniform(rng);
    sp_vec3 inwards = {-cos(angle), -sin(angle), h < 6 ? 1 : 0};
    return (surface){{radius * cos(angle), radius * sin(angle), h},
                     sp_v3_unit(inwards),
                     sqrt(2 * M_PI * 23 * 14 / n),
                     {shade, shade, 0.2 + 0.5 * shade}};
}

static surface body_point(sp_rng *rng, double n)
{
    static const double limb[6][5] = {// x, y, z, radius, half length
                                      {0, 0, 1.25, 0.2, 0.3},     {0, 0, 1.8, 0.14, 0.02},
                                      {0.12, 0, 0.45, 0.09, 0.4}, {-0.12, 0, 0.45, 0.09, 0.4},
                                      {0.35, 0, 1.3, 0.06, 0.3},  {-0.35, 0, 1.3, 0.06, 0.3}};
    const double *l = limb[(int)(6 * sp_rng_uniform(rng))];
    sp_vec3 d = random_direction(rng);
    double along = l[4] * (2 * sp_rng_uniform(rng) - 1);
    sp_vec3 p = {l[0] + l[3] * d.x, l[1] + l[3] * d.y, l[2] + l[3] * d.z + along};
    double stripe = fmod(p.z, 0.2) < 0.1 ? 0.8 : 0.1;
    return (surface){p, d, sqrt(3.0 / n), {0.8, stripe, 0.2}};
}

static void put_splat(sp_splat_cloud *cloud, size_t i, const surface *s, double density, sp_rng *rng)
{
    put(cloud, SP_ROW_POSITION, i, s->point.x);
    put(cloud, SP_ROW_POSITION + 1, i, s->point.y);
    put(cloud, SP_ROW_POSITION + 2, i, s->point.z);
    double size = density * s->spacing;
    put(cloud, SP_ROW_LOG_SCALE, i, log(size * (0.6 + 0.8 * sp_rng_uniform(rng))));
    put(cloud, SP_ROW_LOG_SCALE + 1, i, log(size * (0.6 + 0.8 * sp_rng_uniform(rng))));
    put(cloud, SP_ROW_LOG_SCALE + 2, i, log(0.15 * size));
    // The rotation that takes z to the normal, after a random turn about z.
    double half = M_PI * sp_rng_uniform(rng);
    sp_quat turn = {cos(half), 0, 0, sin(half)};
    sp_quat tilt = {1 + s->normal.z, -s->normal.y, s->normal.x, 0};
    sp_quat q = sp_quat_mul(sp_quat_unit(tilt), turn);
    put(cloud, SP_ROW_ROTATION, i, q.w);
    put(cloud, SP_ROW_ROTATION + 1, i, q.x);
    put(cloud, SP_ROW_ROTATION + 2, i, q.y);
    put(cloud, SP_ROW_ROTATION + 3, i, q.z);
    put(cloud, SP_ROW_OPACITY, i, -0.5 + 1.5 * sp_rng_normal(rng));
    for (int c = 0; c < 3; c++) {
        double color = s->color[c] * (0.8 + 0.4 * sp_rng_uniform(rng));
        put(cloud, SP_ROW_SH + c, i, (color - 0.5) / SP_SH_C0);
    }
    for (int row = SP_ROW_SH + 3; row < sp_splat_rows(cloud->sh_degree); row++)
        put(cloud, row, i, 0.05 * sp_rng_normal(rng));
}

int bench_venue(sp_splat_cloud *out, size_t count, int sh_degree, double density, uint64_t seed)
{
    int code = sp_splat_cloud_init(out, count, sh_degree);
    if (code)
        return code;
    sp_rng rng = sp_rng_seed(seed, 0);
    double n = (double)count;
    for (size_t i = 0; i < count; i++) {
        double pick = sp_rng_uniform(&rng);
        surface s = pick < 0.4    ? floor_point(&rng, 0.4 * n)
                    : pick < 0.85 ? shell_point(&rng, 0.45 * n)
                                  : body_point(&rng, 0.15 * n);
        put_splat(out, i, &s, density, &rng);
    }
    out->count = count;
    return 0;
}

sp_camera bench_camera(int width, int height, double angle)
{
    sp_camera camera = {.width = width,
                        .height = height,
                        .fx = 0.9 * width,
                        .fy = 0.9 * width,
                        .cx = 0.5 * width,
                        .cy = 0.5 * height,
                        .residual_px = -1};
    snprintf(camera.id, sizeof camera.id, "orbit");
    sp_vec3 eye = {6 * cos(angle), 6 * sin(angle), 2}, target = {0, 0, 1.1}, up = {0, 0, 1};
    camera.rotation = sp_look_at(eye, target, up);
    camera.translation = sp_v3_scale(sp_m3_apply(camera.rotation, eye), -1);
    return camera;
}
