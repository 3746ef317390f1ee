// Whole files: read them, and write them whole or not at all.
#include <stillpoint/base.h>

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_error(const char *path)
{
    if (errno == ENOENT || errno == ENOTDIR)
        return sp_error(SP_ENOENT, "%s: no such file", path);
    return sp_error(SP_ENOENT, "%s: cannot be read: %s", path, strerror(errno));
}

static int write_error(const char *path)
{
    return sp_error(SP_EIO, "%s: cannot be written: %s", path, strerror(errno));
}

// Reads until the end, since the size that stat names is only a guess for pipes and files that grow.
static int read_all(char **out, size_t *size, int fd, const char *path, size_t guess, size_t max_bytes)
{
    size_t capacity = guess + 2, used = 0;
    char *data = sp_calloc(capacity, 1);
    if (!data)
        return SP_ENOMEM;
    for (;;) {
        ssize_t got = read(fd, data + used, capacity - 1 - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            free(data);
            return sp_error(SP_EIO, "%s: reading failed: %s", path, strerror(errno));
        }
        if (got == 0)
            break;
        used += (size_t)got;
        if (used > max_bytes) {
            free(data);
            return sp_error(SP_EFORMAT, "%s: larger than the %zu bytes such a file may have", path,
                            max_bytes);
        }
        if (used == capacity - 1) {
            char *larger = realloc(data, capacity * 2);
            if (!larger) {
                free(data);
                return sp_error(SP_ENOMEM, "%s: out of memory while reading", path);
            }
            data = larger;
            capacity *= 2;
        }
    }
    data[used] = '\0';
    *out = data;
    if (size)
        *size = used;
    return SP_OK;
}

int sp_file_read(char **out, size_t *size, const char *path, size_t max_bytes)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return read_error(path);
    struct stat info;
    int status = SP_OK;
    if (fstat(fd, &info) < 0)
        status = read_error(path);
    else if (S_ISDIR(info.st_mode))
        status = sp_error(SP_ENOENT, "%s: is a folder, not a file", path);
    else if (info.st_size > 0 && (uint64_t)info.st_size > max_bytes)
        status = sp_error(SP_EFORMAT, "%s: larger than the %zu bytes such a file may have", path, max_bytes);
    else
        status = read_all(out, size, fd, path, info.st_size > 0 ? (size_t)info.st_size : 4096, max_bytes);
    close(fd);
    return status;
}

// A device or a pipe must not be replaced by a file of its name.
static int check_target(const char *path)
{
    struct stat info;
    if (lstat(path, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISLNK(info.st_mode) && !S_ISDIR(info.st_mode))
        return sp_error(SP_EIO, "%s: is a device or a pipe; name a file to write", path);
    return SP_OK;
}

char *sp_file_aside(const char *path)
{
    static _Atomic unsigned counter; // two threads may write the same path
    unsigned ticket = atomic_fetch_add(&counter, 1);
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    size_t start = length;
    while (start > 0 && path[start - 1] != '/')
        start--;
    size_t dot = length;
    for (size_t i = start + 1; i < length; i++)
        if (path[i] == '.')
            dot = i;
    return sp_format("%.*s.tmp-%ld-%u%.*s", (int)dot, path, (long)getpid(), ticket, (int)(length - dot),
                     path + dot);
}

static int sync_path(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int failed = fsync(fd);
    int reason = errno;
    close(fd);
    errno = reason;
    // Some file systems cannot sync a folder; that is no failure of the write.
    return failed && reason != EINVAL && reason != EROFS ? -1 : 0;
}

// A rename is on disk only when its folder is.
static void sync_parent(const char *path)
{
    const char *name = sp_path_name(path);
    char *parent = name > path ? sp_format("%.*s", (int)(name - path), path) : sp_strdup(".");
    if (parent)
        sync_path(parent);
    free(parent);
}

// rename() does not replace a folder that holds something: swap the two, then remove the old one.
static int replace_folder(const char *aside, const char *path)
{
    if (renameat2(AT_FDCWD, aside, AT_FDCWD, path, RENAME_EXCHANGE) == 0) {
        sp_folder_remove(aside);
        return 0;
    }
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    if (sp_folder_remove(path) < 0)
        return -1;
    return rename(aside, path);
}

int sp_file_commit(const char *aside, const char *path)
{
    int status = check_target(path);
    if (status == SP_OK) {
        bool both_folders = sp_is_folder(aside) && sp_is_folder(path);
        if (sync_path(aside) < 0 || (both_folders ? replace_folder(aside, path) : rename(aside, path)) < 0)
            status = write_error(path);
    }
    if (status == SP_OK)
        sync_parent(path);
    else
        sp_file_discard(aside);
    return status;
}

void sp_file_discard(const char *aside)
{
    if (aside && unlink(aside) < 0 && (errno == EISDIR || errno == EPERM)) {
        // The sentence of the failure that led here has to outlive a failure to clean up.
        char *sentence = sp_strdup(sp_error_text());
        if (sp_folder_remove(aside) < 0 && sentence)
            sp_error(SP_EIO, "%s", sentence);
        free(sentence);
    }
}

static int write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, data, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -1;
        data += written;
        size -= (size_t)written;
    }
    return 0;
}

int sp_file_write(const char *path, const void *data, size_t size)
{
    if (sp_is_folder(path))
        return sp_error(SP_EIO, "%s: is a folder; name a file to write", path);
    char *aside = sp_file_aside(path);
    if (!aside)
        return SP_ENOMEM;
    int status = SP_OK;
    int fd = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) {
        status = write_error(path);
    } else {
        int failed = write_all(fd, data, size);
        int reason = errno;
        if (close(fd) < 0 && !failed) {
            failed = -1;
            reason = errno;
        }
        if (failed) {
            sp_file_discard(aside);
            errno = reason;
            status = write_error(path);
        } else {
            status = sp_file_commit(aside, path);
        }
    }
    free(aside);
    return status;
}

bool sp_file_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}
