// The steps of a plate's estimation. Internal to matte.
//
// Samples of the feed, levelled to one exposure and shrunk, become per pixel a few candidate colours, each
// with the set of samples that show it, and one candidate per pixel is chosen so that the sets of neighbours
// agree: two pixels that see the venue in the same sample lie on the same side of the athlete's contour.
#ifndef MATTE_PLATE_H
#define MATTE_PLATE_H

#include <stillpoint/image.h>

// Sets of samples are words of this many bits.
#define PLATE_MOST_SAMPLES 64
#define PLATE_MOST_CANDIDATES 5

// Tables that bring each sample to the common exposure: out = table[sample][channel][in], 0..255.
typedef float plate_tables[3][256];
// Solve them for count samples of one size: per sample and channel a gain and an offset against the temporal
// median, from medians over bands of brightness, so that what moves does not pull.
int plate_level(plate_tables *out, const sp_image8 *const *samples, int count);

// Samples side by side per pixel: value (pixel, channel, sample) is data[(pixel * 3 + channel) * lanes +
// sample]; lanes beyond count repeat the last sample.
typedef struct plate_stack {
    int width, height; // of the shrunk picture
    int factor;        // full pixels a side of one of these
    int count, lanes;
    uint8_t *data;
    uint8_t *radius; // per pixel, in steps of 8 bits: samples of one still thing lie within it of their mean
} plate_stack;
int plate_stack_init(plate_stack *out, const sp_image8 *const *samples, int count, const plate_tables *tables,
                     sp_pool *pool);
void plate_stack_free(plate_stack *stack);
// Fill stack->radius from the temporal noise of still pixels, by brightness and contrast.
int plate_measure_noise(plate_stack *stack, sp_pool *pool);

static inline const uint8_t *plate_series(const plate_stack *stack, size_t pixel, int channel)
{
    return stack->data + (pixel * 3 + (size_t)channel) * (size_t)stack->lanes;
}

static inline int plate_members(uint64_t set)
{
    set -= (set >> 1) & 0x5555555555555555u;
    set = (set & 0x3333333333333333u) + ((set >> 2) & 0x3333333333333333u);
    set = (set + (set >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    return (int)((set * 0x0101010101010101u) >> 56);
}

// Candidates of one pixel: disjoint sets of samples, the largest first. A pixel of one candidate is certain;
// others may also turn out never to have shown the venue.
typedef struct plate_candidates {
    uint64_t sets[PLATE_MOST_CANDIDATES];
    int count;
} plate_candidates;
// One entry per pixel of the stack; out holds width * height.
void plate_find_candidates(plate_candidates *out, const plate_stack *stack, sp_pool *pool);

// Choose per pixel the set of samples that show the venue; 0: none does. out holds width * height.
int plate_choose(uint64_t *out, const plate_candidates *candidates, const plate_stack *stack, sp_pool *pool);

// Take back choices that cannot be relied on: the rim of regions that never showed the venue, where pixels
// mix both sides of a contour, and islands inside them. sets: one per pixel.
int plate_distrust(uint64_t *sets, int width, int height);

// Fill pixels of weight 0 from their surroundings, smoothly (push-pull, Gortler et al. 1996). values: 3
// channels; weight: one channel, 0 or 1.
int plate_fill(sp_image *values, const sp_image *weight);

#endif
