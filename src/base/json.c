// Documents: parse, look inside, typed reads that name the field.
#include "json_internal.h"

#include <stillpoint/base.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DOCUMENT_BYTES_MAX = 1 << 28 }; // 256 MiB: the largest camera file anybody has is a thousandth of it

int sp_json_parse(sp_json **out, const char *text, size_t size, const char *what)
{
    json_error_t error;
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!root && (json_error_code(&error) == json_error_out_of_memory || error.text[0] == '\0'))
        return sp_error(SP_ENOMEM, "%s: out of memory", what);
    if (!root)
        return sp_error(SP_EFORMAT, "%s: line %d, column %d: not JSON: %s", what, error.line, error.column,
                        error.text);
    *out = base_json_wrap(root);
    return SP_OK;
}

int sp_json_load(sp_json **out, const char *path)
{
    char *text;
    size_t size;
    int status = sp_file_read(&text, &size, path, DOCUMENT_BYTES_MAX);
    if (status != SP_OK)
        return status;
    status = sp_json_parse(out, text, size, path);
    free(text);
    return status;
}

static sp_json *checked(json_t *value)
{
    if (!value)
        sp_error(SP_ENOMEM, "out of memory for a JSON document");
    return base_json_wrap(value);
}

sp_json *sp_json_object(void)
{
    return checked(json_object());
}

sp_json *sp_json_array(void)
{
    return checked(json_array());
}

sp_json *sp_json_copy(const sp_json *value)
{
    return checked(json_deep_copy(base_json_of(value)));
}

void sp_json_free(sp_json **value)
{
    if (*value)
        json_decref(base_json_of(*value));
    *value = NULL;
}

bool sp_json_is_object(const sp_json *v)
{
    return json_is_object(base_json_of(v));
}

bool sp_json_is_array(const sp_json *v)
{
    return json_is_array(base_json_of(v));
}

bool sp_json_is_string(const sp_json *v)
{
    return json_is_string(base_json_of(v));
}

bool sp_json_is_number(const sp_json *v)
{
    return json_is_number(base_json_of(v));
}

const sp_json *sp_json_get(const sp_json *object, const char *key)
{
    const json_t *value = json_object_get(base_json_of(object), key);
    return json_is_null(value) ? NULL : base_json_wrap(value);
}

int sp_json_length(const sp_json *array_or_object)
{
    const json_t *v = base_json_of(array_or_object);
    return (int)(json_is_object(v) ? json_object_size(v) : json_array_size(v));
}

const sp_json *sp_json_at(const sp_json *array, int index)
{
    return index < 0 ? NULL : base_json_wrap(json_array_get(base_json_of(array), (size_t)index));
}

const char *sp_json_key_at(const sp_json *object, int index, const sp_json **value)
{
    json_t *o = base_json_of(object);
    void *position = index < 0 ? NULL : json_object_iter(o);
    for (int i = 0; position && i < index; i++)
        position = json_object_iter_next(o, position);
    if (!position)
        return NULL;
    if (value)
        *value = base_json_wrap(json_object_iter_value(position));
    return json_object_iter_key(position);
}

// ---- Typed reads

static const char *kind_of(const json_t *v)
{
    if (!v)
        return "nothing";
    switch (json_typeof(v)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "text";
    case JSON_INTEGER:
    case JSON_REAL:
        return "a number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "true or false";
    case JSON_NULL:
        return "null";
    }
    return "something unknown";
}

static int wrong_kind(const char *what, const char *key, const char *wanted, const json_t *found)
{
    return sp_error(SP_EFORMAT, "%s: field '%s' has to be %s, but is %s", what, key, wanted, kind_of(found));
}

// The member, or NULL with a sentence left when it is not there.
static const json_t *required(const sp_json *object, const char *key, const char *what)
{
    if (!sp_json_is_object(object)) {
        sp_error(SP_EFORMAT, "%s: an object with the field '%s' is expected, but this is %s", what, key,
                 kind_of(base_json_of(object)));
        return NULL;
    }
    const sp_json *value = sp_json_get(object, key);
    if (!value)
        sp_error(SP_EFORMAT, "%s: field '%s' is missing", what, key);
    return base_json_of(value);
}

// Whether the fallback of an _or read applies. A parent that is no object is left to the read itself to name.
static bool is_absent(const sp_json *object, const char *key)
{
    return sp_json_is_object(object) && !sp_json_get(object, key);
}

int sp_json_number(double *out, const sp_json *object, const char *key, const char *what)
{
    const json_t *value = required(object, key, what);
    if (!value)
        return SP_EFORMAT;
    if (!json_is_number(value))
        return wrong_kind(what, key, "a number", value);
    *out = json_number_value(value);
    return SP_OK;
}

int sp_json_number_or(double *out, const sp_json *object, const char *key, double fallback, const char *what)
{
    if (!is_absent(object, key))
        return sp_json_number(out, object, key, what);
    *out = fallback;
    return SP_OK;
}

int sp_json_int(int64_t *out, const sp_json *object, const char *key, const char *what)
{
    const json_t *value = required(object, key, what);
    if (!value)
        return SP_EFORMAT;
    if (json_is_integer(value)) {
        *out = json_integer_value(value);
        return SP_OK;
    }
    // Other programs write 1280.0 for 1280. Beyond 2^53 a double no longer says which integer is meant.
    double number = json_is_real(value) ? json_real_value(value) : NAN;
    if (!(fabs(number) <= 0x1p53) || number != floor(number))
        return json_is_real(value)
                   ? sp_error(SP_EFORMAT, "%s: field '%s' has to be a whole number, but is %g", what, key,
                              number)
                   : wrong_kind(what, key, "a whole number", value);
    *out = (int64_t)number;
    return SP_OK;
}

int sp_json_int_or(int64_t *out, const sp_json *object, const char *key, int64_t fallback, const char *what)
{
    if (!is_absent(object, key))
        return sp_json_int(out, object, key, what);
    *out = fallback;
    return SP_OK;
}

int sp_json_bool_or(bool *out, const sp_json *object, const char *key, bool fallback, const char *what)
{
    if (is_absent(object, key)) {
        *out = fallback;
        return SP_OK;
    }
    const json_t *value = required(object, key, what);
    if (!value)
        return SP_EFORMAT;
    if (!json_is_boolean(value))
        return wrong_kind(what, key, "true or false", value);
    *out = json_is_true(value);
    return SP_OK;
}

int sp_json_string(const char **out, const sp_json *object, const char *key, const char *what)
{
    const json_t *value = required(object, key, what);
    if (!value)
        return SP_EFORMAT;
    if (!json_is_string(value))
        return wrong_kind(what, key, "text", value);
    *out = json_string_value(value);
    return SP_OK;
}

int sp_json_string_or(const char **out, const sp_json *object, const char *key, const char *fallback,
                      const char *what)
{
    if (!is_absent(object, key))
        return sp_json_string(out, object, key, what);
    *out = fallback;
    return SP_OK;
}

// Numbers in `value`, nested arrays included; those beyond `capacity` are counted, not stored. -1: something
// in there is no number.
static int flatten(double *out, int capacity, const json_t *value)
{
    if (json_is_number(value)) {
        if (capacity > 0)
            out[0] = json_number_value(value);
        return 1;
    }
    if (!json_is_array(value))
        return -1;
    int count = 0;
    for (size_t i = 0; i < json_array_size(value); i++) {
        int room = count < capacity ? capacity - count : 0;
        int added = flatten(out + (room ? count : 0), room, json_array_get(value, i));
        if (added < 0)
            return -1;
        count += added;
    }
    return count;
}

int sp_json_numbers(double *out, int count, const sp_json *object, const char *key, const char *what)
{
    const json_t *value = required(object, key, what);
    if (!value)
        return SP_EFORMAT;
    if (!json_is_array(value))
        return wrong_kind(what, key, "an array of numbers", value);
    int found = flatten(NULL, 0, value);
    if (found < 0)
        return sp_error(SP_EFORMAT, "%s: field '%s' has to hold numbers only", what, key);
    if (found != count)
        return sp_error(SP_EFORMAT, "%s: field '%s' has to hold %d numbers, but holds %d", what, key, count,
                        found);
    flatten(out, count, value);
    return SP_OK;
}

double sp_json_value(const sp_json *v)
{
    return sp_json_is_number(v) ? json_number_value(base_json_of(v)) : NAN;
}

int sp_json_check_format(const sp_json *object, const char *format, int max_version, const char *what)
{
    const char *found;
    int64_t version;
    int status = sp_json_string(&found, object, "format", what);
    if (status == SP_OK && strcmp(found, format) != 0)
        status =
            sp_error(SP_EFORMAT, "%s: field 'format' is '%s', but '%s' is expected", what, found, format);
    if (status == SP_OK)
        status = sp_json_int(&version, object, "version", what);
    if (status == SP_OK && (version < 1 || version > max_version))
        status = sp_error(SP_EFORMAT, "%s: field 'version' is %lld, but this program knows 1 to %d", what,
                          (long long)version, max_version);
    return status;
}
