#include "cli.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const positionals[] = {"MOMENT", NULL};
static const cli_usage usage = {
    "eval MOMENT [--truth DIR] [--rig FILE] [--cameras A,B]",
    "Compare a moment with true pictures CAMERA_FRAME.png (and _mask.png) in DIR, or of a simulated take:\n"
    "PSNR in dB and SSIM on the whole frame, in the athlete's box and (PSNR) where the mask is; debris (what "
    "is\n"
    "drawn of the athlete more than 2 px outside of the mask) and holes (mask covered by less than half) in "
    "% of\n"
    "the mask's area; flicker against the frame before, in 1/255 where nothing moves. Without --truth, the "
    "frames\n"
    "of the take's cameras that took no part, through the take's own rig, are what it is compared with.",
    positionals, 1};

// The values of a score as columns.
typedef struct column {
    const char *head;
    int digits;
    double value;
} column;

enum { COLUMNS = 8 };

static void columns_of(column out[COLUMNS], const sp_score *s)
{
    const column all[COLUMNS] = {
        {"PSNR dB", 2, s->psnr},        {"SSIM", 4, s->ssim},         {"box dB", 2, s->psnr_box},
        {"box SSIM", 4, s->ssim_box},   {"mask dB", 2, s->psnr_mask}, {"debris %", 2, 100 * s->debris},
        {"holes %", 2, 100 * s->holes}, {"flicker", 2, s->flicker},
    };
    for (int k = 0; k < COLUMNS; k++)
        out[k] = all[k];
}

static void print_row(const sp_score *s)
{
    column columns[COLUMNS];
    columns_of(columns, s);
    if (s->frame >= 0)
        printf("%-12s %6lld", s->camera, (long long)s->frame);
    else
        printf("%-12s %6s", s->camera, "");
    for (int k = 0; k < COLUMNS; k++) {
        if (isnan(columns[k].value))
            printf(" %9s", "-");
        else
            printf(" %9.*f", columns[k].digits, columns[k].value);
    }
    putchar('\n');
}

static void print_head(void)
{
    column columns[COLUMNS];
    columns_of(columns, &(sp_score){0});
    printf("%-12s %6s", "camera", "frame");
    for (int k = 0; k < COLUMNS; k++)
        printf(" %9s", columns[k].head);
    putchar('\n');
}

static void print(cli *c, const sp_score *scores, int count)
{
    sp_score mean = sp_score_mean(scores, count);
    if (!c->is_json) {
        print_head();
        for (int i = 0; i < count; i++)
            print_row(&scores[i]);
        print_row(&mean);
        return;
    }
    sp_json *rows = sp_json_array(), *total = sp_score_json(&mean);
    for (int i = 0; rows && i < count; i++) {
        sp_json *row = sp_score_json(&scores[i]);
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
         .help = "true pictures, or a simulated take (default: frames of cameras that took no part)"},
        {.name = "rig",
         .kind = CLI_TEXT,
         .value = &rig_path,
         .argument = "FILE",
         .help = "cameras of the true pictures (default: the take's own)"},
        {.name = "cameras", .kind = CLI_TEXT, .value = &cameras, .argument = "A,B", .help = "only these"},
    };
    int status = cli_parse(c, &usage, options, sizeof options / sizeof *options, args, argc, argv);
    if (status == CLI_GO_ON)
        status = cli_settle(c, NULL);
    if (status != CLI_GO_ON)
        return status;
    if (rig_path && !truth)
        return cli_misuse(c, "--rig says which cameras took the pictures of --truth, which is missing");
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
               (code = sp_replay_eval(
                    &scores, &count, moment,
                    &(sp_eval_params){.truth = truth, .rig = &rig, .only = (const char *const *)only},
                    c->pool, &c->progress)) < 0) {
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
