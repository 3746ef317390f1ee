// Depth by plane sweep against the true depth of a textured ellipsoid, and the same bits from all versions.
#include "../../src/recon/stereo/sweep_match.h"
#include "rig_of_ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define VIEWS 3
#define OF_A_RING 24 // which makes neighbours 15 degrees apart
#define WIDTH 171    // no whole number of vectors
#define HEIGHT 200
// Before the true surface, as the skin of a hull would be.
#define SKIN_M 0.06

static const ellipsoid BODY = {{0.1, -0.05, 1.0}, {0.4, 0.3, 0.8}};

// A view of the body: grey, matte and the hull's skin. depth (nullable) receives the truth, 0 beside it.
static void see(sweep_view *view, sp_image *depth, int index)
{
    view->camera = ring_camera(index, OF_A_RING, 4, WIDTH, HEIGHT);
    assert_int_equal(sp_image_init(&view->grey, WIDTH, HEIGHT, 1), SP_OK);
    assert_int_equal(sp_image_init(&view->matte, WIDTH, HEIGHT, 1), SP_OK);
    assert_int_equal(sp_image_init(&view->entry, WIDTH, HEIGHT, 1), SP_OK);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            size_t at = (size_t)y * WIDTH + (size_t)x;
            sp_vec3 hit;
            view->entry.data[at] = INFINITY;
            if (!ring_hit(&hit, &BODY, &view->camera, x + 0.5, y + 0.5))
                continue;
            float rgb[3];
            ring_texture(rgb, hit);
            double z = sp_camera_to_cam(&view->camera, hit).z;
            view->grey.data[at] = rgb[0];
            view->matte.data[at] = 1;
            view->entry.data[at] = (float)(z - SKIN_M);
            if (depth)
                depth->data[at] = (float)z;
        }
}

static void open_views(sweep_view views[VIEWS], sp_image *truth)
{
    memset(views, 0, VIEWS * sizeof *views);
    assert_int_equal(sp_image_init(truth, WIDTH, HEIGHT, 1), SP_OK);
    for (int v = 0; v < VIEWS; v++)
        see(&views[v], v ? NULL : truth, v == 2 ? OF_A_RING - 1 : v);
    views[0].neighbour_count = 2;
    views[0].neighbours[0] = 1;
    views[0].neighbours[1] = 2;
    views[0].least_angle = 2 * M_PI / OF_A_RING;
}

static void close_views(sweep_view views[VIEWS])
{
    for (int v = 0; v < VIEWS; v++) {
        sp_image_free(&views[v].grey);
        sp_image_free(&views[v].matte);
        sp_image_free(&views[v].entry);
    }
}

static void depth_is_that_of_the_surface(void **state)
{
    (void)state;
    sweep_view views[VIEWS];
    sp_image truth, depth;
    open_views(views, &truth);
    assert_int_equal(sp_image_init(&depth, WIDTH, HEIGHT, 1), SP_OK);
    assert_int_equal(sweep_match(&depth, &views[0], views), SP_OK);
    int inside = 0, known = 0, near = 0, right = 0;
    for (size_t i = 0; i < (size_t)WIDTH * HEIGHT; i++) {
        if (truth.data[i] <= 0) {
            assert_true(depth.data[i] == 0); // nothing beside the matte
            continue;
        }
        inside++;
        known += depth.data[i] > 0;
        near += fabsf(depth.data[i] - truth.data[i]) < 0.05f; // one plane to the next
        right += fabsf(depth.data[i] - truth.data[i]) < 0.02f;
    }
    assert_true(inside > 3000);
    assert_true(known > 0.95 * inside);
    assert_true(near > 0.9 * inside);
    assert_true(right > 0.6 * inside);
    close_views(views);
    sp_image_free(&truth);
    sp_image_free(&depth);
}

static void all_versions_give_the_same_bits(void **state)
{
    (void)state;
    static const char *const names[] = {"baseline", "avx2", "avx512"};
    sweep_view views[VIEWS];
    sp_image truth, first = {0};
    open_views(views, &truth);
    char *wish = getenv("STILLPOINT_CPU"), *kept = wish ? sp_strdup(wish) : NULL;
    for (int k = 0; k < 3; k++) {
        sp_image depth;
        setenv("STILLPOINT_CPU", names[k], 1);
        assert_int_equal(sp_image_init(&depth, WIDTH, HEIGHT, 1), SP_OK);
        assert_int_equal(sweep_match(&depth, &views[0], views), SP_OK);
        if (k == 0) {
            first = depth;
            continue;
        }
        assert_memory_equal(depth.data, first.data, sizeof(float) * WIDTH * HEIGHT);
        sp_image_free(&depth);
    }
    unsetenv("STILLPOINT_CPU");
    if (kept)
        setenv("STILLPOINT_CPU", kept, 1);
    free(kept);
    close_views(views);
    sp_image_free(&truth);
    sp_image_free(&first);
}

static void a_view_without_a_surface_has_no_depth(void **state)
{
    (void)state;
    sweep_view views[VIEWS];
    sp_image truth, depth;
    open_views(views, &truth);
    memset(views[0].matte.data, 0, sizeof(float) * WIDTH * HEIGHT);
    assert_int_equal(sp_image_init(&depth, WIDTH, HEIGHT, 1), SP_OK);
    assert_int_equal(sweep_match(&depth, &views[0], views), SP_OK);
    for (size_t i = 0; i < (size_t)WIDTH * HEIGHT; i++)
        assert_true(depth.data[i] == 0);
    close_views(views);
    sp_image_free(&truth);
    sp_image_free(&depth);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(depth_is_that_of_the_surface),
        cmocka_unit_test(all_versions_give_the_same_bits),
        cmocka_unit_test(a_view_without_a_surface_has_no_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
