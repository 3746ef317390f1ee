// The aerial: a back layout with a full twist from a kicker.
#include "motion.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))
// trunk pitch yaw roll, head pitch yaw, right arm flex abduct turn elbow, left arm likewise,
// right leg flex abduct knee ankle, left leg likewise
#define KEY(t, tp, ty, tr, hp, hy, rf, ra, rt, re, lf, la, lt, le, h, ab, k, an)                             \
    {                                                                                                        \
        t,                                                                                                   \
        {                                                                                                    \
            tp, ty, tr, hp, hy, rf, ra, rt, re, lf, la, lt, le, h, ab, k, an, h, ab, k, an                   \
        }                                                                                                    \
    }

// clang-format off
// Before take-off, seconds.
static const sim_key approach[] = {
    //    t      trunk       head      right arm        left arm         hip ab knee ankle
    KEY(-1.60,  38, 0, 0,  -28, 0,   55, 20, 0, 50,   55, 20, 0, 50,    62, 2, 78, 14),
    KEY(-0.60,  36, 0, 0,  -26, 0,   45, 22, 0, 45,   45, 22, 0, 45,    62, 2, 78, 14),
    KEY(-0.38,  34, 0, 0,  -24, 0,  -25, 24, 0, 25,  -25, 24, 0, 25,    64, 2, 80, 14),
    KEY(-0.14,  10, 0, 0,  -10, 0,   80, 25, 0, 20,   80, 25, 0, 20,    26, 1, 32,  8),
    KEY( 0.00,  -6, 0, 0,   -6, 0,  150, 16, 0, 12,  150, 16, 0, 12,     2, 1,  6,  4),
};
// In the air, fractions of the flight.
static const sim_key flight[] = {
    KEY(0.00,  -6, 0, 0,   -6, 0,   150, 16, 0, 12,  150, 16, 0, 12,     2, 1,  6,  4),
    KEY(0.12, -12, 8, 0,  -14, 12,  165, 18, 0, 10,  150, 60, 0, 10,    -6, 1,  3,  2),
    KEY(0.24, -10,16, 0,  -10, 26,  150, 10, 0, 40,   40, 60, 0, 50,    -4, 0,  2,  2),
    KEY(0.36,  -4, 8, 0,   -4, 22,   45,  6,-20, 95,  30, 10,-20, 95,    2, 0,  3,  2),
    KEY(0.58,  -4, 6, 0,   -4, 18,   38,  6,-20, 98,  30,  8,-20, 98,    3, 0,  3,  2),
    KEY(0.74,   0, 0, 0,   -8, 4,    50, 60, 0, 45,   50, 60, 0, 45,     6, 1,  6,  4),
    KEY(0.88,  10, 0, 0,   -6, 0,    50, 80, 0, 15,   50, 80, 0, 15,    18, 2, 20,  6),
    KEY(1.00,  18, 0, 0,   -6, 0,    62, 62, 0, 15,   62, 62, 0, 15,    32, 3, 36, 10),
};
// After landing, seconds.
static const sim_key landing[] = {
    KEY(0.00,  18, 0, 0,   -6, 0,    62, 62, 0, 15,   62, 62, 0, 15,    32, 3, 36, 10),
    KEY(0.16,  36, 0, 0,  -16, 0,    70, 50, 0, 20,   70, 50, 0, 20,    92, 5,106, 17),
    KEY(0.55,  30, 0, 0,  -20, 0,    55, 60, 0, 20,   55, 60, 0, 20,    70, 5, 84, 16),
    KEY(1.30,   8, 0, 0,  -12, 0,   150, 40, 0, 10,  150, 40, 0, 10,    18, 4, 26, 10),
    KEY(2.00,   4, 0, 0,   -8, 0,   165, 35, 0, 10,  165, 35, 0, 10,    12, 4, 18,  8),
};
// clang-format on

static void angles(double out[SIM_ANGLES], double t_s, double flight_s)
{
    if (t_s < 0)
        sim_keys_at(out, approach, COUNT(approach), t_s);
    else if (t_s < flight_s)
        sim_keys_at(out, flight, COUNT(flight), t_s / flight_s);
    else
        sim_keys_at(out, landing, COUNT(landing), t_s - flight_s);
}

const sim_motion_script sim_script_aerials = {
    .angles = angles,
    .is_sole_flat = true,
    .flight_guess_s = 1.15,
    .somersaults = 1,
    .twists = 1,
    .twist_from = 0.10,
    .twist_to = 0.86,
    .tilt_deg = 9,
    .speed = 5.6,
    .rise_speed = -1,
    .slowing_s = 1.5,
    .release_s = -1,
};

const sim_kicker sim_the_kicker = {
    .lip_x = -1.5, .radius = 3.9, .slope_rad = 52 * M_PI / 180, .half_width = 1.1};

double sim_kicker_length(void)
{
    return sim_the_kicker.radius * sin(sim_the_kicker.slope_rad);
}

double sim_kicker_height(double x)
{
    double from = x - (sim_the_kicker.lip_x - sim_kicker_length());
    if (from <= 0 || x > sim_the_kicker.lip_x)
        return 0;
    double r = sim_the_kicker.radius;
    return r - sqrt(r * r - from * from);
}
