#define WINDOW_COST recon_window_cost_baseline
#include "window_cost.inc"
