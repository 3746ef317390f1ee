#include <stillpoint/base.h>
