// PLY files: bytes built by hand from the format's description, exact round trips, damaged files.
#include "helpers.h"

static byte_buffer buffer;

// Properties out of INRIA's order, with foreign ones among them, after an element to be skipped.
static void build_foreign(void)
{
    buffer.size = 0;
    put_text(&buffer, "ply\nformat binary_little_endian 1.0\ncomment by hand\nelement camera 2\n"
                      "property double fov\nproperty uchar id\nelement vertex 2\n");
    const char *first[] = {"opacity", "f_dc_2", "f_dc_1", "f_dc_0", "z",       "y",       "x",
                           "rot_3",   "rot_2",  "rot_1",  "rot_0",  "scale_2", "scale_1", "scale_0"};
    for (int k = 0; k < 14; k++) {
        char line[64];
        snprintf(line, sizeof line, "property float %s\n%s", first[k],
                 k == 3 ? "property uchar label\n" : "");
        put_text(&buffer, line);
    }
    put_text(&buffer, "property double f_rest_0\n");
    for (int k = 1; k < 9; k++) {
        char line[64];
        snprintf(line, sizeof line, "property float32 f_rest_%d\n", k);
        put_text(&buffer, line);
    }
    put_text(&buffer, "element face 1\nproperty list uchar int vertex_indices\nend_header\n");
    for (int k = 0; k < 2 * 9; k++)
        put_le(&buffer, 0xAB, 1);
    for (int i = 0; i < 2; i++) {
        for (int k = 0; k < 14; k++) {
            put_float(&buffer, (float)(100 * i + k));
            if (k == 3)
                put_le(&buffer, 0xCD, 1);
        }
        double first_rest = 100 * i + 50;
        uint64_t bits;
        memcpy(&bits, &first_rest, 8);
        put_le(&buffer, bits, 8);
        for (int k = 1; k < 9; k++)
            put_float(&buffer, (float)(100 * i + 50 + k));
    }
    put_le(&buffer, 0, 1);
}

static void test_by_hand(void **state)
{
    (void)state;
    build_foreign();
    sp_splat_cloud cloud;
    assert_ok(sp_splat_decode(&cloud, buffer.data, buffer.size, "hand.ply"));
    assert_int_equal(cloud.count, 2);
    assert_int_equal(cloud.sh_degree, 1);
    const int value_of_row[14] = {6, 5, 4, 13, 12, 11, 10, 9, 8, 7, 0, 3, 2, 1};
    for (int i = 0; i < 2; i++) {
        for (int row = 0; row < 14; row++)
            assert_true(sp_splat_row(&cloud, row)[i] == (float)(100 * i + value_of_row[row]));
        // f_rest keeps red's three coefficients, then green's, then blue's.
        for (int k = 0; k < 3; k++)
            for (int channel = 0; channel < 3; channel++)
                assert_true(sp_splat_row(&cloud, SP_ROW_SH + 3 * (k + 1) + channel)[i] ==
                            (float)(100 * i + 50 + 3 * channel + k));
    }
    sp_splat_cloud_free(&cloud);
}

static void test_cut_anywhere(void **state)
{
    (void)state;
    build_foreign();
    sp_splat_cloud cloud;
    for (size_t size = 0; size + 1 < buffer.size; size++) {
        assert_int_equal(sp_splat_decode(&cloud, buffer.data, size, "cut.ply"), SP_EFORMAT);
        assert_non_null(strstr(sp_error_text(), "cut.ply"));
    }
}

static void test_round_trip(void **state)
{
    (void)state;
    char *folder = support_folder();
    char *path = sp_path_join(folder, "cloud.ply");
    for (int degree = 0; degree <= 3; degree++) {
        sp_splat_cloud cloud = random_cloud(100, degree, (uint64_t)degree), back;
        assert_ok(sp_splat_save(&cloud, path));
        assert_ok(sp_splat_load(&back, path));
        assert_int_equal(back.count, 100);
        assert_int_equal(back.sh_degree, degree);
        for (int row = 0; row < sp_splat_rows(degree); row++)
            assert_memory_equal(sp_splat_row(&back, row), sp_splat_row(&cloud, row), 100 * sizeof(float));
        sp_splat_cloud_free(&cloud);
        sp_splat_cloud_free(&back);
    }
    sp_splat_cloud none = random_cloud(0, 0, 1), back;
    assert_ok(sp_splat_save(&none, path));
    assert_ok(sp_splat_load(&back, path));
    assert_int_equal(back.count, 0);
    sp_splat_cloud_free(&none);
    sp_splat_cloud_free(&back);
    assert_int_equal(support_count(folder), 1);
    free(path);
    support_folder_end(folder);
}

static void test_velocities_are_kept(void **state)
{
    (void)state;
    char *folder = support_folder();
    char *path = sp_path_join(folder, "cloud.ply"), *text = NULL;
    size_t size = 0;
    sp_splat_cloud cloud = random_cloud(30, 1, 5), back;
    assert_ok(sp_splat_cloud_move(&cloud));
    for (size_t axis = 0; axis < 3; axis++)
        for (size_t i = 0; i < 30; i++)
            cloud.velocity[axis * cloud.capacity + i] = (float)(axis + 1) * 0.25f - (float)i;
    assert_ok(sp_splat_save(&cloud, path));
    assert_ok(sp_splat_load(&back, path));
    for (size_t axis = 0; axis < 3; axis++)
        assert_memory_equal(back.velocity + axis * back.capacity, cloud.velocity + axis * cloud.capacity,
                            30 * sizeof(float));
    assert_memory_equal(sp_splat_row(&back, SP_ROW_ROTATION + 3), sp_splat_row(&cloud, SP_ROW_ROTATION + 3),
                        30 * sizeof(float));
    assert_ok(sp_file_read(&text, &size, path, 1 << 20));
    assert_non_null(strstr(text, "property float rot_3\nproperty float vx\nproperty float vy\nproperty float "
                                 "vz\nend_header\n"));
    cloud.velocity[3] = NAN;
    assert_int_equal(sp_splat_save(&cloud, path), SP_EINVAL);
    assert_non_null(strstr(sp_error_text(), "splat 3"));
    free(text);
    free(path);
    sp_splat_cloud_free(&cloud);
    sp_splat_cloud_free(&back);
    support_folder_end(folder);
}

// What viewers look for: INRIA's names in INRIA's order.
static void test_written_header(void **state)
{
    (void)state;
    char *folder = support_folder();
    char *path = sp_path_join(folder, "cloud.ply"), *text = NULL;
    sp_splat_cloud cloud = random_cloud(3, 0, 1);
    size_t size = 0;
    assert_ok(sp_splat_save(&cloud, path));
    assert_ok(sp_file_read(&text, &size, path, 1 << 20));
    const char expected[] = "ply\nformat binary_little_endian 1.0\nelement vertex 3\n"
                            "property float x\nproperty float y\nproperty float z\n"
                            "property float nx\nproperty float ny\nproperty float nz\n"
                            "property float f_dc_0\nproperty float f_dc_1\nproperty float f_dc_2\n"
                            "property float opacity\n"
                            "property float scale_0\nproperty float scale_1\nproperty float scale_2\n"
                            "property float rot_0\nproperty float rot_1\nproperty float rot_2\n"
                            "property float rot_3\nend_header\n";
    assert_int_equal(size, strlen(expected) + 3 * 17 * 4);
    assert_memory_equal(text, expected, strlen(expected));
    free(text);
    free(path);
    sp_splat_cloud_free(&cloud);
    support_folder_end(folder);
}

static void check_refused(const char *text, const char *mention)
{
    sp_splat_cloud cloud;
    assert_int_equal(sp_splat_decode(&cloud, text, strlen(text), "bad.ply"), SP_EFORMAT);
    if (!strstr(sp_error_text(), mention))
        fail_msg("\"%s\" does not mention \"%s\"", sp_error_text(), mention);
}

static void test_bad_headers(void **state)
{
    (void)state;
    check_refused("", "neither");
    check_refused("hello", "neither");
    check_refused("ply\nformat ascii 1.0\nelement vertex 0\nproperty float x\nend_header\n", "ascii");
    check_refused("ply\nformat binary_little_endian 1.0\nelement vertex 99999999999\nproperty float x\n"
                  "end_header\nabc",
                  "99999999999 splats");
    check_refused(
        "ply\nformat binary_little_endian 1.0\nelement vertex 99999999999999999999999\nproperty float x\n"
        "end_header\n",
        "splats");
    check_refused("ply\nformat binary_little_endian 1.0\nelement vertex -1\nproperty float x\nend_header\n",
                  "-1");
    check_refused(
        "ply\nformat binary_little_endian 1.0\nelement vertex 0\nproperty list uchar int x\nend_header\n",
        "list");
    check_refused(
        "ply\nformat binary_little_endian 1.0\nelement vertex 0\nproperty float x\nproperty float x\n"
        "end_header\n",
        "twice");
    check_refused(
        "ply\nformat binary_little_endian 1.0\nelement vertex 0\nproperty float x\nproperty float y\n"
        "end_header\n",
        "property z");
    check_refused("ply\nformat binary_little_endian 1.0\nelement vertex 0\nproperty uchar x\nend_header\n",
                  "x");
    check_refused(
        "ply\nformat binary_little_endian 1.0\nelement vertex 0\nproperty float f_rest_0\nend_header\n",
        "f_rest_");
    check_refused("ply\nformat binary_little_endian 1.0\nend_header\n", "lacks");
    check_refused("ply\nelement vertex 0\nproperty float x\nend_header\n", "lacks");
}

static void test_numbers_must_be_finite(void **state)
{
    (void)state;
    char *folder = support_folder();
    char *path = sp_path_join(folder, "cloud.ply"), *text = NULL;
    sp_splat_cloud cloud = random_cloud(5, 1, 1), back;
    assert_ok(sp_splat_save(&cloud, path));
    size_t size = 0;
    assert_ok(sp_file_read(&text, &size, path, 1 << 20));
    const float bad = NAN;
    const size_t stride = 26 * 4, rest_7 = 9 * 4 + 7 * 4;
    memcpy(text + size - 5 * stride + 3 * stride + rest_7, &bad, 4);
    assert_int_equal(sp_splat_decode(&back, text, size, "cloud.ply"), SP_EFORMAT);
    assert_non_null(strstr(sp_error_text(), "splat 3"));
    assert_non_null(strstr(sp_error_text(), "f_rest_7"));
    sp_splat_row(&cloud, SP_ROW_OPACITY)[4] = INFINITY;
    assert_int_equal(sp_splat_save(&cloud, path), SP_EINVAL);
    assert_non_null(strstr(sp_error_text(), "splat 4"));
    assert_non_null(strstr(sp_error_text(), "opacity"));
    free(text);
    free(path);
    sp_splat_cloud_free(&cloud);
    support_folder_end(folder);
}

static void test_what_is_not_finite_is_named_by_splat_and_field(void **state)
{
    (void)state;
    const struct {
        const char *name;
        size_t column;
    } fields[] = {{"x", 0},        {"z", 2},        {"f_dc_1", 7}, {"f_rest_8", 17},
                  {"opacity", 18}, {"scale_2", 21}, {"rot_0", 22}, {"rot_3", 25}};
    const float bad[] = {NAN, INFINITY, -INFINITY};
    char *folder = support_folder();
    char *path = sp_path_join(folder, "cloud.ply"), *text = NULL;
    sp_splat_cloud cloud = random_cloud(5, 1, 1), back;
    assert_ok(sp_splat_save(&cloud, path));
    size_t size = 0;
    const size_t stride = 26 * 4;
    assert_ok(sp_file_read(&text, &size, path, 1 << 20));
    for (size_t k = 0; k < sizeof fields / sizeof *fields; k++)
        for (size_t b = 0; b < sizeof bad / sizeof *bad; b++) {
            char *place = text + size - 5 * stride + k % 5 * stride + 4 * fields[k].column, kept[4];
            char *splat = sp_format("splat %zu", k % 5);
            memcpy(kept, place, 4);
            memcpy(place, &bad[b], 4);
            assert_int_equal(sp_splat_decode(&back, text, size, "cloud.ply"), SP_EFORMAT);
            assert_non_null(strstr(sp_error_text(), splat));
            assert_non_null(strstr(sp_error_text(), fields[k].name));
            memcpy(place, kept, 4);
            free(splat);
        }
    assert_ok(sp_splat_decode(&back, text, size, "cloud.ply"));
    sp_splat_cloud_free(&back);
    sp_splat_cloud_free(&cloud);
    free(text);
    free(path);
    support_folder_end(folder);
}

static void test_paths(void **state)
{
    (void)state;
    sp_splat_cloud cloud = random_cloud(1, 0, 1), back;
    assert_int_equal(sp_splat_save(&cloud, "cloud.splat"), SP_EINVAL);
    assert_int_equal(sp_splat_save(&cloud, "/nonexistent/cloud.ply"), SP_EIO);
    assert_int_equal(sp_splat_load(&back, "/nonexistent/cloud.ply"), SP_ENOENT);
    sp_splat_cloud_free(&cloud);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_velocities_are_kept),
        cmocka_unit_test(test_written_header),
        cmocka_unit_test(test_bad_headers),
        cmocka_unit_test(test_numbers_must_be_finite),
        cmocka_unit_test(test_what_is_not_finite_is_named_by_splat_and_field),
        cmocka_unit_test(test_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
