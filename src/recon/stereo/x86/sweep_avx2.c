#define SWEEP_KERNELS sweep_kernels_avx2
#include "../sweep_rows.inc"
