// Inside splat: zlib and zstd, for buffers whose size the caller has judged.
#ifndef SPLAT_INFLATE_H
#define SPLAT_INFLATE_H

#include <stddef.h>
#include <stdint.h>
#include <stillpoint/base.h>

// Fill out with the first wanted bytes of a gzip stream; more may follow. SP_EFORMAT when it is damaged or
// ends before.
int splat_gunzip(uint8_t *out, size_t wanted, const uint8_t *data, size_t size, const char *what);

// Compress into a new gzip stream; *out is the caller's to free().
int splat_gzip(uint8_t **out, size_t *out_size, const uint8_t *data, size_t size, const char *what);

// One zstd stream that must hold exactly wanted bytes.
int splat_unzstd(uint8_t *out, size_t wanted, const uint8_t *data, size_t size, const char *what);

#endif
