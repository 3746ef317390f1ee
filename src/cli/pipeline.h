// Settings of the pipeline as flags, and which instants are meant.
#ifndef CLI_PIPELINE_H
#define CLI_PIPELINE_H

#include "cli.h"

enum {
    CLI_PART_PREPARE = 1,
    CLI_PART_MOMENT = 2,
    CLI_PART_CLIP = 4,
    CLI_PIPELINE_OPTIONS = 20,
};

typedef struct cli_pipeline {
    sp_replay_params params;
    const char *cameras, *without, *size, *quality, *background_seeds;
    double background_seconds, seconds, run_in, run_out, orbit, fps;
    int64_t background_splats, hold_out, background_reduce, plate_samples, splats, iterations;
    bool is_whole_scene, is_clockwise;
    char **only, **without_list;
    cli_option options[CLI_PIPELINE_OPTIONS + 12]; // room for a command's own, after these
    int option_count;
} cli_pipeline;

// Fill in the defaults and the options of the wanted parts.
void cli_pipeline_init(cli_pipeline *p, unsigned parts);
// One more option of the command itself.
void cli_pipeline_add(cli_pipeline *p, cli_option option);
// After parsing: fill p->params. 0 or an error code; p is freed either way with cli_pipeline_free().
int cli_pipeline_settle(cli_pipeline *p, const cli *c);
void cli_pipeline_free(cli_pipeline *p);

// Open the take in a folder (with a sentence that helps when it is none).
int cli_open_take(sp_take **out, const char *folder);

// Which instants: --at, --until, --every in seconds, or --frame N, N-M, N,M,O.
typedef struct cli_instants {
    double at, until, every;
    const char *frames;
} cli_instants;
enum { CLI_INSTANT_OPTIONS = 4 };
cli_instants cli_instants_default(void);
void cli_instants_add(cli_instants *i, cli_pipeline *p);
// *times: the caller's to free(). SP_EINVAL says what is wrong.
int cli_instants_list(double **times, int *count, const cli_instants *i, sp_rational fps);

#endif
