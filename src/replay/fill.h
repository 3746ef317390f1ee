// What an estimated plate never saw, because somebody stood there all the time. Internal to replay.
#ifndef REPLAY_FILL_H
#define REPLAY_FILL_H

#include "plates.h"

// 1 where the plate may show somebody who never left his place: where no sample showed the venue, and around
// it, where a head or an arm that hardly moved looks like venue. One channel of the plate's size; empty where
// nothing is in doubt, or too few cameras take part for the others to know better.
int replay_plate_doubt(sp_image *out, const replay_plates *plates, int index);

// Put the venue, as it looks from their cameras, into the plates: where no sample showed it, and where a
// plate in doubt differs from it. The spread there becomes what the two typically differ by around. A plate
// that differs from the venue in most of what is in doubt keeps what it has: there the venue is not known.
int replay_plates_fill(replay_plates *plates, const sp_splat_cloud *venue, sp_kernels kernels, sp_pool *pool);

#endif
