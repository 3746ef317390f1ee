#define LOSS_KERNELS loss_kernels_avx512
#include "../loss_band.inc"
