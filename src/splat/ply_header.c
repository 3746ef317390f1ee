#include "ply_header.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_MAX_BYTES 65536
#define LINE_MAX_BYTES 1024

typedef struct ply_reader {
    const uint8_t *data;
    size_t size, at;
    const char *what;
    ply_header *header;
    char line[LINE_MAX_BYTES];
    bool has_format, has_vertex, allow_ascii;
    bool in_vertex;         // the properties that follow are the splats'
    uint64_t element_count; // of an element before the splats, whose records have to be skipped
    uint64_t skipped_bytes; // of all elements before the splats
    bool is_after_vertex;
} ply_reader;

static int next_line(ply_reader *reader)
{
    size_t limit = reader->size < HEADER_MAX_BYTES ? reader->size : HEADER_MAX_BYTES, length = 0;
    while (reader->at < limit && reader->data[reader->at] != '\n' && length < LINE_MAX_BYTES - 1)
        reader->line[length++] = (char)reader->data[reader->at++];
    if (reader->at >= limit || reader->data[reader->at] != '\n')
        return sp_error(SP_EFORMAT,
                        "%s: the PLY header has no end_header line within %d bytes; the file is cut off "
                        "or no PLY",
                        reader->what, HEADER_MAX_BYTES);
    reader->at++;
    if (length && reader->line[length - 1] == '\r')
        length--;
    reader->line[length] = '\0';
    return 0;
}

static size_t size_of_type(const char *type, ply_kind *kind)
{
    static const struct {
        const char *name, *alias;
        size_t size;
        ply_kind kind;
    } types[] = {
        {"float", "float32", 4, PLY_FLOAT}, {"double", "float64", 8, PLY_DOUBLE},
        {"char", "int8", 1, PLY_OTHER},     {"uchar", "uint8", 1, PLY_BYTE},
        {"short", "int16", 2, PLY_OTHER},   {"ushort", "uint16", 2, PLY_OTHER},
        {"int", "int32", 4, PLY_OTHER},     {"uint", "uint32", 4, PLY_OTHER},
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(type, types[i].name) == 0 || strcmp(type, types[i].alias) == 0) {
            *kind = types[i].kind;
            return types[i].size;
        }
    }
    return 0;
}

static int read_format(ply_reader *reader)
{
    char name[32] = "";
    sscanf(reader->line, "format %31s", name);
    reader->header->is_ascii = reader->allow_ascii && strcmp(name, "ascii") == 0;
    if (!reader->header->is_ascii && strcmp(name, "binary_little_endian") != 0)
        return sp_error(SP_EFORMAT, "%s: the PLY is %s; %s", reader->what,
                        *name ? name : "of no stated format",
                        reader->allow_ascii ? "ascii and binary_little_endian are read"
                                            : "splats are read from binary_little_endian");
    reader->has_format = true;
    return 0;
}

static int read_element(ply_reader *reader)
{
    char name[PLY_NAME_MAX] = "", digits[21] = "";
    char *end = digits;
    uint64_t count = 0;
    if (sscanf(reader->line, "element %31s %20[0-9]", name, digits) == 2)
        count = strtoull(digits, &end, 10);
    if (end == digits || *end)
        return sp_error(SP_EFORMAT, "%s: the PLY header's line \"%.60s\" names no element and count",
                        reader->what, reader->line);
    bool is_vertex = strcmp(name, "vertex") == 0;
    if (is_vertex && reader->has_vertex)
        return sp_error(SP_EFORMAT, "%s: the PLY header has two elements named vertex", reader->what);
    reader->is_after_vertex = reader->has_vertex;
    reader->in_vertex = is_vertex;
    reader->element_count = count;
    if (is_vertex) {
        reader->has_vertex = true;
        reader->header->count = count;
    }
    return 0;
}

static int read_vertex_property(ply_reader *reader, const char *name, size_t size, ply_kind kind)
{
    ply_header *header = reader->header;
    if (header->property_count == PLY_PROPERTY_MAX)
        return sp_error(SP_EFORMAT, "%s: more than %d properties a splat", reader->what, PLY_PROPERTY_MAX);
    if (ply_header_find(header, name))
        return sp_error(SP_EFORMAT, "%s: the PLY header names the property %s twice", reader->what, name);
    ply_property *property = &header->properties[header->property_count++];
    snprintf(property->name, sizeof property->name, "%s", name);
    property->kind = kind;
    property->offset = header->stride;
    header->stride += size;
    return 0;
}

static int read_property(ply_reader *reader)
{
    char type[16] = "", name[PLY_NAME_MAX] = "";
    ply_kind kind = PLY_OTHER;
    if (reader->is_after_vertex)
        return 0;
    size_t size = sscanf(reader->line, "property %15s %31s", type, name) == 2 ? size_of_type(type, &kind) : 0;
    if (!size)
        return sp_error(SP_EFORMAT, "%s: the PLY header's line \"%.60s\" is no property of fixed size",
                        reader->what, reader->line);
    if (reader->in_vertex)
        return read_vertex_property(reader, name, size, kind);
    // Counts are below 2^64, so this needs a guard before it is added up.
    if (reader->element_count > reader->size)
        return sp_error(SP_EFORMAT, "%s: the file is shorter than its header promises; it is cut off",
                        reader->what);
    reader->skipped_bytes += reader->element_count * size;
    return 0;
}

static int read_line(ply_reader *reader)
{
    const char *line = reader->line;
    if (strncmp(line, "format", 6) == 0)
        return read_format(reader);
    if (strncmp(line, "element", 7) == 0)
        return read_element(reader);
    if (strncmp(line, "property", 8) == 0)
        return read_property(reader);
    if (!*line || strncmp(line, "comment", 7) == 0 || strncmp(line, "obj_info", 8) == 0)
        return 0;
    return sp_error(SP_EFORMAT, "%s: the PLY header's line \"%.60s\" is not understood", reader->what, line);
}

static int check_extent(const ply_reader *reader)
{
    const ply_header *header = reader->header;
    if (!reader->has_format || !reader->has_vertex || header->stride == 0)
        return sp_error(SP_EFORMAT, "%s: the PLY header lacks its format or its vertex element",
                        reader->what);
    uint64_t left = reader->size - reader->at;
    if (header->is_ascii)
        return reader->skipped_bytes == 0 && header->count <= left / 2
                   ? SP_OK
                   : sp_error(SP_EFORMAT, "%s: the PLY's vertices do not come first, or it is cut off",
                              reader->what);
    if (reader->skipped_bytes > left || header->count > (left - reader->skipped_bytes) / header->stride)
        return sp_error(
            SP_EFORMAT,
            "%s: the header promises %llu splats of %zu bytes, but only %llu bytes follow; the file is "
            "cut off",
            reader->what, (unsigned long long)header->count, header->stride, (unsigned long long)left);
    return 0;
}

int ply_header_read(ply_header *out, const uint8_t *data, size_t size, bool allow_ascii, const char *what)
{
    *out = (ply_header){0};
    ply_reader reader = {.data = data, .size = size, .what = what, .header = out, .allow_ascii = allow_ascii};
    int rc = next_line(&reader); // "ply", by which the file was recognised
    while (!rc) {
        rc = next_line(&reader);
        if (!rc && strcmp(reader.line, "end_header") == 0)
            break;
        if (!rc)
            rc = read_line(&reader);
    }
    if (!rc)
        rc = check_extent(&reader);
    if (!rc)
        out->data_start = reader.at + (size_t)reader.skipped_bytes;
    return rc;
}

const ply_property *ply_header_find(const ply_header *header, const char *name)
{
    for (int i = 0; i < header->property_count; i++)
        if (strcmp(header->properties[i].name, name) == 0)
            return &header->properties[i];
    return NULL;
}
