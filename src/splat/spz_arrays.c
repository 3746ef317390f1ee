// SPZ's quantised arrays. The scales and offsets are those of the format, not ours to choose.
#include "spz.h"

#include <math.h>

#define COLOR_SCALE 0.15
#define QUAT_MAGNITUDE 511u // nine bits for 0..sqrt(1/2)

size_t spz_bytes_each(const spz_header *header, int array)
{
    switch (array) {
    case SPZ_POSITION:
        return 9;
    case SPZ_ALPHA:
        return 1;
    case SPZ_COLOR:
    case SPZ_SCALE:
        return 3;
    case SPZ_ROTATION:
        return header->version == 2 ? 3 : 4;
    default:
        return 3 * ((size_t)(header->sh_degree + 1) * (size_t)(header->sh_degree + 1) - 1);
    }
}

size_t spz_bytes_all(const spz_header *header)
{
    size_t each = 0;
    for (int array = 0; array < SPZ_ARRAYS; array++)
        each += spz_bytes_each(header, array);
    return each * header->count;
}

sp_mat3 spz_file_from_world(void)
{
    return (sp_mat3){{1, 0, 0, 0, 0, 1, 0, -1, 0}};
}

static double clamp(double v, double low, double high)
{
    return v < low ? low : v > high ? high : v;
}

static uint8_t byte_of(double v)
{
    return (uint8_t)clamp(round(v), 0, 255);
}

// ---- Reading

static const uint8_t *unpack_positions(sp_splat_cloud *cloud, const spz_header *header, const uint8_t *from)
{
    double unit = ldexp(1, -header->fractional_bits);
    for (size_t i = 0; i < cloud->count; i++) {
        for (int axis = 0; axis < 3; axis++, from += 3) {
            int32_t fixed = (int32_t)((uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16);
            fixed = fixed >= 1 << 23 ? fixed - (1 << 24) : fixed;
            sp_splat_row(cloud, SP_ROW_POSITION + axis)[i] = (float)(fixed * unit);
        }
    }
    return from;
}

// The ends of the byte mean 0 and 1, whose logits are infinite: they are read as the middle of their step.
static const uint8_t *unpack_alphas(sp_splat_cloud *cloud, const uint8_t *from)
{
    float *row = sp_splat_row(cloud, SP_ROW_OPACITY);
    for (size_t i = 0; i < cloud->count; i++) {
        double alpha = clamp(*from++, 0.25, 254.75) / 255;
        row[i] = (float)log(alpha / (1 - alpha));
    }
    return from;
}

static const uint8_t *unpack_colors_and_scales(sp_splat_cloud *cloud, const uint8_t *from)
{
    for (size_t i = 0; i < cloud->count; i++)
        for (int c = 0; c < 3; c++)
            sp_splat_row(cloud, SP_ROW_SH + c)[i] = (float)((*from++ / 255.0 - 0.5) / COLOR_SCALE);
    for (size_t i = 0; i < cloud->count; i++)
        for (int axis = 0; axis < 3; axis++)
            sp_splat_row(cloud, SP_ROW_LOG_SCALE + axis)[i] = (float)(*from++ / 16.0 - 10.0);
    return from;
}

// x, y, z as bytes; w is what is missing to unit length, and positive.
static void unpack_three_bytes(double xyzw[4], const uint8_t *from)
{
    double squares = 0;
    for (int k = 0; k < 3; k++) {
        xyzw[k] = from[k] / 127.5 - 1;
        squares += xyzw[k] * xyzw[k];
    }
    xyzw[3] = sqrt(squares < 1 ? 1 - squares : 0);
}

// Two bits name the largest component; the others follow in ascending order, a sign and nine bits each.
static void unpack_smallest_three(double xyzw[4], const uint8_t *from)
{
    uint32_t packed =
        (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
    int largest = (int)(packed >> 30);
    double squares = 0;
    for (int k = 3; k >= 0; k--) {
        if (k == largest)
            continue;
        double magnitude = M_SQRT1_2 * (packed & QUAT_MAGNITUDE) / QUAT_MAGNITUDE;
        xyzw[k] = packed & (QUAT_MAGNITUDE + 1) ? -magnitude : magnitude;
        squares += magnitude * magnitude;
        packed >>= 10;
    }
    xyzw[largest] = sqrt(squares < 1 ? 1 - squares : 0);
}

static const uint8_t *unpack_rotations(sp_splat_cloud *cloud, const spz_header *header, const uint8_t *from)
{
    size_t step = spz_bytes_each(header, SPZ_ROTATION);
    for (size_t i = 0; i < cloud->count; i++, from += step) {
        double xyzw[4];
        if (header->version == 2)
            unpack_three_bytes(xyzw, from);
        else
            unpack_smallest_three(xyzw, from);
        sp_quat q = sp_quat_unit((sp_quat){xyzw[3], xyzw[0], xyzw[1], xyzw[2]});
        const double wxyz[4] = {q.w, q.x, q.y, q.z};
        for (int k = 0; k < 4; k++)
            sp_splat_row(cloud, SP_ROW_ROTATION + k)[i] = (float)wxyz[k];
    }
    return from;
}

static void unpack_sh(sp_splat_cloud *cloud, const spz_header *header, const uint8_t *from)
{
    int rows = sp_splat_rows(cloud->sh_degree) - SP_ROW_SH - 3;
    size_t step = spz_bytes_each(header, SPZ_SH);
    for (size_t i = 0; i < cloud->count; i++, from += step)
        for (int row = 0; row < rows; row++)
            sp_splat_row(cloud, SP_ROW_SH + 3 + row)[i] = ((float)from[row] - 128.0f) / 128.0f;
}

int spz_unpack(sp_splat_cloud *out, const spz_header *header, const uint8_t *arrays)
{
    sp_splat_cloud cloud;
    int degree = header->sh_degree < SP_SH_DEGREE_MAX ? header->sh_degree : SP_SH_DEGREE_MAX;
    int rc = sp_splat_cloud_init(&cloud, header->count, degree);
    if (rc)
        return rc;
    cloud.count = header->count;
    arrays = unpack_positions(&cloud, header, arrays);
    arrays = unpack_alphas(&cloud, arrays);
    arrays = unpack_colors_and_scales(&cloud, arrays);
    arrays = unpack_rotations(&cloud, header, arrays);
    unpack_sh(&cloud, header, arrays);
    sp_splat_cloud_rotate(&cloud, sp_m3_transpose(spz_file_from_world()));
    *out = cloud;
    return 0;
}

// ---- Writing

static uint8_t *pack_positions(uint8_t *to, const spz_header *header, const sp_splat_cloud *cloud)
{
    for (size_t i = 0; i < cloud->count; i++) {
        for (int axis = 0; axis < 3; axis++) {
            double value = (double)sp_splat_row(cloud, SP_ROW_POSITION + axis)[i];
            uint32_t fixed = (uint32_t)(int32_t)round(ldexp(value, header->fractional_bits));
            *to++ = (uint8_t)fixed;
            *to++ = (uint8_t)(fixed >> 8);
            *to++ = (uint8_t)(fixed >> 16);
        }
    }
    return to;
}

static uint8_t *pack_alphas_colors_scales(uint8_t *to, const sp_splat_cloud *cloud)
{
    for (size_t i = 0; i < cloud->count; i++)
        *to++ = byte_of(255 / (1 + exp(-(double)sp_splat_row(cloud, SP_ROW_OPACITY)[i])));
    for (size_t i = 0; i < cloud->count; i++)
        for (int c = 0; c < 3; c++)
            *to++ = byte_of(((double)sp_splat_row(cloud, SP_ROW_SH + c)[i] * COLOR_SCALE + 0.5) * 255);
    for (size_t i = 0; i < cloud->count; i++)
        for (int axis = 0; axis < 3; axis++)
            *to++ = byte_of(((double)sp_splat_row(cloud, SP_ROW_LOG_SCALE + axis)[i] + 10) * 16);
    return to;
}

static uint8_t *pack_rotations(uint8_t *to, const sp_splat_cloud *cloud)
{
    for (size_t i = 0; i < cloud->count; i++) {
        double value[4];
        for (int k = 0; k < 4; k++)
            value[k] = (double)sp_splat_row(cloud, SP_ROW_ROTATION + k)[i];
        sp_quat q = sp_quat_unit((sp_quat){value[0], value[1], value[2], value[3]});
        const double xyzw[4] = {q.x, q.y, q.z, q.w};
        int largest = 0;
        for (int k = 1; k < 4; k++)
            largest = fabs(xyzw[k]) > fabs(xyzw[largest]) ? k : largest;
        uint32_t packed = (uint32_t)largest;
        for (int k = 0; k < 4; k++) {
            if (k == largest)
                continue;
            bool is_negative = (xyzw[k] < 0) != (xyzw[largest] < 0); // the largest is stored as positive
            uint32_t magnitude =
                (uint32_t)clamp(round(fabs(xyzw[k]) * M_SQRT2 * QUAT_MAGNITUDE), 0, QUAT_MAGNITUDE);
            packed = packed << 10 | (is_negative ? QUAT_MAGNITUDE + 1 : 0) | magnitude;
        }
        for (int k = 0; k < 4; k++)
            *to++ = (uint8_t)(packed >> (8 * k));
    }
    return to;
}

// Degree 1 keeps five bits, the others four: the rounded bytes compress better.
static void pack_sh(uint8_t *to, const sp_splat_cloud *cloud)
{
    int rows = sp_splat_rows(cloud->sh_degree) - SP_ROW_SH - 3;
    for (size_t i = 0; i < cloud->count; i++) {
        for (int row = 0; row < rows; row++) {
            double bucket = row < 9 ? 8 : 16;
            double value = (double)sp_splat_row(cloud, SP_ROW_SH + 3 + row)[i] * 128 + 128;
            *to++ = byte_of(floor(value / bucket + 0.5) * bucket);
        }
    }
}

void spz_pack(uint8_t *arrays, const spz_header *header, const sp_splat_cloud *cloud_in_file_axes)
{
    arrays = pack_positions(arrays, header, cloud_in_file_axes);
    arrays = pack_alphas_colors_scales(arrays, cloud_in_file_axes);
    arrays = pack_rotations(arrays, cloud_in_file_axes);
    pack_sh(arrays, cloud_in_file_axes);
}
