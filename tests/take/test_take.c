// Take folders: what is written comes back, what is wrong is named, and feeds meet on one clock.
#include "../support.h"

#include <stillpoint/take.h>

#include <math.h>
#include <string.h>

typedef struct bench {
    char *folder;
    sp_take *take;
    char last_warning[512], last_info[512];
    int warnings, infos;
} bench;

static void sink(void *user, sp_log_level level, const char *message)
{
    bench *b = user;
    if (level == SP_LOG_WARN) {
        snprintf(b->last_warning, sizeof b->last_warning, "%s", message);
        b->warnings++;
    } else if (level == SP_LOG_INFO) {
        snprintf(b->last_info, sizeof b->last_info, "%s", message);
        b->infos++;
    }
}

static int setup(void **state)
{
    bench *b = calloc(1, sizeof *b);
    b->folder = support_folder();
    sp_log_set_sink(sink, b);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    bench *b = *state;
    sp_take_close(&b->take);
    sp_log_set_sink(NULL, NULL);
    support_folder_end(b->folder);
    free(b);
    return 0;
}

static const char *in(const bench *b, const char *name)
{
    static char paths[8][512];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", b->folder, name);
    return path;
}

// Cameras cam1 .. camN of 64x48 in a row, looking along +y.
static void make_rig(sp_rig *rig, int count)
{
    *rig = (sp_rig){.cameras = sp_calloc((size_t)count, sizeof(sp_camera)), .count = count, .scale = 1};
    rig->images = sp_calloc((size_t)count, sizeof *rig->images);
    strcpy(rig->up, "z");
    for (int i = 0; i < count; i++) {
        sp_camera *camera = &rig->cameras[i];
        snprintf(camera->id, sizeof camera->id, "cam%d", i + 1);
        camera->width = 64;
        camera->height = 48;
        camera->fx = camera->fy = 60;
        camera->cx = 32;
        camera->cy = 24;
        camera->rotation = (sp_mat3){{1, 0, 0, 0, 0, -1, 0, 1, 0}};
        camera->translation = (sp_vec3){(double)-i, 1, 4};
        camera->residual_px = -1;
    }
}

static void make_take(bench *b, int cameras, int fps)
{
    sp_rig rig;
    make_rig(&rig, cameras);
    assert_int_equal(sp_take_new(&b->take, "test", &rig, (sp_rational){fps, 1}), SP_OK);
    sp_rig_free(&rig);
}

// A feed of numbered pictures in feeds/camN, whose grey is its number.
static void make_feed(bench *b, int camera, int first, int count, int width, int height)
{
    char name[64];
    snprintf(name, sizeof name, "feeds/cam%d", camera);
    sp_folder_make(in(b, name));
    sp_image8 image = {0};
    assert_int_equal(sp_image8_init(&image, width, height, 3), SP_OK);
    for (int i = first; i < first + count; i++) {
        memset(image.data, i, (size_t)width * (size_t)height * 3);
        snprintf(name, sizeof name, "feeds/cam%d/%06d.png", camera, i);
        assert_int_equal(sp_image8_save(&image, in(b, name)), SP_OK);
    }
    sp_image8_free(&image);
    snprintf(name, sizeof name, "feeds/cam%d", camera);
    b->take->feeds[camera - 1].feed = sp_strdup(name);
}

static void save_and_reopen(bench *b)
{
    assert_int_equal(sp_take_save(b->take, b->folder), SP_OK);
    sp_take_close(&b->take);
    int ret = sp_take_open(&b->take, b->folder);
    if (ret)
        print_error("%s\n", sp_error_text());
    assert_int_equal(ret, SP_OK);
}

static void write_text(const bench *b, const char *name, const char *text)
{
    assert_int_equal(sp_file_write(in(b, name), text, strlen(text)), SP_OK);
}

// ---- Files

static void test_round_trip(void **state)
{
    bench *b = *state;
    make_take(b, 3, 25);
    b->take->fps = (sp_rational){30000, 1001};
    make_feed(b, 1, 0, 2, 64, 48);
    make_feed(b, 2, 0, 2, 64, 48);
    b->take->feeds[0].plate = sp_strdup("plates/cam1.png");
    b->take->feeds[0].exposure_s = 0.004;
    b->take->has_sync = true;
    b->take->feeds[1].offset_s = 0.125;
    b->take->feeds[1].drift = 3e-5;
    b->take->feeds[1].uncertainty_s = 0.002;
    save_and_reopen(b);
    const sp_take *take = b->take;
    assert_string_equal(take->name, "test");
    assert_string_equal(take->folder, b->folder);
    assert_int_equal(take->fps.num, 30000);
    assert_int_equal(take->fps.den, 1001);
    assert_int_equal(take->rig.count, 3);
    assert_string_equal(take->feeds[0].feed, "feeds/cam1");
    assert_string_equal(take->feeds[0].plate, "plates/cam1.png");
    assert_null(take->feeds[1].plate);
    assert_true(take->feeds[0].exposure_s == 0.004 && take->feeds[1].exposure_s == 0);
    assert_null(take->feeds[2].feed);
    assert_true(take->has_sync);
    assert_true(take->feeds[1].offset_s == 0.125 && take->feeds[1].drift == 3e-5);
    assert_true(take->feeds[1].uncertainty_s == 0.002);
    b->take->has_sync = false;
    save_and_reopen(b);
    assert_false(b->take->has_sync);
    assert_true(b->take->feeds[1].offset_s == 0);
}

static void test_unknown_fields_survive(void **state)
{
    bench *b = *state;
    make_take(b, 2, 25);
    save_and_reopen(b);
    write_text(
        b, "take.json",
        "{\"format\": \"stillpoint-take\", \"version\": 1, \"name\": \"t\", \"fps\": 29.97, \"venue\": "
        "{\"hall\": 3}, \"cameras\": [{\"id\": \"cam2\", \"feed\": \"a.mp4\", \"serial\": \"X-17\"}]}");
    write_text(b, "sync.json",
               "{\"format\": \"stillpoint-sync\", \"version\": 1, \"method\": \"flash\", \"cameras\": "
               "[{\"id\": \"cam2\", \"offset_s\": 0.5, \"peak\": 0.9}]}");
    sp_take_close(&b->take);
    assert_int_equal(sp_take_open(&b->take, b->folder), SP_OK);
    assert_int_equal(b->take->fps.num, 30000);
    assert_int_equal(b->take->fps.den, 1001);
    b->take->feeds[1].offset_s = 0.75;
    save_and_reopen(b);
    sp_json *take = NULL, *sync = NULL;
    double hall, peak, offset;
    const char *text;
    assert_int_equal(sp_json_load(&take, in(b, "take.json")), SP_OK);
    assert_int_equal(sp_json_load(&sync, in(b, "sync.json")), SP_OK);
    assert_int_equal(sp_json_number(&hall, sp_json_get(take, "venue"), "hall", "take"), SP_OK);
    assert_true(hall == 3);
    const sp_json *entry = sp_json_at(sp_json_get(take, "cameras"), 1);
    assert_int_equal(sp_json_string(&text, entry, "serial", "take"), SP_OK);
    assert_string_equal(text, "X-17");
    assert_int_equal(sp_json_string(&text, sync, "method", "sync"), SP_OK);
    assert_string_equal(text, "flash");
    entry = sp_json_at(sp_json_get(sync, "cameras"), 1);
    assert_int_equal(sp_json_number(&peak, entry, "peak", "sync"), SP_OK);
    assert_int_equal(sp_json_number(&offset, entry, "offset_s", "sync"), SP_OK);
    assert_true(peak == 0.9 && offset == 0.75);
    sp_json_free(&take);
    sp_json_free(&sync);
}

// Feeds outside are kept by absolute path, those inside relative, whatever the caller's way of naming them.
static void test_paths(void **state)
{
    bench *b = *state;
    make_take(b, 3, 25);
    sp_folder_make(in(b, "elsewhere"));
    sp_folder_make(in(b, "take/feeds"));
    write_text(b, "elsewhere/one.mp4", "x");
    write_text(b, "take/feeds/two.mp4", "x");
    b->take->feeds[0].feed = sp_format("%s/take/../elsewhere/one.mp4", b->folder);
    b->take->feeds[1].feed = sp_format("%s/take/feeds/two.mp4", b->folder);
    b->take->feeds[2].feed = sp_strdup("feeds/later.mp4"); // to be made
    char *folder = sp_strdup(in(b, "take"));
    assert_int_equal(sp_take_save(b->take, folder), SP_OK);
    sp_take_close(&b->take);
    assert_int_equal(sp_take_open(&b->take, folder), SP_OK);
    char *real = realpath(in(b, "elsewhere/one.mp4"), NULL);
    assert_string_equal(b->take->feeds[0].feed, real);
    assert_string_equal(b->take->feeds[1].feed, "feeds/two.mp4");
    assert_string_equal(b->take->feeds[2].feed, "feeds/later.mp4");
    char *path = sp_take_path(b->take, b->take->feeds[1].feed);
    assert_true(sp_file_exists(path));
    free(path);
    path = sp_take_path(b->take, b->take->feeds[0].feed);
    assert_string_equal(path, real);
    free(path);
    assert_null(sp_take_path(b->take, NULL));
    free(real);
    free(folder);
}

static void test_bad_files(void **state)
{
    bench *b = *state;
#define HEAD "{\"format\": \"stillpoint-take\", \"version\": 1, \"fps\": 25, \"cameras\": "
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"{", "take.json"},
        {"[]", "format"},
        {"{\"format\": \"stillpoint-rig\", \"version\": 1}", "stillpoint-take"},
        {"{\"format\": \"stillpoint-take\", \"version\": 9, \"cameras\": []}", "version"},
        {"{\"format\": \"stillpoint-take\", \"version\": 1}", "cameras"},
        {"{\"format\": \"stillpoint-take\", \"version\": 1, \"fps\": -3, \"cameras\": []}", "fps"},
        {"{\"format\": \"stillpoint-take\", \"version\": 1, \"fps\": [30, 0], \"cameras\": []}", "fps"},
        {"{\"format\": \"stillpoint-take\", \"version\": 1, \"fps\": \"25\", \"cameras\": []}", "fps"},
        {HEAD "[{\"feed\": \"a.mp4\"}]}", "entry 0 of 'cameras': field 'id'"},
        {HEAD "[3]}", "entry 0"},
        {HEAD "[{\"id\": \"cam9\"}]}", "camera 'cam9' is not in the take"},
        {HEAD "[{\"id\": \"cam1\"}, {\"id\": \"cam1\"}]}", "camera 'cam1' is listed twice"},
        {HEAD "[{\"id\": \"cam1\", \"feed\": 3}]}", "camera 'cam1': field 'feed'"},
        {HEAD "[{\"id\": \"cam1\", \"plate\": \"\"}]}", "camera 'cam1': field 'plate'"},
    };
    make_take(b, 1, 25);
    save_and_reopen(b);
    sp_take *take = NULL;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_text(b, "take.json", cases[i].text);
        int ret = sp_take_open(&take, b->folder);
        assert_true(ret < 0);
        assert_null(take);
        if (!strstr(sp_error_text(), cases[i].says) || !strstr(sp_error_text(), "take.json"))
            fail_msg("'%s' does not hold '%s'", sp_error_text(), cases[i].says);
    }
    assert_int_equal(sp_take_save(b->take, b->folder), SP_OK);
    write_text(b, "sync.json",
               "{\"format\": \"stillpoint-sync\", \"version\": 1, \"cameras\": [{\"id\": \"cam1\", "
               "\"drift\": 1.0}]}");
    assert_int_equal(sp_take_open(&take, b->folder), SP_EFORMAT);
    assert_non_null(strstr(sp_error_text(), "sync.json: camera 'cam1': field 'drift'"));
    assert_int_equal(sp_take_open(&take, in(b, "nothing")), SP_ENOENT);
    sp_folder_make(in(b, "plain"));
    assert_int_equal(sp_take_open(&take, in(b, "plain")), SP_ENOENT);
    assert_non_null(strstr(sp_error_text(), "take.json"));
    assert_int_equal(sp_take_save(b->take, in(b, "take.json/x")), SP_EIO);
}

static void test_choice(void **state)
{
    bench *b = *state;
    bool chosen[3];
    make_take(b, 3, 25);
    assert_int_equal(sp_take_choose(chosen, b->take, NULL), SP_EINVAL);
    assert_non_null(strstr(sp_error_text(), "feed"));
    b->take->feeds[0].feed = sp_strdup("a.mp4");
    b->take->feeds[2].feed = sp_strdup("c.mp4");
    assert_int_equal(sp_take_choose(chosen, b->take, NULL), SP_OK);
    assert_true(chosen[0] && !chosen[1] && chosen[2]);
    const char *const cam3[] = {"cam3", NULL}, *const cam2[] = {"cam2", NULL}, *const cam7[] = {"cam7", NULL};
    assert_int_equal(sp_take_choose(chosen, b->take, &(sp_camera_choice){.only = cam3}), SP_OK);
    assert_true(!chosen[0] && !chosen[1] && chosen[2]);
    assert_int_equal(sp_take_choose(chosen, b->take, &(sp_camera_choice){.without = cam3}), SP_OK);
    assert_true(chosen[0] && !chosen[1] && !chosen[2]);
    assert_int_equal(sp_take_choose(chosen, b->take, &(sp_camera_choice){.only = cam2}), SP_EINVAL);
    assert_non_null(strstr(sp_error_text(), "'cam2' has no feed"));
    assert_int_equal(sp_take_choose(chosen, b->take, &(sp_camera_choice){.without = cam7}), SP_EINVAL);
    assert_non_null(strstr(sp_error_text(), "'cam7' is not in the take"));
    assert_int_equal(sp_take_choose(chosen, b->take, &(sp_camera_choice){.only = cam3, .without = cam3}),
                     SP_EINVAL);
}

// ---- Frame sets

static const sp_frame *frame_of(const sp_frame_set *set, int camera)
{
    for (int i = 0; i < set->count; i++)
        if (set->frames[i].camera_index == camera - 1)
            return &set->frames[i];
    return NULL;
}

static void test_one_clock(void **state)
{
    bench *b = *state;
    sp_pool *pool = NULL;
    make_take(b, 3, 10);
    make_feed(b, 1, 0, 20, 64, 48);
    make_feed(b, 2, 100, 20, 64, 48); // first number 100: still time 0
    make_feed(b, 3, 0, 20, 64, 48);
    b->take->has_sync = true;
    b->take->feeds[1].offset_s = 0.33;
    b->take->feeds[2].offset_s = -0.2;
    b->take->feeds[2].drift = 0.01;
    save_and_reopen(b);
    assert_int_equal(sp_pool_open(&pool, 3), SP_OK);
    double begin, end;
    assert_int_equal(sp_take_open_feeds(b->take, NULL, pool), SP_OK);
    assert_int_equal(sp_take_span(&begin, &end, b->take, NULL), SP_OK);
    assert_true(fabs(begin - 0.33) < 1e-12);
    assert_true(fabs(end - (1.9 * 1.01 - 0.2)) < 1e-12);
    static const double instants[] = {1.0, 0.37, 1.7, 0.96};
    for (int k = 0; k < 4; k++) {
        double t = instants[k];
        sp_frame_set set = {0};
        assert_int_equal(sp_take_frame_set(&set, b->take, NULL, t, pool), SP_OK);
        assert_true(set.t_s == t);
        assert_int_equal(set.count, 3);
        for (int camera = 1; camera <= 3; camera++) {
            const sp_frame *frame = frame_of(&set, camera);
            double offset = camera == 2 ? 0.33 : camera == 3 ? -0.2 : 0, rate = camera == 3 ? 1.01 : 1;
            int index = (int)lrint((t - offset) / rate * 10); // the nearest tenth on the feed's clock
            assert_true(fabs(frame->t_s - (index / 10.0 * rate + offset)) < 1e-12);
            assert_int_equal(frame->image.data[0], index + (camera == 2 ? 100 : 0));
            assert_string_equal(frame->camera.id, b->take->rig.cameras[camera - 1].id);
        }
        sp_frame_set_free(&set);
    }
    assert_int_equal(b->warnings, 0);
    sp_pool_close(&pool);
}

static void test_absent_and_outside(void **state)
{
    bench *b = *state;
    make_take(b, 3, 10);
    make_feed(b, 1, 0, 10, 64, 48);
    make_feed(b, 2, 0, 10, 64, 48);
    make_feed(b, 3, 0, 5, 64, 48);
    assert_int_equal(remove(in(b, "feeds/cam2/000003.png")), 0);
    save_and_reopen(b);
    sp_frame_set set = {0};
    assert_int_equal(sp_take_frame_set(&set, b->take, NULL, 0.3, NULL), SP_OK);
    assert_int_equal(set.count, 2);
    assert_null(frame_of(&set, 2));
    assert_int_equal(b->warnings, 1);
    assert_non_null(strstr(b->last_warning, "'cam2'"));
    sp_frame_set_free(&set);
    assert_int_equal(sp_take_frame_set(&set, b->take, NULL, 0.45, NULL), SP_OK); // cam3 ends at 0.4
    assert_int_equal(set.count, 3);
    sp_frame_set_free(&set);
    assert_int_equal(sp_take_frame_set(&set, b->take, NULL, 0.8, NULL), SP_OK);
    assert_int_equal(set.count, 2);
    assert_non_null(strstr(b->last_warning, "'cam3'"));
    sp_frame_set_free(&set);
    assert_int_equal(sp_take_frame_set(&set, b->take, NULL, 7, NULL), SP_EEND);
    assert_non_null(strstr(sp_error_text(), "0.000 s to 0.900 s"));
    assert_int_equal(set.count, 0);
    assert_int_equal(sp_take_frame_set(&set, b->take, NULL, NAN, NULL), SP_EINVAL);
}

static void test_missing_feed(void **state)
{
    bench *b = *state;
    make_take(b, 2, 10);
    make_feed(b, 1, 0, 3, 64, 48);
    b->take->feeds[1].feed = sp_strdup("feeds/nothing.mp4");
    save_and_reopen(b);
    sp_frame_set set = {0};
    double begin, end;
    assert_int_equal(sp_take_open_feeds(b->take, NULL, NULL), SP_OK); // it matters to whom needs it
    assert_int_equal(sp_take_frame_set(&set, b->take, NULL, 0.1, NULL), SP_ENOENT);
    assert_non_null(strstr(sp_error_text(), "'cam2'"));
    assert_non_null(strstr(sp_error_text(), "feeds/nothing.mp4"));
    assert_int_equal(sp_take_span(&begin, &end, b->take, NULL), SP_ENOENT);
    assert_non_null(strstr(sp_error_text(), "'cam2'"));
    bool chosen[] = {true, false};
    assert_int_equal(sp_take_frame_set(&set, b->take, chosen, 0.1, NULL), SP_OK);
    assert_int_equal(set.count, 1);
    sp_frame_set_free(&set);
    free(b->take->feeds[1].feed); // put right: opened anew
    b->take->feeds[1].feed = sp_strdup("feeds/cam1");
    assert_int_equal(sp_take_frame_set(&set, b->take, NULL, 0.1, NULL), SP_OK);
    assert_int_equal(set.count, 2);
    sp_frame_set_free(&set);
}

// Feeds of other sizes and rates, and a still.
static void test_sizes_and_rates(void **state)
{
    bench *b = *state;
    make_take(b, 4, 10);
    make_feed(b, 1, 0, 10, 128, 96); // same aspect
    make_feed(b, 2, 0, 10, 60, 48);  // cut at the right
    if (system("ffmpeg -version >/dev/null 2>&1"))
        skip();
    char *command = sp_format(
        "cd '%s/feeds' && ffmpeg -v error -nostdin -y -f lavfi -i color=c=red:s=64x48:r=25:d=1 -c:v "
        "libx264 -bf 2 cam3.mp4",
        b->folder);
    assert_int_equal(system(command), 0);
    free(command);
    b->take->feeds[2].feed = sp_strdup("feeds/cam3.mp4");
    sp_image8 still = {0};
    assert_int_equal(sp_image8_init(&still, 64, 48, 3), SP_OK);
    assert_int_equal(sp_image8_save(&still, in(b, "feeds/cam4.png")), SP_OK);
    sp_image8_free(&still);
    b->take->feeds[3].feed = sp_strdup("feeds/cam4.png");
    save_and_reopen(b);
    sp_frame_set set = {0};
    sp_pool *pool = NULL;
    assert_int_equal(sp_pool_open(&pool, 3), SP_OK);
    assert_int_equal(sp_take_frame_set(&set, b->take, NULL, 0.43, pool), SP_OK);
    assert_int_equal(set.count, 4);
    const sp_camera *camera = &frame_of(&set, 1)->camera;
    assert_int_equal(camera->width, 128);
    assert_true(camera->fx == 120 && camera->fy == 120 && camera->cx == 64 && camera->cy == 48);
    camera = &frame_of(&set, 2)->camera;
    assert_int_equal(camera->width, 60);
    assert_true(camera->fx == 60 && camera->cx == 32 && camera->cy == 24);
    assert_true(fabs(frame_of(&set, 1)->t_s - 0.4) < 1e-9);
    assert_true(fabs(frame_of(&set, 3)->t_s - 0.44) < 1e-9);
    assert_true(frame_of(&set, 4)->t_s == 0.43);
    assert_int_equal(b->infos, 2); // each size is said once
    sp_frame_set_free(&set);
    assert_int_equal(sp_take_frame_set(&set, b->take, NULL, 0.5, pool), SP_OK);
    assert_int_equal(b->infos, 2);
    sp_frame_set_free(&set);
    sp_pool_close(&pool);
}

static void test_static_scene(void **state)
{
    bench *b = *state;
    make_take(b, 1, 30);
    sp_image8 still = {0};
    assert_int_equal(sp_image8_init(&still, 64, 48, 3), SP_OK);
    assert_int_equal(sp_image8_save(&still, in(b, "view.png")), SP_OK);
    sp_image8_free(&still);
    b->take->feeds[0].feed = sp_strdup("view.png");
    save_and_reopen(b);
    double begin, end;
    sp_frame_set set = {0};
    assert_int_equal(sp_take_span(&begin, &end, b->take, NULL), SP_OK);
    assert_true(begin == 0 && end == 0);
    assert_int_equal(sp_take_frame_set(&set, b->take, NULL, 55.5, NULL), SP_OK);
    assert_int_equal(set.count, 1);
    sp_frame_set_free(&set);
    sp_image8 *images = NULL;
    sp_camera camera;
    int count = 0;
    assert_int_equal(sp_take_samples(&images, &count, &camera, b->take, 0, 5), SP_OK);
    assert_int_equal(count, 1);
    sp_image8_free(&images[0]);
    free(images);
}

static void test_samples(void **state)
{
    bench *b = *state;
    make_take(b, 1, 10);
    make_feed(b, 1, 0, 40, 32, 24);
    save_and_reopen(b);
    sp_image8 *images = NULL;
    sp_camera camera;
    int count = 0;
    assert_int_equal(sp_take_samples(&images, &count, &camera, b->take, 0, 4), SP_OK);
    assert_int_equal(count, 4);
    assert_int_equal(camera.width, 32);
    for (int i = 0; i < count; i++) {
        assert_int_equal(images[i].data[0], 5 + 10 * i);
        sp_image8_free(&images[i]);
    }
    free(images);
    assert_int_equal(sp_take_samples(&images, &count, &camera, b->take, 0, 0), SP_EINVAL);
}

static void test_no_common_instant(void **state)
{
    bench *b = *state;
    make_take(b, 2, 10);
    make_feed(b, 1, 0, 5, 64, 48);
    make_feed(b, 2, 0, 5, 64, 48);
    b->take->has_sync = true;
    b->take->feeds[1].offset_s = 3;
    save_and_reopen(b);
    double begin, end;
    sp_frame_set set = {0};
    assert_int_equal(sp_take_span(&begin, &end, b->take, NULL), SP_EINVAL);
    assert_non_null(strstr(sp_error_text(), "cam1"));
    assert_non_null(strstr(sp_error_text(), "cam2"));
    assert_int_equal(sp_take_frame_set(&set, b->take, NULL, 1.5, NULL), SP_EEND); // in the gap between them
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unknown_fields_survive, setup, teardown),
        cmocka_unit_test_setup_teardown(test_paths, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_files, setup, teardown),
        cmocka_unit_test_setup_teardown(test_choice, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_clock, setup, teardown),
        cmocka_unit_test_setup_teardown(test_absent_and_outside, setup, teardown),
        cmocka_unit_test_setup_teardown(test_missing_feed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sizes_and_rates, setup, teardown),
        cmocka_unit_test_setup_teardown(test_static_scene, setup, teardown),
        cmocka_unit_test_setup_teardown(test_samples, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_common_instant, setup, teardown),
    };
    return cmocka_run_group_tests_name("take", tests, NULL, NULL);
}
