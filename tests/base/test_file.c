// Files appear whole or not at all; folders; paths.
#include "../support.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char *content(const char *path)
{
    char *text = NULL;
    assert_int_equal(sp_file_read(&text, NULL, path, 1 << 20), SP_OK);
    return text;
}

static void assert_content(const char *path, const char *expected)
{
    char *text = content(path);
    assert_string_equal(text, expected);
    free(text);
}

static void written_is_read(void **state)
{
    (void)state;
    char *folder = support_folder(), *path = sp_path_join(folder, "a.txt");
    assert_int_equal(sp_file_write(path, "one", 3), SP_OK);
    assert_content(path, "one");
    assert_int_equal(sp_file_write(path, "", 0), SP_OK);
    assert_content(path, "");
    assert_int_equal(support_count(folder), 1);
    free(path);
    support_folder_end(folder);
}

static void reading_names_the_file(void **state)
{
    (void)state;
    char *folder = support_folder(), *path = sp_path_join(folder, "none.json");
    char *text = NULL;
    assert_int_equal(sp_file_read(&text, NULL, path, 100), SP_ENOENT);
    assert_non_null(strstr(sp_error_text(), "none.json: no such file"));
    assert_int_equal(sp_file_read(&text, NULL, folder, 100), SP_ENOENT);
    assert_non_null(strstr(sp_error_text(), "is a folder"));
    assert_int_equal(sp_file_write(path, "12345", 5), SP_OK);
    assert_int_equal(sp_file_read(&text, NULL, path, 4), SP_EFORMAT);
    assert_null(text);
    size_t size = 0;
    assert_int_equal(sp_file_read(&text, &size, path, 5), SP_OK);
    assert_int_equal(size, 5);
    free(text);
    // Files of /proc have no size and have to be read to their end.
    assert_int_equal(sp_file_read(&text, &size, "/proc/self/status", 1 << 20), SP_OK);
    assert_true(size > 100 && strlen(text) == size);
    free(text);
    free(path);
    support_folder_end(folder);
}

// A limit on the size of files stands in for a full disk: write() fails half-way in both.
static void full_disk_leaves_the_old_file(void **state)
{
    (void)state;
    char *folder = support_folder(), *path = sp_path_join(folder, "cloud.ply");
    assert_int_equal(sp_file_write(path, "old", 3), SP_OK);
    struct rlimit unlimited, small;
    getrlimit(RLIMIT_FSIZE, &unlimited);
    small = unlimited;
    small.rlim_cur = 65536;
    signal(SIGXFSZ, SIG_IGN);
    enum { SIZE = 1 << 20 };
    char *data = sp_calloc(SIZE, 1);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    int status = sp_file_write(path, data, SIZE);
    setrlimit(RLIMIT_FSIZE, &unlimited);
    assert_int_equal(status, SP_EIO);
    assert_non_null(strstr(sp_error_text(), path));
    assert_int_equal(support_count(folder), 1);
    assert_content(path, "old");
    free(data);
    free(path);
    support_folder_end(folder);
}

static void wrong_targets_are_refused(void **state)
{
    (void)state;
    char *folder = support_folder(), *inner = sp_path_join(folder, "none/a.txt");
    assert_int_equal(sp_file_write(inner, "x", 1), SP_EIO);
    assert_non_null(strstr(sp_error_text(), "none/a.txt"));
    assert_int_equal(sp_file_write(folder, "x", 1), SP_EIO);
    assert_non_null(strstr(sp_error_text(), "is a folder"));
    char *pipe_path = sp_path_join(folder, "pipe");
    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    assert_int_equal(sp_file_write(pipe_path, "x", 1), SP_EIO);
    assert_int_equal(support_count(folder), 1);
    if (geteuid() != 0) {
        chmod(folder, 0500);
        char *path = sp_path_join(folder, "a.txt");
        assert_int_equal(sp_file_write(path, "x", 1), SP_EIO);
        free(path);
        chmod(folder, 0700);
    }
    free(pipe_path);
    free(inner);
    support_folder_end(folder);
}

static void aside_keeps_folder_and_ending(void **state)
{
    (void)state;
    const char *paths[] = {"d.x/clip.mp4", "clip.mp4", "/a/plain", ".hidden", "a.tar.gz"};
    const char *starts[] = {"d.x/clip.", "clip.", "/a/plain.", ".hidden.", "a.tar."};
    const char *endings[] = {".mp4", ".mp4", "", "", ".gz"};
    for (int i = 0; i < 5; i++) {
        char *aside = sp_file_aside(paths[i]), *another = sp_file_aside(paths[i]);
        assert_int_equal(strncmp(aside, starts[i], strlen(starts[i])), 0);
        assert_string_equal(aside + strlen(aside) - strlen(endings[i]), endings[i]);
        assert_string_not_equal(aside, another);
        free(aside);
        free(another);
    }
}

static void folders_are_committed_and_replaced(void **state)
{
    (void)state;
    char *folder = support_folder(), *path = sp_path_join(folder, "moment");
    for (int round = 0; round < 2; round++) {
        char *aside = sp_file_aside(path);
        char *file = sp_path_join(aside, "sub/a.txt"), *sub = sp_path_join(aside, "sub");
        assert_int_equal(sp_folder_make(sub), SP_OK);
        assert_int_equal(sp_file_write(file, round ? "new" : "old", 3), SP_OK);
        assert_int_equal(sp_file_commit(aside, path), SP_OK);
        free(sub);
        free(file);
        free(aside);
        file = sp_path_join(path, "sub/a.txt");
        assert_content(file, round ? "new" : "old");
        free(file);
        assert_int_equal(support_count(folder), 1);
    }
    char *aside = sp_file_aside(path), *sub = sp_path_join(aside, "x/y/z");
    assert_int_equal(sp_folder_make(sub), SP_OK);
    sp_file_discard(aside);
    assert_int_equal(support_count(folder), 1);
    free(sub);
    free(aside);
    free(path);
    support_folder_end(folder);
}

static void removal_does_not_follow_links(void **state)
{
    (void)state;
    char *folder = support_folder();
    char *kept = sp_path_join(folder, "kept"), *gone = sp_path_join(folder, "gone");
    char *file = sp_path_join(kept, "a.txt"), *link = sp_path_join(gone, "link");
    assert_int_equal(sp_folder_make(kept), SP_OK);
    assert_int_equal(sp_folder_make(gone), SP_OK);
    assert_int_equal(sp_file_write(file, "x", 1), SP_OK);
    assert_int_equal(symlink(kept, link), 0);
    assert_int_equal(sp_folder_remove(gone), SP_OK);
    assert_false(sp_file_exists(gone));
    assert_true(sp_file_exists(file));
    assert_int_equal(sp_folder_remove(gone), SP_OK);
    assert_int_equal(sp_folder_remove(file), SP_EIO);
    assert_int_equal(sp_folder_make(file), SP_EIO);
    assert_non_null(strstr(sp_error_text(), "is a file"));
    free(link);
    free(file);
    free(gone);
    free(kept);
    support_folder_end(folder);
}

static void names_come_in_natural_order(void **state)
{
    (void)state;
    const char *ordered[] = {"a", "cam1", "cam02", "cam2", "cam2.5", "cam10", "cam10a", "cam100", "d"};
    enum { COUNT = sizeof ordered / sizeof *ordered };
    char *folder = support_folder();
    for (int i = 0; i < COUNT; i++) {
        char *path = sp_path_join(folder, ordered[(i * 5 + 3) % COUNT]);
        assert_int_equal(sp_file_write(path, "", 0), SP_OK);
        free(path);
    }
    char **names;
    int count;
    assert_int_equal(sp_folder_list(&names, &count, folder), SP_OK);
    assert_int_equal(count, COUNT);
    for (int i = 0; i < COUNT; i++)
        assert_string_equal(names[i], ordered[i]);
    sp_names_free(&names, count);
    assert_null(names);
    char *none = sp_path_join(folder, "none");
    assert_int_equal(sp_folder_list(&names, &count, none), SP_ENOENT);
    free(none);
    support_folder_end(folder);
}

static void assert_joined(const char *folder, const char *name, const char *expected)
{
    char *path = sp_path_join(folder, name);
    assert_string_equal(path, expected);
    free(path);
}

static void assert_stem(const char *path, const char *expected)
{
    char *stem = sp_path_stem(path);
    assert_string_equal(stem, expected);
    free(stem);
}

static void paths_are_taken_apart(void **state)
{
    (void)state;
    assert_joined("a", "b", "a/b");
    assert_joined("a/", "b/c", "a/b/c");
    assert_joined("a", "/b", "/b");
    assert_joined("", "b", "b");
    assert_joined("/", "b", "/b");
    assert_string_equal(sp_path_name("a/b.mp4"), "b.mp4");
    assert_string_equal(sp_path_name("b"), "b");
    assert_stem("feeds/cam07.mp4", "cam07");
    assert_stem("a.b/c", "c");
    assert_stem("moments/jump/", "jump");
    assert_stem(".hidden", ".hidden");
    assert_stem("a.tar.gz", "a.tar");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_is_read),
        cmocka_unit_test(reading_names_the_file),
        cmocka_unit_test(full_disk_leaves_the_old_file),
        cmocka_unit_test(wrong_targets_are_refused),
        cmocka_unit_test(aside_keeps_folder_and_ending),
        cmocka_unit_test(folders_are_committed_and_replaced),
        cmocka_unit_test(removal_does_not_follow_links),
        cmocka_unit_test(names_come_in_natural_order),
        cmocka_unit_test(paths_are_taken_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
