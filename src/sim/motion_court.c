// The court: a run-up, a jump off the left foot, a throw at the top, running on.
#include "motion.h"

#include <string.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define STRIDE_S 0.66 // both steps

// One stride of a leg, by phase from its contact: hip flexion, knee, ankle.
typedef struct gait_key {
    double phase, angle[3];
} gait_key;
static const gait_key gait[] = {
    {0.00, {32, 18, 4}},  {0.12, {20, 40, 16}}, {0.27, {-14, 14, -24}}, {0.40, {-4, 72, -12}},
    {0.56, {34, 106, 0}}, {0.74, {60, 66, 4}},  {0.90, {46, 24, 4}},    {1.00, {32, 18, 4}},
};

static void gait_at(double out[3], double phase)
{
    phase -= floor(phase);
    int i = 0;
    while (i + 2 < COUNT(gait) && phase >= gait[i + 1].phase)
        i++;
    double f = (phase - gait[i].phase) / (gait[i + 1].phase - gait[i].phase);
    f = f * f * (3 - 2 * f);
    for (int k = 0; k < 3; k++)
        out[k] = gait[i].angle[k] * (1 - f) + gait[i + 1].angle[k] * f;
}

static void legs_running(double out[SIM_ANGLES], double left_phase)
{
    double left[3], right[3];
    gait_at(left, left_phase);
    gait_at(right, left_phase + 0.5);
    const int hips[2] = {SIM_HIP_FLEX_L, SIM_HIP_FLEX_R};
    for (int i = 0; i < 2; i++) {
        const double *leg = i ? right : left;
        out[hips[i]] = leg[0];
        out[hips[i] + 1] = 0;
        out[hips[i] + 2] = leg[1];
        out[hips[i] + 3] = leg[2];
    }
}

// trunk pitch yaw roll, head pitch yaw, right arm flex abduct turn elbow, left arm likewise; legs zero
#define KEY(t, tp, ty, tr, hp, hy, rf, ra, rt, re, lf, la, lt, le)                                           \
    {                                                                                                        \
        t,                                                                                                   \
        {                                                                                                    \
            tp, ty, tr, hp, hy, rf, ra, rt, re, lf, la, lt, le                                               \
        }                                                                                                    \
    }
// clang-format off
static const sim_key upper[] = {
    //    t      trunk         head      right arm           left arm
    KEY(-1.75,  10, -8, 0,    -4, 4,    55, 10, 0, 80,     -30, 14, 0, 85),
    KEY(-1.42,  10,  8, 0,    -4,-4,    15, 12, 0, 85,      40, 12, 0, 85),
    KEY(-1.09,  10, -8, 0,    -4, 4,    50, 10, 0, 80,     -30, 14, 0, 85),
    KEY(-0.76,  10,  8, 0,    -4,-4,    20, 12, 0, 85,      40, 12, 0, 85),
    KEY(-0.45,  10, -4, 0,    -4, 0,    48, 10, 0, 75,      48, 14, 0, 75),
    KEY(-0.20,   2,-22, 0,     0,18,    40, 60, 20, 70,     60, 20, 0, 55),
    KEY( 0.02,  -6,-42, 0,     2,36,    30, 92, 80, 80,     85, 14, 0, 25),
    KEY( 0.20, -10,-46, -4,    4,40,    10, 96, 95, 95,     88, 12, 0, 20),
    KEY( 0.30,   2,  4, -8,    2, 0,    80, 96, 80, 50,     50, 24, 0, 60),
    KEY( 0.36,  14, 26,-10,    2,-20,  140, 40, 30, 14,     20, 26, 0, 80),
    KEY( 0.46,  26, 40, -6,   -6,-30,   60, -4,  0, 20,      0, 30, 0, 85),
    KEY( 0.62,  22, 30, 0,   -10,-24,   10,-10,  0, 45,     -8, 30, 0, 80),
    KEY( 0.90,  12, 10, 0,    -6,-8,    20, 10,  0, 80,     35, 14, 0, 80),
    KEY( 1.25,  10, -8, 0,    -4, 6,    45, 10,  0, 80,    -20, 14, 0, 80),
};
// Legs in the air, fractions of the flight; the ends are put in from the gait before and after.
#define LEGS(t, rh, rab, rk, ra, lh, lab, lk, la) {t, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, rh, rab, rk, ra, lh, lab, lk, la}}
static const sim_key legs[] = {
    LEGS(0.00, 0, 0, 0, 0, 0, 0, 0, 0),
    LEGS(0.30,  62, 8,  92,  0,   -12, 2, 40, -24),
    LEGS(0.60,  30, 8,  84, -8,    -2, 3, 52, -16),
    LEGS(0.85,   0, 4,  78, -10,   22, 2, 30,  -4),
    LEGS(1.00, 0, 0, 0, 0, 0, 0, 0, 0),
};
// clang-format on

static void angles(double out[SIM_ANGLES], double t_s, double flight_s)
{
    sim_keys_at(out, upper, COUNT(upper), t_s);
    if (t_s < 0) {
        legs_running(out, 0.27 + t_s / STRIDE_S);
    } else if (t_s < flight_s) {
        sim_key keys[COUNT(legs)];
        double air[SIM_ANGLES];
        memcpy(keys, legs, sizeof(legs));
        legs_running(keys[0].angle, 0.27);
        legs_running(keys[COUNT(legs) - 1].angle, 0);
        sim_keys_at(air, keys, COUNT(legs), t_s / flight_s);
        memcpy(out + SIM_HIP_FLEX_R, air + SIM_HIP_FLEX_R, (SIM_ANGLES - SIM_HIP_FLEX_R) * sizeof(double));
    } else {
        legs_running(out, (t_s - flight_s) / STRIDE_S);
    }
}

const sim_motion_script sim_script_court = {
    .angles = angles,
    .flight_guess_s = 0.55,
    .lean_deg = 6,
    .speed = 4.6,
    .rise_speed = 2.75,
    .slowing_s = 0.9,
    .release_s = 0.36,
    .release_velocity = {15.0, 0.6, 0.8},
};
