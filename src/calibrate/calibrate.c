#include <stillpoint/calibrate.h>
