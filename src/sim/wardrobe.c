#include "wardrobe.h"

#include "noise.h"

int sim_wardrobe_open(sim_wardrobe *out, sim_outfit outfit, const sim_look *look)
{
    sim_wardrobe w = {.outfit = outfit};
    w.suit = sim_rgb_srgb(look->suit_rgb[0], look->suit_rgb[1], look->suit_rgb[2]);
    w.accent = sim_rgb_srgb(look->accent_rgb[0], look->accent_rgb[1], look->accent_rgb[2]);
    int rc = sim_draw_bib(&w.bib_front, look, outfit, true);
    if (rc >= 0)
        rc = sim_draw_bib(&w.bib_back, look, outfit, false);
    if (rc >= 0)
        rc = sim_draw_face(&w.face);
    if (rc >= 0)
        rc = sim_draw_ski(&w.ski, look);
    if (rc < 0) {
        sim_wardrobe_close(&w);
        return rc;
    }
    *out = w;
    return 0;
}

void sim_wardrobe_close(sim_wardrobe *wardrobe)
{
    sim_texture_free(&wardrobe->bib_front);
    sim_texture_free(&wardrobe->bib_back);
    sim_texture_free(&wardrobe->face);
    sim_texture_free(&wardrobe->ski);
}

// 1 inside [a, b], with edges as wide as a pixel.
static double band(double v, double a, double b, double footprint)
{
    double edge = fmax(footprint, 1e-4);
    return sim_clamp((v - a) / edge + 0.5, 0, 1) * sim_clamp((b - v) / edge + 0.5, 0, 1);
}

static sim_rgb skin_tone(void)
{
    return sim_rgb_srgb(0.83, 0.62, 0.50);
}

// Weave and soft dirt, so that cloth is nowhere perfectly even.
static double cloth(sp_vec3 rest, double footprint)
{
    double fine = 1 - sim_step(0.002, 0.008, footprint);
    double coarse = sim_noise3(sp_v3_scale(rest, 28), 11), weave = sim_noise3(sp_v3_scale(rest, 210), 12);
    return 1 + 0.16 * (coarse - 0.5) + 0.14 * fine * (weave - 0.5);
}

// How far down an arm a place lies, from the shoulder, metres.
static double along_arm(sp_vec3 rest)
{
    sp_vec3 shoulder = sim_bones[SIM_UPPER_ARM_R].head, wrist = sim_bones[SIM_HAND_R].head;
    sp_vec3 p = sp_v3(fabs(rest.x), rest.y, rest.z);
    return sp_v3_dot(sp_v3_sub(p, shoulder), sp_v3_unit(sp_v3_sub(wrist, shoulder)));
}

static bool is_arm(sp_vec3 rest)
{
    return fabs(rest.x) > 0.215 && rest.z > 0.85;
}

static sim_rgb bib(const sim_wardrobe *w, sp_vec3 rest, sp_vec3 normal, sim_rgb base, double footprint)
{
    // The cloth goes round the trunk: the angle around the body's axis runs across the picture.
    bool is_front = normal.y > 0;
    double around = atan2(rest.x, fabs(rest.y) + 0.075), u = 0.5 + (is_front ? -1 : 1) * around / 2.1;
    double v = (1.425 - rest.z) / 0.40;
    double side = fabs(rest.x), cut = 0.165 + 0.06 * sim_step(1.36, 1.22, rest.z);
    double inside = band(rest.z, 1.025, 1.425, footprint) * band(side, -1, cut, footprint);
    // Neckline and arm holes.
    double neck = sp_v3_norm(sp_v3(rest.x, 0, rest.z - 1.47));
    inside *= band(neck, 0.085, 9, footprint);
    const sim_texture *texture = is_front ? &w->bib_front : &w->bib_back;
    sim_rgb cloth_color = sim_texture_over(texture, u, v, footprint / 0.40, base);
    return sim_rgb_mix(base, cloth_color, inside);
}

static sim_rgb suit_arm(const sim_wardrobe *w, sp_vec3 rest, double footprint, sim_surface *out)
{
    double along = along_arm(rest);
    sim_rgb c = w->suit, white = sim_rgb_srgb(0.95, 0.95, 0.95), dark = sim_rgb_srgb(0.09, 0.11, 0.20);
    c = sim_rgb_mix(c, white, band(along, 0.11, 0.15, footprint));
    c = sim_rgb_mix(c, w->accent, band(along, 0.165, 0.225, footprint));
    c = sim_rgb_mix(c, white, band(along, 0.24, 0.26, footprint));
    c = sim_rgb_mix(c, dark, band(along, 0.335, 1, footprint));
    c = sim_rgb_mix(c, w->accent, band(along, 0.40, 0.43, footprint));
    if (along > 0.497) { // gloves
        c = sim_rgb_srgb(0.10, 0.10, 0.12);
        c = sim_rgb_mix(c, w->accent, band(along, 0.505, 0.53, footprint));
        c = sim_rgb_mix(c, w->suit, band(along, 0.585, 0.625, footprint) * (rest.y < 0.02 ? 1 : 0));
        out->gloss = 0.06;
    }
    return c;
}

static sim_rgb suit_leg(const sim_wardrobe *w, sp_vec3 rest, sp_vec3 normal, double footprint)
{
    sim_rgb dark = sim_rgb_srgb(0.09, 0.11, 0.20), white = sim_rgb_srgb(0.95, 0.95, 0.95);
    sim_rgb c = dark;
    double outward = rest.x > 0 ? normal.x : -normal.x;
    c = sim_rgb_mix(c, w->suit, band(outward, 0.45, 2, footprint * 8));
    c = sim_rgb_mix(c, white, band(outward, 0.38, 0.50, footprint * 8));
    // Chevrons on the thighs, guards at the knees, a cuff.
    double chevron = rest.z + 0.55 * fabs(fabs(rest.x) - 0.10);
    for (int i = 0; i < 3; i++)
        c = sim_rgb_mix(c, i == 1 ? white : w->accent,
                        band(chevron, 0.66 + 0.045 * i, 0.685 + 0.045 * i, footprint));
    double knee = sp_v3_norm(sp_v3((fabs(rest.x) - 0.11) * 1.1, 0, rest.z - 0.505));
    c = sim_rgb_mix(c, w->suit, (normal.y > 0 ? 1 : 0) * band(knee, -1, 0.058, footprint));
    c = sim_rgb_mix(c, white, (normal.y > 0 ? 1 : 0) * band(knee, 0.045, 0.052, footprint));
    c = sim_rgb_mix(c, w->accent, band(rest.z, 0.30, 0.335, footprint));
    return c;
}

static void skier(const sim_wardrobe *w, sp_vec3 rest, sp_vec3 normal, double footprint, sim_surface *out)
{
    sim_rgb c;
    if (is_arm(rest)) {
        c = suit_arm(w, rest, footprint, out);
    } else if (rest.z < 0.955 - 0.35 * fabs(rest.x)) {
        c = suit_leg(w, rest, normal, footprint);
    } else {
        sim_rgb dark = sim_rgb_srgb(0.09, 0.11, 0.20);
        c = w->suit;
        c = sim_rgb_mix(c, dark,
                        band(fabs(rest.x), 0.125, 0.3, footprint) * band(rest.z, 0, 1.30, footprint));
        c = sim_rgb_mix(c, sim_rgb_srgb(0.95, 0.95, 0.95), band(rest.z, 0.985, 1.010, footprint));
        c = sim_rgb_mix(c, w->accent, band(rest.z, 1.455, 1.60, footprint));
        c = bib(w, rest, normal, c, footprint);
    }
    out->albedo = sim_rgb_scale(c, cloth(rest, footprint));
    out->gloss = fmax(out->gloss, 0.035);
    out->shine = 18;
}

static void player(const sim_wardrobe *w, sp_vec3 rest, sp_vec3 normal, double footprint, sim_surface *out)
{
    double along = along_arm(rest);
    sim_rgb c = skin_tone(), white = sim_rgb_srgb(0.95, 0.95, 0.95);
    double outward = rest.x > 0 ? normal.x : -normal.x;
    bool is_cloth = true;
    if (is_arm(rest)) {
        is_cloth = along < 0.155;
        if (is_cloth)
            c = sim_rgb_mix(w->suit, w->accent, band(along, 0.125, 0.155, footprint));
        else if (along > 0.47 && along < 0.50 && rest.x < 0)
            c = white; // a sweatband
    } else if (rest.z > 0.955) {
        c = w->suit;
        c = sim_rgb_mix(c, w->accent,
                        band(fabs(rest.x), 0.14, 0.17, footprint) * band(rest.z, 0, 1.3, footprint));
        if (rest.z < 1.485 - 0.35 * fmax(normal.y, 0) * 0.2)
            c = bib(w, rest, normal, c, footprint);
        double from_neck = sp_v3_norm(sp_v3(rest.x, rest.y + 0.005, 0));
        if (rest.z > 1.43 && from_neck < 0.088) {
            c = from_neck > 0.078 ? w->accent : skin_tone();
            is_cloth = from_neck > 0.078;
        }
    } else if (rest.z > 0.655) {
        c = sim_rgb_srgb(0.10, 0.12, 0.22);
        c = sim_rgb_mix(c, w->accent, band(outward, 0.75, 2, footprint * 8));
        c = sim_rgb_mix(c, white, band(rest.z, 0.665, 0.685, footprint));
    } else if (rest.z < 0.40) {
        c = sim_rgb_mix(white, w->suit, band(rest.z, 0.335, 0.365, footprint));
        c = sim_rgb_mix(c, w->suit, band(rest.z, 0.375, 0.385, footprint));
    } else {
        is_cloth = false;
        c = sim_rgb_mix(c, sim_rgb_srgb(0.12, 0.12, 0.14),
                        (rest.x > 0 ? 1 : 0) * band(rest.z, 0.455, 0.555, footprint)); // a knee support
    }
    out->albedo = is_cloth ? sim_rgb_scale(c, cloth(rest, footprint))
                           : sim_rgb_scale(c, 1 + 0.10 * (sim_noise3(sp_v3_scale(rest, 40), 5) - 0.5));
    out->gloss = 0.03;
    out->shine = 14;
}

static sim_rgb head_color(const sim_wardrobe *w, sp_vec3 rest, sp_vec3 normal, double footprint)
{
    sim_rgb tone = skin_tone();
    if (rest.y > 0.02 && normal.y > 0.05) {
        double facing = sim_step(0.02, 0.05, rest.y);
        sim_rgb face =
            sim_texture_over(&w->face, 0.5 - rest.x / 0.2, (1.78 - rest.z) / 0.25, footprint / 0.25, tone);
        return sim_rgb_mix(tone, face, facing);
    }
    return sim_rgb_scale(tone, 1 + 0.08 * (sim_noise3(sp_v3_scale(rest, 60), 5) - 0.5));
}

static sim_rgb helmet_color(const sim_wardrobe *w, sp_vec3 rest, double footprint)
{
    sim_rgb white = sim_rgb_srgb(0.95, 0.95, 0.95), dark = sim_rgb_srgb(0.07, 0.07, 0.09);
    sim_rgb c = w->accent;
    double side = fabs(rest.x);
    c = sim_rgb_mix(c, w->suit, band(side, -1, 0.026, footprint));
    c = sim_rgb_mix(c, white, band(side, 0.026, 0.036, footprint));
    if (rest.y < 0.085) // strap of the goggles
        c = sim_rgb_mix(c, dark, band(rest.z, 1.632, 1.668, footprint));
    c = sim_rgb_mix(c, white,
                    band(sp_v3_norm(sp_v3(0, rest.y + 0.02, rest.z - 1.725)), 0.020, 0.034, footprint));
    return sim_rgb_mix(c, dark, band(rest.z, 0, 1.572 - 0.30 * (rest.y + 0.02) + 0.030, footprint));
}

static sim_rgb ski_color(const sim_wardrobe *w, sp_vec3 rest, sp_vec3 normal, double footprint)
{
    double across = (fabs(rest.x) - 0.125) / 0.105, along = (0.90 - rest.y) / 1.62;
    if (normal.z > 0.5)
        return sim_texture_over(&w->ski, along, 0.5 + (rest.x > 0 ? across : -across), footprint / 0.11,
                                w->suit);
    if (normal.z < -0.5) {
        sim_rgb c = sim_rgb_mix(w->suit, sim_rgb_srgb(0.95, 0.95, 0.95),
                                band(fabs(along - 0.28), 0, 0.06, footprint));
        return sim_rgb_mix(c, sim_rgb_srgb(0.08, 0.08, 0.10),
                           band(fabs(across), -1, 0.05, footprint) + band(along, 0.72, 0.78, footprint));
    }
    return sim_rgb_srgb(0.75, 0.75, 0.78); // steel edge
}

static sim_rgb ball_color(sp_vec3 rest, double footprint)
{
    sp_vec3 d = sp_v3_scale(sp_v3_sub(rest, sim_bones[SIM_BALL].head), 1 / SIM_BALL_RADIUS_M);
    sim_rgb c = sim_rgb_srgb(0.95, 0.75, 0.15), dark = sim_rgb_srgb(0.10, 0.16, 0.45);
    double edge = footprint / SIM_BALL_RADIUS_M;
    c = sim_rgb_mix(c, dark, band(fabs(d.x), -1, 0.12, edge));
    c = sim_rgb_mix(c, dark, band(fabs(d.y * d.z), 0.30, 1, edge));
    return sim_rgb_mix(c, sim_rgb_srgb(0.97, 0.97, 0.97), band(fabs(d.z), 0.80, 2, edge));
}

sim_surface sim_wardrobe_at(const sim_wardrobe *w, int material, sp_vec3 rest, sp_vec3 normal,
                            double footprint_m)
{
    sim_surface s = {.albedo = w->suit, .gloss = 0, .shine = 20};
    switch ((sim_skin_material)material) {
    case SIM_MAT_BODY:
        if (w->outfit == SIM_OUTFIT_SKIER)
            skier(w, rest, normal, footprint_m, &s);
        else
            player(w, rest, normal, footprint_m, &s);
        break;
    case SIM_MAT_HEAD:
        s.albedo = head_color(w, rest, normal, footprint_m);
        s.gloss = 0.04;
        break;
    case SIM_MAT_HAIR:
        s.albedo = sim_rgb_scale(sim_rgb_srgb(0.30, 0.19, 0.11),
                                 0.6 + 0.9 * sim_noise3(sp_v3(rest.x * 160, rest.y * 40, rest.z * 60), 3));
        s.gloss = 0.08;
        break;
    case SIM_MAT_HELMET:
        s = (sim_surface){.albedo = helmet_color(w, rest, footprint_m), .gloss = 0.30, .shine = 60};
        break;
    case SIM_MAT_GOGGLES:
        s.albedo = sim_rgb_mix(sim_rgb_srgb(0.95, 0.45, 0.10), sim_rgb_srgb(0.25, 0.20, 0.60),
                               sim_step(1.625, 1.68, rest.z));
        s.gloss = 0.7;
        s.shine = 90;
        break;
    case SIM_MAT_FRAME:
        s = (sim_surface){.albedo = sim_rgb_srgb(0.08, 0.08, 0.10), .gloss = 0.1, .shine = 30};
        break;
    case SIM_MAT_BOOT:
        s.albedo = rest.z < 0.032 ? sim_rgb_srgb(0.12, 0.12, 0.13) : sim_rgb_srgb(0.88, 0.88, 0.90);
        if (fabs(rest.z - 0.215) < 0.013 || fabs(rest.z - 0.160) < 0.013)
            s.albedo = w->suit;
        s.gloss = 0.18;
        s.shine = 40;
        break;
    case SIM_MAT_SKI:
        s = (sim_surface){.albedo = ski_color(w, rest, normal, footprint_m), .gloss = 0.20, .shine = 50};
        break;
    case SIM_MAT_BINDING:
        s = (sim_surface){.albedo = sim_rgb_srgb(0.15, 0.15, 0.17), .gloss = 0.10, .shine = 30};
        break;
    case SIM_MAT_SHOE:
        s.albedo = rest.z < 0.026 ? sim_rgb_srgb(0.95, 0.95, 0.95) : w->accent;
        s.albedo = sim_rgb_mix(s.albedo, w->suit,
                               rest.z > 0.026 ? band(rest.z + 0.5 * rest.y, 0.075, 0.095, footprint_m) : 0);
        s.gloss = 0.08;
        break;
    case SIM_MAT_BALL:
        s = (sim_surface){.albedo = ball_color(rest, footprint_m), .gloss = 0.10, .shine = 25};
        break;
    }
    return s;
}
