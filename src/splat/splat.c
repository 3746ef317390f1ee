#include <stillpoint/splat.h>
