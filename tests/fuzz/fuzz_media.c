// Damaged video files: open, list, read in order, seek.
#include "fuzz.h"

#include <stillpoint/media.h>

#include <stdlib.h>

enum { FRAMES_MAX = 12 };

// A tiny MP4 of our own; other containers lie in seeds/media/.
int fuzz_seed(uint8_t **data, size_t *size, int index)
{
    if (index > 0)
        return -1;
    sp_writer_params params = sp_writer_params_default();
    params.width = 64;
    params.height = 48;
    params.quality = SP_QUALITY_DRAFT;
    params.keyframe_s = 0.1;
    sp_image8 image = {0};
    sp_writer *writer = NULL;
    const char *path = fuzz_file(NULL, 0, ".mp4");
    int ret = sp_writer_open(&writer, path, &params);
    if (!ret)
        ret = sp_image8_init(&image, 64, 48, 3);
    for (int i = 0; !ret && i < 8; i++) {
        for (int k = 0; k < 64 * 48 * 3; k++)
            image.data[k] = (uint8_t)(k * (i + 3) / 64);
        ret = sp_writer_write(writer, &image);
    }
    if (!ret)
        ret = sp_writer_finish(writer);
    sp_writer_close(&writer);
    sp_image8_free(&image);
    char *bytes = NULL;
    if (ret || sp_file_read(&bytes, size, path, 1 << 24))
        return -1;
    *data = (uint8_t *)bytes;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sp_source *source = NULL;
    if (sp_source_open(&source, fuzz_file(data, size, ".mp4"), NULL))
        return 0;
    sp_image8 image = {0};
    double t_s, *times = NULL;
    int64_t count = 0;
    // Frames of damaged sizes are slow to convert and teach nothing new.
    const sp_source_info *info = sp_source_get_info(source);
    bool is_small = (int64_t)info->width * info->height <= 1 << 20;
    for (int i = 0; is_small && i < FRAMES_MAX && !sp_source_next(source, &image, &t_s); i++)
        continue;
    if (!sp_source_times(source, &times, &count))
        free(times);
    static const double instants[] = {0.2, 0, 1e6, -5, 0.1};
    for (int i = 0; is_small && i < 5; i++)
        sp_source_at(source, instants[i], &image, &t_s);
    sp_image8_free(&image);
    sp_source_close(&source);
    return 0;
}
