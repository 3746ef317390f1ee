// What no sample showed, carried in from around it.
#include "plate.h"

#include <stdlib.h>
#include <string.h>

#define MOST_LEVELS 14

typedef struct level {
    sp_image values, weight;
} level;

// Half the size: weighted means of 2x2.
static int pull(level *out, const level *from)
{
    int width = (from->weight.width + 1) / 2, height = (from->weight.height + 1) / 2;
    int code = sp_image_init(&out->values, width, height, 3);
    if (code == SP_OK)
        code = sp_image_init(&out->weight, width, height, 1);
    if (code < 0)
        return code;
    size_t w = (size_t)from->weight.width, h = (size_t)from->weight.height;
    size_t pixels = w * h, fewer = (size_t)width * (size_t)height;
    for (size_t y = 0; y < h; y++)
        for (size_t x = 0; x < w; x++) {
            size_t i = y * w + x, k = (y / 2) * (size_t)width + x / 2;
            float share = from->weight.data[i];
            out->weight.data[k] += share;
            for (size_t c = 0; c < 3; c++)
                out->values.data[c * fewer + k] += share * from->values.data[c * pixels + i];
        }
    for (size_t k = 0; k < fewer; k++) {
        float sum = out->weight.data[k];
        for (size_t c = 0; sum > 0 && c < 3; c++)
            out->values.data[c * fewer + k] /= sum;
        out->weight.data[k] = sum < 1 ? sum : 1;
    }
    return SP_OK;
}

// Where a level knows little, the coarser one helps: bilinear between the four nearest.
static void push(level *to, const level *from)
{
    int w = to->weight.width, h = to->weight.height, cw = from->weight.width, ch = from->weight.height;
    size_t pixels = (size_t)w * (size_t)h, fewer = (size_t)cw * (size_t)ch;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            size_t i = (size_t)y * (size_t)w + (size_t)x;
            float own = to->weight.data[i];
            if (own >= 1)
                continue;
            int x0 = (x - 1) >> 1, y0 = (y - 1) >> 1;
            float u = x & 1 ? 0.25f : 0.75f, v = y & 1 ? 0.25f : 0.75f;
            int xa = x0 < 0 ? 0 : x0, ya = y0 < 0 ? 0 : y0;
            int xb = x0 + 1 < cw ? x0 + 1 : cw - 1, yb = y0 + 1 < ch ? y0 + 1 : ch - 1;
            size_t aa = (size_t)ya * (size_t)cw + (size_t)xa, ab = (size_t)ya * (size_t)cw + (size_t)xb;
            size_t ba = (size_t)yb * (size_t)cw + (size_t)xa, bb = (size_t)yb * (size_t)cw + (size_t)xb;
            for (size_t c = 0; c < 3; c++) {
                const float *p = from->values.data + c * fewer;
                float above = p[aa] + u * (p[ab] - p[aa]), below = p[ba] + u * (p[bb] - p[ba]);
                float *value = &to->values.data[c * pixels + i];
                *value = own * *value + (1 - own) * (above + v * (below - above));
            }
        }
}

int plate_fill(sp_image *values, const sp_image *weight)
{
    level levels[MOST_LEVELS] = {{*values, *weight}};
    int count = 1, code = SP_OK;
    while (code == SP_OK && count < MOST_LEVELS &&
           (levels[count - 1].weight.width > 1 || levels[count - 1].weight.height > 1)) {
        code = pull(&levels[count], &levels[count - 1]);
        count++;
    }
    for (int i = count - 1; code == SP_OK && i > 0; i--)
        push(&levels[i - 1], &levels[i]);
    for (int i = 1; i < count; i++) {
        sp_image_free(&levels[i].values);
        sp_image_free(&levels[i].weight);
    }
    return code;
}
