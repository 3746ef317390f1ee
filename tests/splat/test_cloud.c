// Clouds: growing, appending, filtering, turning.
#include "helpers.h"

static void test_init(void **state)
{
    (void)state;
    sp_splat_cloud cloud;
    assert_int_equal(sp_splat_cloud_init(&cloud, 10, 4), SP_EINVAL);
    assert_int_equal(sp_splat_cloud_init(&cloud, 10, -1), SP_EINVAL);
    assert_int_equal(sp_splat_cloud_init(&cloud, SIZE_MAX / 8, 3), SP_ENOMEM);
    const int rows[4] = {14, 23, 38, 59};
    for (int degree = 0; degree <= 3; degree++) {
        assert_ok(sp_splat_cloud_init(&cloud, 17, degree));
        assert_int_equal(sp_splat_rows(degree), rows[degree]);
        assert_int_equal(cloud.capacity, 32);
        assert_int_equal((uintptr_t)cloud.data % 64, 0);
        sp_splat_cloud_free(&cloud);
        assert_null(cloud.data);
    }
    sp_splat_cloud_free(NULL);
}

static void assert_part(const sp_splat_cloud *whole, size_t offset, const sp_splat_cloud *part)
{
    for (int row = 0; row < sp_splat_rows(whole->sh_degree); row++)
        for (size_t i = 0; i < part->count; i++) {
            float expected = row < sp_splat_rows(part->sh_degree) ? sp_splat_row(part, row)[i] : 0;
            assert_true(sp_splat_row(whole, row)[offset + i] == expected);
        }
}

static void test_append_and_copy(void **state)
{
    (void)state;
    sp_splat_cloud a = random_cloud(20, 1, 1), low = random_cloud(33, 0, 2), high = random_cloud(5, 3, 3),
                   all;
    assert_ok(sp_splat_cloud_copy(&all, &a));
    assert_ok(sp_splat_cloud_append(&all, &low));
    assert_ok(sp_splat_cloud_append(&all, &high));
    assert_int_equal(all.count, 58);
    assert_int_equal(all.capacity % 16, 0);
    assert_part(&all, 0, &a);
    assert_part(&all, 20, &low);
    for (int row = 0; row < sp_splat_rows(1); row++)
        for (size_t i = 0; i < 5; i++)
            assert_true(sp_splat_row(&all, row)[53 + i] == sp_splat_row(&high, row)[i]);
    for (int row = 0; row < sp_splat_rows(1); row++)
        for (size_t i = all.count; i < all.capacity; i++)
            assert_true(sp_splat_row(&all, row)[i] == 0);
    sp_splat_cloud twice;
    assert_ok(sp_splat_cloud_copy(&twice, &a));
    assert_ok(sp_splat_cloud_append(&twice, &twice));
    assert_int_equal(twice.count, 40);
    assert_part(&twice, 20, &a);
    sp_splat_cloud_free(&twice);
    sp_splat_cloud_free(&all);
    sp_splat_cloud_free(&a);
    sp_splat_cloud_free(&low);
    sp_splat_cloud_free(&high);
}

static void test_filter(void **state)
{
    (void)state;
    sp_splat_cloud cloud = random_cloud(50, 2, 4), kept;
    uint8_t keep[50];
    assert_ok(sp_splat_cloud_copy(&kept, &cloud));
    size_t expected = 0;
    for (int i = 0; i < 50; i++)
        expected += keep[i] = i % 3 == 1;
    sp_splat_cloud_filter(&kept, keep);
    assert_int_equal(kept.count, expected);
    for (int row = 0; row < sp_splat_rows(2); row++) {
        for (size_t i = 0; i < expected; i++)
            assert_true(sp_splat_row(&kept, row)[i] == sp_splat_row(&cloud, row)[3 * i + 1]);
        for (size_t i = expected; i < kept.capacity; i++)
            assert_true(sp_splat_row(&kept, row)[i] == 0);
    }
    sp_splat_cloud_free(&cloud);
    sp_splat_cloud_free(&kept);
}

// Colour by the basis as published with the format, in numbers rather than by formula.
static double colour(const sp_splat_cloud *cloud, size_t i, int channel, sp_vec3 d)
{
    double x = d.x, y = d.y, z = d.z, xx = x * x, yy = y * y, zz = z * z;
    const double basis[16] = {0.28209479177387814,
                              -0.4886025119029199 * y,
                              0.4886025119029199 * z,
                              -0.4886025119029199 * x,
                              1.0925484305920792 * x * y,
                              -1.0925484305920792 * y * z,
                              0.31539156525252005 * (2 * zz - xx - yy),
                              -1.0925484305920792 * x * z,
                              0.5462742152960396 * (xx - yy),
                              -0.5900435899266435 * y * (3 * xx - yy),
                              2.890611442640554 * x * y * z,
                              -0.4570457994644658 * y * (4 * zz - xx - yy),
                              0.3731763325901154 * z * (2 * zz - 3 * xx - 3 * yy),
                              -0.4570457994644658 * x * (4 * zz - xx - yy),
                              1.445305721320277 * z * (xx - yy),
                              -0.5900435899266435 * x * (xx - 3 * yy)};
    double sum = 0.5;
    for (int k = 0; k < (cloud->sh_degree + 1) * (cloud->sh_degree + 1); k++)
        sum += basis[k] * (double)sp_splat_row(cloud, SP_ROW_SH + 3 * k + channel)[i];
    return sum;
}

static sp_quat quat_of(const sp_splat_cloud *cloud, size_t i)
{
    double q[4];
    for (int k = 0; k < 4; k++)
        q[k] = (double)sp_splat_row(cloud, SP_ROW_ROTATION + k)[i];
    return (sp_quat){q[0], q[1], q[2], q[3]};
}

static sp_vec3 position_of(const sp_splat_cloud *cloud, size_t i)
{
    return sp_v3((double)sp_splat_row(cloud, 0)[i], (double)sp_splat_row(cloud, 1)[i],
                 (double)sp_splat_row(cloud, 2)[i]);
}

static void check_turned(const sp_splat_cloud *before, const sp_splat_cloud *after, sp_mat3 rotation)
{
    sp_rng rng = sp_rng_seed(8, 8);
    for (size_t i = 0; i < before->count; i++) {
        sp_vec3 moved = sp_v3_sub(position_of(after, i), sp_m3_apply(rotation, position_of(before, i)));
        assert_float_equal(sp_v3_norm(moved), 0, 1e-5);
        sp_mat3 axes = sp_quat_to_m3(quat_of(after, i));
        sp_mat3 expected = sp_m3_mul(rotation, sp_quat_to_m3(quat_of(before, i)));
        for (int k = 0; k < 9; k++)
            assert_float_equal(axes.m[k], expected.m[k], 1e-6);
        for (int k = 0; k < 20; k++) {
            sp_vec3 d = sp_v3_unit(sp_v3(sp_rng_normal(&rng), sp_rng_normal(&rng), sp_rng_normal(&rng)));
            for (int channel = 0; channel < 3; channel++)
                assert_float_equal(colour(after, i, channel, sp_m3_apply(rotation, d)),
                                   colour(before, i, channel, d), 2e-6);
        }
    }
}

static void test_rotate(void **state)
{
    (void)state;
    const sp_mat3 rotations[] = {
        {{1, 0, 0, 0, 0, 1, 0, -1, 0}},
        sp_rodrigues_to_m3(sp_v3(0.3, -1.2, 2.1)),
        sp_rodrigues_to_m3(sp_v3(0, 0, 3.1)),
        {{1, 0, 0, 0, 1, 0, 0, 0, 1}},
    };
    for (int degree = 0; degree <= 3; degree++)
        for (int r = 0; r < 4; r++) {
            sp_splat_cloud before = random_cloud(7, degree, 5), after;
            assert_ok(sp_splat_cloud_copy(&after, &before));
            sp_splat_cloud_rotate(&after, rotations[r]);
            check_turned(&before, &after, rotations[r]);
            sp_splat_cloud_free(&before);
            sp_splat_cloud_free(&after);
        }
}

// How far the cloud's neighbours are from each other in the world, summed.
static double path(const sp_splat_cloud *cloud)
{
    double sum = 0;
    for (size_t i = 1; i < cloud->count; i++) {
        double square = 0;
        for (int a = 0; a < 3; a++) {
            const float *row = sp_splat_row(cloud, SP_ROW_POSITION + a);
            square += (double)((row[i] - row[i - 1]) * (row[i] - row[i - 1]));
        }
        sum += sqrt(square);
    }
    return sum;
}

static void test_order(void **state)
{
    (void)state;
    // Eight corners of a cube, out of order: Z-order counts them with x as the lowest bit.
    sp_splat_cloud cube;
    assert_ok(sp_splat_cloud_init(&cube, 9, 0));
    cube.count = 9;
    const int corners[9] = {5, 3, 0, 7, 6, 1, 3, 2, 4};
    uint32_t order[9];
    for (int i = 0; i < 9; i++)
        for (int a = 0; a < 3; a++)
            sp_splat_row(&cube, SP_ROW_POSITION + a)[i] = (float)(corners[i] >> a & 1) - 7;
    assert_ok(sp_splat_cloud_order(order, &cube));
    const uint32_t expected[9] = {2, 5, 7, 1, 6, 8, 0, 4, 3};
    assert_memory_equal(order, expected, sizeof order);
    sp_splat_cloud_free(&cube);

    enum { COUNT = 4000 };
    sp_splat_cloud cloud = random_cloud(COUNT, 1, 4), before;
    uint32_t *long_order = calloc(COUNT, sizeof *long_order);
    assert_ok(sp_splat_cloud_copy(&before, &cloud));
    assert_ok(sp_splat_cloud_order(long_order, &cloud));
    assert_ok(sp_splat_cloud_permute(&cloud, long_order));
    for (int row = 0; row < sp_splat_rows(1); row++)
        for (size_t i = 0; i < COUNT; i++)
            assert_true(sp_splat_row(&cloud, row)[i] == sp_splat_row(&before, row)[long_order[i]]);
    assert_true(path(&cloud) < 0.25 * path(&before));
    assert_ok(sp_splat_cloud_order(long_order, &cloud));
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(long_order[i], i);
    free(long_order);
    sp_splat_cloud_free(&before);
    sp_splat_cloud_free(&cloud);

    sp_splat_cloud empty;
    assert_ok(sp_splat_cloud_init(&empty, 0, 0));
    assert_ok(sp_splat_cloud_order(order, &empty));
    sp_splat_cloud_free(&empty);
}

static void set_velocity(sp_splat_cloud *cloud)
{
    assert_ok(sp_splat_cloud_move(cloud));
    for (size_t k = 0; k < 3 * cloud->count; k++)
        cloud->velocity[k / cloud->count * cloud->capacity + k % cloud->count] = (float)k;
}

// Velocities go where their splats go.
static void test_velocities_stay_with_their_splats(void **state)
{
    (void)state;
    sp_splat_cloud still = random_cloud(5, 0, 1), moving = random_cloud(20, 0, 2), copy;
    assert_null(still.velocity);
    set_velocity(&moving);
    assert_int_equal((uintptr_t)moving.velocity % 64, 0);
    assert_ok(sp_splat_cloud_append(&still, &moving));
    assert_ok(sp_splat_cloud_reserve(&still, 200));
    assert_ok(sp_splat_cloud_copy(&copy, &still));
    for (size_t axis = 0; axis < 3; axis++)
        for (size_t i = 0; i < 25; i++)
            assert_true(copy.velocity[axis * copy.capacity + i] == (i < 5 ? 0 : (float)(axis * 20 + i - 5)));
    uint8_t keep[25] = {0};
    keep[7] = keep[24] = 1;
    sp_splat_cloud_filter(&copy, keep);
    const uint32_t order[2] = {1, 0};
    assert_ok(sp_splat_cloud_permute(&copy, order));
    assert_true(copy.velocity[0] == 19 && copy.velocity[1] == 2 && copy.velocity[2] == 0);
    const sp_mat3 quarter = {{0, -1, 0, 1, 0, 0, 0, 0, 1}}; // about z
    sp_splat_cloud_rotate(&copy, quarter);
    assert_true(fabsf(copy.velocity[0] + 39) < 1e-4f && fabsf(copy.velocity[copy.capacity] - 19) < 1e-4f);
    sp_splat_cloud_free(&still);
    sp_splat_cloud_free(&moving);
    sp_splat_cloud_free(&copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_init),   cmocka_unit_test(test_append_and_copy),
        cmocka_unit_test(test_order),  cmocka_unit_test(test_velocities_stay_with_their_splats),
        cmocka_unit_test(test_filter), cmocka_unit_test(test_rotate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
