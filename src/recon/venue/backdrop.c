// Behind everything, where no view looks: the pictures of the views beside it, continued as in a mirror.
#include "fuse.h"

#include <math.h>
#include <stdlib.h>

#define LOWEST_RAD -0.08
#define HIGHEST_RAD 0.75
#define REACH_RAD 0.5       // a picture is continued so far aside
#define APART_REACH_RAD 1.6 // likewise where there is little else
#define FADE_RAD                                                                                             \
    0.05 // half of the way in which what continues from the left gives way to what does from the right
#define FAR_SHARE 0.35  // what is nearer than this share of the shell's distance stands before it
#define SIGMA_SHARE 0.7 // of a cell: the deviation of its splat
#define OPACITY 0.98f

// Directions around the floor's centre, row after row from below; columns go around.
typedef struct panorama {
    const recon_geometry *g;
    double radius, cell; // metres, radians
    int columns, rows;
    float *rgb;    // per cell
    uint8_t *seen; // per cell: a view looks there, and nothing stands before it
} panorama;

static sp_vec3 direction_of(const panorama *p, int column, int row)
{
    double around = 2 * M_PI * (column + 0.5) / p->columns, up = LOWEST_RAD + p->cell * (row + 0.5);
    return sp_v3(cos(up) * cos(around), cos(up) * sin(around), sin(up));
}

static sp_vec3 place_of(const panorama *p, sp_vec3 direction)
{
    sp_vec3 centre = sp_v3(p->g->params.floor_x, p->g->params.floor_y, 0);
    return sp_v3_add(centre, sp_v3_scale(direction, p->radius));
}

// Of a view's pixels within reach of one.
static void mean_colour(float rgb[3], const recon_stereo_view *view, size_t at, int reach)
{
    int width = view->rgb.width, height = view->rgb.height, count = 0;
    int x = (int)(at % (size_t)width), y = (int)(at / (size_t)width);
    rgb[0] = rgb[1] = rgb[2] = 0;
    for (int j = y - reach < 0 ? 0 : y - reach; j <= y + reach && j < height; j++)
        for (int i = x - reach < 0 ? 0 : x - reach; i <= x + reach && i < width; i++, count++)
            for (int c = 0; c < 3; c++)
                rgb[c] += sp_image_plane(&view->rgb, c)[(size_t)j * (size_t)width + (size_t)i];
    for (int c = 0; c < 3; c++)
        rgb[c] /= (float)count;
}

// The colour of the view in whose picture the cell is farthest from the border, so that pictures meet where
// both are at their best.
static void look(panorama *p, int column, int row)
{
    const recon_geometry *g = p->g;
    size_t cell = (size_t)row * (size_t)p->columns + (size_t)column, at, best_at = 0;
    sp_vec3 place = place_of(p, direction_of(p, column, row));
    int best = -1, margin = -1;
    double depth;
    for (int v = 0; v < g->count; v++) {
        int width = g->maps[v].width, height = g->maps[v].height;
        if (!recon_pixel_in(&at, &depth, g, v, place) || g->maps[v].depth[at] < FAR_SHARE * depth)
            continue;
        int x = (int)(at % (size_t)width), y = (int)(at / (size_t)width);
        int across = x < width - 1 - x ? x : width - 1 - x, along = y < height - 1 - y ? y : height - 1 - y;
        int here = across < along ? across : along;
        if (here > margin) {
            margin = here;
            best = v;
            best_at = at;
        }
    }
    if (best < 0)
        return;
    p->seen[cell] = 1;
    mean_colour(p->rgb + 3 * cell, &g->views[best], best_at, (int)(0.5 * p->cell * g->views[best].camera.fx));
}

static void look_row(void *context, int64_t row, int worker)
{
    (void)worker;
    panorama *p = context;
    for (int column = 0; column < p->columns; column++)
        look(p, column, (int)row);
}

static size_t cell_at(const panorama *p, int column, int row)
{
    int around = (column % p->columns + p->columns) % p->columns;
    return (size_t)row * (size_t)p->columns + (size_t)around;
}

// Cells to the first that is seen to one side (-1, 1); 0: none within reach.
static int steps_to_seen(const panorama *p, int column, int row, int side)
{
    int reach = (int)((p->g->params.is_apart ? APART_REACH_RAD : REACH_RAD) / p->cell);
    for (int d = 1; d <= reach; d++)
        if (p->seen[cell_at(p, column + side * d, row)])
            return d;
    return 0;
}

// The cell that mirrors one at the edge of what is seen, `steps` away: as deep in what is seen, and back
// again where that does not go so deep.
static const float *mirrored(const panorama *p, int column, int row, int side, int steps)
{
    int run = 1, deep;
    while (run < steps && p->seen[cell_at(p, column + side * (steps + run), row)])
        run++;
    deep = (steps - 1) % (2 * run);
    deep = deep < run ? deep : 2 * run - 1 - deep;
    return p->rgb + 3 * cell_at(p, column + side * (steps + deep), row);
}

static int append_cell(sp_splat_cloud *out, const panorama *p, int column, int row)
{
    int left = steps_to_seen(p, column, row, -1), right = steps_to_seen(p, column, row, 1);
    if (p->seen[cell_at(p, column, row)] || (!left && !right))
        return SP_OK;
    float share = !right ? 1 : !left ? 0 : (float)(0.5 + (right - left) * p->cell / (4 * FADE_RAD));
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    const float *a = mirrored(p, column, row, left ? -1 : 1, left ? left : right);
    const float *b = mirrored(p, column, row, right ? 1 : -1, right ? right : left);
    float rgb[3];
    for (int c = 0; c < 3; c++)
        rgb[c] = share * a[c] + (1 - share) * b[c];
    sp_vec3 direction = direction_of(p, column, row), place = place_of(p, direction);
    sp_vec3 centre = sp_v3(p->g->params.floor_x, p->g->params.floor_y, 0);
    double sigma = SIGMA_SHARE * p->cell * p->radius;
    if (recon_stands_in_the_way(p->g, -1, place))
        return SP_OK;
    return recon_append_disc(out, place, sp_v3_scale(direction, -1), centre, sigma, sigma, rgb, OPACITY);
}

int recon_backdrop(sp_splat_cloud *out, const recon_geometry *g, double radius, double cell_rad,
                   sp_pool *pool)
{
    panorama p = {.g = g,
                  .radius = radius,
                  .cell = cell_rad,
                  .columns = (int)(2 * M_PI / cell_rad),
                  .rows = (int)((HIGHEST_RAD - LOWEST_RAD) / cell_rad)};
    size_t cells = (size_t)p.columns * (size_t)p.rows;
    p.rgb = sp_calloc(3 * cells, sizeof *p.rgb);
    p.seen = sp_calloc(cells, 1);
    int rc = p.rgb && p.seen ? SP_OK : SP_ENOMEM;
    if (!rc)
        sp_pool_run(pool, p.rows, look_row, &p);
    for (int row = 0; row < p.rows && !rc; row++)
        for (int column = 0; column < p.columns && !rc; column++)
            rc = append_cell(out, &p, column, row);
    free(p.rgb);
    free(p.seen);
    return rc;
}
