#include "cli.h"

#include "../../bench/bench.h"

#include <stdlib.h>
#include <string.h>

enum { NAMES_MOST = 8 };
static const char *const positionals[] = {"BENCH", "BENCH", "BENCH", "BENCH", "BENCH",
                                          "BENCH", "BENCH", "BENCH", NULL};

// What help says: the table's rows, name and purpose. NULL when memory runs out.
static char *about(void)
{
    char *text = sp_strdup(
        "How fast the engine is: ratios rather than promises. Without a name, all that are quick.\n");
    for (int k = 0; k < bench_count && text; k++) {
        char *longer = sp_format("%s\n  %-10s%s%s", text, benches[k].name, benches[k].about,
                                 benches[k].is_quick ? "" : " (takes longer)");
        free(text);
        text = longer;
    }
    return text;
}

static const bench *find(const char *name)
{
    for (int k = 0; k < bench_count; k++)
        if (!strcmp(benches[k].name, name))
            return &benches[k];
    return NULL;
}

// Which of the table's rows to run; CLI_GO_ON, or wrong usage.
static int choose(cli *c, bool *is_chosen, const char *const *names)
{
    bool is_all = names[0] && !strcmp(names[0], "all");
    for (int k = 0; k < bench_count; k++)
        is_chosen[k] = is_all || (!names[0] && benches[k].is_quick);
    for (int n = 0; n < NAMES_MOST && names[n] && !is_all; n++) {
        const bench *b = find(names[n]);
        if (!b)
            return cli_misuse(c, "there is no benchmark '%s'; see stillpoint bench --help", names[n]);
        is_chosen[b - benches] = true;
    }
    return CLI_GO_ON;
}

static int run(cli *c, bench_context *context, const bool *is_chosen)
{
    int code = context->folder ? sp_folder_make(context->folder) : 0;
    for (int k = 0, done = 0; k < bench_count && !code; k++) {
        sp_json *result = is_chosen[k] ? sp_json_object() : NULL;
        if (!is_chosen[k])
            continue;
        if (done++)
            bench_say(context, "\n");
        code = result ? benches[k].run(context, result) : SP_ENOMEM;
        if (!code && c->is_json)
            code = sp_json_set(cli_result(c), benches[k].name, &result);
        sp_json_free(&result);
    }
    return code;
}

int cmd_bench(cli *c, int argc, char **argv)
{
    const char *names[NAMES_MOST] = {NULL}, *folder = NULL, *scene = NULL, *data = NULL, *only = NULL;
    int64_t repeats = 10;
    double scale = 1, seconds = 60;
    bool is_chosen[32] = {false};
    cli_option options[] = {
        {.name = "repeats",
         .kind = CLI_INTEGER,
         .value = &repeats,
         .argument = "N",
         .help = "the best of N runs counts (a fifth as many of the reference)",
         .min = 1,
         .max = 1000},
        {.name = "scale",
         .kind = CLI_NUMBER,
         .value = &scale,
         .argument = "S",
         .help = "scale the pictures' sides, and splats with their area",
         .min = 0.02,
         .max = 1},
        {.name = "scene",
         .kind = CLI_TEXT,
         .value = &scene,
         .argument = "PATH",
         .help = "the calibration whose stills 'train' trains"},
        {.name = "data",
         .kind = CLI_TEXT,
         .value = &data,
         .argument = "DIR",
         .help = "where the sets of 'picture' lie: gt_dev/, pose2sim/, buddha/"},
        {.name = "only",
         .kind = CLI_TEXT,
         .value = &only,
         .argument = "A,B",
         .help = "only these rows of 'picture', or groups: sets, sim, faults, crowd, curves"},
        {.name = "seconds",
         .kind = CLI_NUMBER,
         .value = &seconds,
         .argument = "S",
         .help = "of that training, from reading pictures to finished splats",
         .min = 1,
         .max = 3600},
        {.name = "output",
         .letter = 'o',
         .kind = CLI_TEXT,
         .value = &folder,
         .argument = "DIR",
         .help = "keep what was drawn and plotted"},
    };
    char *text = about();
    cli_usage usage = {"bench [all | BENCH...]", text, positionals, 0};
    int status = text ? cli_parse(c, &usage, options, sizeof options / sizeof *options, names, argc, argv)
                      : cli_fail(c, SP_ENOMEM);
    free(text);
    if (status == CLI_GO_ON)
        status = cli_settle(c, NULL);
    if (status == CLI_GO_ON)
        status = choose(c, is_chosen, names);
    if (status != CLI_GO_ON)
        return status;
    int code = cli_pool(c);
    bench_context context = {.pool = c->pool,
                             .progress = &c->progress,
                             .seed = (uint64_t)c->seed,
                             .repeats = (int)repeats,
                             .scale = scale,
                             .scene = scene,
                             .seconds = seconds,
                             .data = data,
                             .only = only,
                             .folder = folder,
                             .is_silent = c->is_json || c->is_quiet};
    if (!code)
        code = run(c, &context, is_chosen);
    if (!code && c->is_json)
        sp_json_set_int(cli_result(c), "threads", sp_pool_threads(c->pool));
    bench_context_end(&context);
    return code ? cli_fail_request(c, code) : CLI_DONE;
}
