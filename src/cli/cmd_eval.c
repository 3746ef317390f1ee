#include "cli.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const positionals[] = {"MOMENT", NULL};
static const cli_usage usage = {
    "eval MOMENT --truth DIR [--rig FILE] [--cameras A,B]",
    "Compare a moment with true pictures CAMERA_FRAME.png (and _mask.png) in DIR, or of a simulated take:\n"
    "PSNR in dB and SSIM on the whole frame, in the athlete's box and (PSNR) where the mask is.",
    positionals, 1};

static int set_score(sp_json *row, const char *key, double value)
{
    return isnan(value) ? SP_OK : sp_json_set_number(row, key, value);
}

static sp_json *row_json(const sp_score *s)
{
    sp_json *row = sp_json_object();
    if (!row)
        return NULL;
    int code = sp_json_set_string(row, "camera", s->camera);
    if (code == SP_OK && s->frame >= 0)
        code = sp_json_set_int(row, "frame", s->frame);
    if (code == SP_OK)
        code = set_score(row, "psnr_db", s->psnr);
    if (code == SP_OK)
        code = set_score(row, "ssim", s->ssim);
    if (code == SP_OK)
        code = set_score(row, "psnr_box_db", s->psnr_box);
    if (code == SP_OK)
        code = set_score(row, "ssim_box", s->ssim_box);
    if (code == SP_OK)
        code = set_score(row, "psnr_mask_db", s->psnr_mask);
    if (code < 0)
        sp_json_free(&row);
    return row;
}

static void print_value(double value, int digits)
{
    if (isnan(value))
        printf(" %10s", "-");
    else
        printf(" %10.*f", digits, value);
}

static void print_row(const sp_score *s)
{
    if (s->frame >= 0)
        printf("%-12s %6lld", s->camera, (long long)s->frame);
    else
        printf("%-12s %6s", s->camera, "");
    print_value(s->psnr, 2);
    print_value(s->ssim, 4);
    print_value(s->psnr_box, 2);
    print_value(s->ssim_box, 4);
    print_value(s->psnr_mask, 2);
    putchar('\n');
}

static void print(cli *c, const sp_score *scores, int count)
{
    sp_score mean = sp_score_mean(scores, count);
    if (!c->is_json) {
        printf("%-12s %6s %10s %10s %10s %10s %10s\n", "camera", "frame", "PSNR dB", "SSIM", "box dB",
               "box SSIM", "mask dB");
        for (int i = 0; i < count; i++)
            print_row(&scores[i]);
        print_row(&mean);
        return;
    }
    sp_json *rows = sp_json_array(), *total = row_json(&mean);
    for (int i = 0; rows && i < count; i++) {
        sp_json *row = row_json(&scores[i]);
        if (row)
            sp_json_append(rows, &row);
    }
    if (rows)
        sp_json_set(cli_result(c), "pictures", &rows);
    if (total)
        sp_json_set(cli_result(c), "mean", &total);
}

int cmd_eval(cli *c, int argc, char **argv)
{
    const char *args[1], *rig_path = NULL, *truth = NULL, *cameras = NULL;
    cli_option options[] = {
        {.name = "truth",
         .kind = CLI_TEXT,
         .value = &truth,
         .argument = "DIR",
         .help = "true pictures, or a simulated take"},
        {.name = "rig",
         .kind = CLI_TEXT,
         .value = &rig_path,
         .argument = "FILE",
         .help = "cameras (default: the take's own)"},
        {.name = "cameras", .kind = CLI_TEXT, .value = &cameras, .argument = "A,B", .help = "only these"},
    };
    int status = cli_parse(c, &usage, options, sizeof options / sizeof *options, args, argc, argv);
    if (status == CLI_GO_ON)
        status = cli_settle(c, NULL);
    if (status != CLI_GO_ON)
        return status;
    if (!truth)
        return cli_misuse(c, "--truth DIR is missing");
    sp_moment *moment = NULL;
    sp_rig rig = {0};
    sp_score *scores = NULL;
    char **only = NULL;
    int count = 0;
    int code = sp_moment_open(&moment, args[0]);
    if (code == SP_OK)
        code = sp_replay_rig(&rig, moment, rig_path);
    if (code < 0) {
        status = cli_fail_input(c, code);
    } else if ((code = cli_list_split(&only, cameras)) < 0 || (code = cli_pool(c)) < 0 ||
               (code = sp_replay_eval(&scores, &count, moment, truth, &rig, (const char *const *)only,
                                      SP_KERNELS_AUTO, c->pool, &c->progress)) < 0) {
        status = cli_fail_request(c, code);
    } else {
        print(c, scores, count);
        status = CLI_DONE;
    }
    free(scores);
    cli_list_free(&only);
    sp_rig_free(&rig);
    sp_moment_close(&moment);
    return status;
}
