// A textured ellipsoid that flies past cameras whose clocks differ: its velocity, and how little is lost
// against the same cameras at one time.
#include "../../src/recon/optimise/flow.h"
#include "../../src/recon/body/motion.h"
#include "shoot.h"

static const sp_vec3 VELOCITY = {11, -5, 3};
// Within a quarter of a frame at 30 frames a second, in no order.
static const double DT[VIEWS] = {0.004, -0.006, 0.008, 0.001, -0.008, 0.006, -0.002, -0.004};

static void test_rounded_times_are_one_time(void **state)
{
    (void)state;
    sp_view views[3] = {{.dt_s = 0.0134}, {.dt_s = 0.0129}, {.dt_s = 0.0138}};
    assert_false(recon_motion_matters(views, 3));
    views[1].dt_s = 0.011;
    assert_true(recon_motion_matters(views, 3));
}

static void test_the_whole_has_its_velocity(void **state)
{
    (void)state;
    shoot s;
    recon_scene scene;
    double velocity[3];
    shoot_open(&s, VELOCITY, DT);
    assert_true(recon_motion_matters(s.views, VIEWS));
    assert_int_equal(recon_scene_open(&scene, s.views, VIEWS, NULL, NULL), SP_OK);
    assert_int_equal(recon_motion_whole(velocity, &scene, s.views, &(recon_scene){0}, NULL, NULL, NULL),
                     SP_OK);
    assert_true(fabs(velocity[0] - VELOCITY.x) < 1 && fabs(velocity[1] - VELOCITY.y) < 1 &&
                fabs(velocity[2] - VELOCITY.z) < 1);
    // What moves with it stands in the shifted cameras where it is at the instant.
    recon_motion_shift(&scene, s.views, (double[3]){VELOCITY.x, VELOCITY.y, VELOCITY.z});
    for (int v = 0; v < VIEWS; v++) {
        sp_vec2 there, here;
        sp_vec3 then = sp_v3_add(BODY.centre, sp_v3_scale(VELOCITY, DT[v]));
        assert_true(sp_camera_project(&there, &s.views[v].camera, then));
        assert_true(sp_camera_project(&here, &scene.views[v].full, BODY.centre));
        assert_true(hypot(there.x - here.x, there.y - here.y) < 1e-6);
    }
    recon_scene_close(&scene);
    shoot_close(&s);
}

static double reconstruct(bool are_apart, double mean_velocity[3])
{
    shoot s;
    sp_splat_cloud cloud;
    sp_recon_report report;
    sp_recon_params p = shoot_params(150);
    shoot_open(&s, VELOCITY, are_apart ? DT : NULL);
    assert_int_equal(sp_recon_athlete(&cloud, &report, s.views, VIEWS, NULL, &p, NULL, NULL), SP_OK);
    size_t first = (size_t)report.floor.shadow_splats; // what lies on the floor stands still
    sp_recon_report_free(&report);
    double psnr = shoot_judge(&s, &cloud);
    assert_true((cloud.velocity != NULL) == are_apart);
    for (size_t a = 0; cloud.velocity && a < 3; a++) {
        mean_velocity[a] = 0;
        for (size_t i = first; i < cloud.count; i++)
            mean_velocity[a] +=
                (double)cloud.velocity[a * cloud.capacity + i] / (double)(cloud.count - first);
    }
    sp_splat_cloud_free(&cloud);
    shoot_close(&s);
    return psnr;
}

static void test_clocks_apart_cost_little(void **state)
{
    (void)state;
    double velocity[3], together = reconstruct(false, NULL), apart = reconstruct(true, velocity);
    print_message(
        "unseen view: %.2f dB at one time, %.2f dB a quarter of a frame apart, velocity %.2f %.2f %.2f\n",
        together, apart, velocity[0], velocity[1], velocity[2]);
    assert_true(apart > together - 0.5);
    assert_true(fabs(velocity[0] - VELOCITY.x) < 0.5 && fabs(velocity[1] - VELOCITY.y) < 0.5 &&
                fabs(velocity[2] - VELOCITY.z) < 0.5);
}

// The mean of the light of moments over the exposure; the matte has what was there for a fifth of it.
static void blur_view(shoot *s, int v, double exposure_s)
{
    enum { MOMENTS = 8 };
    double *light = sp_calloc(3 * W * H, sizeof *light), *share = sp_calloc(W * H, sizeof *share);
    for (int k = 0; k < MOMENTS; k++) {
        static shoot one;
        double dt = s->views[v].dt_s + exposure_s * ((k + 0.5) / MOMENTS - 0.5);
        shoot_view(&one, v, &s->views[v].camera, VELOCITY, dt);
        for (int i = 0; i < 3 * W * H; i++)
            light[i] += (double)sp_srgb_to_linear((float)one.images[v].data[i] / 255) / MOMENTS;
        for (int i = 0; i < W * H; i++)
            share[i] += (double)one.mattes[v].data[i] / MOMENTS;
        shoot_close(&one);
        one = (shoot){0};
    }
    for (int i = 0; i < 3 * W * H; i++)
        s->images[v].data[i] = (uint8_t)(255 * sp_srgb_from_linear((float)light[i]) + 0.5f);
    for (int i = 0; i < W * H; i++)
        s->mattes[v].data[i] = share[i] > 0.2 ? 1 : 0;
    s->views[v].exposure_s = exposure_s;
    free(light);
    free(share);
}

// A sixtieth of a second smears the body over twelve pixels.
static void test_a_shutter_leaves_little_blur(void **state)
{
    (void)state;
    const double exposure_s = 1.0 / 60;
    shoot s, around[2];
    sp_view neighbours[2 * VIEWS];
    double psnr[2];
    shoot_open(&s, VELOCITY, NULL);
    for (int v = 0; v < VIEWS; v++)
        blur_view(&s, v, exposure_s);
    for (int side = 0; side < 2; side++) {
        double dt_s[VIEWS];
        for (int v = 0; v < VIEWS; v++)
            dt_s[v] = (side ? 1 : -1) / 30.0;
        shoot_open(&around[side], VELOCITY, dt_s);
        for (int v = 0; v < VIEWS; v++)
            neighbours[side * VIEWS + v] = around[side].views[v];
    }
    for (int knows = 0; knows < 2; knows++) {
        sp_splat_cloud cloud;
        sp_recon_params p = shoot_params(60);
        p.neighbours = knows ? neighbours : NULL;
        p.neighbour_count = knows ? 2 * VIEWS : 0;
        p.before_count = knows ? VIEWS : 0;
        assert_int_equal(sp_recon_athlete(&cloud, NULL, s.views, VIEWS, NULL, &p, NULL, NULL), SP_OK);
        psnr[knows] = shoot_judge(&s, &cloud);
        assert_true((cloud.velocity != NULL) == knows);
        sp_splat_cloud_free(&cloud);
    }
    print_message("unseen view of a blurred body: %.2f dB as it is, %.2f dB knowing the shutter\n", psnr[0],
                  psnr[1]);
    assert_true(psnr[1] > psnr[0] + 2);
    for (int side = 0; side < 2; side++)
        shoot_close(&around[side]);
    shoot_close(&s);
}

// Nodes give back a velocity that is linear in space, and step against a gradient.
static void test_a_flow_is_linear_between_its_nodes(void **state)
{
    (void)state;
    recon_flow flow;
    sp_splat_cloud cloud, gradient;
    const double low[3] = {-0.3, -0.2, 0}, high[3] = {0.4, 0.3, 1.7};
    assert_int_equal(recon_flow_init(&flow, low, high, 0.15), SP_OK);
    size_t n = (size_t)flow.size[0] * (size_t)flow.size[1] * (size_t)flow.size[2];
    for (size_t i = 0; i < n; i++) {
        double x = flow.origin[0] + 0.15 * (double)(i % (size_t)flow.size[0]);
        flow.velocity[i] = (float)(2 * x + 1);
    }
    assert_int_equal(sp_splat_cloud_init(&cloud, 50, 0), SP_OK);
    assert_int_equal(sp_splat_cloud_init(&gradient, 50, 0), SP_OK);
    assert_int_equal(sp_splat_cloud_move(&cloud), SP_OK);
    cloud.count = gradient.count = 50;
    sp_rng rng = sp_rng_seed(3, 1);
    for (int a = 0; a < 3; a++)
        for (size_t i = 0; i < 50; i++) {
            sp_splat_row(&cloud, a)[i] = (float)(low[a] + sp_rng_uniform(&rng) * (high[a] - low[a]));
            sp_splat_row(&gradient, a)[i] = a == 2 ? 1 : 0;
        }
    recon_flow_sample(&cloud, &flow, NULL);
    for (size_t i = 0; i < 50; i++) {
        assert_float_equal(cloud.velocity[i], 2 * sp_splat_row(&cloud, 0)[i] + 1, 1e-5);
        assert_float_equal(cloud.velocity[cloud.capacity + i], 0, 1e-6);
    }
    recon_flow_gather(&flow, &cloud, &gradient, -0.01);
    recon_flow_step(&flow, 0.1, 0);
    recon_flow_sample(&cloud, &flow, NULL);
    for (size_t i = 0; i < 50; i++) {
        assert_true(cloud.velocity[2 * cloud.capacity + i] > 0.01f);
        assert_float_equal(cloud.velocity[i], 2 * sp_splat_row(&cloud, 0)[i] + 1, 1e-5);
    }
    sp_splat_cloud_free(&cloud);
    sp_splat_cloud_free(&gradient);
    recon_flow_free(&flow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rounded_times_are_one_time),
        cmocka_unit_test(test_the_whole_has_its_velocity),
        cmocka_unit_test(test_a_flow_is_linear_between_its_nodes),
        cmocka_unit_test(test_clocks_apart_cost_little),
        cmocka_unit_test(test_a_shutter_leaves_little_blur),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
