#include "shadow.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CELL_M 0.03
#define MOST_CELLS 300 // a side
#define MARGIN_CELLS 12
// A shadow takes at least this much light; views agree when their ratios are this close.
#define LEAST_DARKENING 0.06f
#define SAME_RATIO 0.10f
#define AGREEING_SHARE 0.55
#define LEAST_AGREEING 3
// How far a pixel may be from the plate in shadow, 0..1, and still be it.
#define TOLERANCE 0.07f
#define GAP_ROUNDS 2
#define FLOOR_REACH_M 60
// A layer a little above the floor, so that the floor's own splats do not cover it.
#define LAYER_M 0.005
#define THICKNESS_M 0.001

// Means over 3x3 pixels of image and plate (in the image's exposure) where the view sees a floor point.
static bool sample_floor(float image[3], float plate[3], const sp_view *view, double x, double y)
{
    sp_vec2 px;
    if (!view->image || !view->plate || !sp_camera_project(&px, &view->camera, sp_v3(x, y, 0)))
        return false;
    int w = view->image->width, h = view->image->height;
    if (px.x < 2 || px.y < 2 || px.x >= w - 2 || px.y >= h - 2)
        return false;
    int sums[6] = {0};
    for (int dy = -1; dy <= 1; dy++)
        for (int dx = -1; dx <= 1; dx++) {
            size_t at = 3 * ((size_t)((int)px.y + dy) * (size_t)w + (size_t)((int)px.x + dx));
            for (int c = 0; c < 3; c++) {
                sums[c] += view->image->data[at + (size_t)c];
                sums[3 + c] += view->plate->data[at + (size_t)c];
            }
        }
    for (int c = 0; c < 3; c++) {
        image[c] = (float)sums[c] / (9 * 255);
        plate[c] = (float)view->gains[c] * (float)sums[3 + c] / (9 * 255) + (float)view->gains[3 + c];
    }
    return true;
}

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

#define MOST_VIEWS 64

typedef struct shadow_job {
    const recon_shadow *shadow;
    recon_scene *scene;
    const sp_view *views;
    int count;
    int *codes;
} shadow_job;

// What the views that agree see of the light at one floor point, per channel; false when it is not a shadow.
static bool common_light(float light[3], const shadow_job *job, double x, double y)
{
    float ratios[MOST_VIEWS][3], means[MOST_VIEWS], sorted[MOST_VIEWS];
    int seen = 0, agreeing = 0;
    for (int v = 0; v < job->count && seen < MOST_VIEWS; v++) {
        float image[3], plate[3];
        if (!sample_floor(image, plate, &job->views[v], x, y))
            continue;
        float a = 0, b = 0.01f;
        for (int c = 0; c < 3; c++) {
            ratios[seen][c] = (image[c] + 0.01f) / (plate[c] + 0.01f);
            a += image[c];
            b += plate[c];
        }
        means[seen] = sorted[seen] = a / b;
        seen++;
    }
    if (seen < LEAST_AGREEING)
        return false;
    qsort(sorted, (size_t)seen, sizeof *sorted, by_value);
    float middle = sorted[seen / 2], sum[3] = {0};
    for (int v = 0; v < seen; v++) {
        if (fabsf(means[v] - middle) > SAME_RATIO)
            continue;
        agreeing++;
        for (int c = 0; c < 3; c++)
            sum[c] += ratios[v][c];
    }
    if (middle > 1 - LEAST_DARKENING || agreeing < LEAST_AGREEING || agreeing < AGREEING_SHARE * seen)
        return false;
    for (int c = 0; c < 3; c++)
        light[c] = fminf(fmaxf(sum[c] / (float)agreeing, 0), 1);
    return true;
}

static void measure_row(void *context, int64_t row, int worker)
{
    (void)worker;
    const shadow_job *job = context;
    const recon_shadow *s = job->shadow;
    size_t cells = (size_t)s->size[0] * (size_t)s->size[1];
    for (int i = 0; i < s->size[0]; i++) {
        float light[3] = {1, 1, 1};
        common_light(light, job, s->origin[0] + s->cell_m * (i + 0.5),
                     s->origin[1] + s->cell_m * ((double)row + 0.5));
        for (size_t c = 0; c < 3; c++)
            s->light[c * cells + (size_t)row * (size_t)s->size[0] + (size_t)i] = light[c];
    }
}

// Where the view's pixel meets the floor.
static bool floor_point(double at[2], const sp_camera *pinhole, double px, double py)
{
    sp_vec3 d, c = sp_camera_center(pinhole);
    if (!sp_camera_ray(&d, pinhole, (sp_vec2){px, py}) || d.z > -0.02)
        return false;
    double t = -c.z / d.z;
    at[0] = c.x + t * d.x;
    at[1] = c.y + t * d.y;
    return t > 0 && t < FLOOR_REACH_M;
}

// Grow the bounds by where the view's matte meets the floor.
static void bound_view(double low[2], double high[2], const recon_scene_view *view)
{
    for (int y = 1; y < view->full.height; y += 4)
        for (int x = 1; x < view->full.width; x += 4) {
            double at[2];
            if (view->matte.data[(size_t)y * (size_t)view->full.width + (size_t)x] <= 0.5f ||
                !floor_point(at, &view->full, x + 0.5, y + 0.5))
                continue;
            for (int i = 0; i < 2; i++) {
                low[i] = fmin(low[i], at[i]);
                high[i] = fmax(high[i], at[i]);
            }
        }
}

// The floor where the mattes of all views may meet: the intersection of what each covers.
static bool bound_floor(double low[2], double high[2], const recon_scene *scene)
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
        bound_view(l, h, &scene->views[v]);
        if (l[0] > h[0])
            continue;
        views++;
        for (int i = 0; i < 2; i++) {
            low[i] = fmax(low[i], l[i]);
            high[i] = fmin(high[i], h[i]);
        }
    }
    return views >= LEAST_AGREEING && low[0] < high[0] && low[1] < high[1];
}

// Cells that say nothing (a painted line's edge, an athlete before them in most views) take the mean of the
// cells around when most of those are in shadow.
static int fill_gaps(recon_shadow *s)
{
    int w = s->size[0], h = s->size[1];
    size_t cells = (size_t)w * (size_t)h;
    float *filled = sp_calloc(3 * cells, sizeof *filled);
    if (!filled)
        return SP_ENOMEM;
    for (int round = 0; round < GAP_ROUNDS; round++) {
        memcpy(filled, s->light, 3 * cells * sizeof *filled);
        for (int y = 1; y < h - 1; y++)
            for (int x = 1; x < w - 1; x++) {
                size_t at = (size_t)y * (size_t)w + (size_t)x;
                float sum[3] = {0};
                int dark = 0;
                for (int n = 0; n < 9 && s->light[at] >= 1; n++) {
                    size_t near = (size_t)(y + n / 3 - 1) * (size_t)w + (size_t)(x + n % 3 - 1);
                    if (s->light[near] >= 1)
                        continue;
                    dark++;
                    for (size_t c = 0; c < 3; c++)
                        sum[c] += s->light[c * cells + near];
                }
                for (size_t c = 0; dark >= 4 && c < 3; c++)
                    filled[c * cells + at] = sum[c] / (float)dark;
            }
        memcpy(s->light, filled, 3 * cells * sizeof *filled);
    }
    free(filled);
    return SP_OK;
}

int recon_shadow_measure(recon_shadow *out, const recon_scene *scene, const sp_view *views, int count,
                         sp_pool *pool)
{
    recon_shadow shadow = {.cell_m = CELL_M};
    double low[2], high[2];
    *out = (recon_shadow){0};
    if (!bound_floor(low, high, scene))
        return SP_OK;
    double reach = fmax(high[0] - low[0], high[1] - low[1]) + 2 * MARGIN_CELLS * CELL_M;
    shadow.cell_m = fmax(CELL_M, reach / MOST_CELLS);
    for (int i = 0; i < 2; i++) {
        shadow.origin[i] = low[i] - MARGIN_CELLS * CELL_M;
        shadow.size[i] = (int)ceil((high[i] - low[i] + 2 * MARGIN_CELLS * CELL_M) / shadow.cell_m);
    }
    shadow.light = sp_calloc(3 * (size_t)shadow.size[0] * (size_t)shadow.size[1], sizeof *shadow.light);
    if (!shadow.light)
        return SP_ENOMEM;
    shadow_job job = {.shadow = &shadow, .views = views, .count = count};
    sp_pool_run(pool, shadow.size[1], measure_row, &job);
    int rc = fill_gaps(&shadow);
    if (rc) {
        recon_shadow_free(&shadow);
        return rc;
    }
    *out = shadow;
    return SP_OK;
}

void recon_shadow_free(recon_shadow *shadow)
{
    free(shadow->light);
    *shadow = (recon_shadow){0};
}

static bool is_shadow(const shadow_job *job, const sp_view *view, const double at[2])
{
    const recon_shadow *s = job->shadow;
    int i = (int)floor((at[0] - s->origin[0]) / s->cell_m),
        j = (int)floor((at[1] - s->origin[1]) / s->cell_m);
    if (i < 0 || j < 0 || i >= s->size[0] || j >= s->size[1])
        return false;
    size_t cells = (size_t)s->size[0] * (size_t)s->size[1], cell = (size_t)j * (size_t)s->size[0] + (size_t)i;
    float image[3], plate[3];
    if (s->light[cell] >= 1 || !sample_floor(image, plate, view, at[0], at[1]))
        return false;
    for (size_t c = 0; c < 3; c++)
        if (fabsf(image[c] - s->light[c * cells + cell] * plate[c]) > TOLERANCE)
            return false;
    return true;
}

static void clear_view(void *context, int64_t v, int worker)
{
    (void)worker;
    shadow_job *job = context;
    recon_scene_view *view = &job->scene->views[v];
    if (!view->used)
        return;
    bool changed = false;
    for (int y = 0; y < view->full.height; y++)
        for (int x = 0; x < view->full.width; x++) {
            float *matte = &view->matte.data[(size_t)y * (size_t)view->full.width + (size_t)x];
            double at[2];
            if (*matte > 0 && floor_point(at, &view->full, x + 0.5, y + 0.5) &&
                is_shadow(job, &job->views[v], at)) {
                *matte = 0;
                changed = true;
            }
        }
    if (!changed)
        return;
    recon_silhouette_free(&view->silhouette);
    job->codes[v] = recon_silhouette_init(&view->silhouette, &view->full, &view->matte,
                                          view->valid.data ? &view->valid : NULL);
}

int recon_shadow_clear(recon_scene *scene, const recon_shadow *shadow, const sp_view *views, sp_pool *pool)
{
    if (!shadow->light)
        return SP_OK;
    shadow_job job = {shadow, scene, views, scene->count, sp_calloc((size_t)scene->count, sizeof(int))};
    int rc = job.codes ? SP_OK : SP_ENOMEM;
    if (!rc)
        sp_pool_run(pool, scene->count, clear_view, &job);
    for (int v = 0; !rc && v < scene->count; v++)
        rc = job.codes[v] ? sp_error(job.codes[v], "memory ran out while shadows were cleared") : SP_OK;
    free(job.codes);
    return rc;
}

int recon_shadow_splats(sp_splat_cloud *cloud, const recon_shadow *s)
{
    size_t cells = (size_t)s->size[0] * (size_t)s->size[1], dark = 0;
    for (size_t i = 0; i < cells; i++)
        dark += s->light[i] < 1 - LEAST_DARKENING;
    int rc = sp_splat_cloud_reserve(cloud, cloud->count + dark);
    // Gaussians of this deviation on a grid add up to an optical depth that is flat to 1%.
    double sigma = 0.6 * s->cell_m, share = s->cell_m * s->cell_m / (2 * M_PI * sigma * sigma);
    for (size_t i = 0; !rc && i < cells; i++) {
        double light = (s->light[i] + s->light[cells + i] + s->light[2 * cells + i]) / 3;
        if (s->light[i] >= 1 - LEAST_DARKENING || light >= 1)
            continue;
        size_t n = cloud->count++;
        const double at[3] = {s->origin[0] + s->cell_m * ((double)(i % (size_t)s->size[0]) + 0.5),
                              s->origin[1] + s->cell_m * ((double)(i / (size_t)s->size[0]) + 0.5), LAYER_M};
        const double scale[3] = {sigma, sigma, THICKNESS_M};
        double opacity = fmin(1 - pow(fmax(light, 0.02), share), 0.95);
        for (int row = 0; row < sp_splat_rows(cloud->sh_degree); row++)
            sp_splat_row(cloud, row)[n] = 0;
        for (int a = 0; a < 3; a++) {
            sp_splat_row(cloud, SP_ROW_POSITION + a)[n] = (float)at[a];
            sp_splat_row(cloud, SP_ROW_LOG_SCALE + a)[n] = (float)log(scale[a]);
            sp_splat_row(cloud, SP_ROW_SH + a)[n] = (float)(-0.5 / SP_SH_C0);
        }
        sp_splat_row(cloud, SP_ROW_ROTATION)[n] = 1;
        sp_splat_row(cloud, SP_ROW_OPACITY)[n] = (float)log(opacity / (1 - opacity));
    }
    return rc;
}

bool sp_recon_is_shadow(const sp_splat_cloud *cloud, size_t splat)
{
    return sp_splat_row(cloud, SP_ROW_POSITION + 2)[splat] == (float)LAYER_M &&
           sp_splat_row(cloud, SP_ROW_LOG_SCALE + 2)[splat] == (float)log(THICKNESS_M) &&
           sp_splat_row(cloud, SP_ROW_ROTATION)[splat] == 1;
}
