#include "sh.h"

static void rotate_vectors(float *rows, const sp_splat_cloud *cloud, sp_mat3 rotation)
{
    float *x = rows, *y = x + cloud->capacity, *z = y + cloud->capacity;
    for (size_t i = 0; i < cloud->count; i++) {
        sp_vec3 p = sp_m3_apply(rotation, sp_v3((double)x[i], (double)y[i], (double)z[i]));
        x[i] = (float)p.x;
        y[i] = (float)p.y;
        z[i] = (float)p.z;
    }
}

static void rotate_quaternions(sp_splat_cloud *cloud, sp_mat3 rotation)
{
    sp_quat turn = sp_quat_from_m3(rotation);
    float *w = sp_splat_row(cloud, SP_ROW_ROTATION), *x = w + cloud->capacity, *y = x + cloud->capacity,
          *z = y + cloud->capacity;
    for (size_t i = 0; i < cloud->count; i++) {
        sp_quat q = sp_quat_mul(turn, (sp_quat){(double)w[i], (double)x[i], (double)y[i], (double)z[i]});
        w[i] = (float)q.w;
        x[i] = (float)q.x;
        y[i] = (float)q.y;
        z[i] = (float)q.z;
    }
}

static void rotate_sh(sp_splat_cloud *cloud, sp_mat3 rotation)
{
    splat_sh_rotation turn = splat_sh_rotation_of(rotation);
    for (int l = 1; l <= cloud->sh_degree; l++) {
        for (int channel = 0; channel < 3; channel++) {
            float *row = sp_splat_row(cloud, SP_ROW_SH + 3 * l * l + channel);
            size_t step = 3 * cloud->capacity; // to the same channel of the next coefficient
            for (size_t i = 0; i < cloud->count; i++) {
                double before[7];
                for (int j = 0; j <= 2 * l; j++)
                    before[j] = (double)row[(size_t)j * step + i];
                for (int m = 0; m <= 2 * l; m++) {
                    double sum = 0;
                    for (int j = 0; j <= 2 * l; j++)
                        sum += turn.matrix[l][m * 7 + j] * before[j];
                    row[(size_t)m * step + i] = (float)sum;
                }
            }
        }
    }
}

void sp_splat_cloud_rotate(sp_splat_cloud *cloud, sp_mat3 rotation)
{
    rotate_vectors(sp_splat_row(cloud, SP_ROW_POSITION), cloud, rotation);
    if (cloud->velocity)
        rotate_vectors(cloud->velocity, cloud, rotation);
    rotate_quaternions(cloud, rotation);
    rotate_sh(cloud, rotation);
}
