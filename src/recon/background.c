#include "background.h"

#include "fuse.h"
#include "undistort.h"

#include <stillpoint/recon.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STEREO_PIXELS 1400000.0 // of all views together: what bounds the time of the stereo
#define STEREO_VIEW_MIN 40000.0
#define STEREO_VIEW_MAX 160000.0
#define STEREO_ITERATIONS 4
#define NEAR_SHARE 0.15 // nearest and farthest surface, and the floor's radius, from the rig's own size
#define FAR_SHARE 40.0
#define FLOOR_SHARE 3.0

sp_background_params sp_background_params_default(void)
{
    sp_background_params p = {.splats = 150000, .budget_s = 90};
    return p;
}

static int grey_of(sp_image *out, const sp_image *rgb)
{
    int rc = sp_image_init(out, rgb->width, rgb->height, 1);
    size_t pixels = (size_t)rgb->width * (size_t)rgb->height;
    for (size_t i = 0; i < pixels && !rc; i++)
        out->data[i] =
            0.299f * rgb->data[i] + 0.587f * rgb->data[pixels + i] + 0.114f * rgb->data[2 * pixels + i];
    return rc;
}

// The plate of a view without lens distortion, at the resolution that stereo works in.
static int stereo_view(recon_stereo_view *out, const sp_view *view, double pixels)
{
    sp_image full = {0}, pinhole = {0};
    sp_camera camera = recon_pinhole(&view->camera);
    int rc = sp_image_from8(&full, view->image);
    if (!rc)
        rc = recon_undistort(&pinhole, NULL, &full, &view->camera, &camera);
    sp_image_free(&full);
    if (rc)
        return rc;
    double shrink = sqrt(pixels / ((double)camera.width * camera.height));
    if (shrink < 1) {
        out->camera = sp_camera_resized(&camera, (int)lround(camera.width * shrink),
                                        (int)lround(camera.height * shrink));
        rc = sp_image_resize(&out->rgb, &pinhole, out->camera.width, out->camera.height);
        sp_image_free(&pinhole);
    } else {
        out->camera = camera;
        out->rgb = pinhole;
    }
    return rc ? rc : grey_of(&out->grey, &out->rgb);
}

static void stereo_views_free(recon_stereo_view *views, int count)
{
    for (int i = 0; views && i < count; i++) {
        sp_image_free(&views[i].rgb);
        sp_image_free(&views[i].grey);
    }
    free(views);
}

static int stereo_views(recon_stereo_view **out, const sp_view *views, int count)
{
    recon_stereo_view *all = sp_calloc((size_t)count, sizeof *all);
    if (!all)
        return SP_ENOMEM;
    int rc = SP_OK;
    double pixels = fmin(fmax(STEREO_PIXELS / count, STEREO_VIEW_MIN), STEREO_VIEW_MAX);
    for (int i = 0; i < count && !rc; i++) {
        rc = stereo_view(&all[i], &views[i], pixels);
        if (rc)
            sp_error_context(rc, "camera %s", views[i].camera.id);
    }
    if (rc)
        stereo_views_free(all, count);
    else
        *out = all;
    return rc;
}

// The rig's own size tells what is near and far.
static int extent(recon_stereo_params *out, const sp_view *views, int count, uint64_t seed)
{
    sp_rig rig = {.count = count, .cameras = sp_calloc((size_t)count, sizeof(sp_camera))};
    if (!rig.cameras)
        return SP_ENOMEM;
    for (int i = 0; i < count; i++)
        rig.cameras[i] = views[i].camera;
    sp_vec3 focus = sp_rig_focus(&rig);
    double distance = 0;
    for (int i = 0; i < count; i++)
        distance += sp_v3_norm(sp_v3_sub(sp_camera_center(&rig.cameras[i]), focus)) / count;
    free(rig.cameras);
    if (!isfinite(distance) || distance < 0.1)
        distance = 0.1;
    *out = (recon_stereo_params){
        .near_m = NEAR_SHARE * distance,
        .far_m = FAR_SHARE * distance,
        .floor_radius_m = FLOOR_SHARE * distance,
        .floor_x = focus.x,
        .floor_y = focus.y,
        .iterations = STEREO_ITERATIONS,
        .seed = seed,
    };
    return SP_OK;
}

static int find_geometry(recon_geometry *g, sp_pool *pool, const sp_progress *progress)
{
    g->maps = sp_calloc((size_t)g->count, sizeof *g->maps);
    if (!g->maps)
        return SP_ENOMEM;
    int rc = SP_OK;
    for (int i = 0; i < g->count && !rc; i++)
        rc = recon_stereo(&g->maps[i], g->views, g->count, i, &g->params, pool, progress);
    if (!rc)
        rc = recon_confirm(g, pool);
    return rc ? rc : recon_complete(g, pool);
}

int recon_background_seeds(sp_splat_cloud *out, const sp_view *views, int count,
                           const sp_background_params *params, sp_pool *pool, const sp_progress *progress)
{
    sp_splat_cloud cloud = {0};
    recon_stereo_view *small = NULL;
    recon_geometry g = {.count = count};
    int rc = extent(&g.params, views, count, params->seed);
    if (!rc)
        rc = stereo_views(&small, views, count);
    g.views = small;
    if (!rc)
        rc = find_geometry(&g, pool, progress);
    if (!rc)
        rc = sp_splat_cloud_init(&cloud, (size_t)params->splats + 8192, params->sh_degree);
    if (!rc)
        rc = recon_fuse(&cloud, &g, params->splats);
    if (!rc)
        rc = recon_scaffold(&cloud, &g);
    recon_geometry_free(&g);
    stereo_views_free(small, count);
    if (rc)
        sp_splat_cloud_free(&cloud);
    else
        *out = cloud;
    return rc;
}
