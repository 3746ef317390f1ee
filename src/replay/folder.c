#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int system_error(const char *what, const char *path)
{
    return sp_error(SP_EIO, "%s: %s: %s", path, what, strerror(errno));
}

int replay_folder_begin(char **aside, const char *path)
{
    char *name = sp_file_aside(path);
    if (!name)
        return SP_ENOMEM;
    sp_folder_remove(name); // what a killed run with the same process id may have left
    int code = sp_folder_make(name);
    if (code < 0) {
        free(name);
        return code;
    }
    *aside = name;
    return SP_OK;
}

int replay_folder_commit(const char *aside, const char *path)
{
    // Where the system can swap two folders nobody ever finds none.
    if (sp_is_folder(path) && renameat2(AT_FDCWD, aside, AT_FDCWD, path, RENAME_EXCHANGE) == 0) {
        sp_folder_remove(aside);
        return SP_OK;
    }
    char *old = NULL;
    if (sp_file_exists(path)) {
        old = sp_format("%s.old-%ld", path, (long)getpid());
        if (!old)
            return SP_ENOMEM;
        sp_folder_remove(old);
        if (rename(path, old) != 0) {
            int code = system_error("cannot be replaced", path);
            free(old);
            return code;
        }
    }
    int code = SP_OK;
    if (rename(aside, path) != 0) {
        code = system_error("cannot be put in place", path);
        if (old && rename(old, path) != 0)
            sp_log(SP_LOG_ERROR, "%s: the earlier folder is kept as %s", path, old);
    } else if (old) {
        sp_folder_remove(old);
    }
    free(old);
    return code;
}

static int move_file(const char *aside, const char *path, const char *name)
{
    char *from = replay_path(aside, "%s", name), *to = replay_path(path, "%s", name);
    int code = from && to ? SP_OK : SP_ENOMEM;
    if (code == SP_OK && rename(from, to) != 0)
        code = system_error("cannot be written", to);
    free(from);
    free(to);
    return code;
}

int replay_folder_merge(const char *aside, const char *path)
{
    if (!sp_file_exists(path))
        return replay_folder_commit(aside, path);
    char **names;
    int count, moved = 0;
    int code = sp_folder_list(&names, &count, aside);
    if (code < 0)
        return code;
    while (moved < count && (code = move_file(aside, path, names[moved])) == SP_OK)
        moved++;
    for (int i = 0; code < 0 && i < moved; i++) {
        char *name = replay_path(path, "%s", names[i]);
        if (name)
            sp_file_discard(name);
        free(name);
    }
    sp_names_free(&names, count);
    if (code == SP_OK)
        sp_folder_remove(aside);
    return code;
}

void replay_folder_discard(const char *aside)
{
    if (aside)
        sp_folder_remove(aside);
}

// Absolute form of a path whose last part need not exist.
static char *absolute(const char *path)
{
    char *whole = realpath(path, NULL);
    if (whole)
        return whole;
    char *copy = sp_strdup(path);
    if (!copy)
        return NULL;
    for (size_t n = strlen(copy); n > 1 && copy[n - 1] == '/'; n--)
        copy[n - 1] = '\0';
    char *slash = strrchr(copy, '/');
    const char *last = slash ? slash + 1 : copy;
    char *parent = NULL;
    if (!slash) {
        parent = realpath(".", NULL);
    } else if (slash == copy) {
        parent = sp_strdup("/");
    } else {
        *slash = '\0';
        parent = absolute(copy);
    }
    if (parent)
        whole = sp_path_join(parent, last);
    free(parent);
    free(copy);
    return whole;
}

char *replay_path_between(const char *from, const char *to)
{
    char *a = absolute(from), *b = absolute(to), *out = NULL;
    if (a && b) {
        size_t common = 0; // length of the shared leading folders, without the slash after them
        for (size_t i = 0;; i++) {
            bool ends_a = a[i] == '/' || !a[i], ends_b = b[i] == '/' || !b[i];
            if (ends_a && ends_b)
                common = i;
            if (a[i] != b[i] || !a[i])
                break;
        }
        size_t up = 0;
        for (const char *p = a + common; *p; p++)
            up += *p == '/' && p[1];
        const char *rest = b + common + (b[common] == '/');
        size_t size = 3 * up + strlen(rest) + 2;
        out = sp_calloc(size, 1);
        for (size_t i = 0; out && i < up; i++)
            strcat(out, i + 1 < up || *rest ? "../" : "..");
        if (out)
            strcat(out, *rest || up ? rest : ".");
    }
    free(a);
    free(b);
    return out;
}

char *replay_path(const char *folder, const char *fmt, ...)
{
    char name[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(name, sizeof name, fmt, args);
    va_end(args);
    return sp_path_join(folder, name);
}
