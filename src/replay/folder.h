// Folders that appear whole or not at all, and paths between them. Internal to replay.
#ifndef REPLAY_FOLDER_H
#define REPLAY_FOLDER_H

#include <stillpoint/replay.h>

// Make an empty folder beside path to write into. *aside is the caller's to free() after commit or discard.
// SP_EIO: path's parent cannot be made or written.
int replay_folder_begin(char **aside, const char *path);
// Put it in place of path, whatever stood there.
int replay_folder_commit(const char *aside, const char *path);
// Put its files into path, each whole, keeping what else lies there; on failure those already moved are
// removed.
int replay_folder_merge(const char *aside, const char *path);
// Remove it; NULL is fine.
void replay_folder_discard(const char *aside);

// The path of `to` as seen from folder `from`. `to` must exist; `from` need not, but its parent must. Free
// with free(); NULL with a sentence on failure.
char *replay_path_between(const char *from, const char *to);

// folder/name, printf-like, with a sentence left on failure. Free with free().
char *replay_path(const char *folder, const char *fmt, ...) SP_PRINTF(2, 3);

#endif
