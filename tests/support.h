// What many tests need: an empty folder of their own, and the entries of a folder counted.
#ifndef STILLPOINT_TESTS_SUPPORT_H
#define STILLPOINT_TESTS_SUPPORT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stillpoint/base.h>

#include <stdio.h>
#include <stdlib.h>

// A fresh folder for this test. End it with support_folder_end().
static inline char *support_folder(void)
{
    const char *parent = getenv("TMPDIR");
    char *path = sp_format("%s/stillpoint-test-XXXXXX", parent && *parent ? parent : "/tmp");
    assert_non_null(path);
    assert_non_null(mkdtemp(path));
    return path;
}

static inline void support_folder_end(char *path)
{
    assert_int_equal(sp_folder_remove(path), SP_OK);
    free(path);
}

static inline int support_count(const char *path)
{
    char **names;
    int count;
    assert_int_equal(sp_folder_list(&names, &count, path), SP_OK);
    sp_names_free(&names, count);
    return count;
}

// The truth lies in shared data that not every checkout has: NULL there, and the test skips.
static inline const char *support_shared(void)
{
    const char *path = getenv("STILLPOINT_SHARED");
    return path && *path ? path : NULL;
}

// Under a sanitizer tests shrink their sizes.
static inline int support_is_sanitized(void)
{
    return getenv("STILLPOINT_SANITIZE") != NULL;
}

#endif
