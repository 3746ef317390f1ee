// Folders that appear whole, and the way from one to another.
#include "../support.h"

#include "../../src/replay/folder.h"

#include <string.h>
#include <unistd.h>

static char *in(const char *folder, const char *name)
{
    char *path = sp_path_join(folder, name);
    assert_non_null(path);
    return path;
}

static void put(const char *folder, const char *name)
{
    char *path = in(folder, name);
    assert_int_equal(sp_file_write(path, "x", 1), SP_OK);
    free(path);
}

static bool has(const char *folder, const char *name)
{
    char *path = in(folder, name);
    bool is_there = sp_file_exists(path);
    free(path);
    return is_there;
}

static void a_folder_replaces_another_as_a_whole(void **state)
{
    (void)state;
    char *root = support_folder(), *target = in(root, "background"), *aside = NULL;
    assert_int_equal(sp_folder_make(target), SP_OK);
    put(target, "old");
    assert_int_equal(replay_folder_begin(&aside, target), SP_OK);
    put(aside, "new");
    assert_true(has(target, "old")); // untouched until the end
    assert_int_equal(replay_folder_commit(aside, target), SP_OK);
    assert_true(has(target, "new"));
    assert_false(has(target, "old"));
    assert_int_equal(support_count(root), 1);
    free(aside);
    free(target);
    support_folder_end(root);
}

static void a_discarded_folder_leaves_nothing(void **state)
{
    (void)state;
    char *root = support_folder(), *target = in(root, "a/moments/jump"), *aside = NULL;
    assert_int_equal(replay_folder_begin(&aside, target), SP_OK);
    put(aside, "half");
    replay_folder_discard(aside);
    assert_false(sp_file_exists(aside));
    assert_false(sp_file_exists(target));
    replay_folder_discard(NULL);
    free(aside);
    free(target);
    support_folder_end(root);
}

static void merging_keeps_what_was_there(void **state)
{
    (void)state;
    char *root = support_folder(), *target = in(root, "pictures"), *aside = NULL;
    assert_int_equal(sp_folder_make(target), SP_OK);
    put(target, "mine.png");
    put(target, "cam01_000001.png");
    assert_int_equal(replay_folder_begin(&aside, target), SP_OK);
    put(aside, "cam01_000001.png");
    put(aside, "cam02_000001.png");
    assert_int_equal(replay_folder_merge(aside, target), SP_OK);
    assert_int_equal(support_count(target), 3);
    assert_int_equal(support_count(root), 1);
    free(aside);
    free(target);
    support_folder_end(root);
}

static void a_file_in_the_way_is_named(void **state)
{
    (void)state;
    char *root = support_folder(), *under = in(root, "file/moment"), *aside = NULL;
    put(root, "file");
    assert_true(replay_folder_begin(&aside, under) < 0);
    assert_non_null(strstr(sp_error_text(), "file"));
    assert_null(aside);
    free(under);
    support_folder_end(root);
}

static void assert_between(const char *root, const char *from, const char *to, const char *want)
{
    char *a = in(root, from), *b = in(root, to);
    char *got = replay_path_between(a, b);
    assert_non_null(got);
    assert_string_equal(got, want);
    free(a);
    free(b);
    free(got);
}

static void paths_lead_from_one_folder_to_another(void **state)
{
    (void)state;
    char *root = support_folder();
    char *deep = in(root, "take/moments"), *venue = in(root, "take/background"),
         *other = in(root, "takeover/x");
    assert_int_equal(sp_folder_make(deep), SP_OK);
    assert_int_equal(sp_folder_make(venue), SP_OK);
    assert_int_equal(sp_folder_make(other), SP_OK);
    assert_between(root, "take/moments/new", "take", "../..");
    assert_between(root, "take/moments/new", "take/background", "../../background");
    assert_between(root, "takeover/x", "take", "../../take"); // a shared beginning is no shared folder
    assert_between(root, "take/", "take/background", "background");
    assert_between(root, "take", "take", ".");
    free(deep);
    free(venue);
    free(other);
    support_folder_end(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folder_replaces_another_as_a_whole),
        cmocka_unit_test(a_discarded_folder_leaves_nothing),
        cmocka_unit_test(merging_keeps_what_was_there),
        cmocka_unit_test(a_file_in_the_way_is_named),
        cmocka_unit_test(paths_lead_from_one_folder_to_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
