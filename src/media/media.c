#include <stillpoint/media.h>
