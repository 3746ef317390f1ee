#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef STILLPOINT_VERSION
#error "the build defines STILLPOINT_VERSION"
#endif

typedef struct command {
    const char *name;
    int (*run)(cli *c, int argc, char **argv);
    const char *summary;
} command;

// A new command is its file and a row here.
static const command commands[] = {
    {"import", cmd_import, "a take from a calibration and its feeds"},
    {"sim", cmd_sim, "a synthetic take with ground truth"},
    {"rig", cmd_rig, "show or check the cameras of a take"},
    {"prepare", cmd_prepare, "plates and background, once per rig position"},
    {"sync", cmd_sync, "how far the cameras' clocks are off"},
    {"moment", cmd_moment, "reconstruct the athlete at one or several instants"},
    {"render", cmd_render, "pictures of a moment from given cameras"},
    {"replay", cmd_replay, "everything that is still missing, then a clip"},
    {"eval", cmd_eval, "compare a moment with true pictures"},
    {"doctor", cmd_doctor, "what this machine has and lacks"},
    {"bench", cmd_bench, "how fast the engine is"},
};
enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

static void print_help(void)
{
    printf("usage: stillpoint COMMAND [arguments]\n\n"
           "Calibrated cameras around an athlete go in, a replay in which time stands still comes out.\n\n");
    for (int i = 0; i < COMMAND_COUNT; i++)
        printf("  %-9s %s\n", commands[i].name, commands[i].summary);
    printf("\nstillpoint COMMAND --help tells more; stillpoint --version the version.\n");
}

static int unknown_command(const char *name)
{
    const char *names[COMMAND_COUNT];
    for (int i = 0; i < COMMAND_COUNT; i++)
        names[i] = commands[i].name;
    const char *near = cli_suggest(name, names, COMMAND_COUNT);
    if (near)
        fprintf(stderr, "stillpoint: there is no command '%s'; did you mean %s?\n", name, near);
    else
        fprintf(stderr, "stillpoint: there is no command '%s' (stillpoint --help)\n", name);
    return CLI_USAGE;
}

static int run_command(const command *entry, int argc, char **argv)
{
    cli c = {.command = entry->name, .seed = 1, .begin_s = sp_time_s()};
    console_open(&c.console);
    c.progress = (sp_progress){console_step, &c.console};
    int status = entry->run(&c, argc, argv);
    console_clear(&c.console);
    if (c.is_json && c.result) {
        char *text = sp_json_text(c.result);
        if (text)
            puts(text);
        free(text);
    }
    sp_json_free(&c.result);
    sp_ledger_free(&c.ledger);
    sp_pool_close(&c.pool);
    cli_options_free(&c.options);
    return status;
}

// A result that could not be written is not a result.
static int flushed(int status)
{
    if ((fflush(stdout) != 0 || ferror(stdout)) && status == CLI_DONE) {
        fprintf(stderr, "stillpoint: the result could not be written to the standard output\n");
        return CLI_FAILED;
    }
    return status;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_help();
        return flushed(CLI_USAGE);
    }
    const char *name = argv[1];
    if (strcmp(name, "--version") == 0) {
        printf("stillpoint %s\n", STILLPOINT_VERSION);
        return flushed(CLI_DONE);
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        if (argc == 2 || argv[2][0] == '-') {
            print_help();
            return flushed(CLI_DONE);
        }
        char help[] = "--help"; // stillpoint help COMMAND
        name = argv[2];
        for (int i = 0; i < COMMAND_COUNT; i++)
            if (strcmp(name, commands[i].name) == 0)
                return flushed(run_command(&commands[i], 1, (char *[]){help, NULL}));
        return unknown_command(name);
    }
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(name, commands[i].name) == 0)
            return flushed(run_command(&commands[i], argc - 2, argv + 2));
    return unknown_command(name);
}
