#include <stillpoint/direct.h>

#include "body.h"

#include <stdlib.h>

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

int sp_box_of_cloud(sp_box *out, const sp_splat_cloud *cloud)
{
    if (cloud->count == 0)
        return sp_error(SP_EINVAL, "the cloud is empty, so it has no bounds");
    float *weights = sp_calloc(cloud->count, sizeof *weights);
    weighted *items = sp_calloc(cloud->count, sizeof *items);
    int code = weights && items ? direct_body_weights(weights, cloud) : SP_ENOMEM;
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

sp_vec3 sp_box_center(const sp_box *box)
{
    return sp_v3_lerp(box->min, box->max, 0.5);
}
