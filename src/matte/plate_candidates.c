// What a pixel may look like when nobody is there: clusters of its samples as tight as the noise.
#include "plate.h"

#include <stdlib.h>

// So few strangers among the samples are passers-by and need no candidate of their own.
#define PASSING 0.03

// Bytes of 0 or 1 to bits, eight at a time: the multiplication gathers them in the top byte.
static uint64_t pack(const uint8_t *flags, int lanes)
{
    uint64_t set = 0;
    for (int i = 0; i < lanes; i += 8) {
        uint64_t bytes = 0;
        for (int k = 0; k < 8; k++)
            bytes |= (uint64_t)flags[i + k] << (8 * k);
        set |= ((bytes * 0x0102040810204080u) >> 56) << i;
    }
    return set;
}

// The samples within radius of a colour.
static uint64_t near(const uint8_t *const series[3], const uint8_t colour[3], uint8_t radius, int lanes)
{
    uint8_t flags[PLATE_MOST_SAMPLES];
    uint8_t r = colour[0], g = colour[1], b = colour[2];
    const uint8_t *s0 = series[0], *s1 = series[1], *s2 = series[2];
    for (int t = 0; t < lanes; t++) {
        uint8_t dr = s0[t] > r ? (uint8_t)(s0[t] - r) : (uint8_t)(r - s0[t]);
        uint8_t dg = s1[t] > g ? (uint8_t)(s1[t] - g) : (uint8_t)(g - s1[t]);
        uint8_t db = s2[t] > b ? (uint8_t)(s2[t] - b) : (uint8_t)(b - s2[t]);
        uint8_t most = dr > dg ? dr : dg;
        most = most > db ? most : db;
        flags[t] = most <= radius;
    }
    return pack(flags, lanes);
}

static void mean_of(uint8_t out[3], const uint8_t *const series[3], uint64_t set, int count)
{
    int sum[3] = {0}, members = 0;
    for (int t = 0; t < count; t++) {
        if (!(set >> t & 1))
            continue;
        members++;
        for (int c = 0; c < 3; c++)
            sum[c] += series[c][t];
    }
    for (int c = 0; c < 3 && members; c++)
        out[c] = (uint8_t)((2 * sum[c] + members) / (2 * members));
}

typedef struct candidates_job {
    plate_candidates *out;
    const plate_stack *stack;
    uint64_t every;
    int least; // members of a candidate
} candidates_job;

// Nearly all samples are one thing.
static bool is_certain(plate_candidates *out, const candidates_job *job, const uint8_t *const series[3],
                       uint8_t radius)
{
    const plate_stack *stack = job->stack;
    for (int k = 0; k < 2; k++) {
        int guess = (2 * k + 1) * stack->count / 4;
        uint8_t colour[3] = {series[0][guess], series[1][guess], series[2][guess]};
        uint64_t set = near(series, colour, radius, stack->lanes) & job->every;
        mean_of(colour, series, set, stack->count);
        set = near(series, colour, radius, stack->lanes) & job->every;
        if (stack->count - plate_members(set) <= (int)(PASSING * stack->count)) {
            *out = (plate_candidates){{set}, 1};
            return true;
        }
    }
    return false;
}

// The largest cluster of what is left.
static uint64_t densest(const uint64_t company[], const uint8_t *const series[3], uint8_t radius,
                        uint64_t left, const plate_stack *stack)
{
    int best = -1, most = 0;
    for (int t = 0; t < stack->count; t++) {
        if (!(left >> t & 1))
            continue;
        int members = plate_members(company[t] & left);
        if (members > most) {
            most = members;
            best = t;
        }
    }
    if (best < 0)
        return 0;
    uint8_t colour[3] = {series[0][best], series[1][best], series[2][best]};
    mean_of(colour, series, company[best] & left, stack->count);
    uint64_t set = near(series, colour, radius, stack->lanes) & left;
    return plate_members(set) >= most ? set : company[best] & left;
}

static void find(plate_candidates *out, const candidates_job *job, size_t pixel)
{
    const plate_stack *stack = job->stack;
    const uint8_t *series[3] = {plate_series(stack, pixel, 0), plate_series(stack, pixel, 1),
                                plate_series(stack, pixel, 2)};
    uint8_t radius = stack->radius[pixel];
    if (is_certain(out, job, series, radius))
        return;
    uint64_t company[PLATE_MOST_SAMPLES], left = job->every;
    for (int t = 0; t < stack->count; t++) {
        uint8_t colour[3] = {series[0][t], series[1][t], series[2][t]};
        company[t] = near(series, colour, radius, stack->lanes) & job->every;
    }
    *out = (plate_candidates){{0}, 0};
    while (out->count < PLATE_MOST_CANDIDATES) {
        uint64_t set = densest(company, series, radius, left, stack);
        if (plate_members(set) < job->least)
            break;
        out->sets[out->count++] = set;
        left &= ~set;
    }
}

static void candidates_row(void *context, int64_t row, int worker)
{
    (void)worker;
    const candidates_job *job = context;
    size_t width = (size_t)job->stack->width;
    for (size_t x = 0; x < width; x++)
        find(&job->out[(size_t)row * width + x], job, (size_t)row * width + x);
}

void plate_find_candidates(plate_candidates *out, const plate_stack *stack, sp_pool *pool)
{
    int n = stack->count;
    candidates_job job = {out, stack, n < 64 ? ((uint64_t)1 << n) - 1 : ~(uint64_t)0,
                          n >= 24  ? 3
                          : n >= 8 ? 2
                                   : 1};
    sp_pool_run(pool, stack->height, candidates_row, &job);
}
