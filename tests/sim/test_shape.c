// Surfaces and skin: closed, where the shape is, and moved rigidly by rigid motion.
#include "../support.h"

#include "../../src/sim/body.h"
#include "../../src/sim/motion.h"

#include <math.h>
#include <string.h>

static double ball(const void *context, sp_vec3 p)
{
    (void)context;
    return sp_v3_norm(sp_v3_sub(p, sp_v3(0.02, -0.01, 0.03))) - 0.2;
}

static void test_ball(void **state)
{
    (void)state;
    sim_mesh mesh = {0};
    assert_true(sim_mesh_surface(&mesh, ball, NULL, sp_v3(-0.3, -0.3, -0.3), sp_v3(0.3, 0.3, 0.3), 0.02, 0) >=
                0);
    double volume = 0;
    for (int v = 0; v < mesh.vertices; v++) {
        const float *p = mesh.position + 3 * v, *n = mesh.normal + 3 * v;
        sp_vec3 d = sp_v3(p[0] - 0.02, p[1] + 0.01, p[2] - 0.03);
        assert_true(fabs(sp_v3_norm(d) - 0.2) < 1e-4);
        assert_true(sp_v3_dot(sp_v3_unit(d), sp_v3(n[0], n[1], n[2])) > 0.9999);
    }
    // By the divergence theorem: positive when triangles face outwards, and the ball's volume when closed.
    for (int t = 0; t < mesh.triangles; t++) {
        sp_vec3 c[3];
        for (int k = 0; k < 3; k++) {
            const float *p = mesh.position + 3 * mesh.index[3 * t + k];
            c[k] = sp_v3(p[0], p[1], p[2]);
        }
        volume += sp_v3_dot(c[0], sp_v3_cross(c[1], c[2])) / 6;
    }
    assert_true(fabs(volume / (4.0 / 3 * M_PI * 0.008) - 1) < 0.01);
    assert_int_equal(mesh.vertices - mesh.triangles / 2, 2); // Euler: V - E + F with E = 3/2 F
    sim_mesh_free(&mesh);
}

static void test_skin(void **state)
{
    (void)state;
    sim_body body;
    assert_true(sim_body_build(&body, SIM_OUTFIT_SKIER) >= 0);
    size_t count = (size_t)body.mesh.vertices;
    for (size_t v = 0; v < count; v++) {
        double sum = 0;
        for (int i = 0; i < SIM_INFLUENCES; i++)
            sum += body.weight[SIM_INFLUENCES * v + (size_t)i];
        assert_true(fabs(sum - 1) < 1e-5);
    }
    // All bones turned and moved together: the skin follows exactly.
    sim_pose pose;
    sp_mat3 turn = sp_rodrigues_to_m3(sp_v3(0.7, -1.9, 0.4));
    sp_vec3 shift = sp_v3(3, -2, 1);
    for (int i = 0; i < SIM_BONES; i++) {
        pose.rotation[i] = turn;
        pose.position[i] = sp_v3_add(sp_m3_apply(turn, sim_bones[i].head), shift);
    }
    float *position = calloc(count * 3 + 1, sizeof(float)), *normal = calloc(count * 3, sizeof(float));
    sim_body_pose(position, normal, &body, &pose);
    for (size_t v = 0; v < count; v++) {
        const float *p = body.mesh.position + 3 * v, *n = body.mesh.normal + 3 * v;
        sp_vec3 wanted = sp_v3_add(sp_m3_apply(turn, sp_v3(p[0], p[1], p[2])), shift),
                facing = sp_m3_apply(turn, sp_v3(n[0], n[1], n[2]));
        assert_true(sp_v3_norm(sp_v3_sub(
                        wanted, sp_v3(position[3 * v], position[3 * v + 1], position[3 * v + 2]))) < 1e-5);
        assert_true(
            sp_v3_norm(sp_v3_sub(facing, sp_v3(normal[3 * v], normal[3 * v + 1], normal[3 * v + 2]))) < 1e-5);
    }
    // A person: about 1.75 m tall and 1.4 m across the gloves at rest, boots on, helmet up to 8 cm more.
    float low = 9, high = -9;
    for (size_t v = 0; v < count; v++) {
        low = fminf(low, body.mesh.position[3 * v + 2]);
        high = fmaxf(high, body.mesh.position[3 * v + 2]);
    }
    assert_true(high > 1.74f && high < 1.84f && low > -0.05f);
    free(position);
    free(normal);
    sim_body_free(&body);
}

static void test_flight(void **state)
{
    (void)state;
    for (int kind = SIM_MOTION_AERIALS; kind <= SIM_MOTION_COURT; kind++) {
        sim_motion *motion;
        assert_true(sim_motion_open(&motion, (sim_motion_kind)kind) >= 0);
        sim_flight flight = sim_motion_flight(motion);
        sim_pose pose;
        for (double f = 0; f < 1; f += 0.05) {
            double t = f * flight.end_s;
            sim_motion_pose(&pose, motion, t);
            sp_vec3 c = sim_pose_mass_center(&pose);
            assert_true(fabs(c.z - (flight.center.z + flight.velocity.z * t - 0.5 * 9.81 * t * t)) < 1e-9);
            assert_true(fabs(c.x - (flight.center.x + flight.velocity.x * t)) < 1e-9);
            for (int i = 0; i < SIM_BONES; i++)
                assert_true(sp_m3_rotation_error(pose.rotation[i]) < 1e-9);
        }
        // No leap at take-off and landing.
        for (int e = 0; e < 2; e++) {
            sim_pose after;
            double t = e ? flight.end_s : 0;
            sim_motion_pose(&pose, motion, t - 1e-7);
            sim_motion_pose(&after, motion, t + 1e-7);
            for (int i = 0; i < SIM_BALL; i++)
                assert_true(sp_v3_norm(sp_v3_sub(pose.position[i], after.position[i])) < 2e-3);
        }
        sim_motion_close(&motion);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ball), cmocka_unit_test(test_skin),
                                       cmocka_unit_test(test_flight)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
