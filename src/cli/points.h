// The sparse points that a calibration brings along.
#ifndef CLI_POINTS_H
#define CLI_POINTS_H

#include <stillpoint/rig.h>
#include <stillpoint/splat.h>

// Points of a COLMAP model, or of the file that a nerfstudio calibration names (ply_file_path), in our world.
// *out is empty (count 0) when there are none; the caller frees it. A file that is there but damaged fails.
int cli_import_points(sp_points *out, const char *format, const char *path, const sp_import_params *params);

// Put them into a take's folder as points.ply, or remove what lies there when there are none.
int cli_write_points(const sp_points *points, const char *folder);

#endif
