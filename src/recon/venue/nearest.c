#include "nearest.h"

#include <stillpoint/base.h>

#include <math.h>
#include <stdlib.h>

static double coordinate(const recon_nearest *tree, int64_t place, int axis)
{
    return tree->xyz[3 * (int64_t)tree->order[place] + axis];
}

static void swap(recon_nearest *tree, int64_t a, int64_t b)
{
    int32_t t = tree->order[a];
    tree->order[a] = tree->order[b];
    tree->order[b] = t;
}

static int widest_axis(const recon_nearest *tree, int64_t begin, int64_t end)
{
    int best = 0;
    double most = -1;
    for (int a = 0; a < 3; a++) {
        double low = INFINITY, high = -INFINITY;
        for (int64_t i = begin; i < end; i++) {
            low = fmin(low, coordinate(tree, i, a));
            high = fmax(high, coordinate(tree, i, a));
        }
        if (high - low > most) {
            most = high - low;
            best = a;
        }
    }
    return best;
}

// Bring the middle element of the range to its place, smaller ones before it, larger ones behind (Hoare).
static void part(recon_nearest *tree, int64_t begin, int64_t end, int64_t middle, int axis)
{
    int64_t low = begin, high = end - 1;
    while (low < high) {
        double pivot = coordinate(tree, low + (high - low) / 2, axis);
        int64_t i = low, j = high;
        while (i <= j) {
            while (coordinate(tree, i, axis) < pivot)
                i++;
            while (coordinate(tree, j, axis) > pivot)
                j--;
            if (i <= j)
                swap(tree, i++, j--);
        }
        if (middle <= j)
            high = j;
        else if (middle >= i)
            low = i;
        else
            return;
    }
}

static void build(recon_nearest *tree, int64_t begin, int64_t end)
{
    if (end - begin < 1)
        return;
    int64_t middle = begin + (end - begin) / 2;
    int axis = widest_axis(tree, begin, end);
    part(tree, begin, end, middle, axis);
    tree->axis[middle] = (uint8_t)axis;
    build(tree, begin, middle);
    build(tree, middle + 1, end);
}

int recon_nearest_init(recon_nearest *out, const double *xyz, int64_t count)
{
    if (count > INT32_MAX)
        return sp_error(SP_EINVAL, "%lld points are too many", (long long)count);
    recon_nearest tree = {.xyz = xyz, .count = count};
    tree.order = sp_calloc((size_t)count + 1, sizeof *tree.order);
    tree.axis = sp_calloc((size_t)count + 1, sizeof *tree.axis);
    if (!tree.order || !tree.axis) {
        recon_nearest_free(&tree);
        return SP_ENOMEM;
    }
    for (int64_t i = 0; i < count; i++)
        tree.order[i] = (int32_t)i;
    build(&tree, 0, count);
    *out = tree;
    return SP_OK;
}

void recon_nearest_free(recon_nearest *tree)
{
    free(tree->order);
    free(tree->axis);
    tree->order = NULL;
    tree->axis = NULL;
}

typedef struct search {
    const recon_nearest *tree;
    const double *at;
    int64_t except;
    double *squares;
    int most, found;
} search;

static void offer(search *s, double square)
{
    int i = s->found < s->most ? s->found++ : s->most;
    while (i > 0 && s->squares[i - 1] > square) {
        if (i < s->most)
            s->squares[i] = s->squares[i - 1];
        i--;
    }
    if (i < s->most)
        s->squares[i] = square;
}

static void look(search *s, int64_t begin, int64_t end)
{
    if (end - begin < 1)
        return;
    int64_t middle = begin + (end - begin) / 2, point = s->tree->order[middle];
    if (point != s->except) {
        double square = 0;
        for (int a = 0; a < 3; a++) {
            double d = s->tree->xyz[3 * point + a] - s->at[a];
            square += d * d;
        }
        offer(s, square);
    }
    int axis = s->tree->axis[middle];
    double across = s->at[axis] - s->tree->xyz[3 * point + axis];
    if (across < 0)
        look(s, begin, middle);
    else
        look(s, middle + 1, end);
    if (s->found < s->most || across * across < s->squares[s->most - 1]) {
        if (across < 0)
            look(s, middle + 1, end);
        else
            look(s, begin, middle);
    }
}

int recon_nearest_squares(double *squares, const recon_nearest *tree, const double at[3], int64_t except,
                          int most)
{
    search s = {tree, at, except, squares, most, 0};
    look(&s, 0, tree->count);
    return s.found;
}
