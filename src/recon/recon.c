#include <stillpoint/recon.h>
