// Inside splat: the real spherical harmonics of splat files, and what a rotation does to their coefficients.
#ifndef SPLAT_SH_H
#define SPLAT_SH_H

#include <stillpoint/splat.h>

#define SPLAT_SH_COUNT_MAX ((SP_SH_DEGREE_MAX + 1) * (SP_SH_DEGREE_MAX + 1))

// Values of the basis in a unit direction, degree by degree, order -l..l, with the signs that INRIA's files
// use (Condon-Shortley phase): the colour of a splat seen along direction is 0.5 + sum of coefficient *
// value.
void splat_sh_basis(double values[SPLAT_SH_COUNT_MAX], sp_vec3 direction);

// Coefficients after everything is turned by rotation: turned[l^2 + i] = sum over j of
// matrix[l][i * 7 + j] * coefficients[l^2 + j]. The colour that was seen along d is then seen along rotation
// d.
typedef struct splat_sh_rotation {
    double matrix[SP_SH_DEGREE_MAX + 1][7 * 7];
} splat_sh_rotation;
splat_sh_rotation splat_sh_rotation_of(sp_mat3 rotation);

#endif
