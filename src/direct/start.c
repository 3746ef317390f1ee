#include <stillpoint/direct.h>

// How many of the box's corners the camera shows, and how large the box is in its picture (height over
// height).
static int corners_shown(double *size, const sp_camera *camera, const sp_box *box)
{
    int shown = 0;
    double top = INFINITY, bottom = -INFINITY;
    for (int i = 0; i < 8; i++) {
        sp_vec3 corner = {i & 1 ? box->max.x : box->min.x, i & 2 ? box->max.y : box->min.y,
                          i & 4 ? box->max.z : box->min.z};
        sp_vec2 px;
        if (!sp_camera_project(&px, camera, corner))
            continue;
        if (px.x >= 0 && px.y >= 0 && px.x <= camera->width && px.y <= camera->height)
            shown++;
        top = fmin(top, px.y);
        bottom = fmax(bottom, px.y);
    }
    *size = bottom > top ? (bottom - top) / camera->height : 0;
    return shown;
}

int sp_orbit_start(const sp_camera *cameras, int count, const sp_box *athlete)
{
    int best = -1, best_shown = -1;
    double best_size = -1;
    for (int i = 0; i < count; i++) {
        double size;
        int shown = corners_shown(&size, &cameras[i], athlete);
        if (shown > best_shown || (shown == best_shown && size > best_size)) {
            best = i;
            best_shown = shown;
            best_size = size;
        }
    }
    return best;
}
