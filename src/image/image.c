#include <stillpoint/image.h>
