// Documents as text. Jansson could print them too, but with 17 digits for 0.1 and every number of a matrix on
// its own line; people read these files.
#include "json_internal.h"

#include <stillpoint/base.h>

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_WIDTH = 100 }; // arrays and objects that fit into a line stay on it

// Text that grows. After a failed allocation it takes nothing more, and `failed` says so at the end.
typedef struct {
    char *data;
    size_t used, capacity;
    bool failed;
} buffer;

static void put(buffer *to, const char *text, size_t size)
{
    if (to->failed)
        return;
    if (to->used + size + 1 > to->capacity) {
        size_t larger = (to->used + size + 1) * 2;
        char *grown = realloc(to->data, larger);
        if (!grown) {
            to->failed = true;
            return;
        }
        to->data = grown;
        to->capacity = larger;
    }
    memcpy(to->data + to->used, text, size);
    to->used += size;
    to->data[to->used] = '\0';
}

static void put_text(buffer *to, const char *text)
{
    put(to, text, strlen(text));
}

static void put_break(buffer *to, int depth)
{
    put(to, "\n", 1);
    for (int i = 0; i < depth; i++)
        put(to, "  ", 2);
}

// The shortest of 15, 16 or 17 digits that reads back as the same double.
static void put_real(buffer *to, double value)
{
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    // A host program may have set a locale with a decimal comma.
    char *point = strstr(text, localeconv()->decimal_point);
    if (point)
        *point = '.';
    put_text(to, text);
    if (strcmp(text, "-0") == 0) // an integer has no negative zero
        put(to, ".0", 2);
}

static void put_string(buffer *to, const char *text, size_t size)
{
    put(to, "\"", 1);
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        char escape[8];
        if (c == '"' || c == '\\')
            snprintf(escape, sizeof escape, "\\%c", c);
        else if (c == '\n')
            snprintf(escape, sizeof escape, "\\n");
        else if (c == '\t')
            snprintf(escape, sizeof escape, "\\t");
        else if (c < 0x20 || c == 0x7f)
            snprintf(escape, sizeof escape, "\\u%04x", c);
        else
            snprintf(escape, sizeof escape, "%c", c);
        put_text(to, escape);
    }
    put(to, "\"", 1);
}

static void put_value(buffer *to, json_t *value, int depth, bool is_indented);

static void put_scalar(buffer *to, const json_t *value)
{
    char text[32];
    switch (json_typeof(value)) {
    case JSON_STRING:
        put_string(to, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        put_text(to, text);
        break;
    case JSON_REAL:
        put_real(to, json_real_value(value));
        break;
    case JSON_TRUE:
        put_text(to, "true");
        break;
    case JSON_FALSE:
        put_text(to, "false");
        break;
    default:
        put_text(to, "null");
        break;
    }
}

static void put_members(buffer *to, json_t *value, int depth, bool is_indented)
{
    bool is_first = true;
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++, is_first = false) {
            if (!is_first)
                put_text(to, is_indented ? "," : ", ");
            if (is_indented)
                put_break(to, depth + 1);
            put_value(to, json_array_get(value, i), depth + 1, is_indented);
        }
        return;
    }
    const char *key;
    json_t *member;
    json_object_foreach(value, key, member)
    {
        if (!is_first)
            put_text(to, is_indented ? "," : ", ");
        if (is_indented)
            put_break(to, depth + 1);
        put_string(to, key, strlen(key));
        put_text(to, ": ");
        put_value(to, member, depth + 1, is_indented);
        is_first = false;
    }
}

// Whether anything in the document has more than a line's worth of values, found without printing it.
static int count_values(const json_t *value, int limit)
{
    int count = 1;
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value) && count <= limit; i++)
            count += count_values(json_array_get(value, i), limit - count);
    } else if (json_is_object(value)) {
        const char *key;
        json_t *member;
        json_object_foreach((json_t *)value, key, member)
        {
            count += count_values(member, limit - count);
            if (count > limit)
                break;
        }
    }
    return count;
}

// Tries the container on one line; takes it back when the line gets too long.
static bool put_on_a_line(buffer *to, json_t *value, int depth)
{
    bool is_empty = json_is_array(value) ? json_array_size(value) == 0 : json_object_size(value) == 0;
    if (!is_empty && (depth == 0 || count_values(value, LINE_WIDTH / 2) > LINE_WIDTH / 2))
        return false;
    size_t start = to->used;
    put_value(to, value, depth, false);
    size_t line = start;
    while (line > 0 && to->data && to->data[line - 1] != '\n')
        line--;
    if (to->failed || to->used - line <= LINE_WIDTH)
        return true;
    to->used = start;
    to->data[start] = '\0';
    return false;
}

static void put_value(buffer *to, json_t *value, int depth, bool is_indented)
{
    if (!json_is_array(value) && !json_is_object(value)) {
        put_scalar(to, value);
        return;
    }
    if (is_indented && put_on_a_line(to, value, depth))
        return;
    const char *brackets = json_is_array(value) ? "[]" : "{}";
    put(to, brackets, 1);
    put_members(to, value, depth, is_indented);
    if (is_indented)
        put_break(to, depth);
    put(to, brackets + 1, 1);
}

static char *text_of(const sp_json *value, bool is_indented, size_t *size)
{
    buffer text = {0};
    put_value(&text, base_json_of(value), 0, is_indented);
    if (is_indented)
        put(&text, "\n", 1);
    if (text.failed) {
        free(text.data);
        sp_error(SP_ENOMEM, "out of memory for a JSON document as text");
        return NULL;
    }
    *size = text.used;
    return text.data;
}

char *sp_json_text(const sp_json *value)
{
    size_t size;
    return text_of(value, false, &size);
}

int sp_json_save(const sp_json *value, const char *path)
{
    size_t size;
    char *text = text_of(value, true, &size);
    if (!text)
        return SP_ENOMEM;
    int status = sp_file_write(path, text, size);
    free(text);
    return status;
}
