// The rig as a map: from above and from the side, in one scale.
#include <stillpoint/calibrate.h>
#include <stillpoint/canvas.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 1400, MARGIN = 60, TITLE = 78, GAP = 64, LABELS_MAX = 512 };

static const sp_color INK = {0.11, 0.15, 0.20, 1}, FAINT = {0.45, 0.50, 0.56, 1},
                      GRID = {0.90, 0.92, 0.94, 1}, AXIS = {0.72, 0.76, 0.80, 1},
                      BLUE = {0.12, 0.42, 0.82, 1}, RED = {0.80, 0.12, 0.16, 1},
                      FOCUS = {0.90, 0.52, 0.05, 1};

typedef struct box {
    double x0, y0, x1, y1;
} box;

// One of the two drawings: world coordinate `across` to the right, `up` upwards.
typedef struct panel {
    sp_canvas *canvas;
    box frame;        // pixels
    double left, low; // world coordinates of the frame's bottom left corner
    double px_per_m, step_m;
    bool is_side;
    box labels[LABELS_MAX]; // taken places
    int label_count;
} panel;

static double across(const panel *p, sp_vec3 world)
{
    return p->frame.x0 + (world.x - p->left) * p->px_per_m;
}

static double upward(const panel *p, sp_vec3 world)
{
    return p->frame.y1 - ((p->is_side ? world.z : world.y) - p->low) * p->px_per_m;
}

// 1, 2 or 5 times a power of ten, so that a span has about `lines` of them.
static double nice_step(double span, int lines)
{
    double raw = span / lines, power = pow(10, floor(log10(raw))), rest = raw / power;
    return power * (rest < 1.5 ? 1 : rest < 3.5 ? 2 : rest < 7.5 ? 5 : 10);
}

static sp_color faded(sp_color color, double alpha)
{
    color.a = alpha;
    return color;
}

static bool overlaps(const box *a, const box *b)
{
    return a->x0 < b->x1 && b->x0 < a->x1 && a->y0 < b->y1 && b->y0 < a->y1;
}

// Text beside a point, on the side of (away_x, away_y) if it covers no other there, else at the next best of
// eight places; left out when there is none.
static void put_label(panel *p, double x, double y, double away_x, double away_y, double size, bool bold,
                      const char *text, sp_color color)
{
    static const double PLACES[8][2] = {{1, 0}, {-1, 0}, {0, -1}, {0, 1}, {1, -1}, {-1, -1}, {1, 1}, {-1, 1}};
    double w = sp_canvas_text_width(p->canvas, size, bold, text), gap = size * 0.7;
    box best = {0};
    double best_rank = -INFINITY;
    for (int i = 0; i < 8; i++) {
        double dx = PLACES[i][0], dy = PLACES[i][1], rank = (dx * away_x + dy * away_y) / hypot(dx, dy);
        double cx = x + dx * (gap + w / 2), cy = y + dy * (gap + size / 2);
        box at = {cx - w / 2 - 1, cy - size / 2 - 1, cx + w / 2 + 1, cy + size / 2 + 1};
        bool is_free = at.x0 > 2 && at.x1 < WIDTH - 2;
        for (int k = 0; k < p->label_count && is_free; k++)
            is_free = !overlaps(&at, &p->labels[k]);
        if (is_free && rank > best_rank)
            best = at, best_rank = rank;
    }
    if (best_rank == -INFINITY)
        return;
    if (p->label_count < LABELS_MAX)
        p->labels[p->label_count++] = best;
    sp_canvas_text(p->canvas, (best.x0 + best.x1) / 2, (best.y0 + best.y1) / 2 + size * 0.36, size, 0.5, bold,
                   text, color);
}

static void draw_grid(panel *p)
{
    double step = p->step_m, right = p->left + (p->frame.x1 - p->frame.x0) / p->px_per_m;
    double top = p->low + (p->frame.y1 - p->frame.y0) / p->px_per_m;
    char text[32];
    for (double x = ceil(p->left / step) * step; x <= right + 1e-9; x += step) {
        double at = p->frame.x0 + (x - p->left) * p->px_per_m;
        bool is_axis = fabs(x) < 1e-6 * step;
        sp_canvas_line(p->canvas, at, p->frame.y0, at, p->frame.y1, 1, is_axis ? AXIS : GRID);
        snprintf(text, sizeof text, "%.4g", is_axis ? 0 : x);
        sp_canvas_text(p->canvas, at, p->frame.y1 + 16, 11, 0.5, false, text, FAINT);
    }
    for (double y = ceil(p->low / step) * step; y <= top + 1e-9; y += step) {
        double at = p->frame.y1 - (y - p->low) * p->px_per_m;
        bool is_axis = fabs(y) < 1e-6 * step, is_floor = is_axis && p->is_side;
        sp_canvas_line(p->canvas, p->frame.x0, at, p->frame.x1, at, is_floor ? 2.5 : 1,
                       is_axis ? AXIS : GRID);
        snprintf(text, sizeof text, "%.4g", is_axis ? 0 : y);
        sp_canvas_text(p->canvas, p->frame.x0 - 8, at + 4, 11, 1, false, text, FAINT);
    }
    sp_canvas_text(p->canvas, p->frame.x1, p->frame.y1 + 32, 11, 1, false, "x (m)", FAINT);
    sp_canvas_text(
        p->canvas, p->frame.x0, p->frame.y0 - 10, 15, 0, true,
        p->is_side ? "From the side (z over x; the floor is the thick line)" : "From above (y over x)", INK);
}

static void draw_scale_bar(panel *p)
{
    double length = p->step_m * p->px_per_m, x1 = p->frame.x1 - 14, x0 = x1 - length, y = p->frame.y0 + 18;
    char text[32];
    snprintf(text, sizeof text, "%.4g m", p->step_m);
    sp_canvas_line(p->canvas, x0, y, x1, y, 3, INK);
    sp_canvas_line(p->canvas, x0, y - 5, x0, y + 5, 2, INK);
    sp_canvas_line(p->canvas, x1, y - 5, x1, y + 5, 2, INK);
    sp_canvas_text(p->canvas, (x0 + x1) / 2, y + 18, 12, 0.5, false, text, INK);
}

// The pyramid that the picture's corners span, down to reach metres in front of the lens, and the axis.
static void draw_view(panel *p, const sp_camera *camera, double reach, sp_vec3 focus, sp_color color)
{
    static const double CORNERS[4][2] = {{0, 0}, {1, 0}, {1, 1}, {0, 1}};
    sp_vec3 center = sp_camera_center(camera),
            forward = {camera->rotation.m[6], camera->rotation.m[7], camera->rotation.m[8]};
    double x = across(p, center), y = upward(p, center), quad[8];
    int corners = 0;
    for (int i = 0; i < 4; i++) {
        sp_vec3 d;
        if (!sp_camera_ray(&d, camera,
                           (sp_vec2){CORNERS[i][0] * camera->width, CORNERS[i][1] * camera->height}))
            continue;
        double along = fmax(sp_v3_dot(d, forward), 0.2);
        sp_vec3 at = sp_v3_add(center, sp_v3_scale(d, reach / along));
        quad[2 * corners] = across(p, at);
        quad[2 * corners + 1] = upward(p, at);
        corners++;
    }
    for (int i = 0; i < corners; i++) {
        int next = (i + 1) % corners;
        const double side[6] = {x, y, quad[2 * i], quad[2 * i + 1], quad[2 * next], quad[2 * next + 1]};
        sp_canvas_polygon(p->canvas, side, 3, 0, faded(color, 0.06));
        sp_canvas_line(p->canvas, x, y, quad[2 * i], quad[2 * i + 1], 1, faded(color, 0.55));
        sp_canvas_line(p->canvas, quad[2 * i], quad[2 * i + 1], quad[2 * next], quad[2 * next + 1], 1,
                       faded(color, 0.55));
    }
    double far = fmax(sp_v3_dot(sp_v3_sub(focus, center), forward), reach);
    sp_vec3 end = sp_v3_add(center, sp_v3_scale(forward, far));
    sp_canvas_line(p->canvas, x, y, across(p, end), upward(p, end), 0.8, faded(color, 0.35));
}

static void draw_cameras(panel *p, const sp_rig *rig, const bool *suspect, sp_vec3 focus)
{
    double size = rig->count <= 16 ? 14 : rig->count <= 40 ? 12 : 10;
    for (int i = 0; i < rig->count; i++) {
        double distance = sp_v3_norm(sp_v3_sub(focus, sp_camera_center(&rig->cameras[i])));
        draw_view(p, &rig->cameras[i], (rig->count <= 24 ? 0.22 : 0.12) * distance, focus,
                  suspect && suspect[i] ? RED : BLUE);
    }
    // Dots are places that labels keep clear of.
    for (int i = 0; i < rig->count; i++) {
        sp_vec3 center = sp_camera_center(&rig->cameras[i]);
        double x = across(p, center), y = upward(p, center), r = size * 0.32;
        sp_canvas_circle(p->canvas, x, y, r, 0, suspect && suspect[i] ? RED : BLUE);
        if (p->label_count < LABELS_MAX)
            p->labels[p->label_count++] = (box){x - r, y - r, x + r, y + r};
    }
    double fx = across(p, focus), fy = upward(p, focus);
    sp_canvas_line(p->canvas, fx - 9, fy, fx + 9, fy, 2, FOCUS);
    sp_canvas_line(p->canvas, fx, fy - 9, fx, fy + 9, 2, FOCUS);
    put_label(p, fx, fy, 1, 0.1, 13, true, "focus", FOCUS);
    for (int i = 0; i < rig->count; i++) {
        sp_vec3 center = sp_camera_center(&rig->cameras[i]);
        bool is_suspect = suspect && suspect[i];
        const double *m = rig->cameras[i].rotation.m; // away from what it looks at
        double up = p->is_side ? m[8] : m[7], length = fmax(hypot(m[6], up), 1e-9);
        put_label(p, across(p, center), upward(p, center), -m[6] / length, up / length, size, is_suspect,
                  rig->cameras[i].id, is_suspect ? RED : INK);
    }
}

static void draw_title(sp_canvas *canvas, const sp_rig *rig, sp_vec3 focus)
{
    double low = INFINITY, high = -INFINITY, near = INFINITY, far = 0;
    for (int i = 0; i < rig->count; i++) {
        sp_vec3 center = sp_camera_center(&rig->cameras[i]);
        double distance = sp_v3_norm(sp_v3_sub(focus, center));
        low = fmin(low, center.z), high = fmax(high, center.z);
        near = fmin(near, distance), far = fmax(far, distance);
    }
    char text[256];
    snprintf(text, sizeof text, "Rig of %d camera%s", rig->count, rig->count == 1 ? "" : "s");
    sp_canvas_text(canvas, MARGIN, 32, 22, 0, true, text, INK);
    snprintf(
        text, sizeof text,
        "focus x %.2f, y %.2f, z %.2f m   |   cameras %.2f to %.2f m from it, %.2f to %.2f m high   |   %s",
        focus.x, focus.y, focus.z, near, far, low, high, rig->obtained ? rig->obtained : "origin unknown");
    sp_canvas_text(canvas, MARGIN, 54, 13, 0, false, text, FAINT);
}

// World bounds of what both panels show: cameras, focus and origin when it is not far off, with some room.
static void bounds(double low[3], double high[3], const sp_rig *rig, sp_vec3 focus)
{
    sp_vec3 first = focus;
    low[0] = high[0] = first.x, low[1] = high[1] = first.y, low[2] = high[2] = first.z;
    for (int i = 0; i < rig->count; i++) {
        sp_vec3 c = sp_camera_center(&rig->cameras[i]);
        const double v[3] = {c.x, c.y, c.z};
        for (int k = 0; k < 3; k++)
            low[k] = fmin(low[k], v[k]), high[k] = fmax(high[k], v[k]);
    }
    double size = fmax(fmax(high[0] - low[0], high[1] - low[1]), fmax(high[2] - low[2], 1e-6));
    if (low[2] > 0 && low[2] < size) // the floor belongs into the picture
        low[2] = 0;
    for (int k = 0; k < 3; k++) {
        double room = fmax(0.12 * size, 0.25 * size - 0.5 * (high[k] - low[k]));
        low[k] -= room, high[k] += room;
    }
}

int sp_rig_draw_map(const sp_rig *rig, const bool *suspect, const char *path)
{
    const char *dot = strrchr(path, '.');
    bool is_svg = dot && !strcmp(dot, ".svg");
    if (!is_svg && !(dot && !strcmp(dot, ".png")))
        return sp_error(SP_EINVAL, "%s: a map is drawn as .svg or .png", path);
    int code = sp_rig_validate(rig, path);
    if (code)
        return code;
    sp_vec3 focus = sp_rig_focus(rig);
    double low[3], high[3];
    bounds(low, high, rig, focus);
    // A rig that is long in y would make the page too tall: at most twice as tall as wide.
    double wide = WIDTH - 2 * MARGIN,
           scale = fmin(wide / (high[0] - low[0]), 1.5 * wide / (high[1] - low[1]));
    double room = wide / scale - (high[0] - low[0]);
    low[0] -= room / 2;
    panel above = {.px_per_m = scale, .step_m = nice_step(wide / scale, 12), .left = low[0], .low = low[1]},
          side = above;
    above.frame = (box){MARGIN, TITLE + 24, WIDTH - MARGIN, TITLE + 24 + (high[1] - low[1]) * scale};
    side.is_side = true;
    side.low = low[2];
    side.frame = (box){MARGIN, above.frame.y1 + GAP, WIDTH - MARGIN,
                       above.frame.y1 + GAP + (high[2] - low[2]) * scale};
    sp_canvas *canvas;
    if ((code = sp_canvas_open(&canvas, WIDTH, ceil(side.frame.y1) + 48, is_svg ? path : NULL)))
        return code;
    sp_canvas_fill_all(canvas, (sp_color){1, 1, 1, 1});
    draw_title(canvas, rig, focus);
    panel *panels[2] = {&above, &side};
    for (int i = 0; i < 2; i++) {
        panels[i]->canvas = canvas;
        draw_grid(panels[i]);
        draw_cameras(panels[i], rig, suspect, focus);
        draw_scale_bar(panels[i]);
    }
    sp_image8 picture = {0};
    code = sp_canvas_finish(canvas, is_svg ? NULL : &picture);
    sp_canvas_close(&canvas);
    if (!code && !is_svg)
        code = sp_image8_save(&picture, path);
    sp_image8_free(&picture);
    return code;
}
