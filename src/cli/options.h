// Options of a command: flags, environment and settings file as one table.
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stillpoint/base.h>
#include <stillpoint/json.h>

typedef enum cli_kind {
    CLI_FLAG,    // bool
    CLI_TEXT,    // const char *
    CLI_INTEGER, // int64_t
    CLI_NUMBER,  // double
    CLI_REPEAT,  // cli_texts: may be given several times
} cli_kind;

typedef struct cli_texts {
    const char *items[64];
    int count;
} cli_texts;

// Who set a value; a higher one wins.
typedef enum cli_source { CLI_DEFAULT, CLI_FILE, CLI_ENVIRONMENT, CLI_ARGUMENT } cli_source;

typedef struct cli_option {
    const char *name; // without dashes: "background-seconds"
    char letter;      // or 0
    cli_kind kind;
    void *value;          // holds the default; of the kind's type
    const char *argument; // what help calls the value
    const char *help;
    double min, max;          // of numbers
    const char *const *words; // of texts: the only ones allowed, NULL-terminated; or NULL
    bool is_setting;          // also from STILLPOINT_NAME and from the take's stillpoint.json
    cli_source source;        // set by parsing
} cli_option;

enum { CLI_OPTIONS_MAX = 48 };
typedef struct cli_option_set {
    cli_option *items[CLI_OPTIONS_MAX];
    int count;
    char *owned[CLI_OPTIONS_MAX]; // texts from the settings file
    int owned_count;
} cli_option_set;

void cli_options_add(cli_option_set *set, cli_option *options, int count);
void cli_options_free(cli_option_set *set);

// Take flags out of argv; what remains goes to positionals (at most room; more is an error). SP_EINVAL with a
// sentence that suggests what may have been meant. stops early and returns 1 at --help.
int cli_options_parse(cli_option_set *set, const char **positionals, int room, int *positional_count,
                      int argc, char **argv);
// Apply the environment, and a settings document (nullable; what names its file).
int cli_options_environment(cli_option_set *set);
int cli_options_file(cli_option_set *set, const sp_json *document, const char *what);
// All settings with their values, as a settings document; NULL when memory runs out.
sp_json *cli_options_effective(const cli_option_set *set);
// Whether anyone has set the option, rather than its default.
bool cli_options_is_given(const cli_option_set *set, const char *name);
void cli_options_help(const cli_option_set *set);

// The word of the list nearest to text in letters swapped, missing, extra or wrong; NULL when none is near.
const char *cli_suggest(const char *text, const char *const *words, int count);

#endif
