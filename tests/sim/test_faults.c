// Faults on request: what they do to pictures and files, and that the truth says so.
#include "sim_support.h"

#include <stillpoint/media.h>

static int setup(void **state)
{
    *state = support_folder();
    return 0;
}

static int teardown(void **state)
{
    support_folder_end(*state);
    return 0;
}

#define SMALL "\"rig.size_px\":[96,54],\"feed.kind\":\"images\",\"evaluation.cameras\":0,\"venue.crowd\":0,"

static double camera_number(const sp_json *truth, int camera, const char *key)
{
    double value;
    assert_int_equal(sp_json_number(&value, sp_json_at(sp_json_get(truth, "cameras"), camera), key, "truth"),
                     SP_OK);
    return value;
}

static double psnr(const sp_image8 *a, const sp_image8 *b)
{
    sp_image fa, fb;
    double value;
    assert_int_equal(sp_image_from8(&fa, a), SP_OK);
    assert_int_equal(sp_image_from8(&fb, b), SP_OK);
    assert_int_equal(sp_psnr(&value, &fa, &fb), SP_OK);
    sp_image_free(&fa);
    sp_image_free(&fb);
    return value;
}

// Frame k of a camera with an offset and a drift is the frame that a perfect camera takes at the shifted
// instant.
static void test_clock(void **state)
{
    char *late = sim_take(
        *state, "late", "court",
        "{" SMALL
        "\"rig.cameras\":1,\"frames\":3,\"faults\":{\"clock_offset_s\":0.2,\"clock_drift_ppm\":9000}}",
        1);
    sp_json *truth = sim_json(late, "truth/cameras.json");
    double offset = camera_number(truth, 0, "offset_s"), drift = camera_number(truth, 0, "drift");
    assert_true(offset != 0 && fabs(offset) <= 0.2 && drift != 0 && fabs(drift) <= 0.009);
    for (int k = 0; k < 3; k += 2) {
        char *over = sp_format("{" SMALL "\"rig.cameras\":1,\"frames\":1,\"begin_s\":%.17g}",
                               -0.4 + offset + k / 30.0 * (1 + drift));
        char *name = sp_format("shifted%d", k), *picture = sp_format("feeds/cam01/%06d.png", k);
        char *shifted = sim_take(*state, name, "court", over, 1);
        sp_image8 a = sim_picture(late, picture), b = sim_picture(shifted, "feeds/cam01/000000.png");
        sp_image8 other = sim_picture(late, "feeds/cam01/000001.png");
        if (k == 0)
            assert_true(psnr(&a, &b) > 50);
        // Sampling differs from frame to frame, the instant does not.
        assert_true(psnr(&a, &b) > 33 && psnr(&a, &b) > psnr(&a, &other) + 4);
        sp_image8_free(&a);
        sp_image8_free(&b);
        sp_image8_free(&other);
        free(over);
        free(name);
        free(picture);
        free(shifted);
    }
    sp_json_free(&truth);
    free(late);
}

static void test_dropped(void **state)
{
    char *take =
        sim_take(*state, "dropped", "court",
                 "{" SMALL "\"rig.cameras\":2,\"frames\":12,\"faults.dropped\":0.3,\"faults.noise\":2}", 2);
    sp_json *truth = sim_json(take, "truth/cameras.json");
    int dropped_count = 0;
    for (int c = 0; c < 2; c++) {
        bool dropped[12] = {false};
        const sp_json *list = sp_json_get(sp_json_at(sp_json_get(truth, "cameras"), c), "dropped");
        for (int i = 0; i < sp_json_length(list); i++, dropped_count++)
            dropped[(int)sp_json_value(sp_json_at(list, i))] = true;
        assert_false(dropped[0]);
        for (int k = 1; k < 12; k++) {
            char *now = sp_format("feeds/cam%02d/%06d.png", c + 1, k),
                 *before = sp_format("feeds/cam%02d/%06d.png", c + 1, k - 1);
            sp_image8 a = sim_picture(take, now), b = sim_picture(take, before);
            assert_int_equal(sim_same(&a, &b), dropped[k]);
            sp_image8_free(&a);
            sp_image8_free(&b);
            free(now);
            free(before);
        }
    }
    assert_true(dropped_count > 1 && dropped_count < 14);
    sp_json_free(&truth);
    free(take);
}

static double angle_deg(const sp_camera *a, const sp_camera *b)
{
    sp_vec3 turn = sp_rodrigues_from_m3(sp_m3_mul(a->rotation, sp_m3_transpose(b->rotation)));
    return sp_v3_norm(turn) * 180 / M_PI;
}

static double center_distance(const sp_camera *a, const sp_camera *b)
{
    return sp_v3_norm(sp_v3_sub(sp_camera_center(a), sp_camera_center(b)));
}

static void test_knocked(void **state)
{
    char *take = sim_take(
        *state, "knocked", "court",
        "{" SMALL "\"rig.cameras\":3,\"frames\":1,\"faults\":{\"knocked\":\"cam02\",\"knocked_deg\":3}}", 1);
    sp_rig truth, said;
    sim_rig(&truth, take, "truth/rig.json");
    sim_rig(&said, take, "rig.json");
    for (int i = 0; i < 3; i++) {
        assert_true(fabs(angle_deg(&truth.cameras[i], &said.cameras[i]) - (i == 1 ? 3 : 0)) < 1e-6);
        assert_true(center_distance(&truth.cameras[i], &said.cameras[i]) < 1e-9);
    }
    sp_rig_free(&truth);
    sp_rig_free(&said);
    free(take);
}

// Up to the frame of the bump the feed is that of a camera that was never touched, from then on that of one
// that was turned so far before everything.
static void test_bumped(void **state)
{
    static const struct {
        const char *name, *faults;
    } takes[] = {{"bumped", "\"bumped\":\"cam02\",\"bumped_deg\":3,\"bumped_frame\":1"},
                 {"untouched", "\"bumped\":\"\""},
                 {"turned", "\"knocked\":\"cam02\",\"knocked_deg\":3"}};
    sp_image8 before[3], after[3];
    for (int i = 0; i < 3; i++) {
        char *over = sp_format("{" SMALL "\"rig.cameras\":2,\"frames\":2,\"faults\":{%s}}", takes[i].faults);
        char *take = sim_take(*state, takes[i].name, "court", over, 2);
        before[i] = sim_picture(take, "feeds/cam02/000000.png");
        after[i] = sim_picture(take, "feeds/cam02/000001.png");
        free(over);
        free(take);
    }
    assert_true(sim_same(&before[0], &before[1]) && !sim_same(&before[0], &before[2]));
    assert_true(sim_same(&after[0], &after[2]) && !sim_same(&after[0], &after[1]));
    for (int i = 0; i < 3; i++) {
        sp_image8_free(&before[i]);
        sp_image8_free(&after[i]);
    }
}

// On the spot he moves as ever, but that his pelvis stays above one point.
static void test_in_place(void **state)
{
    sp_json *joints[2];
    for (int i = 0; i < 2; i++) {
        char *over = sp_format("{" SMALL "\"rig.cameras\":1,\"frames\":4,\"begin_s\":-0.2,"
                               "\"athlete\":{\"in_place\":%s}}",
                               i ? "true" : "false");
        char *take = sim_take(*state, i ? "spot" : "course", "court", over, 1);
        joints[i] = sim_json(take, "truth/joints.json");
        free(over);
        free(take);
    }
    double spot[3], first[3];
    for (int k = 0; k < 4; k++) {
        double at[2][2][3]; // on course and on the spot: pelvis and head
        for (int i = 0; i < 2; i++) {
            const sp_json *frame = sp_json_at(sp_json_get(joints[i], "frames"), k);
            const sp_json *names = sp_json_get(frame, "joints_m");
            assert_int_equal(sp_json_numbers(at[i][0], 3, names, "pelvis", "joints"), SP_OK);
            assert_int_equal(sp_json_numbers(at[i][1], 3, names, "head", "joints"), SP_OK);
        }
        if (k == 0) {
            memcpy(spot, at[1][0], sizeof spot);
            memcpy(first, at[0][0], sizeof first);
        }
        for (int axis = 0; axis < 3; axis++) {
            double own[2] = {at[0][1][axis] - at[0][0][axis], at[1][1][axis] - at[1][0][axis]};
            assert_true(fabs(own[0] - own[1]) < 1e-9);
            assert_true(axis == 2 || fabs(at[1][0][axis] - spot[axis]) < 1e-9);
        }
        assert_true(k == 0 || at[0][0][0] - first[0] > 0.1);
    }
    sp_json_free(&joints[0]);
    sp_json_free(&joints[1]);
}

static void test_calibration_errors(void **state)
{
    char *take =
        sim_take(*state, "wrong", "court",
                 "{" SMALL
                 "\"rig.cameras\":3,\"frames\":1,\"rig.lens\":\"brown\",\"rig.distortion\":[-0.1,0.02,0,0,0],"
                 "\"faults\":{\"lens_error\":0.02,\"pose_error_deg\":0.5,\"pose_error_m\":0.03}}",
                 1);
    sp_rig truth, said;
    sim_rig(&truth, take, "truth/rig.json");
    sim_rig(&said, take, "rig.json");
    for (int i = 0; i < 3; i++) {
        double focal = said.cameras[i].fx / truth.cameras[i].fx;
        assert_true(focal != 1 && fabs(focal - 1) <= 0.02);
        assert_true(fabs(angle_deg(&truth.cameras[i], &said.cameras[i]) - 0.5) < 1e-6);
        assert_true(fabs(center_distance(&truth.cameras[i], &said.cameras[i]) - 0.03) < 1e-9);
        assert_int_equal(truth.cameras[i].lens, SP_LENS_BROWN);
        assert_true(truth.cameras[i].distortion[0] == -0.1 && said.cameras[i].distortion[1] == 0.02);
    }
    sp_rig_free(&truth);
    sp_rig_free(&said);
    free(take);
}

static double mean_linear(const sp_image8 *a, int channel)
{
    double sum = 0;
    for (int i = 0; i < a->width * a->height; i++)
        sum += sp_srgb_to_linear(a->data[3 * i + channel] / 255.0f);
    return sum / (a->width * a->height);
}

static void test_exposure(void **state)
{
    char *plain = sim_take(*state, "plain", "court", "{" SMALL "\"rig.cameras\":2,\"frames\":1}", 1);
    char *varied = sim_take(
        *state, "varied", "court",
        "{" SMALL "\"rig.cameras\":2,\"frames\":1,\"faults\":{\"exposure_stops\":0.5,\"white_balance\":0.1}}",
        1);
    sp_json *truth = sim_json(varied, "truth/cameras.json");
    for (int c = 0; c < 2; c++) {
        double gain[3];
        assert_int_equal(
            sp_json_numbers(gain, 3, sp_json_at(sp_json_get(truth, "cameras"), c), "gain", "truth"), SP_OK);
        char *name = sp_format("plates/cam%02d.png", c + 1);
        sp_image8 a = sim_picture(plain, name), b = sim_picture(varied, name);
        for (int k = 0; k < 3; k++)
            assert_true(fabs(mean_linear(&b, k) / mean_linear(&a, k) / gain[k] - 1) <
                        0.06); // lamps and lines clip
        assert_true(gain[0] != gain[1] && fabs(log2(gain[1])) <= 0.5);
        sp_image8_free(&a);
        sp_image8_free(&b);
        free(name);
    }
    sp_json_free(&truth);
    free(plain);
    free(varied);
}

static void test_noise(void **state)
{
    char *take =
        sim_take(*state, "noise", "court", "{" SMALL "\"rig.cameras\":1,\"frames\":1,\"faults.noise\":3}", 1);
    sp_image8 plate = sim_picture(take, "plates/cam01.png"),
              frame = sim_picture(take, "feeds/cam01/000000.png");
    double sum = 0, squares = 0;
    int count = 0;
    for (int i = 0; i < 3 * 96 * 20; i++) { // the upper rows are wall and stands
        double d = (double)frame.data[i] - plate.data[i];
        if (plate.data[i] < 12 || plate.data[i] > 243)
            continue;
        sum += d;
        squares += d * d;
        count++;
    }
    assert_true(count > 2000);
    assert_true(fabs(sum / count) < 0.3);
    assert_true(fabs(sqrt(squares / count) - 3) < 0.25);
    sp_image8_free(&plate);
    sp_image8_free(&frame);
    free(take);
}

// The plates were taken under other light; the feeds were not. The sun's part is what a dark sun takes away.
static void test_light_after_the_plates(void **state)
{
    static const struct {
        const char *name, *faults;
    } takes[] = {{"now", "{}"},
                 {"dim", "{\"plate_light\":0.8}"},
                 {"dark", "{\"plate_sun\":0}"},
                 {"cloud", "{\"plate_sun\":0.7}"}};
    sp_image8 plates[4], frames[4];
    for (int i = 0; i < 4; i++) {
        char *over = sp_format("{" SMALL "\"rig.cameras\":1,\"frames\":1,\"faults\":%s}", takes[i].faults);
        char *take = sim_take(*state, takes[i].name, "aerials", over, 1);
        plates[i] = sim_picture(take, "plates/cam01.png");
        frames[i] = sim_picture(take, "feeds/cam01/000000.png");
        assert_true(sim_same(&frames[i], &frames[0]));
        free(over);
        free(take);
    }
    double worst_all = 0, worst_sun = 0, lit = 0;
    for (int i = 0; i < 3 * 96 * 54; i++) {
        double linear[4];
        for (int k = 0; k < 4; k++)
            linear[k] = sp_srgb_to_linear(plates[k].data[i] / 255.0f);
        if (plates[0].data[i] > 250) // what clipped tells nothing
            continue;
        worst_all = fmax(worst_all, fabs(linear[1] - 0.8 * linear[0]));
        worst_sun = fmax(worst_sun, fabs(linear[3] - (0.3 * linear[2] + 0.7 * linear[0])));
        lit = fmax(lit, linear[0] - linear[2]);
    }
    assert_true(worst_all < 0.01 && worst_sun < 0.01); // a step of 8 bits
    assert_true(lit > 0.1);
    for (int i = 0; i < 4; i++) {
        sp_image8_free(&plates[i]);
        sp_image8_free(&frames[i]);
    }
}

// What moves is where it should be: the second athlete is one who stands alone, a little later, seen by a rig
// that is moved the other way.
static void test_two_athletes(void **state)
{
    static const struct {
        const char *name, *settings;
    } takes[] = {{"both", "\"begin_s\":-0.1,\"athlete.count\":2,\"athlete.spacing_m\":2.5"},
                 {"first", "\"begin_s\":-0.1"},
                 {"second", "\"rig.aim_m\":[0.3,-2.5,1.35],\"begin_s\":-0.06"}};
    sp_image8 mask[3];
    for (int i = 0; i < 3; i++) {
        char *over = sp_format(
            "{\"rig.size_px\":[128,72],\"feed.kind\":\"images\",\"venue.crowd\":0,\"rig.cameras\":4,"
            "\"frames\":1,\"plate_samples\":1,"
            "\"evaluation\":{\"cameras\":1,\"frames\":[0]},%s}",
            takes[i].settings);
        char *take = sim_take(*state, takes[i].name, "court", over, 1);
        mask[i] = sim_picture(take, "truth/eval01_000000_mask.png");
        free(over);
        free(take);
    }
    int seen[2] = {0}, together = 0, off = 0;
    for (int i = 0; i < 128 * 72; i++) {
        int first = mask[1].data[3 * i], second = mask[2].data[3 * i], both = mask[0].data[3 * i];
        seen[0] += first > 127;
        seen[1] += second > 127;
        together += first && second;
        off += !(first && second) && abs(both - (first > second ? first : second)) > 32;
    }
    assert_true(seen[0] > 100 && seen[1] > 100 && together < 20);
    assert_true(off <= 2); // a ray that grazes an edge
    for (int i = 0; i < 3; i++)
        sp_image8_free(&mask[i]);
}

// One camera of another make stands where it stood, and its feed is what its lens and clock say.
static void test_odd(void **state)
{
    char *take =
        sim_take(*state, "odd", "court",
                 "{\"rig.size_px\":[96,54],\"evaluation.cameras\":0,\"venue.crowd\":0,\"rig.cameras\":3,"
                 "\"frames\":6,\"faults\":{\"odd\":\"cam02\",\"odd_size_px\":[128,96],"
                 "\"odd_hfov_deg\":80,\"odd_fps\":[50,1]}}",
                 2);
    sp_rig rig;
    sim_rig(&rig, take, "rig.json");
    for (int i = 0; i < 3; i++) {
        const sp_camera *c = &rig.cameras[i];
        double hfov = 2 * atan(0.5 * c->width / c->fx) * 180 / M_PI;
        assert_int_equal(c->width, i == 1 ? 128 : 96);
        assert_int_equal(c->height, i == 1 ? 96 : 54);
        assert_true(fabs(hfov - (i == 1 ? 80 : 46)) < 1e-9);
        char *feed = sp_format("%s/feeds/%s.mp4", take, c->id);
        sp_source *source;
        sp_source_params params = sp_source_params_default();
        assert_int_equal(sp_source_open(&source, feed, &params), SP_OK);
        const sp_source_info *info = sp_source_get_info(source);
        assert_int_equal(info->width, c->width);
        assert_int_equal(info->frame_count, i == 1 ? 10 : 6); // 0.2 s
        assert_true(fabs(sp_rational_value(info->fps) - (i == 1 ? 50 : 30)) < 1e-6);
        sp_source_close(&source);
        free(feed);
    }
    sp_vec2 px;
    assert_true(sp_camera_project(&px, &rig.cameras[1], sp_v3(0.3, 0, 1.35))); // what all look at
    assert_true(fabs(px.x - 64) < 1e-6 && fabs(px.y - 48) < 1e-6);
    sp_rig_free(&rig);
    free(take);
}

// Rates that numbered images cannot say, and that would never end.
static void test_odd_rates_that_cannot_be(void **state)
{
    (void)state;
    const char *const texts[] = {
        "{\"feed.kind\":\"images\",\"faults.odd\":\"cam02\"}",
        "{\"fps\":[1,1],\"frames\":101,\"faults.odd\":\"cam02\",\"faults.odd_fps\":[1000,1]}"};
    for (int i = 0; i < 2; i++) {
        sp_sim *sim = NULL;
        sp_json *over = NULL;
        assert_int_equal(sp_json_parse(&over, texts[i], strlen(texts[i]), "overrides"), SP_OK);
        assert_int_equal(sp_sim_open(&sim, "court", over), SP_EINVAL);
        assert_non_null(strstr(sp_error_text(), "odd_fps"));
        sp_json_free(&over);
    }
}

// The same scene and seed give the same pictures, whatever the number of threads.
static void test_deterministic(void **state)
{
    const char *over = "{" SMALL "\"rig.cameras\":2,\"frames\":3,\"evaluation\":{\"cameras\":1,\"frames\":[1]"
                       "},\"faults\":{\"clock_offset_s\":0.01,\"noise\":1}}";
    char *one = sim_take(*state, "one", "aerials", over, 1),
         *three = sim_take(*state, "three", "aerials", over, 3);
    static const char *const names[] = {
        "plates/cam02.png",        "feeds/cam01/000001.png",       "feeds/cam02/000002.png",
        "truth/eval01_000001.png", "truth/eval01_000001_mask.png", "truth/eval01_000001_depth_mm.png"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        sp_image8 a = sim_picture(one, names[i]), b = sim_picture(three, names[i]);
        assert_true(sim_same(&a, &b));
        sp_image8_free(&a);
        sp_image8_free(&b);
    }
    free(one);
    free(three);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clock),
        cmocka_unit_test(test_dropped),
        cmocka_unit_test(test_knocked),
        cmocka_unit_test(test_bumped),
        cmocka_unit_test(test_in_place),
        cmocka_unit_test(test_calibration_errors),
        cmocka_unit_test(test_exposure),
        cmocka_unit_test(test_noise),
        cmocka_unit_test(test_light_after_the_plates),
        cmocka_unit_test(test_two_athletes),
        cmocka_unit_test(test_odd),
        cmocka_unit_test(test_odd_rates_that_cannot_be),
        cmocka_unit_test(test_deterministic),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
