// How far the clocks of views are off, solved together with splats and flow: a view drawn a little too early
// or too late wants all that moves to be further on or back.
#ifndef RECON_TICKS_H
#define RECON_TICKS_H

#include <stillpoint/splat.h>

typedef struct recon_tick {
    double offset_s;      // what is to be added to the times of the clock's targets: start, and result
    double first, second; // running means of the gradient and of its square; start at 0
    int age;              // steps so far
} recon_tick;

// d(loss)/d(offset) of a view whose picture alone has this gradient of positions: that of what moves with the
// cloud's velocities and, all of it, with drift (metres a second).
double recon_tick_gradient(const sp_splat_cloud *cloud, const sp_splat_cloud *gradient,
                           const double drift[3]);

// Step one clock against its gradient, by about rate seconds (Adam, whose second moment is at least a share
// of the mean of all, so that views that he hardly crosses are not led by noise). Clocks that were ever
// stepped keep a mean of 0: what all are off by is not to be seen.
void recon_tick_step(recon_tick *ticks, int count, int index, double gradient, double rate);

#endif
