// Paths as text.
#include <stillpoint/base.h>

#include <string.h>

char *sp_path_join(const char *folder, const char *name)
{
    if (name[0] == '/' || folder[0] == '\0')
        return sp_strdup(name);
    size_t length = strlen(folder);
    return sp_format("%s%s%s", folder, folder[length - 1] == '/' ? "" : "/", name);
}

const char *sp_path_name(const char *path)
{
    const char *name = path;
    for (const char *p = path; *p; p++)
        if (*p == '/' && p[1] != '\0' && p[1] != '/')
            name = p + 1;
    return name;
}

char *sp_path_stem(const char *path)
{
    char *stem = sp_strdup(sp_path_name(path));
    if (!stem)
        return NULL;
    for (size_t n = strlen(stem); n > 1 && stem[n - 1] == '/'; n--)
        stem[n - 1] = '\0';
    char *dot = strrchr(stem, '.');
    if (dot && dot != stem)
        *dot = '\0';
    return stem;
}
