// YAML through libyaml to a JSON document.
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "import.h"

#define DEPTH_MAX 64

typedef struct reader {
    yaml_parser_t parser;
    const char *what;
    int depth;
} reader;

static int next(reader *r, yaml_event_t *event)
{
    if (yaml_parser_parse(&r->parser, event))
        return SP_OK;
    return sp_error(SP_EFORMAT, "%s: line %zu: %s", r->what, r->parser.problem_mark.line + 1,
                    r->parser.problem ? r->parser.problem : "not YAML");
}

// Plain numbers become numbers; anything quoted, and what is not finite, stays text.
static bool as_number(double *out, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && *text &&
           strspn(text, "+-0123456789.eE") == strlen(text) && rig_text_number(out, text);
}

static int read_node(reader *r, const yaml_event_t *event, sp_json *object, const char *key, sp_json *array);

static int read_sequence(reader *r, sp_json *array)
{
    for (;;) {
        yaml_event_t event;
        int code = next(r, &event);
        if (code)
            return code;
        bool is_end = event.type == YAML_SEQUENCE_END_EVENT;
        if (!is_end)
            code = read_node(r, &event, NULL, NULL, array);
        yaml_event_delete(&event);
        if (is_end || code)
            return code;
    }
}

static int read_mapping(reader *r, sp_json *object)
{
    for (;;) {
        yaml_event_t key, value;
        int code = next(r, &key);
        if (code)
            return code;
        if (key.type == YAML_MAPPING_END_EVENT) {
            yaml_event_delete(&key);
            return SP_OK;
        }
        if (key.type != YAML_SCALAR_EVENT)
            code = sp_error(SP_EFORMAT, "%s: line %zu: a key has to be a word", r->what,
                            key.start_mark.line + 1);
        if (!code && !(code = next(r, &value))) {
            code = read_node(r, &value, object, (const char *)key.data.scalar.value, NULL);
            yaml_event_delete(&value);
        }
        yaml_event_delete(&key);
        if (code)
            return code;
    }
}

static int read_node(reader *r, const yaml_event_t *event, sp_json *object, const char *key, sp_json *array)
{
    double number;
    if (event->type == YAML_SCALAR_EVENT) {
        const char *text = (const char *)event->data.scalar.value;
        if (as_number(&number, event))
            return object ? sp_json_set_number(object, key, number) : sp_json_append_number(array, number);
        return object ? sp_json_set_string(object, key, text) : sp_json_append_string(array, text);
    }
    if (event->type != YAML_MAPPING_START_EVENT && event->type != YAML_SEQUENCE_START_EVENT)
        return sp_error(SP_EFORMAT, "%s: line %zu: aliases are not supported", r->what,
                        event->start_mark.line + 1);
    if (r->depth >= DEPTH_MAX)
        return sp_error(SP_EFORMAT, "%s: line %zu: nested too deeply", r->what, event->start_mark.line + 1);
    bool is_mapping = event->type == YAML_MAPPING_START_EVENT;
    sp_json *child = is_mapping ? sp_json_object() : sp_json_array();
    int code = child ? SP_OK : SP_ENOMEM;
    r->depth++;
    if (!code)
        code = is_mapping ? read_mapping(r, child) : read_sequence(r, child);
    r->depth--;
    if (!code)
        code = object ? sp_json_set(object, key, &child) : sp_json_append(array, &child);
    sp_json_free(&child);
    return code;
}

static int read_document(reader *r, sp_json **out)
{
    sp_json *list = sp_json_array();
    int code = list ? SP_OK : SP_ENOMEM;
    bool is_done = false;
    while (!code && !is_done) {
        yaml_event_t event;
        if ((code = next(r, &event)))
            break;
        if (event.type == YAML_MAPPING_START_EVENT || event.type == YAML_SEQUENCE_START_EVENT ||
            event.type == YAML_SCALAR_EVENT || event.type == YAML_ALIAS_EVENT)
            code = read_node(r, &event, NULL, NULL, list);
        is_done = event.type == YAML_DOCUMENT_END_EVENT || event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    if (!code && !sp_json_is_object(sp_json_at(list, 0)))
        code = sp_error(SP_EFORMAT, "%s: holds no fields", r->what);
    if (!code && !(*out = sp_json_copy(sp_json_at(list, 0))))
        code = SP_ENOMEM;
    sp_json_free(&list);
    return code;
}

int rig_yaml_parse(sp_json **out, const char *text, size_t size, const char *what)
{
    // OpenCV opens its files with %YAML:1.0, which libyaml refuses as a malformed directive.
    if (size >= 6 && !memcmp(text, "%YAML:", 6)) {
        const char *newline = memchr(text, '\n', size);
        size_t line = newline ? (size_t)(newline - text) + 1 : size;
        text += line;
        size -= line;
    }
    reader r = {.what = what};
    if (!yaml_parser_initialize(&r.parser))
        return sp_error(SP_ENOMEM, "out of memory for %s", what);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, size);
    int code = read_document(&r, out);
    yaml_parser_delete(&r.parser);
    return code;
}
