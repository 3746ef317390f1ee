// JPEG through libjpeg-turbo, with an error manager that jumps instead of exiting. What must survive the jump
// lives in the job, which the caller of the guarded function owns.
#include "codec.h"

#include <stdio.h>
#include <jpeglib.h>
#include <jerror.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#define QUALITY 95

typedef struct jpeg_job {
    struct jpeg_error_mgr errors; // first: libjpeg hands us its address
    jmp_buf jump;
    const char *what;
    char message[JMSG_LENGTH_MAX];
    struct jpeg_decompress_struct reader;
    struct jpeg_compress_struct writer;
    image_pixels pixels;
    unsigned char *encoded;
    unsigned long encoded_size;
    int code;
} jpeg_job;

static void on_error(j_common_ptr common)
{
    jpeg_job *job = (jpeg_job *)(void *)common->err;
    common->err->format_message(common, job->message);
    longjmp(job->jump, 1);
}

// libjpeg fills what is missing from a truncated picture with grey and goes on; for us that is an error.
static void on_message(j_common_ptr common, int level)
{
    const jpeg_job *job = (const jpeg_job *)(const void *)common->err;
    if (level >= 0)
        return;
    if (common->err->msg_code == JWRN_JPEG_EOF || common->err->msg_code == JWRN_HIT_MARKER)
        on_error(common);
    char message[JMSG_LENGTH_MAX];
    common->err->format_message(common, message);
    sp_log(SP_LOG_WARN, "%s: %s", job->what, message);
}

static void install_errors(jpeg_job *job)
{
    jpeg_std_error(&job->errors);
    job->errors.error_exit = on_error;
    job->errors.emit_message = on_message;
}

bool image_jpeg_matches(const uint8_t *data, size_t size)
{
    return size >= 3 && data[0] == 0xFF && data[1] == 0xD8 && data[2] == 0xFF;
}

// In place, four bytes to three. Adobe's files hold the inks inverted, 255 meaning none.
static void rgb_from_cmyk(uint8_t *row, size_t width, bool is_inverted)
{
    for (size_t x = 0; x < width; x++) {
        unsigned ink[4];
        for (int i = 0; i < 4; i++)
            ink[i] = is_inverted ? row[4 * x + (size_t)i] : 255u - row[4 * x + (size_t)i];
        for (int i = 0; i < 3; i++)
            row[3 * x + (size_t)i] = (uint8_t)((ink[i] * ink[3] + 127) / 255);
    }
}

static void read_pixels(jpeg_job *job)
{
    struct jpeg_decompress_struct *reader = &job->reader;
    bool is_grey = reader->jpeg_color_space == JCS_GRAYSCALE;
    bool is_cmyk = reader->jpeg_color_space == JCS_CMYK || reader->jpeg_color_space == JCS_YCCK;
    reader->out_color_space = is_grey ? JCS_GRAYSCALE : is_cmyk ? JCS_CMYK : JCS_RGB;
    jpeg_start_decompress(reader);
    image_pixels *pixels = &job->pixels;
    pixels->width = (int)reader->output_width;
    pixels->height = (int)reader->output_height;
    pixels->channels = is_grey ? 1 : 3;
    size_t stride = (size_t)pixels->width * (size_t)pixels->channels;
    // One spare byte a pixel in the last row leaves room for its four inks.
    pixels->data = sp_calloc((size_t)pixels->height * stride + (size_t)pixels->width, 1);
    if (!pixels->data) {
        job->code = SP_ENOMEM;
        return;
    }
    while (reader->output_scanline < reader->output_height) {
        JSAMPROW row = pixels->data + (size_t)reader->output_scanline * stride;
        jpeg_read_scanlines(reader, &row, 1);
        if (is_cmyk)
            rgb_from_cmyk(row, (size_t)pixels->width, reader->saw_Adobe_marker);
    }
    jpeg_finish_decompress(reader);
}

static void read_guarded(jpeg_job *job, int *width, int *height, const uint8_t *data, size_t size,
                         bool header_only)
{
    if (setjmp(job->jump)) {
        job->code = sp_error(SP_EFORMAT, "%s: not a readable JPEG (%s); make the file again", job->what,
                             job->message);
        return;
    }
    jpeg_create_decompress(&job->reader);
    jpeg_mem_src(&job->reader, data, size);
    jpeg_read_header(&job->reader, TRUE);
    // A block of 64 pixels costs at least a bit, so a byte makes no more than 512 pixels; twice that, to be
    // safe.
    job->code = image_check_size(job->what, job->reader.image_width, job->reader.image_height, size, 1024.0);
    if (job->code)
        return;
    *width = (int)job->reader.image_width;
    *height = (int)job->reader.image_height;
    if (!header_only)
        read_pixels(job);
}

int image_jpeg_decode(image_pixels *out, int *width, int *height, const uint8_t *data, size_t size,
                      const char *what)
{
    jpeg_job *job = sp_calloc(1, sizeof *job);
    if (!job)
        return SP_ENOMEM;
    install_errors(job);
    job->what = what;
    job->reader.err = &job->errors;
    read_guarded(job, width, height, data, size, out == NULL);
    jpeg_destroy_decompress(&job->reader);
    int code = job->code;
    if (code || !out)
        free(job->pixels.data);
    else
        *out = job->pixels;
    free(job);
    return code;
}

static void write_guarded(jpeg_job *job)
{
    if (setjmp(job->jump)) {
        job->code = sp_error(SP_EIO, "%s: cannot be written as JPEG (%s)", job->what, job->message);
        return;
    }
    struct jpeg_compress_struct *writer = &job->writer;
    const image_pixels *pixels = &job->pixels;
    jpeg_create_compress(writer);
    jpeg_mem_dest(writer, &job->encoded, &job->encoded_size);
    writer->image_width = (JDIMENSION)pixels->width;
    writer->image_height = (JDIMENSION)pixels->height;
    writer->input_components = pixels->channels;
    writer->in_color_space = pixels->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(writer);
    jpeg_set_quality(writer, QUALITY, TRUE);
    // Full-resolution chroma: coloured edges matter to mattes and to the optimiser.
    writer->comp_info[0].h_samp_factor = 1;
    writer->comp_info[0].v_samp_factor = 1;
    jpeg_start_compress(writer, TRUE);
    size_t stride = (size_t)pixels->width * (size_t)pixels->channels;
    while (writer->next_scanline < writer->image_height) {
        JSAMPROW row = pixels->data + (size_t)writer->next_scanline * stride;
        jpeg_write_scanlines(writer, &row, 1);
    }
    jpeg_finish_compress(writer);
}

int image_jpeg_encode(image_bytes *out, const image_pixels *pixels, const char *what)
{
    jpeg_job *job = sp_calloc(1, sizeof *job);
    if (!job)
        return SP_ENOMEM;
    install_errors(job);
    job->what = what;
    job->writer.err = &job->errors;
    job->pixels = *pixels;
    write_guarded(job);
    jpeg_destroy_compress(&job->writer);
    int code = job->code;
    if (code)
        free(job->encoded);
    else
        *out = (image_bytes){job->encoded, job->encoded_size, job->encoded_size};
    free(job);
    return code;
}
