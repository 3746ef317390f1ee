// Contact sheets: the preview that every stage leaves. Internal to replay.
#ifndef REPLAY_SHEET_H
#define REPLAY_SHEET_H

#include <stillpoint/canvas.h>
#include <stillpoint/replay.h>

typedef struct replay_sheet {
    sp_canvas *canvas;
    int columns, rows, next;
    double tile_width, tile_height;
} replay_sheet;

// Room for count pictures of about this aspect (width / height) in so many columns.
int replay_sheet_open(replay_sheet *out, int count, int columns, double aspect);
// The next picture, in reading order, with a caption.
int replay_sheet_add(replay_sheet *sheet, const sp_image8 *picture, const char *caption);
int replay_sheet_save(replay_sheet *sheet, const char *path);
void replay_sheet_close(replay_sheet *sheet);

#endif
