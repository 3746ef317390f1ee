// Straight lines through measurements.
#ifndef BENCH_FIT_H
#define BENCH_FIT_H

typedef struct bench_line {
    double at_zero, slope; // y = at_zero + slope x, least squares
    double r2;             // the share of y's variance that the line explains
    double exponent;       // slope of log y against log x: 1 where y is proportional to x
} bench_line;
bench_line bench_fit_line(const double *x, const double *y, int count);

// Amdahl's law (1967): seconds(threads) = serial + parallel / threads, least squares, neither negative.
typedef struct bench_amdahl {
    double serial_s, parallel_s;
} bench_amdahl;
bench_amdahl bench_fit_amdahl(const int *threads, const double *seconds, int count);
double bench_amdahl_at(const bench_amdahl *fit, int threads);

// y = a . coefficients with three columns a row, least squares. 0, or SP_EINVAL when the rows do not tell the
// columns apart.
int bench_fit_three(double coefficients[3], const double (*rows)[3], const double *y, int count);

#endif
