#include "scene.h"
#include "floor/mirror.h"
#include "floor/reflection.h"
#include "floor/shadow.h"
#include "undistort.h"

#include <math.h>
#include <stdlib.h>

typedef struct scene_job {
    recon_scene *scene;
    const sp_view *views;
    const double *low, *high;
    int margin_px;
} scene_job;

static int open_view(void *context, int64_t index, int worker)
{
    (void)worker;
    scene_job *job = context;
    const sp_view *view = &job->views[index];
    recon_scene_view *out = &job->scene->views[index];
    if (!view->matte)
        return SP_OK;
    out->full = recon_pinhole(&view->camera);
    bool distorted = view->camera.lens != SP_LENS_PINHOLE;
    int rc =
        recon_undistort(&out->matte, distorted ? &out->valid : NULL, view->matte, &view->camera, &out->full);
    if (!rc)
        rc = recon_silhouette_init(&out->silhouette, &out->full, &out->matte, distorted ? &out->valid : NULL);
    out->used = !rc;
    for (int i = 0; i < 6; i++)
        out->gains[i] = view->gains[i];
    return rc;
}

int recon_scene_open(recon_scene *out, const sp_view *views, int count, sp_pool *pool,
                     const sp_progress *progress)
{
    recon_scene scene = {.views = sp_calloc((size_t)count, sizeof(recon_scene_view)), .count = count};
    int rc = sp_progress_step(progress, "views", 0, 1);
    if (!scene.views)
        return SP_ENOMEM;
    scene_job job = {.scene = &scene, .views = views};
    if (!rc)
        rc = sp_pool_try(pool, count, open_view, &job);
    if (rc) {
        recon_scene_close(&scene);
        return rc;
    }
    *out = scene;
    return SP_OK;
}

static void free_cut(recon_scene_view *view)
{
    sp_image_free(&view->rgb);
    sp_image_free(&view->under);
    sp_image_free(&view->cut_matte);
}

void recon_scene_close(recon_scene *scene)
{
    for (int i = 0; scene->views && i < scene->count; i++) {
        recon_scene_view *view = &scene->views[i];
        sp_image_free(&view->matte);
        sp_image_free(&view->valid);
        recon_silhouette_free(&view->silhouette);
        free_cut(view);
    }
    free(scene->views);
    *scene = (recon_scene){0};
}

// The rectangle of the view that holds the box; width 0 when it holds none of it.
static sp_rect box_in_view(const sp_camera *camera, const double low[3], const double high[3], int margin)
{
    double x0 = INFINITY, y0 = INFINITY, x1 = -INFINITY, y1 = -INFINITY;
    for (int corner = 0; corner < 8; corner++) {
        sp_vec3 p = sp_v3(corner & 1 ? high[0] : low[0], corner & 2 ? high[1] : low[1],
                          corner & 4 ? high[2] : low[2]);
        sp_vec3 at = sp_camera_to_cam(camera, p);
        // A corner beside or behind the camera: the box fills the view.
        double z = fmax(at.z, 0.02);
        x0 = fmin(x0, camera->fx * at.x / z + camera->cx);
        x1 = fmax(x1, camera->fx * at.x / z + camera->cx);
        y0 = fmin(y0, camera->fy * at.y / z + camera->cy);
        y1 = fmax(y1, camera->fy * at.y / z + camera->cy);
    }
    int left = (int)fmax(floor(x0) - margin, 0), top = (int)fmax(floor(y0) - margin, 0);
    int right = (int)fmin(ceil(x1) + margin, camera->width),
        bottom = (int)fmin(ceil(y1) + margin, camera->height);
    sp_rect none = {0, 0, 0, 0};
    return right - left < 8 || bottom - top < 8 ? none : (sp_rect){left, top, right - left, bottom - top};
}

int recon_scene_picture(sp_image *out, const sp_image8 *from, const sp_camera *camera, const sp_camera *still,
                        const sp_camera *crop)
{
    if (camera->lens == SP_LENS_PINHOLE)
        return sp_image_crop8(out, from, (int)lround(still->cx - crop->cx), (int)lround(still->cy - crop->cy),
                              crop->width, crop->height);
    sp_image whole = {0};
    int rc = sp_image_from8(&whole, from);
    if (!rc)
        rc = recon_undistort(out, NULL, &whole, camera, crop);
    sp_image_free(&whole);
    return rc;
}

// The plate in the image's exposure, with the athlete's shadow and mirror image, and where nothing of the
// athlete is near, the image itself: light on the venue (his shadow) is then not his to explain. still: the
// cut's camera where it stands, which view->crop may not.
static int lay_under(recon_scene_view *view, const recon_scene *scene, int index, const sp_camera *still)
{
    const recon_shadow *shadow = scene->shadow;
    const recon_reflected *mirror = scene->reflection ? &scene->reflection->views[index] : NULL;
    int left = (int)lround(view->full.cx - view->crop.cx), top = (int)lround(view->full.cy - view->crop.cy);
    sp_image near = {0};
    int rc = sp_image_copy(&near, &view->cut_matte);
    if (!rc)
        rc = sp_image_blur(&near, 2.0, 3);
    size_t pixels = (size_t)view->under.width * (size_t)view->under.height;
    for (int c = 0; !rc && c < 3; c++) {
        float *under = sp_image_plane(&view->under, c);
        const float *seen = sp_image_plane(&view->rgb, c);
        float gain = (float)view->gains[c], offset = (float)view->gains[3 + c];
        for (size_t i = 0; i < pixels; i++) {
            float plate = gain * under[i] + offset;
            float athlete = fminf(near.data[i] * 20, 1);
            if (athlete > 0 && shadow)
                plate *= recon_shadow_light(shadow, c, still, i);
            if (athlete > 0 && mirror)
                plate = recon_add_light(
                    plate, recon_reflection_at(mirror, c, left + (int)(i % (size_t)view->crop.width),
                                               top + (int)(i / (size_t)view->crop.width)));
            under[i] = seen[i] + athlete * (plate - seen[i]);
        }
    }
    sp_image_free(&near);
    return rc;
}

static int cut_view(void *context, int64_t index, int worker)
{
    (void)worker;
    scene_job *job = context;
    const sp_view *view = &job->views[index];
    recon_scene_view *out = &job->scene->views[index];
    free_cut(out);
    out->crop.width = 0;
    if (!out->used)
        return SP_OK;
    sp_rect rect = box_in_view(&out->full, job->low, job->high, job->margin_px);
    if (!rect.width)
        return SP_OK;
    out->crop = sp_camera_cropped(&out->full, rect.x, rect.y, rect.width, rect.height);
    sp_camera still = recon_pinhole(&view->camera);
    int rc = recon_scene_picture(&out->rgb, view->image, &view->camera, &out->full, &out->crop);
    if (!rc)
        rc = recon_scene_picture(&out->under, view->plate, &view->camera, &out->full, &out->crop);
    if (!rc)
        rc = sp_image_crop(&out->cut_matte, &out->matte, rect.x, rect.y, rect.width, rect.height);
    still = sp_camera_cropped(&still, rect.x, rect.y, rect.width, rect.height);
    if (!rc)
        rc = lay_under(out, job->scene, (int)index, &still);
    return rc;
}

int recon_scene_cut(recon_scene *scene, const sp_view *views, const double low[3], const double high[3],
                    int margin_px, sp_pool *pool)
{
    scene_job job = {.scene = scene, .views = views, .low = low, .high = high, .margin_px = margin_px};
    return sp_pool_try(pool, scene->count, cut_view, &job);
}
