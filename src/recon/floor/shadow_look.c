// What the views see of the floor: where most of them see it equally darker than its plate, it is in shadow.
#include "shadow_field.h"

#include <math.h>
#include <stdlib.h>

// Views agree when their ratios are this close.
#define SAME_RATIO 0.10f
#define AGREEING_SHARE 0.4
// Lost light up to this is noise and exposure.
#define LEAST_LOST 0.015f
#define MOST_VIEWS 64

// Image and plate (in the image's exposure) where the view sees a floor point: means over three pixels
// across, but no more than one down, which from a low viewpoint is a long stretch of floor.
bool recon_floor_seen(float image[3], float plate[3], const sp_view *view, double x, double y)
{
    sp_vec2 px;
    if (!view->image || !view->plate || !sp_camera_project(&px, &view->camera, sp_v3(x, y, 0)))
        return false;
    int w = view->image->width, h = view->image->height;
    if (px.x < 2 || px.y < 2 || px.x >= w - 2 || px.y >= h - 2)
        return false;
    int row = (int)(px.y - 0.5);
    float sums[6] = {0}, lower = (float)(px.y - 0.5) - (float)row;
    for (int dy = 0; dy < 2; dy++)
        for (int dx = -1; dx <= 1; dx++) {
            size_t at = 3 * ((size_t)(row + dy) * (size_t)w + (size_t)((int)px.x + dx));
            float share = (dy ? lower : 1 - lower) / (3 * 255);
            for (int c = 0; c < 3; c++) {
                sums[c] += share * (float)view->image->data[at + (size_t)c];
                sums[3 + c] += share * (float)view->plate->data[at + (size_t)c];
            }
        }
    for (int c = 0; c < 3; c++) {
        image[c] = sums[c];
        plate[c] = (float)view->gains[c] * sums[3 + c] + (float)view->gains[3 + c];
    }
    return true;
}

// What one view sees of a floor point.
typedef struct floor_look {
    float ratio[3], plate[3]; // image over plate, per channel
    float light;              // the same of all channels together
    float weight; // pixels that a piece of floor has, squared: a view from low down sees a blurred shadow
} floor_look;

static int by_light(const void *a, const void *b)
{
    float x = ((const floor_look *)a)->light, y = ((const floor_look *)b)->light;
    return (x > y) - (x < y);
}

static bool look_at_floor(floor_look *out, const sp_view *view, double x, double y)
{
    float image[3], a = 0, b = 0.01f;
    if (!recon_floor_seen(image, out->plate, view, x, y))
        return false;
    for (int c = 0; c < 3; c++) {
        out->ratio[c] = (image[c] + 0.01f) / (out->plate[c] + 0.01f);
        a += image[c];
        b += out->plate[c];
    }
    sp_vec3 from = sp_camera_center(&view->camera), to = sp_v3_sub(sp_v3(x, y, 0), from);
    double distance = sp_v3_norm(to), across = view->camera.fx / distance;
    out->light = a / b;
    out->weight = (float)pow(across * across * from.z / distance, 2);
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

typedef struct look_job {
    const recon_shadow *shadow;
    const recon_floor_views *by;
} look_job;

static bool is_hidden(const look_job *job, int v, double x, double y)
{
    if (!job->by->hidden)
        return false;
    const sp_image8 *hidden = &job->by->hidden[v];
    sp_vec2 px;
    if (!hidden->data || !sp_camera_project(&px, &job->by->pinholes[v], sp_v3(x, y, 0)) || px.x < 0 ||
        px.y < 0 || px.x >= hidden->width || px.y >= hidden->height)
        return true;
    return hidden->data[(size_t)px.y * (size_t)hidden->width + (size_t)px.x];
}

// What the views that agree see of the light at one floor point, and of the floor's own colour, per channel;
// false when they do not agree or the light is whole.
static bool common_light(float light[3], float floor[3], const look_job *job, double x, double y)
{
    floor_look looks[MOST_VIEWS];
    int seen = 0, agreeing = 0, least = job->by->hidden ? RECON_LEAST_UNHIDDEN : RECON_LEAST_AGREEING;
    for (int v = 0; v < job->by->count && seen < MOST_VIEWS; v++)
        seen += look_at_floor(&looks[seen], &job->by->views[v], x, y) && !is_hidden(job, v, x, y);
    if (seen < least)
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
    if (middle > 1 - LEAST_LOST || agreeing < least || agreeing < AGREEING_SHARE * seen)
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
    const look_job *job = context;
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

void recon_shadow_look(recon_shadow *field, const recon_floor_views *views, sp_pool *pool)
{
    look_job job = {field, views};
    sp_pool_run(pool, field->size[1], measure_row, &job);
}
