#include "pipeline.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const positionals[] = {"TAKE", NULL};
static const cli_usage usage = {
    "replay TAKE --at S [-o clip.mp4] [options]",
    "Everything that is still missing (plates, background, moment), then the default clip: the footage\n"
    "of the camera that shows the athlete best, a freeze at the instant, one orbit, and the footage again.\n"
    "The background takes 95 s and the instant 15 s at most unless told otherwise; the poster lies beside "
    "the clip.",
    positionals, 1};

static void print(cli *c, const sp_replay_report *report, const char *path, const char *take)
{
    const sp_clip_report *clip = &report->clip;
    if (c->is_json) {
        sp_json *result = cli_result(c);
        sp_json_set_string(result, "clip", path);
        sp_json_set_string(result, "poster", report->poster);
        sp_json_set_string(result, "moment", report->moment);
        sp_json_set_string(result, "camera", report->start_camera);
        sp_json_set_int(result, "width", clip->width);
        sp_json_set_int(result, "height", clip->height);
        sp_json_set_int(result, "frames", clip->frames);
        sp_json_set_number(result, "fps", clip->fps);
        sp_json_set_number(result, "orbit_deg", clip->coverage_rad * 180 / M_PI);
        sp_json_set_int(result, "athlete_splats", report->athlete_splats);
        sp_json_set_int(result, "background_splats", report->background_splats);
        sp_json_set_number(result, "render_s", clip->render_s);
        sp_json_set_number(result, "encode_s", clip->encode_s);
    } else if (!c->is_quiet) {
        printf("clip     %s  %dx%d, %.4g fps, %d frames, %.1f s\n", path, clip->width, clip->height,
               clip->fps, clip->frames, clip->duration_s);
        printf("poster   %s\n", report->poster);
        printf("moment   %s/moment.json\n", report->moment);
        printf("splats   %s/athlete/ (%lld)\n         %s/background/venue.ply (%lld)\n", report->moment,
               (long long)report->athlete_splats, take, (long long)report->background_splats);
        printf("orbit    from %s over %.0f degrees\n", report->start_camera, clip->coverage_rad * 180 / M_PI);
    }
    cli_print_ledger(c);
}

// Where the clip goes unless told: beside its moment's folder.
static char *default_path(const char *take, double t_s, sp_rational fps)
{
    char *folder = sp_path_join(take, "moments");
    char *name = sp_format("%06lld.mp4", llround(t_s * sp_rational_value(fps)));
    char *path = folder && name && sp_folder_make(folder) == SP_OK ? sp_path_join(folder, name) : NULL;
    free(folder);
    free(name);
    return path;
}

static int work(cli *c, cli_pipeline *p, const char *folder, const char *output, const char *moment,
                const cli_instants *instants)
{
    sp_take *take = NULL;
    sp_replay_report report = {0};
    double *times = NULL;
    char *path = NULL;
    int count = 0, status = CLI_GO_ON;
    int code = cli_open_take(&take, folder);
    if (code < 0)
        status = cli_fail_input(c, code);
    else if ((code = cli_instants_list(&times, &count, instants, take->fps)) < 0)
        status = cli_fail_request(c, code);
    else if (count > 1)
        status = cli_misuse(c, "a replay freezes one instant, not %d", count);
    if (status == CLI_GO_ON) {
        path = output ? sp_strdup(output) : default_path(folder, times[0], take->fps);
        code = path ? cli_pool(c) : SP_EIO;
        if (code == SP_OK)
            code = sp_replay_clip(&report, path, take, times[0], moment, &p->params, &c->ledger, c->pool,
                                  &c->progress);
        if (code < 0)
            status = cli_fail_request(c, code);
    }
    if (status == CLI_GO_ON) {
        print(c, &report, path, folder);
        status = CLI_DONE;
    }
    sp_replay_report_free(&report);
    free(path);
    free(times);
    sp_take_close(&take);
    return status;
}

int cmd_replay(cli *c, int argc, char **argv)
{
    const char *args[1], *output = NULL, *moment = NULL;
    cli_pipeline p;
    cli_instants instants = cli_instants_default();
    cli_pipeline_init(&p, CLI_PART_PREPARE | CLI_PART_MOMENT | CLI_PART_CLIP);
    cli_option at = {.name = "at",
                     .kind = CLI_NUMBER,
                     .value = &instants.at,
                     .argument = "S",
                     .help = "the instant to freeze, seconds on the rig clock",
                     .min = -1e6,
                     .max = 1e6};
    cli_option frame = {.name = "frame",
                        .kind = CLI_TEXT,
                        .value = &instants.frames,
                        .argument = "N",
                        .help = "the same by frame"};
    cli_option out = {.name = "output",
                      .letter = 'o',
                      .kind = CLI_TEXT,
                      .value = &output,
                      .argument = "FILE",
                      .help = "the clip (default TAKE/moments/<frame>.mp4)"};
    cli_option given = {.name = "moment",
                        .kind = CLI_TEXT,
                        .value = &moment,
                        .argument = "FOLDER",
                        .help = "use or make this moment (default TAKE/moments/<frame>)"};
    cli_option again = {.name = "refresh",
                        .kind = CLI_FLAG,
                        .value = &p.params.is_refresh,
                        .help = "make plates, background and moment again"};
    cli_pipeline_add(&p, at);
    cli_pipeline_add(&p, frame);
    cli_pipeline_add(&p, out);
    cli_pipeline_add(&p, given);
    cli_pipeline_add(&p, again);
    int status = cli_parse(c, &usage, p.options, p.option_count, args, argc, argv);
    if (status == CLI_GO_ON)
        status = cli_settle(c, args[0]);
    if (status != CLI_GO_ON)
        return status;
    int code = cli_pipeline_settle(&p, c);
    status = code < 0 ? cli_fail_request(c, code) : work(c, &p, args[0], output, moment, &instants);
    cli_pipeline_free(&p);
    return status;
}
