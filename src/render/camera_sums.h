// What the splats of a chunk say about the camera, and how it becomes the camera's gradient. Each chunk has
// sums of its own, which are added up in order: the same bits for any number of threads.
#ifndef RENDER_CAMERA_SUMS_H
#define RENDER_CAMERA_SUMS_H

#include "view.h"

enum {
    RENDER_CAMERA_POSITION = 0,    // 3: d(loss)/d(position), in the world
    RENDER_CAMERA_TURN = 3,        // 3: of turning what is seen about the camera's axes
    RENDER_CAMERA_FOCAL = 6,       // 2: f d(loss)/df
    RENDER_CAMERA_PRINCIPAL = 8,   // 2
    RENDER_CAMERA_DISTORTION = 10, // 5
    RENDER_CAMERA_TIME = 15,       // velocity times d(loss)/d(position)
    RENDER_CAMERA_GAIN = 16,       // 3
    RENDER_CAMERA_OFFSET = 19,     // 3
    RENDER_CAMERA_SUMS = 22,
};

// With x_cam = R x + t and R' = exp([w]) R, a splat's centre moves by w x (R x) = w x (x_cam - t), its shape
// turns by w, and the camera's centre -R^T t, from which the splat's direction is taken, moves by
// R^T (w x t - dt): as if all splats moved the other way. So the parts with t need the sum over d(position)
// only.
static inline void render_camera_gradient(sp_camera_gradient *out, const render_view *view,
                                          const double *sums, size_t chunks)
{
    double total[RENDER_CAMERA_SUMS] = {0}, moved[3];
    for (size_t k = 0; k < chunks * RENDER_CAMERA_SUMS; k++)
        total[k % RENDER_CAMERA_SUMS] += sums[k];
    const double *turn = total + RENDER_CAMERA_TURN, *t = view->translation;
    for (int k = 0; k < 3; k++) {
        const double *r = view->rotation + 3 * k, *d = total + RENDER_CAMERA_POSITION;
        moved[k] = r[0] * d[0] + r[1] * d[1] + r[2] * d[2];
        out->translation[k] += moved[k];
    }
    out->rotation[0] += turn[0] - (t[1] * moved[2] - t[2] * moved[1]);
    out->rotation[1] += turn[1] - (t[2] * moved[0] - t[0] * moved[2]);
    out->rotation[2] += turn[2] - (t[0] * moved[1] - t[1] * moved[0]);
    out->fx += total[RENDER_CAMERA_FOCAL] / view->fx;
    out->fy += total[RENDER_CAMERA_FOCAL + 1] / view->fy;
    out->cx += total[RENDER_CAMERA_PRINCIPAL];
    out->cy += total[RENDER_CAMERA_PRINCIPAL + 1];
    for (int k = 0; k < 5; k++)
        out->distortion[k] += total[RENDER_CAMERA_DISTORTION + k];
    out->dt_s += total[RENDER_CAMERA_TIME];
    for (int k = 0; k < 6; k++)
        out->gains[k] += total[RENDER_CAMERA_GAIN + k];
}

#endif
