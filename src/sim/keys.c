#include "motion.h"

// Slope at key i of one angle, limited so that the curve never leaves the range of its neighbours.
static double slope_at(const sim_key *keys, int count, int i, int angle)
{
    if (i == 0 || i == count - 1)
        return 0;
    double h0 = keys[i].at - keys[i - 1].at, h1 = keys[i + 1].at - keys[i].at;
    double d0 = (keys[i].angle[angle] - keys[i - 1].angle[angle]) / h0;
    double d1 = (keys[i + 1].angle[angle] - keys[i].angle[angle]) / h1;
    if (d0 * d1 <= 0)
        return 0;
    double w0 = 2 * h1 + h0, w1 = h1 + 2 * h0;
    return (w0 + w1) / (w0 / d0 + w1 / d1);
}

void sim_keys_at(double out[SIM_ANGLES], const sim_key *keys, int count, double at)
{
    int i = 0;
    while (i + 2 < count && at >= keys[i + 1].at)
        i++;
    double h = keys[i + 1].at - keys[i].at;
    double f = fmin(fmax((at - keys[i].at) / h, 0), 1);
    for (int a = 0; a < SIM_ANGLES; a++) {
        double y0 = keys[i].angle[a], y1 = keys[i + 1].angle[a];
        double m0 = slope_at(keys, count, i, a) * h, m1 = slope_at(keys, count, i + 1, a) * h;
        double f2 = f * f, f3 = f2 * f;
        out[a] =
            (2 * f3 - 3 * f2 + 1) * y0 + (f3 - 2 * f2 + f) * m0 + (3 * f2 - 2 * f3) * y1 + (f3 - f2) * m1;
    }
}
