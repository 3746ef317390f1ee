// The bridge between sp_json and Jansson: an sp_json is a json_t under another name.
#ifndef STILLPOINT_BASE_JSON_INTERNAL_H
#define STILLPOINT_BASE_JSON_INTERNAL_H

#include <jansson.h>
#include <stillpoint/json.h>

static inline json_t *base_json_of(const sp_json *value)
{
    return (json_t *)value;
}

static inline sp_json *base_json_wrap(const json_t *value)
{
    return (sp_json *)value;
}

#endif
