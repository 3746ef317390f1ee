// Projection matrices.
#include "fuzz.h"

#include "../../src/rig/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sp_camera camera = {.id = "fuzz"};
    rig_matrix_parse(&camera, (const char *)data, size, "fuzz");
    return 0;
}
