// PSNR and Gaussian SSIM.
#include "gauss.h"

#include <stillpoint/image.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PSNR_EQUAL 99.0
#define SSIM_SIGMA_PX 1.5
#define SSIM_TRUNCATE 3.5
#define SSIM_C1 (0.01f * 0.01f) // (K1 L)^2 with L = 1
#define SSIM_C2 (0.03f * 0.03f)

static int check_same(const sp_image *a, const sp_image *b)
{
    if (a->width == b->width && a->height == b->height && a->channels == b->channels)
        return 0;
    return sp_error(SP_EINVAL,
                    "pictures of %d x %d x %d and %d x %d x %d cannot be compared: sizes must be equal",
                    a->width, a->height, a->channels, b->width, b->height, b->channels);
}

static double psnr_of(double squares, double count)
{
    return squares > 0 ? -10 * log10(squares / count) : PSNR_EQUAL;
}

int sp_psnr(double *out, const sp_image *a, const sp_image *b)
{
    int rc = check_same(a, b);
    if (rc)
        return rc;
    size_t count = (size_t)a->width * (size_t)a->height * (size_t)a->channels;
    double squares = 0;
    for (size_t i = 0; i < count; i++) {
        double d = (double)a->data[i] - (double)b->data[i];
        squares += d * d;
    }
    *out = psnr_of(squares, (double)count);
    return 0;
}

int sp_psnr_masked(double *out, const sp_image *a, const sp_image *b, const sp_image *mask)
{
    int rc = check_same(a, b);
    if (rc)
        return rc;
    if (mask->width != a->width || mask->height != a->height)
        return sp_error(SP_EINVAL, "a mask of %d x %d does not fit pictures of %d x %d", mask->width,
                        mask->height, a->width, a->height);
    size_t count = (size_t)a->width * (size_t)a->height, selected = 0;
    double squares = 0;
    for (size_t i = 0; i < count; i++)
        selected += mask->data[i] > 0.5f;
    if (!selected)
        return sp_error(SP_EINVAL, "the mask selects no pixel, so there is nothing to compare");
    for (int c = 0; c < a->channels; c++) {
        const float *pa = sp_image_plane(a, c), *pb = sp_image_plane(b, c);
        for (size_t i = 0; i < count; i++) {
            double d = mask->data[i] > 0.5f ? (double)pa[i] - (double)pb[i] : 0;
            squares += d * d;
        }
    }
    *out = psnr_of(squares, (double)selected * a->channels);
    return 0;
}

// ---- SSIM

// The five moments of a pair of pictures, each blurred along rows, for the rows that the window needs now:
// moment m of row y lies at rows + ((y % ring) * MOMENTS + m) * width. Everything stays in the cache, and the
// pictures are read once.
enum { MEAN_A, MEAN_B, SQUARE_A, SQUARE_B, PRODUCT, MOMENTS };

typedef struct ssim_window {
    image_gauss gauss;
    int width, ring;
    float *padded;  // MOMENTS padded rows
    float *rows;    // ring * MOMENTS rows
    float *columns; // MOMENTS rows: the moments under the whole window
} ssim_window;

static void window_free(ssim_window *window)
{
    free(window->gauss.weights);
    free(window->padded);
    free(window->rows);
    free(window->columns);
}

static int window_init(ssim_window *window, int width)
{
    int rc = image_gauss_init(&window->gauss, SSIM_SIGMA_PX, SSIM_TRUNCATE);
    if (rc)
        return rc;
    int radius = window->gauss.radius;
    window->width = width;
    window->ring = 2 * radius + 1;
    size_t row = (size_t)width * MOMENTS;
    window->padded = sp_aligned_calloc(row + (size_t)MOMENTS * 2 * (size_t)radius, sizeof(float));
    window->rows = sp_aligned_calloc(row * (size_t)window->ring, sizeof(float));
    window->columns = sp_aligned_calloc(row, sizeof(float));
    return window->padded && window->rows && window->columns ? 0 : SP_ENOMEM;
}

static float *window_row(const ssim_window *window, int y)
{
    return window->rows + (size_t)(y % window->ring) * MOMENTS * (size_t)window->width;
}

static void enter_row(ssim_window *window, const float *a, const float *b, int y)
{
    int radius = window->gauss.radius;
    int stride = window->width + 2 * radius;
    float *restrict p = window->padded;
    image_pad_row(p + MEAN_A * stride, a, window->width, radius);
    image_pad_row(p + MEAN_B * stride, b, window->width, radius);
    for (int x = 0; x < stride; x++) {
        float va = p[MEAN_A * stride + x], vb = p[MEAN_B * stride + x];
        p[SQUARE_A * stride + x] = va * va;
        p[SQUARE_B * stride + x] = vb * vb;
        p[PRODUCT * stride + x] = va * vb;
    }
    float *row = window_row(window, y);
    for (int m = 0; m < MOMENTS; m++)
        image_gauss_row(row + (size_t)m * (size_t)window->width, p + m * stride, window->width,
                        &window->gauss);
}

static void blur_columns(ssim_window *window, int y, int height)
{
    int count = MOMENTS * window->width;
    float *restrict out = window->columns;
    const float *restrict centre = window_row(window, y);
    const float *weights = window->gauss.weights;
    for (int i = 0; i < count; i++)
        out[i] = weights[0] * centre[i];
    for (int k = 1; k <= window->gauss.radius; k++) {
        const float *restrict above = window_row(window, image_mirror(y - k, height));
        const float *restrict below = window_row(window, image_mirror(y + k, height));
        for (int i = 0; i < count; i++)
            out[i] += weights[k] * (above[i] + below[i]);
    }
}

// Equation 13 of Wang et al. 2004 for one row; the row's values replace the first moment.
static double ssim_row(const ssim_window *window)
{
    size_t width = (size_t)window->width;
    float *restrict mean_a = window->columns + MEAN_A * width;
    const float *restrict mean_b = window->columns + MEAN_B * width;
    const float *restrict square_a = window->columns + SQUARE_A * width;
    const float *restrict square_b = window->columns + SQUARE_B * width;
    const float *restrict product = window->columns + PRODUCT * width;
    for (size_t x = 0; x < width; x++) {
        float ma = mean_a[x], mb = mean_b[x];
        float variances = (square_a[x] - ma * ma) + (square_b[x] - mb * mb);
        float covariance = product[x] - ma * mb;
        mean_a[x] = (2 * ma * mb + SSIM_C1) * (2 * covariance + SSIM_C2) /
                    ((ma * ma + mb * mb + SSIM_C1) * (variances + SSIM_C2));
    }
    double sum = 0;
    for (size_t x = 0; x < width; x++)
        sum += (double)mean_a[x];
    return sum;
}

static double ssim_plane(ssim_window *window, const float *a, const float *b, int height)
{
    double sum = 0;
    int entered = 0;
    for (int y = 0; y < height; y++) {
        for (; entered < height && entered <= y + window->gauss.radius; entered++)
            enter_row(window, a + (size_t)entered * (size_t)window->width,
                      b + (size_t)entered * (size_t)window->width, entered);
        blur_columns(window, y, height);
        sum += ssim_row(window);
    }
    return sum;
}

int sp_ssim(double *out, const sp_image *a, const sp_image *b)
{
    int rc = check_same(a, b);
    if (rc)
        return rc;
    ssim_window window = {0};
    rc = window_init(&window, a->width);
    double sum = 0;
    for (int c = 0; !rc && c < a->channels; c++)
        sum += ssim_plane(&window, sp_image_plane(a, c), sp_image_plane(b, c), a->height);
    window_free(&window);
    if (!rc)
        *out = sum / ((double)a->width * a->height * a->channels);
    return rc;
}
