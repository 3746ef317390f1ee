// What stereo compares: brightness.
#ifndef RECON_GREY_H
#define RECON_GREY_H

#include <stillpoint/image.h>

// BT.601 luma of an RGB picture, one channel. out is initialised here.
int recon_grey(sp_image *out, const sp_image *rgb);

#endif
