#include <stillpoint/replay.h>
