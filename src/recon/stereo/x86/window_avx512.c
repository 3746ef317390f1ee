#define WINDOW_COST recon_window_cost_avx512
#include "../window_cost.inc"
