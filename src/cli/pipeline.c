#include "pipeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const seeds[] = {"auto", "stereo", "points", NULL};
static const char *const qualities[] = {"draft", "good", "best", NULL};

static cli_option number(const char *name, double *value, const char *argument, const char *help, double min,
                         double max)
{
    return (cli_option){.name = name,
                        .kind = CLI_NUMBER,
                        .value = value,
                        .argument = argument,
                        .help = help,
                        .min = min,
                        .max = max,
                        .is_setting = true};
}

static cli_option integer(const char *name, int64_t *value, const char *help, double min, double max)
{
    return (cli_option){.name = name,
                        .kind = CLI_INTEGER,
                        .value = value,
                        .argument = "N",
                        .help = help,
                        .min = min,
                        .max = max,
                        .is_setting = true};
}

static cli_option text(const char *name, const char **value, const char *argument, const char *help)
{
    return (cli_option){.name = name,
                        .kind = CLI_TEXT,
                        .value = value,
                        .argument = argument,
                        .help = help,
                        .is_setting = true};
}

void cli_pipeline_add(cli_pipeline *p, cli_option option)
{
    p->options[p->option_count++] = option;
}

void cli_pipeline_init(cli_pipeline *p, unsigned parts)
{
    sp_replay_params d = sp_replay_params_default();
    *p = (cli_pipeline){.params = d,
                        .background_seconds = d.background_s,
                        .background_splats = d.background_splats,
                        .hold_out = d.hold_out,
                        .background_reduce = d.background_reduce,
                        .plate_samples = d.plate_samples,
                        .seconds = d.instant_s,
                        .splats = d.splats,
                        .iterations = d.iterations,
                        .run_in = d.clip.run_in_s,
                        .run_out = d.clip.run_out_s,
                        .orbit = d.clip.orbit.duration_s,
                        .background_seeds = "auto",
                        .quality = "good"};
    cli_pipeline_add(p, text("cameras", &p->cameras, "A,B,C", "only these take part"));
    cli_pipeline_add(p, text("without", &p->without, "A,B", "all but these take part"));
    if (parts & (CLI_PART_PREPARE | CLI_PART_MOMENT)) {
        cli_pipeline_add(p, number("background-seconds", &p->background_seconds, "S",
                                   "wall seconds for the background, or a whole scene; 0: no background", 0,
                                   3600));
        cli_pipeline_add(p, integer("background-splats", &p->background_splats,
                                    "splats of the background, or of a whole scene", 1000, 4e6));
    }
    if (parts & CLI_PART_PREPARE) {
        cli_pipeline_add(p, integer("background-reduce", &p->background_reduce,
                                    "pictures of the background this many times smaller", 1, 16));
        cli_option seeds_option = text("background-seeds", &p->background_seeds, "S",
                                       "what the background begins as: auto | stereo | points");
        seeds_option.words = seeds;
        cli_pipeline_add(p, seeds_option);
        cli_pipeline_add(p, integer("plate-samples", &p->plate_samples,
                                    "frames a missing plate is estimated from", 5, 200));
    }
    if (parts & CLI_PART_MOMENT) {
        cli_pipeline_add(p,
                         number("seconds", &p->seconds, "S",
                                "wall seconds of the first instant, all told; a fifth for each further one",
                                0.1, 3600));
        cli_pipeline_add(p, integer("splats", &p->splats, "splats of the athlete", 100, 1e6));
        cli_pipeline_add(p, (cli_option){.name = "whole-scene",
                                         .kind = CLI_FLAG,
                                         .value = &p->is_whole_scene,
                                         .help = "athlete and venue at once, from the instant's frames alone",
                                         .is_setting = true});
    }
    cli_pipeline_add(p, integer("iterations", &p->iterations,
                                "optimisation steps instead of seconds, for results that repeat to the bit",
                                0, 1e6));
    if (parts & CLI_PART_CLIP) {
        cli_pipeline_add(p, number("run-in", &p->run_in, "S", "seconds of footage before the freeze", 0, 60));
        cli_pipeline_add(p, number("run-out", &p->run_out, "S", "seconds of footage after it", 0, 60));
        cli_pipeline_add(p, number("orbit", &p->orbit, "S", "seconds of the orbit", 0.5, 120));
        cli_pipeline_add(p, number("fps", &p->fps, "F", "frames per second; 0: from the feeds", 0, 240));
        cli_pipeline_add(p, text("size", &p->size, "WxH", "pixels of the clip (default: from the feeds)"));
        cli_option quality = text("quality", &p->quality, "Q", "draft | good | best");
        quality.words = qualities;
        cli_pipeline_add(p, quality);
        cli_pipeline_add(p, (cli_option){.name = "clockwise",
                                         .kind = CLI_FLAG,
                                         .value = &p->is_clockwise,
                                         .help = "orbit clockwise, seen from above",
                                         .is_setting = true});
    }
}

static int parse_size(sp_clip_params *clip, const char *size)
{
    int width, height, used = 0;
    if (!size)
        return SP_OK;
    if (sscanf(size, "%dx%d%n", &width, &height, &used) != 2 || size[used] || width < 16 || height < 16 ||
        width > 8192 || height > 8192)
        return sp_error(SP_EINVAL, "--size is WIDTHxHEIGHT in pixels, such as 1920x1080, not '%s'", size);
    clip->width = width;
    clip->height = height;
    return SP_OK;
}

// 29.97 and the like are meant as n * 1000 / 1001.
static sp_rational rate_of(double fps)
{
    double whole = round(fps * 1001 / 1000);
    if (fabs(fps - round(fps)) > 1e-3 && fabs(whole * 1000 / 1001 - fps) < 5e-3)
        return (sp_rational){(int)whole * 1000, 1001};
    return (sp_rational){(int)lround(fps * 1000), 1000};
}

int cli_pipeline_settle(cli_pipeline *p, const cli *c)
{
    sp_replay_params *params = &p->params;
    params->seed = (uint64_t)c->seed;
    params->background_s = p->background_seconds;
    params->background_splats = (int)p->background_splats;
    params->hold_out = (int)p->hold_out;
    params->background_reduce = (int)p->background_reduce;
    params->plate_samples = (int)p->plate_samples;
    params->instant_s = p->seconds;
    params->splats = (int)p->splats;
    params->iterations = (int)p->iterations;
    params->is_whole_scene = p->is_whole_scene;
    params->clip.run_in_s = p->run_in;
    params->clip.run_out_s = p->run_out;
    params->clip.orbit.duration_s = p->orbit;
    params->clip.orbit.is_clockwise = p->is_clockwise;
    if (p->fps > 0)
        params->clip.fps = rate_of(p->fps);
    for (int i = 0; seeds[i]; i++)
        if (strcmp(seeds[i], p->background_seeds) == 0)
            params->background_seeds = (sp_seeds)i;
    for (int i = 0; qualities[i]; i++)
        if (strcmp(qualities[i], p->quality) == 0)
            params->clip.quality = (sp_quality)i;
    int code = parse_size(&params->clip, p->size);
    if (code == SP_OK)
        code = cli_list_split(&p->only, p->cameras);
    if (code == SP_OK)
        code = cli_list_split(&p->without_list, p->without);
    params->cameras.only = (const char *const *)p->only;
    params->cameras.without = (const char *const *)p->without_list;
    return code;
}

void cli_pipeline_free(cli_pipeline *p)
{
    cli_list_free(&p->only);
    cli_list_free(&p->without_list);
}

int cli_open_take(sp_take **out, const char *folder)
{
    if (!sp_is_folder(folder))
        return sp_error(SP_ENOENT,
                        "%s: there is no such take; a take is a folder with take.json, made by stillpoint "
                        "import or sim",
                        folder);
    char *mark = sp_path_join(folder, "take.json");
    bool is_take = mark && sp_file_exists(mark);
    free(mark);
    if (!is_take)
        return sp_error(
            SP_ENOENT, "%s: not a take: it has no take.json; make one with stillpoint import or sim", folder);
    return sp_take_open(out, folder);
}

// ---- Instants

cli_instants cli_instants_default(void)
{
    return (cli_instants){.at = NAN, .until = NAN, .every = NAN};
}

void cli_instants_add(cli_instants *i, cli_pipeline *p)
{
    cli_option at = number("at", &i->at, "S", "the instant, seconds on the rig clock", -1e6, 1e6);
    cli_option until = number("until", &i->until, "S", "up to this instant", -1e6, 1e6);
    cli_option every =
        number("every", &i->every, "S", "seconds between instants (default: each frame)", 1e-4, 1e6);
    cli_option frame = text("frame", &i->frames, "N", "instants by frame: N, N-M or N,M,O");
    cli_option *const all[] = {&at, &until, &every, &frame};
    for (int k = 0; k < CLI_INSTANT_OPTIONS; k++) {
        all[k]->is_setting = false;
        cli_pipeline_add(p, *all[k]);
    }
}

enum { INSTANTS_MAX = 10000 };

static int append(double **times, int *count, double t_s)
{
    if (*count == INSTANTS_MAX)
        return sp_error(SP_EINVAL, "more than %d instants are asked for", INSTANTS_MAX);
    double *grown = realloc(*times, (size_t)(*count + 1) * sizeof *grown);
    if (!grown)
        return sp_error(SP_ENOMEM, "memory ran out");
    grown[(*count)++] = t_s;
    *times = grown;
    return SP_OK;
}

static int parse_frames(double **times, int *count, const char *frames, double fps)
{
    const char *p = frames;
    while (true) {
        char *end;
        long long first = strtoll(p, &end, 10), last = first;
        bool is_number = end != p && first >= 0;
        if (is_number && *end == '-') {
            p = end + 1;
            last = strtoll(p, &end, 10);
            is_number = end != p && last >= first;
        }
        if (!is_number || (*end && *end != ','))
            return sp_error(SP_EINVAL, "--frame is N, N-M or N,M,O, not '%s'", frames);
        for (long long n = first; n <= last; n++) {
            int code = append(times, count, (double)n / fps);
            if (code < 0)
                return code;
        }
        if (!*end)
            return SP_OK;
        p = end + 1;
    }
}

int cli_instants_list(double **times, int *count, const cli_instants *i, sp_rational rate)
{
    double fps = sp_rational_value(rate);
    *times = NULL;
    *count = 0;
    if (!(fps > 0) && (i->frames || !isnan(i->until)))
        return sp_error(SP_EINVAL, "the take has no frame rate, so frames cannot be counted; use --at");
    int code = SP_OK;
    if (i->frames && !isnan(i->at))
        code = sp_error(SP_EINVAL, "--at and --frame are two ways to say the same; give one");
    else if (i->frames)
        code = parse_frames(times, count, i->frames, fps);
    else if (isnan(i->at))
        code = sp_error(SP_EINVAL, "which instant? give --at SECONDS or --frame N");
    else if (isnan(i->until))
        code = append(times, count, i->at);
    else if (i->until < i->at)
        code = sp_error(SP_EINVAL, "--until %g is before --at %g", i->until, i->at);
    else {
        double step = isnan(i->every) ? 1 / fps : i->every;
        for (int k = 0; code == SP_OK && i->at + k * step <= i->until + 1e-6; k++)
            code = append(times, count, i->at + k * step);
    }
    if (code < 0) {
        free(*times);
        *times = NULL;
    }
    return code;
}
