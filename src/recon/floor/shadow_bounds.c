// Where on the floor the shadow may be.
#include "shadow_field.h"
#include "../undistort.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// What a shadow's cells are looked for with at first, over all of the floor within reach.
#define COARSE_M 0.2
#define COARSE_REACH_M 25.0
// Groups of coarse cells that together take less light than this share of the largest are chance; and where
// it is known what the athlete hides, which leaves less to chance.
#define LEAST_GROUP 0.2
#define LEAST_UNHIDDEN_GROUP 0.07

// Grow the bounds by where the view's matte meets the floor.
static void bound_view(double low[2], double high[2], const recon_scene_view *view, const sp_view *seen)
{
    sp_camera camera = recon_pinhole(&seen->camera); // the floor stands still, view->full may not
    for (int y = 1; y < view->full.height; y += 4)
        for (int x = 1; x < view->full.width; x += 4) {
            double at[2];
            if (view->matte.data[(size_t)y * (size_t)view->full.width + (size_t)x] <= 0.5f ||
                !recon_floor_point(at, &camera, x + 0.5, y + 0.5))
                continue;
            for (int i = 0; i < 2; i++) {
                low[i] = fmin(low[i], at[i]);
                high[i] = fmax(high[i], at[i]);
            }
        }
}

// The floor where the mattes of all views may meet: the intersection of what each covers.
static bool bound_mattes(double low[2], double high[2], const recon_scene *scene, const sp_view *views_seen)
{
    int views = 0;
    for (int i = 0; i < 2; i++) {
        low[i] = -INFINITY;
        high[i] = INFINITY;
    }
    for (int v = 0; v < scene->count; v++) {
        double l[2] = {INFINITY, INFINITY}, h[2] = {-INFINITY, -INFINITY};
        if (!scene->views[v].used)
            continue;
        bound_view(l, h, &scene->views[v], &views_seen[v]);
        if (l[0] > h[0])
            continue;
        views++;
        for (int i = 0; i < 2; i++) {
            low[i] = fmax(low[i], l[i]);
            high[i] = fmin(high[i], h[i]);
        }
    }
    return views >= RECON_LEAST_AGREEING && low[0] < high[0] && low[1] < high[1];
}

// The floor between and around the cameras.
static void bound_rig(double low[2], double high[2], const sp_view *views, int count)
{
    double middle[2] = {0}, reach = 0;
    for (int v = 0; v < count; v++) {
        sp_vec3 c = sp_camera_center(&views[v].camera);
        middle[0] += c.x / count;
        middle[1] += c.y / count;
    }
    for (int v = 0; v < count; v++) {
        sp_vec3 c = sp_camera_center(&views[v].camera);
        reach = fmax(reach, hypot(c.x - middle[0], c.y - middle[1]));
    }
    for (int i = 0; i < 2; i++) {
        low[i] = middle[i] - fmin(reach, COARSE_REACH_M);
        high[i] = middle[i] + fmin(reach, COARSE_REACH_M);
    }
}

// The connected dark cells around a seed: their bounds in the world and how dark they are together.
typedef struct shadow_group {
    double low[2], high[2], darkness;
} shadow_group;

static shadow_group flood_group(const recon_shadow *s, bool *is_taken, int *queue, int seed)
{
    shadow_group g = {{INFINITY, INFINITY}, {-INFINITY, -INFINITY}, 0};
    int count = 1, w = s->size[0];
    queue[0] = seed;
    is_taken[seed] = true;
    for (int done = 0; done < count; done++) {
        int at[2] = {queue[done] % w, queue[done] / w};
        g.darkness += (double)recon_shadow_darkness(s, (size_t)queue[done]);
        for (int i = 0; i < 2; i++) {
            g.low[i] = fmin(g.low[i], s->origin[i] + s->cell_m * (at[i] - 1));
            g.high[i] = fmax(g.high[i], s->origin[i] + s->cell_m * (at[i] + 2));
        }
        for (int n = 0; n < 9; n++) {
            int x = at[0] + n % 3 - 1, y = at[1] + n / 3 - 1, next = y * w + x;
            if (x < 0 || y < 0 || x >= w || y >= s->size[1] || is_taken[next] ||
                recon_shadow_darkness(s, (size_t)next) < RECON_LEAST_DARKENING)
                continue;
            is_taken[next] = true;
            queue[count++] = next;
        }
    }
    return g;
}

// Grow the bounds by the groups of dark cells that have at least this share of the darkest's.
static int bound_groups(double low[2], double high[2], const recon_shadow *s, double least)
{
    int cells = s->size[0] * s->size[1], *queue = sp_calloc((size_t)cells, sizeof *queue);
    bool *is_taken = sp_calloc((size_t)cells, sizeof *is_taken);
    double darkest = 0;
    int rc = queue && is_taken ? SP_OK : SP_ENOMEM;
    for (int pass = 0; !rc && pass < 2; pass++) {
        memset(is_taken, 0, (size_t)cells * sizeof *is_taken);
        for (int i = 0; i < cells; i++) {
            if (is_taken[i] || recon_shadow_darkness(s, (size_t)i) < RECON_LEAST_DARKENING)
                continue;
            shadow_group g = flood_group(s, is_taken, queue, i);
            darkest = fmax(darkest, g.darkness);
            for (int a = 0; a < 2 && pass == 1 && g.darkness >= least * darkest; a++) {
                low[a] = fmin(low[a], g.low[a]);
                high[a] = fmax(high[a], g.high[a]);
            }
        }
    }
    free(queue);
    free(is_taken);
    return rc;
}

// Where to measure finely: where mattes touch the floor, and where a coarse look finds the floor dark, which
// for an athlete in the air and a low sun is far from below him.
int recon_shadow_bounds(double low[2], double high[2], const recon_scene *scene,
                        const recon_floor_views *views, sp_pool *pool)
{
    recon_shadow coarse = {0};
    double l[2], h[2];
    for (int i = 0; i < 2; i++) {
        low[i] = INFINITY;
        high[i] = -INFINITY;
    }
    if (bound_mattes(l, h, scene, views->views))
        for (int i = 0; i < 2; i++) {
            low[i] = l[i];
            high[i] = h[i];
        }
    bound_rig(l, h, views->views, views->count);
    if (h[0] - l[0] < COARSE_M)
        return SP_OK;
    int rc = recon_shadow_init(&coarse, l, h, COARSE_M);
    if (rc)
        return rc;
    recon_shadow_look(&coarse, views, pool);
    rc = bound_groups(low, high, &coarse, views->hidden ? LEAST_UNHIDDEN_GROUP : LEAST_GROUP);
    recon_shadow_free(&coarse);
    return rc;
}
