// Shadows on the venue: darker by one factor, same chromaticity, same texture. The ratio test of Horprasert
// et al. 1999 and Rosin and Ellis 1995, over a window instead of a pixel.
#include "parts.h"

#include <math.h>

#define WINDOW_SIGMA_PX 2.0
// Ratios image / plate that a shadow may have; darker is not told from dark clothes.
#define DARKEST 0.22f
#define LIGHTEST 0.98f
// Both pictures are smoothed by this first: little light is noisy light, and the texture of a floor survives.
#define SMOOTHING_SIGMA_PX 1.0
// How well the scaled plate must explain the image, in deviations of the noise, and the gradient of a
// penumbra.
#define GOOD_FIT 1.2f
#define BAD_FIT 2.4f
#define PENUMBRA 0.01f
// The spread of the ratio between channels (coloured ambient light tints a shadow).
#define SAME_TINT 0.10f
#define OTHER_TINT 0.22f

static float fade(float value, float full, float none)
{
    float t = (none - value) / (none - full);
    return t < 0 ? 0 : t > 1 ? 1 : t;
}

// Planes of the moments image^2, image*plate, plate^2 of one channel.
static void moments(sp_image *out, const sp_image *image, const sp_image *plate, int channel)
{
    size_t pixels = (size_t)image->width * (size_t)image->height;
    const float *a = sp_image_plane(image, channel), *b = sp_image_plane(plate, channel);
    float *aa = sp_image_plane(out, 0), *ab = sp_image_plane(out, 1), *bb = sp_image_plane(out, 2);
    for (size_t i = 0; i < pixels; i++) {
        aa[i] = a[i] * a[i];
        ab[i] = a[i] * b[i];
        bb[i] = b[i] * b[i];
    }
}

static int smooth(sp_image *out, const sp_image *from, sp_pool *pool)
{
    int rc = sp_image_copy(out, from);
    return rc ? rc : matte_blur(out, SMOOTHING_SIGMA_PX, 2.5, pool);
}

int matte_shadow(sp_image *out, const sp_image *image, const sp_image *plate, const sp_image *noise,
                 sp_pool *pool)
{
    sp_image m[3] = {{0}}, picture = {0}, smooth_image = {0}, smooth_plate = {0};
    int rc = sp_image_init(&picture, image->width, image->height, 1);
    if (!rc)
        rc = smooth(&smooth_image, image, pool);
    if (!rc)
        rc = smooth(&smooth_plate, plate, pool);
    for (int c = 0; !rc && c < 3; c++) {
        rc = sp_image_init(&m[c], image->width, image->height, 3);
        if (!rc) {
            moments(&m[c], &smooth_image, &smooth_plate, c);
            rc = matte_blur(&m[c], WINDOW_SIGMA_PX, 2.5, pool);
        }
    }
    size_t pixels = (size_t)image->width * (size_t)image->height;
    for (size_t i = 0; !rc && i < pixels; i++) {
        float ab = 0, bb = 1e-6f, residual = 0, least = 1e9f, most = 0;
        for (int c = 0; c < 3; c++) {
            float caa = sp_image_plane(&m[c], 0)[i], cab = sp_image_plane(&m[c], 1)[i];
            float cbb = sp_image_plane(&m[c], 2)[i] + 1e-6f, ratio = cab / cbb;
            ab += cab;
            bb += cbb;
            residual += fmaxf(caa - ratio * cab, 0);
            // A dark channel's ratio is noise.
            if (cbb > 0.01f) {
                least = fminf(least, ratio);
                most = fmaxf(most, ratio);
            }
        }
        float ratio = ab / bb;
        float misfit = sqrtf(residual / 3) / (noise->data[i] + PENUMBRA);
        float tint = most > least ? (most - least) / ratio : 0;
        bool darker = ratio > DARKEST && ratio < LIGHTEST;
        picture.data[i] = darker ? fade(misfit, GOOD_FIT, BAD_FIT) * fade(tint, SAME_TINT, OTHER_TINT) : 0;
    }
    for (int c = 0; c < 3; c++)
        sp_image_free(&m[c]);
    sp_image_free(&smooth_image);
    sp_image_free(&smooth_plate);
    if (rc) {
        sp_image_free(&picture);
        return rc;
    }
    *out = picture;
    return SP_OK;
}
