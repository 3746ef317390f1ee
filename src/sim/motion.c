#include "motion.h"

#include <stdlib.h>

#include <stillpoint/base.h>

enum { TABLE = 1024, PATH = 4096 };

struct sim_motion {
    sim_motion_kind kind;
    const sim_motion_script *script;
    sim_flight flight;
    double spin_deg[TABLE + 1];     // somersault angle over the flight, from take-off
    double twist_deg[TABLE + 1];    // likewise
    double pitch0_deg, pitch1_deg;  // of the pelvis at the ends of the flight
    double path_s[PATH + 1];        // arc length along the run-in at -k milliseconds
    sp_vec3 landing_sole;           // contact point at the flight's end
    sp_vec3 ball_center, ball_turn; // at release
    bool stays;                     // the pelvis keeps above where it is at take-off
    sp_vec3 spot, ball_back;        // there; from where the ball is released to where it would be then
};

// ---- The run-in

// On the kicker contact lasts until the skis' tails leave the lip: past it the path goes on straight.
#define TAIL_M 0.35

static void path_at(double s, sp_vec3 *point, double *slope_rad)
{
    const sim_kicker *k = &sim_the_kicker;
    double arc = k->radius * k->slope_rad;
    double lip_z = k->radius * (1 - cos(k->slope_rad));
    double from_lip = s + TAIL_M;
    if (from_lip >= 0) {
        *slope_rad = k->slope_rad;
        *point = sp_v3(k->lip_x + from_lip * cos(k->slope_rad), 0, lip_z + from_lip * sin(k->slope_rad));
    } else if (from_lip > -arc) {
        double a = k->slope_rad + from_lip / k->radius;
        *slope_rad = a;
        *point = sp_v3(k->lip_x - sim_kicker_length() + k->radius * sin(a), 0, k->radius * (1 - cos(a)));
    } else {
        *slope_rad = 0;
        *point = sp_v3(k->lip_x - sim_kicker_length() + from_lip + arc, 0, 0);
    }
}

// Gravity alone changes the speed: v^2 = v0^2 + 2 g (z0 - z).
static double path_speed(const sim_motion *m, double s)
{
    sp_vec3 end, here;
    double slope;
    path_at(0, &end, &slope);
    path_at(s, &here, &slope);
    return sqrt(m->script->speed * m->script->speed + 2 * SIM_GRAVITY * (end.z - here.z));
}

static void fill_path(sim_motion *m)
{
    for (int k = 0; k < PATH; k++) {
        double s = m->path_s[k], half = s - 0.0005 * path_speed(m, s);
        m->path_s[k + 1] = s - 0.001 * path_speed(m, half);
    }
}

static double path_s_at(const sim_motion *m, double t_s)
{
    double at = fmin(fmax(-t_s * 1000, 0), PATH - 1e-6);
    int k = (int)at;
    return m->path_s[k] + (at - k) * (m->path_s[k + 1] - m->path_s[k]);
}

// ---- Contact

static sp_mat3 heading(void)
{
    return sim_rot_z(-90);
}

// The pelvis pitch (backwards positive) that keeps a flat sole flat.
static double pitch_flat_deg(const double angles[SIM_ANGLES])
{
    return angles[SIM_KNEE_R] - angles[SIM_HIP_FLEX_R] - angles[SIM_ANKLE_R];
}

static double contact_pitch_deg(const sim_motion *m, const double angles[SIM_ANGLES])
{
    return m->script->is_sole_flat ? pitch_flat_deg(angles) : -m->script->lean_deg;
}

// Pose with the root at the origin.
static void pose_at_origin(const sim_motion *m, sim_pose *pose, double t_s, sp_mat3 rotation)
{
    double angles[SIM_ANGLES];
    m->script->angles(angles, t_s, m->flight.end_s);
    sim_pose_set(pose, angles, sp_v3(0, 0, 0), rotation);
}

// The point that touches the ground: under both feet for skis, else the lowest corner of a shoe.
static sp_vec3 sole_point(const sim_motion *m, const sim_pose *pose)
{
    if (m->script->is_sole_flat) {
        sp_vec3 r = sim_pose_point(pose, SIM_FOOT_R, sp_v3(0.125, 0.03, SIM_SKI_BASE_M));
        sp_vec3 l = sim_pose_point(pose, SIM_FOOT_L, sp_v3(-0.125, 0.03, SIM_SKI_BASE_M));
        return sp_v3_lerp(r, l, 0.5);
    }
    sp_vec3 lowest = {0, 0, 1e9};
    for (int i = 0; i < 4; i++) {
        double side = i & 1 ? -1 : 1;
        sp_vec3 p = sim_pose_point(pose, i & 1 ? SIM_FOOT_L : SIM_FOOT_R,
                                   sp_v3(side * 0.125, i & 2 ? 0.17 : -0.06, 0));
        if (p.z < lowest.z)
            lowest = p;
    }
    return lowest;
}

static void approach_pose(const sim_motion *m, sim_pose *pose, double t_s)
{
    double angles[SIM_ANGLES];
    m->script->angles(angles, t_s, m->flight.end_s);
    double pitch = contact_pitch_deg(m, angles);
    if (m->kind == SIM_MOTION_AERIALS) {
        sp_vec3 point;
        double slope;
        path_at(path_s_at(m, t_s), &point, &slope);
        sim_pose_set(pose, angles, sp_v3(0, 0, 0),
                     sp_m3_mul(heading(), sim_rot_x(slope * 180 / M_PI + pitch)));
        sim_pose_translate(pose, sp_v3_sub(point, sole_point(m, pose)));
        return;
    }
    sim_pose_set(pose, angles, sp_v3(0, 0, 0), sp_m3_mul(heading(), sim_rot_x(pitch)));
    sim_pose_translate(pose, sp_v3(m->script->speed * t_s - 0.9, 0, -sole_point(m, pose).z));
}

static void landed_pose(const sim_motion *m, sim_pose *pose, double t_s)
{
    double angles[SIM_ANGLES], since = t_s - m->flight.end_s, slowing = m->script->slowing_s;
    m->script->angles(angles, t_s, m->flight.end_s);
    sim_pose_set(pose, angles, sp_v3(0, 0, 0), sp_m3_mul(heading(), sim_rot_x(contact_pitch_deg(m, angles))));
    double travel = m->flight.velocity.x * slowing * (1 - exp(-since / slowing));
    sp_vec3 sole = sole_point(m, pose);
    // Skis glide on from where they touched; a runner's pelvis travels on while the feet take turns.
    double x = m->script->is_sole_flat ? m->landing_sole.x + travel - sole.x : m->landing_sole.x + travel;
    sim_pose_translate(pose, sp_v3(x, m->landing_sole.y, -sole.z));
}

// ---- Flight

static double table_at(const double *table, double fraction)
{
    double at = fmin(fmax(fraction, 0), 1) * TABLE;
    int i = at < TABLE ? (int)at : TABLE - 1;
    return table[i] + (at - i) * (table[i + 1] - table[i]);
}

static double window(double f, double from, double to)
{
    if (f <= from || f >= to)
        return 0;
    double u = (f - from) / (to - from), edge = fmin(fmin(u, 1 - u) / 0.2, 1);
    return edge * edge * (3 - 2 * edge);
}

static sp_mat3 flight_rotation(const sim_motion *m, double fraction)
{
    double tilt = m->script->tilt_deg * window(fraction, m->script->twist_from, m->script->twist_to);
    sp_mat3 r = sp_m3_mul(heading(), sim_rot_x(table_at(m->spin_deg, fraction)));
    return sp_m3_mul(sp_m3_mul(r, sim_rot_y(tilt)), sim_rot_z(table_at(m->twist_deg, fraction)));
}

static void flight_pose(const sim_motion *m, sim_pose *pose, double t_s)
{
    pose_at_origin(m, pose, t_s, flight_rotation(m, t_s / m->flight.end_s));
    sp_vec3 at = sp_v3_add(m->flight.center, sp_v3_scale(m->flight.velocity, t_s));
    at.z -= 0.5 * SIM_GRAVITY * t_s * t_s;
    sim_pose_translate(pose, sp_v3_sub(at, sim_pose_mass_center(pose)));
}

// Angular momentum is constant in the air, so the rates go as one over the moment of inertia: the twist
// speeds up as the arms come in. Both are scaled to the turns the script asks for.
static void fill_turns(sim_motion *m)
{
    const sim_motion_script *script = m->script;
    for (int i = 0; i < TABLE; i++) {
        sim_pose pose;
        double f = (i + 0.5) / TABLE;
        pose_at_origin(m, &pose, f * m->flight.end_s, sp_m3_identity());
        m->spin_deg[i + 1] = m->spin_deg[i] + 1 / sim_pose_inertia(&pose, sp_v3(1, 0, 0));
        m->twist_deg[i + 1] = m->twist_deg[i] + window(f, script->twist_from, script->twist_to) /
                                                    sim_pose_inertia(&pose, sp_v3(0, 0, 1));
    }
    double spin = 360 * script->somersaults + m->pitch1_deg - m->pitch0_deg, twist = 360 * script->twists;
    for (int i = 0; i <= TABLE; i++) {
        m->spin_deg[i] = m->pitch0_deg + spin * m->spin_deg[i] / m->spin_deg[TABLE];
        m->twist_deg[i] = m->twist_deg[TABLE] > 0 ? twist * m->twist_deg[i] / m->twist_deg[TABLE] : 0;
    }
}

// When the falling centre of mass is as high as it stands over the ground in the landing pose.
static int solve_flight(sim_motion *m)
{
    double angles[SIM_ANGLES];
    m->script->angles(angles, m->flight.end_s, m->flight.end_s);
    sim_pose pose;
    sim_pose_set(&pose, angles, sp_v3(0, 0, 0),
                 sp_m3_mul(heading(), sim_rot_x(contact_pitch_deg(m, angles))));
    double height = sim_pose_mass_center(&pose).z - sole_point(m, &pose).z;
    double rise = m->flight.velocity.z;
    double under = rise * rise + 2 * SIM_GRAVITY * (m->flight.center.z - height);
    if (under <= 0)
        return sp_error(SP_EINVAL, "the motion's flight never comes down to the ground");
    m->flight.end_s = (rise + sqrt(under)) / SIM_GRAVITY;
    m->pitch1_deg = contact_pitch_deg(m, angles);
    return 0;
}

static void start_flight(sim_motion *m)
{
    const double h = 1e-3;
    sim_pose now, before;
    approach_pose(m, &now, 0);
    approach_pose(m, &before, -h);
    m->flight.center = sim_pose_mass_center(&now);
    m->flight.velocity = sp_v3_scale(sp_v3_sub(m->flight.center, sim_pose_mass_center(&before)), 1 / h);
    m->flight.velocity.y = 0;
    if (m->script->rise_speed >= 0)
        m->flight.velocity = sp_v3(m->script->speed, 0, m->script->rise_speed);
    double angles[SIM_ANGLES];
    m->script->angles(angles, 0, m->flight.end_s);
    double slope = m->kind == SIM_MOTION_AERIALS ? sim_the_kicker.slope_rad * 180 / M_PI : 0;
    m->pitch0_deg = slope + contact_pitch_deg(m, angles);
}

static void end_flight(sim_motion *m)
{
    sim_pose air, ground;
    flight_pose(m, &air, m->flight.end_s);
    m->landing_sole = sp_v3(0, 0, 0);
    landed_pose(m, &ground, m->flight.end_s);
    m->landing_sole = sp_v3_sub(sim_pose_mass_center(&air), sim_pose_mass_center(&ground));
}

// ---- Public

int sim_motion_open(sim_motion **out, sim_motion_kind kind)
{
    sim_motion *m = sp_calloc(1, sizeof(*m));
    if (!m)
        return SP_ENOMEM;
    m->kind = kind;
    m->script = kind == SIM_MOTION_AERIALS ? &sim_script_aerials : &sim_script_court;
    m->flight.end_s = m->script->flight_guess_s;
    fill_path(m);
    start_flight(m);
    // The pose at landing depends a little on when that is: a few rounds settle both.
    int rc = 0;
    for (int round = 0; round < 6 && rc >= 0; round++)
        rc = solve_flight(m);
    if (rc < 0) {
        sim_motion_close(&m);
        return rc;
    }
    fill_turns(m);
    end_flight(m);
    if (m->script->release_s >= 0) {
        sim_pose pose;
        flight_pose(m, &pose, m->script->release_s);
        m->ball_center = pose.position[SIM_BALL];
        m->ball_turn = sp_rodrigues_from_m3(pose.rotation[SIM_BALL]);
    }
    *out = m;
    return 0;
}

void sim_motion_close(sim_motion **motion)
{
    free(*motion);
    *motion = NULL;
}

static void pose_on_course(sim_pose *pose, const sim_motion *m, double t_s)
{
    if (t_s < 0)
        approach_pose(m, pose, t_s);
    else if (t_s < m->flight.end_s)
        flight_pose(m, pose, t_s);
    else
        landed_pose(m, pose, t_s);
}

// From where a pose is to where it is on the spot.
static sp_vec3 back_to_spot(const sim_motion *m, const sim_pose *pose)
{
    sp_vec3 back = sp_v3_sub(m->spot, pose->position[SIM_PELVIS]);
    return sp_v3(back.x, back.y, 0);
}

void sim_motion_stay(sim_motion *m)
{
    sim_pose pose;
    pose_on_course(&pose, m, 0);
    m->stays = true;
    m->spot = pose.position[SIM_PELVIS];
    pose_on_course(&pose, m, m->script->release_s);
    m->ball_back = back_to_spot(m, &pose);
}

bool sim_motion_ball_flies(const sim_motion *motion, double t_s)
{
    return motion->script->release_s >= 0 && t_s > motion->script->release_s;
}

void sim_motion_pose(sim_pose *pose, const sim_motion *m, double t_s)
{
    pose_on_course(pose, m, t_s);
    if (m->stays)
        sim_pose_translate(pose, back_to_spot(m, pose));
    if (!sim_motion_ball_flies(m, t_s))
        return;
    double since = t_s - m->script->release_s;
    sp_vec3 from = m->stays ? sp_v3_add(m->ball_center, m->ball_back) : m->ball_center;
    sp_vec3 at = sp_v3_add(from, sp_v3_scale(m->script->release_velocity, since));
    at.z -= 0.5 * SIM_GRAVITY * since * since;
    pose->position[SIM_BALL] = at;
    pose->rotation[SIM_BALL] = sp_m3_mul(sim_rot_y(since * 900), sp_rodrigues_to_m3(m->ball_turn));
}

sim_flight sim_motion_flight(const sim_motion *motion)
{
    return motion->flight;
}
