// The frames just before and after an instant, which tell how the athlete moves: views like those of the
// instant, with a shadow and a mirror image of their own.
#ifndef RECON_AROUND_H
#define RECON_AROUND_H

#include "floor/reflection.h"
#include "floor/shadow.h"

typedef struct recon_around {
    recon_scene scene; // all of them; count 0: none
    const sp_view *views;
    int begin[3]; // those before the instant are begin[0]..begin[1] - 1, those after it begin[1]..begin[2] -
                  // 1
    recon_shadow shadow[2];
    recon_reflection reflection[2];
} recon_around;

// views: the first `before` of count are those before the instant. They are borrowed until
// recon_around_close(). SP_EINVAL where there are not so many.
int recon_around_open(recon_around *out, const sp_view *views, int count, int before, sp_pool *pool,
                      const sp_progress *progress);
void recon_around_close(recon_around *around);

// Neighbours of a view of the instant that is not used say no more than it does.
void recon_around_drop(recon_around *around, const recon_scene *scene, const sp_view *views);

// Take the shadows out of the mattes, and the mirror images of a body as it is at the instant.
int recon_around_clear_shadows(recon_around *around, sp_pool *pool);
int recon_around_clear_reflections(recon_around *around, const sp_splat_cloud *body, sp_kernels kernels,
                                   sp_pool *pool);

// As recon_scene_cut().
int recon_around_cut(recon_around *around, const double low[3], const double high[3], int margin_px,
                     sp_pool *pool);

#endif
