#include "pipeline.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const positionals[] = {"TAKE", NULL};
static const cli_usage usage = {
    "prepare TAKE [options]",
    "Make the plates of all cameras and the splats of the empty venue, once per rig position.\n"
    "Writes TAKE/background/: plates/, venue.ply, preview.jpg, report.json.",
    positionals, 1};

static void print(cli *c, const char *folder)
{
    char *background = sp_path_join(folder, "background");
    if (background && c->is_json)
        sp_json_set_string(cli_result(c), "background", background);
    else if (background && !c->is_quiet)
        printf("background  %s\npreview     %s/preview.jpg\n", background, background);
    free(background);
    cli_print_ledger(c);
}

int cmd_prepare(cli *c, int argc, char **argv)
{
    const char *args[1];
    cli_pipeline p;
    sp_take *take = NULL;
    cli_pipeline_init(&p, CLI_PART_PREPARE);
    int status = cli_parse(c, &usage, p.options, p.option_count, args, argc, argv);
    if (status == CLI_GO_ON)
        status = cli_settle(c, args[0]);
    if (status != CLI_GO_ON)
        return status;
    int code = cli_pipeline_settle(&p, c);
    if (code < 0) {
        status = cli_fail_request(c, code);
    } else if ((code = cli_open_take(&take, args[0])) < 0) {
        status = cli_fail_input(c, code);
    } else if ((code = cli_pool(c)) < 0 ||
               (code = sp_replay_prepare(take, &p.params, &c->ledger, c->pool, &c->progress)) < 0) {
        status = cli_fail(c, code);
    } else {
        print(c, args[0]);
        status = CLI_DONE;
    }
    sp_take_close(&take);
    cli_pipeline_free(&p);
    return status;
}
