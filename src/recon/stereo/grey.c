#include "grey.h"

int recon_grey(sp_image *out, const sp_image *rgb)
{
    int rc = sp_image_init(out, rgb->width, rgb->height, 1);
    const float *r = sp_image_plane(rgb, 0), *g = sp_image_plane(rgb, 1), *b = sp_image_plane(rgb, 2);
    size_t pixels = (size_t)rgb->width * (size_t)rgb->height;
    for (size_t i = 0; i < pixels && !rc; i++)
        out->data[i] = 0.299f * r[i] + 0.587f * g[i] + 0.114f * b[i];
    return rc;
}
