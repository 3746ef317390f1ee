// Cameras that see an athlete at times of their own: how he moves as a whole, and views as they would be if
// all saw him at the instant.
#ifndef RECON_MOTION_H
#define RECON_MOTION_H

#include "../scene.h"

// Whether the views' times differ by so much that it can be seen.
bool recon_motion_matters(const sp_view *views, int count);

// Velocity of the athlete as a whole, metres a second: that with which the mattes, each at its own dt_s,
// leave most room for him. When it is wrong, they cut each other's outlines away. around: more views, of
// neighbouring instants (count 0: none).
int recon_motion_whole(double velocity[3], const recon_scene *scene, const sp_view *views,
                       const recon_scene *around, const sp_view *around_views, sp_pool *pool,
                       const sp_progress *progress);

// Points that the athlete may be at, three numbers each: those of a hull that is carved with much tolerance,
// and around it. *points is the caller's to free().
int recon_motion_points(double **points, int64_t *count, const recon_scene *scene, sp_pool *pool,
                        const sp_progress *progress);

// How fast what is at a point and has this velocity crosses the camera's picture, px a second.
double recon_motion_crossing(const sp_camera *camera, const double at[3], const double velocity[3]);

// How much of a point a matte at this distance from it lets be there: 0 outside, 1 inside.
double recon_motion_share(double metres);

// Move each used view's camera against the velocity, so that what moves with it stands in all of them where
// it is at the instant. The venue does not: it stands still in the cameras of views.
void recon_motion_shift(recon_scene *scene, const sp_view *views, const double velocity[3]);

#endif
