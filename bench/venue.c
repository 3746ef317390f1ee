#include "venue.h"

#include <stillpoint/sim.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INSTANT_S 0.6
#define ON_ATHLETE 0.15 // share of the splats
#define RADIUS_M 12.0
#define HEIGHT_M 3.2
#define AIM_HEIGHT_M 2.25
#define HALF_VIEW_RAD 0.207 // vertical, of the scene's cameras

// Twice as many cameras as the demo has, and wider, so that the orbit sees nothing that they do not.
static const char rig[] = "{\"rig\":{\"cameras\":24,\"hfov_deg\":58}}";

int bench_venue_truth(sp_splat_cloud *out, size_t splats, sp_pool *pool, const sp_progress *progress)
{
    sp_json *overrides = NULL;
    sp_sim *sim = NULL;
    sp_sim_cloud_params params = sp_sim_cloud_params_default();
    params.t_s = INSTANT_S;
    params.count = splats;
    params.athlete = ON_ATHLETE;
    params.overlap = 1;
    int code = sp_json_parse(&overrides, rig, strlen(rig), "bench");
    if (!code)
        code = sp_sim_open(&sim, "aerials", overrides);
    if (!code)
        code = sp_sim_cloud(out, sim, &params, pool, progress);
    sp_sim_close(&sim);
    sp_json_free(&overrides);
    return code;
}

size_t bench_venue_athlete(const sp_splat_cloud *truth)
{
    return truth->count - (size_t)(ON_ATHLETE * (double)truth->count + 0.5);
}

static void age_splat(sp_splat_cloud *cloud, size_t i, double grown, const bench_look *look, sp_rng *rng)
{
    float *scale[3], *rotation[4];
    for (int k = 0; k < 3; k++)
        scale[k] = sp_splat_row(cloud, SP_ROW_LOG_SCALE + k) + i;
    for (int k = 0; k < 4; k++)
        rotation[k] = sp_splat_row(cloud, SP_ROW_ROTATION + k) + i;
    double spacing = exp((double)*scale[0]);
    for (int k = 0; k < 3; k++) {
        sp_splat_row(cloud, SP_ROW_POSITION + k)[i] += (float)(0.2 * spacing * sp_rng_normal(rng));
        *scale[k] += (float)(log(grown * look->overlap) + 0.35 * sp_rng_normal(rng));
    }
    // A random turn about the normal, which is the splat's z.
    double half = M_PI * sp_rng_uniform(rng);
    sp_quat turn = {cos(half), 0, 0, sin(half)},
            q = {(double)*rotation[0], (double)*rotation[1], (double)*rotation[2], (double)*rotation[3]};
    q = sp_quat_mul(q, turn);
    const double turned[4] = {q.w, q.x, q.y, q.z};
    for (int k = 0; k < 4; k++)
        *rotation[k] = (float)turned[k];
    sp_splat_row(cloud, SP_ROW_OPACITY)[i] = (float)(look->opacity + look->spread * sp_rng_normal(rng));
    for (int row = SP_ROW_SH; row < sp_splat_rows(cloud->sh_degree); row++)
        sp_splat_row(cloud, row)[i] += (float)(0.05 * sp_rng_normal(rng));
}

// As reconstructed clouds are.
static int in_order(sp_splat_cloud *cloud)
{
    uint32_t *order = sp_calloc(cloud->count + 1, sizeof *order);
    int code = order ? sp_splat_cloud_order(order, cloud) : SP_ENOMEM;
    if (!code)
        code = sp_splat_cloud_permute(cloud, order);
    free(order);
    return code;
}

int bench_venue_trained(sp_splat_cloud *out, const sp_splat_cloud *truth, size_t splats,
                        const bench_look *look, uint64_t seed)
{
    int code = sp_splat_cloud_init(out, splats, SP_SH_DEGREE_MAX);
    if (code)
        return code;
    sp_rng rng = sp_rng_seed(seed, 0);
    double grown = sqrt((double)truth->count / (double)splats);
    for (size_t from = 0; from < truth->count && out->count < splats; from++) {
        // Of those that are left, each is taken with the probability that fills the cloud.
        double wanted = (double)(splats - out->count), left = (double)(truth->count - from);
        if (sp_rng_uniform(&rng) * left >= wanted)
            continue;
        size_t i = out->count++;
        for (int row = 0; row < sp_splat_rows(truth->sh_degree); row++)
            sp_splat_row(out, row)[i] = sp_splat_row(truth, row)[from];
        age_splat(out, i, grown, look, &rng);
    }
    return in_order(out);
}

sp_camera bench_venue_orbit(int width, int height, double angle)
{
    double focal = 0.5 * height / tan(HALF_VIEW_RAD);
    sp_camera camera = {.width = width,
                        .height = height,
                        .fx = focal,
                        .fy = focal,
                        .cx = 0.5 * width,
                        .cy = 0.5 * height,
                        .residual_px = -1};
    snprintf(camera.id, sizeof camera.id, "orbit");
    sp_vec3 aim = {0, 0, AIM_HEIGHT_M}, up = {0, 0, 1};
    sp_vec3 eye = {RADIUS_M * cos(angle), RADIUS_M * sin(angle), HEIGHT_M};
    camera.rotation = sp_look_at(eye, aim, up);
    camera.translation = sp_v3_scale(sp_m3_apply(camera.rotation, eye), -1);
    return camera;
}
