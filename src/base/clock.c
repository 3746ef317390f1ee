// Monotonic time and rates.
#include <stillpoint/base.h>

#include <math.h>
#include <time.h>

double sp_time_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double sp_rational_value(sp_rational r)
{
    return r.den ? (double)r.num / r.den : NAN;
}
