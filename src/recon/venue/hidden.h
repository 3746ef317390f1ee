// Which pixels of a plate do not show the venue: somebody stood there whenever the camera looked, the lens
// does not reach there, or an encoder padded the picture with black lines.
#ifndef RECON_HIDDEN_H
#define RECON_HIDDEN_H

#include <stillpoint/recon.h>

// One byte per pixel of `at`, which shares the view's pose: 1 where the view's matte is more than a half, and
// where its picture shows nothing. The caller frees *out; NULL where all of it shows the venue.
int recon_hidden(uint8_t **out, const sp_view *view, const sp_camera *at);

#endif
