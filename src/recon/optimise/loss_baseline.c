#define LOSS_KERNELS loss_kernels_baseline
#include "loss_band.inc"
