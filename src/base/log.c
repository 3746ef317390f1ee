// Messages to whoever listens; silence otherwise.
#include <stillpoint/base.h>

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static sp_log_sink current_sink;
static void *current_user;

void sp_log_set_sink(sp_log_sink sink, void *user)
{
    pthread_mutex_lock(&lock);
    current_sink = sink;
    current_user = user;
    pthread_mutex_unlock(&lock);
}

void sp_log(sp_log_level level, const char *fmt, ...)
{
    char message[2048];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    pthread_mutex_lock(&lock);
    if (current_sink)
        current_sink(current_user, level, message);
    pthread_mutex_unlock(&lock);
}
