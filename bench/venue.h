// The scene of the benchmarks: sim's aerials venue with its athlete in the air, as an orbit around them sees
// it. Truth comes from sp_sim_cloud(); a trained cloud differs from it in what costs time: its splats
// overlap, are drawn out, half transparent, and change colour with the direction of view.
#ifndef BENCH_VENUE_H
#define BENCH_VENUE_H

#include <stillpoint/render.h>

// The true surface, with a deviation of one spacing for each splat. The caller ends *out.
int bench_venue_truth(sp_splat_cloud *out, size_t splats, sp_pool *pool, const sp_progress *progress);

// The number of the first splat that lies on the athlete; all after it do.
size_t bench_venue_athlete(const sp_splat_cloud *truth);

// How a cloud differs from the truth.
typedef struct bench_look {
    double overlap; // deviation of a splat along the surface, in spacings
    double opacity; // logit of the median
    double spread;  // deviation of the logit
} bench_look;

// A random part of the truth, its splats grown so that they cover as much as all of it, with SH degree 3.
// splats is at most truth->count. The caller ends *out.
int bench_venue_trained(sp_splat_cloud *out, const sp_splat_cloud *truth, size_t splats,
                        const bench_look *look, uint64_t seed);

// A camera on an orbit around the athlete; its vertical field of view is that of the scene's cameras.
sp_camera bench_venue_orbit(int width, int height, double angle);

#endif
