#include "undistort.h"

#include <math.h>
#include <stdlib.h>

// Wider views are cut: a pinhole picture grows without bound towards 180 degrees.
#define MAX_FOV_RAD 2.4

sp_camera recon_pinhole(const sp_camera *camera)
{
    return camera->lens == SP_LENS_PINHOLE ? *camera : sp_camera_undistorted(camera, MAX_FOV_RAD);
}

static int clamp_index(int i, int count)
{
    return i < 0 ? 0 : i >= count ? count - 1 : i;
}

static void cubic_weights(float w[4], float t)
{
    float t2 = t * t, t3 = t2 * t;
    w[0] = -0.5f * t3 + t2 - 0.5f * t;
    w[1] = 1.5f * t3 - 2.5f * t2 + 1;
    w[2] = -1.5f * t3 + 2 * t2 + 0.5f * t;
    w[3] = 0.5f * t3 - 0.5f * t2;
}

// Catmull-Rom sample of one plane at pixel coordinates (centres at .5), edges repeated.
static float sample_cubic(const float *plane, int width, int height, float x, float y)
{
    x -= 0.5f;
    y -= 0.5f;
    float fx = floorf(x), fy = floorf(y);
    float wx[4], wy[4], sum = 0;
    cubic_weights(wx, x - fx);
    cubic_weights(wy, y - fy);
    for (int j = 0; j < 4; j++) {
        const float *row = plane + (size_t)clamp_index((int)fy + j - 1, height) * (size_t)width;
        float line = 0;
        for (int i = 0; i < 4; i++)
            line += wx[i] * row[clamp_index((int)fx + i - 1, width)];
        sum += wy[j] * line;
    }
    return sum;
}

static void resample(sp_image *out, sp_image *valid, const sp_image *from, const float *map)
{
    size_t pixels = (size_t)out->width * (size_t)out->height;
    for (size_t i = 0; i < pixels; i++) {
        float x = map[i], y = map[pixels + i];
        bool inside = x >= 0 && y >= 0 && x <= (float)from->width && y <= (float)from->height;
        if (valid)
            valid->data[i] = inside ? 1.0f : 0.0f;
        for (int c = 0; inside && c < from->channels; c++) {
            float v = sample_cubic(sp_image_plane(from, c), from->width, from->height, x, y);
            sp_image_plane(out, c)[i] = v < 0 ? 0 : v > 1 ? 1 : v;
        }
    }
}

int recon_undistort(sp_image *out, sp_image *valid, const sp_image *from, const sp_camera *camera,
                    const sp_camera *pinhole)
{
    if (camera->lens == SP_LENS_PINHOLE && !valid)
        return sp_image_copy(out, from); // the same picture
    sp_image picture = {0}, mask = {0};
    float *map = NULL;
    int rc = sp_image_init(&picture, pinhole->width, pinhole->height, from->channels);
    if (!rc && valid)
        rc = sp_image_init(&mask, pinhole->width, pinhole->height, 1);
    if (!rc && !(map = sp_calloc(2 * (size_t)pinhole->width * (size_t)pinhole->height, sizeof *map)))
        rc = SP_ENOMEM;
    if (!rc) {
        sp_camera_warp_map(map, pinhole, camera);
        resample(&picture, valid ? &mask : NULL, from, map);
    }
    free(map);
    if (rc) {
        sp_image_free(&picture);
        sp_image_free(&mask);
        return rc;
    }
    *out = picture;
    if (valid)
        *valid = mask;
    return SP_OK;
}
