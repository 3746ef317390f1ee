// INRIA's PLY (Kerbl et al. 2023): one record of floats a splat. Rows are stored as they are, in our world.
#include "formats.h"
#include "ply_header.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORD_FLOATS_MAX (3 + 3 + 3 + 45 + 1 + 3 + 4 + 3)

// What stands behind a property that is no row of the cloud.
enum { COLUMN_NORMAL = -1, COLUMN_VELOCITY = -4 }; // -4, -5, -6: along x, y, z

static const char *const velocity_names[3] = {"vx", "vy", "vz"};

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

// Velocities are ours: a file that has not all three of them, as floats, has none.
static int read_velocity(sp_splat_cloud *cloud, const ply_header *header, const uint8_t *data)
{
    const ply_property *properties[3];
    for (int axis = 0; axis < 3; axis++) {
        properties[axis] = ply_header_find(header, velocity_names[axis]);
        if (!properties[axis] || properties[axis]->kind != PLY_FLOAT)
            return SP_OK;
    }
    int rc = sp_splat_cloud_move(cloud);
    for (size_t axis = 0; !rc && axis < 3; axis++)
        read_row(cloud->velocity + axis * cloud->capacity, header, properties[axis], data);
    return rc;
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
    if (!rc)
        rc = read_velocity(out, header, data);
    free(header);
    return rc;
}

// INRIA's order of properties, and velocities behind them. Normals are unused but expected by its viewers.
// columns[i] is the row behind property i, or negative. Returns the number of properties.
static int record_layout(int columns[RECORD_FLOATS_MAX], const sp_splat_cloud *cloud)
{
    int count = 0, per_channel = (cloud->sh_degree + 1) * (cloud->sh_degree + 1) - 1;
    for (int i = 0; i < 3; i++)
        columns[count++] = SP_ROW_POSITION + i;
    for (int i = 0; i < 3; i++)
        columns[count++] = COLUMN_NORMAL;
    for (int i = 0; i < 3; i++)
        columns[count++] = SP_ROW_SH + i;
    for (int channel = 0; channel < 3; channel++)
        for (int k = 0; k < per_channel; k++)
            columns[count++] = SP_ROW_SH + 3 + 3 * k + channel;
    columns[count++] = SP_ROW_OPACITY;
    for (int i = 0; i < 3; i++)
        columns[count++] = SP_ROW_LOG_SCALE + i;
    for (int i = 0; i < 4; i++)
        columns[count++] = SP_ROW_ROTATION + i;
    for (int i = 0; i < 3 && cloud->velocity; i++)
        columns[count++] = COLUMN_VELOCITY - i;
    return count;
}

static const float *column_of(const sp_splat_cloud *cloud, int column)
{
    if (column <= COLUMN_VELOCITY)
        return cloud->velocity + (size_t)(COLUMN_VELOCITY - column) * cloud->capacity;
    return column == COLUMN_NORMAL ? NULL : sp_splat_row(cloud, column);
}

static size_t write_header(char *text, size_t room, const sp_splat_cloud *cloud, const int *columns,
                           int column_count)
{
    size_t used = (size_t)snprintf(text, room, "ply\nformat binary_little_endian 1.0\nelement vertex %zu\n",
                                   cloud->count);
    for (int i = 0; i < column_count; i++) {
        char name[32];
        if (columns[i] == COLUMN_NORMAL)
            snprintf(name, sizeof name, "n%c", "xyz"[i - 3]);
        else if (columns[i] < 0)
            snprintf(name, sizeof name, "%s", velocity_names[COLUMN_VELOCITY - columns[i]]);
        else
            splat_field_name(name, columns[i], cloud->sh_degree);
        used += (size_t)snprintf(text + used, room - used, "property float %s\n", name);
    }
    return used + (size_t)snprintf(text + used, room - used, "end_header\n");
}

static int ply_encode(splat_bytes *out, const sp_splat_cloud *cloud, const char *what)
{
    (void)what;
    int columns[RECORD_FLOATS_MAX];
    char header[4096];
    int column_count = record_layout(columns, cloud);
    size_t header_size = write_header(header, sizeof header, cloud, columns, column_count);
    size_t stride = (size_t)column_count * sizeof(float);
    uint8_t *data = sp_calloc(header_size + cloud->count * stride, 1);
    if (!data)
        return SP_ENOMEM;
    memcpy(data, header, header_size);
    for (int k = 0; k < column_count; k++) {
        uint8_t *to = data + header_size + (size_t)k * sizeof(float);
        const float *row = column_of(cloud, columns[k]);
        for (size_t i = 0; row && i < cloud->count; i++, to += stride)
            memcpy(to, &row[i], sizeof row[i]);
    }
    *out = (splat_bytes){data, header_size + cloud->count * stride};
    return 0;
}

const splat_format splat_format_ply = {".ply", ply_matches, ply_decode, ply_encode};
