#define ADAM_CHUNK adam_chunk_baseline
#include "adam_chunk.inc"
