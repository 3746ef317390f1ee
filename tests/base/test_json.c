// Documents: errors name file and field, values and order survive, files are whole.
#include "../support.h"

#include <stillpoint/json.h>

#include <math.h>
#include <string.h>

static sp_json *parse(const char *text)
{
    sp_json *document = NULL;
    if (sp_json_parse(&document, text, strlen(text), "test.json") != SP_OK)
        fail_msg("%s", sp_error_text());
    return document;
}

static void assert_says(const char *what)
{
    if (!strstr(sp_error_text(), what))
        fail_msg("'%s' does not say '%s'", sp_error_text(), what);
}

static void syntax_errors_name_the_place(void **state)
{
    (void)state;
    const char *bad[] = {"",         "{",        "{\"a\": 1,\n \"b\" 2}",
                         "[1, NaN]", "[1e999]",  "{\"a\": 1, \"a\": 2}",
                         "\"\xff\"", "nonsense", "{} {}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        sp_json *document = NULL;
        assert_int_equal(sp_json_parse(&document, bad[i], strlen(bad[i]), "rig.json"), SP_EFORMAT);
        assert_null(document);
        assert_says("rig.json: line ");
    }
    sp_json *document = NULL;
    assert_int_equal(sp_json_parse(&document, bad[2], strlen(bad[2]), "rig.json"), SP_EFORMAT);
    assert_says("line 2");
    assert_int_equal(sp_json_load(&document, "/none/take.json"), SP_ENOENT);
    assert_says("/none/take.json");
}

static void wrong_types_name_file_and_field(void **state)
{
    (void)state;
    sp_json *d =
        parse("{\"text\": \"x\", \"number\": 1.5, \"list\": [1, \"2\"], \"flag\": true, \"none\": null}");
    double number = 7;
    int64_t whole = 7;
    bool flag = false;
    const char *text = "kept";
    const char *f = "take.json";
    assert_int_equal(sp_json_number(&number, d, "text", f), SP_EFORMAT);
    assert_says("take.json: field 'text' has to be a number, but is text");
    assert_int_equal(sp_json_number_or(&number, d, "flag", 1, f), SP_EFORMAT);
    assert_says("field 'flag'");
    assert_int_equal(sp_json_int(&whole, d, "number", f), SP_EFORMAT);
    assert_says("field 'number' has to be a whole number, but is 1.5");
    assert_int_equal(sp_json_bool_or(&flag, d, "number", true, f), SP_EFORMAT);
    assert_int_equal(sp_json_string(&text, d, "list", f), SP_EFORMAT);
    assert_says("has to be text, but is an array");
    assert_int_equal(sp_json_string(&text, d, "none", f), SP_EFORMAT);
    assert_says("field 'none' is missing");
    double list[3] = {7, 7, 7};
    assert_int_equal(sp_json_numbers(list, 2, d, "list", f), SP_EFORMAT);
    assert_says("numbers only");
    assert_int_equal(sp_json_numbers(list, 2, d, "number", f), SP_EFORMAT);
    assert_int_equal(sp_json_number(&number, NULL, "x", f), SP_EFORMAT);
    assert_int_equal(sp_json_number_or(&number, sp_json_get(d, "list"), "x", 2, f), SP_EFORMAT);
    assert_says("an object with the field 'x' is expected, but this is an array");
    // Untouched on failure.
    assert_true(number == 7 && whole == 7 && !flag && list[0] == 7);
    assert_string_equal(text, "kept");
    sp_json_free(&d);
    assert_null(d);
}

static void values_are_read(void **state)
{
    (void)state;
    sp_json *d = parse("{\"w\": 1280.0, \"k\": [[1, 2], [3, 4.5]], \"b\": true, \"s\": \"\\u00fc\", \"big\": "
                       "9007199254740993, \"huge\": 1e30}");
    int64_t whole;
    assert_int_equal(sp_json_int(&whole, d, "w", "t"), SP_OK);
    assert_int_equal(whole, 1280);
    assert_int_equal(sp_json_int(&whole, d, "big", "t"), SP_OK);
    assert_true(whole == 9007199254740993);
    assert_int_equal(sp_json_int(&whole, d, "huge", "t"), SP_EFORMAT);
    double k[4];
    assert_int_equal(sp_json_numbers(k, 4, d, "k", "t"), SP_OK);
    assert_true(k[0] == 1 && k[1] == 2 && k[2] == 3 && k[3] == 4.5);
    assert_int_equal(sp_json_numbers(k, 3, d, "k", "t"), SP_EFORMAT);
    assert_says("has to hold 3 numbers, but holds 4");
    bool flag;
    assert_int_equal(sp_json_bool_or(&flag, d, "b", false, "t"), SP_OK);
    assert_true(flag);
    const char *text;
    assert_int_equal(sp_json_string(&text, d, "s", "t"), SP_OK);
    assert_string_equal(text, "\xc3\xbc");
    assert_int_equal(sp_json_string_or(&text, d, "none", "else", "t"), SP_OK);
    assert_string_equal(text, "else");
    double number;
    assert_int_equal(sp_json_number_or(&number, d, "none", 2.5, "t"), SP_OK);
    assert_true(number == 2.5);
    assert_true(isnan(sp_json_value(sp_json_get(d, "s"))));
    assert_true(sp_json_value(sp_json_at(sp_json_at(sp_json_get(d, "k"), 1), 1)) == 4.5);
    assert_null(sp_json_at(sp_json_get(d, "k"), 2));
    assert_null(sp_json_at(sp_json_get(d, "k"), -1));
    sp_json_free(&d);
}

static void format_and_version_are_checked(void **state)
{
    (void)state;
    const struct {
        const char *text, *says;
    } bad[] = {{"{}", "'format' is missing"},
               {"{\"format\": \"other\", \"version\": 1}", "'format' is 'other', but 'ours' is expected"},
               {"{\"format\": \"ours\"}", "'version' is missing"},
               {"{\"format\": \"ours\", \"version\": 3}", "'version' is 3, but this program knows 1 to 2"},
               {"{\"format\": \"ours\", \"version\": 0}", "'version' is 0"},
               {"[]", "is an array"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        sp_json *d = parse(bad[i].text);
        assert_int_equal(sp_json_check_format(d, "ours", 2, "f"), SP_EFORMAT);
        assert_says(bad[i].says);
        sp_json_free(&d);
    }
    sp_json *d = parse("{\"format\": \"ours\", \"version\": 2}");
    assert_int_equal(sp_json_check_format(d, "ours", 2, "f"), SP_OK);
    sp_json_free(&d);
}

static void text_is_compact_and_in_order(void **state)
{
    (void)state;
    sp_json *d = sp_json_object(), *list = sp_json_array(), *inner = sp_json_object();
    assert_int_equal(sp_json_set_string(d, "z", "a \"b\"\\\n\t\x01"), SP_OK);
    assert_int_equal(sp_json_set_number(d, "a", 0.1), SP_OK);
    assert_int_equal(sp_json_set_number(d, "whole", 60), SP_OK);
    assert_int_equal(sp_json_set_int(d, "m", -3), SP_OK);
    assert_int_equal(sp_json_set_bool(d, "flag", false), SP_OK);
    assert_int_equal(sp_json_append_number(list, 29.97), SP_OK);
    assert_int_equal(sp_json_append_string(list, "x"), SP_OK);
    assert_int_equal(sp_json_append(list, &inner), SP_OK);
    assert_null(inner);
    assert_int_equal(sp_json_set(d, "list", &list), SP_OK);
    assert_null(list);
    assert_int_equal(sp_json_set_int(d, "z2", 1), SP_OK);
    sp_json_remove(d, "z2");
    sp_json_remove(d, "never there");
    char *text = sp_json_text(d);
    assert_string_equal(text,
                        "{\"z\": \"a \\\"b\\\"\\\\\\n\\t\\u0001\", \"a\": 0.1, \"whole\": 60, \"m\": -3, "
                        "\"flag\": false, \"list\": [29.97, \"x\", {}]}");
    free(text);
    const char *keys[] = {"z", "a", "whole", "m", "flag", "list"};
    assert_int_equal(sp_json_length(d), 6);
    for (int i = 0; i < 6; i++) {
        const sp_json *value = NULL;
        assert_string_equal(sp_json_key_at(d, i, &value), keys[i]);
        assert_ptr_equal(value, sp_json_get(d, keys[i]));
    }
    assert_null(sp_json_key_at(d, 6, NULL));
    sp_json_free(&d);
}

static void doubles_keep_every_bit(void **state)
{
    (void)state;
    sp_rng rng = sp_rng_seed(8, 0);
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = sp_rng_u32(&rng);
        bits = bits << 32 | sp_rng_u32(&rng);
        double value, back;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        sp_json *d = sp_json_object();
        assert_int_equal(sp_json_set_number(d, "v", value), SP_OK);
        char *text = sp_json_text(d);
        back = strtod(text + strlen("{\"v\": "), NULL);
        assert_memory_equal(&back, &value, sizeof value);
        free(text);
        sp_json_free(&d);
    }
}

static void what_json_cannot_hold_is_refused(void **state)
{
    (void)state;
    sp_json *d = sp_json_object();
    assert_int_equal(sp_json_set_number(d, "fx", NAN), SP_EINVAL);
    assert_says("'fx'");
    const double list[] = {1, INFINITY};
    assert_int_equal(sp_json_set_numbers(d, "pose", list, 2), SP_EINVAL);
    assert_says("'pose'");
    assert_int_equal(sp_json_set_string(d, "name", "\xff"), SP_EINVAL);
    assert_says("'name'");
    assert_int_equal(sp_json_length(d), 0);
    sp_json_free(&d);
}

static void saved_is_readable_and_loads_again(void **state)
{
    (void)state;
    char *folder = support_folder(), *path = sp_path_join(folder, "rig.json");
    sp_json *d =
        parse("{\"name\": \"x\", \"matrix\": [[1, 0], [0, 1]], \"empty\": {}, \"long\": [0.1234567890123, "
              "0.1234567890123, 0.1234567890123, 0.1234567890123, 0.1234567890123, 0.1234567890123]}");
    assert_int_equal(sp_json_save(d, path), SP_OK);
    char *text;
    assert_int_equal(sp_file_read(&text, NULL, path, 10000), SP_OK);
    assert_string_equal(
        text, "{\n  \"name\": \"x\",\n  \"matrix\": [[1, 0], [0, 1]],\n  \"empty\": {},\n  \"long\": [\n"
              "    0.1234567890123,\n    0.1234567890123,\n    0.1234567890123,\n"
              "    0.1234567890123,\n    0.1234567890123,\n    0.1234567890123\n  ]\n}\n");
    free(text);
    sp_json *again = NULL;
    assert_int_equal(sp_json_load(&again, path), SP_OK);
    char *a = sp_json_text(d), *b = sp_json_text(again);
    assert_string_equal(a, b);
    free(a);
    free(b);
    sp_json_free(&d);
    sp_json_free(&again);
    free(path);
    support_folder_end(folder);
}

static void unknown_fields_survive(void **state)
{
    (void)state;
    sp_json *ours = parse("{\"a\": 1}"), *theirs = parse("{\"b\": {\"c\": [2]}, \"a\": 9}");
    assert_int_equal(sp_json_merge_missing(ours, theirs), SP_OK);
    sp_json_free(&theirs);
    sp_json *copy = sp_json_copy(ours);
    sp_json_free(&ours);
    char *text = sp_json_text(copy);
    assert_string_equal(text, "{\"a\": 1, \"b\": {\"c\": [2]}}");
    free(text);
    sp_json_free(&copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(syntax_errors_name_the_place),
        cmocka_unit_test(wrong_types_name_file_and_field),
        cmocka_unit_test(values_are_read),
        cmocka_unit_test(format_and_version_are_checked),
        cmocka_unit_test(text_is_compact_and_in_order),
        cmocka_unit_test(doubles_keep_every_bit),
        cmocka_unit_test(what_json_cannot_hold_is_refused),
        cmocka_unit_test(saved_is_readable_and_loads_again),
        cmocka_unit_test(unknown_fields_survive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
