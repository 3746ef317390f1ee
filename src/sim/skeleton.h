// The athlete's bones: rest pose, joint angles, forward kinematics, mass.
// Body frame at rest: x to the athlete's right, y forward, z up, origin on the floor between the feet.
#ifndef SIM_SKELETON_H
#define SIM_SKELETON_H

#include <stillpoint/math.h>

typedef enum sim_bone {
    SIM_PELVIS,
    SIM_SPINE,
    SIM_CHEST,
    SIM_NECK,
    SIM_HEAD,
    SIM_CLAVICLE_R,
    SIM_UPPER_ARM_R,
    SIM_FOREARM_R,
    SIM_HAND_R,
    SIM_CLAVICLE_L,
    SIM_UPPER_ARM_L,
    SIM_FOREARM_L,
    SIM_HAND_L,
    SIM_THIGH_R,
    SIM_SHIN_R,
    SIM_FOOT_R,
    SIM_THIGH_L,
    SIM_SHIN_L,
    SIM_FOOT_L,
    SIM_BALL, // moves freely
    SIM_BONES
} sim_bone;

// Height of the skis' base at rest, the boots' soles being at 0; radius of the ball.
#define SIM_SKI_BASE_M (-0.035)
#define SIM_BALL_RADIUS_M 0.095

typedef struct sim_bone_info {
    const char *name;
    int parent;         // -1: none
    sp_vec3 head, tail; // at rest
    double mass;        // fraction of the body
    double center;      // of mass, as a fraction from head to tail
} sim_bone_info;
extern const sim_bone_info sim_bones[SIM_BONES];

// Joint angles in degrees, flexion positive; R then L for limbs.
typedef enum sim_angle {
    SIM_TRUNK_PITCH, // forward
    SIM_TRUNK_YAW,   // towards the left
    SIM_TRUNK_ROLL,  // towards the right
    SIM_HEAD_PITCH,  // forward
    SIM_HEAD_YAW,    // towards the left
    SIM_ARM_FLEX_R,  // 0 hanging, 90 forward, 180 overhead
    SIM_ARM_ABDUCT_R,
    SIM_ARM_TURN_R, // about the upper arm, outwards
    SIM_ELBOW_R,
    SIM_ARM_FLEX_L,
    SIM_ARM_ABDUCT_L,
    SIM_ARM_TURN_L,
    SIM_ELBOW_L,
    SIM_HIP_FLEX_R,
    SIM_HIP_ABDUCT_R,
    SIM_KNEE_R,
    SIM_ANKLE_R, // toes up
    SIM_HIP_FLEX_L,
    SIM_HIP_ABDUCT_L,
    SIM_KNEE_L,
    SIM_ANKLE_L,
    SIM_ANGLES
} sim_angle;

// Where every bone is: x_world = position + rotation * (x_rest - head_rest).
typedef struct sim_pose {
    sp_mat3 rotation[SIM_BONES];
    sp_vec3 position[SIM_BONES];
} sim_pose;

// Forward kinematics from angles, root at the pelvis. The ball is put at the right hand.
void sim_pose_set(sim_pose *pose, const double angles[SIM_ANGLES], sp_vec3 root, sp_mat3 rotation);
void sim_pose_translate(sim_pose *pose, sp_vec3 by);
// A point fixed to a bone, given at rest.
sp_vec3 sim_pose_point(const sim_pose *pose, int bone, sp_vec3 rest);
// Centre of mass (segment fractions: de Leva, J. Biomechanics 29, 1996, men).
sp_vec3 sim_pose_mass_center(const sim_pose *pose);
// Moment of inertia about an axis through the centre of mass, per kilogram of body: segments as point masses
// with a small radius of gyration of their own.
double sim_pose_inertia(const sim_pose *pose, sp_vec3 axis);

sp_mat3 sim_rot_x(double deg);
sp_mat3 sim_rot_y(double deg);
sp_mat3 sim_rot_z(double deg);

#endif
