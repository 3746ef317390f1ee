// Building and changing documents.
#include "json_internal.h"

#include <stillpoint/base.h>

#include <math.h>

static int no_memory(const char *key)
{
    return sp_error(SP_ENOMEM, "out of memory for the JSON field '%s'", key);
}

// Takes fresh over, also on failure; NULL stands for an allocation that failed.
static int set_new(sp_json *object, const char *key, json_t *fresh)
{
    return json_object_set_new(base_json_of(object), key, fresh) == 0 ? SP_OK : no_memory(key);
}

static int not_finite(const char *key)
{
    return sp_error(SP_EINVAL, "field '%s' is not a finite number and cannot be written as JSON", key);
}

int sp_json_set_number(sp_json *object, const char *key, double value)
{
    return isfinite(value) ? set_new(object, key, json_real(value)) : not_finite(key);
}

int sp_json_set_int(sp_json *object, const char *key, int64_t value)
{
    return set_new(object, key, json_integer(value));
}

int sp_json_set_bool(sp_json *object, const char *key, bool value)
{
    return set_new(object, key, json_boolean(value));
}

// Jansson refuses what is not UTF-8 and reports it like a failed allocation; JSON cannot hold it.
static int new_string(json_t **out, const char *key, const char *value)
{
    *out = json_string(value);
    return *out ? SP_OK : sp_error(SP_EINVAL, "field '%s': the text is not valid UTF-8", key);
}

int sp_json_set_string(sp_json *object, const char *key, const char *value)
{
    json_t *text;
    int status = new_string(&text, key, value);
    return status == SP_OK ? set_new(object, key, text) : status;
}

int sp_json_set_numbers(sp_json *object, const char *key, const double *values, int count)
{
    json_t *array = json_array();
    if (!array)
        return no_memory(key);
    for (int i = 0; i < count; i++) {
        int status = SP_OK;
        if (!isfinite(values[i]))
            status = not_finite(key);
        else if (json_array_append_new(array, json_real(values[i])) < 0)
            status = no_memory(key);
        if (status != SP_OK) {
            json_decref(array);
            return status;
        }
    }
    return set_new(object, key, array);
}

int sp_json_set(sp_json *object, const char *key, sp_json **value)
{
    json_t *fresh = base_json_of(*value);
    *value = NULL;
    return set_new(object, key, fresh);
}

static int append_new(sp_json *array, json_t *fresh)
{
    return json_array_append_new(base_json_of(array), fresh) == 0
               ? SP_OK
               : sp_error(SP_ENOMEM, "out of memory for an element of a JSON array");
}

int sp_json_append(sp_json *array, sp_json **value)
{
    json_t *fresh = base_json_of(*value);
    *value = NULL;
    return append_new(array, fresh);
}

int sp_json_append_string(sp_json *array, const char *value)
{
    json_t *text;
    int status = new_string(&text, "element of an array", value);
    return status == SP_OK ? append_new(array, text) : status;
}

int sp_json_append_number(sp_json *array, double value)
{
    return isfinite(value) ? append_new(array, json_real(value)) : not_finite("element of an array");
}

void sp_json_remove(sp_json *object, const char *key)
{
    json_object_del(base_json_of(object), key);
}

int sp_json_merge_missing(sp_json *into, const sp_json *from)
{
    const char *key;
    json_t *value;
    json_object_foreach(base_json_of(from), key, value)
    {
        if (json_object_get(base_json_of(into), key))
            continue;
        int status = set_new(into, key, json_deep_copy(value));
        if (status != SP_OK)
            return status;
    }
    return SP_OK;
}
