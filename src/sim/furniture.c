// What stands around in every venue: boards with names, painted words, stands with spectators.
#include "noise.h"
#include "venue.h"

#include <stdlib.h>

#include <stillpoint/canvas.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static int add_texture(sim_venue *venue, const sp_image8 *picture)
{
    if (venue->texture_count == venue->texture_room) {
        int room = venue->texture_room ? 2 * venue->texture_room : 32;
        sim_texture *textures = realloc(venue->textures, (size_t)room * sizeof(*textures));
        if (!textures)
            return sp_error(SP_ENOMEM, "memory ran out while building the venue");
        venue->textures = textures;
        venue->texture_room = room;
    }
    int rc = sim_texture_from(&venue->textures[venue->texture_count], picture);
    return rc < 0 ? rc : venue->texture_count++;
}

static int finish_texture(sim_venue *venue, sp_canvas **canvas)
{
    sp_image8 picture = {0};
    int rc = sp_canvas_finish(*canvas, &picture);
    if (rc >= 0)
        rc = add_texture(venue, &picture);
    sp_image8_free(&picture);
    sp_canvas_close(canvas);
    return rc;
}

static const struct design {
    const char *text;
    sp_color ground, ink;
} designs[] = {
    {"STILLPOINT", {0.05, 0.10, 0.24, 1}, {1, 1, 1, 1}},
    {"LUMEN & LARCH", {0.93, 0.93, 0.90, 1}, {0.10, 0.35, 0.22, 1}},
    {"HALYARD", {0.80, 0.12, 0.14, 1}, {1, 1, 1, 1}},
    {"OKTAV audio", {0.98, 0.78, 0.10, 1}, {0.10, 0.10, 0.12, 1}},
    {"marella", {0.10, 0.45, 0.55, 1}, {1, 0.95, 0.85, 1}},
    {"BRISK TEA", {0.20, 0.52, 0.24, 1}, {1, 1, 1, 1}},
    {"SOLVEIG air", {0.94, 0.94, 0.96, 1}, {0.12, 0.22, 0.62, 1}},
    {"QUILL+CO", {0.32, 0.14, 0.42, 1}, {1, 0.85, 0.30, 1}},
    {"TERN skis", {0.95, 0.42, 0.10, 1}, {0.06, 0.06, 0.10, 1}},
    {"FATHOM bank", {0.10, 0.12, 0.14, 1}, {0.45, 0.85, 0.95, 1}},
};

static int board_texture(sim_venue *venue, int design, double aspect)
{
    const struct design *d = &designs[design % COUNT(designs)];
    double height = 160, width = height * aspect;
    sp_canvas *canvas;
    int rc = sp_canvas_open(&canvas, width, height, NULL);
    if (rc < 0)
        return rc;
    sp_canvas_fill_all(canvas, d->ground);
    double size = 92, wide = sp_canvas_text_width(canvas, size, true, d->text);
    if (wide > 0.82 * width)
        size *= 0.82 * width / wide;
    sp_canvas_text(canvas, width / 2, height / 2 + 0.36 * size, size, 0.5, true, d->text, d->ink);
    double frame[8] = {4, 4, width - 4, 4, width - 4, height - 4, 4, height - 4};
    sp_canvas_polygon(canvas, frame, 4, 6, d->ink);
    return finish_texture(venue, &canvas);
}

int sim_venue_board(sim_venue *venue, sp_vec3 corner, sp_vec3 along, double width, double height, int design)
{
    int texture = board_texture(venue, design, width / height);
    if (texture < 0)
        return texture;
    sp_vec3 top = sp_v3_add(corner, sp_v3(0, 0, height));
    sim_paint paint = {.kind = SIM_PAINT_TEXTURE,
                       .texture = texture,
                       .height_m = height,
                       .origin = top,
                       .gloss = 0.04,
                       .across = sp_v3_scale(along, 1 / width),
                       .down = sp_v3(0, 0, -1 / height)};
    int front = sim_venue_paint(venue, &paint),
        back = sim_venue_flat(venue, sim_rgb_srgb(0.35, 0.36, 0.38), 0);
    if (front < 0 || back < 0)
        return SP_ENOMEM;
    sp_vec3 end = sp_v3_scale(along, width), up = sp_v3(0, 0, height),
            behind = sp_v3_scale(sp_v3_cross(up, along), 0.08 / height);
    sp_vec3 face[4] = {corner, sp_v3_add(corner, end), sp_v3_add(top, end), top};
    int rc = sim_mesh_quad(&venue->mesh, face, front);
    // A lid and a back give the board its thickness.
    sp_vec3 lid[4] = {face[3], face[2], sp_v3_add(face[2], behind), sp_v3_add(face[3], behind)};
    sp_vec3 rear[4] = {sp_v3_add(face[1], behind), sp_v3_add(face[0], behind), sp_v3_add(face[3], behind),
                       sp_v3_add(face[2], behind)};
    if (rc >= 0)
        rc = sim_mesh_quad(&venue->mesh, lid, back);
    return rc < 0 ? rc : sim_mesh_quad(&venue->mesh, rear, back);
}

int sim_venue_words(sim_venue *venue, const char *text, sim_rgb color, double aspect)
{
    sp_canvas *canvas;
    double height = 256, width = height * aspect;
    int rc = sp_canvas_open(&canvas, width, height, NULL);
    if (rc < 0)
        return rc;
    sp_color ink = {sp_srgb_from_linear((float)color.r), sp_srgb_from_linear((float)color.g),
                    sp_srgb_from_linear((float)color.b), 1};
    double size = 300, wide = sp_canvas_text_width(canvas, size, true, text);
    if (wide > 0.98 * width)
        size *= 0.98 * width / wide;
    sp_canvas_text(canvas, width / 2, height / 2 + 0.36 * size, size, 0.5, true, text, ink);
    return finish_texture(venue, &canvas);
}

// Colours of clothes and faces are shared by all spectators.
typedef struct crowd_paints {
    int cloth[12], skin[4], hair[4], seat, step;
} crowd_paints;

static int add_crowd_paints(sim_venue *venue, crowd_paints *out)
{
    static const double cloth[12][3] = {{0.75, 0.14, 0.15}, {0.14, 0.24, 0.55}, {0.95, 0.80, 0.22},
                                        {0.12, 0.42, 0.30}, {0.90, 0.90, 0.88}, {0.15, 0.15, 0.18},
                                        {0.90, 0.45, 0.12}, {0.42, 0.20, 0.48}, {0.20, 0.58, 0.72},
                                        {0.80, 0.45, 0.58}, {0.45, 0.47, 0.50}, {0.50, 0.33, 0.20}};
    static const double skin[4][3] = {
        {0.90, 0.72, 0.60}, {0.78, 0.56, 0.42}, {0.55, 0.36, 0.25}, {0.36, 0.23, 0.16}};
    static const double hair[4][3] = {
        {0.15, 0.10, 0.08}, {0.45, 0.30, 0.16}, {0.78, 0.65, 0.40}, {0.55, 0.12, 0.14}};
    for (int i = 0; i < 12; i++)
        out->cloth[i] = sim_venue_flat(venue, sim_rgb_srgb(cloth[i][0], cloth[i][1], cloth[i][2]), 0.15);
    for (int i = 0; i < 4; i++) {
        out->skin[i] = sim_venue_flat(venue, sim_rgb_srgb(skin[i][0], skin[i][1], skin[i][2]), 0);
        out->hair[i] = sim_venue_flat(venue, sim_rgb_srgb(hair[i][0], hair[i][1], hair[i][2]), 0);
    }
    out->seat = sim_venue_flat(venue, sim_rgb_srgb(0.20, 0.34, 0.56), 0.05);
    out->step = sim_venue_flat(venue, sim_rgb_srgb(0.55, 0.56, 0.58), 0.15);
    return out->step < 0 ? out->step : 0;
}

static int add_spectator(sim_mesh *mesh, const crowd_paints *paints, sp_vec3 seat, sp_vec3 back, sp_rng *rng)
{
    int cloth = paints->cloth[sp_rng_u32(rng) % 12], skin = paints->skin[sp_rng_u32(rng) % 4];
    int hair =
        sp_rng_uniform(rng) < 0.5 ? paints->hair[sp_rng_u32(rng) % 4] : paints->cloth[sp_rng_u32(rng) % 12];
    double tall = 0.92 + 0.16 * sp_rng_uniform(rng);
    bool is_cheering = sp_rng_uniform(rng) < 0.22;
    sp_vec3 at = sp_v3_add(seat, sp_v3_scale(back, 0.08 * (sp_rng_uniform(rng) - 0.5)));
    double lift = is_cheering ? 0.28 : 0;
    sp_vec3 belly = sp_v3_add(at, sp_v3(0, 0, (0.22 + lift) * tall)),
            chest = sp_v3_add(at, sp_v3(0, 0, (0.42 + lift) * tall));
    sp_vec3 head = sp_v3_add(at, sp_v3(0, 0, (0.76 + lift) * tall));
    // Wide across the row, thin from front to back.
    double x = 1 - fabs(back.x), y = 1 - fabs(back.y);
    int rc = sim_mesh_ellipsoid(mesh, belly, sp_v3(0.12 + 0.06 * x, 0.12 + 0.06 * y, 0.34 * tall), 8, cloth);
    if (rc >= 0)
        rc = sim_mesh_ellipsoid(mesh, chest, sp_v3(0.10 + 0.14 * x, 0.10 + 0.14 * y, 0.17 * tall), 10, cloth);
    if (rc >= 0)
        rc = sim_mesh_ellipsoid(mesh, head, sp_v3(0.085, 0.085, 0.12), 8, skin);
    sp_vec3 crown = sp_v3_add(head, sp_v3_add(sp_v3(0, 0, 0.045), sp_v3_scale(back, 0.025)));
    if (rc >= 0)
        rc = sim_mesh_ellipsoid(mesh, crown, sp_v3(0.095, 0.095, 0.095), 8, hair);
    sp_vec3 side = sp_v3(-back.y, back.x, 0);
    for (int s = -1; s <= 1 && is_cheering && rc >= 0; s += 2) {
        sp_vec3 hand = sp_v3_add(chest, sp_v3_add(sp_v3_scale(side, 0.27 * s), sp_v3(0, 0, 0.50)));
        rc = sim_mesh_ellipsoid(mesh, sp_v3_add(hand, sp_v3(0, 0, -0.18)), sp_v3(0.06, 0.06, 0.24), 6, cloth);
        if (rc >= 0)
            rc = sim_mesh_ellipsoid(mesh, sp_v3_add(hand, sp_v3(0, 0, 0.06)), sp_v3(0.055, 0.055, 0.07), 6,
                                    skin);
    }
    return rc;
}

int sim_venue_stand(sim_venue *venue, sp_vec3 front, sp_vec3 back, double width, int rows, double crowd)
{
    const double deep = 0.95, rise = 0.48, seat_width = 0.62, first = 1.1;
    crowd_paints paints;
    int rc = add_crowd_paints(venue, &paints);
    sp_rng rng = sp_rng_seed(venue->seed, (uint64_t)(1000 + venue->paint_count));
    sp_vec3 side = sp_v3(-back.y, back.x, 0);
    double yaw = atan2(side.y, side.x);
    int seats = (int)(width / seat_width);
    for (int r = 0; r < rows && rc >= 0; r++) {
        double top = first + r * rise;
        sp_vec3 center = sp_v3_add(front, sp_v3_scale(back, (r + 0.5) * deep));
        rc = sim_mesh_box(&venue->mesh, sp_v3(center.x, center.y, top / 2),
                          sp_v3(width / 2, deep / 2, top / 2), yaw, paints.step);
        for (int s = 0; s < seats && rc >= 0; s++) {
            sp_vec3 seat = sp_v3_add(center, sp_v3_scale(side, (s - 0.5 * (seats - 1)) * seat_width));
            seat = sp_v3(seat.x + 0.15 * back.x, seat.y + 0.15 * back.y, top);
            if (s % 16 == 15) // an aisle
                continue;
            rc = sim_mesh_box(&venue->mesh, sp_v3_add(seat, sp_v3(0.16 * back.x, 0.16 * back.y, 0.32)),
                              sp_v3(0.25, 0.03, 0.22), yaw, paints.seat);
            if (rc >= 0 && sp_rng_uniform(&rng) < crowd)
                rc = add_spectator(&venue->mesh, &paints, sp_v3_add(seat, sp_v3(0, 0, 0.12)), back, &rng);
        }
    }
    return rc;
}
