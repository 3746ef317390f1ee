#include "views.h"

// The views that have a matte have all else; *matted: how many those are.
static int check_pictures(int *matted, const sp_view *views, int count)
{
    *matted = 0;
    for (int v = 0; v < count; v++) {
        const sp_view *view = &views[v];
        const char *id = view->camera.id;
        if (!view->matte)
            continue;
        if (!view->image || !view->plate)
            return sp_error(SP_EINVAL, "camera %s has a matte but no %s", id,
                            view->image ? "plate" : "image");
        if (view->image->width != view->camera.width || view->image->height != view->camera.height ||
            view->plate->width != view->camera.width || view->plate->height != view->camera.height ||
            view->matte->width != view->camera.width || view->matte->height != view->camera.height)
            return sp_error(SP_EINVAL, "camera %s: image, plate and matte must have the camera's size %dx%d",
                            id, view->camera.width, view->camera.height);
        ++*matted;
    }
    return SP_OK;
}

int recon_views_check(const sp_view *views, int count, const sp_view *neighbours, int neighbour_count)
{
    int matted, around, rc = check_pictures(&matted, views, count);
    if (!rc && neighbours)
        rc = check_pictures(&around, neighbours, neighbour_count);
    if (rc)
        return rc;
    return matted >= 2 ? SP_OK
                       : sp_error(SP_EINVAL, "%d of %d views have a matte; the athlete needs at least two",
                                  matted, count);
}

bool recon_views_empty(const sp_view *views, int count)
{
    for (int v = 0; v < count; v++) {
        if (!views[v].matte)
            continue;
        size_t pixels = (size_t)views[v].matte->width * (size_t)views[v].matte->height;
        for (size_t i = 0; i < pixels; i++)
            if (views[v].matte->data[i] > 0.5f)
                return false;
    }
    return true;
}
