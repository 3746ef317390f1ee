// Inside splat: the file formats behind sp_splat_load() and sp_splat_save().
#ifndef SPLAT_FORMATS_H
#define SPLAT_FORMATS_H

#include <stillpoint/splat.h>

// Encoded file: data is the caller's to free().
typedef struct splat_bytes {
    uint8_t *data;
    size_t size;
} splat_bytes;

// One format: a row in formats[] of files.c. what names the source or target in errors.
typedef struct splat_format {
    const char *ending; // with its dot
    bool (*matches)(const uint8_t *data, size_t size);
    int (*decode)(sp_splat_cloud *out, const uint8_t *data, size_t size, const char *what);
    int (*encode)(splat_bytes *out, const sp_splat_cloud *cloud, const char *what);
} splat_format;

extern const splat_format splat_format_ply, splat_format_spz;

// The PLY name of a row, such as "f_rest_7". name has room for 32 bytes.
void splat_field_name(char name[32], int row, int sh_degree);

#endif
