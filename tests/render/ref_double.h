// The plain reference compiled in double precision, for finite differences and as a finer truth.
#ifndef TEST_REF_DOUBLE_H
#define TEST_REF_DOUBLE_H

#include "../../src/render/camera_sums.h"
#include "../../src/render/grow.h"
#include "../../src/render/sort.h"
#include "../../src/render/view.h"

typedef double real;
#define REAL(function) function
#define REF(name) ref64_##name
#include "../../src/render/ref_types.inc"
#include "../../src/render/ref_lens.inc"
#include "../../src/render/ref_geometry.inc"
#include "../../src/render/ref_shade.inc"
#include "../../src/render/ref_project.inc"
#include "../../src/render/ref_project_backward.inc"
#include "../../src/render/ref_blend.inc"
#include "../../src/render/ref_draw.inc"

#endif
