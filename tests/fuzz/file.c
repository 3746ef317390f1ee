// Scratch files for targets whose parser takes a path.
#include "fuzz.h"

#include <stillpoint/base.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILES_MAX = 16 };

static char *names[FILES_MAX];

static void remove_files(void)
{
    for (int i = 0; i < FILES_MAX && names[i]; i++) {
        unlink(names[i]);
        free(names[i]);
    }
}

// A name per ending and process, removed when the process ends.
static const char *scratch_name(const char *ending)
{
    int i = 0;
    for (; i < FILES_MAX && names[i]; i++) {
        size_t length = strlen(names[i]), tail = strlen(ending);
        if (length > tail && strcmp(names[i] + length - tail, ending) == 0)
            return names[i];
    }
    if (i == FILES_MAX)
        abort();
    if (i == 0)
        atexit(remove_files);
    const char *folder = getenv("TMPDIR");
    names[i] = sp_format("%s/stillpoint-fuzz-%ld-%d%s", folder && *folder ? folder : "/tmp", (long)getpid(),
                         i, ending);
    return names[i];
}

const char *fuzz_file(const uint8_t *data, size_t size, const char *ending)
{
    const char *name = scratch_name(ending);
    FILE *file = fopen(name, "wb");
    if (!file || (size > 0 && fwrite(data, 1, size, file) != size) || fclose(file) != 0)
        abort();
    return name;
}
