// A plate in which somebody stands who never left: the venue behind him is put there, and nothing else
// changes.
#include "../support.h"

#include "../../src/replay/draw.h"
#include "../../src/replay/fill.h"

#include <stillpoint/matte.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 160, HEIGHT = 120, SIDE = 48 };

static const sp_camera camera = {.id = "cam01",
                                 .width = WIDTH,
                                 .height = HEIGHT,
                                 .fx = 150,
                                 .fy = 150,
                                 .cx = 80,
                                 .cy = 60,
                                 .rotation = {{1, 0, 0, 0, 1, 0, 0, 0, 1}}};

// A wall of many-coloured patches, five metres away.
static void wall(sp_splat_cloud *out)
{
    sp_rng rng = sp_rng_seed(7, 1);
    assert_int_equal(sp_splat_cloud_init(out, SIDE * SIDE, 0), SP_OK);
    for (int i = 0; i < SIDE * SIDE; i++) {
        double at[3] = {(i % SIDE - SIDE / 2) * 0.15, (i / SIDE - SIDE / 2) * 0.15, 5};
        size_t k = out->count++;
        for (int axis = 0; axis < 3; axis++) {
            sp_splat_row(out, axis)[k] = (float)at[axis];
            sp_splat_row(out, 3 + axis)[k] = (float)log(axis == 2 ? 0.01 : 0.1);
        }
        sp_splat_row(out, 6)[k] = 1;
        sp_splat_row(out, 10)[k] = 4;
        for (int c = 0; c < 3; c++)
            sp_splat_row(out, SP_ROW_SH + c)[k] = (float)(1.2 * (sp_rng_uniform(&rng) - 0.5) / SP_SH_C0);
    }
}

static bool is_body(int x, int y)
{
    return x >= 70 && x < 90 && y >= 50 && y < 100;
}

// It looks like venue, because it never moved.
static bool is_head(int x, int y)
{
    return hypot(x - 80, y - 42) < 6;
}

static void paint(sp_image8 *image, int x, int y)
{
    const uint8_t colour[3] = {250, 20, 240};
    memcpy(image->data + 3 * (y * WIDTH + x), colour, 3);
}

// The plate that an estimate from a feed in which he stays would give.
static void plate_with_somebody(replay_plate *plate, const sp_image8 *venue)
{
    *plate = (replay_plate){.camera = camera, .alike = 1};
    assert_int_equal(sp_image8_copy(&plate->image, venue), SP_OK);
    assert_int_equal(sp_image_init(&plate->spread, WIDTH, HEIGHT, 1), SP_OK);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            if (is_body(x, y))
                plate->spread.data[y * WIDTH + x] = SP_PLATE_UNSEEN;
            if (is_body(x, y) || is_head(x, y))
                paint(&plate->image, x, y);
        }
    plate->spread.data[10 * WIDTH + 20] = SP_PLATE_UNSEEN; // noise
    paint(&plate->image, 150, 10);                         // far from him: whatever it is, it is venue
}

// A plate with somebody, and what is known of the venue.
typedef struct scene {
    sp_splat_cloud cloud;
    sp_image8 venue; // as the camera sees it
    replay_plate plate;
} scene;

static void scene_open(scene *s)
{
    sp_renderer *renderer;
    wall(&s->cloud);
    assert_int_equal(replay_renderer(&renderer, SP_KERNELS_AUTO, NULL), SP_OK);
    assert_int_equal(replay_draw(&s->venue, renderer, &s->cloud, &camera, false), SP_OK);
    sp_renderer_close(&renderer);
    plate_with_somebody(&s->plate, &s->venue);
}

static void scene_close(scene *s)
{
    sp_image8_free(&s->venue);
    sp_image8_free(&s->plate.image);
    sp_image_free(&s->plate.spread);
    sp_splat_cloud_free(&s->cloud);
}

static int most_difference(const sp_image8 *a, const sp_image8 *b, int x, int y)
{
    int most = 0;
    for (int c = 0; c < 3; c++) {
        int d = abs(a->data[3 * (y * WIDTH + x) + c] - b->data[3 * (y * WIDTH + x) + c]);
        most = d > most ? d : most;
    }
    return most;
}

static void the_venue_takes_his_place(void **state)
{
    (void)state;
    scene s;
    sp_image8 before;
    scene_open(&s);
    assert_int_equal(sp_image8_copy(&before, &s.plate.image), SP_OK);
    replay_plates plates = {.plates = &s.plate, .count = 1, .used = 8};
    assert_int_equal(replay_plates_fill(&plates, &s.cloud, SP_KERNELS_AUTO, NULL), SP_OK);
    int head = 0, wrong = 0, filled = 0;
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            bool is_known = most_difference(&s.plate.image, &s.venue, x, y) <= 2;
            if (is_body(x, y))
                assert_true(is_known && s.plate.spread.data[y * WIDTH + x] < 0.1f);
            head += is_head(x, y);
            wrong += is_head(x, y) && !is_known;
            filled +=
                memcmp(before.data + 3 * (y * WIDTH + x), s.plate.image.data + 3 * (y * WIDTH + x), 3) != 0;
        }
    assert_true(10 * wrong <= head); // his outline at most
    assert_true(filled > 1000 && filled < 1200 && s.plate.filled * WIDTH * HEIGHT > 1000 &&
                s.plate.filled * WIDTH * HEIGHT < 1600);
    assert_true(most_difference(&s.plate.image, &before, 150, 10) == 0);
    sp_image8_free(&before);
    scene_close(&s);
}

// A venue that is another one everywhere around him tells nothing; neither do three cameras.
static void an_unknown_venue_changes_nothing(void **state)
{
    (void)state;
    for (int few = 0; few < 2; few++) {
        scene s;
        sp_image8 before;
        scene_open(&s);
        for (int i = 0; !few && i < 3 * WIDTH * HEIGHT; i++) {
            int x = i / 3 % WIDTH, y = i / 3 / WIDTH;
            bool is_near = x > 50 && x < 110 && y > 30 && y < 118;
            s.plate.image.data[i] = is_near ? (uint8_t)(255 - s.plate.image.data[i]) : s.plate.image.data[i];
        }
        assert_int_equal(sp_image8_copy(&before, &s.plate.image), SP_OK);
        replay_plates plates = {.plates = &s.plate, .count = 1, .used = few ? 3 : 8};
        assert_int_equal(replay_plates_fill(&plates, &s.cloud, SP_KERNELS_AUTO, NULL), SP_OK);
        assert_int_equal(memcmp(before.data, s.plate.image.data, 3 * WIDTH * HEIGHT), 0);
        assert_true(s.plate.filled == 0);
        sp_image8_free(&before);
        scene_close(&s);
    }
}

static void specks_are_nobody(void **state)
{
    (void)state;
    replay_plate plate = {.camera = camera};
    sp_image doubt;
    replay_plates plates = {.plates = &plate, .count = 1, .used = 8};
    assert_int_equal(sp_image_init(&plate.spread, WIDTH, HEIGHT, 1), SP_OK);
    for (int i = 0; i < WIDTH * HEIGHT; i += 7)
        plate.spread.data[i] = SP_PLATE_UNSEEN;
    assert_int_equal(replay_plate_doubt(&doubt, &plates, 0), SP_OK);
    assert_null(doubt.data);
    sp_image_free(&plate.spread);
    assert_int_equal(replay_plate_doubt(&doubt, &plates, 0), SP_OK); // given
    assert_null(doubt.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_venue_takes_his_place),
        cmocka_unit_test(an_unknown_venue_changes_nothing),
        cmocka_unit_test(specks_are_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
