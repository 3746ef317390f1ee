#include "cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- Arguments and settings

static void add_common(cli *c)
{
    static const char *const modes[] = {"bar", "plain", "json", "none", NULL};
    static cli_option common[7];
    const cli_option rows[7] = {
        {"json", 0, CLI_FLAG, &c->is_json, NULL, "machine-readable result on stdout", 0, 0, NULL, false, 0},
        {"quiet", 'q', CLI_FLAG, &c->is_quiet, NULL, "errors only", 0, 0, NULL, false, 0},
        {"verbose", 'v', CLI_FLAG, &c->is_verbose, NULL, "what happens in detail", 0, 0, NULL, false, 0},
        {"threads", 0, CLI_INTEGER, &c->threads, "N", "threads; 0: one per core", 0, 1024, NULL, true, 0},
        {"seed", 0, CLI_INTEGER, &c->seed, "N", "of everything random", 0, 9e15, NULL, true, 0},
        {"progress", 0, CLI_TEXT, &c->progress_mode, "MODE", "bar | plain | json | none", 0, 0, modes, true,
         0},
        {"print-config", 0, CLI_FLAG, &c->wants_config, NULL, "print the settings in effect and end", 0, 0,
         NULL, false, 0},
    };
    memcpy(common, rows, sizeof common);
    cli_options_add(&c->options, common, 7);
}

static void print_help(const cli *c, const cli_usage *usage)
{
    printf("usage: stillpoint %s\n\n%s\n\n", usage->line, usage->about);
    cli_options_help(&c->options);
    printf(
        "\nSettings also come from stillpoint.json in the take and from STILLPOINT_... in the environment;\n"
        "flags win. Exit status: 0 done, 1 failed, 2 wrong usage, 3 input missing or unreadable,\n"
        "4 this machine lacks something, 5 done in part, 130 interrupted.\n");
}

int cli_parse(cli *c, const cli_usage *usage, cli_option *options, int count, const char **positionals,
              int argc, char **argv)
{
    cli_options_add(&c->options, options, count);
    add_common(c);
    int room = 0, given = 0;
    while (usage->positionals[room])
        positionals[room++] = NULL;
    int code = cli_options_parse(&c->options, positionals, room, &given, argc, argv);
    if (code == 1) {
        print_help(c, usage);
        return CLI_DONE;
    }
    if (code < 0)
        return cli_misuse(c, "%s", sp_error_text());
    if (given < usage->required)
        return cli_misuse(c, "%s is missing", usage->positionals[given]);
    return CLI_GO_ON;
}

// A field of stillpoint.json that no command knows is most likely misspelt.
static void warn_unknown(const sp_json *document, const char *what)
{
    static const char *const known[] = {"format",
                                        "version",
                                        "threads",
                                        "seed",
                                        "progress",
                                        "cameras",
                                        "without",
                                        "seconds",
                                        "splats",
                                        "whole_scene",
                                        "iterations",
                                        "run_in",
                                        "run_out",
                                        "orbit",
                                        "fps",
                                        "size",
                                        "background_seconds",
                                        "plate_samples",
                                        "background_splats",
                                        "background_reduce",
                                        "background_seeds",
                                        "clockwise",
                                        "quality"};
    const int count = sizeof known / sizeof *known;
    for (int i = 0; i < sp_json_length(document); i++) {
        const sp_json *value;
        const char *key = sp_json_key_at(document, i, &value);
        int k = 0;
        while (k < count && strcmp(known[k], key) != 0)
            k++;
        const char *near = k < count ? NULL : cli_suggest(key, known, count);
        if (k == count)
            sp_log(SP_LOG_WARN, "%s: there is no setting '%s'%s%s%s", what, key,
                   near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
    }
}

static int settle_file(cli *c, const char *folder)
{
    char *path = sp_path_join(folder, "stillpoint.json");
    if (!path)
        return SP_ENOMEM;
    sp_json *document = NULL;
    int code = SP_OK;
    if (sp_file_exists(path)) {
        code = sp_json_load(&document, path);
        if (code == SP_OK && !sp_json_is_object(document))
            code = sp_error(SP_EFORMAT, "%s: settings are a JSON object", path);
        if (code == SP_OK)
            code = cli_options_file(&c->options, document, path);
        if (code == SP_OK)
            warn_unknown(document, path);
    }
    sp_json_free(&document);
    free(path);
    return code;
}

int cli_settle(cli *c, const char *take_folder)
{
    int code = cli_options_environment(&c->options);
    if (code < 0)
        return cli_misuse(c, "%s", sp_error_text());
    code = take_folder ? settle_file(c, take_folder) : SP_OK;
    if (code < 0)
        return cli_fail_request(c, code);
    c->console.level = c->is_quiet ? SP_LOG_ERROR : c->is_verbose ? SP_LOG_DEBUG : SP_LOG_INFO;
    console_set_progress(&c->console, c->progress_mode, c->is_quiet);
    if (!c->wants_config)
        return CLI_GO_ON;
    c->is_json = true;
    sp_json_free(&c->result);
    c->result = cli_options_effective(&c->options);
    return c->result ? CLI_DONE : cli_fail(c, SP_ENOMEM);
}

int cli_pool(cli *c)
{
    return sp_pool_open(&c->pool, (int)c->threads);
}

// ---- Endings

static int status_of(int code)
{
    switch (code) {
    case SP_OK:
        return CLI_DONE;
    case SP_ENOENT:
    case SP_EFORMAT:
        return CLI_NO_INPUT;
    case SP_ENOTSUP:
        return CLI_LACKS;
    case SP_EPARTIAL:
        return CLI_PARTIAL;
    case SP_ECANCELLED:
        return CLI_INTERRUPTED;
    default:
        return CLI_FAILED;
    }
}

// One line on stderr, and the same for machines.
static int end_with(cli *c, int status, const char *sentence)
{
    console_clear(&c->console);
    fprintf(stderr, "stillpoint: %s\n", sentence);
    sp_json *result = c->is_json ? cli_result(c) : NULL;
    if (result) {
        sp_json_set_string(result, "error", sentence);
        sp_json_set_int(result, "status", status);
    }
    return status;
}

int cli_fail(cli *c, int code)
{
    if (code == SP_ECANCELLED && console_is_interrupted())
        return end_with(c, CLI_INTERRUPTED, "interrupted; nothing was half-written");
    const char *sentence = sp_error_text();
    return end_with(c, status_of(code), sentence[0] ? sentence : sp_error_name(code));
}

int cli_fail_input(cli *c, int code)
{
    return code == SP_EINVAL ? end_with(c, CLI_NO_INPUT, sp_error_text()) : cli_fail(c, code);
}

int cli_fail_request(cli *c, int code)
{
    bool is_wrong = code == SP_EINVAL || code == SP_EEND; // nor are there frames beyond the end
    return is_wrong ? end_with(c, CLI_USAGE, sp_error_text()) : cli_fail(c, code);
}

int cli_misuse(cli *c, const char *fmt, ...)
{
    char sentence[1024], line[1200];
    va_list args;
    va_start(args, fmt);
    vsnprintf(sentence, sizeof sentence, fmt, args);
    va_end(args);
    snprintf(line, sizeof line, "%s (stillpoint %s --help)", sentence, c->command);
    return end_with(c, CLI_USAGE, line);
}

// ---- Results

sp_json *cli_result(cli *c)
{
    if (!c->result)
        c->result = sp_json_object();
    return c->result;
}

static void print_row(const char *stage, double seconds, int64_t bytes)
{
    printf("%-14s %9.2f", stage, seconds);
    if (bytes > 0)
        printf(" %10.0f\n", (double)bytes / 1048576);
    else
        printf(" %10s\n", "-");
}

void cli_print_ledger(cli *c)
{
    if (c->is_json) {
        sp_json *stages = sp_ledger_json(&c->ledger), *result = cli_result(c);
        if (stages && result)
            sp_json_set(result, "stages", &stages);
        if (result)
            sp_json_set_number(result, "seconds", sp_ledger_seconds(&c->ledger));
        return;
    }
    if (c->is_quiet || c->ledger.count == 0)
        return;
    int64_t most = 0;
    printf("\n%-14s %9s %10s\n", "stage", "seconds", "peak MiB");
    for (int i = 0; i < c->ledger.count; i++) {
        const sp_ledger_stage *stage = &c->ledger.stages[i];
        print_row(stage->name, stage->seconds, stage->peak_bytes);
        most = stage->peak_bytes > most ? stage->peak_bytes : most;
    }
    print_row("all", sp_ledger_seconds(&c->ledger), most);
}

// ---- Lists

int cli_list_split(char ***out, const char *text)
{
    *out = NULL;
    if (!text || !*text)
        return SP_OK;
    int count = 1;
    for (const char *p = text; *p; p++)
        count += *p == ',';
    char **list = sp_calloc((size_t)count + 1, sizeof *list);
    if (!list)
        return SP_ENOMEM;
    int used = 0;
    while (true) {
        size_t length = strcspn(text, ",");
        if (length > 0 && !(list[used++] = sp_format("%.*s", (int)length, text))) {
            cli_list_free(&list);
            return SP_ENOMEM;
        }
        if (!text[length])
            break;
        text += length + 1;
    }
    *out = list;
    return SP_OK;
}

void cli_list_free(char ***list)
{
    for (char **p = *list; p && *p; p++)
        free(*p);
    free(*list);
    *list = NULL;
}
