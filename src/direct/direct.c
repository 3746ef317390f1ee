#include <stillpoint/direct.h>
