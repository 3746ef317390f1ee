// Real calibrations in the shared data (skipped where they are not at hand), held against pictures and
// against each other.
#include "testing.h"

#include <stillpoint/image.h>

static sp_rig import(const char *format, const char *name)
{
    sp_rig rig;
    char *path = test_shared(name);
    assert_ok(sp_rig_import(&rig, format, path, NULL));
    free(path);
    return rig;
}

static void test_colmap_and_nerfstudio_agree(void **state)
{
    (void)state;
    sp_rig a = import(NULL, "data/gt_dev/colmap"), b = import(NULL, "data/gt_dev/transforms.json");
    assert_int_equal(a.count, 16);
    assert_int_equal(b.count, 16);
    for (int i = 0; i < a.count; i++) {
        const sp_camera *p = &a.cameras[i], *q = sp_rig_find(&b, p->id);
        assert_non_null(q);
        assert_int_equal(p->width, q->width);
        assert_near(p->fx, q->fx, 1e-6); // COLMAP's file carries 6 decimals
        for (int k = 0; k < 9; k++)
            assert_near(p->rotation.m[k], q->rotation.m[k], 1e-9);
        assert_near(sp_v3_norm(sp_v3_sub(p->translation, q->translation)), 0, 1e-9);
    }
    assert_non_null(strstr(b.images[0], "feeds/cam01.mp4"));
    assert_true(sp_file_exists(b.images[0]));
    sp_rig_free(&a);
    sp_rig_free(&b);
}

// The model's points are coloured from the plates: projected, each must find its colour in some plate.
static void test_points_meet_the_plates(void **state)
{
    (void)state;
    sp_rig rig = import("colmap", "data/gt_dev/colmap");
    char *path = test_shared("data/gt_dev/colmap"), *plates = test_shared("data/gt_dev/plates");
    double *xyz;
    uint8_t *rgb;
    int64_t count;
    assert_ok(sp_colmap_points(&xyz, &rgb, &count, path, NULL));
    assert_true(count > 500);
    float *best = sp_calloc((size_t)count, sizeof *best);
    for (int64_t i = 0; i < count; i++)
        best[i] = 1e9f;
    int seen = 0, close = 0;
    for (int c = 0; c < rig.count; c++) {
        char *name = sp_format("%s/%s.png", plates, rig.cameras[c].id);
        sp_image8 plate;
        assert_ok(sp_image8_load(&plate, name, false));
        free(name);
        for (int64_t i = 0; i < count; i++) {
            sp_vec2 px;
            if (!sp_camera_project(&px, &rig.cameras[c], sp_v3(xyz[3 * i], xyz[3 * i + 1], xyz[3 * i + 2])) ||
                px.x < 0 || px.y < 0 || px.x >= plate.width || px.y >= plate.height)
                continue;
            const uint8_t *p = plate.data + 3 * ((int)px.y * plate.width + (int)px.x);
            float worst = 0;
            for (int k = 0; k < 3; k++)
                worst = fmaxf(worst, (float)abs(p[k] - rgb[3 * i + k]));
            best[i] = fminf(best[i], worst);
        }
        sp_image8_free(&plate);
    }
    for (int64_t i = 0; i < count; i++) {
        seen += best[i] < 1e8f;
        close += best[i] <= 4;
    }
    assert_true(seen > (int)count * 9 / 10);
    assert_true(close > seen * 97 / 100);
    free(best);
    free(xyz);
    free(rgb);
    free(path);
    free(plates);
    sp_rig_free(&rig);
}

static void test_depth_meets_the_true_surface(void **state)
{
    (void)state;
    // Every pixel of the athlete's true depth, thrown back into the world through one evaluation camera, must
    // land on the athlete in another one's mask (which sees the same body from elsewhere).
    sp_rig rig = import("nerfstudio", "data/gt_dev/transforms.json");
    char *depth_path = test_shared("data/gt_dev/gt/eval01_09_depth_mm.png");
    char *mask_path = test_shared("data/gt_dev/gt/eval01_09_mask.png");
    char *other_path = test_shared("data/gt_dev/gt/eval03_09_mask.png");
    sp_image depth, mask, other;
    assert_ok(sp_image_load_grey(&depth, depth_path, true));
    assert_ok(sp_image_load_grey(&mask, mask_path, false));
    assert_ok(sp_image_load_grey(&other, other_path, false));
    const sp_camera *from = sp_rig_find(&rig, "eval01"), *to = sp_rig_find(&rig, "eval03");
    int tried = 0, inside = 0;
    for (int y = 0; y < depth.height; y++) {
        for (int x = 0; x < depth.width; x++) {
            if (mask.data[y * mask.width + x] < 0.99f)
                continue;
            double z = depth.data[y * depth.width + x] / 1000;
            sp_vec3 d, forward = {from->rotation.m[6], from->rotation.m[7], from->rotation.m[8]};
            sp_vec2 px;
            assert_true(sp_camera_ray(&d, from, (sp_vec2){x + 0.5, y + 0.5}));
            sp_vec3 p = sp_v3_add(sp_camera_center(from), sp_v3_scale(d, z / sp_v3_dot(d, forward)));
            assert_true(sp_camera_project(&px, to, p));
            int u = (int)px.x, v = (int)px.y;
            tried++;
            inside += u >= 0 && v >= 0 && u < other.width && v < other.height &&
                      other.data[v * other.width + u] > 0.2f;
        }
    }
    assert_true(tried > 1000);
    assert_true(inside > tried * 97 / 100);
    sp_image_free(&depth);
    sp_image_free(&mask);
    sp_image_free(&other);
    free(depth_path);
    free(mask_path);
    free(other_path);
    sp_rig_free(&rig);
}

static void test_qualisys(void **state)
{
    (void)state;
    sp_rig rig = import(NULL, "data/pose2sim/Demo_SinglePerson/calibration/Calib.qca.txt");
    assert_int_equal(rig.count, 4);
    sp_vec3 focus = sp_rig_focus(&rig);
    // From the data's description: distances from the origin 3.1, 3.2, 4.4, 4.4 m, azimuths -53, 15, 145,
    // -159 degrees, heights 1.7 to 2.1 m; the cameras look at the treadmill in the middle.
    const double distance[] = {3.06, 3.17, 4.44, 4.43}, azimuth[] = {-53, 15, 145, -159};
    for (int i = 0; i < 4; i++) {
        const sp_camera *c = &rig.cameras[i];
        sp_vec3 center = sp_camera_center(c);
        sp_vec2 px;
        assert_int_equal(c->width, 1088);
        assert_int_equal(c->height, 1920);
        assert_near(sp_v3_norm(center), distance[i], 0.1);
        assert_near(atan2(center.y, center.x) * 180 / M_PI, azimuth[i], 1);
        assert_true(center.z > 1.6 && center.z < 2.2);
        // The treadmill lies around the focus, in every picture; up in the world is up in the picture.
        sp_vec2 higher;
        assert_true(sp_camera_project(&px, c, focus));
        assert_true(px.x > 200 && px.x < 888 && px.y > 500 && px.y < 1500);
        assert_true(sp_camera_project(&higher, c, sp_v3_add(focus, sp_v3(0, 0, 0.3))));
        assert_true(higher.y < px.y - 50 && fabs(higher.x - px.x) < 0.5 * (px.y - higher.y));
    }
    assert_string_equal(rig.cameras[3].id, "cam04");
    sp_rig_free(&rig);
}

static void test_caliscope(void **state)
{
    (void)state;
    sp_rig array = import(NULL, "data/caliscope/charuco_calibration/camera_array.toml");
    sp_rig config = import("caliscope", "data/caliscope/charuco_calibration/config.toml");
    assert_int_equal(array.count, 4);
    assert_int_equal(config.count, 4);
    for (int i = 0; i < 4; i++) {
        assert_string_equal(array.cameras[i].id, config.cameras[i].id);
        assert_near(array.cameras[i].fx, config.cameras[i].fx, 0);
        assert_near(sp_v3_norm(sp_v3_sub(array.cameras[i].translation, config.cameras[i].translation)), 0, 0);
    }
    assert_string_equal(array.cameras[2].id, "cam_2");
    assert_near(array.cameras[0].cx, 618.3086297620227 + 0.5, 1e-12);
    assert_near(array.cameras[0].translation.z, 0.6679490544839296, 1e-15);
    assert_near(array.cameras[3].residual_px, 0.329, 0);
    sp_rig_free(&array);
    sp_rig_free(&config);
}

static void test_fox(void **state)
{
    (void)state;
    sp_rig rig = import(NULL, "data/fox");
    assert_int_equal(rig.count, 67); // 50 of the pictures are at hand
    int pictures = 0;
    for (int i = 0; i < rig.count; i++)
        pictures += sp_file_exists(rig.images[i]);
    assert_int_equal(pictures, 50);
    assert_string_equal(rig.cameras[0].id, "0001");
    assert_int_equal(rig.cameras[0].width, 1080);
    assert_int_equal(rig.cameras[0].lens, SP_LENS_BROWN);
    // All of them look at the fox: the focus lies in front of every camera and inside of nearly every
    // picture.
    sp_vec3 focus = sp_rig_focus(&rig);
    int inside = 0;
    for (int i = 0; i < rig.count; i++) {
        sp_vec2 px;
        assert_true(sp_camera_project(&px, &rig.cameras[i], focus));
        inside += px.x > 0 && px.y > 0 && px.x < 1080 && px.y < 1920;
    }
    assert_true(inside >= 60);
    sp_rig_free(&rig);
}

// Projection matrices: our camera has to put points where they do.
static void test_buddha(void **state)
{
    (void)state;
    char *data = test_shared("data/buddha");
    sp_rig rig;
    assert_ok(sp_rig_import(&rig, NULL, data, NULL));
    assert_string_equal(rig.obtained, "matrices");
    assert_int_equal(rig.count, 10);
    for (int i = 0; i < rig.count; i++) {
        double p[12];
        char *name = sp_format("%s/%s_P.txt", data, rig.cameras[i].id);
        FILE *file = fopen(name, "r");
        assert_non_null(file);
        for (int k = 0; k < 12; k++)
            assert_int_equal(fscanf(file, "%lf", &p[k]), 1);
        fclose(file);
        free(name);
        assert_int_equal(rig.cameras[i].width, 2736);
        for (int k = 0; k < 20; k++) {
            sp_vec3 x = {0.2 * sin(k), -0.08 + 0.2 * cos(k), 2.25 + 0.1 * sin(3 * k)};
            double w = p[8] * x.x + p[9] * x.y + p[10] * x.z + p[11];
            sp_vec2 px;
            assert_true(sp_camera_project(&px, &rig.cameras[i], x));
            assert_near(px.x, (p[0] * x.x + p[1] * x.y + p[2] * x.z + p[3]) / w, 1e-3);
            assert_near(px.y, (p[4] * x.x + p[5] * x.y + p[6] * x.z + p[7]) / w, 1e-3);
        }
    }
    sp_rig_free(&rig);
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_colmap_and_nerfstudio_agree),
        cmocka_unit_test(test_points_meet_the_plates),
        cmocka_unit_test(test_depth_meets_the_true_surface),
        cmocka_unit_test(test_qualisys),
        cmocka_unit_test(test_caliscope),
        cmocka_unit_test(test_fox),
        cmocka_unit_test(test_buddha),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
