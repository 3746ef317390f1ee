// Inside the shadow: what measuring, finding and clearing it share.
#ifndef RECON_SHADOW_FIELD_H
#define RECON_SHADOW_FIELD_H

#include "shadow.h"

// A shadow takes at least this much light.
#define RECON_LEAST_DARKENING 0.06f
// So many views must agree while it is not known where the athlete hides the floor from them; and then.
#define RECON_LEAST_AGREEING 3
#define RECON_LEAST_UNHIDDEN 2

// Who looks at the floor. hidden: where the athlete hides it (not 0), one channel a view, of the picture of
// its pinhole, or without data where the view has no part; both null while that is not known.
typedef struct recon_floor_views {
    const sp_view *views;
    const sp_image8 *hidden;
    const sp_camera *pinholes;
    int count;
} recon_floor_views;

// A field over the rectangle, not yet looked at. End with recon_shadow_free().
int recon_shadow_init(recon_shadow *out, const double low[2], const double high[2], double cell_m);
// Fill light and floor with what the views that agree see of each cell.
void recon_shadow_look(recon_shadow *field, const recon_floor_views *views, sp_pool *pool);
// The floor that holds the shadow: bounds; low >= high where there is none.
int recon_shadow_bounds(double low[2], double high[2], const recon_scene *scene,
                        const recon_floor_views *views, sp_pool *pool);
// What shadow.h's functions measure; the views know where he hides the floor, or do not.
int recon_shadow_measure_with(recon_shadow *out, const recon_scene *scene, const recon_floor_views *views,
                              sp_pool *pool);

// The share of light that a cell lost, mean of the channels.
float recon_shadow_darkness(const recon_shadow *shadow, size_t cell);
// Where a pinhole's pixel meets the floor; false where it does not, or far away.
bool recon_floor_point(double at[2], const sp_camera *pinhole, double px, double py);
// Image and plate (in the image's exposure) where the view sees a floor point; false where it does not.
bool recon_floor_seen(float image[3], float plate[3], const sp_view *view, double x, double y);

#endif
