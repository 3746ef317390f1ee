#define SWEEP_KERNELS sweep_kernels_avx512
#include "../sweep_rows.inc"
