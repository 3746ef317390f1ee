#define SWEEP_KERNELS sweep_kernels_baseline
#include "sweep_rows.inc"
