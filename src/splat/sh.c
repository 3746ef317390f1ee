#include "sh.h"

void splat_sh_basis(double values[SPLAT_SH_COUNT_MAX], sp_vec3 direction)
{
    double x = direction.x, y = direction.y, z = direction.z;
    double xx = x * x, yy = y * y, zz = z * z;
    // Square roots of (2l + 1)(l - m)! / (4 pi (l + m)!), times 2 for m > 0.
    values[0] = SP_SH_C0;
    const double c1 = sqrt(3 / (4 * M_PI));
    values[1] = -c1 * y;
    values[2] = c1 * z;
    values[3] = -c1 * x;
    const double c2 = sqrt(15 / (4 * M_PI));
    values[4] = c2 * x * y;
    values[5] = -c2 * y * z;
    values[6] = sqrt(5 / (16 * M_PI)) * (3 * zz - 1);
    values[7] = -c2 * x * z;
    values[8] = 0.5 * c2 * (xx - yy);
    const double c31 = sqrt(21 / (32 * M_PI)), c32 = sqrt(105 / (4 * M_PI)), c33 = sqrt(35 / (32 * M_PI));
    values[9] = -c33 * y * (3 * xx - yy);
    values[10] = c32 * x * y * z;
    values[11] = -c31 * y * (5 * zz - 1);
    values[12] = sqrt(7 / (16 * M_PI)) * z * (5 * zz - 3);
    values[13] = -c31 * x * (5 * zz - 1);
    values[14] = 0.5 * c32 * z * (xx - yy);
    values[15] = -c33 * x * (xx - 3 * yy);
}

// A turned function g(d) = f(rotation^T d) has coefficients <g, Y_i> = sum_j c_j <Y_j(rotation^T .), Y_i>.
// The products are polynomials of degree 6 at most, which this rule (Gauss-Legendre along z, equal steps
// around) integrates exactly over the sphere; so the matrices follow from the basis alone, whatever its
// signs.
splat_sh_rotation splat_sh_rotation_of(sp_mat3 rotation)
{
    static const double nodes[4] = {-0.86113631159405257522, -0.33998104358485626480, 0.33998104358485626480,
                                    0.86113631159405257522};
    static const double weights[4] = {0.34785484513745385737, 0.65214515486254614263, 0.65214515486254614263,
                                      0.34785484513745385737};
    enum { STEPS = 8 };
    splat_sh_rotation out = {0};
    for (int k = 0; k < 4 * STEPS; k++) {
        double z = nodes[k / STEPS], r = sqrt(1 - z * z), angle = 2 * M_PI * (k % STEPS) / STEPS;
        sp_vec3 direction = sp_v3(r * cos(angle), r * sin(angle), z);
        double here[SPLAT_SH_COUNT_MAX], before[SPLAT_SH_COUNT_MAX];
        splat_sh_basis(here, direction);
        splat_sh_basis(before, sp_m3_apply_transposed(rotation, direction));
        double weight = weights[k / STEPS] * 2 * M_PI / STEPS;
        for (int l = 0; l <= SP_SH_DEGREE_MAX; l++)
            for (int i = 0; i <= 2 * l; i++)
                for (int j = 0; j <= 2 * l; j++)
                    out.matrix[l][i * 7 + j] += weight * here[l * l + i] * before[l * l + j];
    }
    return out;
}
