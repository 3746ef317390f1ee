// The picture of a camera with what its calibration claims drawn over it.
#include <stillpoint/canvas.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "parts.h"

enum { LONG_SIDE = 1280, EPIPOLAR_MAX = 14, LINE_STEPS = 48 };

static const sp_color YELLOW = {1, 0.85, 0.1, 1}, CYAN = {0.1, 0.9, 1, 1}, GREEN = {0.25, 0.95, 0.35, 1},
                      RED = {1, 0.25, 0.25, 1}, WHITE = {1, 1, 1, 1};

typedef struct drawing {
    sp_canvas *canvas;
    const sp_camera *camera;
    double scale; // canvas pixels per camera pixel
    double line;  // width of a thin line
} drawing;

// A stretch of the world as the camera sees it, lens included; what is behind it or far outside is left out.
static void draw_segment(const drawing *d, sp_vec3 from, sp_vec3 to, double width, sp_color color)
{
    sp_vec2 last = {0};
    bool has_last = false;
    for (int i = 0; i <= LINE_STEPS; i++) {
        sp_vec2 px;
        bool is_seen = sp_camera_project(&px, d->camera, sp_v3_lerp(from, to, (double)i / LINE_STEPS)) &&
                       px.x > -d->camera->width && px.x < 2.0 * d->camera->width &&
                       px.y > -d->camera->height && px.y < 2.0 * d->camera->height;
        if (is_seen && has_last)
            sp_canvas_line(d->canvas, last.x * d->scale, last.y * d->scale, px.x * d->scale, px.y * d->scale,
                           width, color);
        last = px;
        has_last = is_seen;
    }
}

static double grid_step(double reach)
{
    double raw = reach / 6, power = pow(10, floor(log10(raw))), rest = raw / power;
    return power * (rest < 1.5 ? 1 : rest < 3.5 ? 2 : rest < 7.5 ? 5 : 10);
}

// The floor, Z = 0, around the point the axis of the camera passes over, and the world's axes.
static void draw_world(const drawing *d, sp_vec3 focus, double reach)
{
    double step = grid_step(reach), size = 5 * step;
    double x0 = round(focus.x / step) * step, y0 = round(focus.y / step) * step;
    for (int i = -5; i <= 5; i++) {
        double off = i * step;
        sp_color color = {1, 1, 1, 0.4};
        draw_segment(d, sp_v3(x0 + off, y0 - size, 0), sp_v3(x0 + off, y0 + size, 0), d->line, color);
        draw_segment(d, sp_v3(x0 - size, y0 + off, 0), sp_v3(x0 + size, y0 + off, 0), d->line, color);
    }
    static const sp_color AXES[3] = {{1, 0.3, 0.3, 1}, {0.35, 0.9, 0.35, 1}, {0.4, 0.6, 1, 1}};
    static const char *const NAMES[3] = {"x", "y", "z"};
    for (int k = 0; k < 3; k++) {
        sp_vec3 tip = {k == 0 ? step : 0, k == 1 ? step : 0, k == 2 ? step : 0};
        sp_vec2 px;
        draw_segment(d, sp_v3(0, 0, 0), tip, 2.5 * d->line, AXES[k]);
        if (sp_camera_project(&px, d->camera, tip))
            sp_canvas_text(d->canvas, px.x * d->scale + 4, px.y * d->scale, 16, 0, true, NAMES[k], AXES[k]);
    }
    char text[64];
    snprintf(text, sizeof text, "floor grid %.3g m", step);
    sp_canvas_text(d->canvas, d->camera->width * d->scale - 12, d->camera->height * d->scale - 12, 15, 1,
                   false, text, WHITE);
}

// The edge between mask pixels over and under a half; scale turns mask pixels into canvas pixels.
static void draw_outline(const drawing *d, const sp_image *mask, double scale, int step, sp_color color)
{
    for (int y = 0; y + step < mask->height; y += step)
        for (int x = 0; x + step < mask->width; x += step) {
            bool here = mask->data[y * mask->width + x] > 0.5f;
            bool right = mask->data[y * mask->width + x + step] > 0.5f;
            bool below = mask->data[(y + step) * mask->width + x] > 0.5f;
            double u = (x + step) * scale, v = (y + step) * scale, size = step * scale;
            if (here != right)
                sp_canvas_line(d->canvas, u, v - size, u, v, 2 * d->line, color);
            if (here != below)
                sp_canvas_line(d->canvas, u - size, v, u, v, 2 * d->line, color);
        }
}

// Corners found again: a dot, and for some of them the line on which the other camera says they have to lie.
static void draw_matches(const drawing *d, const sp_rig_check_report *report, const sp_view *views, int index)
{
    int total = 0, seen = 0;
    for (int i = 0; i < report->match_count; i++)
        total += report->matches[i].to == index;
    int every = total > EPIPOLAR_MAX ? total / EPIPOLAR_MAX : 1;
    for (int i = 0; i < report->match_count; i++) {
        const sp_check_match *m = &report->matches[i];
        if (m->to != index)
            continue;
        sp_color color = fabs(m->distance_px) <= report->tolerance_px ? GREEN : RED;
        sp_canvas_circle(d->canvas, m->other.x * d->scale, m->other.y * d->scale, 3.5, 1.5, color);
        if (seen++ % every)
            continue;
        // A stretch of the epipolar line around the corner, from points on the other camera's ray.
        const sp_camera *from = &views[m->from].camera;
        sp_vec3 eye = sp_camera_center(from), ray, own_ray, meet;
        sp_vec3 origins[2] = {eye, sp_camera_center(d->camera)};
        if (!sp_camera_ray(&ray, from, m->at) || !sp_camera_ray(&own_ray, d->camera, m->other))
            continue;
        sp_vec3 rays[2] = {ray, own_ray};
        if (!sp_triangulate_rays(&meet, origins, rays, 2))
            continue;
        double depth = sp_v3_dot(sp_v3_sub(meet, eye), ray);
        color.a = 0.8;
        draw_segment(d, sp_v3_add(eye, sp_v3_scale(ray, 0.85 * depth)),
                     sp_v3_add(eye, sp_v3_scale(ray, 1.2 * depth)), 1.4 * d->line, color);
    }
}

// A line of the caption on a dark ground of its own.
static void text_line(const drawing *d, int row, bool bold, const char *text, sp_color color)
{
    double y = 26 + 24 * row, w = sp_canvas_text_width(d->canvas, 16, bold, text) + 20;
    const double ground[8] = {0, y - 19, w, y - 19, w, y + 6, 0, y + 6};
    sp_canvas_polygon(d->canvas, ground, 4, 0, (sp_color){0, 0, 0, 0.55});
    sp_canvas_text(d->canvas, 10, y, 16, 0, bold, text, color);
}

static void draw_caption(const drawing *d, const sp_rig_check_report *report, int index)
{
    const sp_check_camera *c = &report->cameras[index];
    char text[160];
    int row = 0;
    double corners = isnan(c->track_px) ? c->epipolar_px : c->track_px, shift = calibrate_shift(c);
    double error = fmax(isnan(corners) ? 0 : corners, shift);
    if (!c->is_checked)
        snprintf(text, sizeof text, "%s  could not be checked", d->camera->id);
    else if (c->is_suspect || error > report->tolerance_px)
        snprintf(text, sizeof text, "%s  %s by %.1f px", d->camera->id,
                 c->is_suspect ? "DISAGREES with the others" : "agrees only roughly, off", error);
    else
        snprintf(text, sizeof text, "%s  agrees within %.1f px", d->camera->id, report->tolerance_px);
    text_line(d, row++, true, text, c->is_suspect ? RED : WHITE);
    if (!isnan(c->agreement)) {
        snprintf(text, sizeof text,
                 "silhouette (yellow) and hull of the others (cyan): %.2f, shifted by %.0f, %.0f px: %.2f",
                 c->agreement, c->shift_x, c->shift_y, c->agreement_shifted);
        text_line(d, row++, false, text, WHITE);
    }
    if (!isnan(c->epipolar_px)) {
        char tail[64] = "";
        if (!isnan(c->track_px))
            snprintf(tail, sizeof tail, ", %.2f px in three or more views", c->track_px);
        snprintf(text, sizeof text, "%d corners, %.2f px from their epipolar lines%s", c->matches,
                 c->epipolar_px, tail);
        text_line(d, row, false, text, WHITE);
    }
}

int sp_rig_check_picture(sp_image8 *out, const sp_rig_check_report *report, const sp_view *views, int count,
                         int index)
{
    if (index < 0 || index >= count || count != report->count || !views[index].image)
        return sp_error(SP_EINVAL, "there is no picture of view %d to draw on", index);
    const sp_view *view = &views[index];
    int w = view->camera.width, h = view->camera.height, code;
    drawing d = {.camera = &view->camera, .scale = fmin(2, (double)LONG_SIDE / (w > h ? w : h)), .line = 1};
    if ((code = sp_canvas_open(&d.canvas, w * d.scale, h * d.scale, NULL)))
        return code;
    if (!(code = sp_canvas_image(d.canvas, view->image, 0, 0, w * d.scale, h * d.scale))) {
        sp_vec3 focus = {0};
        sp_camera *cameras = sp_calloc((size_t)count, sizeof *cameras);
        for (int i = 0; cameras && i < count; i++)
            cameras[i] = views[i].camera;
        if (cameras)
            focus = sp_rig_focus(&(sp_rig){.cameras = cameras, .count = count});
        free(cameras);
        draw_world(&d, focus, fmax(sp_v3_norm(sp_v3_sub(focus, sp_camera_center(&view->camera))), 1e-3));
        if (report->hulls[index].data)
            draw_outline(&d, &report->hulls[index], w * d.scale / report->hulls[index].width, 1, CYAN);
        if (view->matte && report->hulls[index].data)
            draw_outline(&d, view->matte, d.scale, (int)fmax(1, round(1 / d.scale)), YELLOW);
        draw_matches(&d, report, views, index);
        draw_caption(&d, report, index);
        sp_image8 rgba = {0};
        if (!(code = sp_canvas_finish(d.canvas, &rgba)) &&
            !(code = sp_image8_init(out, rgba.width, rgba.height, 3)))
            for (size_t i = 0; i < (size_t)rgba.width * (size_t)rgba.height; i++)
                for (int k = 0; k < 3; k++)
                    out->data[3 * i + (size_t)k] = rgba.data[4 * i + (size_t)k];
        sp_image8_free(&rgba);
    }
    sp_canvas_close(&d.canvas);
    return code;
}
