// Allocation that checks for overflow and says what failed; the peak of resident memory.
#include <stillpoint/base.h>

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    ALIGNMENT = 64, // a cache line, and the widest vector register
    HUGE_PAGE = 2 << 20,
    LARGE = 4 * HUGE_PAGE, // what huge pages are worth the rounding for
};

static void *no_memory(size_t count, size_t size)
{
    sp_error(SP_ENOMEM, "out of memory: %zu x %zu bytes are not to be had", count, size);
    return NULL;
}

void *sp_calloc(size_t count, size_t size)
{
    // One byte at least, so that NULL always means failure.
    void *block = count && size ? calloc(count, size) : calloc(1, 1);
    return block ? block : no_memory(count, size);
}

void *sp_aligned_calloc(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2)
        return no_memory(count, size);
    size_t alignment = bytes >= LARGE ? HUGE_PAGE : ALIGNMENT;
    bytes = (bytes + alignment - 1) / alignment * alignment;
    if (bytes == 0)
        bytes = ALIGNMENT;
    void *block = aligned_alloc(alignment, bytes);
    if (!block)
        return no_memory(count, size);
#ifdef MADV_HUGEPAGE
    if (alignment == HUGE_PAGE)
        madvise(block, bytes, MADV_HUGEPAGE); // a wish: rows of clouds and pictures are walked side by side
#endif
    return memset(block, 0, bytes);
}

char *sp_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = sp_calloc(size, 1);
    return copy ? memcpy(copy, text, size) : NULL;
}

char *sp_format(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *text = NULL;
    int length = vasprintf(&text, fmt, args);
    va_end(args);
    return length >= 0 ? text : no_memory(1, strlen(fmt));
}

int64_t sp_memory_peak(void)
{
    char status[8192];
    int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t size = read(fd, status, sizeof status - 1);
    close(fd);
    if (size <= 0)
        return 0;
    status[size] = '\0';
    const char *line = strstr(status, "\nVmHWM:");
    return line ? strtoll(line + 7, NULL, 10) * 1024 : 0;
}

void sp_memory_peak_reset(void)
{
    int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    // 5 resets the peak to what is resident now (proc(5)). A kernel that refuses leaves the old peak, which
    // is still an upper bound.
    if (write(fd, "5", 1) < 0) {
    }
    close(fd);
}
