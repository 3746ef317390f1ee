#include "skeleton.h"

// clang-format off
const sim_bone_info sim_bones[SIM_BONES] = {
    [SIM_PELVIS]      = {"pelvis",      -1,              {0, 0, 0.96},          {0, 0, 1.06},          0.1117, 0.3},
    [SIM_SPINE]       = {"spine",       SIM_PELVIS,      {0, 0, 1.06},          {0, 0, 1.23},          0.1633, 0.5},
    [SIM_CHEST]       = {"chest",       SIM_SPINE,       {0, 0, 1.23},          {0, -0.01, 1.46},      0.1596, 0.5},
    [SIM_NECK]        = {"neck",        SIM_CHEST,       {0, -0.015, 1.46},     {0, 0, 1.545},         0.0100, 0.5},
    [SIM_HEAD]        = {"head",        SIM_NECK,        {0, 0, 1.545},         {0, 0.01, 1.75},       0.0594, 0.5},
    [SIM_CLAVICLE_R]  = {"clavicle_r",  SIM_CHEST,       {0.045, 0, 1.42},      {0.18, -0.012, 1.42},  0,      0.5},
    [SIM_UPPER_ARM_R] = {"upper_arm_r", SIM_CLAVICLE_R,  {0.18, -0.012, 1.42},  {0.385, -0.012, 1.215},0.0271, 0.5772},
    [SIM_FOREARM_R]   = {"forearm_r",   SIM_UPPER_ARM_R, {0.385, -0.012, 1.215},{0.565, 0.0, 1.035},   0.0162, 0.4574},
    [SIM_HAND_R]      = {"hand_r",      SIM_FOREARM_R,   {0.565, 0.0, 1.035},   {0.69, 0.01, 0.91},    0.0061, 0.36},
    [SIM_CLAVICLE_L]  = {"clavicle_l",  SIM_CHEST,       {-0.045, 0, 1.42},     {-0.18, -0.012, 1.42}, 0,      0.5},
    [SIM_UPPER_ARM_L] = {"upper_arm_l", SIM_CLAVICLE_L,  {-0.18, -0.012, 1.42}, {-0.385, -0.012, 1.215},0.0271,0.5772},
    [SIM_FOREARM_L]   = {"forearm_l",   SIM_UPPER_ARM_L, {-0.385, -0.012, 1.215},{-0.565, 0.0, 1.035}, 0.0162, 0.4574},
    [SIM_HAND_L]      = {"hand_l",      SIM_FOREARM_L,   {-0.565, 0.0, 1.035},  {-0.69, 0.01, 0.91},   0.0061, 0.36},
    [SIM_THIGH_R]     = {"thigh_r",     SIM_PELVIS,      {0.095, 0, 0.92},      {0.11, 0.012, 0.505},  0.1416, 0.4095},
    [SIM_SHIN_R]      = {"shin_r",      SIM_THIGH_R,     {0.11, 0.012, 0.505},  {0.12, -0.012, 0.085}, 0.0433, 0.4459},
    [SIM_FOOT_R]      = {"foot_r",      SIM_SHIN_R,      {0.12, -0.012, 0.085}, {0.13, 0.19, 0.03},    0.0137, 0.4415},
    [SIM_THIGH_L]     = {"thigh_l",     SIM_PELVIS,      {-0.095, 0, 0.92},     {-0.11, 0.012, 0.505}, 0.1416, 0.4095},
    [SIM_SHIN_L]      = {"shin_l",      SIM_THIGH_L,     {-0.11, 0.012, 0.505}, {-0.12, -0.012, 0.085},0.0433, 0.4459},
    [SIM_FOOT_L]      = {"foot_l",      SIM_SHIN_L,      {-0.12, -0.012, 0.085},{-0.13, 0.19, 0.03},   0.0137, 0.4415},
    [SIM_BALL]        = {"ball",        SIM_HAND_R,      {0.665, 0.115, 0.935}, {0.665, 0.115, 0.935}, 0,      0.5},
};
// clang-format on

static sp_mat3 rot_axis(sp_vec3 axis, double deg)
{
    return sp_rodrigues_to_m3(sp_v3_scale(sp_v3_unit(axis), deg * M_PI / 180));
}

sp_mat3 sim_rot_x(double deg)
{
    return rot_axis(sp_v3(1, 0, 0), deg);
}

sp_mat3 sim_rot_y(double deg)
{
    return rot_axis(sp_v3(0, 1, 0), deg);
}

sp_mat3 sim_rot_z(double deg)
{
    return rot_axis(sp_v3(0, 0, 1), deg);
}

static sp_mat3 mul3(sp_mat3 a, sp_mat3 b, sp_mat3 c)
{
    return sp_m3_mul(sp_m3_mul(a, b), c);
}

// Shortest rotation that takes unit vector a to unit vector b, as a Rodrigues vector.
static sp_vec3 shortest_turn(sp_vec3 a, sp_vec3 b)
{
    sp_vec3 axis = sp_v3_cross(a, b);
    double angle = atan2(sp_v3_norm(axis), sp_v3_dot(a, b));
    return sp_v3_scale(sp_v3_unit(axis), angle);
}

// Local rotations of clavicle, upper arm and forearm. The clavicle takes a third of the elevation, as in the
// scapulo-humeral rhythm, which also spares the shoulder's skin.
static void arm_rotations(sp_mat3 local[SIM_BONES], const double *angle, int clavicle, double side)
{
    const sim_bone_info *upper = &sim_bones[clavicle + 1];
    sp_vec3 rest = sp_v3_unit(sp_v3_sub(upper->tail, upper->head));
    double flex = angle[0] * M_PI / 180, abduct = angle[1] * M_PI / 180;
    sp_vec3 wanted = sp_v3(side * sin(abduct), cos(abduct) * sin(flex), -cos(abduct) * cos(flex));
    sp_vec3 turn = shortest_turn(rest, wanted);
    sp_mat3 whole = sp_rodrigues_to_m3(turn);
    sp_mat3 third = sp_rodrigues_to_m3(sp_v3_scale(turn, 1.0 / 3));
    local[clavicle] = third;
    local[clavicle + 1] = mul3(sp_m3_transpose(third), whole, rot_axis(rest, side * angle[2]));
    sp_vec3 hinge = sp_v3_cross(rest, sp_v3(0, 1, 0));
    local[clavicle + 2] = rot_axis(hinge, angle[3]);
}

static void leg_rotations(sp_mat3 local[SIM_BONES], const double *angle, int thigh, double side)
{
    local[thigh] = sp_m3_mul(sim_rot_y(-side * angle[1]), sim_rot_x(angle[0]));
    local[thigh + 1] = sim_rot_x(-angle[2]);
    local[thigh + 2] = sim_rot_x(angle[3]);
}

void sim_pose_set(sim_pose *pose, const double angles[SIM_ANGLES], sp_vec3 root, sp_mat3 rotation)
{
    sp_mat3 local[SIM_BONES];
    for (int i = 0; i < SIM_BONES; i++)
        local[i] = sp_m3_identity();
    sp_mat3 half_trunk = mul3(sim_rot_z(angles[SIM_TRUNK_YAW] / 2), sim_rot_y(angles[SIM_TRUNK_ROLL] / 2),
                              sim_rot_x(-angles[SIM_TRUNK_PITCH] / 2));
    local[SIM_SPINE] = local[SIM_CHEST] = half_trunk;
    sp_mat3 half_head =
        sp_m3_mul(sim_rot_z(angles[SIM_HEAD_YAW] / 2), sim_rot_x(-angles[SIM_HEAD_PITCH] / 2));
    local[SIM_NECK] = local[SIM_HEAD] = half_head;
    arm_rotations(local, &angles[SIM_ARM_FLEX_R], SIM_CLAVICLE_R, 1);
    arm_rotations(local, &angles[SIM_ARM_FLEX_L], SIM_CLAVICLE_L, -1);
    leg_rotations(local, &angles[SIM_HIP_FLEX_R], SIM_THIGH_R, 1);
    leg_rotations(local, &angles[SIM_HIP_FLEX_L], SIM_THIGH_L, -1);

    pose->rotation[0] = rotation;
    pose->position[0] = root;
    for (int i = 1; i < SIM_BONES; i++) {
        int parent = sim_bones[i].parent;
        pose->position[i] = sim_pose_point(pose, parent, sim_bones[i].head);
        pose->rotation[i] = sp_m3_mul(pose->rotation[parent], local[i]);
    }
}

void sim_pose_translate(sim_pose *pose, sp_vec3 by)
{
    for (int i = 0; i < SIM_BONES; i++)
        pose->position[i] = sp_v3_add(pose->position[i], by);
}

sp_vec3 sim_pose_point(const sim_pose *pose, int bone, sp_vec3 rest)
{
    sp_vec3 local = sp_v3_sub(rest, sim_bones[bone].head);
    return sp_v3_add(pose->position[bone], sp_m3_apply(pose->rotation[bone], local));
}

static sp_vec3 bone_mass_center(const sim_pose *pose, int bone)
{
    const sim_bone_info *b = &sim_bones[bone];
    return sim_pose_point(pose, bone, sp_v3_lerp(b->head, b->tail, b->center));
}

sp_vec3 sim_pose_mass_center(const sim_pose *pose)
{
    sp_vec3 sum = {0};
    double mass = 0;
    for (int i = 0; i < SIM_BONES; i++) {
        sum = sp_v3_add(sum, sp_v3_scale(bone_mass_center(pose, i), sim_bones[i].mass));
        mass += sim_bones[i].mass;
    }
    return sp_v3_scale(sum, 1 / mass);
}

double sim_pose_inertia(const sim_pose *pose, sp_vec3 axis)
{
    const double own_gyration_m = 0.09;
    sp_vec3 center = sim_pose_mass_center(pose), unit = sp_v3_unit(axis);
    double sum = 0, mass = 0;
    for (int i = 0; i < SIM_BONES; i++) {
        sp_vec3 arm = sp_v3_cross(unit, sp_v3_sub(bone_mass_center(pose, i), center));
        sum += sim_bones[i].mass * (sp_v3_dot(arm, arm) + own_gyration_m * own_gyration_m);
        mass += sim_bones[i].mass;
    }
    return sum / mass;
}
