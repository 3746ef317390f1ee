// The command line: parses, calls, prints. Floor 8; nothing here belongs to the library.
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stillpoint/canvas.h>
#include <stillpoint/replay.h>
#include <stillpoint/sim.h>

#include "console.h"
#include "options.h"

// Exit statuses of the program.
enum {
    CLI_DONE = 0,
    CLI_FAILED = 1,
    CLI_USAGE = 2,
    CLI_NO_INPUT = 3,
    CLI_LACKS = 4,
    CLI_PARTIAL = 5,
    CLI_INTERRUPTED = 130,
    CLI_GO_ON = -1, // not an exit status: the command has not ended yet
};

// One run of the program.
typedef struct cli {
    double begin_s; // sp_time_s() when the command began
    const char *command;
    bool is_json, is_quiet, is_verbose, wants_config, wants_help;
    const char *progress_mode;
    int64_t threads, seed;
    cli_option_set options; // the command's own and the common ones
    console console;
    sp_progress progress; // what long work is given
    sp_pool *pool;        // opened by cli_pool()
    sp_ledger ledger;
    sp_json *result; // printed at the end when is_json
} cli;

// What a command says about itself.
typedef struct cli_usage {
    const char *line;               // "moment TAKE --at S [options]"
    const char *about;              // what it does, what it writes; lines of 80
    const char *const *positionals; // names for errors, NULL-terminated
    int required;                   // how many of them must be there
} cli_usage;

// Parse a command's arguments into its options and positionals (room for as many as usage names; absent ones
// are NULL). Prints help when asked. Returns CLI_GO_ON or the exit status.
int cli_parse(cli *c, const cli_usage *usage, cli_option *options, int count, const char **positionals,
              int argc, char **argv);
// Settle the settings: stillpoint.json in the take (nullable) < environment < flags. Prints them when asked
// to. Returns CLI_GO_ON or the exit status.
int cli_settle(cli *c, const char *take_folder);

// The pool with the chosen number of threads. 0 or an error code.
int cli_pool(cli *c);

// Say what went wrong (the sentence the library left) and return the exit status that belongs to code.
int cli_fail(cli *c, int code);
// The same for a code that came from reading an input: a wrong field there is an unreadable input.
int cli_fail_input(cli *c, int code);
// The same for a code that came from what was asked for: an argument out of range is wrong usage.
int cli_fail_request(cli *c, int code);
// Say in one line what is wrong with the arguments; returns CLI_USAGE.
int cli_misuse(cli *c, const char *fmt, ...) SP_PRINTF(2, 3);

// The object that --json prints; made on first use. NULL when memory runs out.
sp_json *cli_result(cli *c);
// Add the ledger to the result, or print it as a table.
void cli_print_ledger(cli *c);

// "a,b,c" -> NULL-terminated list, or NULL for NULL and "". Free with cli_list_free().
int cli_list_split(char ***out, const char *text);
void cli_list_free(char ***list);

// ---- Commands, each in cmd_NAME.c

int cmd_import(cli *c, int argc, char **argv);
int cmd_rig(cli *c, int argc, char **argv);
int cmd_prepare(cli *c, int argc, char **argv);
int cmd_sync(cli *c, int argc, char **argv);
int cmd_moment(cli *c, int argc, char **argv);
int cmd_render(cli *c, int argc, char **argv);
int cmd_replay(cli *c, int argc, char **argv);
int cmd_eval(cli *c, int argc, char **argv);
int cmd_sim(cli *c, int argc, char **argv);
int cmd_doctor(cli *c, int argc, char **argv);
int cmd_bench(cli *c, int argc, char **argv);

#endif
