// A small TOML 1.0 reader: what calibration files use and the rest of the grammar but dates, which stay text.
// The result is a JSON document, so that the importers read fields the same way whatever the file's syntax.
#include <stdlib.h>
#include <string.h>

#include "import.h"

#define DEPTH_MAX 64
#define KEY_MAX 256

typedef struct parser {
    const char *at, *end, *what;
    int line, depth;
} parser;

// Where a value goes: a member of an object, or the end of an array.
typedef struct slot {
    sp_json *object, *array;
    const char *key;
} slot;

static int parse_value(parser *p, slot to);

static int fail(const parser *p, const char *problem)
{
    return sp_error(SP_EFORMAT, "%s: line %d: %s", p->what, p->line, problem);
}

static int peek(const parser *p)
{
    return p->at < p->end ? (unsigned char)*p->at : -1;
}

static bool take(parser *p, char c)
{
    if (peek(p) != (unsigned char)c)
        return false;
    p->at++;
    return true;
}

static bool starts(const parser *p, const char *word)
{
    size_t n = strlen(word);
    return (size_t)(p->end - p->at) >= n && !memcmp(p->at, word, n);
}

static void skip_blanks(parser *p)
{
    while (peek(p) == ' ' || peek(p) == '\t')
        p->at++;
}

// Blanks, comments and line ends.
static void skip_space(parser *p)
{
    for (;;) {
        skip_blanks(p);
        if (peek(p) == '#') {
            while (peek(p) >= 0 && peek(p) != '\n')
                p->at++;
        } else if (peek(p) == '\n') {
            p->line++;
            p->at++;
        } else if (peek(p) == '\r') {
            p->at++;
        } else {
            return;
        }
    }
}

static int end_of_line(parser *p)
{
    skip_blanks(p);
    if (peek(p) == '#')
        while (peek(p) >= 0 && peek(p) != '\n')
            p->at++;
    take(p, '\r');
    if (peek(p) >= 0 && peek(p) != '\n')
        return fail(p, "expected the end of the line");
    return SP_OK;
}

// ---- Strings and keys -------------------------------------------------------------------------------------

static size_t encode_utf8(char out[4], unsigned code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3f));
    out[0] = (char)((n == 2 ? 0xc0 : n == 3 ? 0xe0 : 0xf0) | code);
    return n;
}

static int parse_escape(parser *p, char *out, size_t *n)
{
    static const char LETTERS[] = "btnfre\"\\", MEANINGS[] = "\b\t\n\f\r\033\"\\";
    int c = peek(p);
    const char *found = c > 0 ? strchr(LETTERS, c) : NULL;
    if (found) {
        out[(*n)++] = MEANINGS[found - LETTERS];
        p->at++;
        return SP_OK;
    }
    if (c != 'u' && c != 'U')
        return fail(p, "unknown escape in a string");
    int digits = c == 'u' ? 4 : 8;
    unsigned code = 0;
    p->at++;
    for (int i = 0; i < digits; i++) {
        int d = peek(p);
        int value = d >= '0' && d <= '9'   ? d - '0'
                    : d >= 'a' && d <= 'f' ? d - 'a' + 10
                    : d >= 'A' && d <= 'F' ? d - 'A' + 10
                                           : -1;
        if (value < 0)
            return fail(p, "bad \\u escape in a string");
        code = code << 4 | (unsigned)value;
        p->at++;
    }
    if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return fail(p, "bad \\u escape in a string");
    *n += encode_utf8(out + *n, code);
    return SP_OK;
}

// A quoted string of any of the four kinds. The caller owns *out.
static int parse_string(parser *p, char **out)
{
    char quote = *p->at, triple[4] = {quote, quote, quote, 0};
    bool is_long = starts(p, triple), is_literal = quote == '\'';
    p->at += is_long ? 3 : 1;
    if (is_long) {
        take(p, '\r');
        if (take(p, '\n'))
            p->line++;
    }
    // Escapes only shrink (\UXXXXXXXX becomes at most 4 bytes), so what is left of the text is room enough;
    // the closing quote bounds it first.
    const char *stop = p->at;
    while (stop < p->end && (is_long || *stop != '\n') && !(*stop == quote && !is_long))
        stop += !is_literal && *stop == '\\' && stop + 1 < p->end ? 2 : 1;
    size_t room = (size_t)((is_long ? p->end : stop) - p->at) + 8, n = 0;
    char *text = sp_calloc(room, 1);
    if (!text)
        return SP_ENOMEM;
    int code = SP_OK;
    for (;;) {
        int c = peek(p);
        if (c < 0 || (c == '\n' && !is_long) || c == 0) {
            code = fail(p, c == 0 ? "zero byte in a string" : "unfinished string");
            break;
        }
        if (is_long ? starts(p, triple) : c == (unsigned char)quote) {
            p->at += is_long ? 3 : 1;
            break;
        }
        if (c == '\n')
            p->line++;
        p->at++;
        if (c != '\\' || is_literal) {
            text[n++] = (char)c;
        } else if (is_long && (peek(p) == '\n' || peek(p) == '\r')) {
            skip_space(p); // a backslash at the end of a line swallows the break
        } else if ((code = parse_escape(p, text, &n))) {
            break;
        }
    }
    if (code)
        free(text);
    else
        *out = text;
    return code;
}

static bool is_bare(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static int parse_key(parser *p, char key[KEY_MAX])
{
    skip_blanks(p);
    if (peek(p) == '"' || peek(p) == '\'') {
        char *text;
        int code = parse_string(p, &text);
        if (code)
            return code;
        size_t n = strlen(text);
        if (n < KEY_MAX)
            memcpy(key, text, n + 1);
        free(text);
        return n < KEY_MAX ? SP_OK : fail(p, "key too long");
    }
    size_t n = 0;
    while (is_bare(peek(p)) && n + 1 < KEY_MAX)
        key[n++] = *p->at++;
    key[n] = 0;
    if (n == 0)
        return fail(p, "expected a key");
    return is_bare(peek(p)) ? fail(p, "key too long") : SP_OK;
}

// ---- Values -----------------------------------------------------------------------------------------------

static int put_number(slot to, double value)
{
    return to.object ? sp_json_set_number(to.object, to.key, value) : sp_json_append_number(to.array, value);
}

static int put_string(slot to, const char *value)
{
    return to.object ? sp_json_set_string(to.object, to.key, value) : sp_json_append_string(to.array, value);
}

static int put_bool(slot to, bool value)
{
    return to.object ? sp_json_set_bool(to.object, to.key, value)
                     : sp_json_append_string(to.array, value ? "true" : "false");
}

static int put(slot to, sp_json **value)
{
    return to.object ? sp_json_set(to.object, to.key, value) : sp_json_append(to.array, value);
}

static int parse_array(parser *p, slot to)
{
    sp_json *array = sp_json_array();
    int code = array ? SP_OK : SP_ENOMEM;
    p->at++;
    for (;;) {
        skip_space(p);
        if (code || take(p, ']'))
            break;
        if ((code = parse_value(p, (slot){.array = array})))
            break;
        skip_space(p);
        if (!take(p, ',') && peek(p) != ']')
            code = fail(p, "expected ',' or ']' in an array");
    }
    if (!code)
        code = put(to, &array);
    sp_json_free(&array);
    return code;
}

static int parse_pair(parser *p, sp_json *table);

static int parse_inline_table(parser *p, slot to)
{
    sp_json *table = sp_json_object();
    int code = table ? SP_OK : SP_ENOMEM;
    p->at++;
    skip_space(p);
    while (!code && !take(p, '}')) {
        if ((code = parse_pair(p, table)))
            break;
        skip_space(p);
        if (take(p, ','))
            skip_space(p);
        else if (peek(p) != '}')
            code = fail(p, "expected ',' or '}' in an inline table");
    }
    if (!code)
        code = put(to, &table);
    sp_json_free(&table);
    return code;
}

// Numbers, booleans, inf, nan and dates: a run of characters up to the next delimiter.
static int parse_plain(parser *p, slot to)
{
    char word[64], digits[64];
    size_t n = 0, d = 0;
    while (peek(p) >= 0 && !strchr(" \t\r\n,]}#", peek(p)) && n + 1 < sizeof word)
        word[n++] = *p->at++;
    word[n] = 0;
    if (n == 0 || n + 1 == sizeof word || strlen(word) != n)
        return fail(p, "expected a value");
    if (!strcmp(word, "true") || !strcmp(word, "false"))
        return put_bool(to, word[0] == 't');
    for (size_t i = 0; i < n; i++)
        if (word[i] != '_')
            digits[d++] = word[i];
    digits[d] = 0;
    const char *unsigned_part = digits + (digits[0] == '+' || digits[0] == '-');
    if (!strcmp(unsigned_part, "inf") || !strcmp(unsigned_part, "nan"))
        return put_string(to, word);
    char *end;
    double value;
    if (digits[0] == '0' && (digits[1] == 'o' || digits[1] == 'b')) {
        value = (double)strtoull(digits + 2, &end, digits[1] == 'o' ? 8 : 2);
    } else {
        value = strtod(digits, &end);
    }
    if (!*end && d > 0 && strspn(digits, "+-0123456789.eExXabcdfABCDFo") == d)
        return isfinite(value) ? put_number(to, value) : put_string(to, word);
    if (digits[0] >= '0' && digits[0] <= '9') // a date or time
        return put_string(to, word);
    return fail(p, "a value that is neither number, text, list nor table");
}

static int parse_value(parser *p, slot to)
{
    if (p->depth >= DEPTH_MAX)
        return fail(p, "nested too deeply");
    int code, c = peek(p);
    p->depth++;
    if (c == '"' || c == '\'') {
        char *text = NULL;
        if (!(code = parse_string(p, &text)))
            code = put_string(to, text);
        free(text);
    } else if (c == '[') {
        code = parse_array(p, to);
    } else if (c == '{') {
        code = parse_inline_table(p, to);
    } else {
        code = parse_plain(p, to);
    }
    p->depth--;
    return code;
}

// ---- Tables -----------------------------------------------------------------------------------------------

// Members are only ever read-only to users of a finished document; here it is still being built.
static sp_json *member(sp_json *object, const char *key)
{
    return (sp_json *)(uintptr_t)sp_json_get(object, key);
}

// The table `key` of object, made when missing; of an array of tables, its last.
static int enter(const parser *p, sp_json **table, const char *key)
{
    sp_json *child = member(*table, key);
    if (!child) {
        sp_json *made = sp_json_object();
        int code = made ? sp_json_set(*table, key, &made) : SP_ENOMEM;
        if (code)
            return code;
        child = member(*table, key);
    }
    if (sp_json_is_array(child) && sp_json_length(child) > 0)
        child = (sp_json *)(uintptr_t)sp_json_at(child, sp_json_length(child) - 1);
    if (!child || !sp_json_is_object(child))
        return sp_error(SP_EFORMAT, "%s: line %d: '%s' is a value already, not a table", p->what, p->line,
                        key);
    *table = child;
    return SP_OK;
}

// key = value, the key possibly dotted.
static int parse_pair(parser *p, sp_json *table)
{
    char key[KEY_MAX];
    int code = parse_key(p, key);
    for (int depth = 0; !code; depth++) {
        skip_blanks(p);
        if (!take(p, '.'))
            break;
        if (depth >= DEPTH_MAX)
            return fail(p, "nested too deeply");
        if (!(code = enter(p, &table, key)))
            code = parse_key(p, key);
    }
    if (code)
        return code;
    if (!take(p, '='))
        return fail(p, "expected '=' after a key");
    if (member(table, key))
        return sp_error(SP_EFORMAT, "%s: line %d: '%s' is given twice", p->what, p->line, key);
    skip_blanks(p);
    return parse_value(p, (slot){.object = table, .key = key});
}

static int add_to_array(const parser *p, sp_json **table, const char *key)
{
    sp_json *array = member(*table, key);
    int code = SP_OK;
    if (!array) {
        sp_json *made = sp_json_array();
        code = made ? sp_json_set(*table, key, &made) : SP_ENOMEM;
        array = code ? NULL : member(*table, key);
    }
    if (!code && !sp_json_is_array(array))
        code = sp_error(SP_EFORMAT, "%s: line %d: '%s' is not an array of tables", p->what, p->line, key);
    sp_json *made = code ? NULL : sp_json_object();
    if (!code)
        code = made ? sp_json_append(array, &made) : SP_ENOMEM;
    return code ? code : enter(p, table, key);
}

// [a.b] or [[a.b]]
static int parse_header(parser *p, sp_json *root, sp_json **table)
{
    char key[KEY_MAX];
    p->at++;
    bool is_array = take(p, '[');
    *table = root;
    int code = parse_key(p, key);
    for (int depth = 0; !code; depth++) {
        skip_blanks(p);
        if (!take(p, '.'))
            break;
        if (depth >= DEPTH_MAX)
            return fail(p, "nested too deeply");
        if (!(code = enter(p, table, key)))
            code = parse_key(p, key);
    }
    if (code)
        return code;
    if (!take(p, ']') || (is_array && !take(p, ']')))
        return fail(p, "expected ']' after a table's name");
    return is_array ? add_to_array(p, table, key) : enter(p, table, key);
}

int rig_toml_parse(sp_json **out, const char *text, size_t size, const char *what)
{
    parser p = {.at = text, .end = text + size, .what = what, .line = 1};
    sp_json *root = sp_json_object(), *table = root;
    int code = root ? SP_OK : SP_ENOMEM;
    if (starts(&p, "\xef\xbb\xbf"))
        p.at += 3;
    while (!code) {
        skip_space(&p);
        if (peek(&p) < 0)
            break;
        code = peek(&p) == '[' ? parse_header(&p, root, &table) : parse_pair(&p, table);
        if (!code)
            code = end_of_line(&p);
    }
    if (code)
        sp_json_free(&root);
    else
        *out = root;
    return code;
}
