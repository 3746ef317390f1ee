#define ADAM_CHUNK adam_chunk_avx512
#include "../adam_chunk.inc"
