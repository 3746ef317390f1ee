// The calling thread's last sentence.
#include <stillpoint/base.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_SIZE = 2048 };

static _Thread_local char text[TEXT_SIZE];

int sp_error(int code, const char *fmt, ...)
{
    // Formatted apart first, because the arguments may point into the sentence that stands.
    char fresh[TEXT_SIZE];
    va_list args;
    va_start(args, fmt);
    vsnprintf(fresh, sizeof fresh, fmt, args);
    va_end(args);
    memcpy(text, fresh, strlen(fresh) + 1);
    return code;
}

static void append(char *sentence, const char *more)
{
    size_t used = strlen(sentence);
    snprintf(sentence + used, TEXT_SIZE - used, "%s", more);
}

int sp_error_context(int code, const char *fmt, ...)
{
    char fresh[TEXT_SIZE];
    va_list args;
    va_start(args, fmt);
    vsnprintf(fresh, sizeof fresh, fmt, args);
    va_end(args);
    if (fresh[0] != '\0' && text[0] != '\0')
        append(fresh, ": ");
    append(fresh, text);
    memcpy(text, fresh, strlen(fresh) + 1);
    return code;
}

const char *sp_error_text(void)
{
    return text;
}

const char *sp_error_name(int code)
{
    switch (code) {
    case SP_OK:
        return "done";
    case SP_EINVAL:
        return "wrong argument";
    case SP_ENOENT:
        return "input missing";
    case SP_EIO:
        return "reading or writing failed";
    case SP_EFORMAT:
        return "wrong format";
    case SP_ENOMEM:
        return "out of memory";
    case SP_ENOTSUP:
        return "not supported here";
    case SP_ECANCELLED:
        return "cancelled";
    case SP_EPARTIAL:
        return "done in part";
    case SP_EEND:
        return "end reached";
    }
    return "unknown error";
}
