// Fields that take.json and moment.json have in common.
#include "take.h"

#include <math.h>
#include <string.h>

// Rates are met as 29.97 as well as 30000/1001: the usual NTSC fractions first, then thousandths.
static sp_rational rate_from(double value)
{
    double whole = rint(value), ntsc = rint(value * 1.001);
    if (fabs(value - whole) < 1e-9)
        return (sp_rational){(int)whole, 1};
    if (fabs(value - ntsc / 1.001) < 0.005)
        return (sp_rational){(int)ntsc * 1000, 1001};
    return (sp_rational){(int)rint(value * 1000), 1000};
}

int take_read_fps(sp_rational *fps, const sp_json *document, const char *what)
{
    const sp_json *field = sp_json_get(document, "fps");
    double pair[2];
    int ret = 0;
    if (!field)
        return 0;
    if (sp_json_is_array(field)) {
        ret = sp_json_numbers(pair, 2, document, "fps", what);
        if (ret)
            return ret;
        if (!(pair[0] >= 1 && pair[0] <= 1e9 && pair[1] >= 1 && pair[1] <= 1e6 && pair[0] == floor(pair[0]) &&
              pair[1] == floor(pair[1])))
            return sp_error(SP_EFORMAT, "%s: field 'fps' [%g, %g] is not a frame rate such as [30000, 1001]",
                            what, pair[0], pair[1]);
        *fps = (sp_rational){(int)pair[0], (int)pair[1]};
        return 0;
    }
    ret = sp_json_number(pair, document, "fps", what);
    if (ret)
        return ret;
    if (!(pair[0] >= 0.001 && pair[0] <= 1e6))
        return sp_error(SP_EFORMAT, "%s: field 'fps' %g is not a frame rate", what, pair[0]);
    *fps = rate_from(pair[0]);
    return 0;
}

int take_write_fps(sp_json *document, sp_rational fps)
{
    double pair[2] = {fps.num, fps.den};
    return sp_json_set_numbers(document, "fps", pair, 2);
}

const sp_json *take_find_entry(const sp_json *document, const char *id)
{
    const sp_json *list = sp_json_get(document, "cameras");
    for (int i = 0; list && i < sp_json_length(list); i++) {
        const sp_json *entry = sp_json_at(list, i);
        const char *name = NULL;
        if (sp_json_is_object(entry) && !sp_json_string_or(&name, entry, "id", NULL, "") && name &&
            !strcmp(name, id))
            return entry;
    }
    return NULL;
}
