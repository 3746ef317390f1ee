#include <stillpoint/rig.h>
