#include "patches.h"

#include "ground.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ONE_COLOUR 0.06f   // from the patch's first pixel, mean of the channels
#define SAME_COLOUR 0.10f  // in another view, whose light may differ
#define LEAST_SHARE 0.0003 // of the picture; smaller patches fit by chance
#define LARGEST_SHARE 0.03
#define STANDS_OUT 0.7  // of the pixels just outside differ by SAME_COLOUR or more
#define OUTSIDE_PX 4    // from the outline
#define SAMPLES 64      // inside, at most, and so many outside
#define STEP 1.02       // from depth to depth
#define OTHER_DEPTH 1.1 // farther off by this, a depth is another
#define AGREES 0.8      // share of what is inside that has the same colour there, at least, ...
#define FITS 0.45       // ... less that of what is outside: a patch seen askew is wider in one view
#define LEAST_LEVEL 0.5 // horizontal part of a camera's axis
#define MARGIN 0.2      // by which it fits better than at any other depth

typedef struct patch {
    size_t *pixels;
    size_t count;
    float rgb[3];
    size_t inside[SAMPLES], outside[SAMPLES];
    int inside_count, outside_count;
} patch;

typedef struct search {
    const recon_geometry *geometry;
    int view;
    float *found;   // per pixel: the depth of its patch, 0 none
    int32_t *label; // per pixel, 0 none
    patch patch;
} search;

static sp_vec3 ray_of(const sp_camera *c, size_t at)
{
    double x = (double)(at % (size_t)c->width) + 0.5, y = (double)(at / (size_t)c->width) + 0.5;
    return sp_v3((x - c->cx) / c->fx, (y - c->cy) / c->fy, 1);
}

// The normal of what stands upright and faces a camera, in camera axes; where that looks down, of what faces
// it.
static sp_vec3 upright(const sp_camera *c)
{
    sp_vec3 ahead = sp_m3_apply_transposed(c->rotation, sp_v3(0, 0, 1));
    if (hypot(ahead.x, ahead.y) < LEAST_LEVEL)
        return sp_v3(0, 0, -1);
    return sp_m3_apply(c->rotation, sp_v3_unit(sp_v3(-ahead.x, -ahead.y, 0)));
}

static float differs(const sp_image *rgb, size_t at, const float colour[3])
{
    float sum = 0;
    for (int c = 0; c < 3; c++)
        sum += fabsf(sp_image_plane(rgb, c)[at] - colour[c]);
    return sum / 3;
}

static void flood(search *s, size_t seed, int32_t label)
{
    const recon_geometry *g = s->geometry;
    const sp_image *rgb = &g->views[s->view].rgb;
    size_t width = (size_t)rgb->width, pixels = width * (size_t)rgb->height;
    patch *p = &s->patch;
    for (int c = 0; c < 3; c++)
        p->rgb[c] = sp_image_plane(rgb, c)[seed];
    p->pixels[0] = seed;
    p->count = 1;
    s->label[seed] = label;
    for (size_t k = 0; k < p->count; k++) {
        size_t at = p->pixels[k], x = at % width;
        size_t next[4] = {x > 0 ? at - 1 : at, x + 1 < width ? at + 1 : at, at >= width ? at - width : at,
                          at + width < pixels ? at + width : at};
        for (int n = 0; n < 4; n++)
            if (!s->label[next[n]] && !g->confirmed[s->view][next[n]] &&
                differs(rgb, next[n], p->rgb) < ONE_COLOUR) {
                s->label[next[n]] = label;
                p->pixels[p->count++] = next[n];
            }
    }
}

// Pixels a little outside of the patch, and pixels of it, evenly; false when it does not stand out.
static bool sample(search *s)
{
    static const int around[4][2] = {{-OUTSIDE_PX, 0}, {OUTSIDE_PX, 0}, {0, -OUTSIDE_PX}, {0, OUTSIDE_PX}};
    const sp_image *rgb = &s->geometry->views[s->view].rgb;
    patch *p = &s->patch;
    int32_t own = s->label[p->pixels[0]];
    size_t outline = 0, other = 0, every = p->count / SAMPLES + 1;
    p->inside_count = p->outside_count = 0;
    for (size_t k = 0; k < p->count; k += every)
        p->inside[p->inside_count++] = p->pixels[k];
    for (int pass = 0; pass < 2; pass++) {
        size_t step = outline / SAMPLES + 1, seen = 0;
        for (size_t k = 0; k < p->count; k++) {
            int x = (int)(p->pixels[k] % (size_t)rgb->width), y = (int)(p->pixels[k] / (size_t)rgb->width);
            for (int n = 0; n < 4; n++) {
                int px = x + around[n][0], py = y + around[n][1];
                size_t at = (size_t)py * (size_t)rgb->width + (size_t)px;
                if (px < 0 || py < 0 || px >= rgb->width || py >= rgb->height || s->label[at] == own)
                    continue;
                if (pass == 0) {
                    outline++;
                    other += differs(rgb, at, p->rgb) >= SAME_COLOUR;
                } else if (seen++ % step == 0 && p->outside_count < SAMPLES) {
                    p->outside[p->outside_count++] = at;
                }
            }
        }
    }
    return outline > 0 && (double)other >= STANDS_OUT * (double)outline;
}

// Of pixels at one depth, those that a view shows in the patch's colour less those that it shows in another;
// what it cannot see counts for nothing.
static double agreement(const search *s, int other, const size_t *pixels, int count, double depth, int *seen)
{
    const recon_geometry *g = s->geometry;
    const sp_camera *c = &g->views[s->view].camera;
    int same = 0;
    *seen = 0;
    for (int k = 0; k < count; k++) {
        double x = (double)(pixels[k] % (size_t)c->width) + 0.5,
               y = (double)(pixels[k] / (size_t)c->width) + 0.5;
        size_t there;
        double z;
        if (!recon_pixel_in(&there, &z, g, other, recon_world_point(c, x, y, depth)))
            continue;
        bool is_known = g->confirmed[other][there] != RECON_UNCONFIRMED;
        if (is_known && g->maps[other].depth[there] < z * (1 - RECON_SEEN_THROUGH))
            continue;
        ++*seen;
        same += !(is_known && g->maps[other].depth[there] > z * (1 + RECON_SEEN_THROUGH)) &&
                differs(&g->views[other].rgb, there, s->patch.rgb) < SAME_COLOUR;
    }
    return *seen ? (double)same / *seen : 0;
}

// How well the patch fits at a depth, of the other views the one where it fits best: 1 as a whole.
static double fit(const search *s, double depth)
{
    double best = 0;
    for (int j = 0; j < s->geometry->count; j++) {
        int inside, outside;
        if (j == s->view)
            continue;
        double in = agreement(s, j, s->patch.inside, s->patch.inside_count, depth, &inside);
        if (2 * inside < s->patch.inside_count || in < AGREES)
            continue;
        double out = agreement(s, j, s->patch.outside, s->patch.outside_count, depth, &outside);
        best = fmax(best, in - out);
    }
    return best;
}

// 0: it fits nowhere, or at more than one depth.
static double depth_of(const search *s)
{
    const recon_stereo_params *p = &s->geometry->params;
    double best = 0, found = 0, second = 0;
    size_t first = s->patch.pixels[0];
    const sp_camera *c = &s->geometry->views[s->view].camera;
    double nearest = p->near_m, farthest = fmin(p->far_m, 2 * s->geometry->reach_m);
    for (double d = nearest; d < farthest; d *= STEP) {
        double here = fit(s, d);
        if (here > best)
            best = here, found = d;
    }
    double x = (double)(first % (size_t)c->width) + 0.5, y = (double)(first / (size_t)c->width) + 0.5;
    if (best < FITS || recon_is_beneath_ground(s->geometry, s->view, x, y, found) ||
        recon_in_action(s->geometry, recon_world_point(c, x, y, found)))
        return 0;
    for (double d = nearest; d < farthest; d *= STEP)
        if (d > found * OTHER_DEPTH || d < found / OTHER_DEPTH)
            second = fmax(second, fit(s, d));
    return best - second >= MARGIN ? found : 0;
}

// The upright plane through the patch's first pixel that faces the camera.
static void put(search *s, double depth)
{
    const sp_camera *c = &s->geometry->views[s->view].camera;
    sp_vec3 n = upright(c);
    size_t first = s->patch.pixels[0];
    double offset = depth * sp_v3_dot(n, ray_of(c, first));
    for (size_t k = 0; k < s->patch.count; k++) {
        double there = offset / sp_v3_dot(n, ray_of(c, s->patch.pixels[k]));
        bool is_close = there > depth / OTHER_DEPTH && there < depth * OTHER_DEPTH;
        s->found[s->patch.pixels[k]] = (float)(is_close ? there : depth);
    }
}

static void match(search *s)
{
    const recon_geometry *g = s->geometry;
    const uint8_t *hidden = g->views[s->view].hidden;
    size_t pixels = (size_t)g->maps[s->view].width * (size_t)g->maps[s->view].height;
    int32_t labels = 0;
    for (size_t seed = 0; seed < pixels; seed++) {
        if (s->label[seed] || g->confirmed[s->view][seed] || (hidden && hidden[seed]))
            continue;
        flood(s, seed, ++labels);
        double share = (double)s->patch.count / (double)pixels;
        if (share < LEAST_SHARE || share > LARGEST_SHARE || !sample(s))
            continue;
        double depth = depth_of(s);
        if (depth > 0)
            put(s, depth);
    }
}

typedef struct match_job {
    const recon_geometry *geometry;
    float **found; // per view
} match_job;

static int match_view(void *context, int64_t view, int worker)
{
    (void)worker;
    match_job *job = context;
    const recon_depth_map *map = &job->geometry->maps[view];
    size_t pixels = (size_t)map->width * (size_t)map->height;
    search s = {.geometry = job->geometry, .view = (int)view};
    s.found = job->found[view] = sp_calloc(pixels, sizeof *s.found);
    s.label = sp_calloc(pixels, sizeof *s.label);
    s.patch.pixels = sp_calloc(pixels, sizeof *s.patch.pixels);
    int rc = s.found && s.label && s.patch.pixels ? SP_OK : SP_ENOMEM;
    if (!rc)
        match(&s);
    free(s.label);
    free(s.patch.pixels);
    return rc;
}

static void believe(recon_geometry *g, int view, const float *found)
{
    recon_depth_map *map = &g->maps[view];
    sp_vec3 n = upright(&g->views[view].camera);
    for (size_t at = 0; at < (size_t)map->width * (size_t)map->height; at++) {
        if (!(found[at] > 0))
            continue;
        map->depth[at] = found[at];
        map->normal[0][at] = (float)n.x;
        map->normal[1][at] = (float)n.y;
        map->normal[2][at] = (float)n.z;
        g->confirmed[view][at] = RECON_LONELY;
    }
}

int recon_match_patches(recon_geometry *g, sp_pool *pool)
{
    match_job job = {g, sp_calloc((size_t)g->count, sizeof *job.found)};
    int rc = job.found ? sp_pool_try(pool, g->count, match_view, &job) : SP_ENOMEM;
    // All have searched before any is changed: what is confirmed hides what lies behind it.
    for (int v = 0; v < g->count && !rc; v++)
        believe(g, v, job.found[v]);
    for (int v = 0; job.found && v < g->count; v++)
        free(job.found[v]);
    free(job.found);
    return rc;
}
