#include <stillpoint/render.h>
