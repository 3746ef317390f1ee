// Pictures of a clip: footage seen through another lens, dissolves. Internal to direct.
#ifndef DIRECT_CLIP_FRAMES_H
#define DIRECT_CLIP_FRAMES_H

#include <stillpoint/direct.h>

// Where each pixel of a view lies in the picture of a camera with the same pose.
typedef struct direct_warp {
    int width, height;
    float *map; // x then y, pixels; NaN where the camera sees nothing
} direct_warp;

int direct_warp_init(direct_warp *out, const sp_camera *view, const sp_camera *camera);
void direct_warp_free(direct_warp *warp);
// Bilinear; black where the camera sees nothing. out has the view's size, picture the camera's.
int direct_warp_picture(sp_image8 *out, const direct_warp *warp, const sp_image8 *picture, sp_pool *pool);

// out = (1 - share) * a + share * b; all of one size.
void direct_mix(sp_image8 *out, const sp_image8 *a, const sp_image8 *b, double share);

// Float planes to 8 bit, in place of sp_image_to8 where the picture already has memory.
void direct_to8(sp_image8 *out, const sp_image *from, sp_pool *pool);

#endif
