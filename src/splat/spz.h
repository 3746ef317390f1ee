// Inside splat: the layout of SPZ files (versions 2 to 4), shared by reader and writer.
//
// Axes: SPZ stores x right, y up, z back; our world has z up. (x, y, z) of ours is (x, z, -y) there: a turn
// by -90 degrees about x, which positions, quaternions and higher SH coefficients all make.
#ifndef SPLAT_SPZ_H
#define SPLAT_SPZ_H

#include "formats.h"

#define SPZ_MAGIC 0x5053474eu // "NGSP"
#define SPZ_HEADER_BYTES 16   // versions 1 to 3
#define SPZ_HEADER4_BYTES 32  // version 4
#define SPZ_SH_DEGREE_MAX 4   // a degree 4 is read and dropped
#define SPZ_FLAG_EXTENSIONS 2u

// Arrays follow each other in this order, each for all splats.
enum { SPZ_POSITION, SPZ_ALPHA, SPZ_COLOR, SPZ_SCALE, SPZ_ROTATION, SPZ_SH, SPZ_ARRAYS };

typedef struct spz_header {
    uint32_t version, count;
    int sh_degree, fractional_bits;
    unsigned flags;
} spz_header;

// Bytes that one splat takes in an array.
size_t spz_bytes_each(const spz_header *header, int array);
size_t spz_bytes_all(const spz_header *header);

// Our axes to those of the file.
sp_mat3 spz_file_from_world(void);

// Unpacked arrays, in order, to a cloud in our world and back.
int spz_unpack(sp_splat_cloud *out, const spz_header *header, const uint8_t *arrays);
void spz_pack(uint8_t *arrays, const spz_header *header, const sp_splat_cloud *cloud_in_file_axes);

#endif
