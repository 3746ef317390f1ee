#include "pipeline.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const positionals[] = {"TAKE", NULL};
static const cli_usage usage = {
    "sync TAKE --at S [--until S] [--every S] [options]",
    "Find how far the cameras' clocks are off, from an athlete who moves at these instants of a prepared "
    "take,\n"
    "and write it to TAKE/sync.json. Clocks must agree to half a frame already.\n"
    "Moments that were made before keep the clocks they were made with: make them again.",
    positionals, 1};

static int print(cli *c, const sp_take *take, const sp_sync_report *report)
{
    if (c->is_json) {
        sp_json_set_int(cli_result(c), "cameras", report->cameras);
        sp_json_set_number(cli_result(c), "widest_s", report->widest_s);
        return CLI_DONE;
    }
    if (c->is_quiet)
        return CLI_DONE;
    printf("%-12s %10s %10s\n", "camera", "offset ms", "+- ms");
    for (int i = 0; i < take->rig.count; i++)
        if (take->feeds[i].feed)
            printf("%-12s %10.2f %10.2f\n", take->feeds[i].id, 1e3 * take->feeds[i].offset_s,
                   1e3 * take->feeds[i].uncertainty_s);
    return CLI_DONE;
}

static int work(cli *c, cli_pipeline *p, const char *path, const cli_instants *instants)
{
    sp_take *take = NULL;
    double *times = NULL;
    sp_sync_report report;
    int count = 0, status, code = cli_open_take(&take, path);
    if (code < 0)
        status = cli_fail_input(c, code);
    else if ((code = cli_instants_list(&times, &count, instants, take->fps)) < 0)
        status = cli_fail_request(c, code);
    else if ((code = cli_pool(c)) < 0 ||
             (code = sp_replay_sync(&report, take, times, count, &p->params, c->pool, &c->progress)) < 0 ||
             (code = sp_take_save(take, path)) < 0)
        status = cli_fail(c, code);
    else
        status = print(c, take, &report);
    free(times);
    sp_take_close(&take);
    return status;
}

int cmd_sync(cli *c, int argc, char **argv)
{
    const char *args[1];
    cli_pipeline p;
    cli_instants instants = cli_instants_default();
    cli_pipeline_init(&p, 0);
    cli_instants_add(&instants, &p);
    int status = cli_parse(c, &usage, p.options, p.option_count, args, argc, argv);
    if (status == CLI_GO_ON)
        status = cli_settle(c, args[0]);
    if (status != CLI_GO_ON)
        return status;
    int code = cli_pipeline_settle(&p, c);
    status = code < 0 ? cli_fail_request(c, code) : work(c, &p, args[0], &instants);
    cli_pipeline_free(&p);
    return status;
}
