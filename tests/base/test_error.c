// Sentences belong to threads; the log and the progress callback say what they are told.
#include "../support.h"

#include <pthread.h>
#include <string.h>

static void sentence_stands_until_the_next(void **state)
{
    (void)state;
    assert_int_equal(sp_error(SP_EINVAL, "camera '%s': %d", "cam07", 3), SP_EINVAL);
    assert_string_equal(sp_error_text(), "camera 'cam07': 3");
    assert_int_equal(sp_error(SP_EIO, "again: %s", sp_error_text()), SP_EIO);
    assert_string_equal(sp_error_text(), "again: camera 'cam07': 3");
}

static void context_goes_before(void **state)
{
    (void)state;
    sp_error(SP_EFORMAT, "field 'fx' is missing");
    assert_int_equal(sp_error_context(SP_EFORMAT, "%s", "rig.json"), SP_EFORMAT);
    assert_string_equal(sp_error_text(), "rig.json: field 'fx' is missing");
}

static void long_sentences_are_cut(void **state)
{
    (void)state;
    char *text = sp_calloc(10001, 1);
    memset(text, 'x', 10000);
    sp_error(SP_EIO, "%s", text);
    size_t length = strlen(sp_error_text());
    assert_in_range(length, 1000, 9999);
    sp_error_context(SP_EIO, "%s", text);
    assert_int_equal(strlen(sp_error_text()), length);
    free(text);
}

static void *leave_another(void *seen)
{
    *(size_t *)seen = strlen(sp_error_text());
    sp_error(SP_EINVAL, "of another thread");
    return NULL;
}

static void threads_have_their_own(void **state)
{
    (void)state;
    sp_error(SP_EINVAL, "of this thread");
    pthread_t thread;
    size_t seen = 1;
    assert_int_equal(pthread_create(&thread, NULL, leave_another, &seen), 0);
    pthread_join(thread, NULL);
    assert_int_equal(seen, 0);
    assert_string_equal(sp_error_text(), "of this thread");
}

static void codes_have_names(void **state)
{
    (void)state;
    for (int code = SP_EEND; code <= SP_OK; code++) {
        assert_string_not_equal(sp_error_name(code), "unknown error");
        for (int other = SP_EEND; other < code; other++)
            assert_string_not_equal(sp_error_name(code), sp_error_name(other));
    }
    assert_string_equal(sp_error_name(-1000), "unknown error");
}

static void keep_message(void *user, sp_log_level level, const char *message)
{
    snprintf(user, 100, "%d %s", level, message);
}

static void log_reaches_the_sink(void **state)
{
    (void)state;
    char heard[100] = "";
    sp_log(SP_LOG_ERROR, "nobody listens");
    sp_log_set_sink(keep_message, heard);
    sp_log(SP_LOG_WARN, "feed %s", "cam01.mp4");
    assert_string_equal(heard, "1 feed cam01.mp4");
    sp_log_set_sink(NULL, NULL);
    sp_log(SP_LOG_WARN, "nobody listens any more");
    assert_string_equal(heard, "1 feed cam01.mp4");
}

static bool stop_at_half(void *user, const char *stage, double done, double total)
{
    (*(int *)user)++;
    assert_string_equal(stage, "matte");
    return done < total / 2;
}

static void progress_can_cancel(void **state)
{
    (void)state;
    int calls = 0;
    sp_progress progress = {stop_at_half, &calls};
    assert_int_equal(sp_progress_step(NULL, "matte", 9, 10), SP_OK);
    assert_int_equal(sp_progress_step(&progress, "matte", 4, 10), SP_OK);
    assert_int_equal(sp_progress_step(&progress, "matte", 5, 10), SP_ECANCELLED);
    assert_string_equal(sp_error_text(), "cancelled during matte");
    assert_int_equal(calls, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sentence_stands_until_the_next),
        cmocka_unit_test(context_goes_before),
        cmocka_unit_test(long_sentences_are_cut),
        cmocka_unit_test(threads_have_their_own),
        cmocka_unit_test(codes_have_names),
        cmocka_unit_test(log_reaches_the_sink),
        cmocka_unit_test(progress_can_cancel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
