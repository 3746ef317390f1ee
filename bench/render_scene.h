// An invented cloud for tests of the renderer, which resembles a venue with an athlete: floor, stands, far
// shell, body.
#ifndef BENCH_RENDER_SCENE_H
#define BENCH_RENDER_SCENE_H

#include <stillpoint/render.h>

// density scales the splats' size: 1 gives each pixel of the orbit about 30 contributions whatever the count.
int bench_venue(sp_splat_cloud *out, size_t count, int sh_degree, double density, uint64_t seed);

// A camera on an orbit around the athlete.
sp_camera bench_camera(int width, int height, double angle);

#endif
