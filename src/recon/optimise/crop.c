#include "crop.h"

#define LEAST_SIDE 32
#define MARGIN 5 // px: the reach of SSIM's windows

// Begin and length along one axis.
static void choose_side(int *begin, int *length, int size, double share, sp_rng *rng)
{
    int side = (int)(share * size + 0.5);
    side = side < LEAST_SIDE ? LEAST_SIDE : side;
    if (side >= size) {
        *begin = 0;
        *length = size;
        return;
    }
    // Its middle lies anywhere in the picture; what would stick out is cut, but never below half a side.
    int first = (int)(sp_rng_uniform(rng) * size) - side / 2, end = first + side;
    *begin = first < 0 ? 0 : first;
    *length = (end > size ? size : end) - *begin;
}

sp_rect recon_crop_choose(const sp_camera *camera, double share, sp_rng *rng)
{
    sp_rect r;
    choose_side(&r.x, &r.width, camera->width, share, rng);
    choose_side(&r.y, &r.height, camera->height, share, rng);
    return r;
}

static int cut(sp_image *out, const sp_image *from, sp_rect r)
{
    return from->data ? sp_image_crop(out, from, r.x, r.y, r.width, r.height) : SP_OK;
}

// No weight within MARGIN of the edges that are not the picture's own.
static int set_margins(recon_level *crop, const recon_level *level, sp_rect r)
{
    if (!crop->weight.data) {
        int rc = sp_image_init(&crop->weight, r.width, r.height, 1);
        if (rc)
            return rc;
        for (size_t i = 0; i < (size_t)r.width * (size_t)r.height; i++)
            crop->weight.data[i] = 1;
    }
    int left = r.x > 0 ? MARGIN : 0, right = r.x + r.width < level->camera.width ? MARGIN : 0;
    int top = r.y > 0 ? MARGIN : 0, bottom = r.y + r.height < level->camera.height ? MARGIN : 0;
    for (int y = 0; y < r.height; y++)
        for (int x = 0; x < r.width; x++)
            if (x < left || y < top || x >= r.width - right || y >= r.height - bottom)
                crop->weight.data[(size_t)y * (size_t)r.width + (size_t)x] = 0;
    return SP_OK;
}

int recon_crop(recon_level *out, const recon_level *level, sp_rect r)
{
    recon_level crop = {.camera = sp_camera_cropped(&level->camera, r.x, r.y, r.width, r.height),
                        .owned = true};
    int rc = cut(&crop.rgb, &level->rgb, r);
    if (!rc)
        rc = cut(&crop.under, &level->under, r);
    if (!rc)
        rc = cut(&crop.weight, &level->weight, r);
    if (!rc)
        rc = cut(&crop.matte, &level->matte, r);
    if (!rc)
        rc = cut(&crop.matte_weight, &level->matte_weight, r);
    if (!rc)
        rc = set_margins(&crop, level, r);
    if (rc)
        recon_crop_free(&crop);
    else
        *out = crop;
    return rc;
}

void recon_crop_free(recon_level *crop)
{
    sp_image_free(&crop->rgb);
    sp_image_free(&crop->under);
    sp_image_free(&crop->weight);
    sp_image_free(&crop->matte);
    sp_image_free(&crop->matte_weight);
}
