#include <stillpoint/take.h>
