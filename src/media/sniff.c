// What a file is, from its first bytes: FFmpeg takes a text file named .txt for ANSI art, and its own answer
// to anything else it cannot open is "Invalid data found", which helps nobody.
#include "source.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SNIFF_BYTES 4096

typedef struct magic {
    int offset;
    const char *bytes;
    int size;
    media_kind kind;
    const char *what;
} magic;

static const magic magics[] = {
    {0, "\x89PNG\r\n\x1a\n", 8, MEDIA_KIND_PICTURE, "a PNG picture"},
    {0, "\xff\xd8\xff", 3, MEDIA_KIND_PICTURE, "a JPEG picture"},
    {4, "ftyp", 4, MEDIA_KIND_UNKNOWN,
     "an MP4 or MOV; when its recording was cut off before the end, the index that is written last is "
     "missing"},
    {0, "#EXTM3U", 7, MEDIA_KIND_UNKNOWN, "an HLS playlist"},
    {0, "ply", 3, MEDIA_KIND_OTHER, "a PLY file (points or splats)"},
    {0, "PK\x03\x04", 4, MEDIA_KIND_OTHER, "a ZIP archive"},
    {0, "\x1f\x8b", 2, MEDIA_KIND_OTHER, "a gzip archive"},
    {0, "%PDF", 4, MEDIA_KIND_OTHER, "a PDF document"},
    {0,
     "\x7f"
     "ELF",
     4, MEDIA_KIND_OTHER, "a program"},
    {0, "SQLite format 3", 15, MEDIA_KIND_OTHER, "an SQLite database"},
};

// Text: no control characters but white space and escape, and few bytes that are not ASCII.
static bool is_text(const unsigned char *bytes, size_t size)
{
    size_t high = 0;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] < 32 && !isspace(bytes[i]) && bytes[i] != 27)
            return false;
        high += bytes[i] >= 127;
    }
    return high * 2 <= size;
}

static char *describe_text(const char *bytes, size_t size)
{
    const char *kind = "text";
    while (size > 0 && isspace((unsigned char)*bytes)) {
        bytes++;
        size--;
    }
    if (size == 0)
        return sp_strdup("white space only");
    if (*bytes == '{' || *bytes == '[')
        kind = "JSON or similar text";
    else if (size > 5 && (!strncasecmp(bytes, "<!doc", 5) || !strncasecmp(bytes, "<html", 5)))
        kind = "a web page (a failed download?)";
    else if (*bytes == '<')
        kind = "XML";
    char start[33];
    size_t n = 0;
    while (n < size && n < sizeof start - 1 && isprint((unsigned char)bytes[n]))
        n++;
    memcpy(start, bytes, n);
    start[n] = 0;
    return sp_format("%s (it begins with \"%s\")", kind, start);
}

static char *describe(media_kind *kind, const char *bytes, size_t size)
{
    if (size == 0) {
        *kind = MEDIA_KIND_OTHER;
        return sp_strdup("empty (0 bytes)");
    }
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++) {
        const magic *m = &magics[i];
        if ((size_t)(m->offset + m->size) <= size && !memcmp(bytes + m->offset, m->bytes, (size_t)m->size)) {
            *kind = m->kind;
            return sp_strdup(m->what);
        }
    }
    if (is_text((const unsigned char *)bytes, size)) {
        *kind = MEDIA_KIND_OTHER;
        return describe_text(bytes, size);
    }
    *kind = MEDIA_KIND_UNKNOWN;
    bool is_zero = true;
    for (size_t i = 0; i < size && is_zero; i++)
        is_zero = bytes[i] == 0;
    return sp_strdup(is_zero ? "filled with zeros (an interrupted copy?)" : "of no kind that is known here");
}

int media_sniff(media_kind *kind, char **what, const char *path)
{
    char bytes[SNIFF_BYTES];
    FILE *file = fopen(path, "rb");
    if (!file)
        return sp_error(SP_ENOENT, "%s cannot be opened: %s", path, strerror(errno));
    size_t size = fread(bytes, 1, sizeof bytes, file);
    bool has_failed = ferror(file);
    int cause = errno;
    fclose(file);
    if (has_failed)
        return sp_error(SP_ENOENT, "%s cannot be read: %s", path, strerror(cause));
    media_kind found;
    char *text = describe(&found, bytes, size);
    if (!text)
        return SP_ENOMEM;
    *kind = found;
    *what = text;
    return 0;
}
