// The venue from plates, held against a room of two textured planes that the test casts itself.
#include "../support.h"
#include "../../src/recon/background.h"
#include "../../src/recon/stereo/stereo_match.h"
#include "../../src/recon/venue/colours.h"
#include "../../src/recon/venue/depths.h"
#include "../../src/recon/venue/hidden.h"
#include "../../src/recon/floor/floor.h"
#include "../../src/recon/venue/planes.h"

#include <stillpoint/render.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define VIEWS 5
#define WIDTH 240
#define HEIGHT 160
#define WALL_Y 5.0

// Smooth value noise in 0..1: several sizes of detail, so that every window has something to match.
static double lattice(int x, int y, int seed)
{
    sp_rng rng =
        sp_rng_seed((uint64_t)(uint32_t)x * 73856093u ^ (uint64_t)(uint32_t)y * 19349663u, (uint64_t)seed);
    return sp_rng_uniform(&rng);
}

static double noise(double u, double v, int seed)
{
    double sum = 0, weight = 0.5;
    for (int octave = 0; octave < 3; octave++, u *= 2.7, v *= 2.7, weight *= 0.6) {
        int x = (int)floor(u), y = (int)floor(v);
        double a = u - x, b = v - y;
        double top = lattice(x, y, seed) * (1 - a) + lattice(x + 1, y, seed) * a;
        double bottom = lattice(x, y + 1, seed) * (1 - a) + lattice(x + 1, y + 1, seed) * a;
        sum += weight * (top * (1 - b) + bottom * b);
    }
    return sum;
}

static sp_camera camera_at(double angle, double height)
{
    sp_camera c = {
        .width = WIDTH, .height = HEIGHT, .fx = 220, .fy = 220, .cx = WIDTH / 2.0, .cy = HEIGHT / 2.0};
    sp_vec3 eye = sp_v3(4 * sin(angle), -4 * cos(angle), height), target = sp_v3(0, 2, 0.9);
    c.rotation = sp_look_at(eye, target, sp_v3(0, 0, 1));
    c.translation = sp_v3_scale(sp_m3_apply(c.rotation, eye), -1);
    return c;
}

// Floor Z = 0 and wall Y = WALL_Y; returns the depth along the camera's axis.
static double cast(double rgb[3], const sp_camera *c, double px, double py)
{
    sp_vec3 eye = sp_camera_center(c), ray;
    sp_camera_ray(&ray, c, (sp_vec2){px, py});
    double to_floor = ray.z < 0 ? -eye.z / ray.z : INFINITY;
    double to_wall = ray.y > 0 ? (WALL_Y - eye.y) / ray.y : INFINITY;
    double t = fmin(to_floor, to_wall);
    sp_vec3 hit = sp_v3_add(eye, sp_v3_scale(ray, t));
    double v = t == to_floor ? noise(hit.x * 3, hit.y * 3, 1) : noise(hit.x * 3, hit.z * 3, 2);
    rgb[0] = v;
    rgb[1] = t == to_floor ? 0.7 * v : v * v;
    rgb[2] = 1 - v;
    return sp_camera_to_cam(c, hit).z;
}

static void picture(sp_image8 *image, const sp_camera *c)
{
    assert_int_equal(sp_image8_init(image, c->width, c->height, 3), 0);
    for (int y = 0; y < c->height; y++)
        for (int x = 0; x < c->width; x++) {
            double rgb[3], sum[3] = {0};
            for (int k = 0; k < 4; k++) {
                cast(rgb, c, x + 0.25 + 0.5 * (k & 1), y + 0.25 + 0.5 * (k >> 1));
                for (int j = 0; j < 3; j++)
                    sum[j] += rgb[j] / 4;
            }
            for (int j = 0; j < 3; j++)
                image->data[3 * (y * c->width + x) + j] = (uint8_t)lround(255 * fmin(fmax(sum[j], 0), 1));
        }
}

typedef struct room {
    sp_view views[VIEWS];
    sp_image8 pictures[VIEWS];
    sp_pool *pool;
} room;

static int room_open(void **state)
{
    room *r = calloc(1, sizeof *r);
    for (int i = 0; i < VIEWS; i++) {
        r->views[i].camera = camera_at(-0.5 + 0.25 * i, 1.4 + 0.3 * (i % 2));
        picture(&r->pictures[i], &r->views[i].camera);
        r->views[i].image = &r->pictures[i];
    }
    *state = r;
    return sp_pool_open(&r->pool, 2);
}

static int room_close(void **state)
{
    room *r = *state;
    for (int i = 0; i < VIEWS; i++)
        sp_image8_free(&r->pictures[i]);
    sp_pool_close(&r->pool);
    free(r);
    return 0;
}

static void stereo_view_of(recon_stereo_view *v, const room *r, int i)
{
    v->camera = r->views[i].camera;
    assert_int_equal(sp_image_from8(&v->rgb, &r->pictures[i]), 0);
    assert_int_equal(sp_image_init(&v->grey, WIDTH, HEIGHT, 1), 0);
    memcpy(v->grey.data, v->rgb.data, sizeof(float) * WIDTH * HEIGHT);
    assert_int_equal(recon_quads_init(&v->quads, &v->grey), 0);
}

static const recon_stereo_params stereo_params = {
    .near_m = 0.8, .far_m = 60, .floor_radius_m = 12, .iterations = 3, .seed = 3, .done_to = 1};

static void depths_are_those_of_the_room(void **state)
{
    room *r = *state;
    recon_stereo_view *views = calloc(VIEWS, sizeof *views);
    for (int i = 0; i < VIEWS; i++)
        stereo_view_of(&views[i], r, i);
    recon_depth_map map;
    assert_int_equal(recon_stereo(&map, views, VIEWS, 2, &stereo_params, r->pool, NULL), 0);
    int good = 0, all = 0;
    for (int y = 8; y < HEIGHT - 8; y++)
        for (int x = 24; x < WIDTH - 24; x++, all++) {
            double rgb[3], truth = cast(rgb, &views[2].camera, x + 0.5, y + 0.5);
            good += fabs(map.depth[y * WIDTH + x] / truth - 1) < 0.02;
        }
    assert_true(good > 0.85 * all);

    recon_depth_map alone;
    assert_int_equal(recon_stereo(&alone, views, VIEWS, 2, &stereo_params, NULL, NULL), 0);
    assert_memory_equal(alone.depth, map.depth, sizeof(float) * WIDTH * HEIGHT);
    recon_depth_map_free(&alone);
    recon_depth_map_free(&map);
    recon_stereo_views_free(views, VIEWS);
}

// A geometry of the room's first views with true depths that no match speaks for.
static void true_geometry(recon_geometry *g, const room *r, int count)
{
    recon_stereo_view *views = calloc((size_t)count, sizeof *views);
    *g = (recon_geometry){.count = count, .views = views, .params = stereo_params};
    g->maps = calloc((size_t)count, sizeof *g->maps);
    for (int v = 0; v < count; v++) {
        double rgb[3];
        stereo_view_of(&views[v], r, v);
        assert_int_equal(recon_depth_map_init(&g->maps[v], WIDTH, HEIGHT), 0);
        for (int i = 0; i < WIDTH * HEIGHT; i++) {
            g->maps[v].depth[i] = (float)cast(rgb, &views[v].camera, i % WIDTH + 0.5, i / WIDTH + 0.5);
            g->maps[v].normal[2][i] = -1;
            g->maps[v].cost[i] = 1;
        }
    }
}

static void geometry_free(recon_geometry *g)
{
    recon_stereo_views_free((recon_stereo_view *)g->views, g->count);
    recon_geometry_free(g);
}

static double confirmed_share(const recon_geometry *g, int view)
{
    double count = 0;
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        count += g->confirmed[view][i] != RECON_UNCONFIRMED;
    return count / (WIDTH * HEIGHT);
}

// Of 240 columns, 30 are beyond the other view's picture or hidden.
static void two_views_that_agree_are_believed_without_texture(void **state)
{
    room *r = *state;
    recon_geometry g;
    true_geometry(&g, r, 2);
    assert_int_equal(recon_confirm(&g, r->pool), 0);
    assert_true(confirmed_share(&g, 0) > 0.8);
    geometry_free(&g);

    true_geometry(&g, r, 2);
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        g.maps[1].depth[i] *= 1.05f;
    assert_int_equal(recon_confirm(&g, r->pool), 0);
    assert_true(confirmed_share(&g, 0) < 0.1);
    geometry_free(&g);
}

static void all_confirmed(recon_geometry *g, int view)
{
    if (!g->confirmed)
        g->confirmed = calloc((size_t)g->count, sizeof *g->confirmed);
    g->confirmed[view] = malloc(WIDTH * HEIGHT);
    memset(g->confirmed[view], RECON_SURE, WIDTH * HEIGHT);
}

// The second view's depths are made up, too far by half; what the first one knows has to stand for them.
static void what_is_made_up_does_not_repeat_what_is_known(void **state)
{
    room *r = *state;
    recon_geometry g;
    true_geometry(&g, r, 2);
    all_confirmed(&g, 0);
    all_confirmed(&g, 1);
    memset(g.confirmed[1], RECON_UNCONFIRMED, WIDTH * HEIGHT);
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        g.maps[1].depth[i] *= 1.5f;
    sp_splat_cloud cloud;
    assert_int_equal(sp_splat_cloud_init(&cloud, 16, 0), 0);
    assert_int_equal(recon_fuse(&cloud, &g, 2 * WIDTH * HEIGHT), 0);
    const float *y = sp_splat_row(&cloud, SP_ROW_POSITION + 1),
                *z = sp_splat_row(&cloud, SP_ROW_POSITION + 2);
    size_t ghosts = 0;
    for (size_t i = 0; i < cloud.count; i++)
        ghosts += fabsf(z[i]) > 0.1f && fabs(y[i] - WALL_Y) > 0.1;
    assert_true(ghosts <
                0.2 * (double)cloud.count); // what the first view does not see: an eighth of the picture
    sp_splat_cloud_free(&cloud);
    geometry_free(&g);
}

// Views exposed by known shares tell them, up to what all have in common; even colours are those of before.
static void exposures_are_told_from_what_views_share(void **state)
{
    static const double shares[3][3] = {{1.2, 1.1, 0.9}, {0.8, 0.9, 1}, {1, 1.05, 1.1}};
    room *r = *state;
    recon_geometry g;
    true_geometry(&g, r, 3);
    sp_image before;
    assert_int_equal(sp_image_copy(&before, &g.views[1].rgb), 0);
    double gains[3][3], means[3];
    for (int c = 0; c < 3; c++)
        means[c] = cbrt(shares[0][c] * shares[1][c] * shares[2][c]);
    for (int v = 0; v < 3; v++)
        for (int i = 0; i < WIDTH * HEIGHT; i++) {
            g.maps[v].cost[i] = 0.1f;
            for (int c = 0; c < 3; c++)
                sp_image_plane(&g.views[v].rgb, c)[i] *= (float)shares[v][c];
        }
    assert_int_equal(recon_colour_gains(gains, g.views, g.maps, 3, r->pool), 0);
    for (int v = 0; v < 3; v++)
        for (int c = 0; c < 3; c++)
            assert_true(fabs(gains[v][c] * means[c] / shares[v][c] - 1) < 0.02);
    assert_int_equal(recon_even_colours(&g.views[1], gains[1]), 0);
    for (int i = 0; i < 3 * WIDTH * HEIGHT; i += 7)
        assert_true(fabs(g.views[1].rgb.data[i] / means[i / (WIDTH * HEIGHT)] - before.data[i]) < 0.03);
    sp_image_free(&before);
    geometry_free(&g);
}

// Turn the true normals of the room's surfaces into the camera.
static void true_normals(recon_geometry *g)
{
    for (int v = 0; v < g->count; v++)
        for (size_t i = 0; i < WIDTH * HEIGHT; i++) {
            sp_vec3 world = recon_world_at(g, v, i);
            sp_vec3 n = sp_m3_apply(g->views[v].camera.rotation,
                                    fabs(world.z) < 0.01 ? sp_v3(0, 0, 1) : sp_v3(0, -1, 0));
            g->maps[v].normal[0][i] = (float)n.x;
            g->maps[v].normal[1][i] = (float)n.y;
            g->maps[v].normal[2][i] = (float)n.z;
        }
}

// The second view knows nothing, and has wrong depths: the first one's surfaces are seen from there too.
// Where it sees another colour they are not.
static void what_others_are_sure_of_is_borrowed(void **state)
{
    room *r = *state;
    recon_geometry g;
    true_geometry(&g, r, 2);
    true_normals(&g);
    all_confirmed(&g, 0);
    all_confirmed(&g, 1);
    memset(g.confirmed[1], RECON_UNCONFIRMED, WIDTH * HEIGHT);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            size_t at = (size_t)(y * WIDTH + x);
            g.maps[1].depth[at] *= 1.5f;
            for (int c = 0; y < HEIGHT / 4 && c < 3; c++)
                sp_image_plane(&g.views[1].rgb, c)[at] = 2;
        }
    assert_int_equal(recon_borrow(&g, r->pool), 0);
    int right = 0, wrong = 0, unlike = 0;
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            double rgb[3], truth = cast(rgb, &g.views[1].camera, x + 0.5, y + 0.5);
            size_t at = (size_t)(y * WIDTH + x);
            bool is_true = fabs(g.maps[1].depth[at] / truth - 1) < 0.01;
            right += g.confirmed[1][at] && is_true;
            wrong += g.confirmed[1][at] && !is_true;
            unlike += y < HEIGHT / 4 && g.confirmed[1][at];
        }
    assert_int_equal(unlike, 0);
    assert_true(right > 0.5 * WIDTH * HEIGHT);
    assert_true(wrong < 0.01 * WIDTH * HEIGHT);
    geometry_free(&g);
}

// What one view takes to hang in the middle, where three others see the room behind, is made nothing of; the
// room is. In a rig that looks at nothing in its middle all is left as it is.
static void what_others_look_past_is_doubted(void **state)
{
    room *r = *state;
    for (int holds = 0; holds < 2; holds++) {
        recon_geometry g;
        true_geometry(&g, r, 4);
        g.params.holds_action = holds;
        g.params.distance_m = 6;
        g.params.focus = sp_v3(0, 2, 0.9);
        for (int v = 0; v < 4; v++)
            all_confirmed(&g, v);
        g.nowhere = recon_pixel_flags(&g);
        for (int y = 60; y < 100; y++)
            for (int x = 100; x < 140; x++) {
                g.maps[0].depth[y * WIDTH + x] *= 0.6f;
                g.confirmed[0][y * WIDTH + x] = RECON_UNCONFIRMED;
            }
        recon_doubt(&g, r->pool);
        int hanging = 0, rest = 0;
        for (int i = 0; i < WIDTH * HEIGHT; i++) {
            bool is_hanging = g.confirmed[0][i] == RECON_UNCONFIRMED;
            hanging += is_hanging && g.nowhere[0][i];
            rest += !is_hanging && g.nowhere[0][i];
        }
        assert_int_equal(hanging, holds ? 1600 : 0);
        assert_int_equal(rest, 0);
        geometry_free(&g);
    }
}

// A view sees planes from their front only.
static void a_source_behind_a_plane_says_nothing(void **state)
{
    room *r = *state;
    recon_stereo_view *views = calloc(2, sizeof *views);
    for (int i = 0; i < 2; i++)
        stereo_view_of(&views[i], r, i == 0 ? 0 : VIEWS - 1);
    recon_matcher m;
    recon_matcher_open(&m, views, 2, 0, 0, NULL);
    recon_spot here;
    double rgb[3], depth = cast(rgb, &views[0].camera, WIDTH / 2 + 0.5, HEIGHT / 2 + 0.5);
    recon_spot_at(&here, &m, WIDTH / 2, HEIGHT / 2);
    // Just towards this camera, and away from the other.
    sp_vec3 aside = sp_m3_apply(views[0].camera.rotation, sp_v3_sub(sp_camera_center(&views[0].camera),
                                                                    sp_camera_center(&views[1].camera)));
    sp_vec3 n = sp_v3_unit(sp_v3(aside.x, aside.y, -0.1 * sp_v3_norm(aside)));
    recon_patch away = {{(float)n.x, (float)n.y, (float)n.z}, (float)depth},
                towards = {{0, 0, -1}, (float)depth};
    assert_true(recon_match_cost(&m, &here, &away) >= RECON_COST_NOTHING);
    assert_true(recon_match_cost(&m, &here, &towards) < RECON_COST_NOTHING);
    recon_stereo_views_free(views, 2);
}

#define ISLAND_PX 30

// A rectangle of confirmed surface 3 m away, painted or not.
static void put_island(recon_geometry *g, int left, bool is_painted)
{
    for (int y = 20; y < 20 + ISLAND_PX; y++)
        for (int x = left; x < left + ISLAND_PX; x++) {
            int at = y * WIDTH + x;
            g->maps[0].depth[at] = 3;
            g->confirmed[0][at] = RECON_SURE;
            for (int c = 0; c < 3 && is_painted; c++)
                sp_image_plane(&g->views[0].rgb, c)[at] = c ? 0.1f : 0.9f;
        }
}

// A bright sky over a floor that is sure from half of the height down.
static void what_ends_where_nothing_ends_is_debris(void **state)
{
    (void)state;
    recon_stereo_view view = {.camera = camera_at(0, 1.5)};
    recon_depth_map map;
    uint8_t *confirmed = calloc(WIDTH * HEIGHT, 1);
    recon_geometry g = {.count = 1, .views = &view, .maps = &map, .confirmed = &confirmed};
    assert_int_equal(recon_depth_map_init(&map, WIDTH, HEIGHT), 0);
    assert_int_equal(sp_image_init(&view.rgb, WIDTH, HEIGHT, 3), 0);
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        bool is_floor = i / WIDTH >= HEIGHT / 2;
        map.depth[i] = is_floor ? 8 : 50;
        confirmed[i] = is_floor ? RECON_SURE : RECON_UNCONFIRMED;
        for (int c = 0; c < 3; c++) // brighter by 0.2 over the width
            sp_image_plane(&view.rgb, c)[i] = is_floor ? 0.3f : 0.7f + 0.2f * (float)(i % WIDTH) / WIDTH;
    }
    put_island(&g, 40, false);
    put_island(&g, 140, true);
    for (int i = 0; i < 9; i++) // a crumb
        confirmed[(60 + i / 3) * WIDTH + 110 + i % 3] = RECON_SURE;
    assert_int_equal(recon_drop_debris(&g, 0), 0);
    assert_int_equal(confirmed[30 * WIDTH + 50], RECON_UNCONFIRMED);
    assert_int_equal(confirmed[30 * WIDTH + 150], RECON_SURE);
    assert_int_equal(confirmed[61 * WIDTH + 111], RECON_UNCONFIRMED);
    assert_int_equal(confirmed[(HEIGHT - 5) * WIDTH + 50], RECON_SURE);
    recon_depth_map_free(&map);
    sp_image_free(&view.rgb);
    free(confirmed);
}

// ---- Behind everything

#define SHELL_M 40.0
#define STRIPE_RAD 0.1

// Stripes around the world: what a picture of the far shell shows in a direction.
static float stripe(double around)
{
    return (float)(0.5 + 0.4 * sin(2 * M_PI * around / STRIPE_RAD));
}

static double around_of(const sp_camera *c, int x)
{
    sp_vec3 ray;
    sp_camera_ray(&ray, c, (sp_vec2){x + 0.5, c->cy});
    return atan2(ray.y, ray.x);
}

// A camera in the middle that looks level in a direction, and sees 0.5 rad to each side.
static void look_around(recon_stereo_view *view, recon_depth_map *map, double direction)
{
    sp_camera *c = &view->camera;
    *c = (sp_camera){.width = WIDTH, .height = HEIGHT, .cx = WIDTH / 2.0, .cy = HEIGHT / 2.0};
    c->fx = c->fy = WIDTH / 2.0 / tan(0.5);
    c->rotation = sp_look_at(sp_v3(0, 0, 0), sp_v3(cos(direction), sin(direction), 0), sp_v3(0, 0, 1));
    assert_int_equal(sp_image_init(&view->rgb, WIDTH, HEIGHT, 3), 0);
    assert_int_equal(recon_depth_map_init(map, WIDTH, HEIGHT), 0);
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        map->depth[i] = SHELL_M;
        for (int channel = 0; channel < 3; channel++)
            sp_image_plane(&view->rgb, channel)[i] = stripe(around_of(c, i % WIDTH));
    }
}

static void pictures_go_on_in_a_mirror_where_nobody_looks(void **state)
{
    room *r = *state;
    recon_stereo_view views[2] = {0};
    recon_depth_map maps[2];
    uint8_t *none = calloc(WIDTH * HEIGHT, 1), *confirmed[2] = {none, none};
    recon_geometry g = {.count = 2, .views = views, .maps = maps, .confirmed = confirmed};
    look_around(&views[0], &maps[0], 0);
    look_around(&views[1], &maps[1], 1.4); // nobody sees 0.5 to 0.9 rad
    sp_splat_cloud cloud;
    assert_int_equal(sp_splat_cloud_init(&cloud, 16, 0), 0);
    assert_int_equal(recon_backdrop(&cloud, &g, SHELL_M, 0.006, r->pool), 0);
    int from_left = 0, from_right = 0;
    double wrong = 0;
    for (size_t i = 0; i < cloud.count; i++) {
        double x = sp_splat_row(&cloud, SP_ROW_POSITION)[i], y = sp_splat_row(&cloud, SP_ROW_POSITION + 1)[i],
               z = sp_splat_row(&cloud, SP_ROW_POSITION + 2)[i], around = atan2(y, x);
        float grey = 0.5f + (float)SP_SH_C0 * sp_splat_row(&cloud, SP_ROW_SH)[i];
        assert_float_equal(sqrt(x * x + y * y + z * z), SHELL_M, 1e-3);
        if (fabs(z) > 1)
            continue;
        assert_false(around > -0.49 && around < 0.49); // seen: nothing to add
        if (!(around > 0.5 && around < 0.9))
            continue;
        from_left += around < 0.6;
        from_right += around > 0.8;
        wrong += around < 0.6 ? fabs(grey - stripe(1.0 - around)) : 0;
        wrong += around > 0.8 ? fabs(grey - stripe(1.8 - around)) : 0;
    }
    assert_in_range(from_left, 50, 200);
    assert_in_range(from_right, 50, 200);
    assert_true(wrong / (from_left + from_right) <
                0.12); // half a cell of stripes with slopes up to 25 a radian
    sp_splat_cloud_free(&cloud);
    for (int v = 0; v < 2; v++) {
        recon_depth_map_free(&maps[v]);
        sp_image_free(&views[v].rgb);
    }
    free(none);
}

static void what_a_border_cuts_goes_on_beside_it_as_far_away(void **state)
{
    (void)state;
    recon_stereo_view views[2] = {0};
    recon_depth_map maps[2];
    uint8_t *none = calloc(WIDTH * HEIGHT, 1), *confirmed[2] = {none, none};
    recon_geometry g = {.count = 2, .views = views, .maps = maps, .confirmed = confirmed};
    g.params.distance_m = 1;
    look_around(&views[0], &maps[0], 0);
    look_around(&views[1], &maps[1], 1.4); // nobody sees 0.5 to 0.9 rad
    sp_splat_cloud cloud;
    assert_int_equal(sp_splat_cloud_init(&cloud, 16, 0), 0);
    assert_int_equal(recon_beside(&cloud, &g), 0);
    int left = 0;
    double wrong = 0;
    for (size_t i = 0; i < cloud.count; i++) {
        double x = sp_splat_row(&cloud, SP_ROW_POSITION)[i], y = sp_splat_row(&cloud, SP_ROW_POSITION + 1)[i],
               around = atan2(y, x);
        assert_false(around > -0.49 && around < 0.49); // seen: nothing to add
        assert_false(around > 1.4 - 0.49 && around < 1.4 + 0.49);
        if (!(around > 0.5 && around < 0.6))
            continue;
        float grey = 0.5f + (float)SP_SH_C0 * sp_splat_row(&cloud, SP_ROW_SH)[i];
        assert_float_equal(x, SHELL_M, 1e-3); // the depth of what is mirrored
        left++;
        wrong += fabs(grey - stripe(atan(2 * tan(0.5) - tan(around))));
    }
    assert_true(left > 300);
    assert_true(wrong / left < 0.12); // patches of two pixels and more
    sp_splat_cloud_free(&cloud);
    for (int v = 0; v < 2; v++) {
        recon_depth_map_free(&maps[v]);
        sp_image_free(&views[v].rgb);
    }
    free(none);
}

static double angle_between(sp_vec3 a, sp_vec3 b)
{
    return acos(fmin(sp_v3_dot(a, b), 1));
}

// The middle of each picture is made to be unknown: planes have to fill it.
static void forget_the_middle(recon_geometry *g)
{
    for (int v = 0; v < VIEWS; v++)
        for (int y = HEIGHT / 4; y < HEIGHT / 2; y++)
            memset(g->confirmed[v] + y * WIDTH + WIDTH / 3, 0, WIDTH / 3);
}

static void planes_are_those_of_the_room_and_fill_gaps(void **state)
{
    room *r = *state;
    recon_stereo_view *views = calloc(VIEWS, sizeof *views);
    for (int i = 0; i < VIEWS; i++)
        stereo_view_of(&views[i], r, i);
    recon_geometry g = {.count = VIEWS, .views = views, .params = stereo_params};
    assert_int_equal(recon_depths(&g, r->pool, NULL), 0);
    assert_int_equal(recon_confirm(&g, r->pool), 0);
    assert_int_equal(recon_find_planes(&g, r->pool), 0);
    assert_in_range(g.plane_count, 2, RECON_PLANES);
    int found = 0;
    for (int k = 0; k < 2; k++) {
        found |= angle_between(g.planes[k].normal, sp_v3(0, 0, 1)) < 0.01 && fabs(g.planes[k].offset) < 0.02
                     ? 1
                     : 0;
        found |= angle_between(g.planes[k].normal, sp_v3(0, -1, 0)) < 0.01 &&
                         fabs(g.planes[k].offset + WALL_Y) < 0.05
                     ? 2
                     : 0;
    }
    assert_int_equal(found, 3);

    forget_the_middle(&g);
    assert_int_equal(recon_settle_on_planes(&g, r->pool), 0);
    int good = 0, all = 0;
    for (int y = HEIGHT / 4; y < HEIGHT / 2; y++)
        for (int x = WIDTH / 3; x < 2 * WIDTH / 3; x++, all++) {
            double rgb[3], truth = cast(rgb, &views[2].camera, x + 0.5, y + 0.5);
            size_t at = (size_t)(y * WIDTH + x);
            good += g.confirmed[2][at] == RECON_SURE && fabs(g.maps[2].depth[at] / truth - 1) < 0.01;
        }
    assert_true(good > 0.7 * all);
    recon_geometry_free(&g);
    recon_stereo_views_free(views, VIEWS);
}

static void seeds_lie_on_the_surfaces_and_keep_the_budget(void **state)
{
    room *r = *state;
    sp_background_params params = sp_background_params_default();
    params.splats = 20000;
    params.sh_degree = 0;
    sp_splat_cloud cloud;
    double gains[VIEWS][3];
    assert_int_equal(recon_background_seeds(&cloud, gains, r->views, VIEWS, &params, r->pool, NULL), 0);
    const float *y = sp_splat_row(&cloud, SP_ROW_POSITION + 1),
                *z = sp_splat_row(&cloud, SP_ROW_POSITION + 2);
    size_t on_surface = 0, in_mid_air = 0;
    for (size_t i = 0; i < cloud.count; i++) {
        bool is_on = fabsf(z[i]) < 0.06f || fabs(y[i] - WALL_Y) < 0.15;
        on_surface += is_on;
        in_mid_air += !is_on && y[i] < WALL_Y - 0.5 && y[i] > -2 && z[i] > 0.3f && z[i] < 2;
    }
    assert_true(on_surface > 5000);
    assert_true(in_mid_air < 0.02 * (double)cloud.count);
    sp_splat_cloud_free(&cloud);
}

// Somebody whose colour the room does not have stands in all plates, each time elsewhere; where he stands is
// known.
static void what_is_hidden_is_no_venue(void **state)
{
    room *r = *state;
    sp_view views[VIEWS];
    sp_image8 plates[VIEWS];
    sp_image mattes[VIEWS];
    for (int i = 0; i < VIEWS; i++) {
        views[i] = r->views[i];
        assert_int_equal(sp_image8_copy(&plates[i], &r->pictures[i]), SP_OK);
        assert_int_equal(sp_image_init(&mattes[i], WIDTH, HEIGHT, 1), SP_OK);
        for (int y = 50; y < 110; y++)
            for (int x = 60 + 20 * i; x < 90 + 20 * i; x++) {
                size_t at = (size_t)(y * WIDTH + x);
                plates[i].data[3 * at] = plates[i].data[3 * at + 2] = 255;
                plates[i].data[3 * at + 1] = 0;
                mattes[i].data[at] = 1;
            }
        views[i].image = &plates[i];
        views[i].matte = &mattes[i];
    }
    sp_background_params params = sp_background_params_default();
    params.splats = 20000;
    params.budget_s = 0;
    params.iterations = 20;
    sp_splat_cloud cloud;
    assert_int_equal(sp_recon_background(&cloud, NULL, views, VIEWS, &params, r->pool, NULL), SP_OK);
    const float *red = sp_splat_row(&cloud, SP_ROW_SH), *blue = sp_splat_row(&cloud, SP_ROW_SH + 2);
    size_t his = 0; // red and blue add up to white in the room
    for (size_t i = 0; i < cloud.count; i++)
        his += (red[i] + blue[i]) * SP_SH_C0 > 0.6;
    assert_true(cloud.count > 5000 && his < cloud.count / 1000);
    sp_splat_cloud_free(&cloud);
    for (int i = 0; i < VIEWS; i++) {
        sp_image8_free(&plates[i]);
        sp_image_free(&mattes[i]);
    }
}

// Four black lines on top and what they bleed into, and what a lens does not fill.
static void what_pads_a_picture_is_no_venue(void **state)
{
    room *r = *state;
    sp_image8 padded;
    sp_view view = r->views[0];
    uint8_t *hidden;
    assert_int_equal(recon_hidden(&hidden, &view, &view.camera), SP_OK);
    assert_null(hidden);
    assert_int_equal(sp_image8_copy(&padded, &r->pictures[0]), SP_OK);
    memset(padded.data, 3, 4 * 3 * WIDTH);
    view.image = &padded;
    assert_int_equal(recon_hidden(&hidden, &view, &view.camera), SP_OK);
    assert_non_null(hidden);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            assert_int_equal(hidden[y * WIDTH + x], y < 7);
    free(hidden);
    sp_camera wider = view.camera; // 16 more pixels to the left
    wider.width += 16;
    wider.cx += 16;
    view.image = &r->pictures[0];
    view.camera.lens = SP_LENS_BROWN;
    assert_int_equal(recon_hidden(&hidden, &view, &wider), SP_OK);
    assert_non_null(hidden);
    for (int x = 0; x < wider.width; x++)
        assert_int_equal(hidden[80 * wider.width + x], x < 16);
    free(hidden);
    // r (1 + k1 r^2) with k1 < 0 rises as far as r^2 = -1 / (3 k1) only: beyond that there is no picture.
    double edge = 0.5 * WIDTH / view.camera.fx, fold = 0.7 * edge;
    view.camera.distortion[0] = -1 / (3 * fold * fold);
    sp_camera pinhole = r->views[0].camera;
    assert_int_equal(recon_hidden(&hidden, &view, &pinhole), SP_OK);
    assert_non_null(hidden);
    for (int x = 0; x < WIDTH; x++) {
        double at = fabs(x + 0.5 - pinhole.cx) / pinhole.fx;
        if (fabs(at / fold - 1) > 0.1)
            assert_int_equal(hidden[80 * WIDTH + x], at > fold);
    }
    free(hidden);
    sp_image8_free(&padded);
}

// Two cameras that see the room from directions 70 degrees apart have little to match: what is made up lies
// on the floor or far behind everything.
static void views_far_apart_leave_no_debris(void **state)
{
    room *r = *state;
    sp_view views[2];
    sp_image8 pictures[2];
    for (int i = 0; i < 2; i++) {
        views[i] = (sp_view){.camera = camera_at(i ? 0.9 : -0.9, 1.5), .image = &pictures[i]};
        picture(&pictures[i], &views[i].camera);
    }
    sp_background_params params = sp_background_params_default();
    params.splats = 20000;
    params.sh_degree = 0;
    double gains[2][3];
    sp_splat_cloud cloud;
    assert_int_equal(recon_background_seeds(&cloud, gains, views, 2, &params, r->pool, NULL), SP_OK);
    size_t in_mid_air = 0, on_floor = 0;
    for (size_t i = 0; i < cloud.count; i++) {
        float x = sp_splat_row(&cloud, SP_ROW_POSITION)[i], y = sp_splat_row(&cloud, SP_ROW_POSITION + 1)[i],
              z = sp_splat_row(&cloud, SP_ROW_POSITION + 2)[i];
        on_floor += fabsf(z) < 0.03f;
        in_mid_air += fabsf(x) < 3 && y > -3 && y < WALL_Y - 0.5 && z > 0.25f && z < 2.5f;
    }
    assert_true(on_floor > 1000);
    assert_true((double)in_mid_air < 0.005 * (double)cloud.count);
    sp_splat_cloud_free(&cloud);
    for (int i = 0; i < 2; i++)
        sp_image8_free(&pictures[i]);
}

static void a_new_viewpoint_sees_the_room(void **state)
{
    room *r = *state;
    sp_background_params params = sp_background_params_default();
    params.splats = 20000;
    params.budget_s = 0;
    params.iterations = 60;
    sp_splat_cloud cloud;
    sp_recon_report report;
    assert_int_equal(sp_recon_background(&cloud, &report, r->views, VIEWS, &params, r->pool, NULL), 0);
    assert_true(report.loss_last < report.loss_first);

    sp_camera between = camera_at(0.12, 1.6);
    sp_image8 truth8;
    sp_image truth, rgb;
    picture(&truth8, &between);
    assert_int_equal(sp_image_from8(&truth, &truth8), 0);
    assert_int_equal(sp_image_init(&rgb, WIDTH, HEIGHT, 3), 0);
    sp_renderer *renderer;
    sp_render_params render_params = sp_render_params_default();
    assert_int_equal(sp_renderer_open(&renderer, &render_params, r->pool), 0);
    sp_render_target target = {.rgb = &rgb};
    assert_int_equal(sp_renderer_draw(renderer, &cloud, &between, &target), 0);
    double psnr;
    assert_int_equal(sp_psnr(&psnr, &rgb, &truth), 0);
    assert_true(psnr > 22);
    sp_renderer_close(&renderer);
    sp_recon_report_free(&report);
    sp_image_free(&rgb);
    sp_image_free(&truth);
    sp_image8_free(&truth8);
    sp_splat_cloud_free(&cloud);
}

// Of the processor, so that what else the machine does is not counted.
static double seconds_for_seeds(const room *r, double budget_s)
{
    sp_background_params params = sp_background_params_default();
    params.sh_degree = 0;
    params.splats = 20000;
    params.budget_s = budget_s;
    double gains[VIEWS][3];
    sp_splat_cloud cloud;
    clock_t start = clock();
    assert_int_equal(recon_background_seeds(&cloud, gains, r->views, VIEWS, &params, r->pool, NULL), 0);
    sp_splat_cloud_free(&cloud);
    return (double)(clock() - start) / CLOCKS_PER_SEC;
}

static void a_small_budget_gets_a_coarse_stereo(void **state)
{
    room *r = *state;
    if (support_is_sanitized())
        skip(); // it is the program's time that counts, not the sanitizer's
    assert_true(seconds_for_seeds(r, 1) < 0.6 * seconds_for_seeds(r, 90));
}

// A camera 4 m from the middle looks over it; athletes move within 1 m of the middle.
static void what_hides_the_action_is_in_it(void **state)
{
    (void)state;
    recon_stereo_view view = {.camera = camera_at(0, 1.5)};
    recon_geometry g = {.count = 1, .views = &view, .params = {.action_radius_m = 1}};
    assert_true(recon_in_action(&g, sp_v3(0.5, 0.5, 1)));
    assert_true(recon_in_action(&g, sp_v3(0, -2, 1.2)));   // between camera and middle
    assert_false(recon_in_action(&g, sp_v3(0, 2, 1.2)));   // behind the middle
    assert_false(recon_in_action(&g, sp_v3(1.3, 0, 1.2))); // beside it: the line of sight has passed
    assert_false(recon_in_action(&g, sp_v3(0, -2, 0.1)));  // on the floor
    assert_false(recon_in_action(&g, sp_v3(0, -5, 1.2)));  // behind the camera
    g.count = 0;
    assert_false(recon_in_action(&g, sp_v3(0, -2, 1.2))); // hidden from nobody
}

// The room's true depths, in a world whose Z = 0 is its floor, and in one where that lies in mid-air.
static void a_floor_is_where_it_is_seen(void **state)
{
    room *r = *state;
    recon_stereo_view view = {.camera = r->views[0].camera};
    recon_stereo_params params = {.floor_radius_m = 12};
    recon_depth_map map = {.width = WIDTH,
                           .height = HEIGHT,
                           .depth = calloc(WIDTH * HEIGHT, sizeof(float)),
                           .cost = calloc(WIDTH * HEIGHT, sizeof(float))};
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        double rgb[3];
        map.depth[i] = (float)cast(rgb, &view.camera, i % WIDTH + 0.5, i / WIDTH + 0.5);
    }
    assert_true(recon_floor_is_there(&view, &map, 1, &params));
    view.camera.translation =
        sp_v3_sub(view.camera.translation, sp_m3_apply(view.camera.rotation, sp_v3(0, 0, -0.9)));
    assert_false(recon_floor_is_there(&view, &map, 1, &params));
    params.floor_radius_m = 0.01; // nobody sees that spot
    assert_true(recon_floor_is_there(&view, &map, 1, &params));
    free(map.depth);
    free(map.cost);
}

static void no_view_is_an_error(void **state)
{
    room *r = *state;
    sp_splat_cloud cloud;
    assert_int_equal(sp_recon_background(&cloud, NULL, r->views, 0, NULL, r->pool, NULL), SP_EINVAL);
    assert_non_null(strstr(sp_error_text(), "plate"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(depths_are_those_of_the_room),
        cmocka_unit_test(two_views_that_agree_are_believed_without_texture),
        cmocka_unit_test(what_is_made_up_does_not_repeat_what_is_known),
        cmocka_unit_test(exposures_are_told_from_what_views_share),
        cmocka_unit_test(what_others_are_sure_of_is_borrowed),
        cmocka_unit_test(what_others_look_past_is_doubted),
        cmocka_unit_test(a_source_behind_a_plane_says_nothing),
        cmocka_unit_test(what_ends_where_nothing_ends_is_debris),
        cmocka_unit_test(pictures_go_on_in_a_mirror_where_nobody_looks),
        cmocka_unit_test(what_a_border_cuts_goes_on_beside_it_as_far_away),
        cmocka_unit_test(planes_are_those_of_the_room_and_fill_gaps),
        cmocka_unit_test(seeds_lie_on_the_surfaces_and_keep_the_budget),
        cmocka_unit_test(what_is_hidden_is_no_venue),
        cmocka_unit_test(what_pads_a_picture_is_no_venue),
        cmocka_unit_test(views_far_apart_leave_no_debris),
        cmocka_unit_test(a_new_viewpoint_sees_the_room),
        cmocka_unit_test(a_small_budget_gets_a_coarse_stereo),
        cmocka_unit_test(what_hides_the_action_is_in_it),
        cmocka_unit_test(a_floor_is_where_it_is_seen),
        cmocka_unit_test(no_view_is_an_error),
    };
    return cmocka_run_group_tests_name("background", tests, room_open, room_close);
}
