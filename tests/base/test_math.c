// Linear algebra against closed forms and properties that define the answer.
#include "../support.h"

#include <stillpoint/math.h>

static void assert_near(double a, double b, double tolerance)
{
    if (!(fabs(a - b) <= tolerance))
        fail_msg("%.17g and %.17g differ by more than %g", a, b, tolerance);
}

static void assert_m3_near(sp_mat3 a, sp_mat3 b, double tolerance)
{
    for (int i = 0; i < 9; i++)
        assert_near(a.m[i], b.m[i], tolerance);
}

static void assert_v3_near(sp_vec3 a, sp_vec3 b, double tolerance)
{
    assert_near(a.x, b.x, tolerance);
    assert_near(a.y, b.y, tolerance);
    assert_near(a.z, b.z, tolerance);
}

static sp_vec3 random_vector(sp_rng *rng)
{
    double x = sp_rng_normal(rng), y = sp_rng_normal(rng), z = sp_rng_normal(rng);
    return sp_v3(x, y, z);
}

static sp_mat3 random_matrix(sp_rng *rng)
{
    sp_mat3 a;
    for (int i = 0; i < 9; i++)
        a.m[i] = sp_rng_normal(rng);
    return a;
}

// Rotation about an axis as Rodrigues wrote it: v cos + (k x v) sin + k (k.v)(1 - cos).
static sp_vec3 rotate(sp_vec3 v, sp_vec3 axis, double angle)
{
    sp_vec3 turned = sp_v3_scale(v, cos(angle));
    turned = sp_v3_add(turned, sp_v3_scale(sp_v3_cross(axis, v), sin(angle)));
    return sp_v3_add(turned, sp_v3_scale(axis, sp_v3_dot(axis, v) * (1 - cos(angle))));
}

static void products_follow_the_definition(void **state)
{
    (void)state;
    sp_mat3 a = {{1, 2, 3, 4, 5, 6, 7, 8, 10}}, b = {{2, 0, 1, -1, 3, 0, 0, 1, 1}};
    assert_m3_near(sp_m3_mul(a, b), (sp_mat3){{0, 9, 4, 3, 21, 10, 6, 34, 17}}, 0);
    assert_v3_near(sp_m3_apply(a, sp_v3(1, -1, 2)), sp_v3(5, 11, 19), 0);
    assert_v3_near(sp_m3_apply_transposed(a, sp_v3(1, -1, 2)), sp_v3(11, 13, 17), 0);
    assert_near(sp_m3_det(a), -3, 1e-14);
    assert_v3_near(sp_v3_cross(sp_v3(1, 0, 0), sp_v3(0, 1, 0)), sp_v3(0, 0, 1), 0);
    assert_v3_near(sp_v3_unit(sp_v3(0, 0, 0)), sp_v3(0, 0, 0), 0);
}

static void inverse_undoes(void **state)
{
    (void)state;
    sp_rng rng = sp_rng_seed(3, 0);
    for (int i = 0; i < 200; i++) {
        sp_mat3 a = random_matrix(&rng), inverse;
        assert_true(sp_m3_inverse(&inverse, a));
        assert_m3_near(sp_m3_mul(a, inverse), sp_m3_identity(), 1e-10 / fmin(1, fabs(sp_m3_det(a))));
    }
    sp_mat3 singular = {{1, 2, 3, 2, 4, 6, 0, 0, 1}}, kept = sp_m3_identity();
    assert_false(sp_m3_inverse(&kept, singular));
    assert_m3_near(kept, sp_m3_identity(), 0);
}

static void rotations_turn_as_rodrigues_says(void **state)
{
    (void)state;
    sp_rng rng = sp_rng_seed(4, 0);
    for (int i = 0; i < 500; i++) {
        sp_vec3 axis = sp_v3_unit(random_vector(&rng)), v = random_vector(&rng);
        double angle = M_PI * sp_rng_uniform(&rng);
        if (i % 5 == 0)
            angle = pow(10, -3 - 12 * sp_rng_uniform(&rng)); // tiny
        if (i % 5 == 1)
            angle = M_PI - pow(10, -3 - 6 * sp_rng_uniform(&rng)); // nearly half a turn
        sp_mat3 m = sp_rodrigues_to_m3(sp_v3_scale(axis, angle));
        assert_v3_near(sp_m3_apply(m, v), rotate(v, axis, angle), 1e-14);
        assert_near(sp_m3_rotation_error(m), 0, 1e-14);
        assert_v3_near(sp_rodrigues_from_m3(m), sp_v3_scale(axis, angle), 1e-7 * fmin(1, angle));
    }
    assert_m3_near(sp_rodrigues_to_m3(sp_v3(0, 0, 0)), sp_m3_identity(), 0);
}

static void quaternions_compose_like_matrices(void **state)
{
    (void)state;
    sp_rng rng = sp_rng_seed(5, 0);
    for (int i = 0; i < 200; i++) {
        sp_mat3 a = sp_rodrigues_to_m3(random_vector(&rng)), b = sp_rodrigues_to_m3(random_vector(&rng));
        sp_quat qa = sp_quat_from_m3(a), qb = sp_quat_from_m3(b);
        assert_m3_near(sp_quat_to_m3(qa), a, 1e-14);
        assert_m3_near(sp_quat_to_m3(sp_quat_mul(qa, qb)), sp_m3_mul(a, b), 1e-14);
        assert_true(qa.w >= 0);
    }
    // Half turns, where each branch of the extraction has to hold.
    const sp_mat3 half[] = {
        {{1, 0, 0, 0, -1, 0, 0, 0, -1}}, {{-1, 0, 0, 0, 1, 0, 0, 0, -1}}, {{-1, 0, 0, 0, -1, 0, 0, 0, 1}}};
    for (int i = 0; i < 3; i++)
        assert_m3_near(sp_quat_to_m3(sp_quat_from_m3(half[i])), half[i], 1e-15);
    sp_quat identity = sp_quat_unit((sp_quat){0, 0, 0, 0});
    assert_near(identity.w, 1, 0);
    // A quarter turn about z takes x to y.
    sp_quat quarter = {2, 0, 0, 2};
    assert_v3_near(sp_m3_apply(sp_quat_to_m3(quarter), sp_v3(1, 0, 0)), sp_v3(0, 1, 0), 1e-15);
}

static void slerp_runs_evenly_along_the_shorter_arc(void **state)
{
    (void)state;
    sp_vec3 axis = sp_v3_unit(sp_v3(1, -2, 0.5));
    for (int sign = -1; sign <= 1; sign += 2) {
        for (int i = 0; i <= 10; i++) {
            sp_quat from = {1, 0, 0, 0};
            sp_quat to = sp_quat_from_m3(sp_rodrigues_to_m3(sp_v3_scale(axis, 2.4)));
            to = (sp_quat){sign * to.w, sign * to.x, sign * to.y, sign * to.z};
            sp_mat3 expected = sp_rodrigues_to_m3(sp_v3_scale(axis, 2.4 * i / 10));
            assert_m3_near(sp_quat_to_m3(sp_quat_slerp(from, to, i / 10.0)), expected, 1e-14);
        }
    }
    sp_quat q = sp_quat_slerp((sp_quat){1, 0, 0, 0}, (sp_quat){1, 1e-12, 0, 0}, 0.5);
    assert_near(q.x, 5e-13, 1e-20);
}

static double distance(sp_mat3 a, sp_mat3 b)
{
    double sum = 0;
    for (int i = 0; i < 9; i++)
        sum += (a.m[i] - b.m[i]) * (a.m[i] - b.m[i]);
    return sum;
}

// The nearest rotation has no nearer one beside it, for any matrix: regular, mirrored or singular.
static void nearest_rotation_has_none_nearer(void **state)
{
    (void)state;
    sp_rng rng = sp_rng_seed(6, 0);
    for (int i = 0; i < 100; i++) {
        sp_mat3 a = random_matrix(&rng);
        if (i % 4 == 0)
            a.m[6] = a.m[7] = a.m[8] = 0;
        sp_mat3 nearest = sp_m3_nearest_rotation(a);
        assert_near(sp_m3_rotation_error(nearest), 0, 1e-13);
        for (int k = 0; k < 50; k++) {
            double size = k % 2 ? 1e-3 : 2;
            sp_mat3 turn = sp_rodrigues_to_m3(sp_v3_scale(random_vector(&rng), size));
            assert_true(distance(a, sp_m3_mul(turn, nearest)) >= distance(a, nearest) - 1e-12);
        }
    }
    sp_mat3 r = sp_rodrigues_to_m3(sp_v3(0.1, 2, -1)), scaled = r;
    for (int i = 0; i < 9; i++)
        scaled.m[i] *= 3.5;
    assert_m3_near(sp_m3_nearest_rotation(scaled), r, 1e-14);
}

static void rotation_error_sees_mirrors_and_scale(void **state)
{
    (void)state;
    assert_near(sp_m3_rotation_error(sp_m3_identity()), 0, 0);
    assert_true(isinf(sp_m3_rotation_error((sp_mat3){{-1, 0, 0, 0, 1, 0, 0, 0, 1}})));
    assert_near(sp_m3_rotation_error((sp_mat3){{1.1, 0, 0, 0, 1, 0, 0, 0, 1}}), 0.21, 1e-12);
    assert_true(isinf(sp_m3_rotation_error((sp_mat3){{NAN, 0, 0, 0, 1, 0, 0, 0, 1}})));
}

static void look_at_puts_the_target_ahead_and_up_upwards(void **state)
{
    (void)state;
    sp_vec3 eye = sp_v3(3, -4, 2), target = sp_v3(0, 1, 1), up = sp_v3(0, 0, 1);
    sp_mat3 m = sp_look_at(eye, target, up);
    assert_near(sp_m3_rotation_error(m), 0, 1e-14);
    sp_vec3 seen = sp_m3_apply(m, sp_v3_sub(target, eye));
    assert_v3_near(seen, sp_v3(0, 0, sqrt(35)), 1e-13);
    sp_vec3 above = sp_m3_apply(m, up);
    assert_near(above.x, 0, 1e-15); // the horizon is level
    assert_true(above.y < 0);       // y points down
    // Down the axis of `up`, and at the eye itself, it is still a rotation.
    assert_near(sp_m3_rotation_error(sp_look_at(sp_v3(0, 0, 5), sp_v3(0, 0, 0), up)), 0, 1e-14);
    assert_near(sp_m3_rotation_error(sp_look_at(eye, eye, up)), 0, 1e-14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_follow_the_definition),
        cmocka_unit_test(inverse_undoes),
        cmocka_unit_test(rotations_turn_as_rodrigues_says),
        cmocka_unit_test(quaternions_compose_like_matrices),
        cmocka_unit_test(slerp_runs_evenly_along_the_shorter_arc),
        cmocka_unit_test(nearest_rotation_has_none_nearer),
        cmocka_unit_test(rotation_error_sees_mirrors_and_scale),
        cmocka_unit_test(look_at_puts_the_target_ahead_and_up_upwards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
