// The one callback of all long work.
#include <stillpoint/base.h>

int sp_progress_step(const sp_progress *progress, const char *stage, double done, double total)
{
    if (!progress || !progress->step || progress->step(progress->user, stage, done, total))
        return SP_OK;
    return sp_error(SP_ECANCELLED, "cancelled during %s", stage ? stage : "work");
}
