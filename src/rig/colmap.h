// Between the readers of COLMAP's two spellings, text and binary, and what makes a rig of either.
#ifndef RIG_COLMAP_H
#define RIG_COLMAP_H

#include "import.h"

// A lens model of COLMAP's, and where our parameters stand in theirs (-1: none).
typedef struct colmap_model {
    const char *name;
    int count; // parameters
    sp_lens lens;
    signed char focal[2], center[2], coefficients[5];
    bool is_supported;
} colmap_model;

// By COLMAP's number; a camera's model is an index into it.
enum { COLMAP_MODEL_COUNT = 18, COLMAP_PARAMS_MAX = 16 };
extern const colmap_model COLMAP_MODELS[COLMAP_MODEL_COUNT];

typedef struct colmap_camera {
    int64_t number;
    int model;
    double width, height, params[COLMAP_PARAMS_MAX];
} colmap_camera;

typedef struct colmap_cameras {
    colmap_camera *list;
    int count;
} colmap_cameras;

typedef struct colmap_image {
    int64_t number, camera;
    double q[4], t[3];
    char *name;
    size_t order;
} colmap_image;

typedef struct colmap_images {
    colmap_image *list;
    size_t count, room;
} colmap_images;

typedef struct colmap_points {
    double *xyz;
    uint8_t *rgb;
    int64_t count, room;
} colmap_points;

int colmap_add_camera(colmap_cameras *cameras, const colmap_camera *camera);
// Takes the image's name over, also when it fails.
int colmap_add_image(colmap_images *images, colmap_image image);
int colmap_add_point(colmap_points *p, const double xyz[3], const double rgb[3]);

// Append what a file of the model says. data: the whole file; what: the model's folder, for messages.
int colmap_read_cameras_text(colmap_cameras *out, rig_text text, const char *what);
int colmap_read_images_text(colmap_images *out, rig_text text, const char *what);
int colmap_read_points_text(colmap_points *out, rig_text text, const char *what);
int colmap_read_cameras_binary(colmap_cameras *out, const void *data, size_t size, const char *what);
int colmap_read_images_binary(colmap_images *out, const void *data, size_t size, const char *what);
int colmap_read_points_binary(colmap_points *out, const void *data, size_t size, const char *what);

#endif
