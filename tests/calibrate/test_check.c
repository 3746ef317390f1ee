// The check of a rig on scenes cast here, ray by ray: spheres for silhouettes, a patterned floor for corners.
// A camera is then knocked by a known angle, and has to be named with the number of pixels that follows from
// it.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <stillpoint/calibrate.h>

enum { VIEWS = 8, WIDTH = 480, HEIGHT = 360 };

typedef struct scene {
    sp_camera cameras[VIEWS]; // the true ones
    sp_image8 images[VIEWS];
    sp_image mattes[VIEWS];
    sp_view views[VIEWS];
} scene;

static const struct {
    sp_vec3 center;
    double radius;
} BALLS[] = {
    {{0, 0, 1.0}, 0.35}, {{0.3, 0.15, 1.5}, 0.2}, {{-0.25, 0.1, 0.5}, 0.25}, {{0.45, -0.3, 0.9}, 0.12}};

static sp_camera camera_at(int index)
{
    double angle = index * 2 * M_PI / VIEWS * 0.8; // an open ring
    sp_vec3 eye = {4 * cos(angle), 4 * sin(angle), 1.4 + 0.5 * (index % 2)};
    sp_camera c = {
        .width = WIDTH, .height = HEIGHT, .fx = 500, .fy = 500, .cx = 243.5, .cy = 176.25, .residual_px = -1};
    snprintf(c.id, sizeof c.id, "cam%02d", index + 1);
    if (index % 3 == 0) {
        c.lens = SP_LENS_BROWN;
        memcpy(c.distortion, (double[5]){-0.12, 0.03, 0.001, -0.0005, 0}, sizeof c.distortion);
    }
    c.rotation = sp_look_at(eye, sp_v3(0, 0, 0.9), sp_v3(0, 0, 1));
    c.translation = sp_v3_scale(sp_m3_apply(c.rotation, eye), -1);
    return c;
}

// Turn a camera where it stands, about its own axes (radians): the picture does not know.
static void knock(sp_camera *c, sp_vec3 turn)
{
    sp_vec3 eye = sp_camera_center(c);
    c->rotation = sp_m3_mul(sp_rodrigues_to_m3(turn), c->rotation);
    c->translation = sp_v3_scale(sp_m3_apply(c->rotation, eye), -1);
}

static bool meets_ball(sp_vec3 eye, sp_vec3 d)
{
    for (size_t i = 0; i < sizeof BALLS / sizeof *BALLS; i++) {
        sp_vec3 to = sp_v3_sub(BALLS[i].center, eye);
        double along = sp_v3_dot(to, d), off2 = sp_v3_dot(to, to) - along * along;
        if (along > 0 && off2 < BALLS[i].radius * BALLS[i].radius)
            return true;
    }
    return false;
}

static double hash(int x, int y)
{
    uint32_t h = (uint32_t)x * 374761393u + (uint32_t)y * 668265263u;
    h = (h ^ (h >> 13)) * 1274126177u;
    return (double)((h ^ (h >> 16)) & 0xffff) / 65535;
}

// Tiles of random grey, 12 cm wide.
static double floor_pattern(sp_vec3 p)
{
    return hash((int)floor(p.x / 0.12), (int)floor(p.y / 0.12));
}

static uint8_t shade(const sp_camera *c, double x, double y)
{
    double sum = 0;
    for (int k = 0; k < 4; k++) { // 4 samples a pixel
        sp_vec3 eye = sp_camera_center(c), d;
        if (!sp_camera_ray(&d, c, (sp_vec2){x + (k % 2 + 0.5) / 2, y + (k / 2 + 0.5) / 2}))
            continue;
        sum += d.z < -0.02 ? floor_pattern(sp_v3_add(eye, sp_v3_scale(d, -eye.z / d.z))) : 0.5;
    }
    return (uint8_t)(sum / 4 * 255);
}

// Cast once; tests take what they need of it.
static scene all;

static int cast_all(void **state)
{
    (void)state;
    for (int i = 0; i < VIEWS; i++) {
        all.cameras[i] = camera_at(i);
        if (sp_image8_init(&all.images[i], WIDTH, HEIGHT, 3) ||
            sp_image_init(&all.mattes[i], WIDTH, HEIGHT, 1))
            return -1;
        sp_vec3 eye = sp_camera_center(&all.cameras[i]), d;
        for (int y = 0; y < HEIGHT; y++)
            for (int x = 0; x < WIDTH; x++) {
                memset(all.images[i].data + 3 * (y * WIDTH + x), shade(&all.cameras[i], x, y), 3);
                all.mattes[i].data[y * WIDTH + x] =
                    sp_camera_ray(&d, &all.cameras[i], (sp_vec2){x + 0.5, y + 0.5}) && meets_ball(eye, d);
            }
    }
    return 0;
}

static int free_all(void **state)
{
    (void)state;
    for (int i = 0; i < VIEWS; i++) {
        sp_image8_free(&all.images[i]);
        sp_image_free(&all.mattes[i]);
    }
    return 0;
}

static void make(scene *s, bool has_floor, bool has_balls)
{
    *s = all;
    for (int i = 0; i < VIEWS; i++)
        s->views[i] = (sp_view){.camera = s->cameras[i],
                                .image = has_floor ? &all.images[i] : NULL,
                                .matte = has_balls ? &all.mattes[i] : NULL};
}

static sp_rig_check_report check(scene *s, int threads)
{
    sp_rig_check_report report;
    sp_pool *pool;
    assert_int_equal(sp_pool_open(&pool, threads), 0);
    sp_check_params params = sp_check_params_default();
    params.voxels = 80; // enough for pictures of this size
    if (sp_rig_check(&report, s->views, VIEWS, &params, pool, NULL))
        fail_msg("%s", sp_error_text());
    sp_pool_close(&pool);
    return report;
}

static void assert_only(const sp_rig_check_report *report, int culprit)
{
    for (int i = 0; i < report->count; i++)
        if (report->cameras[i].is_suspect != (i == culprit))
            fail_msg("camera %d: suspect %d; %s", i + 1, report->cameras[i].is_suspect, report->verdict);
    if (culprit >= 0) {
        char id[16];
        snprintf(id, sizeof id, "cam%02d", culprit + 1);
        assert_int_equal(report->worst, culprit);
        assert_non_null(strstr(report->verdict, id));
    }
}

static void test_silhouettes(void **state)
{
    (void)state;
    scene s;
    make(&s, false, true);
    sp_rig_check_report report = check(&s, 2);
    assert_only(&report, -1);
    for (int i = 0; i < VIEWS; i++) {
        assert_true(report.cameras[i].is_checked);
        assert_true(report.cameras[i].agreement > 0.8);
        assert_true(report.cameras[i].explained > 0.97);
        assert_true(hypot(report.cameras[i].shift_x, report.cameras[i].shift_y) < 2);
    }
    sp_rig_check_report_free(&report);

    // A yaw of 1.2 degrees moves the middle of the picture by 500 px * tan(1.2 degrees) = 10.5 px.
    knock(&s.views[3].camera, sp_v3(0, 1.2 * M_PI / 180, 0));
    report = check(&s, 2);
    assert_only(&report, 3);
    assert_true(fabs(fabs(report.cameras[3].shift_x) - 10.5) < 1.5 && fabs(report.cameras[3].shift_y) < 1.5);
    sp_rig_check_report_free(&report);
}

static void test_corners(void **state)
{
    (void)state;
    scene s;
    make(&s, true, false);
    sp_rig_check_report report = check(&s, 2);
    assert_only(&report, -1);
    for (int i = 0; i < VIEWS; i++) {
        assert_true(report.cameras[i].is_checked);
        assert_true(report.cameras[i].matches > 30);
        assert_true(report.cameras[i].epipolar_px < 0.5);
        assert_true(report.cameras[i].track_px < 0.7);
    }
    assert_non_null(strstr(report.verdict, "agree"));

    // The pictures can be drawn.
    sp_image8 picture;
    assert_int_equal(sp_rig_check_picture(&picture, &report, s.views, VIEWS, 2), 0);
    assert_int_equal(picture.channels, 3);
    sp_image8_free(&picture);
    assert_true(sp_rig_check_picture(&picture, &report, s.views, VIEWS, VIEWS) < 0);
    sp_rig_check_report_free(&report);

    // A pitch, and a yaw that moves corners along their epipolar lines only.
    const sp_vec3 turns[2] = {{1.0 * M_PI / 180, 0, 0}, {0, 1.0 * M_PI / 180, 0}};
    for (int k = 0; k < 2; k++) {
        s.views[4].camera = s.cameras[4];
        knock(&s.views[4].camera, turns[k]);
        report = check(&s, 2);
        assert_only(&report, 4);
        assert_true(report.worst_px > 5 && report.worst_px < 14); // 500 px * tan(1 degree) = 8.7 px
        sp_rig_check_report_free(&report);
    }
}

static void test_threads_do_not_matter(void **state)
{
    (void)state;
    scene s;
    make(&s, true, true);
    sp_rig_check_report one = check(&s, 1), three = check(&s, 3);
    assert_int_equal(one.match_count, three.match_count);
    assert_memory_equal(one.matches, three.matches, sizeof *one.matches * (size_t)one.match_count);
    for (int i = 0; i < VIEWS; i++) {
        assert_true(one.cameras[i].agreement == three.cameras[i].agreement);
        assert_true(one.cameras[i].track_px == three.cameras[i].track_px);
    }
    assert_string_equal(one.verdict, three.verdict);
    sp_json *document = sp_rig_check_json(&one, s.views);
    assert_non_null(document);
    assert_int_equal(sp_json_check_format(document, "stillpoint-rig-check", 1, "report"), 0);
    assert_int_equal(sp_json_length(sp_json_get(document, "cameras")), VIEWS);
    sp_json_free(&document);
    sp_rig_check_report_free(&one);
    sp_rig_check_report_free(&three);
}

static bool stop(void *user, const char *stage, double done, double total)
{
    (void)user, (void)stage, (void)done, (void)total;
    return false;
}

static void test_refused(void **state)
{
    (void)state;
    scene s;
    make(&s, false, true);
    sp_rig_check_report report;
    assert_int_equal(sp_rig_check(&report, s.views, 1, NULL, NULL, NULL), SP_EINVAL);
    sp_progress progress = {.step = stop};
    assert_int_equal(sp_rig_check(&report, s.views, VIEWS, NULL, NULL, &progress), SP_ECANCELLED);
    s.views[2].camera.width = 100;
    assert_int_equal(sp_rig_check(&report, s.views, VIEWS, NULL, NULL, NULL), SP_EINVAL);
    assert_non_null(strstr(sp_error_text(), "cam03"));
    // Nothing in common: said, not judged.
    for (int i = 0; i < VIEWS; i++)
        s.views[i] = (sp_view){.camera = s.cameras[i]};
    assert_int_equal(sp_rig_check(&report, s.views, VIEWS, NULL, NULL, NULL), 0);
    assert_int_equal(report.worst, -1);
    assert_non_null(strstr(report.verdict, "nothing could be measured"));
    sp_rig_check_report_free(&report);
}

static void test_map(void **state)
{
    (void)state;
    char folder[] = "/tmp/stillpoint-map-XXXXXX";
    assert_non_null(mkdtemp(folder));
    sp_camera cameras[VIEWS];
    bool suspect[VIEWS] = {false, true};
    for (int i = 0; i < VIEWS; i++)
        cameras[i] = camera_at(i);
    sp_rig rig = {.cameras = cameras, .count = VIEWS, .scale = 1, .up = "z"};
    char *svg = sp_path_join(folder, "map.svg"), *png = sp_path_join(folder, "map.png"), *text;
    size_t size;
    assert_int_equal(sp_rig_draw_map(&rig, suspect, svg), 0);
    assert_int_equal(sp_rig_draw_map(&rig, NULL, png), 0);
    assert_int_equal(sp_file_read(&text, &size, svg, 1 << 24), 0);
    assert_non_null(strstr(text, "<svg"));
    int width, height;
    assert_int_equal(sp_image_probe(&width, &height, png), 0);
    assert_true(width >= 1000 && height >= 1000);
    assert_int_equal(sp_rig_draw_map(&rig, NULL, "map.bmp"), SP_EINVAL);
    cameras[3].fx = NAN;
    assert_int_equal(sp_rig_draw_map(&rig, NULL, png), SP_EINVAL);
    assert_non_null(strstr(sp_error_text(), "cam04"));
    free(text);
    free(svg);
    free(png);
    sp_folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_silhouettes),
        cmocka_unit_test(test_corners),
        cmocka_unit_test(test_threads_do_not_matter),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_map),
    };
    return cmocka_run_group_tests(tests, cast_all, free_all);
}
