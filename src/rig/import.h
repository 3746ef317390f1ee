// What the importers share; internal. A new format is one file and one row in import.c.
#ifndef RIG_IMPORT_H
#define RIG_IMPORT_H

#include "rig.h"

#define RIG_IMPORT_FILE_MAX ((size_t)1 << 30)

// A foreign format. Cameras are loaded in the foreign world; scale and up are applied by the caller.
typedef struct rig_importer {
    const char *name;
    double scale; // metres per unit when the user says nothing
    const char
        *patterns; // file names to look for in a folder, best first, parted by '|'; NULL: takes the folder
    // Whether this folder or file (text: its beginning) looks like the format.
    bool (*recognise)(const char *path, const char *text);
    // Cameras, and as images what the calibration names, usable from here where it exists.
    int (*load)(sp_rig *out, const char *path);
} rig_importer;

extern const rig_importer rig_import_colmap, rig_import_nerfstudio, rig_import_opencv, rig_import_pose2sim,
    rig_import_caliscope, rig_import_freemocap, rig_import_qualisys, rig_import_matrices,
    rig_import_stillpoint;

// points3D of the model at path, in the foreign world.
int rig_colmap_load_points(double **xyz, uint8_t **rgb, int64_t *count, const char *path);
int rig_export_colmap(const sp_rig *rig, const char *path);
int rig_export_nerfstudio(const sp_rig *rig, const char *path);

// ---- Building ---------------------------------------------------------------------------------------------

// Add a camera (and the picture it names, or NULL) to a rig made by rig_init(&rig, 0).
int rig_append(sp_rig *rig, const sp_camera *camera, const char *image);
// The id, with characters that ids cannot hold replaced by '_'; too long or empty names are SP_EINVAL.
int rig_set_id(sp_camera *camera, const char *name, size_t length, const char *what);
// Ids from the pictures' names: without folder and ending; the folder where it holds one camera's numbered
// frames. Repeated pictures of one static camera are merged.
int rig_ids_from_images(sp_rig *rig, const char *what);
// Turn pictures' names into paths that exist, looking in the given places relative to folder
// (NULL-terminated).
int rig_find_images(sp_rig *rig, const char *folder, const char *const *places);
// For cameras that name no picture: a video or picture of the camera's name in one of the places relative to
// folder (NULL-terminated, "" is the folder itself).
int rig_find_feeds(sp_rig *rig, const char *folder, const char *const *places);

// Intrinsics as OpenCV states them: 3x3 matrix for pixels whose first centre is (0, 0), and 0, 1, 2, 4, 5, 8,
// 12 or 14 coefficients (fisheye: 0 or 4). What our lens models cannot say is refused by name.
int rig_set_opencv_lens(sp_camera *camera, const double matrix[9], const double *coefficients, int count,
                        bool is_fisheye, const char *what);

// ---- Documents --------------------------------------------------------------------------------------------

// TOML 1.0 without dates (they stay text); numbers that are not finite stay text too, so that typed reads
// name them.
int rig_toml_parse(sp_json **out, const char *text, size_t size, const char *what);
// YAML (and JSON) as OpenCV's FileStorage writes it: its %YAML:1.0 line is tolerated, aliases are refused.
int rig_yaml_parse(sp_json **out, const char *text, size_t size, const char *what);
// Numbers of a member, nested arrays flattened: at most max. *count is how many. SP_EFORMAT names the field.
int rig_read_numbers(double *out, int max, int *count, const sp_json *object, const char *key,
                     const char *what);
// The size member [w, h]; whole numbers, also when written as floats.
int rig_read_size(sp_camera *camera, const sp_json *object, const char *key, const char *what);
// Rotation as 3 numbers (Rodrigues) or 9 (rows), and translation as 3.
int rig_read_pose(sp_camera *camera, const sp_json *object, const char *rotation, const char *translation,
                  const char *what);

// Cut text into lines and words without relying on a terminating zero.
typedef struct rig_text {
    const char *at, *end;
    int line; // of what rig_text_line() gave last, from 1
} rig_text;
bool rig_text_line(rig_text *text, rig_text *line);
bool rig_text_word(rig_text *line, char *word, size_t size); // false at the end, or when it does not fit
bool rig_text_number(double *out, const char *word);         // the whole word, finite

// ---- Parsers of memory, for the importers and their fuzz targets
// --------------------------------------------

int rig_colmap_parse_text(sp_rig *out, const char *cameras, size_t cameras_size, const char *images,
                          size_t images_size, const char *what);
int rig_colmap_parse_binary(sp_rig *out, const void *cameras, size_t cameras_size, const void *images,
                            size_t images_size, const char *what);
int rig_colmap_parse_points(double **xyz, uint8_t **rgb, int64_t *count, const void *data, size_t size,
                            bool is_binary, const char *what);
int rig_nerfstudio_parse(sp_rig *out, const char *text, size_t size, const char *folder, const char *what);
int rig_opencv_parse(sp_rig *out, const char *text, size_t size, const char *id, const char *what);
// is_caliscope: tables are [cameras.N] or [cam_N]; otherwise any table with a matrix is a camera.
int rig_toml_parse_cameras(sp_rig *out, const char *text, size_t size, bool is_caliscope, const char *what);
int rig_qualisys_parse(sp_rig *out, const char *text, size_t size, const char *what);
// Lens and pose from a 3x4 projection matrix in text; the camera's id and size stay.
int rig_matrix_parse(sp_camera *camera, const char *text, size_t size, const char *what);
int rig_matrix_split(sp_camera *camera, const double matrix[12], const char *what);

#endif
