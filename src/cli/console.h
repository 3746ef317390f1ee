// What goes to the terminal while a command works: messages and progress, all on stderr; and Ctrl-C.
#ifndef CLI_CONSOLE_H
#define CLI_CONSOLE_H

#include <stillpoint/base.h>

typedef enum console_progress {
    CONSOLE_NONE,
    CONSOLE_BAR,   // one line that is drawn over
    CONSOLE_PLAIN, // a line per stage and ten percent
    CONSOLE_JSON,  // a JSON object per line
} console_progress;

typedef struct console {
    console_progress mode;
    sp_log_level level;
    char stage[64];
    double begin_s, drawn_s; // of the stage; of the last drawing
    int tenth;               // last ten percent said in plain mode
    bool has_bar;            // a bar stands on the current line
} console;

// Start handling interrupts and receive the library's messages.
void console_open(console *c);
// bar | plain | json | none, or NULL: a bar when stderr is a terminal, else none. False: no such mode.
bool console_set_progress(console *c, const char *mode, bool is_quiet);
bool console_step(void *user, const char *stage, double done, double total);
bool console_is_interrupted(void);
// Take the bar away, so that a line can be written.
void console_clear(console *c);

#endif
