// SPZ containers: version 2 and 3 are one gzip stream, version 4 one zstd stream an array.
#include "inflate.h"
#include "spz.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Deflate cannot do better than 1032 to 1; no array of real splats comes near it under zstd. A header that
// claims more would only make us allocate.
#define RATIO_MAX 1032.0
#define RATIO_SLACK_BYTES 65536.0

#define WRITTEN_VERSION 3
#define WRITTEN_FRACTION_BITS 12 // as everybody writes; fewer where the cloud is wider than 2048 m
#define FIXED_MAX 8388607.0

static uint32_t u32_at(const uint8_t *data)
{
    return (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 24;
}

static uint64_t u64_at(const uint8_t *data)
{
    return (uint64_t)u32_at(data) | (uint64_t)u32_at(data + 4) << 32;
}

static bool is_gzip(const uint8_t *data, size_t size)
{
    return size >= 2 && data[0] == 0x1f && data[1] == 0x8b;
}

static bool spz_matches(const uint8_t *data, size_t size)
{
    return is_gzip(data, size) || (size >= 4 && u32_at(data) == SPZ_MAGIC);
}

// The first 16 bytes are the same in all versions.
static int read_header(spz_header *out, const uint8_t *data, size_t file_size, const char *what)
{
    spz_header header = {u32_at(data + 4), u32_at(data + 8), data[12], data[13], data[14]};
    if (u32_at(data) != SPZ_MAGIC)
        return sp_error(SP_EFORMAT, "%s: compressed, but no SPZ file inside", what);
    if (header.version < 2 || header.version > 4)
        return sp_error(SP_EFORMAT, "%s: SPZ version %u; 2, 3 and 4 can be read", what, header.version);
    if (header.sh_degree > SPZ_SH_DEGREE_MAX)
        return sp_error(SP_EFORMAT, "%s: SPZ header field shDegree is %d; 0 to %d exist", what,
                        header.sh_degree, SPZ_SH_DEGREE_MAX);
    if (header.fractional_bits > 24)
        return sp_error(SP_EFORMAT, "%s: SPZ header field fractionalBits is %d; at most 24 make sense", what,
                        header.fractional_bits);
    if ((double)spz_bytes_all(&header) > RATIO_MAX * (double)file_size + RATIO_SLACK_BYTES)
        return sp_error(SP_EFORMAT,
                        "%s: the header claims %u splats, which %zu bytes cannot hold; the file is damaged "
                        "or cut off",
                        what, header.count, file_size);
    if (header.sh_degree > SP_SH_DEGREE_MAX)
        sp_log(SP_LOG_WARN, "%s: SH of degree 4 is dropped", what);
    if (header.flags & SPZ_FLAG_EXTENSIONS)
        sp_log(SP_LOG_WARN, "%s: SPZ extensions are ignored", what);
    *out = header;
    return 0;
}

static int decode_gzip(sp_splat_cloud *out, const uint8_t *data, size_t size, const char *what)
{
    uint8_t start[SPZ_HEADER_BYTES];
    spz_header header;
    int rc = splat_gunzip(start, sizeof start, data, size, what);
    if (!rc)
        rc = read_header(&header, start, size, what);
    if (rc)
        return rc;
    if (header.version > 3)
        return sp_error(SP_EFORMAT, "%s: SPZ version %u inside gzip, where versions 2 and 3 belong", what,
                        header.version);
    size_t total = SPZ_HEADER_BYTES + spz_bytes_all(&header);
    uint8_t *unpacked = sp_calloc(total, 1);
    if (!unpacked)
        return SP_ENOMEM;
    rc = splat_gunzip(unpacked, total, data, size, what);
    if (!rc)
        rc = spz_unpack(out, &header, unpacked + SPZ_HEADER_BYTES);
    free(unpacked);
    return rc;
}

// The table of contents gives each stream's compressed and uncompressed size; the streams follow it.
static int unpack_streams(uint8_t *arrays, const spz_header *header, const uint8_t *data, size_t size,
                          const char *what)
{
    int streams = data[15];
    size_t table = u32_at(data + 16);
    if (streams > SPZ_ARRAYS || table < SPZ_HEADER4_BYTES || table > size ||
        (size_t)streams * 16 > size - table)
        return sp_error(SP_EFORMAT, "%s: the SPZ table of contents lies outside the file", what);
    size_t at = table + (size_t)streams * 16;
    for (int array = 0; array < SPZ_ARRAYS; array++) {
        size_t wanted = spz_bytes_each(header, array) * header->count;
        const uint8_t *entry = data + table + (size_t)array * 16;
        uint64_t packed = array < streams ? u64_at(entry) : 0;
        uint64_t unpacked = array < streams ? u64_at(entry + 8) : 0;
        if (unpacked != wanted)
            return sp_error(SP_EFORMAT, "%s: SPZ stream %d claims %llu bytes where %zu are needed", what,
                            array, (unsigned long long)unpacked, wanted);
        if (packed > size - at)
            return sp_error(SP_EFORMAT, "%s: SPZ stream %d ends beyond the file, which is cut off", what,
                            array);
        int rc = wanted ? splat_unzstd(arrays, wanted, data + at, (size_t)packed, what) : 0;
        if (rc)
            return rc;
        arrays += wanted;
        at += (size_t)packed;
    }
    return 0;
}

static int decode_plain(sp_splat_cloud *out, const uint8_t *data, size_t size, const char *what)
{
    spz_header header;
    if (size < SPZ_HEADER4_BYTES)
        return sp_error(SP_EFORMAT, "%s: shorter than an SPZ header; the file is cut off", what);
    int rc = read_header(&header, data, size, what);
    if (rc)
        return rc;
    if (header.version != 4)
        return sp_error(SP_EFORMAT, "%s: SPZ version %u without its gzip wrapper", what, header.version);
    uint8_t *arrays = sp_calloc(spz_bytes_all(&header) + 1, 1);
    if (!arrays)
        return SP_ENOMEM;
    rc = unpack_streams(arrays, &header, data, size, what);
    if (!rc)
        rc = spz_unpack(out, &header, arrays);
    free(arrays);
    return rc;
}

static int spz_decode(sp_splat_cloud *out, const uint8_t *data, size_t size, const char *what)
{
    return is_gzip(data, size) ? decode_gzip(out, data, size, what) : decode_plain(out, data, size, what);
}

static int choose_fraction_bits(int *bits, const sp_splat_cloud *cloud, const char *what)
{
    double reach = 0;
    for (int axis = 0; axis < 3; axis++)
        for (size_t i = 0; i < cloud->count; i++)
            reach = fmax(reach, fabs((double)sp_splat_row(cloud, SP_ROW_POSITION + axis)[i]));
    for (*bits = WRITTEN_FRACTION_BITS; *bits >= 0; --*bits)
        if (round(ldexp(reach, *bits)) <= FIXED_MAX)
            return 0;
    return sp_error(SP_EINVAL,
                    "%s: a splat lies %g m from the origin, farther than SPZ can hold; write a .ply", what,
                    reach);
}

static void write_header(uint8_t *to, const spz_header *header)
{
    const uint32_t words[3] = {SPZ_MAGIC, header->version, header->count};
    for (int i = 0; i < 12; i++)
        to[i] = (uint8_t)(words[i / 4] >> (8 * (i % 4)));
    to[12] = (uint8_t)header->sh_degree;
    to[13] = (uint8_t)header->fractional_bits;
    to[14] = (uint8_t)header->flags;
    to[15] = 0;
}

static int spz_encode(splat_bytes *out, const sp_splat_cloud *cloud, const char *what)
{
    if (cloud->count > UINT32_MAX)
        return sp_error(SP_EINVAL, "%s: %zu splats are more than SPZ can count; write a .ply", what,
                        cloud->count);
    spz_header header = {WRITTEN_VERSION, (uint32_t)cloud->count, cloud->sh_degree, 0, 0};
    int rc = choose_fraction_bits(&header.fractional_bits, cloud, what);
    sp_splat_cloud turned = {0};
    if (!rc)
        rc = sp_splat_cloud_copy(&turned, cloud);
    if (rc)
        return rc;
    sp_splat_cloud_rotate(&turned, spz_file_from_world());
    size_t size = SPZ_HEADER_BYTES + spz_bytes_all(&header);
    uint8_t *data = sp_calloc(size, 1);
    if (data) {
        write_header(data, &header);
        spz_pack(data + SPZ_HEADER_BYTES, &header, &turned);
        rc = splat_gzip(&out->data, &out->size, data, size, what);
    } else {
        rc = SP_ENOMEM;
    }
    sp_splat_cloud_free(&turned);
    free(data);
    return rc;
}

const splat_format splat_format_spz = {".spz", spz_matches, spz_decode, spz_encode};
