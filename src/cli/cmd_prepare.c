#include "pipeline.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const positionals[] = {"TAKE", NULL};
static const cli_usage usage = {
    "prepare TAKE [options]",
    "Make the plates of all cameras and the splats of the empty venue, once per rig position.\n"
    "Writes TAKE/background/: plates/, venue.ply, preview.jpg, report.json. With --hold-out, the splats are\n"
    "compared with pictures that took no part: PSNR in dB and SSIM.",
    positionals, 1};

static void print_scores(const sp_prepare_report *report)
{
    sp_score mean = sp_score_mean(report->scores, report->score_count);
    printf("\n%-12s %10s %10s\n", "held out", "PSNR dB", "SSIM");
    for (int i = 0; i < report->score_count; i++)
        printf("%-12s %10.2f %10.4f\n", report->scores[i].camera, report->scores[i].psnr,
               report->scores[i].ssim);
    printf("%-12s %10.2f %10.4f\n", mean.camera, mean.psnr, mean.ssim);
}

static void print(cli *c, const char *folder, const sp_prepare_report *report)
{
    char *background = sp_path_join(folder, "background");
    sp_json *held = c->is_json && report->score_count ? sp_prepare_report_json(report) : NULL;
    if (held)
        sp_json_set(cli_result(c), "held_out", &held);
    if (c->is_json)
        sp_json_set_int(cli_result(c), "splats", report->splats);
    if (background && c->is_json)
        sp_json_set_string(cli_result(c), "background", background);
    else if (background && !c->is_quiet)
        printf("background  %s\npreview     %s/preview.jpg\n", background, background);
    if (report->score_count && !c->is_json && !c->is_quiet)
        print_scores(report);
    free(background);
    cli_print_ledger(c);
}

int cmd_prepare(cli *c, int argc, char **argv)
{
    const char *args[1];
    cli_pipeline p;
    sp_take *take = NULL;
    sp_prepare_report report = {0};
    cli_pipeline_init(&p, CLI_PART_PREPARE);
    cli_pipeline_add(&p, (cli_option){.name = "hold-out",
                                      .kind = CLI_INTEGER,
                                      .value = &p.hold_out,
                                      .argument = "N",
                                      .help = "every Nth camera only scores the splats; 0: none",
                                      .max = 1000});
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
               (code = sp_replay_prepare(&report, take, &p.params, &c->ledger, c->pool, &c->progress)) < 0) {
        status = cli_fail(c, code);
    } else {
        print(c, args[0], &report);
        status = CLI_DONE;
    }
    sp_prepare_report_free(&report);
    sp_take_close(&take);
    cli_pipeline_free(&p);
    return status;
}
