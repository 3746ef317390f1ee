// Which candidate of each pixel is the venue.
//
// A choice says in which samples the athlete covers the pixel: in all but those of the chosen set. Two
// neighbours must say the same of every sample unless a contour runs between them in that sample. Whoever
// stands still for most of the time has an outline that stands still as well, but samples before and after
// show no contour there, and each of them speaks against him; the venue that shows then is contradicted by no
// sample. The energy is minimised by sequential tree-reweighted message passing (Kolmogorov, "Convergent
// Tree-reweighted Message Passing for Energy Minimization", 2006) over the pixels that are not certain.
#include "plate.h"

#include <stdlib.h>
#include <string.h>

// One candidate alone is certain from this share of the samples on.
#define CERTAIN 0.85
// Costs in samples of disagreement, as shares of their number: of a candidate that no sample shows, and of
// saying that the venue never shows. The latter is above what noise makes neighbours of the venue disagree.
#define RARITY 0.025f
#define NEVER 0.05f
// So many samples, as a share, may disagree for noise.
#define TOLERANCE 0.04
// Certain pixels that others enclose are asked as well when they are a smaller share of the picture: what
// covered them may never have left.
#define ISLAND 0.04
#define ROUNDS 12
#define MOST_LABELS (PLATE_MOST_CANDIDATES + 1)

enum { LEFT, ABOVE, RIGHT, BELOW, SIDES };

typedef struct node {
    int pixel, x, y;
    int labels;            // the candidates, then that the venue never shows
    int neighbours[SIDES]; // nodes, or -1
    float unary[MOST_LABELS];
    float messages[SIDES][MOST_LABELS];         // from each side, about the labels of this node
    uint8_t costs[2][MOST_LABELS][MOST_LABELS]; // to the right and below: [own label][the other's]
} node;

typedef struct field {
    const plate_candidates *candidates;
    const plate_stack *stack;
    int *index; // per pixel its node, or -1
    node *nodes;
    int count, tolerance;
} field;

static bool is_certain(const plate_candidates *c, int samples)
{
    return c->count == 1 && plate_members(c->sets[0]) >= CERTAIN * samples;
}

// ---- Building

// The samples in which no contour runs between two pixels.
static uint64_t without_contour(const plate_stack *stack, size_t a, size_t b)
{
    uint8_t radius = stack->radius[a] > stack->radius[b] ? stack->radius[a] : stack->radius[b];
    uint8_t most[PLATE_MOST_SAMPLES] = {0};
    for (int c = 0; c < 3; c++) {
        const uint8_t *u = plate_series(stack, a, c), *v = plate_series(stack, b, c);
        for (int t = 0; t < stack->lanes; t++) {
            uint8_t d = u[t] > v[t] ? (uint8_t)(u[t] - v[t]) : (uint8_t)(v[t] - u[t]);
            most[t] = d > most[t] ? d : most[t];
        }
    }
    uint64_t set = 0;
    for (int t = 0; t < stack->count; t++)
        set |= (uint64_t)(most[t] <= radius) << t;
    return set;
}

// The set that a label stands for.
static uint64_t set_of(const plate_candidates *c, int label)
{
    return label < c->count ? c->sets[label] : 0;
}

// How much two sets disagree where they should not.
static int disagreement(const field *f, uint64_t a, uint64_t b, uint64_t smooth)
{
    int cost = plate_members((a ^ b) & smooth) - f->tolerance;
    return cost > 0 ? cost : 0;
}

static void join(field *f, node *n, int side, size_t other)
{
    const plate_candidates *own = &f->candidates[n->pixel], *theirs = &f->candidates[other];
    int neighbour = f->index[other];
    n->neighbours[side] = neighbour;
    if (neighbour >= 0 && side < RIGHT)
        return; // that node holds the costs
    uint64_t smooth = without_contour(f->stack, (size_t)n->pixel, other);
    for (int k = 0; k < n->labels; k++) {
        uint64_t set = set_of(own, k);
        if (neighbour < 0) {
            n->unary[k] += (float)disagreement(f, set, theirs->sets[0], smooth);
            continue;
        }
        for (int l = 0; l <= theirs->count; l++)
            n->costs[side - RIGHT][k][l] = (uint8_t)disagreement(f, set, set_of(theirs, l), smooth);
    }
}

static void build(void *context, int64_t index, int worker)
{
    (void)worker;
    field *f = context;
    node *n = &f->nodes[index];
    const plate_candidates *own = &f->candidates[n->pixel];
    const plate_stack *stack = f->stack;
    float samples = (float)stack->count;
    n->labels = own->count + 1;
    for (int k = 0; k < own->count; k++)
        n->unary[k] = RARITY * (samples - (float)plate_members(own->sets[k]));
    n->unary[own->count] = NEVER * samples;
    for (int side = 0; side < SIDES; side++)
        n->neighbours[side] = -1;
    size_t pixel = (size_t)n->pixel, width = (size_t)stack->width;
    if (n->x > 0)
        join(f, n, LEFT, pixel - 1);
    if (n->y > 0)
        join(f, n, ABOVE, pixel - width);
    if (n->x + 1 < stack->width)
        join(f, n, RIGHT, pixel + 1);
    if (n->y + 1 < stack->height)
        join(f, n, BELOW, pixel + width);
}

enum { CERTAIN_PIXEL = -1, ASKED = -2, VISITED = -3 };

// Flood the certain pixels connected to a seed; they are left in stack[0..result-1] and marked as visited.
static int flood(int *mark, int *stack, int seed, int width, int height)
{
    int done = 0, count = 0;
    mark[seed] = VISITED;
    stack[count++] = seed;
    while (done < count) {
        int at = stack[done++], x = at % width, y = at / width;
        const int next[4] = {x > 0 ? at - 1 : -1, x + 1 < width ? at + 1 : -1, y > 0 ? at - width : -1,
                             y + 1 < height ? at + width : -1};
        for (int k = 0; k < 4; k++)
            if (next[k] >= 0 && mark[next[k]] == CERTAIN_PIXEL) {
                mark[next[k]] = VISITED;
                stack[count++] = next[k];
            }
    }
    return count;
}

// Which pixels become nodes: those that are not certain, and islands of certain ones.
static int choose_nodes(field *f)
{
    int width = f->stack->width, height = f->stack->height, pixels = width * height;
    int *stack = sp_calloc((size_t)pixels, sizeof *stack);
    if (!stack)
        return SP_ENOMEM;
    for (int i = 0; i < pixels; i++)
        f->index[i] = is_certain(&f->candidates[i], f->stack->count) ? CERTAIN_PIXEL : ASKED;
    for (int i = 0; i < pixels; i++) {
        int area = f->index[i] == CERTAIN_PIXEL ? flood(f->index, stack, i, width, height) : 0;
        for (int k = 0; area < ISLAND * pixels && k < area; k++)
            f->index[stack[k]] = ASKED;
    }
    for (int i = 0; i < pixels; i++)
        f->index[i] = f->index[i] == ASKED ? f->count++ : -1;
    free(stack);
    return SP_OK;
}

static int field_init(field *f, sp_pool *pool)
{
    int pixels = f->stack->width * f->stack->height;
    f->tolerance = (int)(TOLERANCE * f->stack->count + 0.5);
    f->index = sp_calloc((size_t)pixels, sizeof *f->index);
    if (!f->index || choose_nodes(f) < 0)
        return SP_ENOMEM;
    f->nodes = sp_calloc((size_t)f->count + 1, sizeof *f->nodes);
    if (!f->nodes)
        return SP_ENOMEM;
    for (int i = 0; i < pixels; i++)
        if (f->index[i] >= 0) {
            node *n = &f->nodes[f->index[i]];
            n->pixel = i;
            n->x = i % f->stack->width;
            n->y = i / f->stack->width;
        }
    sp_pool_run(pool, f->count, build, f);
    return SP_OK;
}

// ---- Messages

static void send(const field *f, const node *from, int side, const float belief[], float gamma)
{
    node *to = &f->nodes[from->neighbours[side]];
    int back = (side + 2) % SIDES;
    float share[MOST_LABELS], least = 1e30f;
    for (int k = 0; k < from->labels; k++)
        share[k] = gamma * belief[k] - from->messages[side][k];
    float *out = to->messages[back];
    for (int l = 0; l < to->labels; l++) {
        float best = 1e30f;
        for (int k = 0; k < from->labels; k++) {
            float cost =
                share[k] + (side >= RIGHT ? from->costs[side - RIGHT][k][l] : to->costs[back - RIGHT][l][k]);
            best = cost < best ? cost : best;
        }
        out[l] = best;
        least = best < least ? best : least;
    }
    for (int l = 0; l < to->labels; l++)
        out[l] -= least;
}

static void sweep(const field *f, bool forward)
{
    for (int i = 0; i < f->count; i++) {
        const node *n = &f->nodes[forward ? i : f->count - 1 - i];
        int ahead = (n->neighbours[RIGHT] >= 0) + (n->neighbours[BELOW] >= 0);
        int behind = (n->neighbours[LEFT] >= 0) + (n->neighbours[ABOVE] >= 0);
        if (ahead + behind == 0)
            continue;
        float gamma = 1.0f / (float)(ahead > behind ? ahead : behind), belief[MOST_LABELS];
        memcpy(belief, n->unary, sizeof belief);
        for (int side = 0; side < SIDES; side++)
            for (int k = 0; n->neighbours[side] >= 0 && k < n->labels; k++)
                belief[k] += n->messages[side][k];
        for (int side = forward ? RIGHT : LEFT; side <= (forward ? BELOW : ABOVE); side++)
            if (n->neighbours[side] >= 0)
                send(f, n, side, belief, gamma);
    }
}

// In order, each node settles with those before it as they were decided.
static void decide(uint64_t *out, const field *f, int *chosen)
{
    for (int i = 0; i < f->count; i++) {
        const node *n = &f->nodes[i];
        int best = 0;
        float least = 1e30f;
        for (int k = 0; k < n->labels; k++) {
            float cost = n->unary[k];
            for (int side = LEFT; side <= ABOVE; side++) {
                int other = n->neighbours[side];
                if (other >= 0)
                    cost += f->nodes[other].costs[side][chosen[other]][k];
            }
            for (int side = RIGHT; side <= BELOW; side++)
                if (n->neighbours[side] >= 0)
                    cost += n->messages[side][k];
            if (cost < least) {
                least = cost;
                best = k;
            }
        }
        chosen[i] = best;
        out[n->pixel] = set_of(&f->candidates[n->pixel], best);
    }
}

int plate_choose(uint64_t *out, const plate_candidates *candidates, const plate_stack *stack, sp_pool *pool)
{
    field f = {.candidates = candidates, .stack = stack};
    int code = field_init(&f, pool);
    int *chosen = code == SP_OK ? sp_calloc((size_t)f.count + 1, sizeof *chosen) : NULL;
    if (code == SP_OK && !chosen)
        code = SP_ENOMEM;
    if (code == SP_OK) {
        for (int i = 0; i < stack->width * stack->height; i++)
            out[i] = candidates[i].sets[0];
        for (int round = 0; round < ROUNDS; round++) {
            sweep(&f, true);
            sweep(&f, false);
        }
        decide(out, &f, chosen);
    }
    free(chosen);
    free(f.nodes);
    free(f.index);
    return code;
}
