// Shared by the image tests: a scratch folder, outside tools that may be absent, patterned pictures.
#ifndef TEST_IMAGE_HELPERS_H
#define TEST_IMAGE_HELPERS_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stillpoint/image.h>

// The system's interpreter comes first: it is the one that Debian's numpy and PIL belong to.
#define PYTHON "$(test -x /usr/bin/python3 && echo /usr/bin/python3 || echo python3)"

static char scratch[64];

static int scratch_setup(void **state)
{
    (void)state;
    strcpy(scratch, "/tmp/stillpoint-image-XXXXXX");
    return mkdtemp(scratch) ? 0 : -1;
}

static int scratch_teardown(void **state)
{
    (void)state;
    return sp_folder_remove(scratch);
}

// A path in the scratch folder; valid until the fourth call after.
static inline const char *in_scratch(const char *name)
{
    static char paths[4][256];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", scratch, name);
    return path;
}

// Run a shell command inside the scratch folder; true when it succeeded.
static inline bool run_shell(const char *command)
{
    char *line = sp_format("cd %s && { %s ; } >/dev/null 2>&1", scratch, command);
    assert_non_null(line);
    int status = system(line);
    free(line);
    return status == 0;
}

static inline bool has_tool(const char *check)
{
    return run_shell(check);
}

static inline void assert_ok(int rc)
{
    if (rc)
        fail_msg("%d: %s", rc, sp_error_text());
}

// Smooth and detailed parts in every channel, all values in 0..1.
static inline void fill_pattern(sp_image *image, uint64_t seed, double noise)
{
    sp_rng rng = sp_rng_seed(seed, 7);
    for (int c = 0; c < image->channels; c++)
        for (int y = 0; y < image->height; y++)
            for (int x = 0; x < image->width; x++) {
                double v = 0.5 + 0.3 * ((x * (c + 1) / 7 + y / 5) % 2 ? 1 : -1) * x / image->width +
                           noise * (sp_rng_uniform(&rng) - 0.5);
                sp_image_plane(image, c)[(size_t)y * (size_t)image->width + (size_t)x] = (float)(v < 0   ? 0
                                                                                                 : v > 1 ? 1
                                                                                                         : v);
            }
}

#endif
