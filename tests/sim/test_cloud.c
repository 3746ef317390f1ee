// The true surface as splats, against the pictures that sim casts by rays.
#include "sim_support.h"

#include <stillpoint/render.h>

// In mid-air from the first frame on; the cloud's cameras stand all around, of which the take has two.
#define MID_AIR "\"begin_s\":0.58,\"frames\":1,\"feed.kind\":\"images\","
static const char around[] = "{" MID_AIR "\"rig\":{\"size_px\":[640,360],\"cameras\":12}}";
static const char two[] = "{" MID_AIR "\"rig\":{\"size_px\":[640,360],\"cameras\":2},"
                          "\"evaluation\":{\"cameras\":1,\"frames\":[0],\"inputs\":true}}";

static sp_sim *open_scene(const char *overrides)
{
    sp_json *over = NULL;
    sp_sim *sim = NULL;
    assert_int_equal(sp_json_parse(&over, overrides, strlen(overrides), "overrides"), SP_OK);
    assert_int_equal(sp_sim_open(&sim, "aerials", over), SP_OK);
    sp_json_free(&over);
    return sim;
}

static sp_splat_cloud cloud_of(const char *overrides, const sp_sim_cloud_params *params, int threads)
{
    sp_sim *sim = open_scene(overrides);
    sp_pool *pool = NULL;
    sp_splat_cloud cloud;
    assert_int_equal(sp_pool_open(&pool, threads), SP_OK);
    if (sp_sim_cloud(&cloud, sim, params, pool, NULL) < 0)
        fail_msg("%s", sp_error_text());
    sp_pool_close(&pool);
    sp_sim_close(&sim);
    return cloud;
}

// PSNR of the drawn cloud to a cast picture, in the frame and where the athlete is.
static void compare(double psnr[2], const sp_splat_cloud *cloud, const sp_camera *camera, const char *take)
{
    char *name = sp_format("truth/%s_000000.png", camera->id);
    char *mask_path = sp_format("%s/truth/%s_000000_mask.png", take, camera->id);
    sp_image8 bytes = sim_picture(take, name);
    sp_image truth, rgb, mask;
    sp_renderer *renderer = NULL;
    assert_int_equal(sp_image_from8(&truth, &bytes), SP_OK);
    assert_int_equal(sp_image_load_grey(&mask, mask_path, false), SP_OK);
    assert_int_equal(sp_image_init(&rgb, camera->width, camera->height, 3), SP_OK);
    assert_int_equal(sp_renderer_open(&renderer, NULL, NULL), SP_OK);
    sp_render_target target = {.rgb = &rgb};
    assert_int_equal(sp_renderer_draw(renderer, cloud, camera, &target), SP_OK);
    assert_int_equal(sp_psnr(&psnr[0], &truth, &rgb), SP_OK);
    assert_int_equal(sp_psnr_masked(&psnr[1], &truth, &rgb, &mask), SP_OK);
    sp_renderer_close(&renderer);
    sp_image8_free(&bytes);
    sp_image_free(&truth);
    sp_image_free(&rgb);
    sp_image_free(&mask);
    free(name);
    free(mask_path);
}

static void test_a_drawn_cloud_looks_like_the_cast_pictures(void **unused)
{
    (void)unused;
    char *folder = support_folder(), *take = sim_take(folder, "take", "aerials", two, 2);
    sp_sim_cloud_params params = sp_sim_cloud_params_default();
    params.count = 150000;
    sp_splat_cloud cloud = cloud_of(around, &params, 2);
    sp_rig rig;
    sim_rig(&rig, take, "truth/rig.json");
    assert_int_equal(cloud.count, params.count);
    for (int c = 0; c < 2; c++) {
        double psnr[2];
        compare(psnr, &cloud, &rig.cameras[c], take);
        if (psnr[0] < 18 || psnr[1] < 16)
            fail_msg("%s: %.2f dB, the athlete %.2f dB", rig.cameras[c].id, psnr[0], psnr[1]);
    }
    sp_splat_cloud_free(&cloud);
    sp_rig_free(&rig);
    free(take);
    support_folder_end(folder);
}

static void test_same_bits_for_any_number_of_threads(void **unused)
{
    (void)unused;
    sp_sim_cloud_params params = sp_sim_cloud_params_default();
    params.count = 3000;
    sp_splat_cloud one = cloud_of(around, &params, 1), three = cloud_of(around, &params, 3);
    assert_int_equal(one.count, params.count);
    assert_int_equal(three.count, params.count);
    assert_memory_equal(one.data, three.data, (size_t)sp_splat_rows(0) * one.capacity * sizeof *one.data);
    sp_splat_cloud_free(&one);
    sp_splat_cloud_free(&three);
}

// Splats on the flat floor lie at height 0 and face up; the athlete's float above it in mid-air.
static void test_splats_lie_on_the_surface(void **unused)
{
    (void)unused;
    sp_sim_cloud_params params = sp_sim_cloud_params_default();
    params.count = 4000;
    params.athlete = 0.25;
    sp_splat_cloud cloud = cloud_of(around, &params, 2);
    size_t floor = 0;
    for (size_t i = 0; i < cloud.count; i++) {
        sp_vec3 p = {(double)sp_splat_row(&cloud, 0)[i], (double)sp_splat_row(&cloud, 1)[i],
                     (double)sp_splat_row(&cloud, 2)[i]};
        assert_true(sp_v3_norm(p) < 410);
        double w = (double)sp_splat_row(&cloud, SP_ROW_ROTATION)[i];
        bool is_athlete = i >= 3000;
        if (is_athlete)
            assert_true(p.z > 0.5 && p.z < 6 && hypot(p.x, p.y) < 5);
        else if (fabs(p.z) < 1e-4 && fabs(p.x - 4) < 3 && fabs(p.y) < 4) {
            assert_float_equal(w, 1, 1e-5); // no tilt: up
            floor++;
        }
    }
    assert_true(floor > 20);
    sp_splat_cloud_free(&cloud);
}

static void test_bad_parameters_are_named(void **unused)
{
    (void)unused;
    sp_sim *sim = open_scene(around);
    const struct {
        const char *name;
        sp_sim_cloud_params params;
    } bad[] = {{"t_s", {NAN, 10, 0.1, 0.6, 0.9, 1}},
               {"count", {0, 0, 0.1, 0.6, 0.9, 1}},
               {"athlete", {0, 10, 1.5, 0.6, 0.9, 1}},
               {"overlap", {0, 10, 0.1, 0, 0.9, 1}},
               {"opacity", {0, 10, 0.1, 0.6, 1, 1}}};
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        sp_splat_cloud cloud = {0};
        assert_int_equal(sp_sim_cloud(&cloud, sim, &bad[k].params, NULL, NULL), SP_EINVAL);
        assert_non_null(strstr(sp_error_text(), bad[k].name));
        assert_null(cloud.data);
    }
    sp_sim_close(&sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_drawn_cloud_looks_like_the_cast_pictures),
        cmocka_unit_test(test_same_bits_for_any_number_of_threads),
        cmocka_unit_test(test_splats_lie_on_the_surface),
        cmocka_unit_test(test_bad_parameters_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
