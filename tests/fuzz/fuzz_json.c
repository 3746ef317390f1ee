// JSON documents: parse, read fields of every kind, write and parse again.
#include "fuzz.h"

#include <stillpoint/base.h>
#include <stillpoint/json.h>

#include <stdlib.h>
#include <string.h>

static void read_everything(const sp_json *value, int depth)
{
    double number, numbers[9];
    int64_t whole;
    bool flag;
    const char *text;
    sp_json_number(&number, value, "a", "fuzz");
    sp_json_int(&whole, value, "a", "fuzz");
    sp_json_bool_or(&flag, value, "a", true, "fuzz");
    sp_json_string(&text, value, "a", "fuzz");
    sp_json_numbers(numbers, 9, value, "pose", "fuzz");
    sp_json_check_format(value, "stillpoint-rig", 1, "fuzz");
    for (int i = 0; i < sp_json_length(value) && depth < 8; i++) {
        const sp_json *member = NULL;
        if (sp_json_key_at(value, i, &member))
            read_everything(member, depth + 1);
        else if (sp_json_at(value, i))
            read_everything(sp_json_at(value, i), depth + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sp_json *document;
    if (sp_json_parse(&document, (const char *)data, size, "fuzz") != SP_OK)
        return 0;
    read_everything(document, 0);
    char *text = sp_json_text(document);
    sp_json *again;
    if (!text || sp_json_parse(&again, text, strlen(text), "fuzz") != SP_OK)
        abort(); // what we write has to be JSON
    char *text_again = sp_json_text(again);
    if (!text_again || strcmp(text, text_again) != 0)
        abort(); // and mean the same
    free(text);
    free(text_again);
    sp_json_free(&again);
    sp_json_free(&document);
    return 0;
}
