// Work that can fail, shared out: the code and the sentence of the first item that did reach the caller.
#include <stillpoint/base.h>

#include <pthread.h>
#include <stdio.h>

enum { SENTENCE_SIZE = 2048 };

typedef struct trial {
    sp_pool_task task;
    void *context;
    pthread_mutex_t lock; // of what follows
    int64_t failed;       // the lowest index that did
    int code;
    char sentence[SENTENCE_SIZE];
} trial;

static void try_item(void *context, int64_t index, int worker)
{
    trial *t = context;
    int code = t->task(t->context, index, worker);
    if (code >= 0)
        return;
    pthread_mutex_lock(&t->lock);
    if (t->code >= 0 || index < t->failed) {
        t->failed = index;
        t->code = code;
        snprintf(t->sentence, sizeof t->sentence, "%s", sp_error_text());
    }
    pthread_mutex_unlock(&t->lock);
}

int sp_pool_try(sp_pool *pool, int64_t count, sp_pool_task task, void *context)
{
    trial t = {.task = task, .context = context, .code = SP_OK};
    pthread_mutex_init(&t.lock, NULL);
    sp_pool_run(pool, count, try_item, &t);
    pthread_mutex_destroy(&t.lock);
    return t.code < 0 ? sp_error(t.code, "%s", t.sentence) : SP_OK;
}
