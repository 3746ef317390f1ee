// Whether cameras stand as they stood when their plates were taken. Internal to replay.
#ifndef REPLAY_STAND_H
#define REPLAY_STAND_H

#include <stillpoint/matte.h>

#include "plates.h"

// One camera at one instant.
typedef struct replay_stand {
    bool is_known;    // its picture was compared with its plate
    bool is_left_out; // the picture shows something else than the plate: nothing can be told apart
    bool is_borrowed; // its matte and plate are what the other cameras' reconstruction looks like from it
    sp_plate_fit fit;
    sp_image8 plate; // as the turned camera sees it, or borrowed; empty where the camera's own is used
    sp_image spread; // of it
} replay_stand;

// Compare each frame of the set with its plate: turned cameras are turned in the set, those whose picture has
// nothing to do with their plate go aside (room for as many as the set has, in order), as long as two remain.
// *out: one per camera of the rig,
// the caller's to free with replay_stands_free().
int replay_stands_find(replay_stand **out, sp_frame_set *set, sp_frame_set *aside,
                       const replay_plates *plates, sp_pool *pool);
void replay_stands_free(replay_stand **stands, int count);
// {"cam01": {"alike", "moved_px", "turned_deg", "left_out", "borrowed"}}; the caller owns it, NULL: memory
// ran out.
sp_json *replay_stands_json(const replay_stand *stands, const replay_plates *plates);

// A given plate against some of its feed's pictures: the largest share that is alike, and how far it has
// moved (the median). Samples have the plate's size.
int replay_plate_compare(sp_plate_fit *out, const replay_plate *plate, const sp_image8 *samples, int count,
                         sp_pool *pool);
// Samples of a feed whose camera was touched in between: those of its longest rest are moved to the front of
// the array. *rest: their number; *moved_px: how far the others have moved, 0 when all are one rest.
int replay_plate_rest(sp_image8 *samples, int count, int *rest, double *moved_px, const sp_camera *camera,
                      sp_pool *pool);

#endif
