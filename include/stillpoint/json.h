// JSON documents with errors that name the field. Floor 0, part of base; wraps Jansson so that nobody above
// sees it. Threads: a document serves one thread at a time.
#ifndef STILLPOINT_JSON_H
#define STILLPOINT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// A value. Those from parse/load/new are owned and ended with sp_json_free(); those from getters are borrowed
// from their parent.
typedef struct sp_json sp_json;

int sp_json_parse(sp_json **out, const char *text, size_t size,
                  const char *what); // what: names the source in errors
int sp_json_load(sp_json **out, const char *path);
int sp_json_save(const sp_json *value,
                 const char *path);       // whole or not at all, indented, keys in order of insertion
char *sp_json_text(const sp_json *value); // compact text, free() it; NULL when memory runs out
sp_json *sp_json_object(void);
sp_json *sp_json_array(void);
sp_json *sp_json_copy(const sp_json *value); // deep
void sp_json_free(sp_json **value);

bool sp_json_is_object(const sp_json *v);
bool sp_json_is_array(const sp_json *v);
bool sp_json_is_string(const sp_json *v);
bool sp_json_is_number(const sp_json *v);

// Members; NULL when absent (or JSON null) or when the parent is not of that kind.
const sp_json *sp_json_get(const sp_json *object, const char *key);
int sp_json_length(const sp_json *array_or_object);
const sp_json *sp_json_at(const sp_json *array, int index);
const char *sp_json_key_at(const sp_json *object, int index,
                           const sp_json **value); // keys in order of insertion

// Typed reads that fail with SP_EFORMAT and a sentence "FILE: field 'key' ..." where FILE is `what`. The _or
// forms take a default when the key is absent, but still refuse a wrong type. Numbers must be finite.
int sp_json_number(double *out, const sp_json *object, const char *key, const char *what);
int sp_json_number_or(double *out, const sp_json *object, const char *key, double fallback, const char *what);
int sp_json_int(int64_t *out, const sp_json *object, const char *key, const char *what);
int sp_json_int_or(int64_t *out, const sp_json *object, const char *key, int64_t fallback, const char *what);
int sp_json_bool_or(bool *out, const sp_json *object, const char *key, bool fallback, const char *what);
int sp_json_string(const char **out, const sp_json *object, const char *key, const char *what); // borrowed
int sp_json_string_or(const char **out, const sp_json *object, const char *key, const char *fallback,
                      const char *what);
// An array of exactly count finite numbers; nested arrays (matrices as rows) are flattened.
int sp_json_numbers(double *out, int count, const sp_json *object, const char *key, const char *what);
double sp_json_value(const sp_json *v); // number or NaN

// Check "format" and "version" (1..max_version) of a document of ours.
int sp_json_check_format(const sp_json *object, const char *format, int max_version, const char *what);

// Writers: replace or add a member. Return 0 or SP_ENOMEM.
int sp_json_set_number(sp_json *object, const char *key, double value);
int sp_json_set_int(sp_json *object, const char *key, int64_t value);
int sp_json_set_bool(sp_json *object, const char *key, bool value);
int sp_json_set_string(sp_json *object, const char *key, const char *value);
int sp_json_set_numbers(sp_json *object, const char *key, const double *values, int count);
int sp_json_set(sp_json *object, const char *key,
                sp_json **value);                    // takes *value over (also on failure) and clears it
int sp_json_append(sp_json *array, sp_json **value); // takes *value over (also on failure) and clears it
int sp_json_append_string(sp_json *array, const char *value);
int sp_json_append_number(sp_json *array, double value);
// Remove a member; absent is fine.
void sp_json_remove(sp_json *object, const char *key);
// Members of from that into lacks are copied: how unknown fields survive a round trip.
int sp_json_merge_missing(sp_json *into, const sp_json *from);

#ifdef __cplusplus
}
#endif
#endif
