// A pool of threads that share the indices of one job after the other.
//
// A job is published by raising `generation`; every helper thread sees each generation exactly once, claims
// indices from the atomic counter `next` until none is left, and then lowers `busy`. The caller claims
// indices too, as worker 0, and leaves when busy is 0; so no helper touches a job after its end. Who waits
// looks again for some microseconds before it sleeps: a picture is a dozen short jobs, and waking up takes
// longer than the pause between two of them.
#include <stillpoint/base.h>

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    THREADS_MAX = 1024,
    LOOKS = 1000, // before going to sleep
};

typedef struct {
    sp_pool *pool;
    pthread_t thread;
    int worker;
} pool_helper;

struct sp_pool {
    int threads; // the caller included
    pool_helper *helpers;

    pthread_mutex_t lock;
    pthread_cond_t job_is_there, job_is_done;
    _Atomic uint64_t generation;
    _Atomic int busy; // helpers that have not finished the current generation
    _Atomic bool is_closing;
    bool is_running;

    sp_pool_work work;
    void *context;
    int64_t count;
    _Atomic int64_t next;
};

static void claim_items(sp_pool *pool, int worker)
{
    for (;;) {
        int64_t index = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed);
        if (index >= pool->count)
            return;
        pool->work(pool->context, index, worker);
    }
}

static void relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

static bool is_called(sp_pool *pool, uint64_t seen)
{
    return atomic_load_explicit(&pool->generation, memory_order_acquire) != seen ||
           atomic_load_explicit(&pool->is_closing, memory_order_acquire);
}

static void wait_for_job(sp_pool *pool, uint64_t seen)
{
    for (int i = 0; i < LOOKS; i++) {
        if (is_called(pool, seen))
            return;
        relax();
    }
    pthread_mutex_lock(&pool->lock);
    while (!is_called(pool, seen))
        pthread_cond_wait(&pool->job_is_there, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}

static void *helper_main(void *argument)
{
    pool_helper *helper = argument;
    sp_pool *pool = helper->pool;
    for (uint64_t seen = 0;; seen++) {
        wait_for_job(pool, seen);
        if (atomic_load_explicit(&pool->is_closing, memory_order_acquire))
            return NULL;
        claim_items(pool, helper->worker);
        if (atomic_fetch_sub_explicit(&pool->busy, 1, memory_order_acq_rel) == 1) {
            pthread_mutex_lock(&pool->lock);
            pthread_cond_signal(&pool->job_is_done);
            pthread_mutex_unlock(&pool->lock);
        }
    }
}

static void wait_for_helpers(sp_pool *pool)
{
    for (int i = 0; i < LOOKS; i++) {
        if (!atomic_load_explicit(&pool->busy, memory_order_acquire))
            return;
        relax();
    }
    pthread_mutex_lock(&pool->lock);
    while (atomic_load_explicit(&pool->busy, memory_order_acquire))
        pthread_cond_wait(&pool->job_is_done, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}

// Cores this process may run on, which in a container can be fewer than the machine has.
static int usable_cores(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        return CPU_COUNT(&set);
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int)online : 1;
}

int sp_pool_open(sp_pool **out, int threads)
{
    if (threads < 0 || threads > THREADS_MAX)
        return sp_error(SP_EINVAL, "threads: %d is outside 0..%d (0: one per core)", threads, THREADS_MAX);
    if (threads == 0)
        threads = usable_cores();

    sp_pool *pool = sp_calloc(1, sizeof *pool);
    pool_helper *helpers = sp_calloc((size_t)threads, sizeof *helpers);
    if (!pool || !helpers) {
        free(pool);
        free(helpers);
        return SP_ENOMEM;
    }
    pool->helpers = helpers;
    pool->threads = 1;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->job_is_there, NULL);
    pthread_cond_init(&pool->job_is_done, NULL);
    for (int i = 1; i < threads; i++) {
        pool_helper *helper = &helpers[i - 1];
        helper->pool = pool;
        helper->worker = i;
        int failure = pthread_create(&helper->thread, NULL, helper_main, helper);
        if (failure) {
            sp_pool_close(&pool);
            return sp_error(SP_ENOMEM, "thread %d of %d cannot be started: %s; try fewer threads", i + 1,
                            threads, strerror(failure));
        }
        pool->threads++;
    }
    *out = pool;
    return SP_OK;
}

int sp_pool_threads(const sp_pool *pool)
{
    return pool ? pool->threads : 1;
}

void sp_pool_run(sp_pool *pool, int64_t count, sp_pool_work work, void *context)
{
    if (!pool || pool->threads == 1 || count <= 1) {
        for (int64_t i = 0; i < count; i++)
            work(context, i, 0);
        return;
    }

    assert(!pool->is_running); // one caller at a time, and none from inside work
    pool->is_running = true;
    pool->work = work;
    pool->context = context;
    pool->count = count;
    atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
    atomic_store_explicit(&pool->busy, pool->threads - 1, memory_order_relaxed);
    pthread_mutex_lock(&pool->lock);
    atomic_fetch_add_explicit(&pool->generation, 1, memory_order_release);
    pthread_cond_broadcast(&pool->job_is_there);
    pthread_mutex_unlock(&pool->lock);
    claim_items(pool, 0);
    wait_for_helpers(pool);
    pool->is_running = false;
}

void sp_pool_close(sp_pool **pool)
{
    sp_pool *p = *pool;
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    atomic_store_explicit(&p->is_closing, true, memory_order_release);
    pthread_cond_broadcast(&p->job_is_there);
    pthread_mutex_unlock(&p->lock);
    for (int i = 0; i < p->threads - 1; i++)
        pthread_join(p->helpers[i].thread, NULL);
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->job_is_there);
    pthread_cond_destroy(&p->job_is_done);
    free(p->helpers);
    free(p);
    *pool = NULL;
}
