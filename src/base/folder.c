// Folders: make, remove, list.
#include <stillpoint/base.h>

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool sp_is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static int make_one(const char *path, const char *whole)
{
    if (mkdir(path, 0777) == 0)
        return SP_OK;
    int reason = errno;
    if (sp_is_folder(path))
        return SP_OK;
    if (reason == EEXIST || reason == ENOTDIR)
        return sp_error(SP_EIO, "%s: cannot be made: %s is a file", whole, path);
    return sp_error(SP_EIO, "%s: folder cannot be made: %s", whole, strerror(reason));
}

int sp_folder_make(const char *path)
{
    char *prefix = sp_strdup(path);
    if (!prefix)
        return SP_ENOMEM;
    int status = SP_OK;
    for (char *p = prefix; status == SP_OK && *p; p++) {
        if (*p != '/' || p == prefix || p[-1] == '/')
            continue;
        *p = '\0';
        status = make_one(prefix, path);
        *p = '/';
    }
    if (status == SP_OK)
        status = make_one(prefix, path);
    free(prefix);
    return status;
}

// Empties the folder behind fd and closes fd. Links are removed, never followed. 0, or -1 with errno set.
static int empty_folder(int fd)
{
    DIR *folder = fdopendir(fd);
    if (!folder) {
        close(fd);
        return -1;
    }
    int failed = 0, reason = 0;
    for (struct dirent *entry; !failed && (entry = readdir(folder));) {
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
            continue;
        failed = unlinkat(dirfd(folder), name, 0);
        if (failed && (errno == EISDIR || errno == EPERM)) {
            int child = openat(dirfd(folder), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            failed = child < 0 || empty_folder(child) < 0 || unlinkat(dirfd(folder), name, AT_REMOVEDIR) < 0
                         ? -1
                         : 0;
        }
        reason = errno;
    }
    closedir(folder);
    errno = reason;
    return failed;
}

int sp_folder_remove(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return SP_OK;
    if (fd < 0 || empty_folder(fd) < 0 || rmdir(path) < 0)
        return sp_error(SP_EIO, "%s: folder cannot be removed: %s", path, strerror(errno));
    return SP_OK;
}

// Runs of digits compare by value; what is then still equal compares by bytes, so that the order is total.
static int natural_compare(const char *a, const char *b)
{
    const char *p = a, *q = b;
    while (*p && *q) {
        if (isdigit((unsigned char)*p) && isdigit((unsigned char)*q)) {
            p += strspn(p, "0");
            q += strspn(q, "0");
            size_t p_digits = strspn(p, "0123456789"), q_digits = strspn(q, "0123456789");
            if (p_digits != q_digits)
                return p_digits < q_digits ? -1 : 1;
            int order = memcmp(p, q, p_digits);
            if (order)
                return order;
            p += p_digits;
            q += q_digits;
        } else if (*p != *q) {
            return (unsigned char)*p - (unsigned char)*q;
        } else {
            p++;
            q++;
        }
    }
    if (*p || *q)
        return *p ? 1 : -1;
    return strcmp(a, b);
}

static int compare_names(const void *a, const void *b)
{
    return natural_compare(*(char *const *)a, *(char *const *)b);
}

static int add_name(char ***names, int *count, int *capacity, const char *name)
{
    if (*count == *capacity) {
        int larger = *capacity ? *capacity * 2 : 16;
        char **grown = realloc(*names, (size_t)larger * sizeof **names);
        if (!grown)
            return sp_error(SP_ENOMEM, "out of memory while listing a folder");
        *names = grown;
        *capacity = larger;
    }
    (*names)[*count] = sp_strdup(name);
    if (!(*names)[*count])
        return SP_ENOMEM;
    (*count)++;
    return SP_OK;
}

int sp_folder_list(char ***names, int *count, const char *path)
{
    DIR *folder = opendir(path);
    if (!folder && errno == ENOENT)
        return sp_error(SP_ENOENT, "%s: no such folder", path);
    if (!folder)
        return sp_error(SP_ENOENT, "%s: folder cannot be read: %s", path, strerror(errno));
    char **found = NULL;
    int found_count = 0, capacity = 0, status = SP_OK;
    for (struct dirent *entry; status == SP_OK && (entry = readdir(folder));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            status = add_name(&found, &found_count, &capacity, entry->d_name);
    closedir(folder);
    if (status != SP_OK) {
        sp_names_free(&found, found_count);
        return status;
    }
    if (found_count > 1)
        qsort(found, (size_t)found_count, sizeof *found, compare_names);
    *names = found;
    *count = found_count;
    return SP_OK;
}

void sp_names_free(char ***names, int count)
{
    if (!*names)
        return;
    for (int i = 0; i < count; i++)
        free((*names)[i]);
    free(*names);
    *names = NULL;
}
