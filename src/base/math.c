// Small fixed-size linear algebra.
#include <stillpoint/math.h>

sp_mat3 sp_m3_identity(void)
{
    return (sp_mat3){{1, 0, 0, 0, 1, 0, 0, 0, 1}};
}

sp_mat3 sp_m3_mul(sp_mat3 a, sp_mat3 b)
{
    sp_mat3 c;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            c.m[3 * i + j] = a.m[3 * i] * b.m[j] + a.m[3 * i + 1] * b.m[3 + j] + a.m[3 * i + 2] * b.m[6 + j];
    return c;
}

sp_mat3 sp_m3_transpose(sp_mat3 a)
{
    const double *m = a.m;
    return (sp_mat3){{m[0], m[3], m[6], m[1], m[4], m[7], m[2], m[5], m[8]}};
}

sp_vec3 sp_m3_apply(sp_mat3 a, sp_vec3 v)
{
    const double *m = a.m;
    return sp_v3(m[0] * v.x + m[1] * v.y + m[2] * v.z, m[3] * v.x + m[4] * v.y + m[5] * v.z,
                 m[6] * v.x + m[7] * v.y + m[8] * v.z);
}

sp_vec3 sp_m3_apply_transposed(sp_mat3 a, sp_vec3 v)
{
    return sp_m3_apply(sp_m3_transpose(a), v);
}

static sp_vec3 row(const sp_mat3 *a, int i)
{
    return sp_v3(a->m[3 * i], a->m[3 * i + 1], a->m[3 * i + 2]);
}

double sp_m3_det(sp_mat3 a)
{
    return sp_v3_dot(row(&a, 0), sp_v3_cross(row(&a, 1), row(&a, 2)));
}

bool sp_m3_inverse(sp_mat3 *out, sp_mat3 a)
{
    double det = sp_m3_det(a);
    if (!isnormal(det))
        return false;
    // The columns of the adjugate are the cross products of the rows.
    sp_vec3 c[3] = {sp_v3_cross(row(&a, 1), row(&a, 2)), sp_v3_cross(row(&a, 2), row(&a, 0)),
                    sp_v3_cross(row(&a, 0), row(&a, 1))};
    for (int j = 0; j < 3; j++) {
        out->m[j] = c[j].x / det;
        out->m[3 + j] = c[j].y / det;
        out->m[6 + j] = c[j].z / det;
    }
    return true;
}

// Rotates rows and columns p and q of the symmetric n (4 x 4) so that n[p][q] becomes 0; v gathers the
// eigenvectors in its columns. Golub and Van Loan, Matrix Computations, 8.5.
static void jacobi_rotate(double n[4][4], double v[4][4], int p, int q)
{
    if (n[p][q] == 0)
        return;
    double tau = (n[q][q] - n[p][p]) / (2 * n[p][q]);
    double t = (tau >= 0 ? 1 : -1) / (fabs(tau) + sqrt(1 + tau * tau));
    double c = 1 / sqrt(1 + t * t), s = t * c;
    for (int k = 0; k < 4; k++) {
        double kp = n[k][p], kq = n[k][q];
        n[k][p] = c * kp - s * kq;
        n[k][q] = s * kp + c * kq;
    }
    for (int k = 0; k < 4; k++) {
        double pk = n[p][k], qk = n[q][k];
        n[p][k] = c * pk - s * qk;
        n[q][k] = s * pk + c * qk;
        double vp = v[k][p], vq = v[k][q];
        v[k][p] = c * vp - s * vq;
        v[k][q] = s * vp + c * vq;
    }
}

// The nearest rotation R maximises trace(R^T A), which is the quadratic form q^T N q in R's quaternion: its
// largest eigenvector is the answer (Horn 1987, "Closed-form solution of absolute orientation using unit
// quaternions"). Unlike a polar iteration this also holds for singular and mirrored matrices.
sp_mat3 sp_m3_nearest_rotation(sp_mat3 a)
{
    const double *m = a.m;
    double n[4][4] = {
        {m[0] + m[4] + m[8], m[7] - m[5], m[2] - m[6], m[3] - m[1]},
        {m[7] - m[5], m[0] - m[4] - m[8], m[1] + m[3], m[2] + m[6]},
        {m[2] - m[6], m[1] + m[3], m[4] - m[0] - m[8], m[5] + m[7]},
        {m[3] - m[1], m[2] + m[6], m[5] + m[7], m[8] - m[0] - m[4]},
    };
    double v[4][4] = {{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}};
    enum { SWEEPS = 12 }; // converges quadratically: 5 or 6 reach the last bit of any 4 x 4
    for (int sweep = 0; sweep < SWEEPS; sweep++)
        for (int p = 0; p < 3; p++)
            for (int q = p + 1; q < 4; q++)
                jacobi_rotate(n, v, p, q);
    int best = 0;
    for (int i = 1; i < 4; i++)
        if (n[i][i] > n[best][best])
            best = i;
    return sp_quat_to_m3((sp_quat){v[0][best], v[1][best], v[2][best], v[3][best]});
}

double sp_m3_rotation_error(sp_mat3 a)
{
    if (!(sp_m3_det(a) >= 0))
        return INFINITY;
    sp_mat3 product = sp_m3_mul(a, sp_m3_transpose(a));
    double worst = 0;
    for (int i = 0; i < 9; i++)
        worst = fmax(worst, fabs(product.m[i] - (i % 4 == 0 ? 1 : 0)));
    return worst;
}

sp_quat sp_quat_unit(sp_quat q)
{
    double norm = sqrt(q.w * q.w + q.x * q.x + q.y * q.y + q.z * q.z);
    if (!(norm > 0))
        return (sp_quat){1, 0, 0, 0};
    return (sp_quat){q.w / norm, q.x / norm, q.y / norm, q.z / norm};
}

sp_quat sp_quat_mul(sp_quat a, sp_quat b)
{
    return (sp_quat){
        a.w * b.w - a.x * b.x - a.y * b.y - a.z * b.z,
        a.w * b.x + a.x * b.w + a.y * b.z - a.z * b.y,
        a.w * b.y - a.x * b.z + a.y * b.w + a.z * b.x,
        a.w * b.z + a.x * b.y - a.y * b.x + a.z * b.w,
    };
}

sp_mat3 sp_quat_to_m3(sp_quat q)
{
    q = sp_quat_unit(q);
    double w = q.w, x = q.x, y = q.y, z = q.z;
    return (sp_mat3){{
        1 - 2 * (y * y + z * z),
        2 * (x * y - w * z),
        2 * (x * z + w * y),
        2 * (x * y + w * z),
        1 - 2 * (x * x + z * z),
        2 * (y * z - w * x),
        2 * (x * z - w * y),
        2 * (y * z + w * x),
        1 - 2 * (x * x + y * y),
    }};
}

// Shepperd 1978: solve for the largest component first, so that no square root loses digits.
sp_quat sp_quat_from_m3(sp_mat3 r)
{
    const double *m = r.m;
    double trace = m[0] + m[4] + m[8];
    sp_quat q;
    if (trace >= m[0] && trace >= m[4] && trace >= m[8])
        q = (sp_quat){1 + trace, m[7] - m[5], m[2] - m[6], m[3] - m[1]};
    else if (m[0] >= m[4] && m[0] >= m[8])
        q = (sp_quat){m[7] - m[5], 1 + m[0] - m[4] - m[8], m[1] + m[3], m[2] + m[6]};
    else if (m[4] >= m[8])
        q = (sp_quat){m[2] - m[6], m[1] + m[3], 1 - m[0] + m[4] - m[8], m[5] + m[7]};
    else
        q = (sp_quat){m[3] - m[1], m[2] + m[6], m[5] + m[7], 1 - m[0] - m[4] + m[8]};
    q = sp_quat_unit(q);
    return q.w < 0 ? (sp_quat){-q.w, -q.x, -q.y, -q.z} : q;
}

// Shoemake 1985, along the shorter arc.
sp_quat sp_quat_slerp(sp_quat a, sp_quat b, double f)
{
    a = sp_quat_unit(a);
    b = sp_quat_unit(b);
    double cosine = a.w * b.w + a.x * b.x + a.y * b.y + a.z * b.z;
    if (cosine < 0) {
        b = (sp_quat){-b.w, -b.x, -b.y, -b.z};
        cosine = -cosine;
    }
    double from = 1 - f, to = f;
    if (cosine < 1 - 1e-9) { // nearer than that the straight line is the arc
        double angle = acos(cosine);
        from = sin((1 - f) * angle) / sin(angle);
        to = sin(f * angle) / sin(angle);
    }
    return sp_quat_unit((sp_quat){from * a.w + to * b.w, from * a.x + to * b.x, from * a.y + to * b.y,
                                  from * a.z + to * b.z});
}

sp_mat3 sp_rodrigues_to_m3(sp_vec3 r)
{
    double angle = sp_v3_norm(r);
    double s = angle > 1e-8 ? sin(angle / 2) / angle : 0.5;
    return sp_quat_to_m3((sp_quat){cos(angle / 2), s * r.x, s * r.y, s * r.z});
}

sp_vec3 sp_rodrigues_from_m3(sp_mat3 m)
{
    sp_quat q = sp_quat_from_m3(m);
    sp_vec3 v = sp_v3(q.x, q.y, q.z);
    double s = sp_v3_norm(v);
    return sp_v3_scale(v, s > 1e-8 ? 2 * atan2(s, q.w) / s : 2);
}

sp_mat3 sp_look_at(sp_vec3 eye, sp_vec3 target, sp_vec3 up)
{
    sp_vec3 forward = sp_v3_unit(sp_v3_sub(target, eye));
    if (sp_v3_norm(forward) == 0)
        forward = sp_v3(0, 1, 0);
    sp_vec3 right = sp_v3_cross(forward, sp_v3_unit(up));
    if (sp_v3_norm(right) < 1e-9) // looking along up: any right-hand side will do
        right = sp_v3_cross(forward, fabs(forward.y) < 0.9 ? sp_v3(0, 1, 0) : sp_v3(1, 0, 0));
    right = sp_v3_unit(right);
    sp_vec3 down = sp_v3_cross(forward, right);
    return (sp_mat3){{right.x, right.y, right.z, down.x, down.y, down.z, forward.x, forward.y, forward.z}};
}
