// Small fixed-size linear algebra in double precision. Floor 0, part of base. Matrices are row-major.
#ifndef STILLPOINT_MATH_H
#define STILLPOINT_MATH_H

#include <math.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef M_PI
#define M_PI 3.14159265358979323846
#endif

typedef struct sp_vec2 {
    double x, y;
} sp_vec2;
typedef struct sp_vec3 {
    double x, y, z;
} sp_vec3;
typedef struct sp_quat {
    double w, x, y, z;
} sp_quat;
typedef struct sp_mat3 {
    double m[9];
} sp_mat3;

static inline sp_vec3 sp_v3(double x, double y, double z)
{
    sp_vec3 v = {x, y, z};
    return v;
}
static inline sp_vec3 sp_v3_add(sp_vec3 a, sp_vec3 b)
{
    return sp_v3(a.x + b.x, a.y + b.y, a.z + b.z);
}
static inline sp_vec3 sp_v3_sub(sp_vec3 a, sp_vec3 b)
{
    return sp_v3(a.x - b.x, a.y - b.y, a.z - b.z);
}
static inline sp_vec3 sp_v3_scale(sp_vec3 a, double s)
{
    return sp_v3(a.x * s, a.y * s, a.z * s);
}
static inline double sp_v3_dot(sp_vec3 a, sp_vec3 b)
{
    return a.x * b.x + a.y * b.y + a.z * b.z;
}
static inline sp_vec3 sp_v3_cross(sp_vec3 a, sp_vec3 b)
{
    return sp_v3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x);
}
static inline double sp_v3_norm(sp_vec3 a)
{
    return sqrt(sp_v3_dot(a, a));
}
// A zero vector stays zero.
static inline sp_vec3 sp_v3_unit(sp_vec3 a)
{
    double n = sp_v3_norm(a);
    return n > 0 ? sp_v3_scale(a, 1 / n) : a;
}
static inline sp_vec3 sp_v3_lerp(sp_vec3 a, sp_vec3 b, double f)
{
    return sp_v3_add(sp_v3_scale(a, 1 - f), sp_v3_scale(b, f));
}

sp_mat3 sp_m3_identity(void);
sp_mat3 sp_m3_mul(sp_mat3 a, sp_mat3 b);
sp_mat3 sp_m3_transpose(sp_mat3 a);
sp_vec3 sp_m3_apply(sp_mat3 a, sp_vec3 v);
sp_vec3 sp_m3_apply_transposed(sp_mat3 a, sp_vec3 v); // a^T v
double sp_m3_det(sp_mat3 a);
// False when a is singular; *out is then untouched.
bool sp_m3_inverse(sp_mat3 *out, sp_mat3 a);
// Nearest rotation in the Frobenius norm (polar decomposition), determinant +1.
sp_mat3 sp_m3_nearest_rotation(sp_mat3 a);
// max |A A^T - I|, or infinity when det A < 0: how far a is from a rotation.
double sp_m3_rotation_error(sp_mat3 a);

sp_quat sp_quat_unit(sp_quat q); // a zero quaternion becomes identity
sp_quat sp_quat_mul(sp_quat a, sp_quat b);
sp_mat3 sp_quat_to_m3(sp_quat q); // q is normalised first
sp_quat sp_quat_from_m3(sp_mat3 r);
sp_quat sp_quat_slerp(sp_quat a, sp_quat b, double f);
// Rodrigues vector (axis times angle) to rotation and back.
sp_mat3 sp_rodrigues_to_m3(sp_vec3 r);
sp_vec3 sp_rodrigues_from_m3(sp_mat3 m);
// Camera axes (x right, y down, z forward) of a camera at eye that looks at target; rows are the axes:
// cam_from_world.
sp_mat3 sp_look_at(sp_vec3 eye, sp_vec3 target, sp_vec3 up);

#ifdef __cplusplus
}
#endif
#endif
