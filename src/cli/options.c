#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cli_options_add(cli_option_set *set, cli_option *options, int count)
{
    for (int i = 0; i < count && set->count < CLI_OPTIONS_MAX; i++)
        set->items[set->count++] = &options[i];
}

void cli_options_free(cli_option_set *set)
{
    for (int i = 0; i < set->owned_count; i++)
        free(set->owned[i]);
    set->owned_count = 0;
}

// ---- Suggestions

// Damerau-Levenshtein distance, restricted to adjacent swaps; words are short.
static int distance(const char *a, const char *b)
{
    enum { MOST = 40 };
    int n = (int)strlen(a), m = (int)strlen(b), d[MOST + 1][MOST + 1];
    if (n > MOST || m > MOST)
        return MOST;
    for (int i = 0; i <= n; i++) {
        for (int j = 0; j <= m; j++) {
            if (i == 0 || j == 0) {
                d[i][j] = i + j;
                continue;
            }
            int best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            best = d[i - 1][j] + 1 < best ? d[i - 1][j] + 1 : best;
            best = d[i][j - 1] + 1 < best ? d[i][j - 1] + 1 : best;
            bool is_swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (is_swap && d[i - 2][j - 2] + 1 < best)
                best = d[i - 2][j - 2] + 1;
            d[i][j] = best;
        }
    }
    return d[n][m];
}

const char *cli_suggest(const char *text, const char *const *words, int count)
{
    const char *best = NULL;
    int least = 1 + (int)strlen(text) / 3;
    for (int i = 0; i < count; i++) {
        int away = distance(text, words[i]);
        bool begins = strlen(text) >= 3 && strncmp(text, words[i], strlen(text)) == 0;
        if (away < least || (away == least && !best) || (begins && !best)) {
            least = away < least ? away : least;
            best = words[i];
        }
    }
    return best;
}

static int unknown_flag(const cli_option_set *set, const char *given, const char *name)
{
    const char *names[CLI_OPTIONS_MAX];
    for (int i = 0; i < set->count; i++)
        names[i] = set->items[i]->name;
    const char *near = cli_suggest(name, names, set->count);
    if (near)
        return sp_error(SP_EINVAL, "there is no flag %s here; did you mean --%s?", given, near);
    return sp_error(SP_EINVAL, "there is no flag %s here", given);
}

// ---- Values

static int assign_number(cli_option *option, const char *text, const char *from)
{
    char *end;
    errno = 0;
    double value = strtod(text, &end);
    bool is_whole = option->kind == CLI_NUMBER || value == floor(value);
    if (end == text || *end || errno || !isfinite(value) || !is_whole)
        return sp_error(SP_EINVAL, "%s needs %s, not '%s'", from,
                        option->kind == CLI_NUMBER ? "a number" : "a whole number", text);
    if (value < option->min || value > option->max)
        return sp_error(SP_EINVAL, "%s must be %g to %g, not %s", from, option->min, option->max, text);
    if (option->kind == CLI_NUMBER)
        *(double *)option->value = value;
    else
        *(int64_t *)option->value = (int64_t)value;
    return SP_OK;
}

static int assign_text(cli_option *option, const char *text, const char *from)
{
    if (option->words) {
        int count = 0;
        while (option->words[count] && strcmp(option->words[count], text) != 0)
            count++;
        if (!option->words[count]) {
            char list[200] = "";
            for (int i = 0; i < count; i++)
                snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i ? " | " : "",
                         option->words[i]);
            return sp_error(SP_EINVAL, "%s is %s, not '%s'", from, list, text);
        }
    }
    *(const char **)option->value = text;
    return SP_OK;
}

static int assign_flag(cli_option *option, const char *text, const char *from)
{
    static const char *const yes[] = {"1", "true", "yes", "on"}, *const no[] = {"0", "false", "no", "off"};
    for (int i = 0; i < 4; i++) {
        if (strcmp(text, yes[i]) == 0 || strcmp(text, no[i]) == 0) {
            *(bool *)option->value = strcmp(text, yes[i]) == 0;
            return SP_OK;
        }
    }
    return sp_error(SP_EINVAL, "%s is true or false, not '%s'", from, text);
}

// from: how the value came, for errors ("--seconds").
static int assign(cli_option *option, const char *text, const char *from, cli_source source)
{
    if (source < option->source)
        return SP_OK;
    int code = SP_OK;
    if (option->kind == CLI_REPEAT) {
        cli_texts *texts = option->value;
        if (texts->count == (int)(sizeof texts->items / sizeof *texts->items))
            return sp_error(SP_EINVAL, "%s is given too often", from);
        texts->items[texts->count++] = text;
    } else if (option->kind == CLI_FLAG) {
        code = assign_flag(option, text, from);
    } else if (option->kind == CLI_TEXT) {
        code = assign_text(option, text, from);
    } else {
        code = assign_number(option, text, from);
    }
    if (code == SP_OK)
        option->source = source;
    return code;
}

// ---- Arguments

static cli_option *find(const cli_option_set *set, const char *name, size_t length)
{
    for (int i = 0; i < set->count; i++)
        if (strlen(set->items[i]->name) == length && strncmp(set->items[i]->name, name, length) == 0)
            return set->items[i];
    return NULL;
}

static cli_option *find_letter(const cli_option_set *set, char letter)
{
    for (int i = 0; i < set->count; i++)
        if (set->items[i]->letter == letter)
            return set->items[i];
    return NULL;
}

// One flag at argv[*at]; *at moves on when the value is the next word.
static int parse_flag(cli_option_set *set, int *at, int argc, char **argv)
{
    char *word = argv[*at];
    const char *value = NULL;
    cli_option *option;
    if (word[1] == '-') {
        char *equals = strchr(word, '=');
        size_t length = equals ? (size_t)(equals - word) - 2 : strlen(word) - 2;
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)length, word + 2);
        option = find(set, word + 2, length);
        if (!option)
            return unknown_flag(set, word, name);
        value = equals ? equals + 1 : NULL;
    } else {
        option = find_letter(set, word[1]);
        if (!option)
            return sp_error(SP_EINVAL, "there is no flag %.2s here", word);
        value = word[2] ? word + 2 : NULL;
    }
    char from[72];
    snprintf(from, sizeof from, "--%s", option->name);
    if (option->kind == CLI_FLAG)
        return assign(option, value ? value : "true", from, CLI_ARGUMENT);
    if (!value && *at + 1 >= argc)
        return sp_error(SP_EINVAL, "%s needs a value: %s", from, option->argument);
    return assign(option, value ? value : argv[++*at], from, CLI_ARGUMENT);
}

int cli_options_parse(cli_option_set *set, const char **positionals, int room, int *positional_count,
                      int argc, char **argv)
{
    bool only_words = false;
    *positional_count = 0;
    for (int i = 0; i < argc; i++) {
        char *word = argv[i];
        if (!only_words && strcmp(word, "--") == 0) {
            only_words = true;
        } else if (!only_words && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)) {
            return 1;
        } else if (!only_words && word[0] == '-' && word[1]) {
            int code = parse_flag(set, &i, argc, argv);
            if (code < 0)
                return code;
        } else if (*positional_count == room) {
            return sp_error(SP_EINVAL, "'%s' is one argument too many", word);
        } else {
            positionals[(*positional_count)++] = word;
        }
    }
    return SP_OK;
}

// ---- Environment and file

// "background-seconds" -> "STILLPOINT_BACKGROUND_SECONDS" or "background_seconds".
static void other_name(char out[96], const cli_option *option, const char *prefix, bool is_upper)
{
    int n = snprintf(out, 96, "%s%s", prefix, option->name);
    for (int i = 0; i < n && i < 95; i++) {
        if (out[i] == '-')
            out[i] = '_';
        if (is_upper)
            out[i] = (char)toupper((unsigned char)out[i]);
    }
}

int cli_options_environment(cli_option_set *set)
{
    for (int i = 0; i < set->count; i++) {
        cli_option *option = set->items[i];
        char name[96];
        other_name(name, option, "STILLPOINT_", true);
        const char *value = option->is_setting ? getenv(name) : NULL;
        int code = value ? assign(option, value, name, CLI_ENVIRONMENT) : SP_OK;
        if (code < 0)
            return code;
    }
    return SP_OK;
}

static int assign_json(cli_option_set *set, cli_option *option, const sp_json *value, const char *key,
                       const char *what)
{
    char from[600];
    snprintf(from, sizeof from, "%s: field '%s'", what, key);
    char *text = sp_json_text(value);
    if (!text)
        return SP_ENOMEM;
    if (sp_json_is_string(value)) { // without the quotes; ids and words have nothing to escape
        size_t length = strlen(text);
        memmove(text, text + 1, length - 2);
        text[length - 2] = '\0';
    }
    int code = assign(option, text, from, CLI_FILE);
    if (set->owned_count < CLI_OPTIONS_MAX)
        set->owned[set->owned_count++] = text;
    else
        free(text);
    return code;
}

int cli_options_file(cli_option_set *set, const sp_json *document, const char *what)
{
    for (int i = 0; i < set->count; i++) {
        cli_option *option = set->items[i];
        char key[96];
        other_name(key, option, "", false);
        const sp_json *value = option->is_setting ? sp_json_get(document, key) : NULL;
        int code = value ? assign_json(set, option, value, key, what) : SP_OK;
        if (code < 0)
            return code;
    }
    return SP_OK;
}

static int set_json(sp_json *out, const char *key, const cli_option *option)
{
    switch (option->kind) {
    case CLI_FLAG:
        return sp_json_set_bool(out, key, *(bool *)option->value);
    case CLI_INTEGER:
        return sp_json_set_int(out, key, *(int64_t *)option->value);
    case CLI_NUMBER:
        return sp_json_set_number(out, key, *(double *)option->value);
    case CLI_TEXT:
        return *(const char **)option->value ? sp_json_set_string(out, key, *(const char **)option->value)
                                             : SP_OK;
    default:
        return SP_OK;
    }
}

sp_json *cli_options_effective(const cli_option_set *set)
{
    sp_json *out = sp_json_object();
    int code = out ? sp_json_set_string(out, "format", "stillpoint-settings") : SP_ENOMEM;
    if (code == SP_OK)
        code = sp_json_set_int(out, "version", 1);
    for (int i = 0; i < set->count && code == SP_OK; i++) {
        char key[96];
        other_name(key, set->items[i], "", false);
        if (set->items[i]->is_setting)
            code = set_json(out, key, set->items[i]);
    }
    if (code < 0)
        sp_json_free(&out);
    return out;
}

bool cli_options_is_given(const cli_option_set *set, const char *name)
{
    const cli_option *option = find(set, name, strlen(name));
    return option && option->source != CLI_DEFAULT;
}

// ---- Help

static void help_default(char *out, size_t size, const cli_option *option)
{
    out[0] = '\0';
    if (option->kind == CLI_NUMBER && isfinite(*(double *)option->value))
        snprintf(out, size, " (default %g)", *(double *)option->value);
    if (option->kind == CLI_INTEGER)
        snprintf(out, size, " (default %lld)", (long long)*(int64_t *)option->value);
    if (option->kind == CLI_TEXT && option->words && *(const char **)option->value)
        snprintf(out, size, " (default %s)", *(const char **)option->value);
}

void cli_options_help(const cli_option_set *set)
{
    for (int i = 0; i < set->count; i++) {
        const cli_option *option = set->items[i];
        char left[80], standard[64];
        snprintf(left, sizeof left, "%s%c%s --%s%s%s", option->letter ? "-" : " ",
                 option->letter ? option->letter : ' ', option->letter ? "," : " ", option->name,
                 option->argument ? " " : "", option->argument ? option->argument : "");
        help_default(standard, sizeof standard, option);
        printf("  %-28s %s%s\n", left, option->help, standard);
    }
}
