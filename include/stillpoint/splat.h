// Splat clouds in struct-of-arrays form, and their files. Floor 2.
// Threads: clouds are plain data; many threads may read one.
#ifndef STILLPOINT_SPLAT_H
#define STILLPOINT_SPLAT_H

#include <stillpoint/base.h>
#include <stillpoint/math.h>

#ifdef __cplusplus
extern "C" {
#endif

// Rows of a cloud: one float per splat each. Activations are INRIA's: scale = exp, opacity = 1 / (1 +
// exp(-x)), rotation w x y z normalised on use, colour = 0.5 + 0.28209479 * DC + higher SH terms.
enum {
    SP_ROW_POSITION = 0,  // 3 rows, metres
    SP_ROW_LOG_SCALE = 3, // 3 rows, natural log of metres (deviation along each axis)
    SP_ROW_ROTATION = 6,  // 4 rows, quaternion w x y z
    SP_ROW_OPACITY = 10,  // 1 row, logit
    SP_ROW_SH = 11,       // 3 rows R G B of DC, then R G B of each higher coefficient in order
};
#define SP_SH_DEGREE_MAX 3
#define SP_SH_C0 0.28209479177387814

typedef struct sp_splat_cloud {
    size_t count, capacity; // capacity is the row stride, a multiple of 16
    int sh_degree;          // 0..3
    float *data;            // rows() * capacity floats, 64-byte aligned; entries past count are zero
    float *velocity;        // 3 * capacity floats, likewise: metres a second; NULL: nothing moves
} sp_splat_cloud;

static inline int sp_splat_rows(int sh_degree)
{
    return SP_ROW_SH + 3 * (sh_degree + 1) * (sh_degree + 1);
}
static inline float *sp_splat_row(const sp_splat_cloud *cloud, int row)
{
    return cloud->data + (size_t)row * cloud->capacity;
}

// An empty cloud with room for capacity splats (rounded up). End with sp_splat_cloud_free().
int sp_splat_cloud_init(sp_splat_cloud *out, size_t capacity, int sh_degree);
void sp_splat_cloud_free(sp_splat_cloud *cloud);
int sp_splat_cloud_copy(sp_splat_cloud *out, const sp_splat_cloud *from);
// Give the cloud velocities, all zero, if it has none.
int sp_splat_cloud_move(sp_splat_cloud *cloud);
// Grow capacity to at least capacity, keeping what is there.
int sp_splat_cloud_reserve(sp_splat_cloud *cloud, size_t capacity);
// Append all splats of from; missing SH coefficients are zero, surplus ones (from has the higher degree) are
// dropped. Where one of both moves, the splats of the other have velocity 0.
int sp_splat_cloud_append(sp_splat_cloud *cloud, const sp_splat_cloud *from);
// Keep the splats with keep[i] != 0, in order.
void sp_splat_cloud_filter(sp_splat_cloud *cloud, const uint8_t *keep);

// An order in which neighbours in the cloud are mostly neighbours in the world (Z-order), which memory likes:
// order[i] (count entries) is the splat that comes to place i. Positions must be finite. The same for equal
// clouds; of splats in one place the earlier stays before the later.
int sp_splat_cloud_order(uint32_t *order, const sp_splat_cloud *cloud);
// Bring all rows into an order, a permutation of 0 .. count - 1. On failure nothing has moved.
int sp_splat_cloud_permute(sp_splat_cloud *cloud, const uint32_t *order);

// Turn the whole cloud about the origin: positions, velocities, orientations and SH, so that what was seen
// along d is then seen along rotation * d. rotation must be one (determinant +1).
void sp_splat_cloud_rotate(sp_splat_cloud *cloud, sp_mat3 rotation);

// Files by ending (.ply, .spz) when writing, by content when reading: INRIA PLY (binary little endian), SPZ
// v2-v4 (written: v3). A NaN or infinity is an error that names the splat and field (SP_EFORMAT when reading,
// SP_EINVAL when writing). PLY is stored in our world as it is, with velocities where the cloud has them; SPZ
// knows none. It holds x right, y up, z back: our (x, y, z) is its (x, z, -y), a turn that orientations and
// SH make too. SPZ quantises: position 1/4096 m, log scale 1/16, opacity 1/255, SH DC 0.026, degree 1 1/16
// and above 1/8 within -1..1.
int sp_splat_load(sp_splat_cloud *out, const char *path);
int sp_splat_save(const sp_splat_cloud *cloud, const char *path);
int sp_splat_decode(sp_splat_cloud *out, const void *data, size_t size, const char *what);

// ---- Points

// Sparse points of a scene with their colours, as calibrations leave them: triples x y z (metres, ours) and
// R G B.
typedef struct sp_points {
    double *xyz;
    uint8_t *rgb;
    int64_t count;
} sp_points;

// PLY files: vertices with x y z (float or double) and red green blue (bytes; absent: grey), binary little
// endian or text when reading. Written: x y z float, red green blue uchar, binary. What is not finite is
// SP_EFORMAT.
int sp_points_load(sp_points *out, const char *path);
int sp_points_save(const sp_points *points, const char *path);
int sp_points_decode(sp_points *out, const void *data, size_t size, const char *what);
void sp_points_free(sp_points *points);

#ifdef __cplusplus
}
#endif
#endif
