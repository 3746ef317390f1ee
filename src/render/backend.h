// One way of drawing: the plain reference, or the vector source compiled for an instruction set. A further
// backend fills the same table.
#ifndef RENDER_BACKEND_H
#define RENDER_BACKEND_H

#include "view.h"

// Planes of the window's size (three for rgb, normal and under); NULL where not wanted.
typedef struct render_planes {
    float *rgb, *alpha, *depth, *normal;
    const float *under;
} render_planes;

typedef struct render_gradients {
    const float *d_rgb, *d_alpha, *under; // d_alpha and under may be NULL
    sp_splat_cloud *cloud;
    float *screen;              // may be NULL
    uint8_t *visible;           // may be NULL
    sp_camera_gradient *camera; // may be NULL
} render_gradients;

// States are opaque to the caller and keep their memory between pictures. backward follows a draw of the same
// view, cloud and under.
typedef struct render_backend {
    const char *name;
    int (*open)(void **state, sp_pool *pool);
    void (*close)(void *state);
    int (*draw)(void *state, const render_view *view, const sp_splat_cloud *cloud,
                const render_planes *planes, sp_render_stats *stats);
    int (*backward)(void *state, const render_view *view, const sp_splat_cloud *cloud,
                    const render_gradients *gradients, sp_render_stats *stats);
} render_backend;

extern const render_backend render_reference;

#endif
