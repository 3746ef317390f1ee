// A fuzzer without a fuzzing engine: mutates seeds in a way that depends on the run's number alone, so that
// every failure can be had again. Usage: fuzz_NAME [--runs N] [--seconds S] [--only RUN] SEED|FOLDER...
//
// With -Dfuzz=true targets are linked to libFuzzer instead, which also searches by coverage.
#include "fuzz.h"
#include "mutate.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    GROWTH = 1 << 16, // bytes an input may gain over its seed
    PATIENCE_S = 20,  // longer than this is a hang
    SEED_BYTES_MAX = 1 << 24,
};

// Absent in most targets; the linker then leaves NULL.
extern __typeof__(fuzz_seed) fuzz_seed __attribute__((weak));

typedef struct {
    mutate_bytes *seeds;
    int count;
} corpus;

static volatile long current_run;

static void add_seed(corpus *c, const void *data, size_t size)
{
    mutate_bytes *grown = realloc(c->seeds, (size_t)(c->count + 1) * sizeof *grown);
    uint8_t *copy = malloc(size + 1);
    if (!grown || !copy)
        abort();
    if (size)
        memcpy(copy, data, size);
    c->seeds = grown;
    c->seeds[c->count++] = (mutate_bytes){copy, size, size + 1};
}

static void add_path(corpus *c, const char *path)
{
    if (!sp_is_folder(path)) {
        char *data;
        size_t size;
        if (sp_file_read(&data, &size, path, SEED_BYTES_MAX) != SP_OK) {
            fprintf(stderr, "%s\n", sp_error_text());
            exit(2);
        }
        add_seed(c, data, size);
        free(data);
        return;
    }
    char **names;
    int count;
    if (sp_folder_list(&names, &count, path) != SP_OK)
        return;
    for (int i = 0; i < count; i++) {
        char *inner = sp_path_join(path, names[i]);
        add_path(c, inner);
        free(inner);
    }
    sp_names_free(&names, count);
}

static void add_made_seeds(corpus *c)
{
    uint8_t *data;
    size_t size;
    for (int i = 0; fuzz_seed && fuzz_seed(&data, &size, i) == 0; i++) {
        add_seed(c, data, size);
        free(data);
    }
}

// The first runs take the seeds as they are; run N later takes seed N modulo count, mutated.
static void run_once(const corpus *c, long run)
{
    current_run = run;
    const mutate_bytes *seed = &c->seeds[run % c->count];
    sp_rng rng = sp_rng_seed(20, (uint64_t)run);
    mutate_bytes input = {malloc(seed->size + GROWTH), seed->size, seed->size + GROWTH};
    if (!input.data)
        abort();
    memcpy(input.data, seed->data, seed->size);
    if (run >= c->count)
        mutate(&input, &c->seeds[sp_rng_u32(&rng) % (uint32_t)c->count], &rng);
    // A block of exactly this size, so that a sanitizer sees the first byte read beyond it.
    uint8_t *exact = malloc(input.size ? input.size : 1);
    if (!exact)
        abort();
    memcpy(exact, input.data, input.size);
    free(input.data);
    alarm(PATIENCE_S);
    LLVMFuzzerTestOneInput(exact, input.size);
    alarm(0);
    free(exact);
}

// Only calls that are safe in a signal handler.
static void say_run(int number)
{
    char text[96] = "fuzz: failed (crash, or a hang when the signal is an alarm); have it again with --only ";
    size_t length = strlen(text);
    char digits[24];
    size_t count = 0;
    for (long n = current_run; n > 0 || count == 0; n /= 10)
        digits[count++] = (char)('0' + n % 10);
    if (write(STDERR_FILENO, text, length) < 0)
        _exit(1);
    while (count > 0)
        if (write(STDERR_FILENO, &digits[--count], 1) < 0)
            _exit(1);
    if (write(STDERR_FILENO, "\n", 1) < 0)
        _exit(1);
    signal(number, SIG_DFL);
    raise(number);
}

int main(int argc, char **argv)
{
    long runs = 5000, only = -1;
    double seconds = 2;
    corpus c = {0};
    add_seed(&c, "", 0);
    add_made_seeds(&c);
    for (int i = 1; i < argc; i++) {
        bool has_value = i + 1 < argc;
        if (strcmp(argv[i], "--runs") == 0 && has_value)
            runs = strtol(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--seconds") == 0 && has_value)
            seconds = strtod(argv[++i], NULL);
        else if (strcmp(argv[i], "--only") == 0 && has_value)
            only = strtol(argv[++i], NULL, 10);
        else
            add_path(&c, argv[i]);
    }

    const int signals[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGALRM};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        signal(signals[i], say_run);

    long done = 0;
    double end = sp_time_s() + seconds;
    if (only >= 0)
        run_once(&c, only);
    else
        while (done < c.count || (done < runs && sp_time_s() < end))
            run_once(&c, done++);
    printf("%d seeds, %ld runs\n", c.count, only >= 0 ? 1 : done);
    for (int i = 0; i < c.count; i++)
        free(c.seeds[i].data);
    free(c.seeds);
    return 0;
}
