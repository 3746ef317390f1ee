// COLMAP's binary files (little-endian): cameras.bin, images.bin, points3D.bin.
#include <string.h>

#include "colmap.h"

typedef struct bytes {
    const unsigned char *at, *end;
    bool is_short; // read past the end
} bytes;

static bytes open_bytes(const void *data, size_t size)
{
    const unsigned char *at = data;
    return (bytes){.at = at, .end = at + size};
}

static uint64_t read_u(bytes *b, int size)
{
    if (b->end - b->at < size) {
        b->is_short = true;
        b->at = b->end;
        return 0;
    }
    uint64_t value = 0;
    for (int i = size - 1; i >= 0; i--)
        value = value << 8 | b->at[i];
    b->at += size;
    return value;
}

static double read_f64(bytes *b)
{
    uint64_t bits = read_u(b, 8);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static bool skip(bytes *b, uint64_t count, uint64_t size)
{
    uint64_t left = (uint64_t)(b->end - b->at);
    if (size > 0 && count > left / size) {
        b->is_short = true;
        return false;
    }
    b->at += count * size;
    return true;
}

static int too_short(const char *what, const char *file)
{
    return sp_error(SP_EFORMAT, "%s: %s ends too early", what, file);
}

int colmap_read_cameras_binary(colmap_cameras *out, const void *data, size_t size, const char *what)
{
    bytes b = open_bytes(data, size);
    uint64_t count = read_u(&b, 8);
    for (uint64_t i = 0; i < count; i++) {
        colmap_camera camera = {0};
        camera.number = (int64_t)read_u(&b, 4);
        uint64_t model = read_u(&b, 4);
        camera.width = (double)read_u(&b, 8);
        camera.height = (double)read_u(&b, 8);
        if (b.is_short)
            break;
        if (model >= COLMAP_MODEL_COUNT)
            return sp_error(SP_ENOTSUP, "%s: cameras.bin: camera %lld has the unknown lens model number %lld",
                            what, (long long)camera.number, (long long)(int32_t)(uint32_t)model);
        camera.model = (int)model;
        for (int p = 0; p < COLMAP_MODELS[model].count; p++)
            camera.params[p] = read_f64(&b);
        if (b.is_short)
            break;
        int code = colmap_add_camera(out, &camera);
        if (code)
            return code;
    }
    return b.is_short ? too_short(what, "cameras.bin") : SP_OK;
}

int colmap_read_images_binary(colmap_images *out, const void *data, size_t size, const char *what)
{
    bytes b = open_bytes(data, size);
    uint64_t count = read_u(&b, 8);
    for (uint64_t i = 0; i < count; i++) {
        colmap_image image = {.number = (int64_t)read_u(&b, 4)};
        for (int k = 0; k < 4; k++)
            image.q[k] = read_f64(&b);
        for (int k = 0; k < 3; k++)
            image.t[k] = read_f64(&b);
        image.camera = (int64_t)read_u(&b, 4);
        const unsigned char *zero = b.at < b.end ? memchr(b.at, 0, (size_t)(b.end - b.at)) : NULL;
        if (b.is_short || !zero)
            return too_short(what, "images.bin");
        if (zero == b.at)
            return sp_error(SP_EFORMAT, "%s: images.bin: image %lld has no name", what,
                            (long long)image.number);
        const char *name = (const char *)b.at;
        b.at = zero + 1;
        if (!skip(&b, read_u(&b, 8), 24))
            return too_short(what, "images.bin");
        if (!(image.name = sp_strdup(name)))
            return SP_ENOMEM;
        int code = colmap_add_image(out, image);
        if (code)
            return code;
    }
    return b.is_short ? too_short(what, "images.bin") : SP_OK;
}

int colmap_read_points_binary(colmap_points *out, const void *data, size_t size, const char *what)
{
    bytes b = open_bytes(data, size);
    uint64_t count = read_u(&b, 8);
    for (uint64_t i = 0; i < count; i++) {
        double xyz[3], rgb[3];
        read_u(&b, 8);
        for (int k = 0; k < 3; k++)
            xyz[k] = read_f64(&b);
        for (int k = 0; k < 3; k++)
            rgb[k] = (double)read_u(&b, 1);
        read_f64(&b);
        if (!skip(&b, read_u(&b, 8), 8) || b.is_short)
            return too_short(what, "points3D.bin");
        if (!isfinite(xyz[0]) || !isfinite(xyz[1]) || !isfinite(xyz[2]))
            return sp_error(SP_EFORMAT, "%s: points3D.bin: point %llu is not finite", what,
                            (unsigned long long)i + 1);
        int code = colmap_add_point(out, xyz, rgb);
        if (code)
            return code;
    }
    return b.is_short ? too_short(what, "points3D.bin") : SP_OK;
}
