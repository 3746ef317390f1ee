// The middle of some values. Internal to replay.
#ifndef REPLAY_MEDIAN_H
#define REPLAY_MEDIAN_H

// Of count (1 or more) numbers, none of them NaN, which are sorted; of an even count the mean of the middle
// two.
double replay_median(double *values, int count);

#endif
