// Points in PLY files: what other programs write, and what is wrong with a file.
#include "helpers.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static sp_points decoded(const void *data, size_t size)
{
    sp_points points;
    assert_ok(sp_points_decode(&points, data, size, "test"));
    return points;
}

static void assert_refused(const char *text, const char *word)
{
    sp_points points;
    assert_int_equal(sp_points_decode(&points, text, strlen(text), "cloud.ply"), SP_EFORMAT);
    assert_non_null(strstr(sp_error_text(), "cloud.ply"));
    assert_non_null(strstr(sp_error_text(), word));
}

#define HEADER(count)                                                                                        \
    "ply\nformat ascii 1.0\ncomment x\nelement vertex " #count                                               \
    "\nproperty float x\nproperty float y\nproperty double z\nproperty float nx\n"                           \
    "property uchar red\nproperty uchar green\nproperty uint8 blue\nend_header\n"

static void test_text(void **state)
{
    (void)state;
    const char text[] = HEADER(2) "1 -2.5 3e1 9 0 127 255\r\n  0.5 0 0 9 1 2 3";
    sp_points points = decoded(text, sizeof text - 1);
    const double xyz[6] = {1, -2.5, 30, 0.5, 0, 0};
    const uint8_t rgb[6] = {0, 127, 255, 1, 2, 3};
    assert_int_equal(points.count, 2);
    assert_memory_equal(points.xyz, xyz, sizeof xyz);
    assert_memory_equal(points.rgb, rgb, sizeof rgb);
    sp_points_free(&points);
    const char plain[] = "ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\n"
                         "property float z\nend_header\n4 5 6\n";
    points = decoded(plain, sizeof plain - 1);
    assert_true(points.xyz[2] == 6 && points.rgb[0] == 128 && points.rgb[2] == 128);
    sp_points_free(&points);
}

static void test_round_trip(void **state)
{
    (void)state;
    char path[] = "/tmp/stillpoint-points-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    double xyz[9] = {0.5, -1.25, 3, 1e4, 0, -7, 2, 4, 8};
    uint8_t rgb[9] = {1, 2, 3, 4, 5, 6, 7, 8, 255};
    sp_points points = {xyz, rgb, 3}, again;
    assert_ok(sp_points_save(&points, path));
    assert_ok(sp_points_load(&again, path));
    assert_int_equal(again.count, 3);
    assert_memory_equal(again.xyz, xyz, sizeof xyz);
    assert_memory_equal(again.rgb, rgb, sizeof rgb);
    sp_points_free(&again);

    char *data;
    size_t size;
    assert_ok(sp_file_read(&data, &size, path, 4096));
    for (size_t cut = 0; cut < size; cut++)
        assert_int_equal(sp_points_decode(&again, data, cut, "cut"), SP_EFORMAT);
    const float nan = NAN;
    memcpy(data + size - 15, &nan, sizeof nan);
    assert_int_equal(sp_points_decode(&again, data, size, "test"), SP_EFORMAT);
    assert_non_null(strstr(sp_error_text(), "point 3: x is not finite"));
    free(data);
    remove(path);
}

static void test_what_is_wrong(void **state)
{
    (void)state;
    assert_refused("x\n", "not a PLY");
    assert_refused(HEADER(2) "1 2 3 4 5 6 7\n", "point 2");
    assert_refused(HEADER(1) "1 2 three 4 5 6 7\n", "property z");
    assert_refused(HEADER(1) "1 inf 3 4 5 6 7\n", "y is not finite");
    assert_refused(HEADER(99999) "1 2 3 4 5 6 7\n", "cut off");
    assert_refused("ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty uchar y\n"
                   "property float z\nend_header\n1 2 3\n",
                   "no property y");
    assert_refused("ply\nformat binary_big_endian 1.0\nelement vertex 0\nproperty float x\nend_header\n",
                   "big_endian");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
