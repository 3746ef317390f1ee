#define LOSS_KERNELS loss_kernels_avx2
#include "../loss_band.inc"
