// The athlete's mirror image in a glossy floor: how glossy the floor is, and what it changes in each view.
// A floor mirrors gloss times Fresnel's share of what stands on it. Where he is in the way of the mirrored
// rays, the picture differs from the plate by
// (in linear light)
//     gloss * share * (his colour - his coverage * what the floor mirrored before),
// of which all but the gloss and, per view, a mean of what it mirrored before are drawn. Linear least squares
// over all views give both, and say whether the floor is glossy at all: a shadow or a wrong plate has no part
// in that, because only what follows his colours counts. How glossy it is, the views tell again whose own
// plates show what the floor mirrored before. Means over some pixels are compared: errors in what least
// squares explain with (his splats) make what they find too small (Fuller, "Measurement Error Models", 1987),
// and those of splats are of a pixel's size.
#ifndef RECON_REFLECTION_H
#define RECON_REFLECTION_H

#include "../scene.h"

typedef struct recon_reflected {
    sp_rect window;  // of the view's pinhole picture; width 0: nothing is mirrored there
    sp_image change; // of it, 3 channels: light (linear, 0..1) that is added to the plate
} recon_reflected;

typedef struct recon_reflection {
    double gloss; // 0: the floor is dull, and views have nothing
    recon_reflected *views;
    int count;
} recon_reflection;

// body: his splats at the instant, without a shadow. The scene's shadow is taken into account. End with
// recon_reflection_free().
int recon_reflection_measure(recon_reflection *out, const sp_splat_cloud *body, const recon_scene *scene,
                             const sp_view *views, sp_kernels kernels, sp_pool *pool);
void recon_reflection_free(recon_reflection *reflection);

// Take pixels out of the mattes that look like the plate with his mirror image, and measure the silhouettes
// anew.
int recon_reflection_clear(recon_scene *scene, const recon_reflection *reflection, const sp_view *views,
                           sp_pool *pool);

// The light (linear) that is added to a channel of the plate at a pixel of the view's pinhole picture.
float recon_reflection_at(const recon_reflected *view, int channel, int x, int y);

#endif
