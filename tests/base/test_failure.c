// Fail the nth allocation, for every n, and the nth file operation: what comes back is an error with a
// sentence, and nothing half-written stays behind. The linker puts the functions below in front of the real
// ones.
#include "../support.h"

#include <stillpoint/json.h>

#include <errno.h>
#include <jansson.h>
#include <string.h>

static int countdown = -1; // operations until one fails; negative: none does

static bool fails_now(void)
{
    return countdown >= 0 && countdown-- == 0;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
int __real_vasprintf(char **out, const char *fmt, va_list args);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
int __wrap_vasprintf(char **out, const char *fmt, va_list args);

void *__wrap_malloc(size_t size)
{
    return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
    return fails_now() ? NULL : __real_realloc(block, size);
}

int __wrap_vasprintf(char **out, const char *fmt, va_list args)
{
    return fails_now() ? -1 : __real_vasprintf(out, fmt, args);
}

ssize_t __real_write(int fd, const void *data, size_t size);
int __real_fsync(int fd);
int __real_rename(const char *from, const char *to);
ssize_t __wrap_write(int fd, const void *data, size_t size);
int __wrap_fsync(int fd);
int __wrap_rename(const char *from, const char *to);

static int disk_countdown = -1;

static bool disk_fails_now(void)
{
    if (disk_countdown < 0 || disk_countdown-- != 0)
        return false;
    errno = ENOSPC;
    return true;
}

ssize_t __wrap_write(int fd, const void *data, size_t size)
{
    return disk_fails_now() ? -1 : __real_write(fd, data, size);
}

int __wrap_fsync(int fd)
{
    return disk_fails_now() ? -1 : __real_fsync(fd);
}

int __wrap_rename(const char *from, const char *to)
{
    return disk_fails_now() ? -1 : __real_rename(from, to);
}

static const char document[] =
    "{\"format\": \"x\", \"cameras\": [{\"id\": \"a\", \"pose\": [1.5, 2, 3]}, {\"id\": \"b\"}]}";

// Read a document, change it, write it elsewhere.
static int rewrite(const char *from, const char *to)
{
    sp_json *d = NULL, *copy = NULL;
    const double numbers[] = {1, 2, 3};
    int status = sp_json_load(&d, from);
    if (status == SP_OK)
        status = (copy = sp_json_copy(d)) ? SP_OK : SP_ENOMEM;
    if (status == SP_OK)
        status = sp_json_set_numbers(copy, "numbers", numbers, 3);
    if (status == SP_OK)
        status = sp_json_save(copy, to);
    sp_json_free(&copy);
    sp_json_free(&d);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    char *folder = support_folder();
    char *from = sp_path_join(folder, "from.json"), *to = sp_path_join(folder, "to.json");
    assert_int_equal(sp_file_write(from, document, strlen(document)), SP_OK);
    json_set_alloc_funcs(__wrap_malloc, free);
    int status = SP_ENOMEM, n = 0;
    for (; status != SP_OK && n < 1000; n++) {
        sp_error(SP_OK, "%s", "");
        countdown = n;
        status = rewrite(from, to);
        countdown = -1;
        if (status != SP_OK) {
            // Jansson takes a string that it has no memory for as one that is missing.
            const char *said = sp_error_text();
            bool is_named = strstr(said, "out of memory") || strstr(said, "from.json: line");
            if (!(is_named && (status == SP_ENOMEM || status == SP_EFORMAT)))
                fail_msg("allocation %d: %d, %s", n, status, said);
            assert_int_equal(support_count(folder), 1);
        }
    }
    json_set_alloc_funcs(malloc, free);
    assert_int_equal(status, SP_OK);
    assert_in_range(n, 20, 999);
    assert_int_equal(support_count(folder), 2);
    free(from);
    free(to);
    support_folder_end(folder);
}

static void lists_and_pools_survive_too(void **state)
{
    (void)state;
    char *folder = support_folder(), *inner = sp_path_join(folder, "a/b/c");
    assert_int_equal(sp_folder_make(inner), SP_OK);
    int status = SP_ENOMEM;
    for (int n = 0; status != SP_OK && n < 100; n++) {
        char **names = NULL;
        int count = 0;
        sp_pool *pool = NULL;
        countdown = n;
        status = sp_folder_list(&names, &count, folder);
        if (status == SP_OK)
            status = sp_pool_open(&pool, 3);
        if (status == SP_OK)
            status = sp_folder_make(inner);
        countdown = -1;
        sp_names_free(&names, count);
        sp_pool_close(&pool);
    }
    assert_int_equal(status, SP_OK);
    free(inner);
    support_folder_end(folder);
}

static void every_disk_operation_may_fail(void **state)
{
    (void)state;
    char *folder = support_folder(), *path = sp_path_join(folder, "a.txt");
    assert_int_equal(sp_file_write(path, "old", 3), SP_OK);
    // write, fsync, rename in turn; syncing the folder after the rename no longer matters to the result.
    for (int n = 0; n < 3; n++) {
        disk_countdown = n;
        int status = sp_file_write(path, "new", 3);
        disk_countdown = -1;
        assert_int_equal(status, SP_EIO);
        assert_non_null(strstr(sp_error_text(), "a.txt: cannot be written: No space left"));
        assert_int_equal(support_count(folder), 1);
        char *text;
        assert_int_equal(sp_file_read(&text, NULL, path, 10), SP_OK);
        assert_string_equal(text, "old");
        free(text);
    }
    free(path);
    support_folder_end(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(lists_and_pools_survive_too),
        cmocka_unit_test(every_disk_operation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
