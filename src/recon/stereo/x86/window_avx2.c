#define WINDOW_COST recon_window_cost_avx2
#include "../window_cost.inc"
