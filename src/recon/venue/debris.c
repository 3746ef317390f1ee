// What stereo confirmed by chance: islands of surface that hang in the air.
#include "fuse.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ISLAND_STEP 0.04f // relative step of depth that ends a surface
#define CRUMB_SHARE 0.001 // an island of less than this share of the picture is chance
#define SMALL_SHARE 0.003 // one of less, that only one other view confirms, where it hangs before the rest
#define LARGE_SHARE 0.15  // of more is none
#define EDGE_REACH 3      // a picture changes at an outline within so many pixels to each side ...
#define EDGE_COLOUR 0.06f // ... by this much, mean of the channels
#define EDGED_SHARE 0.25  // of an island's outline where it does, at least: else it ends where nothing ends
#define LONELY_SHARE 0.5  // of an island's pixels: only one other view confirms it
#define SURROUNDINGS 8    // reach this share of the picture's width to each side
#define SURROUNDINGS_SURE 0.02 // share of them that has to be sure, for a small one to be believed there ...
#define BEFORE 0.65            // ... at no less than this share of their depth

typedef struct search {
    const recon_depth_map *map;
    const sp_image *rgb;
    uint8_t *confirmed;
    size_t *stack;  // room for every pixel
    int32_t *label; // 1 + island; 0 none yet
} search;

static void search_free(search *s)
{
    free(s->stack);
    free(s->label);
}

static int search_open(search *s, const recon_geometry *g, int view)
{
    *s = (search){.map = &g->maps[view], .rgb = &g->views[view].rgb, .confirmed = g->confirmed[view]};
    size_t width = (size_t)s->map->width, height = (size_t)s->map->height;
    s->stack = sp_calloc(width * height, sizeof *s->stack);
    s->label = sp_calloc(width * height, sizeof *s->label);
    return s->stack && s->label ? SP_OK : SP_ENOMEM;
}

// Neighbours of a pixel; itself in place of those beyond the border.
static void neighbours_of(size_t next[4], const recon_depth_map *map, size_t at)
{
    size_t width = (size_t)map->width, x = at % width;
    next[0] = x > 0 ? at - 1 : at;
    next[1] = x + 1 < width ? at + 1 : at;
    next[2] = at >= width ? at - width : at;
    next[3] = at + width < width * (size_t)map->height ? at + width : at;
}

// Gather the surface that seed lies on in stack; returns how many pixels it has.
static size_t flood(search *s, size_t seed, int32_t label)
{
    size_t count = 1, next[4];
    s->stack[0] = seed;
    s->label[seed] = label;
    for (size_t k = 0; k < count; k++) {
        neighbours_of(next, s->map, s->stack[k]);
        for (int n = 0; n < 4; n++)
            if (!s->label[next[n]] && s->confirmed[next[n]] &&
                fabsf(s->map->depth[next[n]] / s->map->depth[s->stack[k]] - 1) < ISLAND_STEP) {
                s->label[next[n]] = label;
                s->stack[count++] = next[n];
            }
    }
    return count;
}

static float colour_step(const sp_image *rgb, int x, int y, int dx, int dy)
{
    int x0 = x - dx, x1 = x + dx, y0 = y - dy, y1 = y + dy;
    if (x0 < 0 || y0 < 0 || x1 >= rgb->width || y1 >= rgb->height)
        return 0;
    float sum = 0;
    for (int c = 0; c < 3; c++) {
        const float *plane = sp_image_plane(rgb, c);
        sum += fabsf(plane[(size_t)y1 * (size_t)rgb->width + (size_t)x1] -
                     plane[(size_t)y0 * (size_t)rgb->width + (size_t)x0]);
    }
    return sum / 3;
}

// Where a surface ends before another, something ends in the picture. Of the island in stack, the share of
// the outline where that is so; 1 without an outline.
static double edged_share(const search *s, size_t count)
{
    size_t outline = 0, edged = 0, next[4];
    for (size_t k = 0; k < count; k++) {
        size_t at = s->stack[k];
        bool is_outline = false;
        neighbours_of(next, s->map, at);
        for (int n = 0; n < 4; n++)
            is_outline |= s->label[next[n]] != s->label[at];
        if (!is_outline)
            continue;
        int x = (int)(at % (size_t)s->map->width), y = (int)(at / (size_t)s->map->width);
        outline++;
        edged += colour_step(s->rgb, x, y, EDGE_REACH, 0) > EDGE_COLOUR ||
                 colour_step(s->rgb, x, y, 0, EDGE_REACH) > EDGE_COLOUR;
    }
    return outline ? (double)edged / (double)outline : 1;
}

// Pixels around the island in stack.
static sp_rect around(const search *s, size_t count)
{
    int width = s->map->width, height = s->map->height, reach = width / SURROUNDINGS + 1;
    int x0 = width, y0 = height, x1 = 0, y1 = 0;
    for (size_t k = 0; k < count; k++) {
        int x = (int)(s->stack[k] % (size_t)width), y = (int)(s->stack[k] / (size_t)width);
        x0 = x < x0 ? x : x0, x1 = x >= x1 ? x + 1 : x1;
        y0 = y < y0 ? y : y0, y1 = y >= y1 ? y + 1 : y1;
    }
    x0 = x0 > reach ? x0 - reach : 0, x1 = x1 + reach < width ? x1 + reach : width;
    y0 = y0 > reach ? y0 - reach : 0, y1 = y1 + reach < height ? y1 + reach : height;
    return (sp_rect){x0, y0, x1 - x0, y1 - y0};
}

// Is what else is sure around the island in stack too little, or much farther?
static bool hangs_before(const search *s, size_t count)
{
    sp_rect box = around(s, count);
    int32_t own = s->label[s->stack[0]];
    double depth = 0, others = 0, sure = 0;
    for (size_t k = 0; k < count; k++)
        depth += s->map->depth[s->stack[k]] / (double)count;
    for (int y = box.y; y < box.y + box.height; y++)
        for (int x = box.x; x < box.x + box.width; x++) {
            size_t at = (size_t)y * (size_t)s->map->width + (size_t)x;
            if (s->confirmed[at] != RECON_SURE || s->label[at] == own)
                continue;
            sure++;
            others += s->map->depth[at];
        }
    return sure < SURROUNDINGS_SURE * box.width * box.height || depth * sure < BEFORE * others;
}

static bool is_lonely(const search *s, size_t count)
{
    size_t lonely = 0;
    for (size_t k = 0; k < count; k++)
        lonely += s->confirmed[s->stack[k]] == RECON_LONELY;
    return (double)lonely > LONELY_SHARE * (double)count;
}

static bool is_chance(const search *s, size_t count)
{
    double share = (double)count / ((double)s->map->width * s->map->height);
    if (share < CRUMB_SHARE || share > LARGE_SHARE)
        return share < CRUMB_SHARE;
    return ((share < SMALL_SHARE && is_lonely(s, count)) || edged_share(s, count) < EDGED_SHARE) &&
           hangs_before(s, count);
}

int recon_drop_debris(recon_geometry *g, int view)
{
    search s;
    int rc = search_open(&s, g, view);
    size_t pixels = (size_t)g->maps[view].width * (size_t)g->maps[view].height;
    int32_t islands = 0;
    for (size_t seed = 0; seed < pixels && !rc; seed++) {
        if (s.label[seed] || !s.confirmed[seed])
            continue;
        size_t count = flood(&s, seed, ++islands);
        bool drop = is_chance(&s, count);
        for (size_t k = 0; k < count && drop; k++)
            s.confirmed[s.stack[k]] = RECON_UNCONFIRMED;
    }
    search_free(&s);
    return rc;
}
