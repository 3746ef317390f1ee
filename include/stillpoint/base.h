// Errors, log, progress, threads, random numbers, time, files. Floor 0.
// Threads: errors and progress belong to the calling thread; a pool serves one caller at a time.
#ifndef STILLPOINT_BASE_H
#define STILLPOINT_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define SP_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define SP_PRINTF(fmt, args)
#endif

// ---- Errors

enum {
    SP_OK = 0,
    SP_EINVAL = -1,     // an argument or a field is wrong
    SP_ENOENT = -2,     // an input is missing or cannot be read
    SP_EIO = -3,        // reading or writing failed (full disk, permission)
    SP_EFORMAT = -4,    // a file is not what it claims to be
    SP_ENOMEM = -5,     // memory ran out
    SP_ENOTSUP = -6,    // this machine or build lacks something
    SP_ECANCELLED = -7, // the caller's progress callback asked to stop
    SP_EPARTIAL = -8,   // done in part; what is missing was said in the log
    SP_EEND = -9,       // no more frames
};

// Leave one sentence for the calling thread and return code, so that `return sp_error(SP_EINVAL, "...")`
// works. The sentence names the file, camera or field and what to do.
int sp_error(int code, const char *fmt, ...) SP_PRINTF(2, 3);

// Put "context: " before the sentence that stands, keeping its code. Returns code.
int sp_error_context(int code, const char *fmt, ...) SP_PRINTF(2, 3);

// The calling thread's last sentence; "" when there is none. Valid until the thread's next error.
const char *sp_error_text(void);

// A short name for a code, such as "input missing".
const char *sp_error_name(int code);

// ---- Log

typedef enum sp_log_level { SP_LOG_ERROR, SP_LOG_WARN, SP_LOG_INFO, SP_LOG_DEBUG } sp_log_level;

typedef void (*sp_log_sink)(void *user, sp_log_level level, const char *message);

// Where messages go; NULL (the default) drops them: nothing below the command line prints. Set it before
// starting threads. The sink is called by one thread at a time.
void sp_log_set_sink(sp_log_sink sink, void *user);
void sp_log(sp_log_level level, const char *fmt, ...) SP_PRINTF(2, 3);

// ---- Progress and cancel

// One callback for all long work. Return false to cancel; the work then returns SP_ECANCELLED soon.
typedef struct sp_progress {
    bool (*step)(void *user, const char *stage, double done, double total);
    void *user;
} sp_progress;

// Report; progress may be NULL. Returns 0, or SP_ECANCELLED (with a sentence) when the callback said stop.
int sp_progress_step(const sp_progress *progress, const char *stage, double done, double total);

// ---- Threads

typedef struct sp_pool sp_pool;

// Start a pool. threads 0: one per online core. The caller owns *out and ends it with sp_pool_close().
int sp_pool_open(sp_pool **out, int threads);
int sp_pool_threads(const sp_pool *pool); // pool may be NULL: 1

// One item of work: index in 0..count-1; worker in 0..threads-1 names the scratch memory this call may use.
typedef void (*sp_pool_work)(void *context, int64_t index, int worker);

// Run work for every index and wait. Items are claimed in order by whichever thread is free, so results must
// depend on the index only, never on the worker; then they are the same for any thread count. pool NULL runs
// in the caller. Not reentrant: work must not call sp_pool_run on the same pool.
void sp_pool_run(sp_pool *pool, int64_t count, sp_pool_work work, void *context);
// Likewise of work that can fail: 0 or a negative SP_E... code, with a sentence. Every index is worked on;
// what the lowest one of those that failed returned and said is returned and said again here.
typedef int (*sp_pool_task)(void *context, int64_t index, int worker);
int sp_pool_try(sp_pool *pool, int64_t count, sp_pool_task task, void *context);
void sp_pool_close(sp_pool **pool);

// ---- CPU

typedef enum sp_cpu_level { SP_CPU_BASELINE, SP_CPU_AVX2, SP_CPU_AVX512 } sp_cpu_level;

// The best level that both the processor and the operating system (saved register state) support, lowered by
// STILLPOINT_CPU=baseline|avx2|avx512 in the environment. SP_CPU_AVX2 means AVX2+FMA+F16C; SP_CPU_AVX512 F,
// BW, DQ, VL.
sp_cpu_level sp_cpu_detect(void);
const char *sp_cpu_name(sp_cpu_level level);

// ---- Random numbers: PCG32 (O'Neill 2014), seeded and passed in

typedef struct sp_rng {
    uint64_t state, stream;
} sp_rng;

sp_rng sp_rng_seed(uint64_t seed, uint64_t stream);
uint32_t sp_rng_u32(sp_rng *rng);
double sp_rng_uniform(sp_rng *rng); // [0, 1)
double sp_rng_normal(sp_rng *rng);  // mean 0, deviation 1

// ---- Time and memory

double sp_time_s(void); // monotonic seconds
// Peak resident bytes of the process since its start or the last reset, to within a few hundred KiB; 0 when
// unknown.
int64_t sp_memory_peak(void);
void sp_memory_peak_reset(void); // restart the peak, where the system lets us

typedef struct sp_rational {
    int num, den;
} sp_rational;
double sp_rational_value(sp_rational r);

// Overflow-checked allocation; NULL with a sentence left (SP_ENOMEM) on failure. Memory is zeroed. Free with
// free().
void *sp_calloc(size_t count, size_t size);
// The same aligned to 64 bytes; free with free().
void *sp_aligned_calloc(size_t count, size_t size);
char *sp_strdup(const char *text);
// printf into new memory; NULL with a sentence left when memory runs out. Free with free().
char *sp_format(const char *fmt, ...) SP_PRINTF(1, 2);

// ---- Files

// Read a whole file (at most max_bytes, else SP_EFORMAT). *out is NUL-terminated and the caller's to free().
int sp_file_read(char **out, size_t *size, const char *path, size_t max_bytes);

// Write a whole file or nothing: aside, synced, then renamed. What stood there stays on failure. Devices and
// pipes are refused (SP_EIO), since the rename would replace them.
int sp_file_write(const char *path, const void *data, size_t size);

// The name to write a file or a folder aside into: beside path, unlike any other, and with path's ending, so
// that writers which look at it still work. Free with free(); NULL when memory runs out.
char *sp_file_aside(const char *path);
// Sync what was written aside and rename it to path, in the place of what stood there (a folder too). On
// failure what stood there stays, and aside is removed.
int sp_file_commit(const char *aside, const char *path);
// Remove what was written aside, if it is there. The calling thread's sentence stays as it is.
void sp_file_discard(const char *aside);

bool sp_file_exists(const char *path);
bool sp_is_folder(const char *path);
int sp_folder_make(const char *path);   // with parents; existing is fine
int sp_folder_remove(const char *path); // with everything in it; missing is fine
// Names in a folder, sorted in natural order ("cam2" before "cam10"), without "." and "..". Free with
// sp_names_free().
int sp_folder_list(char ***names, int *count, const char *path);
void sp_names_free(char ***names, int count);
// "a" + "b" -> "a/b"; an absolute b replaces a. Free with free().
char *sp_path_join(const char *folder, const char *name);
// Last part of a path, and the same without ending and trailing slashes. The first points into path; the
// second is free()d.
const char *sp_path_name(const char *path);
char *sp_path_stem(const char *path);

#ifdef __cplusplus
}
#endif
#endif
