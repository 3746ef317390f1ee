#define ADAM_CHUNK adam_chunk_avx2
#include "../adam_chunk.inc"
