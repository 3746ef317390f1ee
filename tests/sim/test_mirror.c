// A polished floor against the same scene without: what Fresnel's term and a mirror at Z = 0 say.
#include "sim_support.h"

#define GLOSS 0.8
enum { W = 240, H = 135 };

typedef struct bench {
    char *folder, *matte, *glossy; // takes
    sp_camera camera;
} bench;

#define SCENE                                                                                                \
    "\"rig\":{\"size_px\":[240,135],\"cameras\":1,\"hfov_deg\":30,\"heights_m\":[1.4],\"aim_m\":[0.3,0,0.4]" \
    "},\"begin_s\":-0.1,"                                                                                    \
    "\"frames\":1,\"feed.kind\":\"images\",\"samples\":8,\"plate_samples\":4,\"evaluation\":{\"cameras\":0," \
    "\"frames\":[0],\"inputs\":true}"

static int setup(void **state)
{
    bench *b = calloc(1, sizeof *b);
    sp_rig rig;
    b->folder = support_folder();
    b->matte = sim_take(b->folder, "matte", "court", "{" SCENE "}", 2);
    b->glossy = sim_take(b->folder, "glossy", "court", "{" SCENE ",\"venue.floor_gloss\":0.8}", 2);
    sim_rig(&rig, b->glossy, "truth/rig.json");
    b->camera = rig.cameras[0];
    sp_rig_free(&rig);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    bench *b = *state;
    free(b->matte);
    free(b->glossy);
    support_folder_end(b->folder);
    free(b);
    return 0;
}

// Schlick's term for a refractive index of 1.5, where the pixel meets the court; 0 elsewhere.
static double share_at(const sp_camera *camera, int x, int y)
{
    sp_vec3 d, eye = sp_camera_center(camera);
    assert_true(sp_camera_ray(&d, camera, (sp_vec2){x + 0.5, y + 0.5}));
    if (d.z > -0.02)
        return 0;
    sp_vec3 at = sp_v3_add(eye, sp_v3_scale(d, -eye.z / d.z));
    return fabs(at.x) < 12 && fabs(at.y) < 10 ? GLOSS * (0.04 + 0.96 * pow(1 + d.z, 5)) : 0;
}

static double linear(const sp_image8 *picture, int at)
{
    return (double)sp_srgb_to_linear((float)picture->data[at] / 255);
}

// It keeps 1 - share of its own light, and what it mirrors is light: not less than none, nor more than lamps.
static void test_plates_keep_the_energy(void **state)
{
    const bench *b = *state;
    sp_image8 matte = sim_picture(b->matte, "plates/cam01.png"),
              glossy = sim_picture(b->glossy, "plates/cam01.png");
    double most = 0;
    int floor = 0, outside = 0;
    for (int i = 0; i < W * H; i++) {
        double share = share_at(&b->camera, i % W, i / W);
        for (int c = 0; share > 0 && c < 3; c++, floor++) {
            if (matte.data[3 * i + c] > 250 || glossy.data[3 * i + c] > 250)
                continue; // overexposed
            double mirrored = linear(&glossy, 3 * i + c) - (1 - share) * linear(&matte, 3 * i + c);
            outside += mirrored < -0.02 || mirrored > 1.6 * share + 0.02;
            most = fmax(most, mirrored);
        }
    }
    assert_true(floor > W * H / 2);
    assert_true(outside < floor / 200); // edges have other samples
    assert_true(most > 0.1);
    sp_image8_free(&matte);
    sp_image8_free(&glossy);
}

// Where the athlete's mirror image may be: around the joints of his legs and trunk, below the floor.
static int mirrored_joints(sp_vec2 *out, const bench *b)
{
    static const char *const names[] = {"shin_r",  "shin_l",  "foot_r", "foot_l",
                                        "thigh_r", "thigh_l", "spine"};
    sp_json *joints = sim_json(b->glossy, "truth/joints.json");
    const sp_json *frame = sp_json_at(sp_json_get(joints, "frames"), 0);
    int count = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        double p[3];
        assert_int_equal(sp_json_numbers(p, 3, sp_json_get(frame, "joints_m"), names[i], "joints"), SP_OK);
        count += sp_camera_project(&out[count], &b->camera, sp_v3(p[0], p[1], -p[2])) && out[count].x > 1 &&
                 out[count].y > 1 && out[count].x < W - 1 && out[count].y < H - 1;
    }
    sp_json_free(&joints);
    return count;
}

// He is mirrored where a camera under the floor would see him, and nowhere else; the truth's mask is his own.
static void test_the_athlete_is_mirrored_at_the_floor(void **state)
{
    const bench *b = *state;
    sp_image8 plate0 = sim_picture(b->matte, "plates/cam01.png"),
              plate1 = sim_picture(b->glossy, "plates/cam01.png"),
              frame0 = sim_picture(b->matte, "truth/cam01_000000.png"),
              frame1 = sim_picture(b->glossy, "truth/cam01_000000.png"),
              mask0 = sim_picture(b->matte, "truth/cam01_000000_mask.png"),
              mask1 = sim_picture(b->glossy, "truth/cam01_000000_mask.png");
    assert_true(sim_same(&mask0, &mask1));
    sp_vec2 joints[8];
    int count = mirrored_joints(joints, b), shown = 0;
    double reach = 0.6 * b->camera.fx / 9; // metres around a joint
    assert_true(count >= 2);
    for (int i = 0; i < W * H; i++) {
        double share = share_at(&b->camera, i % W, i / W), nearest = 1e9;
        for (int k = 0; k < count; k++)
            nearest = fmin(nearest, hypot(joints[k].x - i % W - 0.5, joints[k].y - i / W - 0.5));
        if (share <= 0 || mask0.data[mask0.channels * i] > 0)
            continue;
        double changed = 0;
        for (int c = 0; c < 3; c++) {
            int at = 3 * i + c;
            changed = fmax(changed, fabs(linear(&frame1, at) - linear(&plate1, at) -
                                         (1 - share) * (linear(&frame0, at) - linear(&plate0, at))));
        }
        if (nearest > reach)
            assert_true(changed < 0.025);
        shown += changed > 0.03;
    }
    assert_true(shown > 100);
    sp_image8 *const all[] = {&plate0, &plate1, &frame0, &frame1, &mask0, &mask1};
    for (int i = 0; i < 6; i++)
        sp_image8_free(all[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plates_keep_the_energy),
        cmocka_unit_test(test_the_athlete_is_mirrored_at_the_floor),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
