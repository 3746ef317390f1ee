#include "fit.h"

#include <stillpoint/base.h>

#include <math.h>

static void regress(double *at_zero, double *slope, const double *x, const double *y, int count)
{
    double mx = 0, my = 0, xx = 0, xy = 0;
    for (int k = 0; k < count; k++) {
        mx += x[k] / count;
        my += y[k] / count;
    }
    for (int k = 0; k < count; k++) {
        xx += (x[k] - mx) * (x[k] - mx);
        xy += (x[k] - mx) * (y[k] - my);
    }
    *slope = xx > 0 ? xy / xx : 0;
    *at_zero = my - *slope * mx;
}

bench_line bench_fit_line(const double *x, const double *y, int count)
{
    enum { MOST = 32 };
    bench_line line;
    double log_x[MOST], log_y[MOST], mean = 0, left = 0, all = 0, unused;
    count = count < MOST ? count : MOST;
    regress(&line.at_zero, &line.slope, x, y, count);
    for (int k = 0; k < count; k++) {
        log_x[k] = log(x[k]);
        log_y[k] = log(y[k]);
        mean += y[k] / count;
    }
    for (int k = 0; k < count; k++) {
        double off = y[k] - line.at_zero - line.slope * x[k];
        left += off * off;
        all += (y[k] - mean) * (y[k] - mean);
    }
    line.r2 = all > 0 ? 1 - left / all : 1;
    regress(&unused, &line.exponent, log_x, log_y, count);
    return line;
}

bench_amdahl bench_fit_amdahl(const int *threads, const double *seconds, int count)
{
    enum { MOST = 16 };
    double share[MOST];
    bench_amdahl fit;
    count = count < MOST ? count : MOST;
    for (int k = 0; k < count; k++)
        share[k] = 1.0 / threads[k];
    regress(&fit.serial_s, &fit.parallel_s, share, seconds, count);
    if (fit.serial_s < 0 || fit.parallel_s < 0 || count < 2) {
        // Of a model without one of its terms only the mean is left to fit.
        bool is_serial = count >= 2 && fit.parallel_s < 0;
        double top = 0, bottom = 0;
        for (int k = 0; k < count; k++) {
            double column = is_serial ? 1 : share[k];
            top += column * seconds[k];
            bottom += column * column;
        }
        fit = is_serial ? (bench_amdahl){top / bottom, 0} : (bench_amdahl){0, top / bottom};
    }
    return fit;
}

double bench_amdahl_at(const bench_amdahl *fit, int threads)
{
    return fit->serial_s + fit->parallel_s / threads;
}

// Gauss with a choice of pivots.
static int solve_three(double x[3], double m[3][4])
{
    for (int c = 0; c < 3; c++) {
        int pivot = c;
        for (int r = c + 1; r < 3; r++)
            if (fabs(m[r][c]) > fabs(m[pivot][c]))
                pivot = r;
        if (!(fabs(m[pivot][c]) > 1e-9))
            return sp_error(SP_EINVAL, "the measurements do not tell splats, pixels and pairs apart");
        for (int k = 0; k < 4; k++) {
            double kept = m[c][k];
            m[c][k] = m[pivot][k];
            m[pivot][k] = kept;
        }
        for (int r = 0; r < 3; r++) {
            double factor = r == c ? 0 : m[r][c] / m[c][c];
            for (int k = 0; k < 4; k++)
                m[r][k] -= factor * m[c][k];
        }
    }
    for (int c = 0; c < 3; c++)
        x[c] = m[c][3] / m[c][c];
    return 0;
}

int bench_fit_three(double coefficients[3], const double (*rows)[3], const double *y, int count)
{
    double m[3][4] = {{0}}, size[3] = {0};
    for (int k = 0; k < count; k++)
        for (int c = 0; c < 3; c++)
            size[c] = fmax(size[c], fabs(rows[k][c]));
    for (int c = 0; c < 3; c++)
        if (!(size[c] > 0))
            return sp_error(SP_EINVAL, "the measurements lack splats, pixels or pairs");
    for (int k = 0; k < count; k++)
        for (int r = 0; r < 3; r++) {
            for (int c = 0; c < 3; c++)
                m[r][c] += rows[k][r] / size[r] * rows[k][c] / size[c];
            m[r][3] += rows[k][r] / size[r] * y[k];
        }
    int code = solve_three(coefficients, m);
    for (int c = 0; c < 3 && !code; c++)
        coefficients[c] /= size[c];
    return code;
}
