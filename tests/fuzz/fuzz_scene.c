// Scene files: merged over a built-in scene and checked; what opens has settings that open again.
#include "fuzz.h"

#include <stillpoint/sim.h>

#include <stdlib.h>
#include <string.h>

static const char seed_file[] =
    "{\"format\":\"stillpoint-scene\",\"version\":1,\"seed\":3,\"fps\":[30000,1001],\"frames\":12,"
    "\"athlete\":{\"motion\":\"court\",\"bib\":\"4\"},\"rig\":{\"layout\":\"arc\",\"cameras\":5,\"heights_"
    "m\":[1,2,3],"
    "\"lens\":\"brown\",\"distortion\":[0.1,0,0,0,0]},\"evaluation\":{\"frames\":[1,2]},"
    "\"faults\":{\"knocked\":\"cam02\",\"knocked_deg\":1}}";
static const char seed_dots[] =
    "{\"format\":\"stillpoint-scene\",\"version\":1,\"rig.cameras\":3,\"faults.noise\":1}";

int fuzz_seed(uint8_t **data, size_t *size, int index)
{
    static const char *const seeds[] = {seed_file, seed_dots};
    if (index > 1)
        return -1;
    *size = strlen(seeds[index]);
    *data = (uint8_t *)sp_strdup(seeds[index]);
    return *data ? 0 : -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sp_sim *sim = NULL, *again = NULL;
    sp_json *over = NULL;
    if (sp_sim_open(&sim, fuzz_file(data, size, ".json"), NULL) == SP_OK) {
        sp_json *settings = sp_sim_settings(sim);
        char *text = settings ? sp_json_text(settings) : NULL;
        if (!text ||
            sp_sim_open(&again, fuzz_file((const uint8_t *)text, strlen(text), ".json"), NULL) != SP_OK)
            abort(); // settings are a scene file
        free(text);
        sp_json_free(&settings);
        sp_sim_close(&again);
        sp_sim_close(&sim);
    }
    if (sp_json_parse(&over, (const char *)data, size, "fuzz") == SP_OK &&
        sp_sim_open(&sim, "aerials", over) == SP_OK)
        sp_sim_close(&sim);
    sp_json_free(&over);
    return 0;
}
