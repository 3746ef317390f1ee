// PNG through libpng. Each guarded function keeps everything that must survive a longjmp in its job, which
// its caller owns and clears.
#include "codec.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

// Fast and only a few percent larger than the default of 6 on camera pictures.
#define COMPRESSION_LEVEL 3

typedef struct png_job {
    png_structp png;
    png_infop info;
    const char *what;
    char message[160];
    const uint8_t *data; // reading: what is left
    size_t left;
    image_bytes *out; // writing
    image_pixels pixels;
    png_bytepp rows;
    int code;
} png_job;

static void on_error(png_structp png, png_const_charp message)
{
    png_job *job = png_get_error_ptr(png);
    strncpy(job->message, message, sizeof job->message - 1);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
    const png_job *job = png_get_error_ptr(png);
    sp_log(SP_LOG_DEBUG, "%s: %s", job->what, message);
}

static void on_read(png_structp png, png_bytep to, size_t size)
{
    png_job *job = png_get_io_ptr(png);
    if (size > job->left)
        png_error(png, "the file ends too early");
    memcpy(to, job->data, size);
    job->data += size;
    job->left -= size;
}

static void on_write(png_structp png, png_bytep from, size_t size)
{
    png_job *job = png_get_io_ptr(png);
    if (!image_bytes_append(job->out, from, size)) {
        job->code = SP_ENOMEM;
        png_error(png, "memory ran out");
    }
}

static void on_flush(png_structp png)
{
    (void)png;
}

bool image_png_matches(const uint8_t *data, size_t size)
{
    return size >= 8 && png_sig_cmp(data, 0, 8) == 0;
}

static void read_header(png_job *job, int *width, int *height, size_t file_size)
{
    png_set_read_fn(job->png, job, on_read);
    png_read_info(job->png, job->info);
    png_uint_32 w = png_get_image_width(job->png, job->info);
    png_uint_32 h = png_get_image_height(job->png, job->info);
    // Deflate yields at most 1032 bytes from one; at one bit a pixel that is 8 pixels each.
    double bits = png_get_bit_depth(job->png, job->info) * png_get_channels(job->png, job->info);
    job->code = image_check_size(job->what, w, h, file_size, 1032.0 * 8 / bits);
    if (job->code)
        return;
    *width = (int)w;
    *height = (int)h;
}

static void read_pixels(png_job *job)
{
    png_set_expand(job->png);
    if (png_get_bit_depth(job->png, job->info) == 16)
        png_set_swap(job->png);
    png_set_interlace_handling(job->png);
    png_read_update_info(job->png, job->info);
    image_pixels *pixels = &job->pixels;
    pixels->width = (int)png_get_image_width(job->png, job->info);
    pixels->height = (int)png_get_image_height(job->png, job->info);
    pixels->channels = png_get_channels(job->png, job->info);
    pixels->is_16bit = png_get_bit_depth(job->png, job->info) == 16;
    size_t stride = png_get_rowbytes(job->png, job->info);
    pixels->data = sp_calloc((size_t)pixels->height, stride);
    job->rows = sp_calloc((size_t)pixels->height, sizeof *job->rows);
    if (!pixels->data || !job->rows) {
        job->code = SP_ENOMEM;
        return;
    }
    for (int y = 0; y < pixels->height; y++)
        job->rows[y] = pixels->data + (size_t)y * stride;
    png_read_image(job->png, job->rows);
    png_read_end(job->png, NULL);
}

// Only job is used after the jump, and it is not changed in this frame.
static void read_guarded(png_job *job, int *width, int *height, size_t file_size, bool header_only)
{
    if (setjmp(png_jmpbuf(job->png))) {
        job->code =
            sp_error(SP_EFORMAT, "%s: not a readable PNG (%s); make the file again", job->what, job->message);
        return;
    }
    read_header(job, width, height, file_size);
    if (!job->code && !header_only)
        read_pixels(job);
}

int image_png_decode(image_pixels *out, int *width, int *height, const uint8_t *data, size_t size,
                     const char *what)
{
    png_job job = {.what = what, .data = data, .left = size};
    job.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &job, on_error, on_warning);
    job.info = job.png ? png_create_info_struct(job.png) : NULL;
    if (job.info)
        read_guarded(&job, width, height, size, out == NULL);
    else
        job.code = sp_error(SP_ENOMEM, "%s: memory ran out reading the PNG", what);
    png_destroy_read_struct(&job.png, &job.info, NULL);
    free(job.rows);
    if (job.code || !out)
        free(job.pixels.data);
    else
        *out = job.pixels;
    return job.code;
}

static void write_guarded(png_job *job)
{
    if (setjmp(png_jmpbuf(job->png))) {
        job->code = sp_error(job->code ? job->code : SP_EIO, "%s: cannot be written as PNG (%s)", job->what,
                             job->message);
        return;
    }
    const image_pixels *pixels = &job->pixels;
    int colour = pixels->channels == 1   ? PNG_COLOR_TYPE_GRAY
                 : pixels->channels == 3 ? PNG_COLOR_TYPE_RGB
                                         : PNG_COLOR_TYPE_RGBA;
    png_set_write_fn(job->png, job, on_write, on_flush);
    png_set_IHDR(job->png, job->info, (png_uint_32)pixels->width, (png_uint_32)pixels->height,
                 pixels->is_16bit ? 16 : 8, colour, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_set_compression_level(job->png, COMPRESSION_LEVEL);
    png_write_info(job->png, job->info);
    if (pixels->is_16bit)
        png_set_swap(job->png);
    size_t stride = (size_t)pixels->width * (size_t)pixels->channels * (pixels->is_16bit ? 2 : 1);
    for (int y = 0; y < pixels->height; y++)
        png_write_row(job->png, pixels->data + (size_t)y * stride);
    png_write_end(job->png, NULL);
}

int image_png_encode(image_bytes *out, const image_pixels *pixels, const char *what)
{
    png_job job = {.what = what, .out = out, .pixels = *pixels};
    job.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &job, on_error, on_warning);
    job.info = job.png ? png_create_info_struct(job.png) : NULL;
    if (job.info)
        write_guarded(&job);
    else
        job.code = sp_error(SP_ENOMEM, "%s: memory ran out writing the PNG", what);
    png_destroy_write_struct(&job.png, &job.info);
    return job.code;
}
