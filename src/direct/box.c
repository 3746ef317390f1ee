#include <stillpoint/direct.h>

#include "body.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct weighted {
    float value, weight;
} weighted;

static int by_value(const void *a, const void *b)
{
    float x = ((const weighted *)a)->value, y = ((const weighted *)b)->value;
    return (x > y) - (x < y);
}

// Value below which `share` of the weight lies; items are sorted.
static double percentile(const weighted *items, size_t count, double total, double share)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += items[i].weight;
        if (sum >= share * total)
            return items[i].value;
    }
    return items[count - 1].value;
}

int sp_box_of_cloud(sp_box *out, const sp_splat_cloud *cloud, int64_t shadow_splats)
{
    if (shadow_splats < 0 || (uint64_t)shadow_splats >= cloud->count)
        return sp_error(SP_EINVAL, "of %zu splats %lld are said to be shadow, so that no body has bounds",
                        cloud->count, (long long)shadow_splats);
    float *weights = sp_calloc(cloud->count, sizeof *weights);
    weighted *items = sp_calloc(cloud->count, sizeof *items);
    int code = weights && items ? direct_body_weights(weights, cloud, (size_t)shadow_splats) : SP_ENOMEM;
    double low[3], high[3];
    for (int axis = 0; axis < 3 && code == SP_OK; axis++) {
        const float *position = sp_splat_row(cloud, SP_ROW_POSITION + axis);
        double total = 0;
        for (size_t i = 0; i < cloud->count; i++) {
            items[i] = (weighted){position[i], weights[i]};
            total += weights[i];
        }
        qsort(items, cloud->count, sizeof *items, by_value);
        low[axis] = percentile(items, cloud->count, total, 0.01);
        high[axis] = percentile(items, cloud->count, total, 0.99);
    }
    free(weights);
    free(items);
    if (code == SP_OK)
        *out = (sp_box){sp_v3(low[0], low[1], low[2]), sp_v3(high[0], high[1], high[2])};
    return code;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int sp_box_of_rig(sp_box *out, const sp_camera *cameras, int count)
{
    sp_rig rig = {.count = count, .cameras = sp_calloc((size_t)count + 1, sizeof *rig.cameras)};
    double *seen = sp_calloc((size_t)count + 1, sizeof *seen);
    int code = count < 1 ? sp_error(SP_EINVAL, "a rig without cameras looks at nothing") : SP_OK;
    if (code == SP_OK && (!rig.cameras || !seen))
        code = SP_ENOMEM;
    if (code == SP_OK) {
        memcpy(rig.cameras, cameras, (size_t)count * sizeof *cameras);
        sp_vec3 focus = sp_rig_focus(&rig);
        for (int i = 0; i < count; i++) {
            const sp_camera *c = &cameras[i];
            double distance = sp_v3_norm(sp_v3_sub(sp_camera_center(c), focus));
            seen[i] = distance * fmin(c->width / c->fx, c->height / c->fy);
        }
        qsort(seen, (size_t)count, sizeof *seen, by_size);
        double half = 0.25 * seen[count / 2];
        sp_vec3 reach = sp_v3(half, half, half);
        *out = (sp_box){sp_v3_sub(focus, reach), sp_v3_add(focus, reach)};
    }
    free(rig.cameras);
    free(seen);
    return code;
}

sp_vec3 sp_box_center(const sp_box *box)
{
    return sp_v3_lerp(box->min, box->max, 0.5);
}
