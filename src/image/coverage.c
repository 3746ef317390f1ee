// Where an athlete is drawn and where he is: what lies outside, what is missing, and what flickers.
#include <stillpoint/image.h>

#include <math.h>
#include <stdlib.h>

#define COVERED 0.5f
#define MARGIN_PX 2.0

int sp_mask_grow(sp_image *out, const sp_image *mask, float threshold, double radius_px)
{
    sp_image grown = {0};
    int rc = sp_image_init(&grown, mask->width, mask->height, 1);
    if (rc)
        return rc;
    int reach = (int)floor(radius_px);
    for (int y = 0; y < mask->height; y++)
        for (int x = 0; x < mask->width; x++) {
            if (!(mask->data[(size_t)y * (size_t)mask->width + (size_t)x] > threshold))
                continue;
            for (int dy = -reach; dy <= reach; dy++) {
                int row = y + dy, across = (int)floor(sqrt(fmax(radius_px * radius_px - dy * dy, 0)));
                for (int column = x - across; column <= x + across; column++)
                    if (row >= 0 && row < mask->height && column >= 0 && column < mask->width)
                        grown.data[(size_t)row * (size_t)mask->width + (size_t)column] = 1;
            }
        }
    *out = grown;
    return 0;
}

static int check_planes(const sp_image *a, const sp_image *b)
{
    if (a->width == b->width && a->height == b->height)
        return 0;
    return sp_error(SP_EINVAL, "pictures of %d x %d and %d x %d cannot be compared: sizes must be equal",
                    a->width, a->height, b->width, b->height);
}

int sp_coverage_errors(double *debris, double *holes, const sp_image *alpha, const sp_image *matte)
{
    int rc = check_planes(alpha, matte);
    if (rc)
        return rc;
    sp_image near = {0};
    rc = sp_mask_grow(&near, matte, COVERED, MARGIN_PX);
    if (rc)
        return rc;
    size_t count = (size_t)matte->width * (size_t)matte->height, area = 0, missing = 0;
    double outside = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_matte = matte->data[i] > COVERED;
        area += is_matte;
        missing += is_matte && alpha->data[i] < COVERED;
        if (!(near.data[i] > 0))
            outside += fmax((double)alpha->data[i] - (double)matte->data[i], 0);
    }
    sp_image_free(&near);
    if (!area)
        return sp_error(SP_EINVAL, "the matte selects no pixel, so nothing can be missing or outside of it");
    *debris = outside / (double)area;
    *holes = (double)missing / (double)area;
    return 0;
}

int sp_flicker(double *out, const sp_image ours[2], const sp_image truth[2], const sp_image *moving)
{
    const sp_image *all[] = {&ours[1], &truth[0], &truth[1], moving};
    for (int k = 0; k < 4; k++) {
        int rc = check_planes(&ours[0], all[k]);
        if (rc)
            return rc;
        if (k < 3 && all[k]->channels != ours[0].channels)
            return sp_error(SP_EINVAL, "pictures of %d and %d channels cannot be compared", ours[0].channels,
                            all[k]->channels);
    }
    size_t count = (size_t)moving->width * (size_t)moving->height, still = 0;
    double squares = 0;
    for (size_t i = 0; i < count; i++) {
        if (moving->data[i] > COVERED)
            continue;
        still++;
        for (size_t at = i; at < count * (size_t)ours[0].channels; at += count) {
            double d = ((double)ours[1].data[at] - (double)ours[0].data[at]) -
                       ((double)truth[1].data[at] - (double)truth[0].data[at]);
            squares += d * d;
        }
    }
    if (!still)
        return sp_error(SP_EINVAL, "everything moves, so nothing can flicker");
    *out = 255 * sqrt(squares / ((double)still * ours[0].channels));
    return 0;
}
