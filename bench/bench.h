// What the benchmarks share: how they are called, what they are given, and their scenes. A benchmark is one
// file and one row in benches.c.
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include "venue.h"

#include <stillpoint/json.h>

typedef struct bench_context {
    sp_pool *pool;
    const sp_progress *progress;
    uint64_t seed;
    int repeats;          // the best of so many counts
    double scale;         // of pictures' sides; splats change with their area, so that pixels see the same
    const char *scene;    // a calibration with stills, to train; NULL: none
    double seconds;       // of that training
    const char *data;     // a folder of sets with truth or real footage, to reconstruct; NULL: none
    const char *only;     // rows of 'picture', with commas between them; NULL: all
    const char *folder;   // for pictures and plots; NULL: none
    bool is_silent;       // results go to JSON only
    sp_splat_cloud truth; // by bench_truth()
} bench_context;

typedef struct bench {
    const char *name, *about; // lines after the first are indented by twelve
    bool is_quick;            // part of a run without names
    // Measures, prints as it goes unless is_silent, and sets what was measured in result. 0 or an error code.
    int (*run)(bench_context *context, sp_json *result);
} bench;
extern const bench benches[];
extern const int bench_count;

int bench_render(bench_context *context, sp_json *result);
int bench_step(bench_context *context, sp_json *result);
int bench_scaling(bench_context *context, sp_json *result);
int bench_memory(bench_context *context, sp_json *result);
int bench_train(bench_context *context, sp_json *result);
int bench_picture(bench_context *context, sp_json *result);

void bench_say(const bench_context *context, const char *format, ...) SP_PRINTF(2, 3);

// ---- Scenes

typedef struct bench_scene {
    const char *name;
    size_t splats;
    int width, height;
    bench_look look;
    bool is_athlete; // the athlete alone, in a crop of a picture of 1280x720
} bench_scene;

// A frame of a clip, a training step on a whole picture, a training step on the athlete's crop.
enum { BENCH_PLAYBACK, BENCH_TRAINING, BENCH_ATHLETE, BENCH_SCENES };
extern const bench_scene bench_scenes[BENCH_SCENES];

// The true surface that all scenes are made of, made on first use; it belongs to the context. So many splats
// at scale 1.
enum { BENCH_TRUTH_SPLATS = 400000 };
int bench_truth(const sp_splat_cloud **out, bench_context *context);
// A scene's cloud, which the caller ends, and its camera.
int bench_scene_open(sp_splat_cloud *cloud, sp_camera *camera, bench_context *context,
                     const bench_scene *scene);
void bench_context_end(bench_context *context);

#endif
