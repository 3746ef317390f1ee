// The views as the reconstruction works on them: pinhole, float, and the part that matters cut out.
#ifndef RECON_SCENE_H
#define RECON_SCENE_H

#include "body/silhouette.h"

#include <stillpoint/recon.h>

typedef struct recon_scene_view {
    sp_camera full; // pinhole, whole picture
    sp_image matte; // of the whole picture
    sp_image valid; // 1 where the camera has the picture; no data when it has all of it
    recon_silhouette silhouette;
    bool used;                      // false: its matte contradicts the others
    sp_camera crop;                 // the cut: around the athlete; width 0 when nothing of him is in the view
    sp_image rgb, under, cut_matte; // of the cut
    double gains[6];
} recon_scene_view;

struct recon_shadow;
struct recon_reflection;

typedef struct recon_scene {
    recon_scene_view *views;
    int count;
    const struct recon_shadow *shadow; // what darkens the plates under and around the athlete; nullable
    const struct recon_reflection *reflection; // and what the floor adds to them; nullable
} recon_scene;

// Undo lens distortion and measure the mattes; views without a matte have used == false and nothing else.
int recon_scene_open(recon_scene *out, const sp_view *views, int count, sp_pool *pool,
                     const sp_progress *progress);
void recon_scene_close(recon_scene *scene);

// Cut the pictures of used views around the projection of a box of the world, grown by a margin in px.
int recon_scene_cut(recon_scene *scene, const sp_view *views, const double low[3], const double high[3],
                    int margin_px, sp_pool *pool);

// The picture as the pinhole `crop` sees it, a cut of `still`, which is the view's camera without its lens.
int recon_scene_picture(sp_image *out, const sp_image8 *from, const sp_camera *camera, const sp_camera *still,
                        const sp_camera *crop);

#endif
