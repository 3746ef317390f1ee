#include <stillpoint/matte.h>
