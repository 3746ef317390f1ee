#include "shadow.h"
#include "undistort.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CELL_M 0.03
#define MOST_CELL_M 0.12
#define MOST_CELLS 300 // a side
#define MARGIN_M 0.36
// Cells grow until the renderer's low pass spreads their splats by no more than this.
#define MOST_SPREAD 1.08
#define LOW_PASS_PX2 0.3
// What a shadow's cells are looked for with at first, over all of the floor within reach.
#define COARSE_M 0.2
#define COARSE_REACH_M 25.0
// Groups of coarse cells that together take less light than this share of the largest are chance.
#define LEAST_GROUP 0.2
// A shadow takes at least this much light; views agree when their ratios are this close.
#define LEAST_DARKENING 0.06f
#define SAME_RATIO 0.10f
#define AGREEING_SHARE 0.4
#define LEAST_AGREEING 3
// Between these darkenings the penumbra fades out, so that noise and exposure leave no veil and no edge.
#define FADE_FROM 0.015f
#define FADE_TO 0.05f
// How far a pixel may be from the plate in shadow, 0..1, and still be it; and how far its darkness from that
// of the cell.
#define TOLERANCE 0.07f
#define SAME_DARKNESS 0.2f
#define GAP_ROUNDS 3
#define FLOOR_REACH_M 60

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

// What one view sees of a floor point.
typedef struct floor_look {
    float ratio[3], plate[3]; // image over plate, per channel
    float light;              // the same of all channels together
    float weight;             // pixels that a piece of floor has: a view from low down sees a blurred shadow
} floor_look;

static int by_light(const void *a, const void *b)
{
    float x = ((const floor_look *)a)->light, y = ((const floor_look *)b)->light;
    return (x > y) - (x < y);
}

static bool look_at_floor(floor_look *out, const sp_view *view, double x, double y)
{
    float image[3], a = 0, b = 0.01f;
    if (!sample_floor(image, out->plate, view, x, y))
        return false;
    for (int c = 0; c < 3; c++) {
        out->ratio[c] = (image[c] + 0.01f) / (out->plate[c] + 0.01f);
        a += image[c];
        b += out->plate[c];
    }
    sp_vec3 from = sp_camera_center(&view->camera), to = sp_v3_sub(sp_v3(x, y, 0), from);
    double distance = sp_v3_norm(to), across = view->camera.fx / distance;
    out->light = a / b;
    out->weight = (float)(across * across * from.z / distance);
    return from.z > 0;
}

// The light at which half of the weight lies on either side; looks are sorted.
static float middle_light(const floor_look *looks, int count)
{
    float total = 0, sum = 0;
    for (int i = 0; i < count; i++)
        total += looks[i].weight;
    for (int i = 0; i < count; i++)
        if ((sum += looks[i].weight) >= 0.5f * total)
            return looks[i].light;
    return looks[count - 1].light;
}

#define MOST_VIEWS 64

typedef struct shadow_job {
    const recon_shadow *shadow;
    recon_scene *scene;
    const sp_view *views;
    int count;
    int *codes;
} shadow_job;

// What the views that agree see of the light at one floor point, and of the floor's own colour, per channel;
// false when they do not agree or the light is whole.
static bool common_light(float light[3], float floor[3], const shadow_job *job, double x, double y)
{
    floor_look looks[MOST_VIEWS];
    int seen = 0, agreeing = 0;
    for (int v = 0; v < job->count && seen < MOST_VIEWS; v++)
        seen += look_at_floor(&looks[seen], &job->views[v], x, y);
    if (seen < LEAST_AGREEING)
        return false;
    qsort(looks, (size_t)seen, sizeof *looks, by_light);
    float middle = middle_light(looks, seen), lights[3] = {0}, floors[3] = {0}, total = 0;
    for (int i = 0; i < seen; i++) {
        if (fabsf(looks[i].light - middle) > SAME_RATIO)
            continue;
        agreeing++;
        total += looks[i].weight;
        for (int c = 0; c < 3; c++) {
            lights[c] += looks[i].weight * looks[i].ratio[c];
            floors[c] += looks[i].weight * looks[i].plate[c];
        }
    }
    if (middle > 1 - FADE_FROM || agreeing < LEAST_AGREEING || agreeing < AGREEING_SHARE * seen)
        return false;
    for (int c = 0; c < 3; c++) {
        light[c] = fminf(fmaxf(lights[c] / total, 0), 1);
        floor[c] = fminf(fmaxf(floors[c] / total, 0), 1);
    }
    return true;
}

static void measure_row(void *context, int64_t row, int worker)
{
    (void)worker;
    const shadow_job *job = context;
    const recon_shadow *s = job->shadow;
    size_t cells = (size_t)s->size[0] * (size_t)s->size[1];
    for (int i = 0; i < s->size[0]; i++) {
        float light[3] = {1, 1, 1}, floor[3] = {0};
        common_light(light, floor, job, s->origin[0] + s->cell_m * (i + 0.5),
                     s->origin[1] + s->cell_m * ((double)row + 0.5));
        for (size_t c = 0; c < 3; c++) {
            s->light[c * cells + (size_t)row * (size_t)s->size[0] + (size_t)i] = light[c];
            s->floor[c * cells + (size_t)row * (size_t)s->size[0] + (size_t)i] = floor[c];
        }
    }
}

static int field_init(recon_shadow *out, const double low[2], const double high[2], double cell_m)
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
static void bound_view(double low[2], double high[2], const recon_scene_view *view, const sp_view *seen)
{
    sp_camera camera = recon_pinhole(&seen->camera); // the floor stands still, view->full may not
    for (int y = 1; y < view->full.height; y += 4)
        for (int x = 1; x < view->full.width; x += 4) {
            double at[2];
            if (view->matte.data[(size_t)y * (size_t)view->full.width + (size_t)x] <= 0.5f ||
                !floor_point(at, &camera, x + 0.5, y + 0.5))
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
    return views >= LEAST_AGREEING && low[0] < high[0] && low[1] < high[1];
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

static float darkness(const recon_shadow *s, size_t cell)
{
    size_t cells = (size_t)s->size[0] * (size_t)s->size[1];
    return 1 - (s->light[cell] + s->light[cells + cell] + s->light[2 * cells + cell]) / 3;
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
        g.darkness += (double)darkness(s, (size_t)queue[done]);
        for (int i = 0; i < 2; i++) {
            g.low[i] = fmin(g.low[i], s->origin[i] + s->cell_m * (at[i] - 1));
            g.high[i] = fmax(g.high[i], s->origin[i] + s->cell_m * (at[i] + 2));
        }
        for (int n = 0; n < 9; n++) {
            int x = at[0] + n % 3 - 1, y = at[1] + n / 3 - 1, next = y * w + x;
            if (x < 0 || y < 0 || x >= w || y >= s->size[1] || is_taken[next] ||
                darkness(s, (size_t)next) < LEAST_DARKENING)
                continue;
            is_taken[next] = true;
            queue[count++] = next;
        }
    }
    return g;
}

// Grow the bounds by the groups of dark cells that are not chance.
static int bound_groups(double low[2], double high[2], const recon_shadow *s)
{
    int cells = s->size[0] * s->size[1], *queue = sp_calloc((size_t)cells, sizeof *queue);
    bool *is_taken = sp_calloc((size_t)cells, sizeof *is_taken);
    double darkest = 0;
    int rc = queue && is_taken ? SP_OK : SP_ENOMEM;
    for (int pass = 0; !rc && pass < 2; pass++) {
        memset(is_taken, 0, (size_t)cells * sizeof *is_taken);
        for (int i = 0; i < cells; i++) {
            if (is_taken[i] || darkness(s, (size_t)i) < LEAST_DARKENING)
                continue;
            shadow_group g = flood_group(s, is_taken, queue, i);
            darkest = fmax(darkest, g.darkness);
            for (int a = 0; a < 2 && pass == 1 && g.darkness >= LEAST_GROUP * darkest; a++) {
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
static int bound_floor(double low[2], double high[2], const recon_scene *scene, const sp_view *views,
                       int count, sp_pool *pool)
{
    recon_shadow coarse = {0};
    double l[2], h[2];
    for (int i = 0; i < 2; i++) {
        low[i] = INFINITY;
        high[i] = -INFINITY;
    }
    if (bound_mattes(l, h, scene, views))
        for (int i = 0; i < 2; i++) {
            low[i] = l[i];
            high[i] = h[i];
        }
    bound_rig(l, h, views, count);
    if (h[0] - l[0] < COARSE_M)
        return SP_OK;
    int rc = field_init(&coarse, l, h, COARSE_M);
    shadow_job job = {.shadow = &coarse, .views = views, .count = count};
    if (rc)
        return rc;
    sp_pool_run(pool, coarse.size[1], measure_row, &job);
    rc = bound_groups(low, high, &coarse);
    recon_shadow_free(&coarse);
    return rc;
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
        float share = fminf(fmaxf((darkness(s, i) - FADE_FROM) / (FADE_TO - FADE_FROM), 0), 1);
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
            expected[c] += (double)(s->floor[c * cells + i] * darkness(s, i));
        }
    for (size_t i = 0; i < cells; i++) {
        float dark = darkness(s, i);
        for (size_t c = 0; c < 3; c++)
            s->light[c * cells + i] = fmaxf(1 - dark * (float)(missing[c] / expected[c]), 0);
    }
}

int recon_shadow_measure(recon_shadow *out, const recon_scene *scene, const sp_view *views, int count,
                         sp_pool *pool)
{
    recon_shadow shadow;
    double low[2], high[2];
    *out = (recon_shadow){0};
    int rc = bound_floor(low, high, scene, views, count, pool);
    if (rc || low[0] >= high[0])
        return rc;
    for (int i = 0; i < 2; i++) {
        low[i] -= MARGIN_M;
        high[i] += MARGIN_M;
    }
    rc = field_init(&shadow, low, high, choose_cell(views, count, low, high));
    if (rc)
        return rc;
    shadow_job job = {.shadow = &shadow, .views = views, .count = count};
    sp_pool_run(pool, shadow.size[1], measure_row, &job);
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

void recon_shadow_free(recon_shadow *shadow)
{
    free(shadow->light);
    free(shadow->floor);
    *shadow = (recon_shadow){0};
}

// Whether the pixel is the plate in the lamp's colour of shadow, about as dark as the cell is: near feet it
// changes by much from pixel to pixel.
static bool is_shaded(const float image[3], const float plate[3], const float light[3], float dark)
{
    float missing[3], along = 0, square = 1e-6f;
    for (int c = 0; c < 3; c++) {
        missing[c] = plate[c] * (1 - light[c]) / dark;
        along += (plate[c] - image[c]) * missing[c];
        square += missing[c] * missing[c];
    }
    float own = along / square;
    if (fabsf(own - dark) > SAME_DARKNESS)
        return false;
    for (int c = 0; c < 3; c++)
        if (fabsf(image[c] - plate[c] + own * missing[c]) > TOLERANCE)
            return false;
    return true;
}

float recon_shadow_light(const recon_shadow *s, int channel, const sp_camera *pinhole, size_t pixel)
{
    double at[2], px = (double)(pixel % (size_t)pinhole->width) + 0.5,
                  py = (double)(pixel / (size_t)pinhole->width) + 0.5;
    if (!s->light || !floor_point(at, pinhole, px, py))
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

static bool is_shadow(const shadow_job *job, const sp_view *view, const double at[2])
{
    const recon_shadow *s = job->shadow;
    int i = (int)floor((at[0] - s->origin[0]) / s->cell_m),
        j = (int)floor((at[1] - s->origin[1]) / s->cell_m);
    if (i < 0 || j < 0 || i >= s->size[0] || j >= s->size[1])
        return false;
    size_t cells = (size_t)s->size[0] * (size_t)s->size[1], cell = (size_t)j * (size_t)s->size[0] + (size_t)i;
    const float light[3] = {s->light[cell], s->light[cells + cell], s->light[2 * cells + cell]};
    float image[3], plate[3], dark = darkness(s, cell);
    return dark >= LEAST_DARKENING && sample_floor(image, plate, view, at[0], at[1]) &&
           is_shaded(image, plate, light, dark);
}

static void clear_view(void *context, int64_t v, int worker)
{
    (void)worker;
    shadow_job *job = context;
    recon_scene_view *view = &job->scene->views[v];
    if (!view->used)
        return;
    bool changed = false;
    sp_camera camera = recon_pinhole(&job->views[v].camera); // the floor stands still, view->full may not
    for (int y = 0; y < view->full.height; y++)
        for (int x = 0; x < view->full.width; x++) {
            float *matte = &view->matte.data[(size_t)y * (size_t)view->full.width + (size_t)x];
            double at[2];
            if (*matte > 0 && floor_point(at, &camera, x + 0.5, y + 0.5) &&
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
