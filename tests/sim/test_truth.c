// What a take says is true, held against closed forms: planes, projections, parabolas.
#include "sim_support.h"

typedef struct bench {
    char *folder, *take;
    sp_rig rig; // with evaluation cameras
    sp_json *joints;
} bench;

enum { FIRST_EVAL = 2, EVALS = 3 };
static const int frames[2] = {4, 18};

static int setup(void **state)
{
    bench *b = calloc(1, sizeof *b);
    b->folder = support_folder();
    b->take =
        sim_take(b->folder, "take", "aerials",
                 "{\"rig\":{\"size_px\":[192,108],\"cameras\":2},\"frames\":36,\"feed.kind\":\"images\","
                 "\"evaluation\":{\"cameras\":3,\"frames\":[4,18]}}",
                 2);
    sim_rig(&b->rig, b->take, "truth/rig.json");
    b->joints = sim_json(b->take, "truth/joints.json");
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    bench *b = *state;
    sp_rig_free(&b->rig);
    sp_json_free(&b->joints);
    free(b->take);
    support_folder_end(b->folder);
    free(b);
    return 0;
}

static void load_grey(sp_image *out, const bench *b, int camera, int frame, const char *what, bool raw16)
{
    char *path = sp_format("%s/truth/%s_%06d_%s.png", b->take, b->rig.cameras[camera].id, frame, what);
    if (sp_image_load_grey(out, path, raw16) < 0)
        fail_msg("%s", sp_error_text());
    free(path);
}

static sp_vec3 point(const sp_json *object, const char *key)
{
    double xyz[3];
    assert_int_equal(sp_json_numbers(xyz, 3, object, key, "joints"), SP_OK);
    return sp_v3(xyz[0], xyz[1], xyz[2]);
}

static const sp_json *frame_entry(const bench *b, int frame)
{
    const sp_json *entry = sp_json_at(sp_json_get(b->joints, "frames"), frame);
    assert_true(sp_json_value(sp_json_get(entry, "frame")) == frame);
    return entry;
}

static void test_cameras(void **state)
{
    const bench *b = *state;
    assert_int_equal(b->rig.count, FIRST_EVAL + EVALS);
    sp_rig feeds;
    sim_rig(&feeds, b->take, "rig.json");
    assert_int_equal(feeds.count, FIRST_EVAL);
    assert_null(sp_rig_find(&feeds, "eval01"));
    for (int i = 0; i < feeds.count; i++) {
        assert_string_equal(feeds.cameras[i].id, b->rig.cameras[i].id);
        for (int k = 0; k < 9; k++)
            assert_true(fabs(feeds.cameras[i].rotation.m[k] - b->rig.cameras[i].rotation.m[k]) < 1e-9);
    }
    // The ring's radius and the aim: 12 m around (0, 0), looking at the aim's pixel, the principal point.
    for (int i = 0; i < b->rig.count; i++) {
        const sp_camera *c = &b->rig.cameras[i];
        sp_vec3 eye = sp_camera_center(c);
        assert_true(fabs(hypot(eye.x, eye.y) - 12) < 1e-9);
        sp_vec2 px;
        assert_true(sp_camera_project(&px, c, sp_v3(0, 0, 2.25)));
        assert_true(fabs(px.x - 96) < 1e-6 && fabs(px.y - 54) < 1e-6);
        assert_true(fabs(c->fx - 96 / tan(20.5 * M_PI / 180)) < 1e-9);
    }
    sp_rig_free(&feeds);
}

// Joints lie deep inside the body, so their pixels are athlete, and the surface is a hand's breadth nearer.
static void test_joints_in_masks(void **state)
{
    const bench *b = *state;
    static const char *const deep[] = {"pelvis", "spine", "chest", "head", "shin_r", "shin_l"};
    for (int c = FIRST_EVAL; c < b->rig.count; c++)
        for (int f = 0; f < 2; f++) {
            sp_image mask, depth;
            load_grey(&mask, b, c, frames[f], "mask", false);
            load_grey(&depth, b, c, frames[f], "depth_mm", true);
            const sp_json *joints = sp_json_get(frame_entry(b, frames[f]), "joints_m");
            for (size_t j = 0; j < sizeof deep / sizeof *deep; j++) {
                sp_vec3 world = point(joints, deep[j]);
                sp_vec2 px;
                assert_true(sp_camera_project(&px, &b->rig.cameras[c], world));
                size_t at = (size_t)px.y * 192 + (size_t)px.x;
                double z = sp_camera_to_cam(&b->rig.cameras[c], world).z, seen = depth.data[at] / 1000.0;
                if (seen < z - 1)
                    continue; // the kicker stands in front
                assert_true(mask.data[at] > 0.5f);
                assert_true(seen < z && seen > z - 0.8);
            }
            sp_image_free(&mask);
            sp_image_free(&depth);
        }
}

// Pixels whose ray meets the floor where nothing stands show the floor's own planar depth.
static void test_floor_depth(void **state)
{
    const bench *b = *state;
    int checked = 0;
    for (int c = FIRST_EVAL; c < b->rig.count; c++) {
        const sp_camera *camera = &b->rig.cameras[c];
        sp_vec3 eye = sp_camera_center(camera);
        sp_image mask, depth;
        load_grey(&mask, b, c, 18, "mask", false);
        load_grey(&depth, b, c, 18, "depth_mm", true);
        for (int y = 0; y < 108; y++)
            for (int x = 0; x < 192; x++) {
                sp_vec3 d;
                assert_true(sp_camera_ray(&d, camera, (sp_vec2){x + 0.5, y + 0.5}));
                float seen = depth.data[y * 192 + x];
                if (d.z > -0.02 || mask.data[y * 192 + x] > 0 || seen == 0)
                    continue;
                sp_vec3 floor = sp_v3_add(eye, sp_v3_scale(d, -eye.z / d.z));
                double truth = sp_camera_to_cam(camera, floor).z * 1000;
                if (hypot(floor.x, floor.y) > 25 || truth > 60000)
                    continue;
                assert_true(seen < truth + 1.5); // nothing lies under the floor
                if (floor.x > 1 && hypot(floor.x, floor.y) < 9) {
                    if (fabs(seen - truth) < 1.5)
                        checked++;
                    else
                        assert_true(seen < truth - 100); // the kicker is in the way
                }
            }
        sp_image_free(&mask);
        sp_image_free(&depth);
    }
    assert_true(checked > 1000);
}

// A person of 1.75 m shows between 0.25 and 1.2 square metres, skis included.
static void test_mask_area(void **state)
{
    const bench *b = *state;
    for (int c = FIRST_EVAL; c < b->rig.count; c++) {
        sp_image mask;
        load_grey(&mask, b, c, 18, "mask", false);
        double sum = 0;
        bool has_edges = false;
        for (int i = 0; i < 192 * 108; i++) {
            sum += mask.data[i];
            has_edges |= mask.data[i] > 0.1f && mask.data[i] < 0.9f;
        }
        sp_vec3 middle = point(frame_entry(b, 18), "mass_center_m");
        double z = sp_camera_to_cam(&b->rig.cameras[c], middle).z, f = b->rig.cameras[c].fx;
        double area = sum * z * z / (f * f);
        assert_true(area > 0.25 && area < 1.2);
        assert_true(has_edges);
        sp_image_free(&mask);
    }
}

// In the air the centre of mass has no other acceleration than gravity.
static void test_ballistic(void **state)
{
    const bench *b = *state;
    const double h = 1.0 / 30;
    for (int k = 3; k < 32; k++) {
        sp_vec3 a = point(frame_entry(b, k - 1), "mass_center_m"),
                m = point(frame_entry(b, k), "mass_center_m");
        sp_vec3 z = point(frame_entry(b, k + 1), "mass_center_m");
        assert_true(fabs(a.z - 2 * m.z + z.z + 9.81 * h * h) < 1e-6);
        assert_true(fabs(a.x - 2 * m.x + z.x) < 1e-6);
        assert_true(fabs(m.y) < 0.05);
    }
}

// The centre of mass again, from joints alone and rounded textbook shares (Dempster 1955).
static void test_mass_center(void **state)
{
    const bench *b = *state;
    for (int k = 0; k < 36; k += 5) {
        const sp_json *j = sp_json_get(frame_entry(b, k), "joints_m");
        static const struct {
            const char *from, *to;
            double share, at;
        } segments[] = {
            {"pelvis", "chest", 0.25, 0.3},
            {"chest", "neck", 0.247, 0.4},
            {"head", "head_top", 0.081, 0.5},
            {"upper_arm_r", "forearm_r", 0.028, 0.436},
            {"upper_arm_l", "forearm_l", 0.028, 0.436},
            {"forearm_r", "hand_r", 0.022, 0.6},
            {"forearm_l", "hand_l", 0.022, 0.6},
            {"thigh_r", "shin_r", 0.1, 0.433},
            {"thigh_l", "shin_l", 0.1, 0.433},
            {"shin_r", "foot_r", 0.0465, 0.433},
            {"shin_l", "foot_l", 0.0465, 0.433},
            {"foot_r", "toes_r", 0.0145, 0.5},
            {"foot_l", "toes_l", 0.0145, 0.5},
        };
        sp_vec3 sum = {0, 0, 0};
        double share = 0;
        for (size_t i = 0; i < sizeof segments / sizeof *segments; i++) {
            sp_vec3 at = sp_v3_lerp(point(j, segments[i].from), point(j, segments[i].to), segments[i].at);
            sum = sp_v3_add(sum, sp_v3_scale(at, segments[i].share));
            share += segments[i].share;
        }
        sp_vec3 said = point(frame_entry(b, k), "mass_center_m");
        assert_true(sp_v3_norm(sp_v3_sub(sp_v3_scale(sum, 1 / share), said)) < 0.06);
    }
}

// Bones keep their length and joints move less than 0.7 m between frames: nothing leaps.
static void test_continuous(void **state)
{
    const bench *b = *state;
    static const char *const bones[][2] = {
        {"thigh_r", "shin_r"}, {"upper_arm_l", "forearm_l"}, {"shin_l", "foot_l"}};
    for (int k = 0; k < 36; k++) {
        const sp_json *now = sp_json_get(frame_entry(b, k), "joints_m"),
                      *first = sp_json_get(frame_entry(b, 0), "joints_m");
        for (int i = 0; i < 3; i++) {
            double length = sp_v3_norm(sp_v3_sub(point(now, bones[i][0]), point(now, bones[i][1])));
            double rest = sp_v3_norm(sp_v3_sub(point(first, bones[i][0]), point(first, bones[i][1])));
            assert_true(fabs(length - rest) < 1e-9);
        }
        for (int i = 0; k > 0 && i < sp_json_length(now); i++) {
            const char *name = sp_json_key_at(now, i, NULL);
            sp_vec3 before = point(sp_json_get(frame_entry(b, k - 1), "joints_m"), name);
            assert_true(sp_v3_norm(sp_v3_sub(point(now, name), before)) < 0.7);
            assert_true(point(now, name).z > 0);
        }
    }
}

// A feed's frame is its plate but for the athlete and the shadow, and they are there.
static void test_plate(void **state)
{
    const bench *b = *state;
    sp_image8 plate = sim_picture(b->take, "plates/cam01.png"),
              frame = sim_picture(b->take, "feeds/cam01/000018.png");
    int same = 0;
    for (int i = 0; i < 192 * 108; i++)
        same += !memcmp(plate.data + 3 * i, frame.data + 3 * i, 3);
    assert_true(same > 192 * 108 * 0.8 && same < 192 * 108 * 0.995);
    sp_image8_free(&plate);
    sp_image8_free(&frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cameras),     cmocka_unit_test(test_joints_in_masks),
        cmocka_unit_test(test_floor_depth), cmocka_unit_test(test_mask_area),
        cmocka_unit_test(test_ballistic),   cmocka_unit_test(test_mass_center),
        cmocka_unit_test(test_continuous),  cmocka_unit_test(test_plate),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
