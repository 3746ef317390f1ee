#include "ticks.h"

#include <math.h>

#define FIRST_DECAY 0.8
#define SECOND_DECAY 0.95
#define LEAST_SHARE 0.1

double recon_tick_gradient(const sp_splat_cloud *cloud, const sp_splat_cloud *gradient, const double drift[3])
{
    double sum = 0;
    for (size_t k = 0; k < 3; k++) {
        const float *d = sp_splat_row(gradient, SP_ROW_POSITION + (int)k),
                    *v = cloud->velocity + k * cloud->capacity;
        for (size_t i = 0; i < cloud->count; i++)
            sum += (double)d[i] * ((double)v[i] + drift[k]);
    }
    return sum;
}

static double second_of(const recon_tick *tick)
{
    return tick->second / (1 - pow(SECOND_DECAY, tick->age));
}

void recon_tick_step(recon_tick *ticks, int count, int index, double gradient, double rate)
{
    recon_tick *tick = &ticks[index];
    tick->age++;
    tick->first = FIRST_DECAY * tick->first + (1 - FIRST_DECAY) * gradient;
    tick->second = SECOND_DECAY * tick->second + (1 - SECOND_DECAY) * gradient * gradient;
    double mean = 0, offset = 0;
    int known = 0;
    for (int i = 0; i < count; i++)
        if (ticks[i].age) {
            mean += second_of(&ticks[i]);
            known++;
        }
    double first = tick->first / (1 - pow(FIRST_DECAY, tick->age));
    tick->offset_s -= rate * first / (sqrt(second_of(tick) + LEAST_SHARE * mean / known) + 1e-30);
    for (int i = 0; i < count; i++)
        offset += ticks[i].age ? ticks[i].offset_s / known : 0;
    for (int i = 0; i < count; i++)
        ticks[i].offset_s -= ticks[i].age ? offset : 0;
}
