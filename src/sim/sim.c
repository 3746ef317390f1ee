#include <stillpoint/sim.h>
