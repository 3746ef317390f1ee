#include "inflate.h"

#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#define GZIP_WINDOW (15 + 16)       // zlib's way of asking for a gzip wrapper
#define PIECE_MAX ((size_t)1 << 30) // zlib counts in 32 bits

int splat_gunzip(uint8_t *out, size_t wanted, const uint8_t *data, size_t size, const char *what)
{
    z_stream stream = {0};
    if (inflateInit2(&stream, GZIP_WINDOW) != Z_OK)
        return sp_error(SP_ENOMEM, "%s: memory ran out while unpacking", what);
    size_t used = 0, filled = 0;
    int status = Z_OK;
    while (filled < wanted && status == Z_OK) {
        size_t in = size - used < PIECE_MAX ? size - used : PIECE_MAX;
        size_t room = wanted - filled < PIECE_MAX ? wanted - filled : PIECE_MAX;
        stream.next_in = (z_const Bytef *)(data + used);
        stream.avail_in = (uInt)in;
        stream.next_out = out + filled;
        stream.avail_out = (uInt)room;
        status = inflate(&stream, Z_NO_FLUSH);
        used += in - stream.avail_in;
        filled += room - stream.avail_out;
    }
    inflateEnd(&stream);
    if (filled == wanted)
        return 0;
    if (status == Z_MEM_ERROR)
        return sp_error(SP_ENOMEM, "%s: memory ran out while unpacking", what);
    return sp_error(SP_EFORMAT,
                    "%s: the compressed data is damaged or cut off (%zu of %zu bytes could be unpacked)",
                    what, filled, wanted);
}

int splat_gzip(uint8_t **out, size_t *out_size, const uint8_t *data, size_t size, const char *what)
{
    z_stream stream = {0};
    if (size > UINT32_MAX / 2)
        return sp_error(SP_EINVAL, "%s: the cloud is too large for one SPZ file; write a .ply", what);
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return sp_error(SP_ENOMEM, "%s: memory ran out while packing", what);
    size_t bound = deflateBound(&stream, (uLong)size);
    uint8_t *packed = sp_calloc(bound, 1);
    int status = Z_MEM_ERROR;
    if (packed) {
        stream.next_in = (z_const Bytef *)data;
        stream.avail_in = (uInt)size;
        stream.next_out = packed;
        stream.avail_out = (uInt)bound;
        status = deflate(&stream, Z_FINISH);
    }
    size_t packed_size = stream.total_out;
    deflateEnd(&stream);
    if (status != Z_STREAM_END) {
        free(packed);
        return sp_error(SP_ENOMEM, "%s: memory ran out while packing", what);
    }
    *out = packed;
    *out_size = packed_size;
    return 0;
}

int splat_unzstd(uint8_t *out, size_t wanted, const uint8_t *data, size_t size, const char *what)
{
    size_t got = ZSTD_decompress(out, wanted, data, size);
    if (ZSTD_isError(got))
        return sp_error(SP_EFORMAT, "%s: the compressed data is damaged (%s)", what, ZSTD_getErrorName(got));
    if (got != wanted)
        return sp_error(SP_EFORMAT, "%s: a stream holds %zu bytes where %zu are needed", what, got, wanted);
    return 0;
}
