// Sparse points in PLY files.
#include "ply_header.h"

#include <stillpoint/splat.h>

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX_BYTES ((size_t)1 << 32)
#define RECORD_BYTES 15
#define GREY 128
#define WORD_MAX 64

enum { X, Y, Z, RED, GREEN, BLUE, FIELDS };
static const char *const names[FIELDS] = {"x", "y", "z", "red", "green", "blue"};

typedef struct reader {
    const ply_header *header;
    const uint8_t *at, *end;
    int field_of[PLY_PROPERTY_MAX]; // which field a property is, or -1
    double value[FIELDS];           // of the record at hand
    locale_t plain;                 // numbers in files have a decimal point, whatever the user's locale
    const char *what;
} reader;

static int find_fields(reader *r)
{
    for (int i = 0; i < r->header->property_count; i++) {
        const ply_property *p = &r->header->properties[i];
        r->field_of[i] = -1;
        for (int f = 0; f < FIELDS; f++)
            if (strcmp(p->name, names[f]) == 0 &&
                (f >= RED ? p->kind == PLY_BYTE : p->kind == PLY_FLOAT || p->kind == PLY_DOUBLE))
                r->field_of[i] = f;
    }
    for (int f = X; f <= Z; f++) {
        bool is_there = false;
        for (int i = 0; i < r->header->property_count; i++)
            is_there = is_there || r->field_of[i] == f;
        if (!is_there)
            return sp_error(SP_EFORMAT,
                            "%s: the PLY's vertices have no property %s of floats, so it holds no points",
                            r->what, names[f]);
    }
    return SP_OK;
}

static void read_binary(reader *r)
{
    for (int i = 0; i < r->header->property_count; i++) {
        const ply_property *p = &r->header->properties[i];
        const uint8_t *from = r->at + p->offset;
        int field = r->field_of[i];
        if (field < 0)
            continue;
        if (p->kind == PLY_FLOAT) {
            float value;
            memcpy(&value, from, sizeof value);
            r->value[field] = (double)value;
        } else if (p->kind == PLY_DOUBLE) {
            memcpy(&r->value[field], from, sizeof r->value[field]);
        } else {
            r->value[field] = *from;
        }
    }
    r->at += r->header->stride;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

// The next word as a number; false at the end, and for what is none.
static bool read_word(double *out, reader *r)
{
    char word[WORD_MAX];
    size_t length = 0;
    while (r->at < r->end && is_blank(*r->at))
        r->at++;
    while (r->at < r->end && !is_blank(*r->at) && length < WORD_MAX - 1)
        word[length++] = (char)*r->at++;
    word[length] = '\0';
    char *end;
    *out = strtod_l(word, &end, r->plain);
    bool is_whole = r->at == r->end || is_blank(*r->at); // else it is longer than any number
    return length > 0 && *end == '\0' && is_whole;
}

static int read_text(reader *r, int64_t number)
{
    for (int i = 0; i < r->header->property_count; i++) {
        double value;
        if (!read_word(&value, r))
            return sp_error(SP_EFORMAT, "%s: point %lld lacks a number for its property %s", r->what,
                            (long long)number, r->header->properties[i].name);
        if (r->field_of[i] >= 0)
            r->value[r->field_of[i]] = value;
    }
    return SP_OK;
}

static int read_points(sp_points *out, reader *r)
{
    for (int64_t i = 0; i < out->count; i++) {
        int rc = SP_OK;
        if (r->header->is_ascii)
            rc = read_text(r, i + 1);
        else
            read_binary(r);
        if (rc)
            return rc;
        for (int f = 0; f < FIELDS; f++)
            if (!isfinite(r->value[f]))
                return sp_error(SP_EFORMAT, "%s: point %lld: %s is not finite", r->what, (long long)i + 1,
                                names[f]);
        for (int a = 0; a < 3; a++) {
            out->xyz[3 * i + a] = r->value[X + a];
            out->rgb[3 * i + a] = (uint8_t)fmin(fmax(r->value[RED + a], 0), 255);
        }
    }
    return SP_OK;
}

int sp_points_decode(sp_points *out, const void *data, size_t size, const char *what)
{
    ply_header *header = sp_calloc(1, sizeof *header);
    sp_points points = {0};
    const uint8_t *bytes = data;
    int rc = header ? SP_OK : SP_ENOMEM;
    if (!rc && (size < 4 || memcmp(bytes, "ply", 3) != 0))
        rc = sp_error(SP_EFORMAT, "%s: not a PLY file", what);
    if (!rc)
        rc = ply_header_read(header, bytes, size, true, what);
    reader r = {.header = header, .end = bytes + size, .value = {0, 0, 0, GREY, GREY, GREY}, .what = what};
    if (!rc)
        rc = find_fields(&r);
    if (!rc && !(r.plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0)))
        rc = SP_ENOMEM;
    if (!rc) {
        r.at = bytes + header->data_start;
        points.count = (int64_t)header->count;
        points.xyz = sp_calloc(3 * (size_t)points.count + 1, sizeof *points.xyz);
        points.rgb = sp_calloc(3 * (size_t)points.count + 1, 1);
        rc = points.xyz && points.rgb ? read_points(&points, &r) : SP_ENOMEM;
    }
    if (r.plain)
        freelocale(r.plain);
    free(header);
    if (rc)
        sp_points_free(&points);
    else
        *out = points;
    return rc;
}

int sp_points_load(sp_points *out, const char *path)
{
    char *data;
    size_t size;
    int rc = sp_file_read(&data, &size, path, FILE_MAX_BYTES);
    if (rc)
        return rc;
    rc = sp_points_decode(out, data, size, path);
    free(data);
    return rc;
}

int sp_points_save(const sp_points *points, const char *path)
{
    char header[256];
    int used = snprintf(header, sizeof header,
                        "ply\nformat binary_little_endian 1.0\nelement vertex %lld\nproperty float x\n"
                        "property float y\nproperty float z\nproperty uchar red\nproperty uchar green\n"
                        "property uchar blue\nend_header\n",
                        (long long)points->count);
    size_t size = (size_t)used + (size_t)points->count * RECORD_BYTES;
    char *data = sp_calloc(size, 1), *at = data;
    if (!data)
        return SP_ENOMEM;
    memcpy(at, header, (size_t)used);
    at += used;
    for (int64_t i = 0; i < points->count; i++, at += RECORD_BYTES) {
        float xyz[3];
        for (int a = 0; a < 3; a++)
            xyz[a] = (float)points->xyz[3 * i + a];
        memcpy(at, xyz, sizeof xyz);
        memcpy(at + sizeof xyz, points->rgb + 3 * i, 3);
    }
    int rc = sp_file_write(path, data, size);
    free(data);
    return rc;
}

void sp_points_free(sp_points *points)
{
    free(points->xyz);
    free(points->rgb);
    *points = (sp_points){0};
}
