// The other foreign formats, on files of the documented form written here. Truth: the numbers as written.
#include "testing.h"

#include <stillpoint/image.h>

static char *folder;

static char *file(const char *name, const char *text)
{
    static char *path;
    free(path);
    test_write(folder, name, text);
    path = sp_path_join(folder, name);
    return path;
}

static int read_as(sp_rig *rig, const char *format, const char *name, const char *text)
{
    return sp_rig_import(rig, format, file(name, text), NULL);
}

// ---- nerfstudio
// ---------------------------------------------------------------------------------------------

// A camera at (1, 2, 3) that looks along +x with z up; OpenGL axes: x right (-y), y up (z), z back (-x).
#define MATRIX "\"transform_matrix\": [[0, 0, -1, 1], [-1, 0, 0, 2], [0, 1, 0, 3], [0, 0, 0, 1]]"

static void test_nerfstudio(void **state)
{
    (void)state;
    sp_rig rig;
    assert_ok(read_as(
        &rig, NULL, "transforms.json",
        "{\"camera_model\": \"OPENCV\", \"fl_x\": 500, \"fl_y\": 510, \"cx\": 320, \"cy\": 240, \"w\": 640.0,"
        "\"h\": 480, \"k1\": 0.1, \"k3\": 0.01, \"frames\": ["
        "{\"file_path\": \"images/a.png\", " MATRIX "},"
        "{\"file_path\": \"plates/b.png\", \"video_path\": \"feeds/b.mp4\", \"fl_x\": 700, \"w\": 1280,"
        "\"h\": 720, \"camera_model\": \"OPENCV_FISHEYE\", " MATRIX "}]}"));
    assert_int_equal(rig.count, 2);
    const sp_camera *c = &rig.cameras[0];
    assert_string_equal(c->id, "a");
    assert_int_equal(c->width, 640);
    assert_int_equal(c->lens, SP_LENS_BROWN);
    assert_near(c->distortion[0], 0.1, 0);
    assert_near(c->distortion[4], 0.01, 0);
    sp_vec3 center = sp_camera_center(c);
    assert_near(sp_v3_norm(sp_v3_sub(center, sp_v3(1, 2, 3))), 0, 1e-12);
    sp_vec2 px;
    c = &rig.cameras[1];
    assert_string_equal(c->id, "b");
    assert_string_equal(rig.images[1], "feeds/b.mp4");
    assert_int_equal(c->lens, SP_LENS_FISHEYE);
    assert_near(c->fx, 700, 0);
    // Straight ahead is the principal point; what is higher has a smaller y, what is to the left a smaller x.
    sp_camera *first = &rig.cameras[0];
    assert_true(sp_camera_project(&px, first, sp_v3(5, 2, 3)));
    assert_near(px.x, 320, 1e-9);
    assert_near(px.y, 240, 1e-9);
    assert_true(sp_camera_project(&px, first, sp_v3(5, 2.5, 3.5)));
    assert_true(px.x < 320 && px.y < 240);
    sp_rig_free(&rig);

    // Only an angle, and no picture size but in the picture's header (here: missing).
    assert_ok(read_as(&rig, "nerfstudio", "transforms.json",
                      "{\"camera_angle_x\": 1.5707963267948966, \"w\": 640, \"h\": 480, \"frames\": ["
                      "{\"file_path\": \"r_0\", " MATRIX "}]}"));
    assert_near(rig.cameras[0].fx, 320, 1e-9);
    assert_near(rig.cameras[0].fy, 320, 1e-9);
    assert_near(rig.cameras[0].cy, 240, 0);
    sp_rig_free(&rig);
}

static void test_nerfstudio_refused(void **state)
{
    (void)state;
    sp_rig rig;
    const char *name = "transforms.json";
#define FRAMES(EXTRA)                                                                                        \
    "{\"fl_x\": 500, \"w\": 640, \"h\": 480, \"frames\": [{\"file_path\": \"a.png\"" EXTRA "}]}"
    assert_error(read_as(&rig, "nerfstudio", name, FRAMES("")), name, "frame 0", "transform_matrix");
    assert_error(read_as(&rig, "nerfstudio", name, FRAMES(", \"k4\": 0.5, " MATRIX)), "frame 0", "k4");
    assert_error(
        read_as(&rig, "nerfstudio", name, FRAMES(", \"camera_model\": \"EQUIRECTANGULAR\", " MATRIX)),
        "EQUIRECT");
    assert_error(read_as(&rig, "nerfstudio", name,
                         "{\"fl_x\": 5, \"frames\": [{\"file_path\": \"a.png\", " MATRIX "}]}"),
                 "'w'", "a.png");
    assert_error(read_as(&rig, "nerfstudio", name,
                         FRAMES(", \"transform_matrix\": [[2,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,1]]")),
                 "a.png", "rotation");
    assert_error(read_as(&rig, "nerfstudio", name, "{\"frames\": []}"), name, "frames");
    assert_error(read_as(&rig, "nerfstudio", name, "[1]"), name);
}

// ---- OpenCV
// ---------------------------------------------------------------------------------------------------

#define CAMERA_YAML                                                                                          \
    "%YAML:1.0\n---\nimage_width: 640\nimage_height: 480\n"                                                  \
    "camera_matrix: !!opencv-matrix\n   rows: 3\n   cols: 3\n   dt: d\n"                                     \
    "   data: [ 5.0000000000000000e+02, 0., 3.1950000000000000e+02, 0.,\n       510., 239.5, 0., 0., 1. ]\n" \
    "distortion_coefficients: !!opencv-matrix\n   rows: 1\n   cols: 5\n   dt: d\n"                           \
    "   data: [ -0.1, 0.02, 0.001, -0.002, 0.003 ]\n"                                                        \
    "rvec: !!opencv-matrix\n   rows: 3\n   cols: 1\n   dt: d\n   data: [ 0., 0., 1.5707963267948966 ]\n"     \
    "tvec: !!opencv-matrix\n   rows: 3\n   cols: 1\n   dt: d\n   data: [ 1., 2., 3. ]\n"                     \
    "avg_reprojection_error: 0.25\n"

static void check_opencv_camera(const sp_camera *c)
{
    assert_int_equal(c->width, 640);
    assert_int_equal(c->lens, SP_LENS_BROWN);
    assert_near(c->fy, 510, 0);
    assert_near(c->cx, 320, 1e-12); // OpenCV counts from the first pixel's centre
    assert_near(c->cy, 240, 1e-12);
    assert_near(c->distortion[4], 0.003, 0);
    assert_near(c->rotation.m[3], 1, 1e-12); // a quarter turn about z: x goes to y
    assert_near(c->translation.y, 2, 0);
}

static void test_opencv(void **state)
{
    (void)state;
    sp_rig rig;
    assert_ok(read_as(&rig, NULL, "cam07.yml", CAMERA_YAML));
    assert_string_equal(rig.cameras[0].id, "cam07");
    assert_near(rig.cameras[0].residual_px, 0.25, 0);
    check_opencv_camera(&rig.cameras[0]);
    sp_rig_free(&rig);
    // A file per camera in a folder.
    file("cam08.yaml", CAMERA_YAML);
    assert_ok(sp_rig_import(&rig, "opencv", folder, NULL));
    assert_int_equal(rig.count, 2);
    assert_string_equal(rig.cameras[1].id, "cam08");
    sp_rig_free(&rig);
    // JSON, a map per camera, rows instead of data.
    assert_ok(read_as(
        &rig, "opencv", "rig.json",
        "{\"left\": {\"image_size\": [640, 480], \"K\": [[500, 0, 319.5], [0, 510, 239.5], [0, 0, 1]],"
        "\"D\": [-0.1, 0.02, 0.001, -0.002, 0.003], \"R\": [[0, -1, 0], [1, 0, 0], [0, 0, 1]], \"T\": [1, 2, "
        "3]},"
        "\"note\": 5}"));
    assert_string_equal(rig.cameras[0].id, "left");
    check_opencv_camera(&rig.cameras[0]);
    sp_rig_free(&rig);
    assert_error(read_as(&rig, "opencv", "a.yml", "x: 5\n"), "a.yml", "no camera");
    assert_error(read_as(&rig, "opencv", "a.yml", "x: [1, 2\ny: 3: 4"), "a.yml", "line");
    assert_error(read_as(&rig, "opencv", "a.yml", "x: &a [1]\ny: *a\n"), "a.yml", "alias");
    assert_error(read_as(&rig, "opencv", "a.yml",
                         "camera_matrix: [1, 0, 0, 0, .nan, 0, 0, 0, 1]\nimage_size: [4, 4]\n"),
                 "a.yml", "camera_matrix");
    assert_error(
        read_as(&rig, "opencv", "a.yml",
                "image_size: [4, 4]\nK: [1, 0, 0, 0, 1, 0, 0, 0, 1]\nD: [0, 0, 0, 0, 0, 0.5, 0, 0]\n"),
        "a.yml", "k4");
}

static void test_easymocap_pair(void **state)
{
    (void)state;
#define MAT(NAME, R, C, DATA)                                                                                \
    NAME ": !!opencv-matrix\n  rows: " #R "\n  cols: " #C "\n  dt: d\n  data: [" DATA "]\n"
    file("intri.yml",
         "%YAML:1.0\n---\nnames:\n  - \"01\"\n  - \"02\"\n" MAT(
             "K_01", 3, 3,
             "500, 0, 319.5, 0, 510, 239.5, 0, 0, 1") "H_01: 480\nW_01: 640\n" MAT("dist_01", 1, 5,
                                                                                   "-0.1, 0.02, 0.001, "
                                                                                   "-0.002, 0.003")
             MAT("K_02", 3, 3, "400, 0, 319.5, 0, 410, 239.5, 0, 0, 1") "H_02: 480\nW_02: 640\n");
    file("extri.yml",
         "%YAML:1.0\n---\nnames:\n  - \"01\"\n  - \"02\"\n" MAT("R_01", 3, 1, "0, 0, 1.5707963267948966")
             MAT("Rot_01", 3, 3, "0, -1, 0, 1, 0, 0, 0, 0, 1") MAT("T_01", 3, 1, "1, 2, 3")
                 MAT("R_02", 3, 1, "0, 0, 0") MAT("T_02", 3, 1, "0, 0, 4"));
    sp_rig rig;
    assert_ok(sp_rig_import(&rig, NULL, folder, NULL));
    assert_int_equal(rig.count, 2);
    assert_string_equal(rig.cameras[0].id, "01");
    check_opencv_camera(&rig.cameras[0]);
    assert_int_equal(rig.cameras[1].lens, SP_LENS_PINHOLE);
    assert_near(rig.cameras[1].translation.z, 4, 0);
    sp_rig_free(&rig);
}

// ---- TOML
// -----------------------------------------------------------------------------------------------------

#define TOML_CAMERA                                                                                          \
    "size = [ 640.0, 480.0,]\nmatrix = [ [ 500.0, 0.0, 319.5,], [ 0.0, 510.0, 239.5,], [ 0.0, 0.0, "         \
    "1.0,],]\n"                                                                                              \
    "distortions = [ -0.1, 0.02, 0.001, -0.002, 0.003,]\nrotation = [ 0.0, 0.0, 1.5707963267948966,]\n"      \
    "translation = [ 1.0, 2.0, 3.0,]\n"

static void test_pose2sim_and_freemocap(void **state)
{
    (void)state;
    sp_rig rig;
    assert_ok(read_as(&rig, NULL, "Calib_scene.toml",
                      "[int_cam01_img]\nname = \"int_cam01_img\"\n" TOML_CAMERA "fisheye = false\n\n"
                      "[int_cam02_img] # comment\nname = 'second'\n" TOML_CAMERA "fisheye = false\n"
                      "[metadata]\nadjusted = false\nerror = nan\n"));
    assert_int_equal(rig.count, 2);
    assert_string_equal(rig.cameras[0].id, "int_cam01_img");
    assert_string_equal(rig.cameras[1].id, "second");
    assert_string_equal(rig.obtained, "pose2sim");
    check_opencv_camera(&rig.cameras[0]);
    sp_rig_free(&rig);
    assert_ok(
        read_as(&rig, NULL, "x_camera_calibration.toml",
                "[cam_0]\nname = \"0\"\n" TOML_CAMERA "[metadata]\ncharuco_square_size = 58.0\n"
                "path_to_recorded_videos = \"C:\\\\videos\"\ndate_time_calibrated = 2023-03-31T09:56:43\n"));
    assert_string_equal(rig.obtained, "freemocap");
    assert_near(rig.cameras[0].translation.z, 0.003, 1e-15); // millimetres
    assert_near(rig.scale, 0.001, 0);
    sp_rig_free(&rig);
    assert_error(read_as(&rig, "pose2sim", "a.toml",
                         "[a]\nmatrix = [1, 2]\n"
                         "rotation = [0,0,0]\ntranslation = [0,0,0]\nsize = [4, 4]\n"),
                 "a.toml", "'a'", "matrix");
    assert_error(
        read_as(&rig, "pose2sim", "a.toml",
                "[a]\nname = \"b\"\nsize = [640, 480]\nmatrix = [[nan, 0, 1], [0, 1, 1], [0, 0, 1]]\n"
                "rotation = [0,0,0]\ntranslation = [0,0,0]\n"),
        "a.toml", "'a'", "matrix");
    assert_error(read_as(&rig, "pose2sim", "a.toml", "[metadata]\nerror = 1\n"), "a.toml", "no camera");
}

static void test_caliscope(void **state)
{
    (void)state;
    sp_rig rig;
    file("cam_1.mp4", "footage");
    assert_ok(read_as(
        &rig, NULL, "camera_array.toml",
        "[cameras.0]\ncam_id = 0\nrotation_count = 0\nerror = 0.5\nignore = false\n" TOML_CAMERA
        "[cameras.1]\ncam_id = 1\nrotation_count = 1\nerror = \"null\"\nfisheye = true\nsize = [640, 480]\n"
        "matrix = [[500, 0, 319.5], [0, 510, 239.5], [0, 0, 1]]\ndistortions = [0.1, 0.2, 0.3, 0.4]\n"
        "rotation = [[0, -1, 0], [1, 0, 0], [0, 0, 1]]\ntranslation = [[1.0], [2.0], [3.0]]\n"
        "[cameras.2]\ncam_id = 2\nignore = true\n" TOML_CAMERA
        "[cameras.3]\ncam_id = 3\nsize = [640, 480]\nmatrix = [[1, 0, 1], [0, 1, 1], [0, 0, 1]]\n"
        "rotation = \"null\"\ntranslation = \"null\"\n"));
    assert_string_equal(rig.obtained, "caliscope");
    assert_int_equal(rig.count, 2); // one is ignored, one has no pose
    assert_string_equal(rig.cameras[0].id, "cam_0");
    assert_near(rig.cameras[0].residual_px, 0.5, 0);
    check_opencv_camera(&rig.cameras[0]);
    assert_string_equal(rig.cameras[1].id, "cam_1");
    assert_int_equal(rig.cameras[1].lens, SP_LENS_FISHEYE);
    assert_near(rig.cameras[1].distortion[3], 0.4, 0);
    assert_near(rig.cameras[1].rotation.m[3], 1, 0);
    assert_near(rig.cameras[1].translation.y, 2, 0);
    assert_null(rig.images[0]);
    assert_non_null(strstr(rig.images[1], "cam_1.mp4"));
    sp_rig_free(&rig);
}

static void test_toml_grammar(void **state)
{
    (void)state;
    sp_rig rig;
    const char *const bad[] = {
        "[a",           "a = ",
        "a = [1, 2",    "a = \"x",
        "= 5",          "a = 1 b = 2",
        "a = 1\na = 2", "[a]\nb.c = {d = 1",
        "a = 5\n[a]\n", "a = tru",
        "a = \"\\q\"",  "a = \"\\ud800\"",
        "a b = 1",      "[[a]]\n[a.b]\nc = [",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_error(read_as(&rig, "pose2sim", "a.toml", bad[i]), "a.toml", "line");
    // Dotted keys, quoted keys, inline tables, arrays of tables, every kind of string and number.
    assert_ok(read_as(
        &rig, "pose2sim", "a.toml",
        "title = '''\nmany\nlines'''\r\n\"quoted key\" = \"tab\\t \\u00e9 \\\"\"\nhex = 0x1F\nbig = 1_000\n"
        "neg = -inf\nwhen = 1979-05-27T07:32:00Z\npoint = { x = 1, y.z = 2 }\nempty = []\n"
        "[[list]]\nname = 'one'\n[[list]]\nname = 'two'\n[list.sub]\nk = true\n"
        "[ cam . a ]\nx = 1\n"
        "[b]\nsize = [640, 480]\nmatrix.not = 1\n"
        "[c]\nname = \"\"\"c\\\n   d\"\"\"\nsize = [640, # width\n 480 # height\n ]\n"
        "matrix = [[500, 0, 319.5], [0, 510, 239.5], [0, 0, 1]]\nrotation = [0, 0, 0]\n"
        "translation = [0, 0, 1]\n"));
    assert_int_equal(rig.count, 1);
    assert_string_equal(rig.cameras[0].id, "cd");
    assert_int_equal(rig.cameras[0].lens, SP_LENS_PINHOLE);
    sp_rig_free(&rig);
}

// ---- Qualisys
// ---------------------------------------------------------------------------------------------------

#define QCA_CAMERA(SERIAL, ACTIVE)                                                                           \
    "<camera active=\"" ACTIVE "\" serial=\"" SERIAL "\" viewrotation=\"0\">"                                \
    "<fov_video left=\"10\" top=\"20\" right=\"649\" bottom=\"499\"/>"                                       \
    "<transform x=\"1000\" y=\"2000\" z=\"3000\" r11=\"0\" r12=\"-1\" r13=\"0\" r21=\"0\" r22=\"0\" "        \
    "r23=\"1\" "                                                                                             \
    "r31=\"-1\" r32=\"0\" r33=\"0\"/>"                                                                       \
    "<intrinsic focalLengthU=\"32000\" focalLengthV=\"32640\" centerPointU=\"21088\" "                       \
    "centerPointV=\"16608\" "                                                                                \
    "radialDistortion1=\"-0.1\" radialDistortion2=\"0.02\" radialDistortion3=\"0.003\" "                     \
    "tangentalDistortion1=\"0.001\" tangentalDistortion2=\"-0.002\" skew=\"0\"/></camera>"

static void test_qualisys(void **state)
{
    (void)state;
    sp_rig rig;
    assert_ok(read_as(&rig, NULL, "x.qca.txt",
                      "<?xml version='1.0'?><calibration><cameras>" QCA_CAMERA("cam01", "1")
                          QCA_CAMERA("off", "0") "<camera serial=\"new\"/></cameras></calibration>"));
    assert_string_equal(rig.obtained, "qualisys");
    assert_int_equal(rig.count, 1);
    const sp_camera *c = &rig.cameras[0];
    assert_string_equal(c->id, "cam01");
    assert_int_equal(c->width, 640);
    assert_int_equal(c->height, 480);
    assert_near(c->fx, 500, 0);
    assert_near(c->fy, 510, 0);
    assert_near(c->cx, 329.5 - 10 + 0.5, 1e-12);
    assert_near(c->cy, 259.5 - 20 + 0.5, 1e-12);
    assert_near(c->distortion[1], 0.02, 0);
    assert_near(c->distortion[2], 0.001, 0);
    assert_near(c->distortion[4], 0.003, 0);
    assert_near(sp_v3_norm(sp_v3_sub(sp_camera_center(c), sp_v3(1, 2, 3))), 0, 1e-12);
    // Rows: right is -y, up is z, back is -x: it looks along +x.
    sp_vec2 px;
    assert_true(sp_camera_project(&px, c, sp_v3(9, 2, 3)));
    assert_near(px.x, c->cx, 1e-9);
    assert_true(sp_camera_project(&px, c, sp_v3(9, 2.5, 3.5)));
    assert_true(px.x < c->cx && px.y < c->cy);
    sp_rig_free(&rig);
    assert_error(read_as(&rig, "qualisys", "x.qca.txt", "<calibration><camera serial='c'><transform x='1'/>"),
                 "x.qca.txt", "'c'", "'y'");
    assert_error(read_as(&rig, "qualisys", "x.qca.txt", "<calibration><cam"), "x.qca.txt", "line 1");
    assert_error(read_as(&rig, "qualisys", "x.qca.txt", "<calibration/>"), "x.qca.txt", "no calibrated");
}

// ---- Projection matrices
// ------------------------------------------------------------------------------------------------

// A picture of the given size, for what the matrix does not say.
static void write_picture(const char *name, int width, int height)
{
    char *path = sp_path_join(folder, name);
    sp_image8 picture;
    assert_ok(sp_image8_init(&picture, width, height, 3));
    assert_ok(sp_image8_save(&picture, path));
    sp_image8_free(&picture);
    free(path);
}

// K [R | t] multiplied out, with any factor, becomes the camera it was made of.
static void test_matrices(void **state)
{
    (void)state;
    sp_camera truth = test_camera("a", SP_LENS_PINHOLE);
    const double k[9] = {truth.fx, 0, truth.cx, 0, truth.fy, truth.cy, 0, 0, 1};
    const double *r = truth.rotation.m,
                 t[3] = {truth.translation.x, truth.translation.y, truth.translation.z};
    double p[12], factors[] = {1, -0.37, 2e5};
    sp_rig rig;
    write_picture("a_1.png", 40, 30);
    for (int f = 0; f < 3; f++) {
        for (int i = 0; i < 12; i++) {
            p[i] = 0;
            for (int j = 0; j < 3; j++)
                p[i] += factors[f] * k[3 * (i / 4) + j] * (i % 4 < 3 ? r[3 * j + i % 4] : t[j]);
        }
        char *text = sp_format("%s%.17g %.17g %.17g %.17g\n%.17g\t%.17g %.17g %.17g\r\n"
                               "%.17g %.17g %.17g %.17g\n",
                               f == 2 ? "CONTOUR\n" : "", p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7],
                               p[8], p[9], p[10], p[11]);
        file("a_1_P.txt", text);
        free(text);
        assert_ok(sp_rig_import(&rig, f ? "matrices" : NULL, folder, NULL));
        assert_string_equal(rig.obtained, "matrices");
        assert_int_equal(rig.count, 1);
        const sp_camera *c = &rig.cameras[0];
        assert_string_equal(c->id, "a_1");
        assert_true(strstr(rig.images[0], "a_1.png") != NULL);
        assert_int_equal(c->width, 40);
        assert_int_equal(c->height, 30);
        assert_near(c->fx, truth.fx, 1e-9);
        assert_near(c->fy, truth.fy, 1e-9);
        assert_near(c->cx, truth.cx, 1e-9);
        assert_near(c->cy, truth.cy, 1e-9);
        for (int i = 0; i < 9; i++)
            assert_near(c->rotation.m[i], r[i], 1e-12);
        assert_near(sp_v3_norm(sp_v3_sub(c->translation, truth.translation)), 0, 1e-9);
        sp_rig_free(&rig);
    }
    file("a_1_P.txt", "1 0 0 0 0 1 0 0 0 0 1");
    assert_error(sp_rig_import(&rig, "matrices", folder, NULL), "a_1_P.txt", "12 numbers", "11");
    file("a_1_P.txt", "1 0 0 0 2 0 0 0 0 0 1 0");
    assert_error(sp_rig_import(&rig, "matrices", folder, NULL), "a_1_P.txt", "singular");
    file("a_1_P.txt", "100 20 50 0 0 100 50 0 0 0 1 0");
    assert_error(sp_rig_import(&rig, "matrices", folder, NULL), "a_1_P.txt", "skew");
    file("a_1_P.txt", "100 0 50 0 0 100 fifty 0 0 0 1 0");
    assert_error(sp_rig_import(&rig, "matrices", folder, NULL), "a_1_P.txt", "line 1", "fifty");
    file("a_1_P.txt", "100 0 50 0 0 100 50 0 0 0 1 0");
    file("b_P.txt", "100 0 50 0 0 100 50 0 0 0 1 0");
    assert_error(sp_rig_import(&rig, "matrices", folder, NULL), "'b'", "no picture");
    char *path = sp_path_join(folder, "b_P.txt");
    assert_error(sp_rig_import(&rig, "matrices", path, NULL), "b_P.txt", "folder");
    remove(path);
    free(path);
    path = sp_path_join(folder, "a_1_P.txt");
    remove(path);
    free(path);
    assert_error(sp_rig_import(&rig, "matrices", folder, NULL), "no projection matrices");
}

// ---- Recognising and matching
// -------------------------------------------------------------------------------------

static void test_own_rig(void **state)
{
    (void)state;
    sp_camera camera = test_camera("a", SP_LENS_BROWN);
    sp_rig rig = {.cameras = &camera, .count = 1, .scale = 1, .up = "z"}, back;
    char *path = sp_path_join(folder, "rig.json");
    assert_ok(sp_rig_save(&rig, path));
    // Recognised, it is in our world already; named, it is turned as asked.
    assert_ok(sp_rig_import(&back, NULL, folder, &(sp_import_params){.scale = 2, .up = "y"}));
    assert_near(back.cameras[0].translation.x, camera.translation.x, 0);
    sp_rig_free(&back);
    assert_ok(sp_rig_import(&back, "stillpoint", folder, &(sp_import_params){.scale = 2, .up = "y"}));
    assert_near(back.cameras[0].translation.x, 2 * camera.translation.x, 1e-12);
    assert_string_equal(back.up, "y");
    sp_rig_free(&back);
    file("noise.bin", "abc");
    assert_error(sp_rig_import(&back, NULL, file("noise.bin", "abc"), NULL), "noise.bin", "recognised");
    free(path);
}

static void test_match_names(void **state)
{
    (void)state;
    sp_camera cameras[3] = {test_camera("int_cam01_img", SP_LENS_PINHOLE),
                            test_camera("int_cam02_img", SP_LENS_PINHOLE),
                            test_camera("int_cam10_img", SP_LENS_PINHOLE)};
    sp_rig rig = {.cameras = cameras, .count = 3};
    int match[3];
    assert_int_equal(sp_rig_match_names(match, &rig, (const char *[]){"cam10", "cam02", "cam01"}, 3),
                     SP_MATCH_PART);
    assert_memory_equal(match, ((int[]){2, 1, 0}), sizeof match);
    assert_int_equal(sp_rig_match_names(match, &rig, (const char *[]){"x", "INT_cam10_img"}, 2), SP_MATCH_ID);
    assert_memory_equal(match, ((int[]){-1, -1, 1}), sizeof match);
    assert_int_equal(sp_rig_match_names(match, &rig, (const char *[]){"left", "mid", "right"}, 3),
                     SP_MATCH_ORDER);
    assert_memory_equal(match, ((int[]){0, 1, 2}), sizeof match);
    assert_int_equal(sp_rig_match_names(match, &rig, (const char *[]){"left", "mid"}, 2), SP_MATCH_NONE);
    assert_memory_equal(match, ((int[]){-1, -1, -1}), sizeof match);
    // 1 is in none of 01, 02, 10: a number is not the beginning of another.
    assert_int_equal(sp_rig_match_names(match, &rig, (const char *[]){"cam1", "cam2", "cam3", "cam4"}, 4),
                     SP_MATCH_NONE);
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
        in_folder(test_nerfstudio),
        in_folder(test_nerfstudio_refused),
        in_folder(test_opencv),
        in_folder(test_easymocap_pair),
        in_folder(test_pose2sim_and_freemocap),
        in_folder(test_caliscope),
        in_folder(test_toml_grammar),
        in_folder(test_qualisys),
        in_folder(test_matrices),
        in_folder(test_own_rig),
        in_folder(test_match_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
