// The program's own commands, run as a user runs them: a process each, its wall seconds and peak memory.
#include "picture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { WORDS_MOST = 96, INTERRUPTED = 130 };

// ---- Texts

char *picture_take(const picture_job *job, const picture_row *row)
{
    return sp_path_join(job->folder, row->take ? row->take : row->name);
}

// What a name in braces stands for.
static char *value_of(const picture_job *job, const picture_row *row, const char *name)
{
    if (!strcmp(name, "data"))
        return sp_strdup(job->bench->data ? job->bench->data : "");
    const picture_row *named = strcmp(name, "take") ? picture_row_find(name) : row;
    return named ? picture_take(job, named) : sp_format("{%s}", name);
}

char *picture_text(const picture_job *job, const picture_row *row, const char *text)
{
    char *out = sp_strdup("");
    while (out && *text) {
        const char *open = strchr(text, '{'), *close = open ? strchr(open, '}') : NULL;
        // JSON has braces too: only a plain word in them is a name.
        bool is_name =
            close && strspn(open + 1, "abcdefghijklmnopqrstuvwxyz0123456789_-") == (size_t)(close - open - 1);
        size_t plain = !open ? strlen(text) : is_name ? (size_t)(open - text) : (size_t)(open - text) + 1;
        char *name = is_name ? sp_format("%.*s", (int)(close - open - 1), open + 1) : NULL;
        char *value = name ? value_of(job, row, name) : sp_strdup("");
        char *longer = value ? sp_format("%s%.*s%s", out, (int)plain, text, value) : NULL;
        text = is_name ? close + 1 : text + plain;
        free(name);
        free(value);
        free(out);
        out = longer;
    }
    return out;
}

// ---- Processes

// The last line that a command left on stderr, without the program's name.
static void last_line(char *out, size_t size, const char *log)
{
    char *text = NULL;
    size_t length = 0;
    snprintf(out, size, "it said nothing");
    if (sp_file_read(&text, &length, log, 1 << 24) < 0)
        return;
    while (length && (text[length - 1] == '\n' || text[length - 1] == ' '))
        text[--length] = '\0';
    char *line = strrchr(text, '\n');
    line = line ? line + 1 : text;
    const char *own = "stillpoint: ";
    if (!strncmp(line, own, strlen(own)))
        line += strlen(own);
    if (*line)
        snprintf(out, size, "%s", line);
    free(text);
}

static int start(pid_t *pid, char **words, const char *log)
{
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions))
        return sp_error(SP_ENOMEM, "memory ran out");
    int bad = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (!bad)
        bad = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log, O_WRONLY | O_CREAT | O_TRUNC,
                                               0644);
    if (!bad)
        bad = posix_spawn(pid, words[0], &actions, NULL, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    return bad ? sp_error(SP_ENOENT, "%s cannot be run: %s", words[0], strerror(bad)) : SP_OK;
}

// Most resident memory of a process so far, 0 when unknown. What wait4() tells would not do: it is never less
// than what this process had when it started the other.
static int64_t peak_of(pid_t pid)
{
    char path[64], line[128];
    long long kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "VmHWM: %lld kB", &kib) == 1)
            break;
    if (file)
        fclose(file);
    return (int64_t)kib * 1024;
}

// Looked after rather than waited for: an interrupt may reach another thread than this one. It is passed on
// to the command, which does not hear it when it does not come from the terminal.
static int wait_for(int *status, int64_t *peak_bytes, pid_t pid, const picture_job *job)
{
    const struct timespec nap = {0, 5000000};
    int code = SP_OK;
    for (;;) {
        int64_t peak = peak_of(pid);
        *peak_bytes = peak > *peak_bytes ? peak : *peak_bytes;
        pid_t ended = waitpid(pid, status, WNOHANG);
        if (ended == pid)
            return code;
        if (ended < 0 && errno != EINTR)
            return sp_error(SP_EIO, "a command was lost: %s", strerror(errno));
        if (!code && (code = sp_progress_step(job->bench->progress, job->stage, job->done, job->count)) < 0)
            kill(pid, SIGTERM);
        nanosleep(&nap, NULL);
    }
}

static int run_words(picture_cost *cost, picture_job *job, char **words)
{
    pid_t pid = 0;
    int status = 0;
    double begin = sp_time_s();
    int code = start(&pid, words, job->log);
    if (!code)
        code = wait_for(&status, &cost->peak_bytes, pid, job);
    if (code)
        return code;
    cost->seconds += sp_time_s() - begin;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return SP_OK;
    if (WIFEXITED(status) && WEXITSTATUS(status) == INTERRUPTED)
        return sp_error(SP_ECANCELLED, "interrupted");
    char said[400];
    last_line(said, sizeof said, job->log);
    if (WIFSIGNALED(status))
        return sp_error(SP_EIO, "%s: ended by signal %d", words[1], WTERMSIG(status));
    return sp_error(SP_EIO, "%s: %s", words[1], said);
}

// ---- Commands

static int run_command(picture_cost *cost, picture_job *job, const picture_row *row, const char *first,
                       const char *text, const char *last)
{
    char *whole = sp_format("%s %s %s", first ? first : "", text, last ? last : "");
    char *words[WORDS_MOST + 3] = {NULL}, threads[16], *rest = NULL;
    int count = 1, code = whole ? SP_OK : SP_ENOMEM;
    for (char *word = whole ? strtok_r(whole, " \n", &rest) : NULL; word && !code;
         word = strtok_r(NULL, " \n", &rest)) {
        // Names are put in after the parting, since paths may have spaces.
        if (count == WORDS_MOST)
            code = sp_error(SP_EINVAL, "the command of row %s is too long", row->name);
        else if (!(words[count++] = picture_text(job, row, word)))
            code = SP_ENOMEM;
    }
    snprintf(threads, sizeof threads, "%d", sp_pool_threads(job->bench->pool));
    const char *const common[] = {"--threads", threads};
    for (int k = 0; k < 2 && !code; k++)
        if (!(words[count++] = sp_strdup(common[k])))
            code = SP_ENOMEM;
    words[0] = job->program;
    if (!code)
        code = run_words(cost, job, words);
    for (int k = 1; k < count; k++)
        free(words[k]);
    free(whole);
    return code;
}

int picture_commands(picture_cost *cost, picture_job *job, const picture_row *row, const char *first,
                     const char *text, const char *last)
{
    // Without arguments it is one command, too.
    char *all = sp_strdup(*text ? text : " "), *rest = NULL;
    int code = all ? SP_OK : SP_ENOMEM;
    for (char *one = all ? strtok_r(all, ";", &rest) : NULL; one && !code; one = strtok_r(NULL, ";", &rest))
        code = run_command(cost, job, row, first, one, last);
    free(all);
    return code;
}
