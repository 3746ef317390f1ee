// Which file belongs to which camera, when names agree only in part or not at all.
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "rig.h"

static bool contains(const char *text, const char *part)
{
    // A number must not match the beginning of a longer one: cam1 is not in cam12.
    size_t n = strlen(part);
    for (const char *at = text; n > 0 && (at = strcasestr(at, part)); at++) {
        bool is_cut_before = at > text && isdigit((unsigned char)at[-1]) && isdigit((unsigned char)part[0]);
        bool is_cut_after = isdigit((unsigned char)at[n]) && isdigit((unsigned char)part[n - 1]);
        if (!is_cut_before && !is_cut_after)
            return true;
    }
    return false;
}

static bool fits(const char *id, const char *name, sp_name_match how)
{
    if (how == SP_MATCH_ID)
        return !strcasecmp(id, name);
    return contains(id, name) || contains(name, id);
}

// Give each camera the name that fits it, and return how many have one. A camera or a name that fits several
// is left alone.
static int match_by(int *match, const sp_rig *rig, const char *const *names, int count, sp_name_match how)
{
    int found = 0;
    for (int i = 0; i < rig->count; i++) {
        int fitting = 0;
        match[i] = -1;
        for (int n = 0; n < count; n++) {
            if (how == SP_MATCH_ID && !strcmp(rig->cameras[i].id, names[n])) { // exact beats another case
                fitting = 1;
                match[i] = n;
                break;
            }
            if (fits(rig->cameras[i].id, names[n], how)) {
                fitting++;
                match[i] = n;
            }
        }
        for (int j = 0; j < i && fitting == 1; j++)
            if (match[j] == match[i] && how == SP_MATCH_PART)
                fitting = 2;
        if (fitting != 1)
            match[i] = -1;
        found += match[i] >= 0;
    }
    return found;
}

sp_name_match sp_rig_match_names(int *match, const sp_rig *rig, const char *const *names, int count)
{
    if (match_by(match, rig, names, count, SP_MATCH_ID) > 0)
        return SP_MATCH_ID;
    if (match_by(match, rig, names, count, SP_MATCH_PART) == rig->count && rig->count > 0) {
        sp_log(SP_LOG_INFO, "names agree in part: camera '%s' is taken to be '%s', and so on",
               rig->cameras[0].id, names[match[0]]);
        return SP_MATCH_PART;
    }
    for (int i = 0; i < rig->count; i++)
        match[i] = count == rig->count ? i : -1;
    if (count != rig->count || count == 0)
        return SP_MATCH_NONE;
    sp_log(SP_LOG_WARN,
           "no name agrees with a camera's id, but the numbers do: assumed in order, camera '%s' is '%s', "
           "and so on",
           rig->cameras[0].id, names[0]);
    return SP_MATCH_ORDER;
}
