#include "wide/wide_baseline.h"
#define WIDE_KERNELS render_kernels_baseline
#define WIDE_NAME "baseline"
#include "kernels_wide.inc"
