// The vector backends that this build has.
#ifndef RENDER_ENGINE_H
#define RENDER_ENGINE_H

#include "backend.h"
#include "kernels.h"

#if defined(__x86_64__)
#define RENDER_HAS_X86 1
#else
#define RENDER_HAS_X86 0
#endif

extern const render_backend render_baseline;
#if RENDER_HAS_X86
extern const render_backend render_avx2, render_avx512;
#endif

#endif
