// Pinhole views inside the pictures of real cameras.
#include <stillpoint/direct.h>

enum { EDGE_SAMPLES = 32 };

// Whether the pixel (x, y) of a view with focal length f shows something that the camera sees.
static bool is_seen(const sp_camera *from, const sp_camera *view, double f, double x, double y)
{
    sp_vec2 xy = {(x - view->cx) / f, (y - view->cy) / f}, distorted;
    if (!sp_lens_distort(&distorted, from, xy))
        return false;
    double px = from->fx * distorted.x + from->cx, py = from->fy * distorted.y + from->cy;
    return px >= 0 && py >= 0 && px <= from->width && py <= from->height;
}

// A picture is simply connected, so its edge decides.
static bool lies_inside(const sp_camera *from, const sp_camera *view, double f)
{
    for (int i = 0; i <= EDGE_SAMPLES; i++) {
        double x = view->width * (double)i / EDGE_SAMPLES, y = view->height * (double)i / EDGE_SAMPLES;
        if (!is_seen(from, view, f, x, 0) || !is_seen(from, view, f, x, view->height) ||
            !is_seen(from, view, f, 0, y) || !is_seen(from, view, f, view->width, y))
            return false;
    }
    return true;
}

int sp_camera_inscribed(sp_camera *out, const sp_camera *from, int width, int height)
{
    if (width < 1 || height < 1)
        return sp_error(SP_EINVAL, "a view of %dx%d pixels is not possible", width, height);
    sp_camera view = *from;
    view.width = width, view.height = height;
    view.cx = width / 2.0, view.cy = height / 2.0;
    view.lens = SP_LENS_PINHOLE;
    for (int i = 0; i < 5; i++)
        view.distortion[i] = 0;

    double guess =
        sqrt(from->fx * from->fy) * fmax((double)width / from->width, (double)height / from->height);
    double inside = guess;
    for (int i = 0; !lies_inside(from, &view, inside); i++, inside *= 1.25)
        if (i == 24)
            return sp_error(SP_EINVAL,
                            "camera %s: its lens sees nothing around the middle of its picture; check "
                            "cx, cy and the distortion",
                            from->id);
    double outside = inside / 1.25;
    for (int i = 0; i < 24 && lies_inside(from, &view, outside); i++) {
        inside = outside;
        outside /= 1.25;
    }
    for (int i = 0; i < 40; i++) {
        double middle = (inside + outside) / 2;
        if (lies_inside(from, &view, middle))
            inside = middle;
        else
            outside = middle;
    }
    view.fx = view.fy = inside;
    *out = view;
    return SP_OK;
}
