// take.json, sync.json and moment.json: the same bytes as each of them; what opens must save and open again.
#include "fuzz.h"

#include <stillpoint/take.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char rig[] =
    "{\"format\": \"stillpoint-rig\", \"version\": 1, \"cameras\": [{\"id\": \"cam1\", \"size_px\": "
    "[64, 48], \"lens\": {\"model\": \"pinhole\", \"fx\": 60, \"fy\": 60, \"cx\": 32, \"cy\": 24}, "
    "\"pose\": {\"rotation\": [1, 0, 0, 0], \"translation\": [0, 0, 4]}}]}";
static const char take[] =
    "{\"format\": \"stillpoint-take\", \"version\": 1, \"name\": \"t\", \"fps\": [25, 1], "
    "\"cameras\": [{\"id\": \"cam1\", \"feed\": \"a.mp4\", \"plate\": \"p.png\"}]}";
static const char sync_[] =
    "{\"format\": \"stillpoint-sync\", \"version\": 1, \"cameras\": [{\"id\": \"cam1\", "
    "\"offset_s\": 0.5, \"drift\": 1e-5, \"uncertainty_s\": 0.001}]}";
static const char moment[] =
    "{\"format\": \"stillpoint-moment\", \"version\": 1, \"state\": \"final\", \"fps\": 29.97, \"seed\": 7, "
    "\"take\": "
    "\"..\", \"background\": \"b.ply\", \"instants\": [{\"frame\": 4, \"t_s\": 0.13, \"file\": \"a.ply\"}], "
    "\"cameras\": "
    "[{\"id\": \"cam1\", \"gain\": [1, 1, 1], \"offset\": [0, 0, 0]}], \"settings\": {}}";

int fuzz_seed(uint8_t **data, size_t *size, int index)
{
    static const char *const seeds[] = {take, sync_, moment};
    if (index > 2)
        return -1;
    *size = strlen(seeds[index]);
    *data = (uint8_t *)sp_strdup(seeds[index]);
    return *data ? 0 : -1;
}

static char folder[64];

static void remove_folder(void)
{
    sp_folder_remove(folder);
}

static void put(const char *name, const void *data, size_t size)
{
    char *path = sp_path_join(folder, name);
    FILE *file = path ? fopen(path, "wb") : NULL;
    if (!file || fwrite(data, 1, size, file) != size || fclose(file))
        abort();
    free(path);
}

static void open_take(void)
{
    sp_take *opened = NULL;
    if (sp_take_open(&opened, folder))
        return;
    bool chosen[1];
    sp_take_choose(chosen, opened, NULL);
    if (sp_take_save(opened, folder))
        abort();
    sp_take_close(&opened);
    if (sp_take_open(&opened, folder))
        abort(); // what we write has to open
    sp_take_close(&opened);
}

static void open_moment(void)
{
    sp_moment *opened = NULL;
    if (sp_moment_open(&opened, folder))
        return;
    if (sp_moment_save(opened))
        abort();
    sp_moment_close(&opened);
    if (sp_moment_open(&opened, folder))
        abort();
    sp_moment_close(&opened);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!folder[0]) {
        // Saving syncs to the disk; in memory that costs nothing.
        strcpy(folder,
               access("/dev/shm", W_OK) ? "/tmp/stillpoint-fuzz-XXXXXX" : "/dev/shm/stillpoint-fuzz-XXXXXX");
        if (!mkdtemp(folder) || atexit(remove_folder))
            abort();
    }
    put("rig.json", rig, strlen(rig));
    put("take.json", data, size);
    put("sync.json", sync_, strlen(sync_));
    open_take();
    put("rig.json", rig, strlen(rig));
    put("take.json", take, strlen(take));
    put("sync.json", data, size);
    open_take();
    put("moment.json", data, size);
    open_moment();
    return 0;
}
