// Whether a camera stands. Truth: pictures of a world that is a formula of the direction, so that a turned
// camera's picture is known without turning any.
#include "../support.h"

#include <stillpoint/matte.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 400, HEIGHT = 240 };

static sp_camera camera_of(sp_lens lens)
{
    sp_camera camera = {.id = "cam", .width = WIDTH, .height = HEIGHT, .lens = lens, .fx = 330, .fy = 335};
    camera.cx = 205;
    camera.cy = 115;
    if (lens == SP_LENS_BROWN)
        memcpy(camera.distortion, (double[5]){-0.2, 0.05, 1e-3, -1e-3, 0}, sizeof camera.distortion);
    camera.rotation = sp_m3_identity();
    return camera;
}

enum { WAVES = 14 };

// Plane waves of all directions and lengths from a tenth of the picture's width; seed chooses the world.
static void waves_of(double (*waves)[5], int seed)
{
    sp_rng rng = sp_rng_seed(5, (uint64_t)seed);
    for (int k = 0; k < WAVES; k++) {
        double length = 0, number = 8 + 5 * k;
        for (int i = 0; i < 3; i++) {
            waves[k][i] = sp_rng_normal(&rng);
            length += waves[k][i] * waves[k][i];
        }
        for (int i = 0; i < 3; i++)
            waves[k][i] *= number / sqrt(length);
        waves[k][3] = 6.3 * sp_rng_uniform(&rng);
        waves[k][4] = 0.11 / sqrt(1 + 0.1 * k);
    }
}

static void picture(sp_image8 *out, const sp_camera *camera, sp_mat3 turn, int seed, double gain)
{
    double waves[WAVES][5];
    sp_rng rng = sp_rng_seed(6, (uint64_t)seed);
    assert_int_equal(sp_image8_init(out, camera->width, camera->height, 3), SP_OK);
    sp_mat3 back = sp_m3_transpose(turn);
    waves_of(waves, seed);
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        sp_vec3 ray;
        assert_true(sp_camera_ray(&ray, camera, (sp_vec2){i % WIDTH + 0.5, i / WIDTH + 0.5}));
        ray = sp_m3_apply(back, ray);
        double value = 0.5;
        for (int k = 0; k < WAVES; k++) {
            const double *w = waves[k];
            value += w[4] * sin(w[0] * ray.x + w[1] * ray.y + w[2] * ray.z + w[3]);
        }
        value = gain * value + 0.01 * sp_rng_normal(&rng);
        for (int c = 0; c < 3; c++)
            out->data[3 * i + c] = (uint8_t)lrint(255 * fmin(fmax(value, 0), 1));
    }
}

// Somebody before the camera, over a third of the picture.
static void stand_before(sp_image8 *image, int left)
{
    for (int y = 30; y < HEIGHT; y++)
        for (int x = left; x < left + 2 * WIDTH / 5; x++)
            memset(image->data + 3 * (y * WIDTH + x), (x + 2 * y) % 90, 3);
}

static double angle_between(sp_mat3 a, sp_mat3 b)
{
    sp_mat3 d = sp_m3_mul(a, sp_m3_transpose(b));
    return acos(fmin((d.m[0] + d.m[4] + d.m[8] - 1) / 2, 1)) * 180 / M_PI;
}

static void a_turn_is_found(void **state)
{
    (void)state;
    const double degrees[] = {0.3, 1, 3};
    for (int lens = SP_LENS_PINHOLE; lens <= SP_LENS_BROWN; lens++) {
        sp_camera camera = camera_of((sp_lens)lens);
        sp_image8 plate, image;
        picture(&plate, &camera, sp_m3_identity(), 1, 1);
        for (int k = 0; k < 3; k++) {
            sp_mat3 turn =
                sp_rodrigues_to_m3(sp_v3_scale(sp_v3(0.5, -0.7, 0.5), degrees[k] * M_PI / 180 / sqrt(0.99)));
            picture(&image, &camera, turn, 1, 0.85);
            stand_before(&image, 120);
            sp_plate_fit fit;
            assert_int_equal(sp_plate_fit_find(&fit, &image, &plate, &camera), SP_OK);
            assert_true(angle_between(fit.turn, turn) < 0.02);
            assert_true(fit.alike > 0.5);
            assert_true(fabs(fit.moved_px / (degrees[k] * M_PI / 180 * 330) - 0.9) < 0.25);
            // The camera as it stands: what the old one saw in a direction lies where the turn took it.
            sp_camera now = sp_plate_fit_camera(&fit, &camera);
            assert_true(angle_between(now.rotation, turn) < 0.02);
            sp_image8 seen;
            sp_image spread;
            assert_int_equal(sp_plate_fit_turn(&seen, &spread, &fit, &plate, NULL, &camera), SP_OK);
            sp_image8_free(&image);
            picture(&image, &camera, turn, 1, 1);
            double error = 0;
            int known = 0;
            for (int i = 0; i < WIDTH * HEIGHT; i++)
                if (spread.data[i] < SP_PLATE_UNSEEN) {
                    error += abs(seen.data[3 * i] - image.data[3 * i]);
                    known++;
                }
            assert_true(known > WIDTH * HEIGHT * 8 / 10 && known < WIDTH * HEIGHT);
            assert_true(error / known < 5);
            sp_image8_free(&seen);
            sp_image_free(&spread);
            sp_image8_free(&image);
        }
        sp_image8_free(&plate);
    }
}

static void a_camera_that_stands_does(void **state)
{
    (void)state;
    sp_camera camera = camera_of(SP_LENS_PINHOLE);
    sp_image8 plate, image;
    picture(&plate, &camera, sp_m3_identity(), 1, 1);
    for (int left = 0; left < WIDTH / 2; left += 90) {
        picture(&image, &camera, sp_m3_identity(), 1, 0.8);
        stand_before(&image, left);
        sp_plate_fit fit;
        assert_int_equal(sp_plate_fit_find(&fit, &image, &plate, &camera), SP_OK);
        assert_true(fit.moved_px == 0 && angle_between(fit.turn, sp_m3_identity()) == 0);
        assert_true(fit.alike > 0.5);
        sp_image8_free(&image);
    }
    sp_image8_free(&plate);
}

static void another_place_is_not_alike(void **state)
{
    (void)state;
    sp_camera camera = camera_of(SP_LENS_PINHOLE);
    sp_image8 plate, image;
    picture(&plate, &camera, sp_m3_identity(), 1, 1);
    for (int seed = 2; seed < 5; seed++) {
        picture(&image, &camera, sp_m3_identity(), seed, 1);
        sp_plate_fit fit;
        assert_int_equal(sp_plate_fit_find(&fit, &image, &plate, &camera), SP_OK);
        assert_true(fit.moved_px == 0 && fit.alike < SP_PLATE_ALIKE);
        sp_image8_free(&image);
    }
    camera.width--;
    sp_plate_fit fit;
    assert_int_equal(sp_plate_fit_find(&fit, &plate, &plate, &camera), SP_EINVAL);
    assert_non_null(strstr(sp_error_text(), "camera cam"));
    sp_image8_free(&plate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_turn_is_found),
        cmocka_unit_test(a_camera_that_stands_does),
        cmocka_unit_test(another_place_is_not_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
