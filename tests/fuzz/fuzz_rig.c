// rig.json: whatever loads is valid, saves, and loads again.
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "../../src/rig/rig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sp_rig rig, again;
    if (rig_parse(&rig, (const char *)data, size, "fuzz") != SP_OK)
        return 0;
    const char *path = fuzz_file((const uint8_t *)"", 0, ".json");
    if (sp_rig_validate(&rig, "fuzz") || sp_rig_save(&rig, path) || sp_rig_load(&again, path))
        abort(); // what was accepted has to be usable
    sp_rig_free(&again);
    sp_rig_free(&rig);
    return 0;
}
