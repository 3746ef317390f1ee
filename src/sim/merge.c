// One settings document over another.
#include "scene.h"

#include <stdlib.h>
#include <string.h>

#include <stillpoint/base.h>

enum { DEPTH_MAX = 8 };

static int merge_at(sp_json **out, const sp_json *base, const sp_json *over, bool is_strict, const char *what,
                    const char *path, int depth);

static int copy_into(sp_json *out, const char *key, const sp_json *value)
{
    sp_json *copy = sp_json_copy(value);
    return copy ? sp_json_set(out, key, &copy) : SP_ENOMEM;
}

static int unknown(bool is_strict, const char *what, const char *path, const char *key)
{
    if (is_strict)
        return sp_error(SP_EINVAL, "%s: there is no field '%s%s' in a scene", what, path, key);
    sp_log(SP_LOG_WARN, "%s: field '%s%s' is not known and has no effect", what, path, key);
    return 0;
}

// Set one member, by the name before its first dot.
static int merge_member(sp_json *out, const char *key, const sp_json *value, bool is_strict, const char *what,
                        const char *path, int depth)
{
    const char *dot = strchr(key, '.');
    char *head = dot ? sp_format("%.*s", (int)(dot - key), key) : sp_strdup(key);
    char *inner = head ? sp_format("%s%s.", path, head) : NULL;
    int rc = inner ? 0 : SP_ENOMEM;
    const sp_json *base = head ? sp_json_get(out, head) : NULL;
    sp_json *wrapped = NULL, *merged = NULL;
    if (rc >= 0 && dot) {
        wrapped = sp_json_object();
        rc = wrapped ? copy_into(wrapped, dot + 1, value) : SP_ENOMEM;
        value = wrapped;
    }
    if (rc >= 0 && !base)
        rc = unknown(is_strict, what, path, key);
    if (rc >= 0 && base && sp_json_is_object(base) && !sp_json_is_object(value))
        rc = sp_error(SP_EFORMAT, "%s: field '%s%s' must be an object", what, path, head);
    if (rc >= 0 && base && sp_json_is_object(base)) {
        rc = merge_at(&merged, base, value, is_strict, what, inner, depth + 1);
        if (rc >= 0)
            rc = sp_json_set(out, head, &merged);
    } else if (rc >= 0) {
        rc = copy_into(out, head, value);
    }
    sp_json_free(&wrapped);
    free(inner);
    free(head);
    return rc;
}

static int merge_at(sp_json **out, const sp_json *base, const sp_json *over, bool is_strict, const char *what,
                    const char *path, int depth)
{
    if (depth > DEPTH_MAX)
        return sp_error(SP_EFORMAT, "%s: field '%s' is nested too deeply", what, path);
    sp_json *result = sp_json_copy(base);
    if (!result)
        return SP_ENOMEM;
    int rc = 0;
    for (int i = 0; i < sp_json_length(over) && rc >= 0; i++) {
        const sp_json *value;
        const char *key = sp_json_key_at(over, i, &value);
        rc = merge_member(result, key, value, is_strict, what, path, depth);
    }
    if (rc < 0) {
        sp_json_free(&result);
        return rc;
    }
    *out = result;
    return 0;
}

int sim_scene_merge(sp_json **out, const sp_json *base, const sp_json *over, bool is_strict, const char *what)
{
    if (!sp_json_is_object(over))
        return sp_error(SP_EFORMAT, "%s: a scene must be a JSON object", what);
    return merge_at(out, base, over, is_strict, what, "", 0);
}
