// Splat files: which format, and what every format must hold: finite numbers.
#include "formats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FILE_MAX_BYTES ((size_t)1 << 33)

static const splat_format *const formats[] = {&splat_format_ply, &splat_format_spz};
enum { FORMAT_COUNT = sizeof formats / sizeof formats[0] };

void splat_field_name(char name[32], int row, int sh_degree)
{
    static const char *const fixed[] = {"x",     "y",     "z",     "scale_0", "scale_1", "scale_2", "rot_0",
                                        "rot_1", "rot_2", "rot_3", "opacity", "f_dc_0",  "f_dc_1",  "f_dc_2"};
    int rest = row - SP_ROW_SH - 3;
    if (rest < 0) {
        snprintf(name, 32, "%s", fixed[row]);
        return;
    }
    // Files keep all higher coefficients of red, then of green, then of blue; rows alternate the colours.
    int per_channel = (sh_degree + 1) * (sh_degree + 1) - 1;
    snprintf(name, 32, "f_rest_%d", rest % 3 * per_channel + rest / 3);
}

static int check_finite(const sp_splat_cloud *cloud, int code, const char *what)
{
    for (int row = 0; row < sp_splat_rows(cloud->sh_degree); row++) {
        const float *values = sp_splat_row(cloud, row);
        for (size_t i = 0; i < cloud->count; i++) {
            if (isfinite(values[i]))
                continue;
            char name[32];
            splat_field_name(name, row, cloud->sh_degree);
            return sp_error(code, "%s: splat %zu has %s in field %s; remove that splat", what, i,
                            isnan(values[i]) ? "no number (NaN)" : "an infinity", name);
        }
    }
    for (size_t axis = 0; cloud->velocity && axis < 3; axis++)
        for (size_t i = 0; i < cloud->count; i++)
            if (!isfinite(cloud->velocity[axis * cloud->capacity + i]))
                return sp_error(code, "%s: splat %zu has a velocity that is not finite; remove that splat",
                                what, i);
    return 0;
}

int sp_splat_decode(sp_splat_cloud *out, const void *data, size_t size, const char *what)
{
    for (int i = 0; i < FORMAT_COUNT; i++) {
        if (!formats[i]->matches(data, size))
            continue;
        sp_splat_cloud cloud = {0};
        int rc = formats[i]->decode(&cloud, data, size, what);
        if (!rc)
            rc = check_finite(&cloud, SP_EFORMAT, what);
        if (rc)
            sp_splat_cloud_free(&cloud);
        else
            *out = cloud;
        return rc;
    }
    return sp_error(SP_EFORMAT, "%s: neither a PLY nor an SPZ splat file", what);
}

int sp_splat_load(sp_splat_cloud *out, const char *path)
{
    char *data = NULL;
    size_t size = 0;
    int rc = sp_file_read(&data, &size, path, FILE_MAX_BYTES);
    if (rc)
        return rc;
    rc = sp_splat_decode(out, data, size, path);
    free(data);
    return rc;
}

int sp_splat_save(const sp_splat_cloud *cloud, const char *path)
{
    const char *ending = strrchr(sp_path_name(path), '.');
    const splat_format *format = NULL;
    for (int i = 0; ending && i < FORMAT_COUNT; i++)
        if (strcasecmp(ending, formats[i]->ending) == 0)
            format = formats[i];
    if (!format)
        return sp_error(SP_EINVAL, "%s: splats are written as .ply or .spz; name the file so", path);
    int rc = check_finite(cloud, SP_EINVAL, path);
    if (rc)
        return rc;
    splat_bytes bytes = {0};
    rc = format->encode(&bytes, cloud, path);
    if (!rc)
        rc = sp_file_write(path, bytes.data, bytes.size);
    free(bytes.data);
    return rc;
}
