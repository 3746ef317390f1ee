// Cameras: lens models, projection, rig files, importers and exporters. Floor 2.
// Threads: cameras are plain values; a rig may be read by many threads.
#ifndef STILLPOINT_RIG_H
#define STILLPOINT_RIG_H

#include <stillpoint/base.h>
#include <stillpoint/json.h>
#include <stillpoint/math.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SP_ID_MAX 64

typedef enum sp_lens {
    SP_LENS_PINHOLE,
    SP_LENS_BROWN,   // Brown-Conrady: k1 k2 p1 p2 k3
    SP_LENS_FISHEYE, // Kannala-Brandt: k1 k2 k3 k4
} sp_lens;

// x_cam = rotation * x_world + translation; x right, y down, z forward. Pixel (0.5, 0.5) is the centre of the
// first.
typedef struct sp_camera {
    char id[SP_ID_MAX];
    int width, height; // pixels
    sp_lens lens;
    double fx, fy, cx, cy;
    double distortion[5];
    sp_mat3 rotation;    // cam_from_world
    sp_vec3 translation; // cam_from_world, metres
    double residual_px;  // reprojection error of the calibration; negative: unknown
} sp_camera;

typedef struct sp_rig {
    sp_camera *cameras;
    int count;
    char **images;  // per camera the picture or video its calibration names, or NULL
    double scale;   // metres per unit of the imported world (1 when ours)
    char up[3];     // axis of the imported world that became +Z: "z", "-y", ...
    char *obtained; // how: "colmap", "sim", ...; may be NULL
    sp_json *extra; // the document it was loaded from, so that unknown fields survive; may be NULL
} sp_rig;

void sp_rig_free(sp_rig *rig);
int sp_rig_copy(sp_rig *out, const sp_rig *from);
const sp_camera *sp_rig_find(const sp_rig *rig, const char *id); // NULL when absent
// Everything finite, sizes positive, rotations rotations, ids unique and safe as file names; names the camera
// and field.
int sp_rig_validate(const sp_rig *rig, const char *what);

// rig.json of a take. Save refuses what validate refuses; fields it does not know survive from load to save.
int sp_rig_load(sp_rig *out, const char *path);
int sp_rig_save(const sp_rig *rig, const char *path);

// ---- Geometry

sp_vec3 sp_camera_center(const sp_camera *camera); // in the world
sp_vec3 sp_camera_to_cam(const sp_camera *camera, sp_vec3 world);
// World point to pixel. False when it is not in front or the lens model folds over there; *px is then
// untouched. A fisheye sees beyond 90 degrees: there z in the camera may be negative.
bool sp_camera_project(sp_vec2 *px, const sp_camera *camera, sp_vec3 world);
// The same with derivatives: d(px)/d(world), 2x3 row-major.
bool sp_camera_project_jacobian(sp_vec2 *px, double jacobian[6], const sp_camera *camera, sp_vec3 world);
// Pixel to unit direction in the world: inverse of project to 1e-6 px. False where the lens model has no
// inverse (outside the range in which it rises from the axis).
bool sp_camera_ray(sp_vec3 *direction, const sp_camera *camera, sp_vec2 px);
// Normalised image plane (x/z, y/z) <-> distorted normalised coordinates.
bool sp_lens_distort(sp_vec2 *out, const sp_camera *camera, sp_vec2 xy);
bool sp_lens_undistort(sp_vec2 *out, const sp_camera *camera, sp_vec2 xy);
// How far from the axis the lens model answers: the radius on the normalised plane (pinhole: infinity;
// Brown), or the angle (fisheye), below which its radial curve rises all the way. Brown's tangential part may
// fold earlier.
double sp_lens_limit(const sp_camera *camera);
// The pinhole camera with the same pose whose picture covers the distorted one's (within max_fov_rad a side),
// of about the same pixel density at the centre; a pinhole camera comes back unchanged.
sp_camera sp_camera_undistorted(const sp_camera *camera, double max_fov_rad);
// For each pixel of the picture of `to`, where it lies in the picture of `from` (same pose): a plane of x,
// then a plane of y, each the size of to, in pixel coordinates (centres at .5); NaN where nothing corresponds
// (more than half a pixel outside of from's picture included). out has room for 2 * to->width * to->height
// floats.
void sp_camera_warp_map(float *out, const sp_camera *to, const sp_camera *from);
// Another resolution of the same view; a rectangle of it.
sp_camera sp_camera_resized(const sp_camera *camera, int width, int height);
sp_camera sp_camera_cropped(const sp_camera *camera, int x, int y, int width, int height);

// The point nearest to all rays, given origins and unit directions; false when they are (nearly) parallel.
bool sp_triangulate_rays(sp_vec3 *out, const sp_vec3 *origins, const sp_vec3 *directions, int count);
// Where the optical axes come closest to each other: the middle of the action as far as a rig can tell. Axes
// that do not meet in front of the cameras give a point some way along their common direction.
sp_vec3 sp_rig_focus(const sp_rig *rig);

// ---- Foreign formats

typedef struct sp_import_params {
    double scale;   // metres per unit; 0: the format's own default (1; 0.001 for FreeMoCap and Qualisys)
    const char *up; // "x" .. "-z"; NULL: the format's own default ("z")
} sp_import_params;
sp_import_params sp_import_params_default(void);

// Read cameras from path (a file or folder) in a format: colmap | nerfstudio | opencv | pose2sim | caliscope
// | freemocap | qualisys | matrices (a folder of NAME_P.txt, 3x4, beside NAME.jpg) | stillpoint (a rig.json
// or take); NULL: recognised from what is there. The caller owns *out. What was assumed is said in the log
// (info). images holds what the calibration names, or footage of the camera's name beside it, as a path
// usable from here where it exists. scale and up turn the foreign world; a rig of ours is turned only when
// its format is named.
int sp_rig_import(sp_rig *out, const char *format, const char *path, const sp_import_params *params);
// Write in a format: colmap (text) | nerfstudio. path is a folder (colmap) or a file (nerfstudio).
int sp_rig_export(const sp_rig *rig, const char *format, const char *path);
// Names of the importers, NULL-terminated.
const char *const *sp_rig_import_formats(void);

typedef enum sp_name_match {
    SP_MATCH_NONE,  // nothing agrees
    SP_MATCH_ID,    // by id (whatever the case); cameras without a name of theirs have none
    SP_MATCH_PART,  // one name is a part of the other, for all cameras, one to one (int_cam01_img and cam01)
    SP_MATCH_ORDER, // no name agrees but the numbers do: in order
} sp_name_match;
// Which of the names (of feeds, without folder and ending) belongs to which camera: match[i] is an index into
// names or -1; match has rig->count entries. What was assumed is said in the log.
sp_name_match sp_rig_match_names(int *match, const sp_rig *rig, const char *const *names, int count);

// A point of the foreign world in ours: params' scale and up (NULL: the defaults of COLMAP and nerfstudio).
sp_vec3 sp_import_point(const sp_import_params *params, sp_vec3 theirs);
// Sparse points of a COLMAP model (world already ours), when the folder has them: xyz and rgb triples, caller
// frees. SP_ENOENT: it has none.
int sp_colmap_points(double **xyz, uint8_t **rgb, int64_t *count, const char *path,
                     const sp_import_params *params);

#ifdef __cplusplus
}
#endif
#endif
