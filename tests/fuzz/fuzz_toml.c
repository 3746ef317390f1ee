// TOML calibrations, read as Caliscope's and as aniposelib's.
#include "fuzz.h"

#include "../../src/rig/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (int is_caliscope = 0; is_caliscope < 2; is_caliscope++) {
        sp_rig rig;
        if (rig_toml_parse_cameras(&rig, (const char *)data, size, is_caliscope, "fuzz") == SP_OK)
            sp_rig_free(&rig);
    }
    return 0;
}
