#include "phantoms.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// The longer side of the athletes' region in a view, in cells of its sheet.
#define SHEET_CELLS 360
// A view calls for a part when at least this share of what the part covers in its matte is nobody else's, ...
#define OWN_SHARE 0.25
// ... and so many views have to call for it: one may be wrong.
#define LEAST_CALLS 2
#define NEAREST_M 0.05

// A view's matte at low resolution, and which cells of it each part covers: those of part p are
// cells[first[p]] to cells[first[p + 1] - 1].
typedef struct sheet {
    const recon_silhouette *silhouette;
    int view, width, height, step; // step: px of the picture a cell
    uint8_t *is_matte, *is_explained;
    int matte_cells;
    int32_t *cells;
    int64_t *first, capacity;
} sheet;

typedef struct phantoms {
    const recon_cubes *cubes;
    const recon_when *when;
    sheet *sheets;
    int sheet_count;
    int64_t *order, *first; // cubes by part: those of part p are order[first[p]] ...
    int part_count;
} phantoms;

// ---- Parts

typedef struct place {
    uint64_t key; // where in the lattice
    int64_t cube;
} place;

static int by_key(const void *a, const void *b)
{
    const place *x = a, *y = b;
    return (x->key > y->key) - (x->key < y->key);
}

static const place *find(const place *places, int64_t count, uint64_t key)
{
    place wanted = {key, 0};
    return bsearch(&wanted, places, (size_t)count, sizeof *places, by_key);
}

// Twenty-one bits an axis, from the corner of all.
static void place_cubes(place *places, const recon_cubes *cubes)
{
    double low[3] = {INFINITY, INFINITY, INFINITY};
    for (int64_t i = 0; i < 3 * cubes->count; i++)
        low[i % 3] = fmin(low[i % 3], cubes->centres[i]);
    for (int64_t i = 0; i < cubes->count; i++) {
        uint64_t key = 0;
        for (int k = 0; k < 3; k++)
            key =
                key << 21 | (uint64_t)(llround((cubes->centres[3 * i + k] - low[k]) / (2 * cubes->half)) + 1);
        places[i] = (place){key, i};
    }
    qsort(places, (size_t)cubes->count, sizeof *places, by_key);
}

// Flood from a place; part[] by place. Its cubes are appended to order, which serves as the queue.
static int64_t flood(phantoms *p, const place *places, int32_t *part, int64_t seed, int64_t from)
{
    int64_t count = p->cubes->count, end = from;
    static const uint64_t steps[3] = {1, (uint64_t)1 << 21, (uint64_t)1 << 42};
    p->order[end++] = seed;
    part[seed] = p->part_count + 1;
    for (int64_t at = from; at < end; at++)
        for (int s = 0; s < 6; s++) {
            uint64_t key = places[p->order[at]].key;
            const place *next = find(places, count, s % 2 ? key + steps[s / 2] : key - steps[s / 2]);
            if (next && !part[next - places]) {
                part[next - places] = p->part_count + 1;
                p->order[end++] = next - places;
            }
        }
    return end;
}

static int find_parts(phantoms *p)
{
    size_t count = (size_t)p->cubes->count;
    place *places = sp_calloc(count, sizeof *places);
    int32_t *part = sp_calloc(count, sizeof *part);
    p->order = sp_calloc(count, sizeof *p->order);
    p->first = sp_calloc(count + 1, sizeof *p->first);
    int code = places && part && p->order && p->first ? SP_OK : SP_ENOMEM;
    if (!code) {
        place_cubes(places, p->cubes);
        int64_t end = 0;
        for (int64_t i = 0; i < p->cubes->count; i++)
            if (!part[i]) {
                end = flood(p, places, part, i, end);
                p->first[++p->part_count] = end;
            }
        for (int64_t i = 0; i < p->cubes->count; i++)
            p->order[i] = places[p->order[i]].cube;
    }
    free(places);
    free(part);
    return code;
}

// ---- What parts cover

static int open_sheet(sheet *s)
{
    const sp_rect *r = &s->silhouette->region;
    int longer = r->width > r->height ? r->width : r->height;
    s->step = longer / SHEET_CELLS + 1;
    s->width = (r->width + s->step - 1) / s->step;
    s->height = (r->height + s->step - 1) / s->step;
    size_t cells = (size_t)s->width * (size_t)s->height;
    s->is_matte = sp_calloc(cells, 1);
    s->is_explained = sp_calloc(cells, 1);
    if (!s->is_matte || !s->is_explained)
        return SP_ENOMEM;
    for (size_t i = 0; i < cells; i++) {
        int x = r->x + (int)(i % (size_t)s->width) * s->step + s->step / 2,
            y = r->y + (int)(i / (size_t)s->width) * s->step + s->step / 2;
        s->is_matte[i] = recon_silhouette_pixel(s->silhouette, x, y) > 0;
        s->matte_cells += s->is_matte[i];
    }
    return SP_OK;
}

static int append_cell(sheet *s, int64_t *count, int32_t cell)
{
    if (*count == s->capacity) {
        int64_t capacity = s->capacity ? 2 * s->capacity : 4096;
        int32_t *grown = realloc(s->cells, (size_t)capacity * sizeof *grown);
        if (!grown)
            return sp_error(SP_ENOMEM, "memory ran out while the hull's parts were weighed");
        s->cells = grown;
        s->capacity = capacity;
    }
    s->cells[(*count)++] = cell;
    return SP_OK;
}

// The cells (left, top, right, bottom; the last ones excluded) of a cube's picture; false when it has none.
static bool rect_of(int rect[4], const phantoms *p, const sheet *s, int64_t cube)
{
    const recon_silhouette *view = s->silhouette;
    const double *r = view->rotation, *t = view->translation;
    double at[3];
    memcpy(at, p->cubes->centres + 3 * cube, sizeof at);
    if (p->when)
        p->when->then(at, p->when->context, s->view, p->cubes->centres + 3 * cube);
    double z = r[6] * at[0] + r[7] * at[1] + r[8] * at[2] + t[2];
    if (z < NEAREST_M)
        return false;
    double x = view->camera.fx * (r[0] * at[0] + r[1] * at[1] + r[2] * at[2] + t[0]) / z + view->camera.cx,
           y = view->camera.fy * (r[3] * at[0] + r[4] * at[1] + r[5] * at[2] + t[1]) / z + view->camera.cy;
    double radius = p->cubes->half * view->camera.fx / z;
    rect[0] = (int)fmax(floor((x - radius - view->region.x) / s->step), 0);
    rect[1] = (int)fmax(floor((y - radius - view->region.y) / s->step), 0);
    rect[2] = (int)fmin(ceil((x + radius - view->region.x) / s->step), s->width);
    rect[3] = (int)fmin(ceil((y + radius - view->region.y) / s->step), s->height);
    return rect[0] < rect[2] && rect[1] < rect[3];
}

static int cover(sheet *s, const phantoms *p)
{
    int32_t *last = sp_calloc((size_t)s->width * (size_t)s->height, sizeof *last); // part that covered it
    int64_t count = 0;
    int rect[4], code = last ? SP_OK : SP_ENOMEM;
    for (int part = 0; part < p->part_count && !code; part++) {
        for (int64_t i = p->first[part]; i < p->first[part + 1] && !code; i++) {
            if (!rect_of(rect, p, s, p->order[i]))
                continue;
            for (int y = rect[1]; y < rect[3]; y++)
                for (int x = rect[0]; x < rect[2] && !code; x++) {
                    int32_t cell = y * s->width + x;
                    if (s->is_matte[cell] && last[cell] != part + 1)
                        code = append_cell(s, &count, cell);
                    last[cell] = part + 1;
                }
        }
        s->first[part + 1] = count;
    }
    free(last);
    return code;
}

static int cover_sheet(void *context, int64_t index, int worker)
{
    (void)worker;
    const phantoms *p = context;
    sheet *s = &p->sheets[index];
    int code = open_sheet(s);
    if (!code)
        code = (s->first = sp_calloc((size_t)p->part_count + 1, sizeof *s->first)) ? SP_OK : SP_ENOMEM;
    return code ? code : cover(s, p);
}

// ---- Which are called for

static int64_t unexplained(const sheet *s, int part)
{
    int64_t count = 0;
    for (int64_t i = s->first[part]; i < s->first[part + 1]; i++)
        count += !s->is_explained[s->cells[i]];
    return count;
}

// How much of the mattes a part would explain that nothing explains yet: the sum of its shares in all.
static double gain_of(const phantoms *p, int part)
{
    double gain = 0;
    for (int v = 0; v < p->sheet_count; v++)
        if (p->sheets[v].matte_cells)
            gain += (double)unexplained(&p->sheets[v], part) / p->sheets[v].matte_cells;
    return gain;
}

static bool is_called_for(const phantoms *p, int part)
{
    int calls = 0;
    for (int v = 0; v < p->sheet_count; v++) {
        const sheet *s = &p->sheets[v];
        int64_t covered = s->first[part + 1] - s->first[part];
        calls += covered > 0 && (double)unexplained(s, part) >= OWN_SHARE * (double)covered;
    }
    return calls >= LEAST_CALLS;
}

static void explain(phantoms *p, int part)
{
    for (int v = 0; v < p->sheet_count; v++)
        for (int64_t i = p->sheets[v].first[part]; i < p->sheets[v].first[part + 1]; i++)
            p->sheets[v].is_explained[p->sheets[v].cells[i]] = 1;
}

// The part that explains most comes first. Gains only fall while others are taken, so that one which is still
// the largest after it was counted anew is the largest of all.
static void choose(uint8_t *is_kept, double *gains, phantoms *p)
{
    for (int k = 0; k < p->part_count; k++)
        gains[k] = gain_of(p, k);
    for (;;) {
        int best = 0;
        for (int k = 1; k < p->part_count; k++)
            best = gains[k] > gains[best] ? k : best;
        if (!(gains[best] > 0))
            return;
        double now = gain_of(p, best);
        bool has_fallen = now < gains[best];
        gains[best] = now;
        if (has_fallen)
            continue;
        gains[best] = 0;
        is_kept[best] = is_called_for(p, best);
        if (is_kept[best])
            explain(p, best);
    }
}

static int keep(recon_cubes *cubes, const phantoms *p, const uint8_t *is_kept)
{
    uint8_t *is_cube_kept = sp_calloc((size_t)cubes->count, 1);
    if (!is_cube_kept)
        return SP_ENOMEM;
    for (int part = 0; part < p->part_count; part++)
        for (int64_t i = p->first[part]; i < p->first[part + 1]; i++)
            is_cube_kept[p->order[i]] = is_kept[part];
    int64_t kept = 0;
    for (int64_t i = 0; i < cubes->count; i++)
        if (is_cube_kept[i])
            memmove(cubes->centres + 3 * kept++, cubes->centres + 3 * i, 3 * sizeof *cubes->centres);
    cubes->count = kept;
    free(is_cube_kept);
    return SP_OK;
}

static int cover_all(phantoms *p, const recon_silhouette *silhouettes, const int *views, sp_pool *pool)
{
    p->sheets = sp_calloc((size_t)p->sheet_count, sizeof *p->sheets);
    if (!p->sheets)
        return SP_ENOMEM;
    for (int v = 0; v < p->sheet_count; v++)
        p->sheets[v] = (sheet){.silhouette = &silhouettes[views[v]], .view = views[v]};
    return sp_pool_try(pool, p->sheet_count, cover_sheet, p);
}

int recon_phantoms_drop(recon_cubes *cubes, const recon_silhouette *silhouettes, const int *views,
                        int view_count, const recon_when *when, sp_pool *pool)
{
    phantoms p = {.cubes = cubes, .when = when, .sheet_count = view_count};
    int code = cubes->count ? find_parts(&p) : SP_OK;
    uint8_t *is_kept = NULL;
    double *gains = NULL;
    if (!code && p.part_count > 1)
        code = cover_all(&p, silhouettes, views, pool);
    if (!code && p.part_count > 1) {
        is_kept = sp_calloc((size_t)p.part_count, 1);
        gains = sp_calloc((size_t)p.part_count, sizeof *gains);
        code = is_kept && gains ? SP_OK : SP_ENOMEM;
    }
    if (!code && p.part_count > 1) {
        choose(is_kept, gains, &p);
        code = keep(cubes, &p, is_kept);
    }
    for (int v = 0; p.sheets && v < p.sheet_count; v++) {
        free(p.sheets[v].is_matte);
        free(p.sheets[v].is_explained);
        free(p.sheets[v].cells);
        free(p.sheets[v].first);
    }
    free(p.sheets);
    free(p.order);
    free(p.first);
    free(is_kept);
    free(gains);
    return code;
}
