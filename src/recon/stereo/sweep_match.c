#include "sweep_match.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Disparity between planes, in px of the nearest neighbour.
#define PLANE_STEP_PX 0.7
#define MOST_PLANES 128
// How far behind the hull's skin a surface may lie, and in front of it (its samples are coarse).
#define DEEPEST_M 0.45
#define BEFORE_M 0.02
#define LEAST_MATTE 0.3f
// Penalties for a step of one plane and for more, on costs of 0..255.
#define STEP_PENALTY 8
#define JUMP_PENALTY 48
#define POOR_COST 120
// Larger than what a path can cost.
#define UNREACHED 0x3fff

// Rows of the view with room for whole vectors.
typedef struct padded {
    float *memory, *grey, *matte, *entry; // planes
    float *sums[3];                       // matte, matte * grey, matte * grey^2 over windows
} padded;

typedef struct matching {
    const sweep_view *view, *views;
    const sweep_kernels *kernels;
    int width, height, depths;
    size_t stride; // of padded rows
    double near, step;
    padded own;
    float *scratch, *rings;  // rings: per neighbour, moment and ring slot a row
    int *from, *to;          // per row: the columns where a surface may be
    float *least, *most;     // per row: the depths where a surface may be
    uint8_t *planes, *costs; // by plane, row, column; by row, column, plane
    uint16_t *sums, *path;
} matching;

sweep_transfer sweep_transfer_between(const sp_camera *from, const sp_camera *to)
{
    sp_mat3 r = sp_m3_mul(to->rotation, sp_m3_transpose(from->rotation));
    sp_vec3 t = sp_v3_sub(to->translation, sp_m3_apply(r, from->translation));
    sp_mat3 k = {{to->fx, 0, to->cx, 0, to->fy, to->cy, 0, 0, 1}};
    sp_mat3 inverse = {
        {1 / from->fx, 0, -from->cx / from->fx, 0, 1 / from->fy, -from->cy / from->fy, 0, 0, 1}};
    sp_mat3 a = sp_m3_mul(sp_m3_mul(k, r), inverse);
    sp_vec3 b = sp_m3_apply(k, t);
    sweep_transfer out = {{0}, {b.x, b.y, b.z}};
    memcpy(out.a, a.m, sizeof out.a);
    return out;
}

static const sweep_kernels *best_kernels(void)
{
#ifdef __x86_64__
    switch (sp_cpu_detect()) {
    case SP_CPU_AVX512:
        return &sweep_kernels_avx512;
    case SP_CPU_AVX2:
        return &sweep_kernels_avx2;
    case SP_CPU_BASELINE:
        break;
    }
#endif
    return &sweep_kernels_baseline;
}

// ---- Where a surface may be

// The columns and depths of each row; false when there is none.
static bool bound_rows(matching *m)
{
    float nearest = INFINITY, farthest = 0;
    for (int y = 0; y < m->height; y++) {
        const float *entry = m->view->entry.data + (size_t)y * (size_t)m->width;
        const float *matte = m->view->matte.data + (size_t)y * (size_t)m->width;
        m->least[y] = INFINITY;
        m->most[y] = 0;
        for (int x = 0; x < m->width; x++) {
            if (!isfinite(entry[x]) || matte[x] <= LEAST_MATTE)
                continue;
            m->from[y] = m->to[y] > 0 ? m->from[y] : x;
            m->to[y] = x + 1;
            m->least[y] = fminf(m->least[y], entry[x]);
            m->most[y] = fmaxf(m->most[y], entry[x]);
        }
        nearest = fminf(nearest, m->least[y]);
        farthest = fmaxf(farthest, m->most[y]);
    }
    if (farthest <= 0)
        return false;
    m->near = nearest - BEFORE_M;
    double range = farthest + DEEPEST_M - m->near;
    m->step = PLANE_STEP_PX * 0.5 * (nearest + farthest) /
              (m->view->camera.fx * sin(fmin(m->view->least_angle, 1.0)));
    m->depths = (int)ceil(range / m->step) + 1;
    if (m->depths > MOST_PLANES) {
        m->depths = MOST_PLANES;
        m->step = range / (MOST_PLANES - 1);
    }
    return m->depths >= 3;
}

// ---- Memory

static void matching_free(matching *m)
{
    free(m->own.memory);
    free(m->scratch);
    free(m->rings);
    free(m->from);
    free(m->least);
    free(m->planes);
    free(m->costs);
    free(m->sums);
    free(m->path);
}

static int row_memory(matching *m)
{
    size_t h = (size_t)m->height;
    m->from = sp_calloc(2 * h, sizeof *m->from);
    m->least = sp_calloc(2 * h, sizeof *m->least);
    if (!m->from || !m->least)
        return SP_ENOMEM;
    m->to = m->from + h;
    m->most = m->least + h;
    return SP_OK;
}

static int volume_memory(matching *m)
{
    size_t plane = m->stride * (size_t)m->height,
           volume = (size_t)m->width * (size_t)m->height * (size_t)m->depths;
    m->own.memory = sp_calloc(6 * plane, sizeof(float));
    m->scratch = sp_calloc(SWEEP_MOMENTS * m->stride, sizeof(float));
    m->rings = sp_calloc(SWEEP_NEIGHBOURS * SWEEP_MOMENTS * (SWEEP_WINDOW + 1) * m->stride, sizeof(float));
    m->planes = sp_calloc(volume + SWEEP_PAD, 1);
    m->costs = sp_calloc(volume, 1);
    m->sums = sp_calloc(volume, sizeof *m->sums);
    m->path = sp_calloc(2 * ((size_t)m->depths + 2), sizeof *m->path);
    if (!m->own.memory || !m->scratch || !m->rings || !m->planes || !m->costs || !m->sums || !m->path)
        return SP_ENOMEM;
    m->own.grey = m->own.memory;
    m->own.matte = m->own.memory + plane;
    m->own.entry = m->own.memory + 2 * plane;
    for (size_t q = 0; q < 3; q++)
        m->own.sums[q] = m->own.memory + (3 + q) * plane;
    return SP_OK;
}

// ---- The own windows

// Sums over the window, clipped at the border; the picture's width of each row.
static void sum_windows(float *out, const float *in, const matching *m, float *across)
{
    for (int y = 0; y < m->height; y++)
        for (int x = 0; x < m->width; x++) {
            float sum = 0;
            for (int d = -SWEEP_RADIUS; d <= SWEEP_RADIUS; d++)
                sum += x + d >= 0 && x + d < m->width ? in[(size_t)y * m->stride + (size_t)(x + d)] : 0;
            across[(size_t)y * m->stride + (size_t)x] = sum;
        }
    for (int y = 0; y < m->height; y++)
        for (int d = -SWEEP_RADIUS; d <= SWEEP_RADIUS; d++)
            for (int x = 0; y + d >= 0 && y + d < m->height && x < m->width; x++)
                out[(size_t)y * m->stride + (size_t)x] += across[(size_t)(y + d) * m->stride + (size_t)x];
}

static int lay_out(matching *m)
{
    size_t plane = m->stride * (size_t)m->height;
    const sp_image *from[3] = {&m->view->grey, &m->view->matte, &m->view->entry};
    float *to[3] = {m->own.grey, m->own.matte, m->own.entry};
    for (int k = 0; k < 3; k++)
        for (size_t y = 0; y < (size_t)m->height; y++)
            memcpy(to[k] + y * m->stride, from[k]->data + y * (size_t)m->width,
                   (size_t)m->width * sizeof(float));
    float *moment = sp_calloc(2 * plane, sizeof *moment);
    if (!moment)
        return SP_ENOMEM;
    memcpy(moment, m->own.matte, plane * sizeof *moment);
    for (int q = 0; q < 3; q++) {
        sum_windows(m->own.sums[q], moment, m, moment + plane);
        for (size_t i = 0; i < plane; i++)
            moment[i] *= m->own.grey[i];
    }
    free(moment);
    return SP_OK;
}

// ---- Cost of a plane

// The columns of row y that some window of the rows around it looks at.
static bool columns_of(int *from, int *to, const matching *m, int y)
{
    *from = m->width;
    *to = 0;
    for (int r = y - SWEEP_RADIUS; r <= y + SWEEP_RADIUS; r++) {
        if (r < 0 || r >= m->height || m->to[r] <= m->from[r])
            continue;
        *from = m->from[r] < *from ? m->from[r] : *from;
        *to = m->to[r] > *to ? m->to[r] : *to;
    }
    return *to > *from;
}

// A row of the ring; slot SWEEP_WINDOW stays 0 and stands for rows beyond the picture.
static float *ring_row(const matching *m, int neighbour, int moment, int slot)
{
    size_t row = (size_t)((neighbour * SWEEP_MOMENTS + moment) * (SWEEP_WINDOW + 1) + slot);
    return m->rings + row * m->stride;
}

static void fetch(const matching *m, int neighbour, const sweep_transfer *t, double z, int y)
{
    const sp_image *other = &m->views[m->view->neighbours[neighbour]].grey;
    sweep_fetch f = {.grey = m->own.grey + (size_t)y * m->stride,
                     .matte = m->own.matte + (size_t)y * m->stride,
                     .other = other->data,
                     .other_width = other->width,
                     .other_height = other->height,
                     .scratch = m->scratch,
                     .stride = m->stride};
    if (!columns_of(&f.from, &f.to, m, y))
        return;
    for (int i = 0; i < 3; i++) {
        f.slope[i] = (float)(z * t->a[3 * i]);
        f.begin[i] =
            (float)(z * (0.5 * t->a[3 * i] + t->a[3 * i + 1] * (y + 0.5) + t->a[3 * i + 2]) + t->b[i]);
    }
    for (int i = 0; i < 2; i++) { // centres on whole numbers
        f.begin[i] -= 0.5f * f.begin[2];
        f.slope[i] -= 0.5f * f.slope[2];
    }
    for (int q = 0; q < SWEEP_MOMENTS; q++)
        f.sums[q] = ring_row(m, neighbour, q, y % SWEEP_WINDOW);
    m->kernels->fetch(&f);
}

static void score(const matching *m, double z, int plane, int y)
{
    size_t at = (size_t)y * m->stride;
    sweep_score s = {.neighbours = m->view->neighbour_count,
                     .m = m->own.sums[0] + at,
                     .mi = m->own.sums[1] + at,
                     .mii = m->own.sums[2] + at,
                     .matte = m->own.matte + at,
                     .entry = m->own.entry + at,
                     .depth = (float)z,
                     .before = (float)BEFORE_M,
                     .behind = (float)DEEPEST_M,
                     .from = m->from[y],
                     .to = m->to[y],
                     .cost = m->planes + ((size_t)plane * (size_t)m->height + (size_t)y) * (size_t)m->width};
    for (int o = 0; o < s.neighbours; o++)
        for (int q = 0; q < SWEEP_MOMENTS; q++)
            for (int r = 0; r < SWEEP_WINDOW; r++) {
                int row = y + r - SWEEP_RADIUS;
                bool is_inside = row >= 0 && row < m->height;
                s.rows[o][q][r] = ring_row(m, o, q, is_inside ? row % SWEEP_WINDOW : SWEEP_WINDOW);
            }
    m->kernels->score(&s);
}

static void cost_plane(const matching *m, const sweep_transfer *transfers, int plane)
{
    double z = m->near + m->step * plane;
    int fetched = 0; // rows below are in the rings, as far as they are needed
    for (int y = 0; y < m->height; y++) {
        if (m->to[y] <= m->from[y] || z <= m->least[y] - BEFORE_M || z >= m->most[y] + DEEPEST_M)
            continue;
        int begin = y - SWEEP_RADIUS > fetched ? y - SWEEP_RADIUS : fetched;
        int end = y + SWEEP_RADIUS < m->height ? y + SWEEP_RADIUS + 1 : m->height;
        for (int row = begin; row < end; row++)
            for (int o = 0; o < m->view->neighbour_count; o++)
                fetch(m, o, &transfers[o], z, row);
        fetched = end;
        score(m, z, plane, y);
    }
}

static void fill_costs(const matching *m)
{
    sweep_transfer transfers[SWEEP_NEIGHBOURS];
    for (int o = 0; o < m->view->neighbour_count; o++)
        transfers[o] = sweep_transfer_between(&m->view->camera, &m->views[m->view->neighbours[o]].camera);
    size_t pixels = (size_t)m->width * (size_t)m->height, depths = (size_t)m->depths;
    memset(m->planes, SWEEP_IMPOSSIBLE, pixels * depths);
    for (int d = 0; d < m->depths; d++)
        cost_plane(m, transfers, d);
    for (int y = 0; y < m->height; y++)
        for (size_t d = 0; d < depths; d++) {
            const uint8_t *from = m->planes + d * pixels + (size_t)y * (size_t)m->width;
            uint8_t *to = m->costs + (size_t)y * (size_t)m->width * depths + d;
            for (int x = m->from[y]; x < m->to[y]; x++)
                to[(size_t)x * depths] = from[x];
        }
}

// ---- Semiglobal matching: four paths

static bool is_possible(const matching *m, int x, int y)
{
    size_t at = (size_t)y * (size_t)m->width + (size_t)x;
    return x >= m->from[y] && x < m->to[y] && m->view->matte.data[at] > LEAST_MATTE &&
           isfinite(m->view->entry.data[at]);
}

// Along a line of `length` pixels; where no surface can be a path ends, and another begins behind.
static void run_path(const matching *m, int x, int y, int dx, int dy, int length)
{
    size_t depths = (size_t)m->depths;
    uint16_t *row[2] = {m->path + 1, m->path + depths + 3};
    bool goes_on = false;
    sweep_step step = {.step_penalty = STEP_PENALTY, .jump_penalty = JUMP_PENALTY, .depths = m->depths};
    for (int i = 0; i < length; i++, x += dx, y += dy) {
        if (!is_possible(m, x, y)) {
            goes_on = false;
            continue;
        }
        size_t at = ((size_t)y * (size_t)m->width + (size_t)x) * depths;
        if (!goes_on) {
            memset(row[0], 0, depths * sizeof *row[0]);
            step.before_least = 0;
        }
        step.before = row[0];
        step.now = row[1];
        step.cost = m->costs + at;
        step.sum = m->sums + at;
        step.before_least = m->kernels->step(&step);
        goes_on = true;
        uint16_t *t = row[0];
        row[0] = row[1];
        row[1] = t;
    }
}

static void aggregate(const matching *m)
{
    size_t depths = (size_t)m->depths;
    uint16_t *const ends[4] = {m->path, m->path + depths + 1, m->path + depths + 2, m->path + 2 * depths + 3};
    for (int i = 0; i < 4; i++)
        *ends[i] = UNREACHED;
    for (int y = 0; y < m->height; y++) {
        run_path(m, m->from[y], y, 1, 0, m->to[y] - m->from[y]);
        run_path(m, m->to[y] - 1, y, -1, 0, m->to[y] - m->from[y]);
    }
    for (int x = 0; x < m->width; x++) {
        run_path(m, x, 0, 0, 1, m->height);
        run_path(m, x, m->height - 1, 0, -1, m->height);
    }
}

static void pick_depths(sp_image *depth, const matching *m)
{
    for (int y = 0; y < m->height; y++)
        for (int x = m->from[y]; x < m->to[y]; x++) {
            size_t i = (size_t)y * (size_t)m->width + (size_t)x;
            const uint16_t *sum = m->sums + i * (size_t)m->depths;
            int best = 0;
            if (!is_possible(m, x, y))
                continue;
            for (int d = 1; d < m->depths; d++)
                best = sum[d] < sum[best] ? d : best;
            if (m->costs[i * (size_t)m->depths + (size_t)best] > POOR_COST)
                continue;
            double shift = 0;
            if (best > 0 && best < m->depths - 1) {
                double a = sum[best - 1], b = sum[best], c = sum[best + 1], bend = a - 2 * b + c;
                shift = bend > 0 ? 0.5 * (a - c) / bend : 0;
            }
            depth->data[i] = (float)(m->near + m->step * (best + fmin(fmax(shift, -0.5), 0.5)));
        }
}

int sweep_match(sp_image *depth, const sweep_view *view, const sweep_view *views)
{
    matching m = {.view = view,
                  .views = views,
                  .kernels = best_kernels(),
                  .width = view->camera.width,
                  .height = view->camera.height};
    m.stride = sweep_stride(m.width);
    int rc = row_memory(&m);
    if (!rc && bound_rows(&m)) {
        rc = volume_memory(&m);
        if (!rc)
            rc = lay_out(&m);
        if (!rc) {
            fill_costs(&m);
            aggregate(&m);
            pick_depths(depth, &m);
        }
    }
    matching_free(&m);
    return rc;
}
