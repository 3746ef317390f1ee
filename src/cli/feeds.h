// Which file belongs to which camera.
#ifndef CLI_FEEDS_H
#define CLI_FEEDS_H

#include "cli.h"

// Per camera of the rig a path of the folder's entry that is named after it, or NULL; the caller frees each
// and the array. what: "feeds" or "plates", for messages. SP_ENOENT: no entry belongs to any camera.
int cli_match_folder(char ***paths, const sp_rig *rig, const char *folder, const char *what);
// Replace the path of one camera as "ID=PATH" says. SP_EINVAL: no such camera, or not of that form.
int cli_match_one(char **paths, const sp_rig *rig, const char *assignment);
void cli_paths_free(char ***paths, int count);

#endif
