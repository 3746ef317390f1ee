// The light of an instant against the light in which the venue was prepared. Internal to replay.
#ifndef REPLAY_LIGHT_H
#define REPLAY_LIGHT_H

#include <stillpoint/splat.h>

// What the cameras agree upon: light (3 gains, 3 offsets of R G B) turns the prepared venue's colours into
// the instant's. gains: per camera what turns its plate into its picture. The median over cameras, so that a
// camera whose own exposure wanders is no change of light; and what the fit's noise could be is none.
// false: the light is as it was.
bool replay_light_measure(double light[6], const double (*gains)[6], int count);

// Change the cloud's colours to gain * colour + offset.
void replay_light_cast(sp_splat_cloud *cloud, const double light[6]);

#endif
