// Connected regions of a matte.
#include <stillpoint/matte.h>
#include "parts.h"

#include <stdlib.h>

typedef struct regions {
    int *label; // per pixel, -1: none
    int *stack;
    int width, height;
} regions;

static int regions_begin(regions *r, const sp_image *mask)
{
    size_t pixels = (size_t)mask->width * (size_t)mask->height;
    *r = (regions){sp_calloc(pixels, sizeof(int)), sp_calloc(pixels, sizeof(int)), mask->width, mask->height};
    if (!r->label || !r->stack) {
        free(r->label);
        free(r->stack);
        return SP_ENOMEM;
    }
    for (size_t i = 0; i < pixels; i++)
        r->label[i] = -1;
    return SP_OK;
}

static void regions_end(regions *r)
{
    free(r->label);
    free(r->stack);
}

typedef struct region {
    int area;
    bool touches_border, strong;
} region;

// Flood from a pixel over those on the same side of the threshold; the pixels are left in
// r->stack[0..area-1].
static region flood(regions *r, const sp_image *mask, int seed, float low, bool above, float high)
{
    region found = {0};
    int count = 0;
    r->label[seed] = seed;
    r->stack[count++] = seed;
    while (found.area < count) {
        int at = r->stack[found.area++];
        int x = at % r->width, y = at / r->width;
        found.touches_border |= x == 0 || y == 0 || x == r->width - 1 || y == r->height - 1;
        found.strong |= mask->data[at] > high;
        for (int dy = -1; dy <= 1; dy++) {
            for (int dx = -1; dx <= 1; dx++) {
                bool diagonal = dx && dy;
                if (x + dx < 0 || x + dx >= r->width || y + dy < 0 || y + dy >= r->height ||
                    (diagonal && !above))
                    continue;
                int next = at + dy * r->width + dx;
                if (r->label[next] < 0 && (mask->data[next] > low) == above) {
                    r->label[next] = seed;
                    r->stack[count++] = next;
                }
            }
        }
    }
    return found;
}

static void paint(const regions *r, sp_image *mask, int area, float value)
{
    for (int i = 0; i < area; i++)
        mask->data[r->stack[i]] = value;
}

int matte_clean_regions(sp_image *mask, float threshold, int min_area, int max_hole)
{
    regions r;
    int rc = regions_begin(&r, mask);
    if (rc)
        return rc;
    int pixels = mask->width * mask->height;
    for (int i = 0; i < pixels; i++) {
        if (r.label[i] >= 0)
            continue;
        bool above = mask->data[i] > threshold;
        region found = flood(&r, mask, i, threshold, above, threshold);
        if (above && found.area < min_area)
            paint(&r, mask, found.area, 0);
        if (!above && found.area < max_hole && !found.touches_border)
            paint(&r, mask, found.area, 1);
    }
    regions_end(&r);
    return SP_OK;
}

int matte_hysteresis(sp_image *mask, float low, float high)
{
    regions r;
    int rc = regions_begin(&r, mask);
    if (rc)
        return rc;
    int pixels = mask->width * mask->height;
    for (int i = 0; i < pixels; i++) {
        if (r.label[i] >= 0 || mask->data[i] <= low)
            continue;
        region found = flood(&r, mask, i, low, true, high);
        if (!found.strong)
            paint(&r, mask, found.area, 0);
    }
    regions_end(&r);
    return SP_OK;
}

// How many neighbours outside of the region on the stack there are, and how many of them are athlete.
static void look_around(int *around, int *athlete, const regions *r, const sp_image *score, int area)
{
    int label = r->label[r->stack[0]];
    *around = *athlete = 0;
    for (int i = 0; i < area; i++) {
        int at = r->stack[i], x = at % r->width, y = at / r->width;
        const int next[4] = {x > 0 ? at - 1 : -1, x + 1 < r->width ? at + 1 : -1, y > 0 ? at - r->width : -1,
                             y + 1 < r->height ? at + r->width : -1};
        for (int k = 0; k < 4; k++)
            if (next[k] >= 0 && r->label[next[k]] != label) {
                (*around)++;
                *athlete += score->data[next[k]] > 0.5f;
            }
    }
}

int matte_claim_unseen(sp_image *score, const sp_image *spread)
{
    regions r;
    int rc = regions_begin(&r, spread);
    if (rc)
        return rc;
    const float unseen = 0.99f * SP_PLATE_UNSEEN;
    for (int i = 0; i < score->width * score->height; i++) {
        if (r.label[i] >= 0 || spread->data[i] <= unseen)
            continue;
        region found = flood(&r, spread, i, unseen, true, unseen);
        int around, athlete;
        look_around(&around, &athlete, &r, score, found.area);
        if (2 * athlete > around)
            paint(&r, score, found.area, 1);
        else if (6 * athlete < around)
            paint(&r, score, found.area, 0);
    }
    regions_end(&r);
    return SP_OK;
}
