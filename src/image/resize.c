// Separable resampling: per axis the exact area average when shrinking, Catmull-Rom (Keys 1981, a = -0.5)
// when growing. Pixel centres lie at half integers, so the picture's outline stays where it is.
#include <stillpoint/image.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Output sample i is the sum of weights[i * tap_max + j] * input[first[i] + j] over j < taps[i].
typedef struct axis_taps {
    int count, tap_max;
    int *first, *taps;
    float *weights;
} axis_taps;

static void axis_free(axis_taps *axis)
{
    free(axis->first);
    free(axis->taps);
    free(axis->weights);
}

static int axis_alloc(axis_taps *axis, int count, int tap_max)
{
    axis->count = count;
    axis->tap_max = tap_max;
    axis->first = sp_calloc((size_t)count, sizeof *axis->first);
    axis->taps = sp_calloc((size_t)count, sizeof *axis->taps);
    axis->weights = sp_calloc((size_t)count * (size_t)tap_max, sizeof *axis->weights);
    return axis->first && axis->taps && axis->weights ? 0 : SP_ENOMEM;
}

// Each input pixel weighs what it shares with the output pixel's interval. Integers keep the shares exact:
// one input pixel is `to` units long, one output pixel `from` units.
static void area_taps(axis_taps *axis, int from, int to)
{
    for (int i = 0; i < to; i++) {
        int64_t begin = (int64_t)i * from, end = begin + from;
        int first = (int)(begin / to), last = (int)((end - 1) / to);
        axis->first[i] = first;
        axis->taps[i] = last - first + 1;
        for (int k = first; k <= last; k++) {
            int64_t low = (int64_t)k * to > begin ? (int64_t)k * to : begin;
            int64_t high = (int64_t)(k + 1) * to < end ? (int64_t)(k + 1) * to : end;
            axis->weights[(size_t)i * (size_t)axis->tap_max + (size_t)(k - first)] =
                (float)((double)(high - low) / from);
        }
    }
}

static double catmull_rom(double x)
{
    x = fabs(x);
    if (x < 1)
        return 1 + x * x * (1.5 * x - 2.5);
    return x < 2 ? 2 + x * (-4 + x * (2.5 - 0.5 * x)) : 0;
}

// Taps beyond the border fall onto the border pixel.
static void cubic_taps(axis_taps *axis, int from, int to)
{
    for (int i = 0; i < to; i++) {
        double centre = (i + 0.5) * from / to - 0.5;
        int base = (int)floor(centre) - 1;
        int first = base < 0 ? 0 : base > from - 1 ? from - 1 : base;
        int last = base + 3 < 0 ? 0 : base + 3 > from - 1 ? from - 1 : base + 3;
        axis->first[i] = first;
        axis->taps[i] = last - first + 1;
        for (int k = base; k < base + 4; k++) {
            int inside = k < first ? first : k > last ? last : k;
            axis->weights[(size_t)i * (size_t)axis->tap_max + (size_t)(inside - first)] +=
                (float)catmull_rom(centre - k);
        }
    }
}

static int axis_init(axis_taps *axis, int from, int to)
{
    bool is_growing = to > from;
    int rc = axis_alloc(axis, to, is_growing ? 4 : from / to + 2);
    if (rc)
        return rc;
    if (is_growing)
        cubic_taps(axis, from, to);
    else
        area_taps(axis, from, to);
    return 0;
}

static void add_row(float *restrict sum, const float *restrict row, float weight, int count)
{
    for (int x = 0; x < count; x++)
        sum[x] += weight * row[x];
}

static void resize_plane(float *to, const float *from, int from_width, const axis_taps *columns,
                         const axis_taps *rows, float *line)
{
    for (int y = 0; y < rows->count; y++) {
        memset(line, 0, (size_t)from_width * sizeof *line);
        for (int j = 0; j < rows->taps[y]; j++)
            add_row(line, from + (size_t)(rows->first[y] + j) * (size_t)from_width,
                    rows->weights[(size_t)y * (size_t)rows->tap_max + (size_t)j], from_width);
        for (int x = 0; x < columns->count; x++) {
            const float *weights = columns->weights + (size_t)x * (size_t)columns->tap_max;
            const float *values = line + columns->first[x];
            float sum = 0;
            for (int j = 0; j < columns->taps[x]; j++)
                sum += weights[j] * values[j];
            to[(size_t)y * (size_t)columns->count + (size_t)x] = sum;
        }
    }
}

int sp_image_resize(sp_image *out, const sp_image *from, int width, int height)
{
    sp_image image;
    int rc = sp_image_init(&image, width, height, from->channels);
    if (rc)
        return rc;
    axis_taps columns = {0}, rows = {0};
    float *line = sp_aligned_calloc((size_t)from->width, sizeof *line);
    rc = line ? axis_init(&columns, from->width, width) : SP_ENOMEM;
    if (!rc)
        rc = axis_init(&rows, from->height, height);
    for (int c = 0; !rc && c < from->channels; c++)
        resize_plane(sp_image_plane(&image, c), sp_image_plane(from, c), from->width, &columns, &rows, line);
    axis_free(&columns);
    axis_free(&rows);
    free(line);
    if (rc)
        sp_image_free(&image);
    else
        *out = image;
    return rc;
}
