#include "wide_avx2.h"
#define WIDE_KERNELS render_kernels_avx2
#define WIDE_NAME "avx2"
#include "../kernels_wide.inc"
