// Plates of the cameras that take part: made once, kept in TAKE/background/plates/. Internal to replay.
#ifndef REPLAY_PLATES_H
#define REPLAY_PLATES_H

#include <stillpoint/replay.h>

typedef struct replay_plate {
    sp_camera camera; // as its feed sees
    sp_image8 image;  // RGB, the camera's size; empty when the camera takes no part
    sp_image spread;  // empty when the plate was given as a picture, and when the feed is one still
    bool is_given, is_still;
    bool is_replaced; // a plate was given, but it shows something else than the feed
    double moved_px;  // how far the camera has moved between plate and feed, or within the feed; 0: it stands
    double alike;     // share of the given plate that the feed shows too, 0..1; 1 without one
    int pictures;     // of the feed that it was estimated from; 0: given
    double unseen;    // share of the plate that no sample of the feed showed, 0..1; 0 of a given one
    double filled;    // share of the plate that is the prepared venue as it looks from here, 0..1
} replay_plate;

// One per camera of the rig, in order.
typedef struct replay_plates {
    replay_plate *plates;
    int count, used; // used: how many are not empty
} replay_plates;

int replay_plates_make(replay_plates *out, sp_take *take, const bool *chosen, int samples, sp_pool *pool,
                       const sp_progress *progress);
int replay_plates_save(const replay_plates *plates, const char *folder, sp_pool *pool);
// SP_ENOENT names the camera whose plate is not there.
int replay_plates_load(replay_plates *out, sp_take *take, const bool *chosen, sp_pool *pool);
// Room for the plates of all cameras, empty.
int replay_plates_init(replay_plates *out, const sp_take *take);
void replay_plates_free(replay_plates *plates);

// How a plate came to be, for people: "given", "estimated", "replaced" (given, but of something else, so
// estimated), "still" (the only picture that its camera took).
const char *replay_plate_origin(const replay_plate *plate);

// Whether the plates are no more than guesses from so few pictures that somebody in the middle of the venue
// cannot be told from it. Stills are not: they are no plates at all.
bool replay_plates_are_useless(const replay_plates *plates);

// Whether nothing is known of the empty venue but what the feeds themselves show.
bool replay_plates_are_guesses(const replay_plates *plates);

// The share of an estimated plate, 0..1, at which no sample showed the venue.
double replay_plate_unseen(const replay_plate *plate);

#endif
