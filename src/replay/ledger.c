#include <stillpoint/replay.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sp_ledger_begin(sp_ledger *ledger, const char *stage)
{
    if (!ledger)
        return;
    sp_ledger_end(ledger);
    snprintf(ledger->running, sizeof ledger->running, "%s", stage);
    sp_memory_peak_reset();
    ledger->begin_s = sp_time_s();
}

// The row of a stage, new at the end when it has none; NULL when memory runs out.
static sp_ledger_stage *row_of(sp_ledger *ledger, const char *stage)
{
    for (int i = 0; i < ledger->count; i++)
        if (strcmp(ledger->stages[i].name, stage) == 0)
            return &ledger->stages[i];
    if (ledger->count == ledger->capacity) {
        int capacity = ledger->capacity ? 2 * ledger->capacity : 8;
        sp_ledger_stage *stages = realloc(ledger->stages, (size_t)capacity * sizeof *stages);
        if (!stages)
            return NULL;
        ledger->stages = stages;
        ledger->capacity = capacity;
    }
    sp_ledger_stage *row = &ledger->stages[ledger->count++];
    *row = (sp_ledger_stage){0};
    snprintf(row->name, sizeof row->name, "%s", stage);
    return row;
}

void sp_ledger_end(sp_ledger *ledger)
{
    if (!ledger || !ledger->running[0])
        return;
    double seconds = sp_time_s() - ledger->begin_s;
    int64_t peak = sp_memory_peak();
    sp_ledger_stage *row = row_of(ledger, ledger->running);
    if (row) {
        row->seconds += seconds;
        row->peak_bytes = peak > row->peak_bytes ? peak : row->peak_bytes;
        row->runs++;
    }
    ledger->running[0] = '\0';
}

double sp_ledger_seconds(const sp_ledger *ledger)
{
    double sum = 0;
    for (int i = 0; i < ledger->count; i++)
        sum += ledger->stages[i].seconds;
    return sum;
}

static sp_json *row_json(const sp_ledger_stage *row)
{
    sp_json *out = sp_json_object();
    if (!out)
        return NULL;
    int code = sp_json_set_string(out, "stage", row->name);
    if (code == SP_OK)
        code = sp_json_set_number(out, "seconds", round(row->seconds * 1000) / 1000);
    if (code == SP_OK)
        code = sp_json_set_number(out, "peak_mib", round((double)row->peak_bytes / 104857.6) / 10);
    if (code == SP_OK)
        code = sp_json_set_int(out, "runs", row->runs);
    if (code < 0)
        sp_json_free(&out);
    return out;
}

sp_json *sp_ledger_json(const sp_ledger *ledger)
{
    sp_json *out = sp_json_array();
    for (int i = 0; out && i < ledger->count; i++) {
        sp_json *row = row_json(&ledger->stages[i]);
        if (!row || sp_json_append(out, &row) < 0)
            sp_json_free(&out);
    }
    return out;
}

void sp_ledger_free(sp_ledger *ledger)
{
    free(ledger->stages);
    *ledger = (sp_ledger){0};
}
