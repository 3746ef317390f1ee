// nerfstudio's transforms.json.
#include "fuzz.h"

#include "../../src/rig/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sp_rig rig;
    if (rig_nerfstudio_parse(&rig, (const char *)data, size, NULL, "fuzz") == SP_OK)
        sp_rig_free(&rig);
    return 0;
}
