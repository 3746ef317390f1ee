// What the tests of rig share.
#ifndef TESTS_RIG_TESTING_H
#define TESTS_RIG_TESTING_H

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

#include <stillpoint/rig.h>

#define assert_near(a, b, tolerance)                                                                         \
    do {                                                                                                     \
        double near_a = (a), near_b = (b);                                                                   \
        if (!(fabs(near_a - near_b) <= (tolerance)))                                                         \
            fail_msg("%s = %.17g, expected %.17g (off by %.3g)", #a, near_a, near_b, fabs(near_a - near_b)); \
    } while (0)

#define assert_ok(call)                                                                                      \
    do {                                                                                                     \
        int ok_code = (call);                                                                                \
        if (ok_code)                                                                                         \
            fail_msg("%s returned %d: %s", #call, ok_code, sp_error_text());                                 \
    } while (0)

// The call fails, and its sentence holds all of the given words.
#define assert_error(call, ...)                                                                              \
    do {                                                                                                     \
        const char *const words[] = {__VA_ARGS__};                                                           \
        assert_true((call) < 0);                                                                             \
        for (size_t w = 0; w < sizeof words / sizeof *words; w++)                                            \
            if (!strstr(sp_error_text(), words[w]))                                                          \
                fail_msg("\"%s\" does not say \"%s\"", sp_error_text(), words[w]);                           \
    } while (0)

// A camera near (6, -3, 2) that looks at (0, 0, 1).
static inline sp_camera test_camera(const char *id, sp_lens lens)
{
    sp_camera camera = {.width = 1280,
                        .height = 720,
                        .lens = lens,
                        .fx = 900,
                        .fy = 910,
                        .cx = 652.3,
                        .cy = 347.8,
                        .residual_px = 0.25};
    snprintf(camera.id, sizeof camera.id, "%s", id);
    sp_vec3 eye = {6, -3, 2};
    camera.rotation = sp_look_at(eye, sp_v3(0, 0, 1), sp_v3(0, 0, 1));
    camera.translation = sp_v3_scale(sp_m3_apply(camera.rotation, eye), -1);
    if (lens == SP_LENS_BROWN)
        memcpy(camera.distortion, (double[5]){-0.28, 0.09, 0.0011, -0.0007, -0.012},
               sizeof camera.distortion);
    else if (lens == SP_LENS_FISHEYE)
        memcpy(camera.distortion, (double[5]){-0.031, 0.0042, -0.0021, 0.0003, 0}, sizeof camera.distortion);
    return camera;
}

// A fresh folder for this test program; removed by test_folder_remove().
static inline char *test_folder(void)
{
    char template[] = "/tmp/stillpoint-rig-XXXXXX";
    char *path = mkdtemp(template);
    assert_non_null(path);
    return sp_strdup(path);
}
static inline void test_folder_remove(char *path)
{
    sp_folder_remove(path);
    free(path);
}
static inline void test_write(const char *folder, const char *name, const char *text)
{
    char *path = sp_path_join(folder, name);
    assert_ok(sp_file_write(path, text, strlen(text)));
    free(path);
}

// A path in the shared data, or the test is skipped. Free with free().
static inline char *test_shared(const char *name)
{
    const char *shared = getenv("STILLPOINT_SHARED");
    char *path = shared ? sp_path_join(shared, name) : NULL;
    if (!path || !sp_file_exists(path)) {
        free(path);
        skip();
    }
    return path;
}

#endif
