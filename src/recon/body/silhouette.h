// What a matte says about space: signed distances and counts, ready to be asked for millions of points.
#ifndef RECON_SILHOUETTE_H
#define RECON_SILHOUETTE_H

#include <stillpoint/image.h>
#include <stillpoint/rig.h>

// One pinhole view's matte. distance: per pixel of the region around the athlete the signed distance to the
// outline in px (positive inside). athlete: summed-area table of the athlete's pixels, (width + 1) * (height
// + 1) of the region; there are none outside of it. invalid: the same of the pixels that the view does not
// really have, of the whole picture (NULL: it has all).
typedef struct recon_silhouette {
    sp_camera camera;
    sp_rect region;
    sp_image distance;
    int32_t *athlete, *invalid;
    double rotation[9], translation[3]; // the camera's pose, flat
} recon_silhouette;

// camera: pinhole, of the matte's size. valid (nullable): 1 where the picture exists.
int recon_silhouette_init(recon_silhouette *out, const sp_camera *camera, const sp_image *matte,
                          const sp_image *valid);
void recon_silhouette_free(recon_silhouette *silhouette);

// Signed distance of a pixel's centre to the outline, px (positive inside); far outside it may be said to be
// further away than it is.
float recon_silhouette_pixel(const recon_silhouette *silhouette, int x, int y);

// Signed distance of a world point to the view's cone of the athlete, in metres at the point (positive
// inside). False when the view does not see the point.
bool recon_silhouette_at(float *metres, const recon_silhouette *silhouette, const double world[3]);

typedef enum recon_box_sight { RECON_BOX_UNSEEN, RECON_BOX_EMPTY, RECON_BOX_TOUCHED } recon_box_sight;
// Whether any athlete's pixel lies in the rectangle that holds the cube's picture. UNSEEN: (partly) outside
// the picture without touching, or behind the camera: nothing can be said.
recon_box_sight recon_silhouette_cube(const recon_silhouette *silhouette, const double centre[3],
                                      double half);

#endif
