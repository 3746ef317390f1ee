// COLMAP models written here, text and binary, and what is refused. Truth: the numbers as written.
#include "testing.h"

static char *folder;

static sp_rig import(const char *format, const sp_import_params *params)
{
    sp_rig rig;
    assert_ok(sp_rig_import(&rig, format, folder, params));
    return rig;
}

static const char CAMERAS[] = "# a comment\n"
                              "1 SIMPLE_PINHOLE 640 480 500 320 240\n"
                              "2 PINHOLE 640 480 500 510 320 240\n"
                              "3 SIMPLE_RADIAL 640 480 500 320 240 -0.1\n"
                              "4 RADIAL 640 480 500 320 240 -0.1 0.02\n"
                              "5 OPENCV 640 480 500 510 320 240 -0.1 0.02 0.001 -0.002\n"
                              "6 OPENCV_FISHEYE 640 480 500 510 320 240 -0.1 0.02 0.001 -0.002\n"
                              "7 FULL_OPENCV 640 480 500 510 320 240 -0.1 0.02 0.001 -0.002 0.003 0 0 0\n"
                              "8 SIMPLE_RADIAL_FISHEYE 640 480 500 320 240 -0.1\n"
                              "9 RADIAL_FISHEYE 640 480 500 320 240 -0.1 0.02\n"
                              "10 FOV 640 480 500 500 320 240 0.9\n";

static void test_text_lenses(void **state)
{
    (void)state;
    char images[2048] = "# comment\n";
    for (int i = 1; i <= 9; i++) {
        char line[200];
        // A quarter turn about z; second lines empty or with points.
        snprintf(line, sizeof line,
                 "%d 0.70710678118654752 0 0 0.70710678118654752 1 2 3 %d set/view %d.jpg\n%s\n", i, i, i,
                 i % 2 ? "" : "10.5 20.5 -1 30 40 7");
        strcat(images, line);
    }
    test_write(folder, "cameras.txt", CAMERAS);
    test_write(folder, "images.txt", images);
    sp_rig rig = import("colmap", NULL);
    assert_int_equal(rig.count, 9);
    const struct {
        sp_lens lens;
        double fy, d[5];
    } want[9] = {
        {SP_LENS_PINHOLE, 500, {0}},
        {SP_LENS_PINHOLE, 510, {0}},
        {SP_LENS_BROWN, 500, {-0.1}},
        {SP_LENS_BROWN, 500, {-0.1, 0.02}},
        {SP_LENS_BROWN, 510, {-0.1, 0.02, 0.001, -0.002}},
        {SP_LENS_FISHEYE, 510, {-0.1, 0.02, 0.001, -0.002}},
        {SP_LENS_BROWN, 510, {-0.1, 0.02, 0.001, -0.002, 0.003}},
        {SP_LENS_FISHEYE, 500, {-0.1}},
        {SP_LENS_FISHEYE, 500, {-0.1, 0.02}},
    };
    for (int i = 0; i < 9; i++) {
        const sp_camera *c = &rig.cameras[i];
        char id[16];
        snprintf(id, sizeof id, "view %d", i + 1);
        assert_string_equal(c->id, id);
        assert_int_equal(c->lens, want[i].lens);
        assert_near(c->fx, 500, 0);
        assert_near(c->fy, want[i].fy, 0);
        assert_near(c->cx, 320, 0); // COLMAP's pixels are ours
        assert_near(c->cy, 240, 0);
        assert_memory_equal(c->distortion, want[i].d, sizeof c->distortion);
        assert_near(c->rotation.m[1], -1, 1e-15);
        assert_near(c->rotation.m[3], 1, 1e-15);
        assert_near(c->translation.z, 3, 0);
    }
    assert_string_equal(rig.obtained, "colmap");
    sp_rig_free(&rig);
}

static void test_text_refused(void **state)
{
    (void)state;
    sp_rig rig = {.count = -5};
    test_write(folder, "cameras.txt", CAMERAS);
    test_write(folder, "images.txt", "1 1 0 0 0 0 0 0 10 a.png\n\n");
    assert_error(sp_rig_import(&rig, "colmap", folder, NULL), "FOV", "camera 10");
    test_write(folder, "images.txt", "1 1 0 0 0 0 0 0 77 a.png\n\n");
    assert_error(sp_rig_import(&rig, "colmap", folder, NULL), "77", "a.png");
    test_write(folder, "images.txt", "1 1 0 0 0 0 0 0 1 a.png\n2 1 0 0 0 0 0 0 1 b.png\n");
    assert_error(sp_rig_import(&rig, "colmap", folder, NULL), "line 2", "2D points");
    test_write(folder, "images.txt", "1 1 0 0 nan 0 0 0 1 a.png\n\n");
    assert_error(sp_rig_import(&rig, "colmap", folder, NULL), "images.txt", "line 1");
    test_write(folder, "images.txt", "1 3 0 0 0 0 0 0 1 a.png\n\n");
    assert_error(sp_rig_import(&rig, "colmap", folder, NULL), "a.png", "quaternion");
    test_write(folder, "images.txt", "");
    assert_error(sp_rig_import(&rig, "colmap", folder, NULL), "no images");
    test_write(folder, "images.txt", "1 1 0 0 0 0 0 0 1 a.png\n\n");
    test_write(folder, "cameras.txt", "1 FULL_OPENCV 640 480 500 510 320 240 0 0 0 0 0 0.5 0 0\n");
    assert_error(sp_rig_import(&rig, "colmap", folder, NULL), "FULL_OPENCV", "0.5");
    test_write(folder, "cameras.txt", "1 PINHOLE 640 480 -500 510 320 240\n");
    assert_error(sp_rig_import(&rig, "colmap", folder, NULL), "camera 'a'", "focal");
    test_write(folder, "cameras.txt", "1 PINHOLE 640 480 500\n");
    assert_error(sp_rig_import(&rig, "colmap", folder, NULL), "cameras.txt", "line 1", "PINHOLE");
    assert_error(sp_rig_import(&rig, "colmap", "/nowhere", NULL), "/nowhere");
    assert_int_equal(rig.count, -5);
}

// ---- Binary, written byte by byte
// ---------------------------------------------------------------------------

static unsigned char bytes[4096];
static size_t size;

static void put(uint64_t value, int count)
{
    for (int i = 0; i < count; i++)
        bytes[size++] = (unsigned char)(value >> (8 * i));
}
static void put_f64(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, 8);
    put(bits, 8);
}
static void write_bytes(const char *name, size_t count)
{
    char *path = sp_path_join(folder, name);
    assert_ok(sp_file_write(path, bytes, count));
    free(path);
}

static void put_cameras(void)
{
    size = 0;
    put(2, 8);
    put(7, 4), put(1, 4), put(640, 8), put(480, 8);
    for (int i = 0; i < 4; i++)
        put_f64((const double[]){500, 510, 321, 239}[i]);
    put(3, 4), put(5, 4), put(640, 8), put(480, 8);
    for (int i = 0; i < 8; i++)
        put_f64((const double[]){400, 401, 320, 240, 0.1, 0.2, 0.3, 0.4}[i]);
}

static void put_image(uint32_t number, uint32_t camera, const char *name, int points)
{
    put(number, 4);
    for (int i = 0; i < 7; i++)
        put_f64((const double[]){0, 1, 0, 0, 0.25, -0.5, 9}[i]);
    put(camera, 4);
    for (const char *c = name; *c; c++)
        put((unsigned char)*c, 1);
    put(0, 1), put((uint64_t)points, 8);
    for (int i = 0; i < points; i++)
        put_f64(i), put_f64(i), put(~(uint64_t)0, 8);
}

static size_t put_images(void)
{
    size = 0;
    put(2, 8);
    put_image(9, 3, "b.png", 3);
    put_image(4, 7, "a.png", 0);
    return size;
}

static void test_binary(void **state)
{
    (void)state;
    test_write(folder, "cameras.txt", "nonsense: the binary files come first");
    put_cameras();
    write_bytes("cameras.bin", size);
    put_images();
    write_bytes("images.bin", size);
    test_write(folder, "rigs.bin", "newer COLMAPs add this");
    sp_rig rig = import(NULL, NULL);
    assert_int_equal(rig.count, 2);
    assert_string_equal(rig.cameras[0].id, "a"); // by image number
    assert_near(rig.cameras[0].fy, 510, 0);
    assert_near(rig.cameras[0].rotation.m[4], -1, 0);
    assert_near(rig.cameras[0].rotation.m[0], 1, 0);
    assert_near(rig.cameras[0].translation.y, -0.5, 0);
    assert_int_equal(rig.cameras[1].lens, SP_LENS_FISHEYE);
    assert_near(rig.cameras[1].distortion[3], 0.4, 0);
    sp_rig_free(&rig);
    size_t whole = put_images();
    for (size_t cut = 0; cut < whole; cut++) {
        write_bytes("images.bin", cut);
        assert_error(sp_rig_import(&rig, "colmap", folder, NULL), folder);
    }
    put_images();
    write_bytes("images.bin", size);
    put_cameras();
    for (size_t cut = 0; cut < size; cut += 3) {
        write_bytes("cameras.bin", cut);
        assert_error(sp_rig_import(&rig, "colmap", folder, NULL), folder);
    }
    bytes[12] = 99; // lens model
    write_bytes("cameras.bin", size);
    assert_error(sp_rig_import(&rig, "colmap", folder, NULL), "99", "camera 7");
}

static void test_points(void **state)
{
    (void)state;
    double *xyz;
    uint8_t *rgb;
    int64_t count;
    test_write(folder, "cameras.txt", CAMERAS);
    test_write(folder, "images.txt", "");
    test_write(folder, "points3D.txt", "# comment\n1 1 2 3 10 20 30 0.5 1 2 3 4\n7 -1 0.5 0.25 255 0 1 0\n");
    assert_ok(sp_colmap_points(&xyz, &rgb, &count, folder, &(sp_import_params){.scale = 2, .up = "y"}));
    assert_int_equal(count, 2);
    assert_memory_equal(xyz, ((double[]){2, -6, 4, -2, -0.5, 1}), 6 * sizeof *xyz);
    assert_memory_equal(rgb, ((uint8_t[]){10, 20, 30, 255, 0, 1}), 6);
    free(xyz);
    free(rgb);
    size = 0;
    put(1, 8), put(5, 8), put_f64(1), put_f64(2), put_f64(3), put(9, 1), put(8, 1), put(7, 1), put_f64(0.1),
        put(2, 8);
    put(1, 4), put(1, 4), put(2, 4), put(2, 4);
    write_bytes("points3D.bin", size);
    assert_ok(sp_colmap_points(&xyz, &rgb, &count, folder, NULL));
    assert_int_equal(count, 1);
    assert_near(xyz[2], 3, 0);
    assert_int_equal(rgb[0], 9);
    free(xyz);
    free(rgb);
    for (size_t cut = 0; cut < size; cut++) {
        write_bytes("points3D.bin", cut);
        assert_error(sp_colmap_points(&xyz, &rgb, &count, folder, NULL), "points3D.bin");
    }
}

// ---- Ids
// ----------------------------------------------------------------------------------------------------

static void write_named(const char *const *names, int count, bool is_same_pose)
{
    char images[4096] = "";
    for (int i = 0; i < count; i++) {
        char line[200];
        snprintf(line, sizeof line, "%d 1 0 0 0 %g 0 5 2 %s\n\n", i + 1, is_same_pose ? 0 : 0.5 * i,
                 names[i]);
        strcat(images, line);
    }
    test_write(folder, "cameras.txt", CAMERAS);
    test_write(folder, "images.txt", images);
}

static void test_ids(void **state)
{
    (void)state;
    write_named((const char *[]){"images/0001.jpg", "images/0002.jpg"}, 2, false);
    sp_rig rig = import("colmap", NULL);
    assert_string_equal(rig.cameras[1].id, "0002"); // one folder of views
    sp_rig_free(&rig);
    write_named((const char *[]){"cam07/000012.jpg", "cam08/000012.jpg"}, 2, false);
    rig = import("colmap", NULL);
    assert_string_equal(rig.cameras[0].id, "cam07");
    assert_string_equal(rig.cameras[1].id, "cam08");
    sp_rig_free(&rig);
    // Several frames of static cameras are one camera each.
    write_named((const char *[]){"a/1.jpg", "b/1.jpg", "a/2.jpg", "b/2.jpg"}, 4, true);
    rig = import("colmap", NULL);
    assert_int_equal(rig.count, 2);
    assert_string_equal(rig.cameras[0].id, "a");
    assert_string_equal(rig.images[1], "b/1.jpg");
    sp_rig_free(&rig);
    // The same names in two folders of moving views.
    write_named((const char *[]){"a/1.jpg", "b/1.jpg", "a/2.jpg", "b/2.jpg"}, 4, false);
    rig = import("colmap", NULL);
    assert_int_equal(rig.count, 4);
    assert_string_equal(rig.cameras[0].id, "a_1");
    assert_string_equal(rig.cameras[3].id, "b_2");
    sp_rig_free(&rig);
    write_named((const char *[]){"we:ird.name.png", "x.png"}, 2, false);
    rig = import("colmap", NULL);
    assert_string_equal(rig.cameras[0].id, "we_ird.name");
    sp_rig_free(&rig);
    write_named((const char *[]){"x.png", "x.jpg"}, 2, false);
    assert_error(sp_rig_import(&rig, "colmap", folder, NULL), "'x'");
}

// ---- World and export
// -----------------------------------------------------------------------------------------

static void test_scale_and_up(void **state)
{
    (void)state;
    write_named((const char *[]){"a.png"}, 1, true);
    sp_rig plain = import("colmap", NULL);
    const struct {
        const char *up;
        sp_vec3 theirs;
    } ups[] = {{"x", {1, 0, 0}},   {"-x", {-1, 0, 0}}, {"y", {0, 1, 0}},
               {"-y", {0, -1, 0}}, {"z", {0, 0, 1}},   {"-z", {0, 0, -1}}};
    for (size_t i = 0; i < 6; i++) {
        sp_rig turned = import("colmap", &(sp_import_params){.scale = 0.5, .up = ups[i].up});
        // What was one unit up is half a metre along +Z now, and in the same pixel.
        sp_vec2 a, b;
        assert_true(sp_camera_project(&a, &plain.cameras[0], ups[i].theirs));
        assert_true(sp_camera_project(&b, &turned.cameras[0], sp_v3(0, 0, 0.5)));
        assert_near(a.x, b.x, 1e-9);
        assert_near(a.y, b.y, 1e-9);
        assert_near(sp_m3_rotation_error(turned.cameras[0].rotation), 0, 1e-12);
        assert_near(turned.scale, 0.5, 0);
        assert_string_equal(turned.up, ups[i].up);
        sp_rig_free(&turned);
    }
    sp_rig_free(&plain);
    sp_rig rig;
    assert_error(sp_rig_import(&rig, "colmap", folder, &(sp_import_params){.up = "up"}), "up");
    assert_error(sp_rig_import(&rig, "colmap", folder, &(sp_import_params){.scale = -1}), "scale");
    assert_error(sp_rig_import(&rig, "blender", folder, NULL), "blender", "colmap");
}

static void test_export_round_trip(void **state)
{
    (void)state;
    sp_camera cameras[3] = {test_camera("a", SP_LENS_PINHOLE), test_camera("b", SP_LENS_BROWN),
                            test_camera("c", SP_LENS_FISHEYE)};
    sp_rig rig = {.cameras = cameras, .count = 3, .scale = 1, .up = "z"}, back;
    char *model = sp_path_join(folder, "model"), *file = sp_path_join(folder, "transforms.json");
    assert_ok(sp_rig_export(&rig, "colmap", model));
    assert_ok(sp_rig_export(&rig, "nerfstudio", file));
    for (int format = 0; format < 2; format++) {
        assert_ok(sp_rig_import(&back, NULL, format ? file : model, NULL));
        assert_int_equal(back.count, 3);
        for (int i = 0; i < 3; i++) {
            sp_vec2 p, q;
            assert_string_equal(back.cameras[i].id, cameras[i].id);
            assert_int_equal(back.cameras[i].lens, cameras[i].lens);
            assert_true(sp_camera_project(&p, &cameras[i], sp_v3(0.5, 1, 0.3)));
            assert_true(sp_camera_project(&q, &back.cameras[i], sp_v3(0.5, 1, 0.3)));
            assert_near(p.x, q.x, 1e-9);
            assert_near(p.y, q.y, 1e-9);
        }
        sp_rig_free(&back);
    }
    assert_error(sp_rig_export(&rig, "ply", file), "ply");
    free(model);
    free(file);
}

static int set_up(void **state)
{
    (void)state;
    folder = test_folder();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_folder_remove(folder);
    return 0;
}

#define in_folder(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_folder(test_text_lenses),
        in_folder(test_text_refused),
        in_folder(test_binary),
        in_folder(test_points),
        in_folder(test_ids),
        in_folder(test_scale_and_up),
        in_folder(test_export_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
