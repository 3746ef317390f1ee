#include "unseen.h"
#include "neighbours.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WELL_SEEN 0.5f // trust from which on a splat keeps its colour ...
#define ILL_SEEN 0.25f // ... and up to which it gets that of others: outlines are no finer than this
#define IN_FRONT 0.8 // of all splats are seen less than a whole one: more than half are turned away or hidden
#define HIDDEN 0.15f // less is seen through others only
#define REACH_SPACINGS 2.5
#define FOUND 48
#define CHUNK 512
// Mean directions of sight shorter than this leave higher SH terms as they are: 0.97 is two views 28 degrees
// apart.
#define ONE_DIRECTION 0.995f
#define MORE_DIRECTIONS 0.97f
#define SH_C1 0.4886025119f

// What the views together see of each splat.
typedef struct sight {
    float *trust;    // of the view that sees it best: the share of it that nothing hides, times the cosine
    float *along[3]; // directions of sight, weighted by what is seen
    float *weight;
    float *memory;
} sight;

static int sight_init(sight *s, size_t count)
{
    s->memory = sp_calloc(5 * count + 1, sizeof *s->memory);
    if (!s->memory)
        return SP_ENOMEM;
    s->trust = s->memory;
    s->weight = s->memory + count;
    for (size_t k = 0; k < 3; k++)
        s->along[k] = s->memory + (2 + k) * count;
    return SP_OK;
}

// ---- What a view sees

static sp_mat3 axes_of(const sp_splat_cloud *cloud, size_t i)
{
    const double q[4] = {sp_splat_row(cloud, SP_ROW_ROTATION)[i], sp_splat_row(cloud, SP_ROW_ROTATION + 1)[i],
                         sp_splat_row(cloud, SP_ROW_ROTATION + 2)[i],
                         sp_splat_row(cloud, SP_ROW_ROTATION + 3)[i]};
    return sp_quat_to_m3((sp_quat){q[0], q[1], q[2], q[3]});
}

static sp_vec3 place_of(const sp_splat_cloud *cloud, size_t i)
{
    return sp_v3(sp_splat_row(cloud, SP_ROW_POSITION)[i], sp_splat_row(cloud, SP_ROW_POSITION + 1)[i],
                 sp_splat_row(cloud, SP_ROW_POSITION + 2)[i]);
}

// Cosine between the line of sight and the thinnest axis, either way: splats have no back.
static double squareness(const sp_splat_cloud *cloud, size_t i, sp_vec3 along)
{
    int thin = 0;
    for (int a = 1; a < 3; a++)
        if (sp_splat_row(cloud, SP_ROW_LOG_SCALE + a)[i] < sp_splat_row(cloud, SP_ROW_LOG_SCALE + thin)[i])
            thin = a;
    sp_mat3 axes = axes_of(cloud, i);
    return fabs(axes.m[thin] * along.x + axes.m[3 + thin] * along.y + axes.m[6 + thin] * along.z);
}

// Pixels that the splat would add to a picture if nothing stood before it: 2 pi times the root of its
// projected covariance's determinant, times its opacity.
static double unhidden(const sp_splat_cloud *cloud, size_t i, const sp_camera *camera, double low_pass)
{
    sp_vec3 at = sp_camera_to_cam(camera, place_of(cloud, i));
    if (at.z < 0.05)
        return INFINITY;
    sp_mat3 axes = axes_of(cloud, i);
    double xx = low_pass, xy = 0, yy = low_pass;
    for (int a = 0; a < 3; a++) {
        double scale = exp(sp_splat_row(cloud, SP_ROW_LOG_SCALE + a)[i]);
        sp_vec3 axis = sp_m3_apply(camera->rotation, sp_v3(axes.m[a], axes.m[3 + a], axes.m[6 + a]));
        double u = camera->fx * scale * (axis.x - axis.z * at.x / at.z) / at.z;
        double v = camera->fy * scale * (axis.y - axis.z * at.y / at.z) / at.z;
        xx += u * u;
        xy += u * v;
        yy += v * v;
    }
    double opacity = 1 / (1 + exp(-(double)sp_splat_row(cloud, SP_ROW_OPACITY)[i]));
    return 2 * M_PI * sqrt(fmax(xx * yy - xy * xy, 1e-12)) * opacity;
}

typedef struct view_job {
    const sp_splat_cloud *cloud;
    float *share; // of each splat: what it adds to the view's picture; then what part of it is seen
    const sp_camera *camera;
    double low_pass, whole; // share that counts as all of a splat
    sight *sight;
} view_job;

static void share_chunk(void *context, int64_t chunk, int worker)
{
    (void)worker;
    const view_job *job = context;
    size_t begin = (size_t)chunk * CHUNK, end = begin + CHUNK;
    for (size_t i = begin; i < end && i < job->cloud->count; i++)
        if (job->share[i] > 0)
            job->share[i] /= (float)unhidden(job->cloud, i, job->camera, job->low_pass);
}

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

// Of splats that overlap, each is hidden in part by those beside it: what those that lie in front have.
static int whole_share(double *out, const view_job *job)
{
    size_t count = job->cloud->count;
    float *sorted = sp_calloc(count + 1, sizeof *sorted);
    if (!sorted)
        return SP_ENOMEM;
    memcpy(sorted, job->share, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_value);
    size_t last = count > 0 ? count - 1 : 0;
    *out = fmax(sorted[(size_t)(IN_FRONT * (double)last)], 1e-3);
    free(sorted);
    return SP_OK;
}

static void see_chunk(void *context, int64_t chunk, int worker)
{
    (void)worker;
    const view_job *job = context;
    sp_vec3 eye = sp_camera_center(job->camera);
    size_t begin = (size_t)chunk * CHUNK, end = begin + CHUNK;
    for (size_t i = begin; i < end && i < job->cloud->count; i++) {
        if (job->share[i] <= 0)
            continue;
        sp_vec3 along = sp_v3_unit(sp_v3_sub(place_of(job->cloud, i), eye));
        float trust = (float)(fmin(job->share[i] / job->whole, 1) * squareness(job->cloud, i, along));
        job->sight->trust[i] = fmaxf(job->sight->trust[i], trust);
        const double d[3] = {along.x, along.y, along.z};
        for (int k = 0; k < 3; k++)
            job->sight->along[k][i] += trust * (float)d[k];
        job->sight->weight[i] += trust;
    }
}

// d(sum of the picture) / d(a splat's colour) is what the splat adds to the picture.
static int see(sight *s, const sp_splat_cloud *cloud, const sp_splat_cloud *grey, sp_splat_cloud *gradient,
               const sp_camera *camera, sp_renderer *renderer, sp_pool *pool)
{
    sp_image rgb = {0}, ones = {0};
    sp_render_target target = {.rgb = &rgb};
    sp_render_gradient wanted = {.cloud = gradient};
    int rc = sp_image_init(&rgb, camera->width, camera->height, 3);
    if (!rc)
        rc = sp_image_init(&ones, camera->width, camera->height, 3);
    for (size_t i = 0; !rc && i < (size_t)camera->width * (size_t)camera->height; i++)
        ones.data[i] = 1; // of the first channel
    if (!rc)
        rc = sp_renderer_draw(renderer, grey, camera, &target);
    if (!rc)
        rc = sp_renderer_backward(renderer, grey, &ones, NULL, &wanted);
    float *added = sp_splat_row(gradient, SP_ROW_SH);
    for (size_t i = 0; !rc && i < cloud->count; i++)
        added[i] /= (float)SP_SH_C0;
    view_job job = {cloud, added, camera, sp_render_params_default().low_pass_px2, 1, s};
    int64_t chunks = (int64_t)(cloud->count + CHUNK - 1) / CHUNK;
    if (!rc) {
        sp_pool_run(pool, chunks, share_chunk, &job);
        rc = whole_share(&job.whole, &job);
    }
    if (!rc)
        sp_pool_run(pool, chunks, see_chunk, &job);
    memset(gradient->data, 0,
           (size_t)sp_splat_rows(gradient->sh_degree) * gradient->capacity * sizeof *gradient->data);
    sp_image_free(&rgb);
    sp_image_free(&ones);
    return rc;
}

// The cloud without colours: black splats would have no gradient.
static int make_grey(sp_splat_cloud *out, const sp_splat_cloud *cloud)
{
    int rc = sp_splat_cloud_init(out, cloud->capacity, 0);
    if (rc)
        return rc;
    out->count = cloud->count;
    for (int row = 0; row < SP_ROW_SH; row++)
        memcpy(sp_splat_row(out, row), sp_splat_row(cloud, row), cloud->count * sizeof(float));
    return SP_OK;
}

static int see_all(sight *s, const sp_splat_cloud *cloud, const recon_scene *scene, sp_kernels kernels,
                   sp_pool *pool)
{
    sp_splat_cloud grey = {0}, gradient = {0};
    sp_renderer *renderer = NULL;
    sp_render_params params = sp_render_params_default();
    params.kernels = kernels;
    int rc = make_grey(&grey, cloud);
    if (!rc)
        rc = sp_splat_cloud_init(&gradient, cloud->capacity, 0);
    if (!rc)
        rc = sp_renderer_open(&renderer, &params, pool);
    gradient.count = cloud->count;
    for (int v = 0; v < scene->count && !rc; v++)
        if (scene->views[v].used && scene->views[v].crop.width)
            rc = see(s, cloud, &grey, &gradient, &scene->views[v].crop, renderer, pool);
    sp_renderer_close(&renderer);
    sp_splat_cloud_free(&grey);
    sp_splat_cloud_free(&gradient);
    return rc;
}

// ---- Colours of others

static float between(float value, float none, float all)
{
    float share = (value - none) / (all - none);
    return share < 0 ? 0 : share > 1 ? 1 : share;
}

// What a direction of sight adds to each channel by terms of the first degree, where there are any (d: unit,
// from the eye).
static void first_degree(float out[3], const sp_splat_cloud *cloud, size_t i, const float d[3])
{
    const float basis[3] = {-SH_C1 * d[1], SH_C1 * d[2], -SH_C1 * d[0]};
    for (int c = 0; c < 3; c++) {
        out[c] = 0;
        for (int k = 0; k < 3 && cloud->sh_degree > 0; k++)
            out[c] += basis[k] * sp_splat_row(cloud, SP_ROW_SH + 3 * (k + 1) + c)[i];
    }
}

// Higher terms go where only one direction was seen; what they add in that one goes into the constant.
static void forget_directions(sp_splat_cloud *cloud, size_t i, const sight *seen)
{
    float d[3], square = 0, added[3];
    for (int k = 0; k < 3; k++) {
        d[k] = seen->weight[i] > 0 ? seen->along[k][i] / seen->weight[i] : 0;
        square += d[k] * d[k];
    }
    float length = sqrtf(square), keep = length > 0 ? between(length, ONE_DIRECTION, MORE_DIRECTIONS) : 0;
    for (int k = 0; k < 3 && length > 0; k++)
        d[k] /= length;
    first_degree(added, cloud, i, d);
    for (int c = 0; c < 3; c++)
        sp_splat_row(cloud, SP_ROW_SH + c)[i] += (1 - keep) * added[c] / (float)SP_SH_C0;
    for (int row = SP_ROW_SH + 3; row < sp_splat_rows(cloud->sh_degree); row++)
        sp_splat_row(cloud, row)[i] *= keep;
}

// The mean colour of the surface around a splat; false where there is none.
static bool surface_colour(float rgb[3], const recon_points *points, const recon_neighbours *grid,
                           sp_vec3 place)
{
    int32_t found[FOUND];
    const float at[3] = {(float)place.x, (float)place.y, (float)place.z};
    int n = recon_neighbours_near(grid, at, grid->cell_m, found, FOUND);
    for (int c = 0; c < 3; c++) {
        rgb[c] = 0;
        for (int k = 0; k < n; k++)
            rgb[c] += points->colour[c][found[k]] / (float)n;
    }
    return n > 0;
}

typedef struct colour_job {
    sp_splat_cloud *cloud;
    const recon_points *points;
    const recon_neighbours *grid;
    const sight *seen;
} colour_job;

static void colour_chunk(void *context, int64_t chunk, int worker)
{
    (void)worker;
    const colour_job *job = context;
    sp_splat_cloud *cloud = job->cloud;
    size_t begin = (size_t)chunk * CHUNK, end = begin + CHUNK;
    for (size_t i = begin; i < end && i < cloud->count; i++) {
        float rgb[3], own = between(job->seen->trust[i], ILL_SEEN, WELL_SEEN);
        forget_directions(cloud, i, job->seen);
        if (own >= 1 || !surface_colour(rgb, job->points, job->grid, place_of(cloud, i)))
            continue;
        for (int c = 0; c < 3; c++) {
            float *colour = &sp_splat_row(cloud, SP_ROW_SH + c)[i];
            *colour = own * *colour + (1 - own) * (rgb[c] - 0.5f) / (float)SP_SH_C0;
        }
        for (int row = SP_ROW_SH + 3; row < sp_splat_rows(cloud->sh_degree); row++)
            sp_splat_row(cloud, row)[i] *= own;
    }
}

int recon_unseen_split(sp_splat_cloud *unseen, sp_splat_cloud *cloud, const recon_scene *scene,
                       sp_kernels kernels, sp_pool *pool)
{
    sight seen;
    sp_splat_cloud aside = {0};
    uint8_t *keep = sp_calloc(cloud->count + 1, 1);
    int rc = keep ? sight_init(&seen, cloud->count) : SP_ENOMEM;
    if (rc) {
        free(keep);
        return rc;
    }
    rc = see_all(&seen, cloud, scene, kernels, pool);
    if (!rc)
        rc = sp_splat_cloud_copy(&aside, cloud);
    for (size_t i = 0; i < cloud->count; i++)
        keep[i] = seen.trust[i] < HIDDEN;
    if (!rc) {
        sp_splat_cloud_filter(&aside, keep);
        for (size_t i = 0; i < cloud->count; i++)
            keep[i] = !keep[i];
        sp_splat_cloud_filter(cloud, keep);
        *unseen = aside;
    }
    free(keep);
    free(seen.memory);
    return rc;
}

int recon_unseen_colour(sp_splat_cloud *cloud, const recon_points *points, const recon_scene *scene,
                        sp_kernels kernels, sp_pool *pool)
{
    sight seen;
    recon_neighbours grid = {0};
    int rc = sight_init(&seen, cloud->count);
    if (rc)
        return rc;
    rc = see_all(&seen, cloud, scene, kernels, pool);
    if (!rc)
        rc = recon_neighbours_init(&grid, points->position[0], points->position[1], points->position[2],
                                   points->count, REACH_SPACINGS * points->spacing_m);
    colour_job job = {cloud, points, &grid, &seen};
    if (!rc)
        sp_pool_run(pool, (int64_t)(cloud->count + CHUNK - 1) / CHUNK, colour_chunk, &job);
    recon_neighbours_free(&grid);
    free(seen.memory);
    return rc;
}
