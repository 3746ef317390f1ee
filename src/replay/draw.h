// One picture of a cloud or a scene. Internal to replay.
#ifndef REPLAY_DRAW_H
#define REPLAY_DRAW_H

#include <stillpoint/replay.h>

int replay_renderer(sp_renderer **out, sp_kernels kernels, sp_pool *pool);
// 8-bit RGB, or RGBA (not premultiplied) with has_alpha, of the camera's size; out is initialised here.
int replay_draw(sp_image8 *out, sp_renderer *renderer, const sp_splat_cloud *cloud, const sp_camera *camera,
                bool has_alpha);
int replay_draw_scene(sp_image8 *out, sp_renderer *renderer, sp_scene *scene, const sp_camera *camera,
                      bool has_alpha);

#endif
