// How the athlete moves: contact with the ground, ballistic flight, contact again, at any instant.
// Time 0 is take-off. Travel is along +x.
#ifndef SIM_MOTION_H
#define SIM_MOTION_H

#include "skeleton.h"

#include <stdbool.h>

#define SIM_GRAVITY 9.81

typedef enum sim_motion_kind { SIM_MOTION_AERIALS, SIM_MOTION_COURT } sim_motion_kind;

typedef struct sim_motion sim_motion;

int sim_motion_open(sim_motion **out, sim_motion_kind kind);
void sim_motion_close(sim_motion **motion);
// From now on the athlete does all of it on one spot, as on a treadmill: above where take-off would be.
void sim_motion_stay(sim_motion *motion);
void sim_motion_pose(sim_pose *pose, const sim_motion *motion, double t_s);
// The flight: centre of mass at take-off, its velocity there, and when it ends.
typedef struct sim_flight {
    sp_vec3 center, velocity; // at t = 0
    double end_s;
} sim_flight;
sim_flight sim_motion_flight(const sim_motion *motion);
// Centre of mass of the ball when it flies; false while it is held or when there is none.
bool sim_motion_ball_flies(const sim_motion *motion, double t_s);

// The kicker of the aerials venue: a flat run-in, an arc, a lip. Height of its surface over the floor; 0
// behind and before.
typedef struct sim_kicker {
    double lip_x, radius, slope_rad, half_width;
} sim_kicker;
extern const sim_kicker sim_the_kicker;
double sim_kicker_length(void); // of the arc along x
double sim_kicker_height(double x);

// A pose key: when, and all angles.
typedef struct sim_key {
    double at;
    double angle[SIM_ANGLES];
} sim_key;
// Smooth interpolation without overshoot (monotone cubic: Fritsch and Carlson 1980); ends are held.
void sim_keys_at(double out[SIM_ANGLES], const sim_key *keys, int count, double at);

// One row per kind of motion.
typedef struct sim_motion_script {
    // Joint angles at an instant; flight_s is how long the flight lasts (any guess while that is being
    // solved).
    void (*angles)(double out[SIM_ANGLES], double t_s, double flight_s);
    bool is_sole_flat; // contact: both soles flat on the surface (skis); else the lowest sole touches the
                       // floor
    double flight_guess_s;
    double somersaults;          // backwards
    double twists;               // to the left
    double twist_from, twist_to; // fractions of the flight between which the twist happens
    double tilt_deg;             // of the body against the somersault's axis during the twist
    double lean_deg;             // pelvis forward during contact, where soles need not be flat
    double speed;                // at take-off, m/s along the surface
    double rise_speed;           // vertical speed added by the jump; negative: only what the contact gives
    double slowing_s;            // time constant of the travel after landing
    double release_s;            // of the ball; negative: no ball
    sp_vec3 release_velocity;
} sim_motion_script;
extern const sim_motion_script sim_script_aerials, sim_script_court;

#endif
