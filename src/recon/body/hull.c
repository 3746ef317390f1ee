#include "hull.h"
#include "phantoms.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Voxels a side of a block, the unit of the fine step.
#define BLOCK 8
// Cubes a side of the first, coarsest level.
#define ROOTS 12
// Views on a point that is outside of others' pictures, before one of them may be outvoted.
#define MANY_SEE 8
// Moments this far from the middle of an exposure, in exposures, leave a mark in a matte for sure: what was
// at a place for a fifth of the time differs from the plate.
#define MARK 0.3
// Connected parts of less than this share of the largest are debris of the carving.
#define LEAST_PART 0.002

recon_hull_params recon_hull_params_default(void)
{
    return (recon_hull_params){.voxel_m = 0.01, .most_cells = 12000000, .tolerance = -1, .least_views = 0};
}

typedef struct carving {
    const recon_silhouette *silhouettes;
    int views[64], view_count; // those taken
    int tolerance, least_views;
    const recon_flow *flow;           // NULL: nothing moves
    const double *dt_s;               // of all silhouettes
    const double *exposure_s, *drift; // NULL: exposures take no time
    double slack_m;                   // how far anything moves between the views
    double still_m;                   // what moves less in an exposure stands still
    // Cubes of one level, and what became of them.
    const double *centres;
    uint8_t *keep;
    double half;
    // Fine step.
    recon_hull *hull;
    const int *blocks;
} carving;

#define MAX_VIEWS ((int)(sizeof((carving *)0)->views / sizeof(int)))
#define MOST_TOLERANCE 21 // a third of so many views

// Few views leave much that nobody denies: every denial counts. Many can outvote one that is wrong.
static int tolerance_of(int views)
{
    return views >= 10 ? 2 : views >= 6 ? 1 : 0;
}

static int least_of(int views)
{
    return views >= 8 ? 4 : views >= 4 ? 3 : views;
}

static void choose_rules(carving *c, const recon_hull_params *params)
{
    int n = c->view_count;
    c->tolerance = params->tolerance >= 0 ? params->tolerance : tolerance_of(n);
    c->tolerance = c->tolerance < MOST_TOLERANCE ? c->tolerance : MOST_TOLERANCE;
    c->least_views = params->least_views > 0 ? params->least_views : least_of(n);
}

// What lies outside some views' pictures is up to those that see it, but two alone do not bound anything; and
// so few that every denial counts: at the border of what is seen, one outvoted view is a whole side open.
static int tolerance_where(const carving *c, int seen)
{
    int own = seen >= MANY_SEE ? tolerance_of(seen) : 0;
    return seen < c->view_count && own < c->tolerance ? own : c->tolerance;
}

static int least_where(const carving *c, int seen)
{
    int own = seen > 3 ? least_of(seen) : 3;
    return seen < c->view_count && own < c->least_views ? own : c->least_views;
}

static void test_cube(void *context, int64_t index, int worker)
{
    (void)worker;
    carving *c = context;
    int empty = 0, touched = 0;
    for (int v = 0; v < c->view_count && empty <= c->tolerance; v++) {
        recon_box_sight sight =
            recon_silhouette_cube(&c->silhouettes[c->views[v]], c->centres + 3 * index, c->half + c->slack_m);
        empty += sight == RECON_BOX_EMPTY;
        touched += sight == RECON_BOX_TOUCHED;
    }
    // A cube that is cut by a picture's border may hold points that fewer see: their rules ask for no more.
    bool is_cut = empty + touched < c->view_count;
    c->keep[index] = empty <= c->tolerance && touched >= (is_cut ? least_where(c, 3) : c->least_views);
}

// The cube of space considered: around all cameras and the middle of what they look at, with room beyond.
static void root_cube(const carving *c, double low[3], double *side)
{
    double high[3];
    for (int i = 0; i < 3; i++) {
        low[i] = INFINITY;
        high[i] = -INFINITY;
    }
    sp_camera *cameras = sp_calloc((size_t)c->view_count, sizeof *cameras);
    sp_vec3 focus = {0};
    for (int v = 0; v <= c->view_count; v++) {
        sp_vec3 p = focus;
        if (v < c->view_count) {
            const sp_camera *camera = &c->silhouettes[c->views[v]].camera;
            p = sp_camera_center(camera);
            if (cameras)
                cameras[v] = *camera;
        } else if (cameras) {
            sp_rig rig = {.cameras = cameras, .count = c->view_count};
            p = sp_rig_focus(&rig);
        }
        double at[3] = {p.x, p.y, p.z};
        for (int i = 0; i < 3 && isfinite(at[i]); i++) {
            low[i] = fmin(low[i], at[i]);
            high[i] = fmax(high[i], at[i]);
        }
    }
    free(cameras);
    *side = 2 * fmax(high[0] - low[0], fmax(high[1] - low[1], high[2] - low[2]));
    for (int i = 0; i < 3; i++)
        low[i] = 0.5 * (low[i] + high[i]) - 0.5 * *side;
}

// Split kept cubes into eight until they are no larger than `smallest`. *centres is the caller's to free.
static int refine(double **centres, int64_t *count, double *half, carving *c, double smallest, sp_pool *pool,
                  const sp_progress *progress)
{
    double low[3], side;
    root_cube(c, low, &side);
    int64_t n = (int64_t)ROOTS * ROOTS * ROOTS;
    double *cubes = sp_calloc((size_t)n * 3, sizeof *cubes);
    if (!cubes)
        return SP_ENOMEM;
    c->half = 0.5 * side / ROOTS;
    for (int64_t i = 0; i < n; i++) {
        int64_t at[3] = {i % ROOTS, i / ROOTS % ROOTS, i / ROOTS / ROOTS};
        for (int k = 0; k < 3; k++)
            cubes[3 * i + k] = low[k] + (2 * (double)at[k] + 1) * c->half;
    }
    for (;;) {
        int rc = sp_progress_step(progress, "hull", 0, 1);
        uint8_t *keep = rc ? NULL : sp_calloc((size_t)n + 1, 1);
        if (!keep) {
            free(cubes);
            return rc ? rc : SP_ENOMEM;
        }
        c->centres = cubes;
        c->keep = keep;
        sp_pool_run(pool, n, test_cube, c);
        int64_t kept = 0;
        for (int64_t i = 0; i < n; i++)
            if (keep[i]) {
                memmove(cubes + 3 * kept, cubes + 3 * i, 3 * sizeof *cubes);
                kept++;
            }
        free(keep);
        n = kept;
        if (!n || c->half <= smallest)
            break;
        double *finer = sp_calloc((size_t)n * 24, sizeof *finer);
        if (!finer) {
            free(cubes);
            return SP_ENOMEM;
        }
        c->half *= 0.5;
        for (int64_t i = 0; i < 8 * n; i++)
            for (int k = 0; k < 3; k++)
                finer[3 * i + k] = cubes[3 * (i / 8) + k] + (i >> k & 1 ? c->half : -c->half);
        free(cubes);
        cubes = finer;
        n *= 8;
    }
    *centres = cubes;
    *count = n;
    *half = c->half;
    return SP_OK;
}

// The least of what the matte says of a point's places during the exposure, when it moves by so much in it.
static bool claim_of_view(float *metres, const recon_silhouette *s, const double at[3], const double by[3])
{
    if (!recon_silhouette_at(metres, s, at))
        return false;
    for (int side = -1; by && side <= 1; side += 2) {
        float d;
        const double mark = MARK * side;
        const double then[3] = {at[0] + mark * by[0], at[1] + mark * by[1], at[2] + mark * by[2]};
        if (recon_silhouette_at(&d, s, then))
            *metres = fminf(*metres, d);
    }
    return true;
}

// The claim of all views on a point: the least distance after leaving out the views that may be wrong.
static float claim(const carving *c, const double p[3], float background)
{
    float lowest[MOST_TOLERANCE + 1];
    int held = 0, seen = 0, claims = 0, rank = c->tolerance;
    double velocity[3] = {0};
    if (c->flow)
        recon_flow_at(velocity, c->flow, p);
    for (int v = 0; v < c->view_count; v++) {
        float d;
        double dt = c->flow ? c->dt_s[c->views[v]] : 0;
        const double then[3] = {p[0] + dt * velocity[0], p[1] + dt * velocity[1], p[2] + dt * velocity[2]};
        double exposure = c->flow && c->exposure_s ? c->exposure_s[c->views[v]] : 0;
        const double by[3] = {exposure * (velocity[0] + c->drift[0]), exposure * (velocity[1] + c->drift[1]),
                              exposure * (velocity[2] + c->drift[2])};
        bool is_still = by[0] * by[0] + by[1] * by[1] + by[2] * by[2] < c->still_m * c->still_m;
        if (!claim_of_view(&d, &c->silhouettes[c->views[v]], then, is_still ? NULL : by))
            continue;
        seen++;
        claims += d > -background;
        int at = held < rank + 1 ? held++ : rank + 1;
        if (at == rank + 1 && d >= lowest[rank])
            continue;
        if (at == rank + 1)
            at = rank;
        for (; at > 0 && lowest[at - 1] > d; at--)
            lowest[at] = lowest[at - 1];
        lowest[at] = d;
    }
    if (claims < least_where(c, seen) || !held)
        return -background;
    int denials = tolerance_where(c, seen) < rank ? tolerance_where(c, seen) : rank;
    float d = lowest[held <= denials ? held - 1 : denials];
    return d < -background ? -background : d;
}

// Where a view sees a point that moves with the flow.
static void then_of(double at[3], const void *context, int view, const double point[3])
{
    const carving *c = context;
    double velocity[3];
    recon_flow_at(velocity, c->flow, point);
    for (int i = 0; i < 3; i++)
        at[i] = point[i] + c->dt_s[view] * velocity[i];
}

static int drop_phantoms(recon_cubes *cubes, const carving *c, sp_pool *pool)
{
    const recon_when when = {then_of, c};
    return recon_phantoms_drop(cubes, c->silhouettes, c->views, c->view_count, c->flow ? &when : NULL, pool);
}

static void fill_block(void *context, int64_t index, int worker)
{
    (void)worker;
    const carving *c = context;
    recon_hull *hull = c->hull;
    const int *block = c->blocks + 3 * index;
    float background = (float)(RECON_HULL_BAND * hull->voxel_m);
    for (int k = block[2]; k < block[2] + BLOCK && k < hull->size[2]; k++)
        for (int j = block[1]; j < block[1] + BLOCK && j < hull->size[1]; j++)
            for (int i = block[0]; i < block[0] + BLOCK && i < hull->size[0]; i++) {
                double p[3] = {hull->origin[0] + hull->voxel_m * i, hull->origin[1] + hull->voxel_m * j,
                               hull->origin[2] + hull->voxel_m * k};
                hull->field[((size_t)k * (size_t)hull->size[1] + (size_t)j) * (size_t)hull->size[0] +
                            (size_t)i] = claim(c, p, background);
            }
}

// Lay the grid around the kept cubes with a margin of empty voxels.
static int lay_grid(recon_hull *hull, const double *centres, int64_t count, double half,
                    const recon_hull_params *params)
{
    double low[3], high[3];
    for (int i = 0; i < 3; i++) {
        low[i] = INFINITY;
        high[i] = -INFINITY;
    }
    for (int64_t n = 0; n < 3 * count; n++) {
        low[n % 3] = fmin(low[n % 3], centres[n] - half);
        high[n % 3] = fmax(high[n % 3], centres[n] + half);
    }
    double voxel = params->voxel_m;
    for (;; voxel *= 1.1) {
        double cells = 1;
        for (int i = 0; i < 3; i++)
            cells *= ceil((high[i] - low[i]) / voxel) + 2 * RECON_HULL_BAND + 1;
        if (cells <= (double)params->most_cells)
            break;
    }
    hull->voxel_m = voxel;
    size_t cells = 1;
    for (int i = 0; i < 3; i++) {
        hull->size[i] = (int)ceil((high[i] - low[i]) / voxel) + 2 * RECON_HULL_BAND + 1;
        hull->origin[i] = low[i] - RECON_HULL_BAND * voxel;
        cells *= (size_t)hull->size[i];
    }
    hull->field = sp_calloc(cells, sizeof *hull->field);
    if (!hull->field)
        return SP_ENOMEM;
    for (size_t i = 0; i < cells; i++)
        hull->field[i] = (float)(-RECON_HULL_BAND * voxel);
    return SP_OK;
}

// The blocks of the grid that kept cubes (grown by the band) touch, in order; *blocks is the caller's.
static int list_blocks(int **blocks, int64_t *block_count, const recon_hull *hull, const double *centres,
                       int64_t count, double half)
{
    int n[3];
    size_t all = 1;
    for (int i = 0; i < 3; i++) {
        n[i] = (hull->size[i] + BLOCK - 1) / BLOCK;
        all *= (size_t)n[i];
    }
    uint8_t *touched = sp_calloc(all, 1);
    int *list = sp_calloc(3 * all, sizeof *list);
    if (!touched || !list) {
        free(touched);
        free(list);
        return SP_ENOMEM;
    }
    double reach = half + RECON_HULL_BAND * hull->voxel_m, side = BLOCK * hull->voxel_m;
    for (int64_t c = 0; c < count; c++) {
        int from[3], to[3];
        for (int i = 0; i < 3; i++) {
            from[i] = (int)fmax(floor((centres[3 * c + i] - reach - hull->origin[i]) / side), 0);
            to[i] = (int)fmin(floor((centres[3 * c + i] + reach - hull->origin[i]) / side), n[i] - 1);
        }
        for (int z = from[2]; z <= to[2]; z++)
            for (int y = from[1]; y <= to[1]; y++)
                for (int x = from[0]; x <= to[0]; x++)
                    touched[((size_t)z * (size_t)n[1] + (size_t)y) * (size_t)n[0] + (size_t)x] = 1;
    }
    int64_t listed = 0;
    for (size_t b = 0; b < all; b++) {
        if (!touched[b])
            continue;
        list[3 * listed] = (int)(b % (size_t)n[0]) * BLOCK;
        list[3 * listed + 1] = (int)(b / (size_t)n[0] % (size_t)n[1]) * BLOCK;
        list[3 * listed + 2] = (int)(b / (size_t)n[0] / (size_t)n[1]) * BLOCK;
        listed++;
    }
    free(touched);
    *blocks = list;
    *block_count = listed;
    return SP_OK;
}

// Flood the inside from a seed; returns the size. queue has room for every cell.
static int64_t flood(const recon_hull *hull, int32_t *label, int32_t *queue, int32_t seed, int32_t name)
{
    int64_t done = 0, count = 1;
    int32_t sx = hull->size[0], sy = hull->size[1];
    label[seed] = name;
    queue[0] = seed;
    // The band of empty samples around the grid keeps neighbours inside it.
    const int32_t step[6] = {1, -1, sx, -sx, sx * sy, -sx * sy};
    while (done < count) {
        int32_t at = queue[done++];
        for (int s = 0; s < 6; s++) {
            int32_t next = at + step[s];
            if (!label[next] && hull->field[next] > 0) {
                label[next] = name;
                queue[count++] = next;
            }
        }
    }
    return count;
}

int recon_hull_drop_parts(recon_hull *hull, double least_share)
{
    size_t cells = (size_t)hull->size[0] * (size_t)hull->size[1] * (size_t)hull->size[2];
    int32_t *label = sp_calloc(cells, sizeof *label), *queue = sp_calloc(cells, sizeof *queue);
    int64_t largest = 0;
    int rc = label && queue ? SP_OK : SP_ENOMEM;
    for (int pass = 0; !rc && pass < 2; pass++) {
        memset(label, 0, cells * sizeof *label);
        for (size_t i = 0; i < cells; i++) {
            if (label[i] || hull->field[i] <= 0)
                continue;
            int64_t size = flood(hull, label, queue, (int32_t)i, 1);
            if (pass == 0)
                largest = size > largest ? size : largest;
            for (int64_t q = 0; pass == 1 && q < size && (double)size < least_share * (double)largest; q++)
                hull->field[queue[q]] = (float)(-RECON_HULL_BAND * hull->voxel_m);
        }
    }
    free(label);
    free(queue);
    return rc;
}

int recon_hull_carve(recon_hull *out, const recon_silhouette *silhouettes, const bool *used, int count,
                     const recon_hull_params *params, sp_pool *pool, const sp_progress *progress)
{
    recon_hull_params p = params ? *params : recon_hull_params_default();
    recon_hull hull = {0};
    carving c = {.silhouettes = silhouettes,
                 .hull = &hull,
                 .flow = p.flow,
                 .dt_s = p.dt_s,
                 .exposure_s = p.exposure_s,
                 .drift = p.drift};
    for (int v = 0; v < count && c.view_count < MAX_VIEWS; v++)
        if (!used || used[v])
            c.views[c.view_count++] = v;
    *out = hull;
    if (c.view_count < 2)
        return SP_OK;
    choose_rules(&c, &p);
    c.still_m = 2 * p.voxel_m;
    for (int v = 0; p.flow && v < c.view_count; v++)
        c.slack_m = fmax(c.slack_m, fabs(p.dt_s[c.views[v]]) * recon_flow_fastest(p.flow));
    recon_cubes cubes = {0};
    int64_t block_count = 0;
    int *blocks = NULL;
    int rc = refine(&cubes.centres, &cubes.count, &cubes.half, &c, 2 * p.voxel_m, pool, progress);
    if (!rc)
        rc = drop_phantoms(&cubes, &c, pool);
    if (!rc && cubes.count) {
        rc = lay_grid(&hull, cubes.centres, cubes.count, cubes.half, &p);
        if (!rc)
            rc = list_blocks(&blocks, &block_count, &hull, cubes.centres, cubes.count, cubes.half);
        if (!rc) {
            c.blocks = blocks;
            sp_pool_run(pool, block_count, fill_block, &c);
            rc = recon_hull_drop_parts(&hull, LEAST_PART);
        }
    }
    free(cubes.centres);
    free(blocks);
    if (!rc)
        rc = sp_progress_step(progress, "hull", 1, 1);
    if (rc) {
        recon_hull_free(&hull);
        return rc;
    }
    *out = hull;
    return SP_OK;
}

void recon_hull_free(recon_hull *hull)
{
    free(hull->field);
    *hull = (recon_hull){0};
}

float recon_hull_at(const recon_hull *hull, const double world[3], double gradient[3])
{
    int at[3];
    double f[3];
    float outside = (float)(-RECON_HULL_BAND * hull->voxel_m);
    for (int i = 0; i < 3; i++) {
        double g = hull->field ? (world[i] - hull->origin[i]) / hull->voxel_m : -1;
        if (gradient)
            gradient[i] = 0;
        if (!(g >= 0) || g >= hull->size[i] - 1)
            return outside;
        at[i] = (int)g;
        f[i] = g - at[i];
    }
    size_t sx = (size_t)hull->size[0], sxy = sx * (size_t)hull->size[1];
    const float *v = hull->field + (size_t)at[2] * sxy + (size_t)at[1] * sx + (size_t)at[0];
    double c00 = v[0] + f[0] * (v[1] - v[0]), c10 = v[sx] + f[0] * (v[sx + 1] - v[sx]);
    double c01 = v[sxy] + f[0] * (v[sxy + 1] - v[sxy]);
    double c11 = v[sxy + sx] + f[0] * (v[sxy + sx + 1] - v[sxy + sx]);
    double low = c00 + f[1] * (c10 - c00), high = c01 + f[1] * (c11 - c01);
    if (gradient) {
        double d00 = v[1] - v[0], d10 = v[sx + 1] - v[sx], d01 = v[sxy + 1] - v[sxy];
        double d11 = v[sxy + sx + 1] - v[sxy + sx];
        double d0 = d00 + f[1] * (d10 - d00), d1 = d01 + f[1] * (d11 - d01);
        gradient[0] = (d0 + f[2] * (d1 - d0)) / hull->voxel_m;
        gradient[1] = ((c10 - c00) + f[2] * ((c11 - c01) - (c10 - c00))) / hull->voxel_m;
        gradient[2] = (high - low) / hull->voxel_m;
    }
    return (float)(low + f[2] * (high - low));
}

double recon_hull_volume(const recon_hull *hull)
{
    size_t cells = (size_t)hull->size[0] * (size_t)hull->size[1] * (size_t)hull->size[2];
    double sum = 0;
    for (size_t i = 0; i < cells; i++) {
        double share = 0.5 + hull->field[i] / hull->voxel_m;
        sum += share < 0 ? 0 : share > 1 ? 1 : share;
    }
    return sum * hull->voxel_m * hull->voxel_m * hull->voxel_m;
}
