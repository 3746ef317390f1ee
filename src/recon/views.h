// What is wrong with views before anything is made of them.
#ifndef RECON_VIEWS_H
#define RECON_VIEWS_H

#include <stillpoint/recon.h>

// SP_EINVAL names the camera that lacks a picture or has one of another size than its own, or says that fewer
// than two views have a matte. neighbours may have none.
int recon_views_check(const sp_view *views, int count, const sp_view *neighbours, int neighbour_count);

// Whether nobody is in any matte.
bool recon_views_empty(const sp_view *views, int count);

#endif
