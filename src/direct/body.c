#include "body.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Parts further apart than this are not connected; metres. A limb's splats lie far closer.
static const double cell_m = 0.15;

typedef struct cell {
    int64_t key;
    int parent; // union-find
    double weight;
} cell;

typedef struct grid {
    cell *cells;
    int count;
} grid;

enum { KEY_BITS = 20, KEY_HALF = 1 << 19 };

static int64_t key_part(double value)
{
    return (int64_t)fmin(fmax(floor(value / cell_m), -KEY_HALF + 1), KEY_HALF - 2) + KEY_HALF;
}

static int64_t key_of(double x, double y, double z)
{
    return key_part(x) | key_part(y) << KEY_BITS | key_part(z) << 2 * KEY_BITS;
}

static int by_key(const void *a, const void *b)
{
    int64_t x = ((const cell *)a)->key, y = ((const cell *)b)->key;
    return (x > y) - (x < y);
}

static int find_cell(const grid *g, int64_t key)
{
    cell wanted = {.key = key};
    const cell *hit = bsearch(&wanted, g->cells, (size_t)g->count, sizeof *g->cells, by_key);
    return hit ? (int)(hit - g->cells) : -1;
}

static int root_of(grid *g, int index)
{
    while (g->cells[index].parent != index)
        index = g->cells[index].parent = g->cells[g->cells[index].parent].parent;
    return index;
}

static void merge_equal(grid *g)
{
    int used = 0;
    for (int i = 0; i < g->count; i++) {
        if (used > 0 && g->cells[used - 1].key == g->cells[i].key)
            g->cells[used - 1].weight += g->cells[i].weight;
        else
            g->cells[used++] = g->cells[i];
    }
    g->count = used;
    for (int i = 0; i < used; i++)
        g->cells[i].parent = i;
}

// Join each cell with those of its 26 neighbours that come later in order.
static void connect(grid *g)
{
    for (int i = 0; i < g->count; i++) {
        for (int n = 14; n < 27; n++) {
            int64_t dx = n % 3 - 1, dy = n / 3 % 3 - 1, dz = n / 9 - 1;
            int other = find_cell(g, g->cells[i].key + dx + dy * ((int64_t)1 << KEY_BITS) +
                                         dz * ((int64_t)1 << 2 * KEY_BITS));
            int a = root_of(g, i), b = other < 0 ? a : root_of(g, other);
            if (a == b)
                continue;
            g->cells[b].parent = a;
            g->cells[a].weight += g->cells[b].weight;
        }
    }
}

static int heaviest(const grid *g)
{
    int best = 0;
    for (int i = 1; i < g->count; i++)
        if (g->cells[i].parent == i &&
            (g->cells[best].parent != best || g->cells[i].weight > g->cells[best].weight))
            best = i;
    return best;
}

int direct_body_weights(float *weight, const sp_splat_cloud *cloud, size_t first)
{
    const float *x = sp_splat_row(cloud, SP_ROW_POSITION), *y = x + cloud->capacity, *z = y + cloud->capacity;
    const float *opacity = sp_splat_row(cloud, SP_ROW_OPACITY);
    grid g = {.cells = sp_calloc(cloud->count + 1, sizeof *g.cells)};
    if (!g.cells)
        return SP_ENOMEM;
    for (size_t i = 0; i < cloud->count; i++) {
        weight[i] = i < first ? 0 : 1 / (1 + expf(-opacity[i]));
        if (i >= first)
            g.cells[g.count++] = (cell){.key = key_of(x[i], y[i], z[i]), .weight = weight[i]};
    }
    qsort(g.cells, (size_t)g.count, sizeof *g.cells, by_key);
    merge_equal(&g);
    connect(&g);
    int body = g.count > 0 ? heaviest(&g) : -1;
    for (size_t i = 0; i < cloud->count && body >= 0; i++)
        if (weight[i] > 0 && root_of(&g, find_cell(&g, key_of(x[i], y[i], z[i]))) != body)
            weight[i] = 0;
    free(g.cells);
    return SP_OK;
}
