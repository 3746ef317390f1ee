#include "choose.h"

#include <stdlib.h>

int replay_choose(bool **chosen, int *count, const sp_take *take, const sp_camera_choice *choice, int least)
{
    bool has_feed = false;
    for (int i = 0; i < take->rig.count; i++)
        has_feed = has_feed || take->feeds[i].feed;
    if (!has_feed)
        return sp_error(SP_ENOENT, "%s: the take has no feeds; import it again with --feeds DIR",
                        take->folder);
    bool *list = sp_calloc((size_t)take->rig.count, sizeof *list);
    if (!list)
        return SP_ENOMEM;
    int code = sp_take_choose(list, take, choice), sum = 0;
    for (int i = 0; code == SP_OK && i < take->rig.count; i++)
        sum += list[i];
    if (code == SP_OK && sum < least)
        code =
            sp_error(SP_EINVAL,
                     "%s: %d camera%s with a feed take%s part, at least %d must; give more feeds or choose "
                     "more cameras",
                     take->folder, sum, sum == 1 ? "" : "s", sum == 1 ? "s" : "", least);
    if (code < 0) {
        free(list);
        return code;
    }
    *chosen = list;
    *count = sum;
    return SP_OK;
}

int replay_check_times(const double *times, int count, sp_take *take, const bool *chosen)
{
    double begin, end;
    int code = sp_take_span(&begin, &end, take, chosen);
    if (code < 0)
        return code;
    double slack = 0.5 / fmax(sp_rational_value(take->fps), 1e-3);
    for (int i = 0; i < count; i++)
        if (!(times[i] >= begin - slack && times[i] <= end + slack))
            return sp_error(SP_EINVAL,
                            "the instant %.3f s is outside the footage, which goes from %.3f to %.3f s",
                            times[i], begin, end);
    return SP_OK;
}
