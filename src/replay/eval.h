// What a moment is compared with. Internal to replay.
#ifndef REPLAY_EVAL_H
#define REPLAY_EVAL_H

#include <stillpoint/replay.h>

typedef struct eval_item {
    char *path, *mask; // files; path NULL: a frame of the take's feed; mask NULL: there is none
    int feed;          // camera of the take, where path is NULL
    sp_camera camera;
    int instant; // in the moment
} eval_item;

// Pictures of a folder that belong to a camera of the rig and an instant; those of a camera follow each other
// by time.
int eval_find_files(eval_item **out, int *count, const char *folder, const sp_moment *moment,
                    const sp_rig *rig, const char *const *only);
// Frames of the cameras that took no part in the moment, but for those that its report calls left out,
// because they show something else: that is said. *take is the moment's, opened here and the caller's to
// close.
int eval_find_frames(eval_item **out, int *count, sp_take **take, const sp_moment *moment,
                     const char *const *only);
void eval_items_free(eval_item *items, int count);

// Read an item's picture, and its mask if it has one (else *mask stays as it is). A feed that has no frame at
// the item's instant leaves *picture empty, and that is said.
int eval_load(sp_image *picture, sp_image *mask, const eval_item *item, sp_take *take,
              const sp_moment *moment, sp_pool *pool);

#endif
