#include "pipeline.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const positionals[] = {"TAKE", NULL};
static const cli_usage usage = {
    "moment TAKE --at S [--until S] [--every S] [-o FOLDER] [options]",
    "Reconstruct the athlete at one or several instants of a prepared take.\n"
    "Writes a moment's folder (default TAKE/moments/<first frame>): moment.json, athlete/*.ply,\n"
    "poster.jpg, mattes.jpg, report.json. The instant named first is made first, and can be looked at as\n"
    "soon as a coarse result of it is on disk; it gets better in place. Interrupted, what is there stays.\n"
    "A moment that stands in the folder already, with all that lies in it, gives way to that first result.",
    positionals, 1};

static void print(cli *c, const char *folder)
{
    sp_moment *moment;
    if (sp_moment_open(&moment, folder) < 0)
        return;
    if (c->is_json) {
        sp_json_set_string(cli_result(c), "moment", folder);
        sp_json_set_int(cli_result(c), "instants", moment->count);
        sp_json_set_int(cli_result(c), "cameras", moment->camera_count);
    } else if (!c->is_quiet) {
        printf("moment   %s\ncontent  %d instant%s from %d cameras\nposter   %s/poster.jpg\nmattes   "
               "%s/mattes.jpg\n",
               folder, moment->count, moment->count == 1 ? "" : "s", moment->camera_count, folder, folder);
    }
    sp_moment_close(&moment);
    cli_print_ledger(c);
}

static char *default_folder(const char *take, double t_s, sp_rational fps)
{
    char *name = sp_format("moments/%06lld", llround(t_s * sp_rational_value(fps)));
    char *folder = name ? sp_path_join(take, name) : NULL;
    free(name);
    return folder;
}

static int work(cli *c, cli_pipeline *p, const char *path, const char *output, const cli_instants *instants)
{
    sp_take *take = NULL;
    double *times = NULL;
    int count = 0, status = CLI_GO_ON;
    int code = cli_open_take(&take, path);
    if (code < 0)
        status = cli_fail_input(c, code);
    else if ((code = cli_instants_list(&times, &count, instants, take->fps)) < 0)
        status = cli_fail_request(c, code);
    char *folder = NULL;
    p->params.begin_s = c->begin_s;
    if (status == CLI_GO_ON) {
        folder = output ? sp_strdup(output) : default_folder(path, times[0], take->fps);
        code = folder ? cli_pool(c) : SP_ENOMEM;
        if (code == SP_OK)
            code =
                sp_replay_moment(folder, take, times, count, &p->params, &c->ledger, c->pool, &c->progress);
        if (code < 0)
            status = cli_fail_request(c, code);
    }
    if (status == CLI_GO_ON) {
        print(c, folder);
        status = CLI_DONE;
    }
    free(folder);
    free(times);
    sp_take_close(&take);
    return status;
}

int cmd_moment(cli *c, int argc, char **argv)
{
    const char *args[1], *output = NULL;
    cli_pipeline p;
    cli_instants instants = cli_instants_default();
    cli_pipeline_init(&p, CLI_PART_MOMENT);
    cli_instants_add(&instants, &p);
    cli_pipeline_add(&p, (cli_option){.name = "output",
                                      .letter = 'o',
                                      .kind = CLI_TEXT,
                                      .value = &output,
                                      .argument = "FOLDER",
                                      .help = "where the moment goes"});
    int status = cli_parse(c, &usage, p.options, p.option_count, args, argc, argv);
    if (status == CLI_GO_ON)
        status = cli_settle(c, args[0]);
    if (status != CLI_GO_ON)
        return status;
    int code = cli_pipeline_settle(&p, c);
    status = code < 0 ? cli_fail_request(c, code) : work(c, &p, args[0], output, &instants);
    cli_pipeline_free(&p);
    return status;
}
