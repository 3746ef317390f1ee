// Direct alignment of a picture with its plate: the turn of the camera in between. Internal to matte. Source:
// Malis, "Improving vision-based control using efficient second-order minimization techniques", 2004; Tukey's
// weights keep the athlete from pulling.
#ifndef MATTE_PLATE_ALIGN_H
#define MATTE_PLATE_ALIGN_H

#include <stillpoint/image.h>
#include <stillpoint/rig.h>

// Both at one size, as luma.
typedef struct plate_pair {
    sp_camera camera; // at this size, standing at the origin
    sp_image plate, image;
} plate_pair;
// Squares of by x by pixels become one. Image and plate are RGB and of the camera's size.
int plate_pair_init(plate_pair *out, const sp_image8 *image, const sp_image8 *plate, const sp_camera *camera,
                    int by);
void plate_pair_free(plate_pair *pair);
// The factor that brings the longer side to at most longest.
int plate_shrink_factor(const sp_image8 *image, int longest);

// The image is gain * plate + offset where nobody stands.
typedef struct plate_light {
    double gain, offset;
} plate_light;
// A first guess from quartiles, which somebody before the camera bends.
plate_light plate_first_light(const plate_pair *pair);
// What light does not explain of a pixel.
static inline double plate_off_by(const plate_light *g, const sp_image *image, const sp_image *plate,
                                  size_t at)
{
    return (double)image->data[at] - g->gain * (double)plate->data[at] - g->offset;
}

typedef struct plate_alignment {
    const plate_pair *l;
    sp_vec3 *rays;
    double (*along)[6]; // per pixel d(px)/d(turn), 2x3
    sp_image warped;
} plate_alignment;
int plate_alignment_init(plate_alignment *a, const plate_pair *pair);
void plate_alignment_free(plate_alignment *a);
// a->warped becomes the image as it would look had the camera not turned; NAN where it does not show that.
void plate_unturn(plate_alignment *a, sp_mat3 turn);
// Improve turn and light until steps are small.
int plate_align(sp_mat3 *turn, plate_light *g, const plate_pair *pair);

// Bilinear in one plane; false outside of it.
bool plate_sample(float *out, const float *plane, int width, int height, double x, double y);

#endif
