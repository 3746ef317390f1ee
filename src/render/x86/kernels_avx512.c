#include "wide_avx512.h"
#define WIDE_KERNELS render_kernels_avx512
#define WIDE_NAME "avx512"
#include "../kernels_wide.inc"
