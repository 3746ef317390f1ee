#include "cli.h"

#include <stdio.h>
#include <string.h>

static const char *const positionals[] = {"MOMENT", NULL};
static const cli_usage usage = {
    "render MOMENT [--rig FILE] [--at S] [--layer all|athlete|background] [--alpha] -o DIR",
    "Pictures of a moment from the cameras of any importable file or take, lens distortion included:\n"
    "DIR/<camera>_<frame, 6 digits>.png, in the sizes that the file gives. The athlete's layer has his "
    "shadow\n"
    "and, on a glossy floor, his mirror image: with --alpha, to be laid over another picture of the venue.",
    positionals, 1};
static const char *const layers[] = {"all", "athlete", "background", NULL};

// The instant nearest to t_s; NaN: all (-1).
static int nearest(const sp_moment *moment, double t_s)
{
    if (isnan(t_s))
        return -1;
    int best = 0;
    for (int i = 1; i < moment->count; i++)
        if (fabs(moment->instants[i].t_s - t_s) < fabs(moment->instants[best].t_s - t_s))
            best = i;
    return best;
}

static int check_at(const sp_moment *moment, int instant, double t_s)
{
    double frame = 1 / fmax(sp_rational_value(moment->fps), 1e-3);
    if (instant < 0 || fabs(moment->instants[instant].t_s - t_s) <= frame)
        return SP_OK;
    return sp_error(SP_EINVAL, "--at %g: the moment goes from %.3f to %.3f s", t_s, moment->instants[0].t_s,
                    moment->instants[moment->count - 1].t_s);
}

typedef struct request {
    const char *moment, *rig, *output, *layer, *cameras;
    double at;
    bool has_alpha;
} request;

static int render(cli *c, const request *r, const sp_moment *moment, const sp_rig *rig)
{
    sp_pictures_params params = {.has_alpha = r->has_alpha, .instant = nearest(moment, r->at)};
    for (int i = 0; layers[i]; i++)
        if (strcmp(layers[i], r->layer) == 0)
            params.layer = (sp_layer)i;
    char **only = NULL;
    int written = 0, code = check_at(moment, params.instant, r->at);
    if (code == SP_OK)
        code = cli_list_split(&only, r->cameras);
    params.only = (const char *const *)only;
    if (code == SP_OK)
        code = cli_pool(c);
    sp_ledger_begin(&c->ledger, "pictures");
    if (code == SP_OK)
        code = sp_replay_pictures(&written, r->output, moment, rig, &params, c->pool, &c->progress);
    sp_ledger_end(&c->ledger);
    cli_list_free(&only);
    if (code < 0)
        return cli_fail_request(c, code);
    if (c->is_json) {
        sp_json_set_string(cli_result(c), "folder", r->output);
        sp_json_set_int(cli_result(c), "pictures", written);
    } else if (!c->is_quiet) {
        printf("%d picture%s in %s\n", written, written == 1 ? "" : "s", r->output);
    }
    cli_print_ledger(c);
    return CLI_DONE;
}

int cmd_render(cli *c, int argc, char **argv)
{
    const char *args[1];
    request r = {.layer = "all", .at = NAN};
    cli_option options[] = {
        {.name = "rig",
         .kind = CLI_TEXT,
         .value = &r.rig,
         .argument = "FILE",
         .help = "cameras (default: the take's own)"},
        {.name = "at",
         .kind = CLI_NUMBER,
         .value = &r.at,
         .argument = "S",
         .help = "only the instant nearest to this",
         .min = -1e6,
         .max = 1e6},
        {.name = "cameras", .kind = CLI_TEXT, .value = &r.cameras, .argument = "A,B,C", .help = "only these"},
        {.name = "layer",
         .kind = CLI_TEXT,
         .value = &r.layer,
         .argument = "LAYER",
         .help = "all | athlete | background",
         .words = layers},
        {.name = "alpha",
         .kind = CLI_FLAG,
         .value = &r.has_alpha,
         .help = "write coverage as a fourth channel"},
        {.name = "output",
         .letter = 'o',
         .kind = CLI_TEXT,
         .value = &r.output,
         .argument = "DIR",
         .help = "where the pictures go"},
    };
    int status = cli_parse(c, &usage, options, sizeof options / sizeof *options, args, argc, argv);
    if (status == CLI_GO_ON)
        status = cli_settle(c, NULL);
    if (status != CLI_GO_ON)
        return status;
    if (!r.output)
        return cli_misuse(c, "-o DIR is missing");
    sp_moment *moment = NULL;
    sp_rig rig = {0};
    int code = sp_moment_open(&moment, args[0]);
    if (code == SP_OK)
        code = sp_replay_rig(&rig, moment, r.rig);
    status = code < 0 ? cli_fail_input(c, code) : render(c, &r, moment, &rig);
    sp_rig_free(&rig);
    sp_moment_close(&moment);
    return status;
}
