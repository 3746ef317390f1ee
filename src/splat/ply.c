// INRIA's PLY (Kerbl et al. 2023): one record of floats a splat. Rows are stored as they are, in our world.
#include "formats.h"
#include "ply_header.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORD_FLOATS_MAX (3 + 3 + 3 + 45 + 1 + 3 + 4)

static bool ply_matches(const uint8_t *data, size_t size)
{
    return size >= 4 && memcmp(data, "ply", 3) == 0 && (data[3] == '\n' || data[3] == '\r');
}

// Degree from the number of f_rest_ properties: three colours of 0, 3, 8 or 15 coefficients.
static int read_degree(int *degree, const ply_header *header, const char *what)
{
    int count = 0;
    for (int i = 0; i < header->property_count; i++)
        count += strncmp(header->properties[i].name, "f_rest_", 7) == 0;
    for (*degree = 0; *degree <= SP_SH_DEGREE_MAX; ++*degree)
        if (count == 3 * ((*degree + 1) * (*degree + 1) - 1))
            return 0;
    return sp_error(SP_EFORMAT, "%s: %d f_rest_ properties make no SH degree; 0, 9, 24 or 45 do", what,
                    count);
}

static void read_row(float *row, const ply_header *header, const ply_property *property, const uint8_t *data)
{
    const uint8_t *from = data + header->data_start + property->offset;
    for (uint64_t i = 0; i < header->count; i++, from += header->stride) {
        if (property->kind == PLY_FLOAT) {
            memcpy(&row[i], from, sizeof row[i]);
        } else {
            double value;
            memcpy(&value, from, sizeof value);
            row[i] = (float)value;
        }
    }
}

static int read_rows(sp_splat_cloud *cloud, const ply_header *header, const uint8_t *data, const char *what)
{
    for (int row = 0; row < sp_splat_rows(cloud->sh_degree); row++) {
        char name[32];
        splat_field_name(name, row, cloud->sh_degree);
        const ply_property *property = ply_header_find(header, name);
        if (!property)
            return sp_error(SP_EFORMAT,
                            "%s: the PLY has no property %s, so it holds no splats as INRIA stores them",
                            what, name);
        if (property->kind != PLY_FLOAT && property->kind != PLY_DOUBLE)
            return sp_error(SP_EFORMAT, "%s: the property %s must be float", what, name);
        read_row(sp_splat_row(cloud, row), header, property, data);
    }
    cloud->count = (size_t)header->count;
    return 0;
}

static int ply_decode(sp_splat_cloud *out, const uint8_t *data, size_t size, const char *what)
{
    ply_header *header = sp_calloc(1, sizeof *header);
    if (!header)
        return SP_ENOMEM;
    int degree = 0;
    int rc = ply_header_read(header, data, size, false, what);
    if (!rc)
        rc = read_degree(&degree, header, what);
    if (!rc)
        rc = sp_splat_cloud_init(out, (size_t)header->count, degree);
    if (!rc)
        rc = read_rows(out, header, data, what);
    free(header);
    return rc;
}

// INRIA's order of properties. Normals are unused but expected by its viewers. rows[i] is the row behind
// property i, -1 for a normal. Returns the number of properties.
static int record_layout(int rows[RECORD_FLOATS_MAX], int sh_degree)
{
    int count = 0, per_channel = (sh_degree + 1) * (sh_degree + 1) - 1;
    for (int i = 0; i < 3; i++)
        rows[count++] = SP_ROW_POSITION + i;
    for (int i = 0; i < 3; i++)
        rows[count++] = -1;
    for (int i = 0; i < 3; i++)
        rows[count++] = SP_ROW_SH + i;
    for (int channel = 0; channel < 3; channel++)
        for (int k = 0; k < per_channel; k++)
            rows[count++] = SP_ROW_SH + 3 + 3 * k + channel;
    rows[count++] = SP_ROW_OPACITY;
    for (int i = 0; i < 3; i++)
        rows[count++] = SP_ROW_LOG_SCALE + i;
    for (int i = 0; i < 4; i++)
        rows[count++] = SP_ROW_ROTATION + i;
    return count;
}

static size_t write_header(char *text, size_t room, const sp_splat_cloud *cloud, const int *rows,
                           int row_count)
{
    size_t used = (size_t)snprintf(text, room, "ply\nformat binary_little_endian 1.0\nelement vertex %zu\n",
                                   cloud->count);
    for (int i = 0; i < row_count; i++) {
        char name[32];
        if (rows[i] < 0)
            snprintf(name, sizeof name, "n%c", "xyz"[i - 3]);
        else
            splat_field_name(name, rows[i], cloud->sh_degree);
        used += (size_t)snprintf(text + used, room - used, "property float %s\n", name);
    }
    return used + (size_t)snprintf(text + used, room - used, "end_header\n");
}

static int ply_encode(splat_bytes *out, const sp_splat_cloud *cloud, const char *what)
{
    (void)what;
    int rows[RECORD_FLOATS_MAX];
    char header[4096];
    int row_count = record_layout(rows, cloud->sh_degree);
    size_t header_size = write_header(header, sizeof header, cloud, rows, row_count);
    size_t stride = (size_t)row_count * sizeof(float);
    uint8_t *data = sp_calloc(header_size + cloud->count * stride, 1);
    if (!data)
        return SP_ENOMEM;
    memcpy(data, header, header_size);
    for (int k = 0; k < row_count; k++) {
        uint8_t *to = data + header_size + (size_t)k * sizeof(float);
        const float *row = rows[k] < 0 ? NULL : sp_splat_row(cloud, rows[k]);
        for (size_t i = 0; row && i < cloud->count; i++, to += stride)
            memcpy(to, &row[i], sizeof row[i]);
    }
    *out = (splat_bytes){data, header_size + cloud->count * stride};
    return 0;
}

const splat_format splat_format_ply = {".ply", ply_matches, ply_decode, ply_encode};
