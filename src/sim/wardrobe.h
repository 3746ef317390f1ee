// What the athlete's surface looks like, as a function of the place at rest: so it sticks to the body.
#ifndef SIM_WARDROBE_H
#define SIM_WARDROBE_H

#include "body.h"
#include "texture.h"

typedef struct sim_wardrobe {
    sim_outfit outfit;
    sim_texture bib_front, bib_back, face, ski;
    sim_rgb suit, accent;
} sim_wardrobe;

typedef struct sim_look {
    char bib[8];        // number
    double suit_rgb[3]; // sRGB 0..1
    double accent_rgb[3];
} sim_look;

int sim_wardrobe_open(sim_wardrobe *out, sim_outfit outfit, const sim_look *look);
void sim_wardrobe_close(sim_wardrobe *wardrobe);
// footprint_m: size of a pixel there.
sim_surface sim_wardrobe_at(const sim_wardrobe *w, int material, sp_vec3 rest, sp_vec3 rest_normal,
                            double footprint_m);

// Drawn textures.
int sim_draw_bib(sim_texture *out, const sim_look *look, sim_outfit outfit, bool is_front);
int sim_draw_face(sim_texture *out);
int sim_draw_ski(sim_texture *out, const sim_look *look);

#endif
