#include "console.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

bool console_is_interrupted(void)
{
    return interrupted != 0;
}

void console_clear(console *c)
{
    if (c->has_bar)
        fputs("\r\033[K", stderr);
    c->has_bar = false;
}

static void on_message(void *user, sp_log_level level, const char *message)
{
    console *c = user;
    if (level > c->level)
        return;
    static const char *const prefixes[] = {"", "warning: ", "note: ", "debug: "};
    console_clear(c);
    fprintf(stderr, "stillpoint: %s%s\n", prefixes[level], message);
}

void console_open(console *c)
{
    struct sigaction stop = {.sa_handler = on_interrupt}, ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    // A reader that went away and a file that grew too long are errors of write(), with a sentence of their
    // own.
    sigaction(SIGPIPE, &ignore, NULL);
    sigaction(SIGXFSZ, &ignore, NULL);
    c->level = SP_LOG_INFO;
    sp_log_set_sink(on_message, c);
}

bool console_set_progress(console *c, const char *mode, bool is_quiet)
{
    static const char *const names[] = {"none", "bar", "plain", "json"};
    if (!mode) {
        c->mode = !is_quiet && isatty(STDERR_FILENO) ? CONSOLE_BAR : CONSOLE_NONE;
        return true;
    }
    for (int i = 0; i < 4; i++) {
        if (strcmp(mode, names[i]) == 0) {
            c->mode = (console_progress)i;
            return true;
        }
    }
    return false;
}

// ---- Drawing

static double seconds_left(const console *c, double now, double done, double total)
{
    return done > 0 ? (now - c->begin_s) / done * (total - done) : -1;
}

static void draw_bar(console *c, double share, double left_s)
{
    enum { WIDTH = 30 };
    char bar[WIDTH + 1];
    for (int i = 0; i < WIDTH; i++)
        bar[i] = i < share * WIDTH ? '#' : '.';
    bar[WIDTH] = '\0';
    fprintf(stderr, "\r\033[K%-14s [%s] %3.0f%%", c->stage, bar, 100 * share);
    if (left_s >= 0)
        fprintf(stderr, "  %.0f s left", left_s);
    fflush(stderr);
    c->has_bar = true;
}

static void draw_plain(console *c, double share, double left_s)
{
    int tenth = (int)(share * 10);
    if (tenth <= c->tenth)
        return;
    c->tenth = tenth;
    if (left_s >= 0 && share < 1)
        fprintf(stderr, "%s %.0f%%, %.0f s left\n", c->stage, 100 * share, left_s);
    else
        fprintf(stderr, "%s %.0f%%\n", c->stage, 100 * share);
}

static void draw_json(const console *c, double done, double total, double left_s)
{
    fprintf(stderr, "{\"stage\":\"%s\",\"done\":%.6g,\"total\":%.6g", c->stage, done, total);
    if (left_s >= 0)
        fprintf(stderr, ",\"left_s\":%.1f", left_s);
    fputs("}\n", stderr);
}

bool console_step(void *user, const char *stage, double done, double total)
{
    console *c = user;
    double now = sp_time_s();
    bool is_new = strcmp(c->stage, stage) != 0;
    if (is_new) {
        console_clear(c);
        snprintf(c->stage, sizeof c->stage, "%s", stage);
        c->begin_s = now;
        c->tenth = -1;
    }
    bool is_due = is_new || done >= total || now - c->drawn_s >= 0.1;
    if (c->mode == CONSOLE_NONE || !is_due)
        return !interrupted;
    c->drawn_s = now;
    double share = total > 0 ? done / total : 1, left = seconds_left(c, now, done, total);
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    if (c->mode == CONSOLE_BAR)
        draw_bar(c, share, left);
    else if (c->mode == CONSOLE_PLAIN)
        draw_plain(c, share, left);
    else
        draw_json(c, done, total, left);
    return !interrupted;
}
