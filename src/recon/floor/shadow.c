#include "shadow_field.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CELL_M 0.03
#define MOST_CELL_M 0.12
#define MOST_CELLS 300 // a side
#define MARGIN_M 0.36
// Cells grow until the renderer's low pass spreads their splats by no more than this.
#define MOST_SPREAD 1.5
#define LOW_PASS_PX2 0.3
// Between these darkenings the penumbra fades out, so that noise and exposure leave no veil and no edge.
#define FADE_FROM 0.015f
#define FADE_TO 0.05f
#define GAP_ROUNDS 3
#define FLOOR_REACH_M 60

int recon_shadow_init(recon_shadow *out, const double low[2], const double high[2], double cell_m)
{
    recon_shadow s = {.cell_m = cell_m};
    for (int i = 0; i < 2; i++) {
        s.origin[i] = low[i];
        s.size[i] = (int)ceil((high[i] - low[i]) / cell_m);
    }
    size_t cells = (size_t)s.size[0] * (size_t)s.size[1];
    s.light = sp_calloc(3 * cells, sizeof *s.light);
    s.floor = sp_calloc(3 * cells, sizeof *s.floor);
    if (!s.light || !s.floor) {
        recon_shadow_free(&s);
        return SP_ENOMEM;
    }
    *out = s;
    return SP_OK;
}

// Where the view's pixel meets the floor.
bool recon_floor_point(double at[2], const sp_camera *pinhole, double px, double py)
{
    sp_vec3 d, c = sp_camera_center(pinhole);
    if (!sp_camera_ray(&d, pinhole, (sp_vec2){px, py}) || d.z > -0.02)
        return false;
    double t = -c.z / d.z;
    at[0] = c.x + t * d.x;
    at[1] = c.y + t * d.y;
    return t > 0 && t < FLOOR_REACH_M;
}

float recon_shadow_darkness(const recon_shadow *s, size_t cell)
{
    size_t cells = (size_t)s->size[0] * (size_t)s->size[1];
    return 1 - (s->light[cell] + s->light[cells + cell] + s->light[2 * cells + cell]) / 3;
}

// Cells that say nothing (a painted line's edge, an athlete before them in most views) take the mean of the
// cells around when most of those are in shadow.
static int fill_gaps(recon_shadow *s)
{
    int w = s->size[0], h = s->size[1];
    size_t cells = (size_t)w * (size_t)h;
    float *filled = sp_calloc(6 * cells, sizeof *filled);
    if (!filled)
        return SP_ENOMEM;
    for (int round = 0; round < GAP_ROUNDS; round++) {
        memcpy(filled, s->light, 3 * cells * sizeof *filled);
        memcpy(filled + 3 * cells, s->floor, 3 * cells * sizeof *filled);
        for (int y = 1; y < h - 1; y++)
            for (int x = 1; x < w - 1; x++) {
                size_t at = (size_t)y * (size_t)w + (size_t)x;
                float sum[6] = {0};
                int dark = 0;
                for (int n = 0; n < 9 && s->light[at] >= 1; n++) {
                    size_t near = (size_t)(y + n / 3 - 1) * (size_t)w + (size_t)(x + n % 3 - 1);
                    if (s->light[near] >= 1)
                        continue;
                    dark++;
                    for (size_t c = 0; c < 3; c++) {
                        sum[c] += s->light[c * cells + near];
                        sum[3 + c] += s->floor[c * cells + near];
                    }
                }
                for (size_t c = 0; dark >= 4 && c < 6; c++)
                    filled[c * cells + at] = sum[c] / (float)dark;
            }
        memcpy(s->light, filled, 3 * cells * sizeof *filled);
        memcpy(s->floor, filled + 3 * cells, 3 * cells * sizeof *filled);
    }
    free(filled);
    return SP_OK;
}

static void fade(recon_shadow *s)
{
    size_t cells = (size_t)s->size[0] * (size_t)s->size[1];
    for (size_t i = 0; i < cells; i++) {
        float share = fminf(fmaxf((recon_shadow_darkness(s, i) - FADE_FROM) / (FADE_TO - FADE_FROM), 0), 1);
        for (size_t c = 0; c < 3; c++)
            s->light[c * cells + i] = 1 - share * (1 - s->light[c * cells + i]);
    }
}

// By how much the low pass makes the layer's splats larger than they are, and the shadow darker, in the view
// that looks at the floor most steeply and so shows most of it.
static double spread_of(const sp_view *views, int count, const double at[2], double cell_m)
{
    double least = INFINITY, deviation = RECON_SHADOW_DEVIATIONS * cell_m;
    for (int v = 0; v < count; v++) {
        sp_vec3 from = sp_camera_center(&views[v].camera);
        double distance = sp_v3_norm(sp_v3_sub(from, sp_v3(at[0], at[1], 0)));
        if (from.z <= 0 || distance <= 0)
            continue;
        double across = deviation * views[v].camera.fx / distance, along = across * from.z / distance;
        least = fmin(least, (1 + LOW_PASS_PX2 / (across * across)) * (1 + LOW_PASS_PX2 / (along * along)));
    }
    return isfinite(least) ? sqrt(least) : 1;
}

static double choose_cell(const sp_view *views, int count, const double low[2], const double high[2])
{
    const double middle[2] = {0.5 * (low[0] + high[0]), 0.5 * (low[1] + high[1])};
    double cell = fmax(CELL_M, fmax(high[0] - low[0], high[1] - low[1]) / MOST_CELLS);
    while (cell < MOST_CELL_M && spread_of(views, count, middle, cell) > MOST_SPREAD)
        cell *= 1.1;
    return cell;
}

// One lamp casts the shadow: how much of its light is missing differs from cell to cell, but not its colour.
// Cells where a channel of the floor is dark know nothing of that channel.
static void share_colour(recon_shadow *s)
{
    size_t cells = (size_t)s->size[0] * (size_t)s->size[1];
    double missing[3] = {0}, expected[3] = {1e-9, 1e-9, 1e-9};
    for (size_t i = 0; i < cells; i++)
        for (size_t c = 0; c < 3; c++) {
            missing[c] += (double)(s->floor[c * cells + i] * (1 - s->light[c * cells + i]));
            expected[c] += (double)(s->floor[c * cells + i] * recon_shadow_darkness(s, i));
        }
    for (size_t i = 0; i < cells; i++) {
        float dark = recon_shadow_darkness(s, i);
        for (size_t c = 0; c < 3; c++)
            s->light[c * cells + i] = fmaxf(1 - dark * (float)(missing[c] / expected[c]), 0);
    }
}

int recon_shadow_measure_with(recon_shadow *out, const recon_scene *scene, const recon_floor_views *views,
                              sp_pool *pool)
{
    recon_shadow shadow;
    double low[2], high[2];
    *out = (recon_shadow){0};
    int rc = recon_shadow_bounds(low, high, scene, views, pool);
    if (rc || low[0] >= high[0])
        return rc;
    for (int i = 0; i < 2; i++) {
        low[i] -= MARGIN_M;
        high[i] += MARGIN_M;
    }
    rc = recon_shadow_init(&shadow, low, high, choose_cell(views->views, views->count, low, high));
    if (rc)
        return rc;
    recon_shadow_look(&shadow, views, pool);
    rc = fill_gaps(&shadow);
    fade(&shadow);
    share_colour(&shadow);
    if (rc) {
        recon_shadow_free(&shadow);
        return rc;
    }
    *out = shadow;
    return SP_OK;
}

int recon_shadow_measure(recon_shadow *out, const recon_scene *scene, const sp_view *views, int count,
                         sp_pool *pool)
{
    return recon_shadow_measure_with(out, scene, &(recon_floor_views){.views = views, .count = count}, pool);
}

void recon_shadow_free(recon_shadow *shadow)
{
    free(shadow->light);
    free(shadow->floor);
    *shadow = (recon_shadow){0};
}

float recon_shadow_light(const recon_shadow *s, int channel, const sp_camera *pinhole, size_t pixel)
{
    double at[2], px = (double)(pixel % (size_t)pinhole->width) + 0.5,
                  py = (double)(pixel / (size_t)pinhole->width) + 0.5;
    if (!s->light || !recon_floor_point(at, pinhole, px, py))
        return 1;
    double x = (at[0] - s->origin[0]) / s->cell_m - 0.5, y = (at[1] - s->origin[1]) / s->cell_m - 0.5;
    int i = (int)floor(x), j = (int)floor(y), w = s->size[0];
    if (i < 0 || j < 0 || i >= w - 1 || j >= s->size[1] - 1)
        return 1;
    size_t cells = (size_t)w * (size_t)s->size[1];
    const float *light = s->light + (size_t)channel * cells + (size_t)j * (size_t)w + (size_t)i;
    double fx = x - i, fy = y - j;
    return (float)((1 - fy) * ((1 - fx) * (double)light[0] + fx * (double)light[1]) +
                   fy * ((1 - fx) * (double)light[w] + fx * (double)light[w + 1]));
}
