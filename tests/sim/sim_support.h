// Small takes for the tests of sim.
#ifndef SIM_SUPPORT_H
#define SIM_SUPPORT_H

#include "../support.h"

#include <stillpoint/image.h>
#include <stillpoint/sim.h>

#include <math.h>
#include <string.h>

// Write a take of a scene with overrides (JSON text) and return its path in new memory.
static inline char *sim_take(const char *folder, const char *name, const char *scene, const char *overrides,
                             int threads)
{
    char *path = sp_path_join(folder, name);
    sp_json *over = NULL;
    sp_sim *sim = NULL;
    sp_pool *pool = NULL;
    sp_sim_report report;
    assert_int_equal(sp_json_parse(&over, overrides, strlen(overrides), "overrides"), SP_OK);
    if (sp_sim_open(&sim, scene, over) < 0)
        fail_msg("%s", sp_error_text());
    assert_int_equal(sp_pool_open(&pool, threads), SP_OK);
    if (sp_sim_write_take(sim, path, &report, pool, NULL) < 0)
        fail_msg("%s", sp_error_text());
    assert_true(report.frames > 0 && report.seconds > 0 && report.frames_per_s_core > 0);
    sp_pool_close(&pool);
    sp_sim_close(&sim);
    sp_json_free(&over);
    return path;
}

static inline sp_json *sim_json(const char *take, const char *name)
{
    char *path = sp_path_join(take, name);
    sp_json *document = NULL;
    if (sp_json_load(&document, path) < 0)
        fail_msg("%s", sp_error_text());
    free(path);
    return document;
}

static inline void sim_rig(sp_rig *rig, const char *take, const char *name)
{
    char *path = sp_path_join(take, name);
    if (sp_rig_load(rig, path) < 0)
        fail_msg("%s", sp_error_text());
    free(path);
}

static inline sp_image8 sim_picture(const char *take, const char *name)
{
    sp_image8 picture;
    char *path = sp_path_join(take, name);
    if (sp_image8_load(&picture, path, false) < 0)
        fail_msg("%s", sp_error_text());
    free(path);
    return picture;
}

static inline bool sim_same(const sp_image8 *a, const sp_image8 *b)
{
    size_t bytes = (size_t)a->width * (size_t)a->height * (size_t)a->channels;
    return a->width == b->width && a->height == b->height && a->channels == b->channels &&
           !memcmp(a->data, b->data, bytes);
}

#endif
