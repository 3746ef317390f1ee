// report.json of a stage. Internal to replay.
#ifndef REPLAY_REPORT_H
#define REPLAY_REPORT_H

#include <stillpoint/replay.h>

// {"format", "version", "stage"}; NULL when memory runs out.
sp_json *replay_report_new(const char *stage);
// Add the ledger as it stands and write FOLDER/report.json; *report is consumed.
int replay_report_save(sp_json **report, const sp_ledger *ledger, const char *folder);

#endif
