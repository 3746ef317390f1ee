#include "report.h"

#include <stdlib.h>

#include "folder.h"

sp_json *replay_report_new(const char *stage)
{
    sp_json *report = sp_json_object();
    if (!report)
        return NULL;
    if (sp_json_set_string(report, "format", "stillpoint-report") < 0 ||
        sp_json_set_int(report, "version", 1) < 0 || sp_json_set_string(report, "stage", stage) < 0)
        sp_json_free(&report);
    return report;
}

int replay_report_save(sp_json **report, const sp_ledger *ledger, const char *folder)
{
    int code = SP_OK;
    if (ledger) {
        sp_json *stages = sp_ledger_json(ledger);
        code = stages ? sp_json_set(*report, "stages", &stages) : SP_ENOMEM;
    }
    char *path = replay_path(folder, "report.json");
    if (code == SP_OK)
        code = path ? sp_json_save(*report, path) : SP_ENOMEM;
    free(path);
    sp_json_free(report);
    return code;
}
