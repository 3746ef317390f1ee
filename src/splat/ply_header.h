// Inside splat: the header of a PLY file, reduced to where the vertices' properties lie.
#ifndef SPLAT_PLY_HEADER_H
#define SPLAT_PLY_HEADER_H

#include <stdint.h>
#include <stillpoint/base.h>

#define PLY_PROPERTY_MAX 256
#define PLY_NAME_MAX 32

typedef enum ply_kind { PLY_FLOAT, PLY_DOUBLE, PLY_BYTE, PLY_OTHER } ply_kind;

typedef struct ply_property {
    char name[PLY_NAME_MAX];
    ply_kind kind;
    size_t offset; // bytes from the start of a splat's record
} ply_property;

typedef struct ply_header {
    uint64_t count;    // splats ("vertex" elements)
    size_t stride;     // bytes of one record
    size_t data_start; // bytes from the start of the file to the first record
    bool is_ascii;     // a record is a line of property_count words then
    int property_count;
    ply_property properties[PLY_PROPERTY_MAX];
} ply_header;

// Read and check the header, and that all records which it promises lie within size bytes. Text (ascii) is
// refused unless it is allowed.
int ply_header_read(ply_header *out, const uint8_t *data, size_t size, bool allow_ascii, const char *what);

// NULL when the file has no such property.
const ply_property *ply_header_find(const ply_header *header, const char *name);

#endif
